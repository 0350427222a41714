"""Texts taken apart into sentences and lines of lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.sentences import sentences


def test_sentences_and_lines_of_lists_stand_apart():
    text = "You can claim if:\n\n* you are over 60\n- you have a child\n\nAsk us first. Is version 2.5 meant? No!"
    assert sentences(text) == ["You can claim if:", "you are over 60", "you have a child", "Ask us first.", "Is version 2.5 meant?", "No!"]


def test_the_full_stops_of_other_scripts_end_a_sentence_too():
    assert sentences("টাকা ফেরত যায়। কখন?") == ["টাকা ফেরত যায়।", "কখন?"]


def test_nothing_said_is_no_sentence():
    assert sentences("") == sentences(" \n\n * \n--") == []


@given(st.text())
def test_nothing_is_made_up_and_the_order_is_kept(text):
    place = 0
    for one in sentences(text):
        place = text.index(one, place) + len(one)
