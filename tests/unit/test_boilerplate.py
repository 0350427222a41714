"""What of a reply is the library's and what its author's, and which own texts come again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.begun import begin, put_in, quotation
from agent_tui.domain.boilerplate import NAME, repeated, share

CANNED = "Hello Rina,\n\nyour order [[order number]] is late. I have asked the courier to look for it today.\n\nAsha"


def test_a_canned_reply_with_its_gaps_filled_is_unedited_and_only_the_facts_are_own():
    sent = CANNED.replace("[[order number]]", "TW-48213")
    found = share(sent, {"late": [CANNED]})
    assert found.unedited
    assert found.own == 2, "TW and 48213"
    assert found.kept == (("late", 17, 17),)


def test_words_of_ones_own_count_wherever_they_stand():
    sent = CANNED.replace("[[order number]]", "17").replace("today", "right now, and I am sorry that you waited at home for it")
    found = share(sent, {"late": [CANNED]})
    assert not found.unedited
    assert found.words - found.own == 15
    assert found.kept[0][1:] == (15, 17)


def test_a_text_written_anew_is_all_own_and_quotes_and_the_signature_are_nobodys():
    text = "I look into it at once.\n\n> your order is late. I have asked\n\n-- Asha Rao"
    found = share(text, {"late": [CANNED]}, "-- Asha Rao")
    assert (found.own, found.words) == (6, 6)
    assert share(text, {}).kept == ()


def test_the_variant_it_came_from_is_the_one_it_is_most_like():
    german = "Guten Tag Rina,\n\nIhre Bestellung ist leider verspätet."
    assert share(german, {"late": [CANNED, german]}).kept == (("late", 8, 8),)
    assert share("আপনার অর্ডার দেরি হচ্ছে, দুঃখিত।", {"late": ["আপনার অর্ডার দেরি হচ্ছে, দুঃখিত।"]}).own == 0


LETTERS = "ab c\n>[]{}9.আ"


@given(st.text(LETTERS, max_size=200), st.lists(st.text(LETTERS, max_size=100), max_size=3))
def test_own_and_kept_words_are_never_more_than_there_are(text, originals):
    found = share(text, {f"r{number}": [one] for number, one in enumerate(originals)})
    assert 0 <= found.own <= found.words
    assert all(0 <= kept <= offered for _, kept, offered in found.kept)


PARAGRAPH = "Please hold the button for ten seconds until the light of box {} blinks blue, then let go."


def letter(number: int, who: str) -> str:
    return f"Hello {who},\n\n{PARAGRAPH.format(number)}\n\nThank you for waiting, {who}.\n\nKind regards\nAsha"


def test_a_paragraph_that_went_out_three_times_is_offered_with_what_differed_as_a_gap():
    sent = [(9, letter(4711, "Ana")), (8, "Hello,\n\nsomething else entirely that nobody has written before."), (7, letter(17, "Bo")),
            (5, letter(1234, "Cy"))]  # fmt: skip
    (found,) = repeated(sent, [])
    assert found.numbers == (9, 7, 5)
    assert found.text == PARAGRAPH.format('{{ ask("box number") }}')


def test_twice_is_not_often_and_what_is_canned_already_is_not_offered():
    sent = [(3, letter(1, "Ana")), (2, letter(2, "Bo")), (1, letter(3, "Cy"))]
    assert repeated(sent[:2], []) == ()
    assert repeated(sent, [PARAGRAPH.format('{{ ask("which box") }}')]) == ()


def test_the_same_reply_counts_once():
    twice = f"{PARAGRAPH.format(1)}\n\n{PARAGRAPH.format(2)}"
    assert repeated([(1, twice), (2, "short")], []) == ()


def test_the_customers_name_is_a_fact_of_the_template():
    sent = [(n, f"I am sorry that this took us so long, {NAME}.") for n in (3, 2, 1)]
    (found,) = repeated(sent, [])
    assert found.text == "I am sorry that this took us so long, {{ customer.first_name }}."


@pytest.mark.parametrize("style", ["none", "below", "above"])
@pytest.mark.parametrize("signs", [True, False])
def test_what_a_text_begins_with_is_nobodys_words(style, signs):
    closing = "\n\nThe shop" if signs else ""
    canned = f"Hello Rina,\n\norder [[number]] is late and we are sorry.{closing}"
    quoted = quotation("Where is it?\n\nI have waited", "Rina, late", datetime(2025, 10, 9, 8, 53, tzinfo=UTC))
    text = put_in(begin("The shop", quoted, style), canned, "The shop").replace("[[number]]", "17")
    assert text.count("The shop") == 1
    assert ("Rina, late wrote:\n> Where is it?\n>\n> I have waited" in text) is (style != "none")
    found = share(text, {"late": [canned]}, "The shop")
    assert (found.words, found.own, found.unedited) == (10, 1, True)


def test_a_line_that_only_looks_like_the_head_of_a_quotation_is_its_authors():
    head = "On 2025-10-09 08:53, Rina wrote:"
    assert share(f"{head}\nI want the money back.", {"late": ["Hello"]}).own > share(f"{head}\n> I want the money back.", {"late": ["Hello"]}).own == 0


def test_own_texts_leave_out_each_signature_they_may_end_with():
    address = "Tamarind Works, 7 Foundry Lane, second floor, the left door, and on the telephone from nine to five"
    sent = [(n, f"Please restart the router after the update of Monday night has finished.\n\n{name}\n{address}") for n, name in ((3, "Asha"), (2, "Chat"), (1, "Asha"))]
    (found,) = repeated(sent, [], signatures=[f"{name}\n{address}" for name in ("Asha", "Chat")])
    assert found.text.startswith("Please restart")
    assert found.numbers == (3, 2, 1)
    assert len(repeated(sent, [])) == 2
