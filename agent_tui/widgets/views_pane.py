"""The views with their counts: a column where there is room, one line where there is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.strip import Strip

from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells, clip, fit


@dataclass(frozen=True, slots=True)
class Entry:
    """One view: its id, title and number key."""

    id: str
    title: str
    number: str


class ViewsPane(Lines):
    """Views and counts.

    Args:
        look: colours.
        column: whether it is a column rather than one line.
    """

    DEFAULT_CSS = """
    ViewsPane.column { width: 19; height: 1fr; }
    ViewsPane.line { height: 1; }
    """

    def __init__(self, look: Look, *, column: bool) -> None:
        super().__init__(look, id="views-column" if column else "views-line")
        self.column = column
        self.set_class(column, "column")
        self.set_class(not column, "line")
        self.entries: Sequence[Entry] = ()
        self.counts: Mapping[str, int] = {}
        self.current = ""
        self.right: Sequence[Piece] = ()
        self.chosen: Callable[[str], None] = lambda _view: None
        self._spans: list[tuple[int, int, str]] = []

    def paint(self, width: int, height: int) -> list[Strip]:
        """The column or the line."""
        return self._paint_column(width, height) if self.column else [self._paint_line(width)]

    def _paint_column(self, width: int, height: int) -> list[Strip]:
        blank = Strip.blank(width, self.look.style("text", "bar"))
        strips = [strip_of([(" agent-tui", "muted")], width, self.look, "bar"), blank]
        self._spans = []
        for one in self.entries:
            here = one.id == self.current
            number = self.counts.get(one.id, 0)
            amount = f"{number:,}" if number else ""
            name = fit(one.title, width - 5 - cells(amount))
            role = "strong+bold" if here else "text" if number else "muted"
            pieces: list[Piece] = [
                ("▌" if here else " ", "accent"),
                (f"{one.number or ' '} ", "muted"),
                (name, role),
                (f" {amount} ", role),
            ]
            self._spans.append((len(strips), len(strips) + 1, one.id))
            strips.append(strip_of(pieces, width, self.look, "cursor" if here else "bar"))
        return strips + [blank] * (height - len(strips))

    def _paint_line(self, width: int) -> Strip:
        room = width - sum(cells(text) for text, _ in self.right) - 1
        shown = [one for one in self.entries if one.id == self.current or self.counts.get(one.id)]
        parts = [(one, f" {one.number}·{one.title} {self.counts.get(one.id, 0) or ''}".rstrip() + " ") for one in shown]
        here = next((index for index, (one, _) in enumerate(parts) if one.id == self.current), 0)
        first = 0
        while first < here and sum(cells(text) for _, text in parts[first : here + 1]) > room - 2:
            first += 1
        pieces: list[Piece] = [("…", "muted")] if first else []
        self._spans = []
        used = cells("…") if first else 0
        for one, text in parts[first:]:
            if used + cells(text) > room:
                pieces.append((clip("…", max(0, room - used)), "muted"))
                break
            self._spans.append((used, used + cells(text), one.id))
            pieces.append((text, "accent+bold+underline" if one.id == self.current else "muted"))
            used += cells(text)
        return strip_of(pieces, width, self.look, "bar", self.right)

    def on_click(self, event: events.Click) -> None:
        """A click goes to the view."""
        place = event.y if self.column else event.x
        for start, end, view in self._spans:
            if start <= place < end:
                self.chosen(view)
