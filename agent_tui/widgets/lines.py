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

from agent_tui.widgets.pieces import Line, Piece, arranged
from agent_tui.widgets.theme import Look

__all__ = ["Lines", "PaintedOnce", "Pane", "Piece", "strip", "strip_of"]


def strip_of(
    pieces: Sequence[Piece], width: int, look: Look, ground: str = "page", right: Sequence[Piece] = ()
) -> Strip:
    """Pieces on one line of exactly ``width`` cells; ``right`` stands at its end and is never pushed out."""
    return strip((arranged(pieces, width, right), ground), width, look)


def strip(line: Line, width: int, look: Look) -> Strip:
    """A line whose pieces take ``width`` cells, in the colours of a look."""
    pieces, ground = line
    return Strip([Segment(text, look.style(role, ground)) for text, role in pieces], width)


class PaintedOnce(Widget):
    """A widget that is painted once when it takes another size.

    Textual paints what has another size as part of laying out, and marks it as to be painted as well: without this,
    opening a case would paint the whole screen twice.
    """

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        other = size != self.outer_size
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if other:
            self._exchange_repaint_regions()
        return changed


class Pane(PaintedOnce, Container, inherit_bindings=False):
    """A container that never scrolls, so that another size of it does not have the screen laid out twice."""

    DEFAULT_CSS = "Pane { overflow: hidden hidden; }"
    virtual_size = Reactive(Size(0, 0))


class Lines(PaintedOnce, inherit_bindings=False):
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
        self._painted_for = Size(0, 0)
        self._filler: Style = look.style("text")

    def paint(self, width: int, height: int) -> list[Strip]:
        """The lines at a width; overridden."""
        del width, height
        return []

    def repaint(self) -> None:
        """Paint again, and have only lines that differ compared with the terminal's."""
        width, height = self.size
        if not width or not height:
            return
        before, self._strips = self._strips, self.paint(width, height)
        self._painted_for = self.size
        changed = []
        for y in range(height):
            old, new = (lines[y] if y < len(lines) else None for lines in (before, self._strips))
            if old != new:
                changed.append(Region(0, y, width, 1))
        if changed:
            self.refresh(*changed)

    def set_look(self, look: Look) -> None:
        """Change colours."""
        self.look = look
        self._filler = look.style("text")
        self._strips = []
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """One line, as it was painted last for this size."""
        if not self._strips or self._painted_for != self.size:
            self._strips, self._painted_for = self.paint(*self.size), self.size
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self._filler)
