"""A picture in cells: two of its pixels in each, or signs of different weight. Where pixels are shown, the cells stay empty."""

from __future__ import annotations

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from agent_tui.domain.pictures import BLOCKS, SHADES, Picture, half_blocks, shades
from agent_tui.widgets.lines import Lines
from agent_tui.widgets.theme import Look

MARGIN = 2


class PictureView(Lines):
    """A picture at the left of its place.

    Args:
        look: colours.
    """

    DEFAULT_CSS = "PictureView { height: 1fr; width: 1fr; }"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="picture")
        self.picture: Picture | None = None
        self.way = BLOCKS

    def show(self, picture: Picture, way: str) -> None:
        """Show a picture of so many pixels as there are cells, and twice as many rows; or leave its place empty."""
        self.picture, self.way = picture, way
        self.repaint()

    def clear(self) -> None:
        """Show nothing."""
        self.picture = None
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """Its lines, between a margin and what is left."""
        blank = self.look.style("text")
        rows: list[list[Segment]] = []
        if self.picture is not None and self.way == SHADES:
            rows = [[Segment(line, blank)] for line in shades(self.picture, dark=self.look.dark)]
        elif self.picture is not None and self.way == BLOCKS:
            rows = [
                [Segment("▀", blank + Style(color=_colour(upper), bgcolor=_colour(lower))) for upper, lower in line]
                for line in half_blocks(self.picture)
            ]
        margin = Segment(" " * MARGIN, blank)
        strips = [Strip([margin, *row]).simplify().adjust_cell_length(width, blank) for row in rows[:height]]
        return strips + [Strip.blank(width, blank)] * (height - len(strips))


def _colour(colour: tuple[int, int, int] | None) -> Color | None:
    return None if colour is None else Color.from_rgb(*colour)
