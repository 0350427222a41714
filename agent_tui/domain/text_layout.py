"""Where every line of a text buffer stands on the screen: its rows, kept up to date edit by edit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from agent_tui.domain import wrapping
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.text_buffer import Change, Position, TextBuffer
from agent_tui.domain.wrapping import Measure

Starts = list[int]
"""Where the rows of a line begin: numbers that an edit moves quickly, in a line of thousands of rows too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the screen: a piece of a line.

    Args:
        line: number of the line.
        start, end: offsets in it.
        last: whether the line ends here.
    """

    line: int
    start: int
    end: int
    last: bool


class TextLayout:
    """Rows of a buffer at a width.

    Args:
        buffer: whose lines are laid out.
        width: cells of a row.
        measure: cells that a text without tabs takes.
    """

    def __init__(self, buffer: TextBuffer, width: int, measure: Measure = wrapping.cells) -> None:
        self.buffer = buffer
        self.width = max(2, width)
        self.measure = measure
        self._rows: list[Starts] = []
        self._tops: list[int] = [0]
        self.rebuild()

    @property
    def height(self) -> int:
        """Rows of the whole text."""
        return self._tops[-1]

    def rebuild(self, width: int | None = None) -> None:
        """Lay everything out afresh."""
        self.width = max(2, self.width if width is None else width)
        self.buffer.take_changes()
        self._rows = [self._wrap(line) for line in self.buffer.lines]
        self._sum(0)

    def update(self) -> tuple[int, int | None] | None:
        """Take in what the buffer has changed since the last call.

        Returns:
            The first and the last row to paint again; None for the last means all that follow, None for both
            that nothing changed.
        """
        changes = self.buffer.take_changes()
        if not changes:
            return None
        if len(changes) == 1:
            change = changes[0]
            if change.start[0] == change.old_end[0] == change.new_end[0]:
                return self._update_line(change)
        return self._update_lines(changes)

    def _update_line(self, change: Change) -> tuple[int, int | None]:
        number, at = change.start
        removed, inserted = change.old_end[1] - at, change.new_end[1] - at
        old = self._rows[number]
        rows, first, gone, come = wrapping.rewrap(
            self.buffer.lines[number], self.width, old, at, removed, inserted, self.measure
        )
        self._rows[number] = rows
        last = first + come
        while first + 1 < min(last, len(old)) and rows[first : first + 2] == old[first : first + 2] and rows[first + 1] < at:
            first += 1
        top = self._tops[number]
        if gone == come:
            return top + first, top + last - 1
        self._sum(number)
        return top + first, None

    def _update_lines(self, changes: Sequence[Change]) -> tuple[int, int | None]:
        stale: Starts = []
        before = self.height
        for change in changes:
            fresh = [stale] * (change.new_end[0] - change.start[0] + 1)
            self._rows[change.start[0] : change.old_end[0] + 1] = fresh
        touched = [number for number, rows in enumerate(self._rows) if rows is stale]
        for number in touched:
            self._rows[number] = self._wrap(self.buffer.lines[number])
        first = min([touched[0], *(change.start[0] for change in changes)]) if touched else 0
        top = self._tops[min(first, len(self._tops) - 1)]
        self._sum(0)
        if self.height == before and len(touched) == 1:
            return self._tops[first], self._tops[first + 1] - 1
        return min(top, self._tops[first]), None

    def _wrap(self, line: str) -> Starts:
        return [start for start, _ in wrapping.wrap(line, self.width, self.measure)]

    def _end(self, number: int, index: int) -> int:
        """Where a row of a line ends."""
        rows = self._rows[number]
        return rows[index + 1] if index + 1 < len(rows) else len(self.buffer.lines[number])

    def _sum(self, first: int) -> None:
        counts = map(len, self._rows[first:])
        self._tops[first:] = accumulate(counts, initial=self._tops[first] if first else 0)

    def row(self, y: int) -> Row | None:
        """What stands on a row, or None below the text."""
        if not 0 <= y < self.height:
            return None
        number = self._line_at(y)
        rows = self._rows[number]
        index = y - self._tops[number]
        return Row(number, rows[index], self._end(number, index), index == len(rows) - 1)

    def _line_at(self, y: int) -> int:
        low, high = 0, len(self._rows) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._tops[middle] <= y:
                low = middle
            else:
                high = middle - 1
        return low

    def y_of(self, place: Position) -> int:
        """The row that a place is on."""
        return self._tops[place[0]] + wrapping.row_at(self._rows[place[0]], place[1])

    def x_of(self, place: Position) -> int:
        """The cell that a place is at; never past the last cell of the row."""
        rows = self._rows[place[0]]
        start = rows[wrapping.row_at(rows, place[1])]
        return min(self.width, self._cells(self.buffer.lines[place[0]][start : place[1]]))

    def place_at(self, y: int, x: int) -> Position:
        """The place nearest to a cell."""
        row = self.row(max(0, min(y, self.height - 1)))
        assert row is not None
        line = self.buffer.lines[row.line]
        used = 0
        offset = row.start
        while offset < row.end:
            behind = wrapping.after(line, offset)
            reach = self._cells(line[row.start : behind])  # a joiner changes what follows it, so never piece by piece
            if used + (reach - used + 1) // 2 > x:
                break
            used = reach
            if behind >= row.end and not row.last:  # that place is the start of the next row
                break
            offset = behind
        return row.line, offset

    def row_start(self, place: Position) -> Position:
        """Start of the row that a place is on."""
        rows = self._rows[place[0]]
        return place[0], rows[wrapping.row_at(rows, place[1])]

    def row_end(self, place: Position) -> Position:
        """The last place of the row that a place is on."""
        rows = self._rows[place[0]]
        index = wrapping.row_at(rows, place[1])
        end = self._end(place[0], index)
        if index < len(rows) - 1:
            end = wrapping.before(self.buffer.lines[place[0]], end)
        return place[0], end

    def _cells(self, text: str) -> int:
        tabs = text.count("\t")
        return self.measure(text.replace("\t", "")) + tabs * wrapping.TAB if tabs else self.measure(text)
