"""A policy as it is read: headings, paragraphs, the clause that was asked for marked at the side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip

from agent_tui.domain import marking
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.wrapping import wrap
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.policy_pane import marked
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells

_WIDEST = 100  # columns of a paragraph: longer lines are hard to read
_ITEM = re.compile(r"([-*+]|\d+[.)])\s+")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with what stands below it.

    Args:
        title: the heading; text: Markdown; note: a few words beside the heading.
        here: it is what was asked for.
    """

    title: str
    text: str
    note: str = ""
    here: bool = False


class PolicyText(Lines):
    """Parts of a policy one below the other, scrolled by line.

    Args:
        look: colours.
    """

    DEFAULT_CSS = "PolicyText { height: 1fr; width: 1fr; }"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="policy-text")
        self.parts: Sequence[Part] = ()
        self.wanted: frozenset[str] = frozenset()
        self.empty = ""
        self.top = 0
        self._rows: list[Strip] = []
        self._starts: list[int] = []
        self._made: tuple[int, str] = (0, "")

    def show(self, parts: Sequence[Part], wanted: frozenset[str] = frozenset(), *, empty: str = "") -> None:
        """Show other parts, from the one that was asked for on."""
        self.parts, self.wanted, self.empty = parts, wanted, empty
        self._made = (0, "")
        self.top = -1
        self.repaint()

    @property
    def part(self) -> int:
        """The place of the part at the top of the screen, or of the last one begun above it."""
        return max((place for place, start in enumerate(self._starts) if start <= max(0, self.top)), default=0)

    def scroll_lines(self, by: int) -> bool:
        """Scroll; whether anything moved."""
        before = self.top
        self.top = max(0, min(self.top + by, self._last_top))
        if self.top != before:
            self.repaint()
        return self.top != before

    def go(self, place: int) -> None:
        """Bring a part to the top."""
        if self._starts:
            self.scroll_lines(self._starts[max(0, min(place, len(self._starts) - 1))] - self.top)

    @property
    def _last_top(self) -> int:
        return max(0, len(self._rows) - max(1, self.size.height))

    def paint(self, width: int, height: int) -> list[Strip]:
        """The lines from ``top`` on."""
        if self._made != (width, self.look.name):
            self._made = (width, self.look.name)
            self._layout(width)
        if self.top < 0:
            here = next((place for place, one in enumerate(self.parts) if one.here), 0)
            self.top = min(self._starts[here] if self._starts else 0, max(0, len(self._rows) - height))
        blank = Strip.blank(width, self.look.style("text"))
        if not self.parts:
            rows = [blank] * (height // 3) + [strip_of([(self.empty.center(width), "muted")], width, self.look)]
        else:
            rows = self._rows[self.top : self.top + height]
        return (rows + [blank] * height)[:height]

    def _layout(self, width: int) -> None:
        self._rows, self._starts = [], []
        room = max(10, min(width - 3, _WIDEST))
        for one in self.parts:
            self._starts.append(len(self._rows))
            side: Piece = ("▌ ", "accent") if one.here else ("  ", "faint")
            note: list[Piece] = [(f"  {one.note}", "soon")] if one.note else []
            heading = marking.unmarked(one.title)
            self._rows.append(strip_of([side, *marked(heading, self.wanted, "strong+bold"), *note], width, self.look))
            for line in one.text.split("\n"):
                shown = marking.unmarked(line).rstrip()
                item = _ITEM.match(shown.lstrip())
                indent = len(shown) - len(shown.lstrip()) + (len(item[0]) if item else 0)
                first = True
                for start, end in _rows(shown, room, indent):
                    pad = "" if first else " " * indent
                    pieces = [side, (pad, "text"), *marked(shown[start:end].rstrip(), self.wanted)]
                    self._rows.append(strip_of(pieces, width, self.look))
                    first = False
            self._rows.append(Strip.blank(width, self.look.style("text")))

    def repaint(self) -> None:
        """Paint again as one region: every line differs after scrolling."""
        width, height = self.size
        if width and height:
            self._strips = self.paint(width, height)
            self.refresh(Region(0, 0, width, height))


def _rows(line: str, width: int, indent: int) -> list[tuple[int, int]]:
    """Rows of a line whose rows after the first are indented."""
    rows = wrap(line, width, cells)
    if len(rows) < 2 or not indent or indent > width // 2:
        return rows
    first_end = rows[0][1]
    return [rows[0], *((first_end + start, first_end + end) for start, end in wrap(line[first_end:], width - indent, cells))]
