"""Text being written: lines, a cursor that never stands inside a grapheme, a selection, undo.

Nothing here knows a screen. Every change is reported as a ``Change``, so that a view wraps and paints again
only what was touched, and every key costs time in the length of one line, not of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from agent_tui.domain import wrapping

Position = tuple[int, int]
"""Line number and offset in that line, both from 0."""

GapFinder = Callable[[str], Iterable[tuple[int, int]]]
"""Says where in a line a fact is still missing, as ``(start, end)``."""

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNDO_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text with an origin, such as a canned reply (``label`` names it)."""

    start: Position
    end: Position
    label: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit did: the text from ``start`` to ``old_end`` now reaches to ``new_end``."""

    start: Position
    old_end: Position
    new_end: Position


@dataclass(slots=True)
class _Edit:
    start: Position
    removed: str
    inserted: str


@dataclass(slots=True)
class _Step:
    """Edits that are undone together, and what stood where before and after them."""

    kind: str
    edits: list[_Edit]
    before: tuple[Position, Position | None, tuple[Span, ...]]
    after: tuple[Position, Position | None, tuple[Span, ...]]


def _advance(start: Position, text: str) -> Position:
    """Where text that begins at ``start`` ends."""
    feeds = text.count("\n")
    if not feeds:
        return start[0], start[1] + len(text)
    return start[0] + feeds, len(text) - text.rfind("\n") - 1


def _moved(place: Position, change: Change, *, stays: bool) -> Position:
    """Where a place is after a change; ``stays``: text inserted exactly there comes after it."""
    if place < change.start or (stays and place == change.start):
        return place
    if place < change.old_end:
        return change.start if stays else change.new_end
    line = place[0] + change.new_end[0] - change.old_end[0]
    if place[0] != change.old_end[0]:
        return line, place[1]
    return line, place[1] + change.new_end[1] - change.old_end[1]


def _kind_of(character: str) -> int:
    """0 space, 1 part of a word (marks and joiners too), 2 anything else."""
    if character.isspace():
        return 0
    if character.isalnum() or character in "_\u200c\u200d'’":
        return 1
    return 1 if unicodedata.category(character)[0] == "M" else 2


class TextBuffer:
    """The text of one draft.

    Args:
        text: to begin with.
        cursor: offset in ``text``; moved to the nearest grapheme boundary.
    """

    def __init__(self, text: str = "", cursor: int = 0) -> None:
        self.lines: list[str] = [""]
        self.cursor: Position = (0, 0)
        self.anchor: Position | None = None
        self.spans: tuple[Span, ...] = ()
        self.changes: list[Change] = []
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._open = ""  # kind of the newest undo step while further edits of that kind may join it
        self._version = 0
        self.load(text, cursor)

    # ---- reading

    @property
    def text(self) -> str:
        """All of it, lines joined by line feeds."""
        return "\n".join(self.lines)

    @property
    def version(self) -> int:
        """Grows with every change of the text."""
        return self._version

    @property
    def offset(self) -> int:
        """The cursor as an offset in ``text``."""
        return self.offset_of(self.cursor)

    @property
    def selection(self) -> tuple[Position, Position] | None:
        """Start and end of the selected text, in order, or None."""
        if self.anchor is None or self.anchor == self.cursor:
            return None
        return (self.anchor, self.cursor) if self.anchor < self.cursor else (self.cursor, self.anchor)

    @property
    def selected(self) -> str:
        """The selected text, or nothing."""
        chosen = self.selection
        return self.between(*chosen) if chosen else ""

    @property
    def blank(self) -> bool:
        """Whether there is nothing but white space."""
        return not any(line.strip() for line in self.lines)

    @property
    def end(self) -> Position:
        """The place behind the last character."""
        return len(self.lines) - 1, len(self.lines[-1])

    def between(self, start: Position, end: Position) -> str:
        """Text from one place to another."""
        if start[0] == end[0]:
            return self.lines[start[0]][start[1] : end[1]]
        middle = self.lines[start[0] + 1 : end[0]]
        return "\n".join([self.lines[start[0]][start[1] :], *middle, self.lines[end[0]][: end[1]]])

    def offset_of(self, place: Position) -> int:
        """A place as an offset in ``text``."""
        return sum(map(len, self.lines[: place[0]])) + place[0] + place[1]

    def position_of(self, offset: int) -> Position:
        """An offset in ``text`` as a place; beyond the end is the end."""
        offset = max(0, offset)
        for number, line in enumerate(self.lines):
            if offset <= len(line):
                return number, offset
            offset -= len(line) + 1
        return self.end

    def at_word_start(self) -> bool:
        """Whether nothing but a space or the line's start stands before the cursor."""
        number, column = self.cursor
        return column == 0 or self.lines[number][column - 1].isspace()

    # ---- the cursor

    @property
    def origins(self) -> tuple[tuple[int, int, str], ...]:
        """Pieces with an origin, as offsets in ``text``: start, end, label."""
        return tuple((self.offset_of(one.start), self.offset_of(one.end), one.label) for one in self.spans)

    def load(self, text: str, cursor: int = 0, origins: Iterable[tuple[int, int, str]] = ()) -> None:
        """Put another text in place of everything; nothing of before can be undone.

        Args:
            origins: as ``origins`` gave them for this text.
        """
        end = self.end
        self.lines = self.tidy(text).split("\n")
        places = ((self.position_of(start), self.position_of(end), label) for start, end, label in origins)
        self.spans = tuple(Span(start, end, label) for start, end, label in places if start < end)
        self.anchor = None
        self._undo.clear()
        self._redo.clear()
        self._open = ""
        self._version += 1
        self.changes.append(Change((0, 0), end, self.end))
        self.cursor = self.snapped(self.position_of(cursor))

    @staticmethod
    def tidy(text: str) -> str:
        """Text with one kind of line end and no control characters."""
        return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))

    def snapped(self, place: Position) -> Position:
        """The nearest place at or before this one where a cursor may stand."""
        number = max(0, min(place[0], len(self.lines) - 1))
        return number, wrapping.snap(self.lines[number], place[1])

    def move_to(self, place: Position, *, select: bool = False) -> None:
        """Put the cursor somewhere; with ``select`` the selection grows or shrinks to there."""
        if not select:
            self.anchor = None
        elif self.anchor is None:
            self.anchor = self.cursor
        self.cursor = self.snapped(place)
        self._open = ""

    def left(self, *, select: bool = False) -> None:
        """One grapheme back; without ``select`` to the start of a selection."""
        chosen = self.selection
        self.move_to(chosen[0] if chosen and not select else self.before(self.cursor), select=select)

    def right(self, *, select: bool = False) -> None:
        """One grapheme on; without ``select`` to the end of a selection."""
        chosen = self.selection
        self.move_to(chosen[1] if chosen and not select else self.after(self.cursor), select=select)

    def before(self, place: Position) -> Position:
        """One grapheme before a place."""
        number, column = place
        if column > 0:
            return number, wrapping.before(self.lines[number], column)
        return (number - 1, len(self.lines[number - 1])) if number else place

    def after(self, place: Position) -> Position:
        """One grapheme behind a place."""
        number, column = place
        if column < len(self.lines[number]):
            return number, wrapping.after(self.lines[number], column)
        return (number + 1, 0) if number + 1 < len(self.lines) else place

    def word_left(self) -> Position:
        """Start of the word before the cursor, or the end of the line above."""
        number, column = self.cursor
        if column == 0:
            return self.before(self.cursor)
        line = self.lines[number]
        while column and _kind_of(line[column - 1]) == 0:
            column -= 1
        if column:
            kind = _kind_of(line[column - 1])
            while column and _kind_of(line[column - 1]) == kind:
                column -= 1
        return self.snapped((number, column))

    def word_right(self) -> Position:
        """End of the word behind the cursor, or the start of the line below."""
        number, column = self.cursor
        line = self.lines[number]
        length = len(line)
        if column == length:
            return self.after(self.cursor)
        while column < length and _kind_of(line[column]) == 0:
            column += 1
        if column < length:
            kind = _kind_of(line[column])
            while column < length and _kind_of(line[column]) == kind:
                column += 1
        place = self.snapped((number, column))
        return place if place > self.cursor else self.after(self.cursor)

    # ---- changing

    def insert(self, text: str, *, typed: bool = False, label: str = "") -> None:
        """Put text where the cursor is, in place of a selection.

        Args:
            text: may hold several lines.
            typed: one key press of many: undone together with those before it, word by word.
            label: names the canned reply it comes from.
        """
        text = self.tidy(text)
        kind = ""
        if typed and text and not self.selection:
            kind = "space" if text.isspace() else "type"
        joins = bool(kind) and (self._open, kind) in {("type", "type"), ("type", "space"), ("space", "space")}
        step = self._step(kind, joins=joins)
        start, end = self.selection or (self.cursor, self.cursor)
        finish = self._replace(start, end, text, step)
        self.cursor, self.anchor = self._whole(finish), None
        if label and finish > start:
            self.spans = (*self.spans, Span(start, finish, label))
        self._close(step, kind)

    def _whole(self, place: Position) -> Position:
        """The end of the grapheme that a place may have come to stand in."""
        line = self.lines[place[0]]
        column = wrapping.snap(line, place[1])
        return place if column == place[1] else (place[0], wrapping.after(line, column))

    def delete(self, start: Position, end: Position, *, kind: str = "") -> str:
        """Take text away and return it; ``kind`` groups presses of one key for undo."""
        if start == end:
            return ""
        step = self._step(kind, joins=bool(kind) and self._open == kind)
        removed = self.between(start, end)
        self._replace(start, end, "", step)
        self.cursor, self.anchor = self._whole(start), None
        self._close(step, kind)
        return removed

    def delete_selection(self) -> str:
        """Take the selected text away and return it."""
        chosen = self.selection
        return self.delete(*chosen) if chosen else ""

    def delete_left(self) -> None:
        """The selection, or one grapheme before the cursor."""
        if not self.delete_selection():
            self.delete(self.before(self.cursor), self.cursor, kind="back")

    def delete_right(self) -> None:
        """The selection, or one grapheme behind the cursor."""
        if not self.delete_selection():
            self.delete(self.cursor, self.after(self.cursor), kind="forward")

    def delete_word_left(self) -> str:
        """The selection, or back to where a word starts."""
        return self.delete_selection() or self.delete(self.word_left(), self.cursor)

    def delete_word_right(self) -> str:
        """The selection, or on to where a word ends."""
        return self.delete_selection() or self.delete(self.cursor, self.word_right())

    def delete_to_line_start(self) -> str:
        """The selection, or everything before the cursor on its line, or the line feed before it."""
        if self.selection:
            return self.delete_selection()
        number, column = self.cursor
        return self.delete((number, 0) if column else self.before(self.cursor), self.cursor)

    def delete_to_line_end(self) -> str:
        """The selection, or everything behind the cursor on its line, or the line feed there."""
        if self.selection:
            return self.delete_selection()
        end = (self.cursor[0], len(self.lines[self.cursor[0]]))
        return self.delete(self.cursor, end if end > self.cursor else self.after(self.cursor))

    def replace_all(self, text: str) -> None:
        """Another text in place of everything, as one step that can be undone."""
        step = self._step("", joins=False)
        self._replace((0, 0), self.end, self.tidy(text), step)
        self.cursor, self.anchor = self.end, None
        self._close(step, "")

    # ---- gaps

    def next_gap(self, find: GapFinder, *, backwards: bool = False) -> bool:
        """Select the next gap behind the cursor, going round at the end; False where there is none."""
        gaps = [
            ((number, start), (number, end))
            for number, line in enumerate(self.lines)
            for start, end in find(line)
        ]  # fmt: skip
        if not gaps:
            return False
        chosen = self.selection
        here = chosen[0] if chosen else self.cursor
        if backwards:
            start, end = next((gap for gap in reversed(gaps) if gap[0] < here), gaps[-1])
        else:
            behind = here if not chosen else (here[0], here[1] + 1)
            start, end = next((gap for gap in gaps if gap[0] >= behind), gaps[0])
        self.anchor, self.cursor = start, end
        self._open = ""
        return True

    # ---- undo

    def undo(self) -> bool:
        """Take the newest step back; False where there is none."""
        if not self._undo:
            return False
        step = self._undo.pop()
        for edit in reversed(step.edits):
            self._swap(edit.start, _advance(edit.start, edit.inserted), edit.removed)
        self.cursor, self.anchor, self.spans = step.before
        self._redo.append(step)
        self._open = ""
        return True

    def redo(self) -> bool:
        """Do again what was undone last; False where there is nothing."""
        if not self._redo:
            return False
        step = self._redo.pop()
        for edit in step.edits:
            self._swap(edit.start, _advance(edit.start, edit.removed), edit.inserted)
        self.cursor, self.anchor, self.spans = step.after
        self._undo.append(step)
        self._open = ""
        return True

    def _step(self, kind: str, *, joins: bool) -> _Step:
        self._redo.clear()
        if joins and self._undo:
            return self._undo[-1]
        before = (self.cursor, self.anchor, self.spans)
        step = _Step(kind, [], before, before)
        self._undo.append(step)
        del self._undo[:-_UNDO_STEPS]
        return step

    def _close(self, step: _Step, kind: str) -> None:
        step.after = (self.cursor, self.anchor, self.spans)
        self._open = kind
        if not step.edits:
            self._undo.remove(step)

    def _replace(self, start: Position, end: Position, text: str, step: _Step) -> Position:
        removed = self.between(start, end)
        if not removed and not text:
            return start
        last = step.edits[-1] if step.edits else None
        if last and not removed and not last.removed and start == _advance(last.start, last.inserted):
            last.inserted += text
        elif last and not text and not last.inserted and end == last.start:
            last.start, last.removed = start, removed + last.removed
        else:
            step.edits.append(_Edit(start, removed, text))
        return self._swap(start, end, text)

    def _swap(self, start: Position, end: Position, text: str) -> Position:
        """Exchange text without remembering it."""
        head = self.lines[start[0]][: start[1]]
        tail = self.lines[end[0]][end[1] :]
        finish = _advance(start, text)
        if start[0] == end[0] == finish[0]:
            self.lines[start[0]] = head + text + tail
        else:
            pieces = text.split("\n")
            pieces[0] = head + pieces[0]
            pieces[-1] += tail
            self.lines[start[0] : end[0] + 1] = pieces
        change = Change(start, end, finish)
        self.changes.append(change)
        self._version += 1
        if self.spans:
            self._move_spans(change)
        return finish

    def _move_spans(self, change: Change) -> None:
        kept = []
        for span in self.spans:
            start = _moved(span.start, change, stays=False)
            end = _moved(span.end, change, stays=True)
            if start < end:
                kept.append(replace(span, start=start, end=end))
        self.spans = tuple(kept)

    def take_changes(self) -> list[Change]:
        """The changes since the last call, in order."""
        taken, self.changes = self.changes, []
        return taken
