"""Widgets that are a few painted lines: they hold strips and repaint only the lines that changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.containers import Container
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells, clip

Piece = tuple[str, str]
"""Text and its role."""


def strip_of(
    pieces: Sequence[Piece], width: int, look: Look, ground: str = "page", right: Sequence[Piece] = ()
) -> Strip:
    """Pieces on one line of exactly ``width`` cells; ``right`` stands at its end and is never pushed out."""
    segments: list[Segment] = []
    reserved = min(width, sum(cells(text) for text, _ in right))
    room = width - reserved
    for text, role in pieces:
        if room <= 0:
            break
        text = clip(text, room)
        room -= cells(text)
        segments.append(Segment(text, look.style(role, ground)))
    if room > 0:
        segments.append(Segment(" " * room, look.style("text", ground)))
    room = reserved
    for text, role in right:
        text = clip(text, room)
        room -= cells(text)
        segments.append(Segment(text, look.style(role, ground)))
    return Strip(segments, width)


class Pane(Container, inherit_bindings=False):
    """A container that never scrolls, so that another size of it does not have the screen laid out twice."""

    DEFAULT_CSS = "Pane { overflow: hidden hidden; }"
    virtual_size = Reactive(Size(0, 0))


class Lines(Widget, inherit_bindings=False):
    """Lines painted by ``paint``; the widget asks for them again when its width changes.

    Args:
        look: colours.
    """

    DEFAULT_CSS = "Lines { height: 1; width: 1fr; }"
    can_focus = False

    def __init__(self, look: Look, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.look = look
        self._strips: list[Strip] = []
        self._filler: Style = look.style("text")

    def paint(self, width: int, height: int) -> list[Strip]:
        """The lines at a width; overridden."""
        del width, height
        return []

    def repaint(self) -> None:
        """Paint again, and send only lines that differ to the terminal."""
        width, height = self.size
        if not width or not height:
            return
        before, self._strips = self._strips, self.paint(width, height)
        changed = [
            y
            for y in range(height)
            if (before[y] if y < len(before) else None) != (self._strips[y] if y < len(self._strips) else None)
        ]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self) -> None:
        """Lines are made for a width."""
        self._strips = []
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """One line, as it was painted last."""
        if not self._strips and self.size.width:
            self._strips = self.paint(*self.size)
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self._filler)
