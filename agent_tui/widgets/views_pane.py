"""The views with their counts: a column where there is room, one line where there is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.strip import Strip

from agent_tui.widgets.lines import Lines, strip
from agent_tui.widgets.pieces import Piece
from agent_tui.widgets.theme import Look
from agent_tui.widgets.view_lines import COLUMN, Entry, column, one_line


class ViewsPane(Lines):
    """Views and counts.

    Args:
        look: colours.
        column: whether it is a column rather than one line.
    """

    DEFAULT_CSS = f"""
    ViewsPane.column {{ width: {COLUMN}; height: 1fr; }}
    ViewsPane.line {{ height: 1; }}
    """

    def __init__(self, look: Look, *, column: bool) -> None:
        super().__init__(look, id="views-column" if column else "views-line")
        self.column = column
        self.set_class(column, "column")
        self.set_class(not column, "line")
        self.entries: Sequence[Entry] = ()
        self.counts: Mapping[str, int] = {}
        self.partly: frozenset[str] = frozenset()
        self.current = ""
        self.right: Sequence[Piece] = ()
        self.chosen: Callable[[str], None] = lambda _view: None
        self._spans: list[tuple[int, int, str]] = []

    def paint(self, width: int, height: int) -> list[Strip]:
        """The column or the line."""
        return self._paint_column(width, height) if self.column else [self._paint_line(width)]

    def _paint_column(self, width: int, height: int) -> list[Strip]:
        lines, self._spans = column(self.entries, self.counts, self.current, width, height, partly=self.partly)
        return [strip(line, width, self.look) for line in lines]

    def _paint_line(self, width: int) -> Strip:
        line, self._spans = one_line(self.entries, self.counts, self.current, width, self.right, partly=self.partly)
        return strip(line, width, self.look)

    def on_click(self, event: events.Click) -> None:
        """A click goes to the view."""
        place = event.y if self.column else event.x
        for start, end, view in self._spans:
            if start <= place < end:
                self.chosen(view)
