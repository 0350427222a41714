"""Marks as IMAP keywords."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.model import Marks
from agent_tui.sources.imap.marks import LIMIT, flag_of, marks_of

ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
TEXTS = ["refund", "VIP", "Überweisung", "ਰਿਫੰਡ", "টাকা ফেরত", "ಮರುಪಾವತಿ", "two words", "a/b", "50%", "junk", "$x", "_", "日本", "a_b", "A"]


@pytest.mark.parametrize("prefix", [Marks.TAG, Marks.ASSIGNEE])
@pytest.mark.parametrize("text", TEXTS)
def test_every_script_comes_back_from_a_keyword_even_if_the_server_folds_case(prefix: str, text: str) -> None:
    keyword = flag_of(prefix + text)
    assert ATOM.fullmatch(keyword)
    for held in (keyword, keyword.lower(), keyword.upper()):
        assert marks_of([held.encode()]) == {prefix + text}


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12))
def test_any_short_tag_comes_back_or_is_refused(text: str) -> None:
    try:
        keyword = flag_of(Marks.TAG + text)
    except ValueError:
        return
    assert ATOM.fullmatch(keyword)
    assert len(keyword) <= LIMIT
    back = marks_of([keyword])
    assert back in ({Marks.TAG + text}, frozenset()) if not text.isprintable() else back == {Marks.TAG + text}


def test_plain_tags_stay_readable_in_other_programs() -> None:
    assert flag_of("tag:refund") == "refund"
    assert flag_of("assignee:asha@example.com") == "$Assigned_asha@example.com"


def test_what_other_programs_write_for_themselves_is_no_tag() -> None:
    assert marks_of([b"NonJunk", b"$Forwarded", b"$MDNSent", b"\\Recent", b"Redirected", b"\\Draft"]) == frozenset()


def test_flags_of_the_standard_have_marks() -> None:
    held = marks_of([b"\\Seen", b"\\Answered", b"\\Flagged", b"$Closed", b"$Junk", b"$Priority_high"])
    assert held == {"seen", "answered", "flagged", "closed", "spam", "priority:high"}


def test_a_tag_that_does_not_fit_is_refused_in_plain_words() -> None:
    with pytest.raises(ValueError, match="too long"):
        flag_of(Marks.TAG + "x" * 60)


def test_damaged_keywords_mean_nothing() -> None:
    assert marks_of([b"$Tag__!!!", b"$Priority_whatever", b"$Tag_", b"$Assigned__"]) == frozenset()
