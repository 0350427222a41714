"""What screens that are one list have in common: moving, opening, a title line."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.geometry import Offset
from textual.strip import Strip

from agent_tui.screens.base import Bench, DeskScreen
from agent_tui.widgets.item_list import ItemList
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look


class Title(Lines):
    """The first line of a screen: what it is, and how much of it there is."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="title")
        self.left: list[Piece] = []
        self.right: list[Piece] = []

    def paint(self, width: int, height: int) -> list[Strip]:
        """The one line."""
        del height
        return [strip_of([(" ", "text"), *self.left], width, self.look, "bar", self.right)]


class ListScreen(DeskScreen):
    """A title, a list, the status line.

    Args:
        bench: desk, keys, colours.
    """

    DEFAULT_CSS = "ListScreen { layout: vertical; }"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.title_line = Title(bench.look)
        self.list: ItemList[Any] = self.make_list()
        self.list.opened = self.do_open

    def make_list(self) -> ItemList[Any]:
        """The list; overridden."""
        return ItemList(self.bench.look, lambda _item, _width: ())

    def compose(self) -> ComposeResult:
        """Title, list, status."""
        yield self.title_line
        yield self.list
        yield self.status

    def caret(self) -> Offset:
        """The item under the cursor."""
        return self.list.region.offset + Offset(0, self.list.cursor * self.list.tall - self.list.scroll_offset.y)

    def titled(self, title: str, note: str = "") -> None:
        """Say what the screen shows."""
        self.title_line.left = [(title, "strong+bold")]
        self.title_line.right = [(f"{note} ", "muted")]
        self.title_line.repaint()

    def set_look(self, look: Look) -> None:
        """Change colours everywhere."""
        super().set_look(look)
        self.title_line.set_look(look)
        self.list.set_look(look)

    def do_open(self, argument: str = "") -> None:
        """Open what is under the cursor; overridden."""
        del argument

    def do_move_down(self, argument: str = "") -> None:
        """The next item."""
        del argument
        self.list.move(1)

    def do_move_up(self, argument: str = "") -> None:
        """The item before."""
        del argument
        self.list.move(-1)

    def do_move_top(self, argument: str = "") -> None:
        """The first item."""
        del argument
        self.list.move(-1_000_000)

    def do_move_bottom(self, argument: str = "") -> None:
        """The last item."""
        del argument
        self.list.move(1_000_000)

    def do_page_down(self, argument: str = "") -> None:
        """A screen on."""
        del argument
        self.list.page(1)

    def do_page_next(self, argument: str = "") -> None:
        """A screen on."""
        del argument
        self.list.page(1)

    def do_page_up(self, argument: str = "") -> None:
        """A screen back."""
        del argument
        self.list.page(-1)
