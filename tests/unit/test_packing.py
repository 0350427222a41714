"""What is kept of a message gives back exactly what the message said."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.packing import PLAIN_HEADERS, PLAIN_LIMIT, packed, unpack

ANY = st.text(st.characters(), max_size=60)


@given(text=ANY, times=st.integers(1, 40), headers=st.lists(st.tuples(ANY, ANY), max_size=30))
def test_text_and_headers_come_back_as_they_were(text: str, times: int, headers: list[tuple[str, str]]) -> None:
    whole = text * times
    kept = packed(whole, whole, headers)
    assert unpack(kept.text) == whole
    assert kept.fresh == -1
    assert [tuple(one) for one in json.loads(unpack(kept.headers) or "[]")] == headers


def test_short_ones_are_kept_plain_and_long_ones_take_less_room() -> None:
    assert packed("a" * (PLAIN_LIMIT - 1), "", ()).text == "a" * (PLAIN_LIMIT - 1)
    long = packed("a" * PLAIN_LIMIT, "", [("Subject", "b" * PLAIN_HEADERS)])
    assert isinstance(long.text, bytes)
    assert len(long.text) < 50
    assert isinstance(long.headers, bytes)
    assert len(long.headers) < 50


def test_fresh_text_is_kept_as_a_length_where_it_begins_the_text() -> None:
    assert packed("new\n> old", "new", ()).fresh == 3
    assert packed("> old\nnew", "new", ()).fresh == -2
    assert packed("new", "new", ()).snippet == "new"
    assert packed("> old", "", ()).snippet == "> old"
