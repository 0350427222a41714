"""A list of painted items with a cursor: hits, outbox entries, commands. Only what is on the screen is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.widgets.lines import PaintedOnce, Piece, strip_of
from agent_tui.widgets.theme import Look

Item = TypeVar("Item")
Painted = tuple[Sequence[Piece], Sequence[Piece]]
"""The left and the right pieces of one line."""


class ItemList(PaintedOnce, ScrollView, Generic[Item], can_focus=False, inherit_bindings=False):
    """Items of a fixed number of lines each.

    Args:
        look: colours.
        paint: the lines of an item at a width; items without a ``key`` in ``skip`` can hold the cursor.
        tall: lines of each item.
        skip: items that are headings: the cursor passes over them.
    """

    DEFAULT_CSS = "ItemList { overflow: hidden hidden; height: 1fr; }"

    def __init__(
        self,
        look: Look,
        paint: Callable[[Item, int], Sequence[Painted]],
        *,
        tall: int = 1,
        skip: Callable[[Item], bool] = lambda _item: False,
    ) -> None:
        super().__init__(id="items")
        self.look = look
        self.items: Sequence[Item] = ()
        self.cursor = 0
        self.empty = ""
        self.opened: Callable[[], None] = lambda: None
        self.moved: Callable[[], None] = lambda: None
        self._paint = paint
        self._tall = tall
        self._skip = skip
        self._last: tuple[int, int, object, Sequence[Painted]] = (-1, 0, None, ())
        """The item painted last: its other lines follow."""

    @property
    def tall(self) -> int:
        """Lines of each item."""
        return self._tall

    @property
    def item(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def show(self, items: Sequence[Item], *, keep: bool = False) -> None:
        """Show other items.

        Args:
            keep: the cursor stays where it is, as far as there is such a place; otherwise it goes to the top.
        """
        self.items = items
        self.set_reactive(Widget.virtual_size, Size(self.size.width, len(items) * self._tall))
        self.cursor = min(self.cursor, max(0, len(items) - 1)) if keep else 0
        if self.item is not None and self._skip(self.item):
            self.move(1)
        if not keep:
            self._jump(0)
        self._settle()
        self.refresh()

    def replace(self, items: Sequence[Item], name: Callable[[Item], object]) -> None:
        """Show what has become of the items; nothing is painted where they are the same.

        Args:
            name: what an item is known by: the cursor stays on its item, and that stays on its line; an item that is
                no longer there leaves the cursor on what took its place.
        """
        if list(items) == list(self.items):
            return
        line = self.cursor * self._tall - self.scroll_offset.y
        places = {name(one): place for place, one in enumerate(items)}
        below = (name(one) for one in self.items[self.cursor :])
        place = next((places[one] for one in below if one in places), len(items) - 1)
        self.items = items
        self.set_reactive(Widget.virtual_size, Size(self.size.width, len(items) * self._tall))
        self.cursor = max(0, place)
        self._jump(self.cursor * self._tall - line)
        self._settle()
        self.refresh()

    def move(self, by: int) -> bool:
        """Move the cursor by items, past headings; whether it moved."""
        target = self.cursor + by
        step = 1 if by > 0 else -1
        target = max(0, min(target, len(self.items) - 1))
        while 0 <= target < len(self.items) and self._skip(self.items[target]):
            target += step
        if not 0 <= target < len(self.items) or target == self.cursor:
            if by < 0:
                self._jump(0)
            return False
        before, self.cursor = self.cursor, target
        self._settle()
        for index in (before, target):
            y = index * self._tall - self.scroll_offset.y
            if 0 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, self._tall))
        self.moved()
        return True

    def page(self, by: int) -> bool:
        """Move by screens."""
        return self.move(by * max(1, self.size.height // self._tall - 1))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        index, line = divmod(y + self.scroll_offset.y, self._tall)
        if index >= len(self.items):
            if not self.items and y == max(1, self.size.height // 3):
                return strip_of([(self.empty.center(width), "muted")], width, self.look)
            return Strip.blank(width, self.look.style("text"))
        item = self.items[index]
        if not line or self._last[:2] != (index, width) or self._last[2] is not item:
            self._last = (index, width, item, self._paint(item, width - 1))
        painted = self._last[3]
        here = index == self.cursor and not self._skip(item)
        left, right = painted[line] if line < len(painted) else ((), ())
        return strip_of([("▌" if here else " ", "accent"), *left], width, self.look, "cursor" if here else "page", right)

    def set_look(self, look: Look) -> None:
        """Change colours."""
        self.look = look
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._settle()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on an item; a second click opens it."""
        index = (event.y + self.scroll_offset.y) // self._tall
        if index < len(self.items):
            moved = self.move(index - self.cursor)
            if event.chain > 1 or not moved:
                self.opened()

    def _settle(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        first = self.cursor * self._tall
        if first < top:
            self._jump(first)
        elif height and first + self._tall > top + height:
            self._jump(first + self._tall - height)

    def _jump(self, y: int) -> None:
        y = max(0, min(y, len(self.items) * self._tall - self.size.height))
        if y != self.scroll_offset.y:
            self.set_reactive(Widget.scroll_y, float(y))
            self.set_reactive(Widget.scroll_target_y, float(y))
            self.refresh()
