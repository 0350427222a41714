"""Facts of a case are offered where a reply has a gap: of the kind that is asked for, with where they were found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.facts import MOST, find
from agent_tui.domain.model import Role, Visibility
from tests.unit.composer_desk import a_message

LETTER = (
    "Hello, my order TW-48213 from 3 July has not come. Invoice 2026-0417 over 79,00 € was paid on 2026-07-05.\n"
    "The box runs version 4.2.0, see https://shop.example.com/orders/48213. Call me, I am at ana@example.com.\nAna"
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("order number", "TW-48213"), ("invoice number", "2026-0417"), ("number of the order", "TW-48213"), ("amount", "79,00 €"),
        ("date of the payment", "2026-07-05"), ("version", "4.2.0"), ("link", "https://shop.example.com/orders/48213"),
        ("e-mail address", "ana@example.com"),
    ],
)  # fmt: skip
def test_the_gap_gets_what_it_asks_for_first(question, value):
    found = find([a_message(1, LETTER)], question)
    assert value in [one.value for one in found[:2]]
    if question != "date of the payment":
        assert found[0].value == value


def test_where_it_was_found_is_told():
    (fact, *_) = find([a_message(1, LETTER)], "order number")
    assert (fact.who, fact.kind) == ("Maria López", "number")
    assert "my order TW-48213 from 3 July" in fact.around


@pytest.mark.parametrize(
    ("text", "value"),
    [("আমার অর্ডার TW-48213 কোথায়?", "TW-48213"), ("ਮੇਰਾ ਆਰਡਰ #48213 ਨਹੀਂ ਆਇਆ", "#48213"), ("ನನ್ನ ಆರ್ಡರ್ AB1234567 ಎಲ್ಲಿದೆ", "AB1234567")],
)
def test_numbers_stand_out_in_every_script(text, value):
    assert find([a_message(1, text)], "order number")[0].value == value


def test_what_only_colleagues_may_read_is_never_offered():
    secret = a_message(2, "His contract number is SECRET-777.", role=Role.AGENT, visibility=Visibility.NOTE)
    assert "SECRET-777" not in [one.value for one in find([a_message(1, "Hello"), secret], "contract number")]


def test_the_customer_counts_more_than_we_and_the_last_word_more_than_the_first():
    messages = [a_message(1, "Order 11111."), a_message(2, "Order 22222?", role=Role.AGENT), a_message(3, "Sorry: order 33333.")]
    assert [one.value for one in find(messages, "order number")] == ["33333", "11111", "22222"]


def test_the_subject_may_hold_it():
    assert find([a_message(1, "Where is it?")], "order number", subject="WHERE is order TW-48213")[0].value == "TW-48213"


@given(st.text("aZ 09-/.@€#:\nআ২", max_size=200))
def test_any_text_gives_a_few_facts_that_stand_in_it(text):
    found = find([a_message(1, text)], "order number")
    assert len(found) <= MOST
    assert all(one.value in text for one in found if one.kind != "name")
