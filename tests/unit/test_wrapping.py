"""Rows never cut a grapheme, never outgrow the width, and are the same however they were reached."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.wrapping import after, before, cells, graphemes, rewrap, row_at, snap, wrap

ALPHABET = "ab  \té\u0301নমসকার্ੀਸਤੁಧನ್ಯ日本。「👍🏽\u200d👩"
lines = st.text(ALPHABET, max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", 5),
        ("", 0),
        ("e\u0301", 1),
        ("日本", 4),
        ("ধন্যবাদ", 6),  # 5 letters, one aa sign that takes a cell, one virama that does not
        ("ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ", 12),
        ("👩\u200d💻", 2),
        ("a\tb", 6),
        ("\x1b", 0),
    ],
)
def test_cells_are_counted_as_a_terminal_does(text, expected):
    assert cells(text) == expected


def test_graphemes_keep_vowel_signs_and_joined_emoji_together():
    text = "ਸ੍ਰੀe\u0301👩\u200d💻"
    assert [text[a:b] for a, b in graphemes(text)][-2:] == ["e\u0301", "👩\u200d💻"]


def test_words_stay_whole_and_spaces_hang():
    line = "the quick  brown fox"
    assert [line[a:b] for a, b in wrap(line, 9)] == ["the quick  ", "brown fox"]


def test_a_word_longer_than_the_row_is_cut_at_the_width():
    assert wrap("x" * 25, 10) == [(0, 10), (10, 20), (20, 25)]


def test_indented_long_word_does_not_leave_an_empty_row():
    assert wrap("  " + "x" * 12, 10) == [(0, 10), (10, 14)]


def test_wide_text_breaks_between_characters_but_not_before_a_full_stop():
    line = "日本語です。"
    assert [line[a:b] for a, b in wrap(line, 10)] == ["日本語で", "す。"]


def test_empty_line_is_one_row():
    assert wrap("", 10) == [(0, 0)]


@given(lines, st.integers(2, 20))
def test_rows_cover_the_line_and_cut_no_grapheme(line, width):
    rows = wrap(line, width)
    assert rows[0][0] == 0
    assert rows[-1][1] == len(line)
    assert all(a[1] == b[0] for a, b in pairwise(rows))
    starts = {start for start, _ in graphemes(line)} | {len(line)}
    assert all(end in starts for _, end in rows)
    for start, end in rows:
        text = line[start:end].rstrip(" \t\u3000")
        assert cells(text) <= width or len(graphemes(text)) == 1


@given(st.text("ab  xyz", max_size=60), st.integers(2, 20))
def test_ascii_path_and_measured_path_agree(line, width):
    def slow(text: str) -> int:
        return cells(text)

    marked = line + " é"
    assert [r for r in wrap(marked, width, slow) if r[1] <= len(line) - width] == [
        r for r in wrap(line, width) if r[1] <= len(line) - width
    ]


@given(lines, st.data(), st.integers(2, 12))
def test_rewrapping_after_an_edit_equals_wrapping_afresh(line, data, width):
    at = data.draw(st.integers(0, len(line)))
    removed = data.draw(st.integers(0, len(line) - at))
    text = data.draw(st.text(ALPHABET, max_size=8))
    changed = line[:at] + text + line[at + removed :]
    old = [start for start, _ in wrap(line, width)]
    rows, first, gone, come = rewrap(changed, width, old, at, removed, len(text))
    assert rows == [start for start, _ in wrap(changed, width)]
    assert rows[:first] == old[:first]
    assert len(rows) == len(old) - gone + come


@given(lines)
def test_stepping_forward_and_back_visits_the_same_places(line):
    spans = graphemes(line)
    forward = [0]
    while forward[-1] < len(line):
        forward.append(after(line, forward[-1]))
    assert forward == [0, *(end for _, end in spans)]
    back = [len(line)]
    while back[-1] > 0:
        back.append(before(line, back[-1]))
    assert back[::-1] == forward


@given(lines, st.integers(0, 60))
def test_snapping_lands_on_a_boundary(line, offset):
    bounds = {0, len(line)} | {start for start, _ in graphemes(line)}
    assert snap(line, offset) in bounds


def test_row_at_gives_a_boundary_to_the_row_it_begins():
    rows = [start for start, _ in wrap("x" * 25, 10)]
    assert [row_at(rows, offset) for offset in (0, 9, 10, 25)] == [0, 0, 1, 2]


def test_an_edit_in_an_endless_line_measures_few_rows_and_keeps_within_the_width():
    line = "ধন্যবাদ আপনার বার্তার জন্য " * 2_000
    old = [start for start, _ in wrap(line, 40)]
    changed = line[:500] + "abc " + line[500:]
    rows, _, _, come = rewrap(changed, 40, old, 500, 0, 4)
    assert come < 100
    assert rows[0] == 0
    assert all(cells(changed[start:end].rstrip()) <= 40 for start, end in pairwise([*rows, len(changed)]))
