"""The buffer does to its lines what plain string surgery would, and every key can be taken back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent_tui.domain.text_buffer import TextBuffer
from agent_tui.domain.wrapping import graphemes

ALPHABET = "ab .\n\tée\u0301ধন্যਸ੍ਰੀ日👩\u200d💻"
texts = st.text(ALPHABET, max_size=20)


def boundaries(text: str) -> set[int]:
    """Offsets at which a cursor may stand: line by line, as the buffer sees it."""
    found, base = set(), 0
    for line in text.split("\n"):
        found |= {base + start for start, _ in graphemes(line)} | {base + len(line)}
        base += len(line) + 1
    return found


class Model(RuleBasedStateMachine):
    """A string, a cursor and an anchor beside the buffer."""

    @initialize(text=texts)
    def begin(self, text):
        self.buffer = TextBuffer(text)
        self.text = text
        self.history = []

    def remember(self):
        if self.buffer.text != self.text:
            self.history.append(self.text)
        self.text = self.buffer.text

    @rule(text=texts)
    def insert(self, text):
        chosen = self.buffer.selection
        start, end = (self.buffer.offset_of(p) for p in (chosen or (self.buffer.cursor, self.buffer.cursor)))
        expected = self.text[:start] + text + self.text[end:]
        self.buffer.insert(text)
        assert self.buffer.text == expected
        assert self.buffer.offset >= start + len(text)
        self.remember()

    @rule()
    def backspace(self):
        place, had = self.buffer.offset, self.buffer.selected
        old = self.text
        self.buffer.delete_left()
        if not had:
            allowed = [offset for offset in boundaries(old) if offset < place]
            start = max(allowed, default=place)
            assert self.buffer.text == old[:start] + old[place:]
        self.remember()

    @rule()
    def delete(self):
        place, had = self.buffer.offset, self.buffer.selected
        old = self.text
        self.buffer.delete_right()
        if not had:
            stop = min((offset for offset in boundaries(old) if offset > place), default=place)
            assert self.buffer.text == old[:place] + old[stop:]
        self.remember()

    @rule(name=st.sampled_from(["left", "right"]), select=st.booleans())
    def step(self, name, select):
        getattr(self.buffer, name)(select=select)

    @rule(offset=st.integers(0, 80), select=st.booleans())
    def jump(self, offset, select):
        self.buffer.move_to(self.buffer.position_of(offset), select=select)

    @rule(name=st.sampled_from(["word_left", "word_right"]), select=st.booleans())
    def word(self, name, select):
        old = self.buffer.cursor
        place = getattr(self.buffer, name)()
        assert place <= old if name == "word_left" else place >= old
        self.buffer.move_to(place, select=select)

    @rule(
        name=st.sampled_from(
            ["delete_word_left", "delete_word_right", "delete_to_line_start", "delete_to_line_end"]
        )
    )
    def cut(self, name):
        place, chosen = self.buffer.offset, self.buffer.selected
        old = self.text
        gone = getattr(self.buffer, name)()
        if chosen:
            assert gone == chosen
        elif "left" in name or "start" in name:
            assert self.buffer.text == old[: place - len(gone)] + old[place:]
        else:
            assert self.buffer.text == old[:place] + old[place + len(gone) :]
        self.remember()

    @rule()
    def undo_then_redo(self):
        old = self.text
        if self.buffer.undo():
            assert self.buffer.redo()
        assert self.buffer.text == old

    @rule()
    def undo(self):
        if self.buffer.undo():
            self.text = self.buffer.text

    @invariant()
    def cursor_stands_between_graphemes(self):
        assert self.buffer.offset in boundaries(self.buffer.text)
        assert self.buffer.position_of(self.buffer.offset) == self.buffer.cursor


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(st.lists(texts, max_size=6))
def test_undoing_everything_gives_back_the_first_text(pieces):
    buffer = TextBuffer("begin")
    for piece in pieces:
        for character in piece:
            buffer.insert(character, typed=True)
        buffer.delete_left()
    while buffer.undo():
        pass
    assert buffer.text == "begin"
    while buffer.redo():
        pass
    fresh = TextBuffer("begin")
    for piece in pieces:
        for character in piece:
            fresh.insert(character, typed=True)
        fresh.delete_left()
    assert buffer.text == fresh.text


@given(st.lists(st.tuples(texts, st.integers(0, 40)), max_size=6))
def test_changes_tell_a_view_all_that_happened(edits):
    buffer = TextBuffer("one\ntwo\nthree")
    shadow = "\n".join(buffer.lines).split("\n")
    buffer.take_changes()
    for text, offset in edits:
        buffer.move_to(buffer.position_of(offset))
        buffer.insert(text)
        buffer.delete_word_left()
        buffer.undo()
    for change in buffer.take_changes():
        size = change.new_end[0] - change.start[0] + 1
        shadow[change.start[0] : change.old_end[0] + 1] = [""] * size
    assert len(shadow) == len(buffer.lines)


def test_redo_does_not_leave_the_cursor_inside_an_accented_letter():
    buffer = TextBuffer("\u0301")
    buffer.insert("a")
    buffer.undo()
    buffer.redo()
    assert buffer.offset == 2


def type_into(buffer, text):
    for character in text:
        buffer.insert(character, typed=True)


def test_undo_goes_back_word_by_word():
    buffer = TextBuffer()
    type_into(buffer, "dear Ravi thanks")
    seen = []
    while buffer.undo():
        seen.append(buffer.text)
    assert seen[-1] == ""
    assert "dear Ravi " in seen
    assert len(seen) == 3


def test_a_paste_is_one_step():
    buffer = TextBuffer("x")
    buffer.move_to((0, 1))
    buffer.insert("a b c\nd e f")
    assert buffer.undo()
    assert buffer.text == "x"


def test_typing_after_undo_forgets_what_was_undone():
    buffer = TextBuffer()
    type_into(buffer, "one two")
    buffer.undo()
    type_into(buffer, "x")
    assert not buffer.redo()


def test_backspace_takes_a_whole_conjunct_and_a_whole_family():
    buffer = TextBuffer("ক্ষি👩\u200d👩\u200d👧", cursor=99)
    buffer.delete_left()
    assert "👩" not in buffer.text
    buffer.delete_left()
    assert buffer.text in {"", "ক্"}


def test_words_of_indic_scripts_are_one_move():
    buffer = TextBuffer("ধন্যবাদ ਸਤਿਕਾਰ ಧನ್ಯವಾದಗಳು")
    places = []
    for _ in range(3):
        buffer.move_to(buffer.word_right())
        places.append(buffer.offset)
    assert places == [7, 14, 25]


def test_control_characters_never_enter():
    buffer = TextBuffer()
    buffer.insert("a\x1b[31mb\r\nc\u2028d\x9b")
    assert buffer.text == "a[31mb\nc\nd"


GAPS = re.compile(r"\[[a-z ]+\]")


def find_gaps(line):
    return [match.span() for match in GAPS.finditer(line)]


def test_gaps_are_visited_in_turn_and_typing_fills_them():
    buffer = TextBuffer("Order [number]\nfrom [date]")
    assert buffer.next_gap(find_gaps)
    assert buffer.selected == "[number]"
    buffer.insert("17", typed=True)
    assert buffer.next_gap(find_gaps)
    assert buffer.selected == "[date]"
    assert buffer.next_gap(find_gaps, backwards=True)
    assert buffer.selected == "[date]"
    buffer.insert("today")
    assert buffer.text == "Order 17\nfrom today"
    assert not buffer.next_gap(find_gaps)


def test_text_of_a_canned_reply_is_known_until_it_is_rewritten():
    buffer = TextBuffer("Hello\n")
    buffer.move_to(buffer.end)
    buffer.insert("We are sorry.\nBye.", label="sorry")
    (span,) = buffer.spans
    assert buffer.between(span.start, span.end) == "We are sorry.\nBye."
    buffer.move_to((0, 0))
    buffer.insert("Oh. ")
    buffer.insert("\n")
    (span,) = buffer.spans
    assert buffer.between(span.start, span.end) == "We are sorry.\nBye."
    buffer.move_to((2, 3))
    buffer.insert("all ")
    (span,) = buffer.spans
    assert buffer.between(span.start, span.end) == "We all are sorry.\nBye."
    buffer.delete((0, 0), buffer.end)
    assert buffer.spans == ()
    buffer.undo()
    assert len(buffer.spans) == 1


@pytest.mark.parametrize("text", ["x" * 200_000, "ধন্যবাদ " * 25_000, "word " * 10 + "\n"])
def test_loading_puts_the_cursor_where_it_was(text):
    buffer = TextBuffer(text, cursor=9)
    assert buffer.offset in boundaries(text[:40])
    assert buffer.offset <= 9
