"""Words that were said are marked where they stand in the original, in any script."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain import marking


@pytest.mark.parametrize(
    ("said", "text", "found"),
    [
        ("When do you pay my refunds?", "A refund is paying for itself; prepaid is not.", ["refund", "paying"]),
        ("আমার টাকা ফেরত কবে পাব?", "ত্রিশ দিনের মধ্যে টাকা ফেরত দেওয়া হয়।", ["টাকা", "ফেরত"]),
        ("ਮੇਰਾ ਪਾਰਸਲ ਕਿੱਥੇ ਹੈ", "ਪਾਰਸਲ ਤਿੰਨ ਦਿਨਾਂ ਵਿੱਚ", ["ਪਾਰਸਲ"]),
        ("ನನ್ನ ಪಾಸ್‌ವರ್ಡ್ ಮರೆತಿದೆ", "ಪಾಸ್ವರ್ಡ್ ಬದಲಾಯಿಸಿ", ["ಪಾಸ್ವರ್ಡ್"]),
        ("返金はいつですか", "返金は五日以内。", ["返金は"]),
        ("remboursé", "Vous êtes REMBOURSE demain", ["REMBOURSE"]),
        ("please, you and the", "You and the please.", []),
    ],
)
def test_words_are_marked_in_the_original_text(said, text, found):
    wanted = marking.said([said])
    assert [text[start:end] for start, end in marking.places(text, wanted)] == found


@given(st.text(max_size=80), st.text(max_size=80))
def test_places_are_in_order_and_within_the_text(said, text):
    places = marking.places(text, marking.said([said]))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(places))


def test_markdown_is_shown_as_it_reads():
    assert marking.unmarked("## A **bold** [link](https://x.example) and `code`, snake_case, 2*3") == "A bold link and code, snake_case, 23"


def test_a_long_text_is_cut_to_where_the_words_are():
    text = "nothing " * 60 + "here the refund stands and goes on " + "nothing " * 20
    shown = marking.around(text, marking.said(["refund"]), 80)
    assert "refund" in shown
    assert len(shown) <= 81
    assert shown.startswith("…")
