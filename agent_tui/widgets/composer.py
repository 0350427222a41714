"""Where text is written: an editor that paints only the rows a key has changed.

The buffer (``domain.text_buffer``) holds the text and the layout its rows; this widget turns keys into edits and
rows into strips. The terminal's own cursor is put where the next character goes, so that input methods show
their candidates there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise

import rich.cells
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.domain import spelling, wrapping
from agent_tui.domain.text_buffer import GapFinder, Position, TextBuffer
from agent_tui.domain.text_layout import Row, TextLayout
from agent_tui.domain.wrapping import Measure
from agent_tui.widgets.theme import Look

_JOINERS = "\u200c\u200d"
_NEAR = 40  # characters beside a row in which a word can begin that goes on in it
_NO_GAPS: tuple[tuple[int, int], ...] = ()


def _no_gaps(_line: str) -> tuple[tuple[int, int], ...]:
    return _NO_GAPS


def _measure() -> Measure:
    return lru_cache(maxsize=8192)(rich.cells.cell_len)


class Composer(Widget, can_focus=True, inherit_bindings=False):
    """The text of one draft.

    Args:
        look: colours.
        placeholder: shown while there is nothing.

    Attributes:
        reserved: keys that belong to commands; they pass through to the screen.
        find_gaps: where a line still lacks a fact.
        misspelt: words that are underlined.
        enter_sends: whether enter asks to send instead of starting a line (live chat).
        ground: of the look, behind the text.
    """

    DEFAULT_CSS = """
    Composer { height: 1fr; width: 1fr; padding: 0 0 0 1; }
    Composer.-reply { border: round $primary; border-title-color: $primary; border-title-style: bold; }
    Composer.-public { border: heavy $accent; border-title-color: $accent; border-title-style: bold; }
    Composer.-note { border: dashed $warning; border-title-color: $warning; border-title-style: bold; }
    """

    class Edited(Message):
        """The text has changed."""

    class Sent(Message):
        """Enter was pressed where enter sends."""

    def __init__(self, look: Look, *, placeholder: str = "") -> None:
        super().__init__(id="composer")
        self.look = look
        self.buffer = TextBuffer()
        self.reserved: frozenset[str] = frozenset()
        self.find_gaps: GapFinder = _no_gaps
        self.keep_keys: Callable[[], None] | None = None
        """Called after every change of the text, before it is painted: what can be seen is safe."""
        self.enter_sends = False
        self.misspelt: frozenset[str] = frozenset()
        self.placeholder = placeholder
        self.ground = "page"
        self._layout = TextLayout(self.buffer, 2, _measure())
        self._top = 0
        self._goal: int | None = None
        self._shown: tuple[Position, Position | None] = ((0, 0), None)
        self._version = 0
        self._clip = ""
        self._keys = self._editing_keys()

    @property
    def text(self) -> str:
        """All that is written."""
        return self.buffer.text

    def load(self, text: str, cursor: int = 0, origins: Iterable[tuple[int, int, str]] = ()) -> None:
        """Show another text, with nothing to undo; ``origins`` are the pieces of it that came from canned replies."""
        self.buffer.load(text, cursor, origins)
        self.repaint()

    def set_look(self, look: Look) -> None:
        """Change colours; the terminal may have told how wide it draws text as well."""
        self.look = look
        self._layout.measure = _measure()
        self.repaint()

    def repaint(self) -> None:
        """Lay out and paint everything again."""
        self._layout.rebuild(self._text_width)
        self._version = self.buffer.version
        self._goal = None
        self._follow()
        self._place_terminal_cursor()
        self._shown = (self.buffer.cursor, self.buffer.anchor)
        self.refresh()

    @property
    def _text_width(self) -> int:
        return max(2, self.content_size.width - 1)  # the last cell holds the cursor at a full row's end

    # ---- keys

    def _editing_keys(self) -> dict[str, Callable[[], object]]:
        buffer = self.buffer

        def go(target: Callable[[], Position], *, select: bool) -> Callable[[], None]:
            return lambda: buffer.move_to(target(), select=select)

        def row(step: Callable[[], int], *, select: bool) -> Callable[[], None]:
            return lambda: self._vertical(step(), select=select)

        moves: dict[str, Callable[[], Position]] = {
            "home": lambda: self._layout.row_start(buffer.cursor),
            "end": lambda: self._layout.row_end(buffer.cursor),
            "ctrl+left": buffer.word_left,
            "ctrl+right": buffer.word_right,
            "ctrl+home": lambda: (0, 0),
            "ctrl+end": lambda: buffer.end,
        }

        def page() -> int:
            return max(1, self.content_size.height - 1)

        steps: dict[str, Callable[[], int]] = {
            "up": lambda: -1,
            "down": lambda: 1,
            "pageup": lambda: -page(),
            "pagedown": page,
        }
        keys: dict[str, Callable[[], object]] = {
            "left": buffer.left,
            "right": buffer.right,
            "shift+left": lambda: buffer.left(select=True),
            "shift+right": lambda: buffer.right(select=True),
            "ctrl+a": go(lambda: (buffer.cursor[0], 0), select=False),
            "ctrl+e": go(lambda: (buffer.cursor[0], len(buffer.lines[buffer.cursor[0]])), select=False),
            "enter": lambda: buffer.insert("\n", typed=True),
            "ctrl+j": lambda: buffer.insert("\n", typed=True),
            "backspace": buffer.delete_left,
            "ctrl+h": buffer.delete_left,  # what backspace sends in some terminals
            "delete": buffer.delete_right,
            "ctrl+d": buffer.delete_right,
            "ctrl+w": lambda: self._keep(buffer.delete_word_left()),
            "ctrl+backspace": lambda: self._keep(buffer.delete_word_left()),
            "ctrl+delete": lambda: self._keep(buffer.delete_word_right()),
            "ctrl+u": lambda: self._keep(buffer.delete_to_line_start()),
            "ctrl+k": lambda: self._keep(buffer.delete_to_line_end()),
            "ctrl+x": lambda: self._copy(buffer.delete_selection()),
            "ctrl+c": lambda: self._copy(buffer.selected),
            "ctrl+v": lambda: buffer.insert(self.app.clipboard or self._clip),
            "ctrl+z": buffer.undo,
            "ctrl+y": buffer.redo,
            "ctrl+underscore": buffer.undo,
        }
        for key, target in moves.items():
            keys[key] = go(target, select=False)
            keys[f"ctrl+shift+{key[5:]}" if key.startswith("ctrl+") else f"shift+{key}"] = go(target, select=True)
        for key, step in steps.items():
            keys[key] = row(step, select=False)
            keys[f"shift+{key}"] = row(step, select=True)
        return keys

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override]
        if self.feed(event):
            event.prevent_default()
            event.stop()

    def feed(self, event: events.Key) -> bool:
        """Take a key at once; whether it was used.

        A screen hands keys on by calling this. Keys that came by the widget's queue would be overtaken by the
        screen's own: of ``a``, ``b``, ``ctrl+s`` that arrive together the last would be done first.
        """
        key = event.key
        if key in self.reserved:
            return False
        if key == "enter" and self.enter_sends:
            self.post_message(self.Sent())
        else:
            goal, self._goal = self._goal, None
            action = self._keys.get(key)
            if action is not None:
                if key in {"up", "down", "pageup", "pagedown"} or key.startswith("shift+"):
                    self._goal = goal
                action()
            elif event.character is not None and _writes(event.character):
                self.buffer.insert(event.character, typed=True)
            else:
                return False
            self.settle()
        return True

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert(event.text)

    def insert(self, text: str, *, label: str = "") -> None:
        """Put text at the cursor as one step; ``label`` names the canned reply it comes from."""
        self.buffer.insert(text, label=label)
        self._goal = None
        self.settle()

    def next_gap(self) -> bool:
        """Select the next gap; False where none is left."""
        found = self.buffer.next_gap(self.find_gaps)
        self.settle()
        return found

    @property
    def gaps(self) -> int:
        """How many gaps are left."""
        return sum(len(list(self.find_gaps(line))) for line in self.buffer.lines)

    def _vertical(self, rows: int, *, select: bool) -> None:
        cursor = self.buffer.cursor
        y = self._layout.y_of(cursor)
        goal = self._layout.x_of(cursor) if self._goal is None else self._goal
        target = y + rows
        if target < 0:
            place: Position = (0, 0)
        elif target >= self._layout.height:
            place = self.buffer.end
        else:
            place = self._layout.place_at(target, goal)
        self.buffer.move_to(place, select=select)
        self._goal = goal

    def _keep(self, text: str) -> None:
        if text:
            self._clip = text

    def _copy(self, text: str) -> None:
        if text:
            self._clip = text
            self.app.copy_to_clipboard(text)

    # ---- painting

    def settle(self) -> None:
        """After an edit or a move: lay out, scroll, and paint what differs."""
        if self.keep_keys is not None and self.buffer.version != self._version:
            self.keep_keys()
        touched = self._layout.update()
        before, anchor = self._shown
        here = (self.buffer.cursor, self.buffer.anchor)
        scrolled = self._follow()
        if scrolled or self.buffer.blank or before[0] >= len(self.buffer.lines):
            self.refresh()
        else:
            rows = [self._layout.y_of(self.buffer.cursor), self._layout.y_of(self.buffer.snapped(before))]
            if anchor is not None or self.buffer.anchor is not None:
                ends = [place for place in (anchor, self.buffer.anchor) if place is not None]
                rows.extend(self._layout.y_of(self.buffer.snapped(place)) for place in ends)
                rows = list(range(min(rows), max(rows) + 1))
            self._paint(rows, touched)
        self._shown = here
        self._place_terminal_cursor()
        if self.buffer.version != self._version:
            self._version = self.buffer.version
            self.post_message(self.Edited())

    def _paint(self, rows: list[int], touched: tuple[int, int | None] | None) -> None:
        width, height = self.content_size
        low, high = self._top, self._top + height - 1
        wanted = {row for row in rows if low <= row <= high}
        if touched is not None:
            first, last = touched
            wanted.update(range(max(low, first), min(high, high if last is None else last) + 1))
        if wanted:
            self.refresh(*(Region(0, row - low, width, 1) for row in wanted))

    def mark_misspelt(self, words: frozenset[str]) -> None:
        """Underline these words; only rows that have one of those that changed are painted."""
        changed, self.misspelt = self.misspelt ^ words, words
        shown = ((y, self._layout.row(y)) for y in range(self._top, self._top + self.content_size.height))
        self._paint([y for y, row in shown if row is not None and self._has_word(row, changed)], None)

    def _has_word(self, row: Row, words: frozenset[str]) -> bool:
        line = self.buffer.lines[row.line]
        return any(one[0] in words for one in spelling.WORD.finditer(line, max(0, row.start - _NEAR), row.end + _NEAR))

    def _follow(self) -> bool:
        """Scroll so that the cursor is in sight; says whether it did."""
        height = max(1, self.content_size.height)
        y = self._layout.y_of(self.buffer.cursor)
        top = min(self._top, max(0, self._layout.height - height))
        if y < top:
            top = y
        elif y >= top + height:
            top = y - height + 1
        changed = top != self._top
        self._top = top
        return changed

    def _place_terminal_cursor(self) -> None:
        if self.has_focus:
            x, y = self.cursor_offset
            region = self.content_region
            self.app.cursor_position = Offset(region.x + x, region.y + y)

    @property
    def cursor_offset(self) -> Offset:
        """Where the cursor is, in cells from the top left of the content."""
        return Offset(
            min(self._layout.x_of(self.buffer.cursor), self._text_width),
            self._layout.y_of(self.buffer.cursor) - self._top,
        )

    def render_line(self, y: int) -> Strip:
        """One row of the widget."""
        width = self.content_size.width
        look = self.look
        base = look.style("text", self.ground)
        row = self._layout.row(y + self._top)
        if row is None:
            return Strip.blank(width, base)
        if self.placeholder and self.buffer.blank and len(self.buffer.lines) == 1 and not self.buffer.lines[0]:
            return self._placeholder_row(width, look)
        segments = self._segments(row, look, base)
        if row.last and self._mark(row, look) is not None:
            segments.append(Segment(" ", self._mark(row, look)))
        strip = Strip(segments).adjust_cell_length(width, base)
        return self._with_thumb(strip, y, width, look)

    def _placeholder_row(self, width: int, look: Look) -> Strip:
        style = look.style("muted+italic", self.ground)
        first = look.style("muted", self.ground) + Style(reverse=self.has_focus)
        text = self.placeholder
        return Strip([Segment(text[:1], first), Segment(text[1:], style)]).adjust_cell_length(width, style)

    def _with_thumb(self, strip: Strip, y: int, width: int, look: Look) -> Strip:
        """A mark at the right edge that says how far down the text one is, where it is longer than the window."""
        height, total = self.content_size.height, self._layout.height
        if total <= height or width < 4:
            return strip
        first = self._top * height // total
        size = max(1, height * height // total)
        if not first <= y < first + size or strip.cell_length < width:
            return strip
        if self.cursor_offset.x >= width - 1 and self.cursor_offset.y == y:
            return strip
        return Strip([*strip.crop(0, width - 1), Segment("▐", look.style("faint", self.ground))], width)

    def _mark(self, row: Row, look: Look) -> Style | None:
        """Style of the cell behind a line's end: the cursor, a selected line feed, or none."""
        place = (row.line, row.end)
        if self.has_focus and self.buffer.cursor == place:
            return look.style("text", self.ground) + Style(reverse=True)
        chosen = self.buffer.selection
        if chosen and chosen[0] <= place < chosen[1]:
            return look.style("text", "cursor")
        return None

    def _segments(self, row: Row, look: Look, base: Style) -> list[Segment]:
        line = self.buffer.lines[row.line]
        marks = self._styles_of(row, line, look)
        if not marks:
            return [Segment(_shown(line[row.start : row.end]), base)]
        cuts = sorted({row.start, row.end, *(place for start, end, _ in marks for place in (start, end))})
        segments = []
        for start, end in pairwise(cuts):
            style = base
            for low, high, over in marks:
                if low <= start and end <= high:
                    style += over
            segments.append(Segment(_shown(line[start:end]), style))
        return segments

    def _styles_of(self, row: Row, line: str, look: Look) -> list[tuple[int, int, Style]]:
        """Pieces of a row that do not look plain, clipped to the row; later ones are painted over earlier ones."""
        number, low, high = row.line, row.start, row.end
        found: list[tuple[int, int, Style]] = []

        def add(start: int, end: int, style: Style) -> None:
            start, end = max(start, low), min(end, high)
            if start < end:
                found.append((start, end, style))

        def add_span(start: Position, end: Position, style: Style) -> None:
            if start[0] <= number <= end[0]:
                add(start[1] if start[0] == number else 0, end[1] if end[0] == number else len(line), style)

        for span in self.buffer.spans:
            add_span(span.start, span.end, look.style("muted", self.ground))
        if self.misspelt:
            for one in spelling.WORD.finditer(line, max(0, low - _NEAR), high + _NEAR):
                if one[0] in self.misspelt:
                    add(one.start(), one.end(), look.style("late+underline", self.ground))
        for start, end in self.find_gaps(line):
            add(start, end, look.style("soon+bold+underline", self.ground))
        chosen = self.buffer.selection
        if chosen:
            add_span(*chosen, Style(bgcolor=look.style("text", "cursor").bgcolor, reverse=look.reverse or None))
        cursor = self.buffer.cursor
        if cursor[0] == number and self.has_focus and low <= cursor[1] < high:
            add(cursor[1], wrapping.after(line, cursor[1]), Style(reverse=True))
        return found

    # ---- the rest

    def on_focus(self) -> None:
        """Show the cursor."""
        self._place_terminal_cursor()
        self.refresh()

    def on_blur(self) -> None:
        """Hide it."""
        self.refresh()

    def on_resize(self) -> None:
        """Lay the text out for the new width."""
        if self._text_width != self._layout.width:
            self._layout.rebuild(self._text_width)
        self._follow()
        self.call_after_refresh(self._place_terminal_cursor)
        self.refresh()

    def _on_mouse_down(self, event: events.MouseDown) -> None:  # type: ignore[override]
        self._pointed(event, select=event.shift)
        self.capture_mouse()
        event.stop()

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        if event.button and self.app.mouse_captured is self:
            self._pointed(event, select=True)

    def _on_mouse_up(self, event: events.MouseUp) -> None:  # type: ignore[override]
        self.release_mouse()
        event.stop()

    def _pointed(self, event: events.MouseEvent, *, select: bool) -> None:
        offset = event.get_content_offset_capture(self)
        self._goal = None
        self.buffer.move_to(self._layout.place_at(self._top + offset.y, offset.x), select=select)
        self.settle()

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(3, event)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(-3, event)

    def _wheel(self, rows: int, event: events.MouseEvent) -> None:
        event.stop()
        bottom = max(0, self._layout.height - self.content_size.height)
        self._top = max(0, min(bottom, self._top + rows))
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the text has."""
        return max(1, self._layout.height)


def _shown(text: str) -> str:
    """Text as cells: a tab becomes the spaces it stands for."""
    return text.replace("\t", " " * wrapping.TAB) if "\t" in text else text


def _writes(character: str) -> bool:
    """Whether a key's character is text: joiners are, though Python does not call them printable."""
    return character.isprintable() or character in _JOINERS or unicodedata.category(character)[0] == "M"
