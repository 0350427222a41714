"""The list of cases: one line each, read from the store only where it is near the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.domain.model import Case
from agent_tui.widgets import spoken
from agent_tui.widgets.case_row import Flags, row
from agent_tui.widgets.lines import PaintedOnce, strip_of
from agent_tui.widgets.lines import strip as strip_line
from agent_tui.widgets.theme import Look

KEPT = 256
"""Painted lines that are remembered, the screen's and those beside it. Each weighs some kilobytes, and none is painted again
once its case or the minute is another."""
_NEAR = 48
_MINUTE = 60_000


class Window(Protocol):
    """Cases of a view in order, as ``desk.window`` gives them."""

    @property
    def more(self) -> bool:
        """Whether there may be more cases than ``len`` says."""
        ...

    @property
    def counting(self) -> bool:
        """Whether ``count_on`` can find more."""
        ...

    def __len__(self) -> int: ...

    def count_on(self) -> None:
        """Look for more cases, for a few milliseconds."""
        ...

    def reach(self, index: int, /) -> None:
        """Know the cases as far as an index, or to the end if that comes first."""
        ...

    def row(self, index: int, /) -> Case:
        """The case at an index."""
        ...

    def index_of(self, case_id: int, /) -> int | None:
        """Where a case is, or None."""
        ...

    def refresh(self) -> bool:
        """Read again; whether anything changed."""
        ...


class InboxList(PaintedOnce, ScrollView, can_focus=False, inherit_bindings=False):
    """Cases of one view, with a cursor that is bound to a case and never to a line number.

    Args:
        look: colours.
        now: milliseconds.
        left: working milliseconds left on a case's promise, or None.
    """

    DEFAULT_CSS = "InboxList { overflow: hidden hidden; height: 1fr; }"

    def __init__(self, look: Look, now: Callable[[], int], left: Callable[[Case, int], int | None]) -> None:
        super().__init__(id="list")
        self.look = look
        self.now = now
        self.left = left
        self.window: Window | None = None
        self.empty = ""
        self.named = False
        self.linear = False
        """A sentence for each case, and the terminal's own cursor on the one at hand."""
        self.chosen: tuple[str, ...] = ()
        """Columns of the view; empty: those of the inbox."""
        self.active = True
        self.selected: set[int] = set()
        self.cursor = 0
        self.cursor_id: int | None = None
        self.moved: Callable[[], None] = lambda: None
        self.opened: Callable[[], None] = lambda: None
        self._cache: dict[tuple[object, ...], Strip] = {}
        self._blank: Style = look.style("text")

    # what is shown

    def show(self, window: Window, *, case_id: int | None = None, empty: str = "") -> None:
        """Show another window; the cursor goes to ``case_id`` if it is there, else to the top."""
        self.window = window
        self.empty = empty
        index = window.index_of(case_id) if case_id is not None else None
        self.cursor = index or 0
        self._resized()
        self._jump(0)
        self._settle()
        self.refresh()

    def case(self) -> Case | None:
        """The case under the cursor."""
        if self.window is None or not len(self.window):
            return None
        try:
            return self.window.row(self.cursor)
        except IndexError:  # the list has become shorter since it was counted; the next look at it puts that right
            return None

    @property
    def has_room(self) -> bool:
        """Whether the list ends before the screen does."""
        return self.window is not None and len(self.window) < self.size.height

    def find(self, case_id: int) -> int | None:
        """Where a case is. Looked for around the cursor first: to count what comes before it, the store has to read
        the view from its top.
        """
        window = self.window
        if window is None:
            return None
        for index in range(max(0, self.cursor - _NEAR), min(len(window), self.cursor + _NEAR)):
            try:
                if window.row(index).id == case_id:
                    return index
            except IndexError:
                break
        return window.index_of(case_id)

    def update(self) -> None:
        """Take in what the window has after a refresh: the cursor stays on its case and on its line."""
        window = self.window
        if window is None:
            return
        before, scroll = self.cursor, self.scroll_offset.y
        index = self.find(self.cursor_id) if self.cursor_id is not None else None
        self.cursor = max(0, min(before if index is None else index, len(window) - 1))
        self._resized()
        if scroll and index is not None:
            self._jump(scroll + index - before)
        self._settle()
        self.refresh()

    def count_on(self) -> None:
        """Have the window look for more cases; what is on the screen stays as it is."""
        window = self.window
        if window is None:
            return
        before = len(window)
        window.count_on()
        if len(window) != before:
            self._resized()
            if not before:
                self._settle()
        if before < self.scroll_offset.y + self.size.height:
            self.refresh()

    def repaint(self) -> None:
        """Paint every visible line again: the minute or the selection has changed."""
        self.refresh()

    def set_look(self, look: Look) -> None:
        """Change colours."""
        self.look = look
        self._blank = look.style("text")
        self._cache.clear()
        self.refresh()

    # moving

    def move(self, by: int) -> bool:
        """Move the cursor by lines; whether it moved. Only the two lines concerned are painted."""
        if self.window is None:
            return False
        return self.go(self.cursor + by)

    def go(self, index: int) -> bool:
        """Put the cursor on a line, as near as there is one."""
        window = self.window
        if window is None:
            return False
        self._reach(index)
        if not len(window):
            return False
        before = self.cursor
        self.cursor = max(0, min(index, len(window) - 1))
        if self.cursor == before:
            return False
        case = self.case()
        self.cursor_id = case.id if case is not None else None
        top, height = self.scroll_offset.y, self.size.height
        if not top <= self.cursor < top + height:
            # One line beyond the edge scrolls by half a screen: a run of keys then sends two lines, not all. Where lines have the
            # terminal's whole width it moves them itself, and one more line is all there is to send.
            near = height // 2 if abs(self.cursor - before) == 1 and self.size.width < self.app.size.width else 0
            self._jump(self.cursor - near if self.cursor < top else self.cursor - (near or height - 1))
        self._paint_line(before)
        self._paint_line(self.cursor)
        self.moved()
        return True

    def page(self, by: int) -> bool:
        """Move by screens, one line kept in sight."""
        height = max(1, self.size.height - 1)
        before = self.cursor
        if self.window is None:
            return False
        self._reach(before + by * height)
        if not len(self.window):
            return False
        line = self.cursor - self.scroll_offset.y
        self._jump(self.scroll_offset.y + by * height)
        target = before + by * height
        if self.scroll_offset.y + line != target:
            target = max(target, 0)
        self.go(target)
        return self.cursor != before

    def toggle(self, *, selected: bool | None = None) -> None:
        """Select the case under the cursor, or drop it from the selection."""
        case = self.case()
        if case is None:
            return
        if selected if selected is not None else case.id not in self.selected:
            self.selected.add(case.id)
        else:
            self.selected.discard(case.id)
        self._paint_line(self.cursor)

    # painting

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        window, width = self.window, self.size.width
        index = y + self.scroll_offset.y
        if window is None or index >= len(window):
            if window is not None and not len(window) and y == max(1, self.size.height // 3):
                empty = "Looking …" if window.counting else self.empty
                return strip_of([(empty.center(width), "muted")], width, self.look)
            return Strip.blank(width, self._blank)
        try:
            case = window.row(index)
        except IndexError:
            return Strip.blank(width, self._blank)
        here = index == self.cursor
        now = self.now()
        key = (case.id, case.version, width, self.look.name, here, here and self.active, case.id in self.selected,
               self.named, self.linear, self.chosen, now // _MINUTE)  # fmt: skip
        strip = self._cache.get(key)
        if strip is None:
            if len(self._cache) >= KEPT:
                del self._cache[next(iter(self._cache))]
            flags = Flags(here, self.active, case.id in self.selected)
            left = self.left(case, now)
            if self.linear:
                line = spoken.line(case, width, cursor=here, selected=flags.selected, left=left, now=now)
            else:
                line = row(case, width, flags, named=self.named, left=left, now=now, chosen=self.chosen)
            strip = self._cache[key] = strip_line(line, width, self.look)
        return strip

    def on_resize(self) -> None:
        """Keep the cursor in sight; every line has been painted for the new size already."""
        self._settle()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line; a second click opens it."""
        if self.window is None or event.y + self.scroll_offset.y >= len(self.window):
            return
        moved = self.go(event.y + self.scroll_offset.y)
        if event.chain > 1 or not moved:
            self.opened()

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)

    def _paint_line(self, index: int) -> None:
        y = index - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _reach(self, index: int) -> None:
        """Know a screen of cases beyond an index, so that its line can stand where it would in the whole list."""
        window = self.window
        if window is not None and window.counting and index + self.size.height >= len(window):
            window.reach(index + self.size.height)
            self._resized()

    def _resized(self) -> None:
        # Not through the reactive: that would lay the whole screen out again.
        size = Size(self.size.width, len(self.window) if self.window is not None else 0)
        self.set_reactive(Widget.virtual_size, size)

    def _jump(self, y: int) -> None:
        length = len(self.window) if self.window is not None else 0
        y = max(0, min(y, length - self.size.height))
        if y != self.scroll_offset.y:
            self.set_reactive(Widget.scroll_y, float(y))
            self.set_reactive(Widget.scroll_target_y, float(y))
            self.refresh()

    def _settle(self) -> None:
        window = self.window
        height = self.size.height
        if window is not None and len(window):
            case = self.case()
            self.cursor_id = case.id if case is not None else None
            top = self.scroll_offset.y
            if height and not top <= self.cursor < top + height:
                self._jump(self.cursor - height // 2)
            elif height and top + height > len(window):
                self._jump(len(window) - height)
        else:
            self.cursor_id = None
