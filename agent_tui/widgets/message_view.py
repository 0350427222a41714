"""A whole case in one scroll view. Only messages near the screen are laid out; the others have a guessed height."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import tzinfo
from itertools import accumulate

from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from agent_tui.domain.model import Case, Direction, Message, MessageState
from agent_tui.widgets.lines import PaintedOnce, strip_of
from agent_tui.widgets.message_blocks import Line, Spans, View, estimate, is_translation, lay_out
from agent_tui.widgets.theme import Look

_FRESH = (MessageState.HELD, MessageState.QUEUED, MessageState.SENDING)


class _Block:
    """One message of the view: its lines once they are laid out, till then a guess."""

    __slots__ = ("height", "lines", "message", "portions", "strips")

    def __init__(self, message: Message) -> None:
        self.message = message
        self.height = 0
        self.lines: list[Line] | None = None
        self.strips: dict[tuple[int, bool], Strip] = {}
        self.portions = 1


class MessageView(PaintedOnce, ScrollView, can_focus=False, inherit_bindings=False):
    """The messages of a case, oldest first, undelivered replies and notes among them.

    Args:
        look: colours.
        now: milliseconds.
        zone: for times.
        spans: finds quotes and signatures in a text.
        load: gives a message with its text, where the thread came without.
    """

    DEFAULT_CSS = "MessageView { overflow: hidden hidden; height: 1fr; }"

    def __init__(
        self, look: Look, now: Callable[[], int], zone: tzinfo, spans: Spans, load: Callable[[int], Message | None],
    ) -> None:  # fmt: skip
        super().__init__(id="messages")
        self.look = look
        self.now = now
        self.zone = zone
        self.spans = spans
        self.load = load
        self.case: Case | None = None
        self.current = 0
        self.folded = True
        self.headers = False
        self.active = False
        self.empty = ""
        self.held: Mapping[int, int] = {}
        self.scrolled: Callable[[], None] = lambda: None
        self._blocks: list[_Block] = []
        self._tops: list[int] = [0]
        self._filler: Style = look.style("text")
        self._view: View | None = None

    # what is shown

    def show(self, case: Case | None, messages: tuple[Message, ...], held: Mapping[int, int] | None = None) -> None:
        """Show a case. One that is shown already keeps its place; another starts at what is unread.

        Args:
            messages: oldest first.
            held: operation id to the milliseconds until which it is held.
        """
        same = case is not None and self.case is not None and case.id == self.case.id
        self.case = case
        self.held = held or {}
        if same:
            self._take(messages)
        else:
            self._blocks = [_Block(message) for message in messages]
            self._view = None
            self.current = self._first_to_read()
        self._lay_out(keep=same)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is shown, oldest first."""
        return tuple(block.message for block in self._blocks)

    @property
    def message(self) -> Message | None:
        """The message that verbs mean."""
        return self._blocks[self.current].message if self._blocks else None

    @property
    def below(self) -> int:
        """How many messages begin below the screen."""
        end = self.scroll_offset.y + self.size.height
        return len(self._blocks) - bisect_right(self._tops, end - 1, 0, len(self._blocks))

    @property
    def at_end(self) -> bool:
        """Whether the last line is on the screen."""
        return self.scroll_offset.y + self.size.height >= self._tops[-1]

    def set_look(self, look: Look) -> None:
        """Change colours."""
        self.look = look
        self._filler = look.style("text")
        self._view = None  # the terminal may have told how wide it draws text as well
        self._lay_out(keep=True)

    def toggle(self, *, folded: bool | None = None, headers: bool | None = None) -> None:
        """Fold or show quotes; show or hide headers. The message at hand stays where it is."""
        self.folded = self.folded if folded is None else folded
        self.headers = self.headers if headers is None else headers
        self._view = None
        self._lay_out(keep=True)

    def tick(self) -> None:
        """A second has passed: states that count down are painted again."""
        for block in self._blocks:
            if block.message.state in _FRESH and block.lines is not None and self._view is not None:
                self._fill(block)
                self.refresh()

    # moving

    def scroll_by(self, lines: int) -> bool:
        """Scroll; whether anything moved."""
        self._catch_up()
        moved = self._jump(self.scroll_offset.y + lines)
        if moved:
            self.current = self._at(self.scroll_offset.y + min(1, self.size.height - 1))
            if self.at_end and lines > 0:
                self.current = max(self.current, self._at(self._tops[-1] - self.size.height // 2))
            self.scrolled()
        return moved

    def page(self, by: int) -> bool:
        """Scroll by screens, two lines kept in sight; at the end of a very long text, show more of it."""
        moved = self.scroll_by(by * max(1, self.size.height - 2))
        if not moved and by > 0 and self._more():
            return self.scroll_by(by * max(1, self.size.height - 2))
        return moved

    def step(self, by: int) -> bool:
        """Go to the next or previous message; whether there is one."""
        return self.go(self.current + by)

    def go(self, index: int) -> bool:
        """Go to a message, its header on the top line where there is enough below it."""
        if not 0 <= index < len(self._blocks) or index == self.current:
            return False
        self.current = index
        self._ensure(index)
        self._jump(self._tops[index])
        self.refresh()
        self.scrolled()
        return True

    def to_end(self) -> None:
        """To the last line."""
        if self._blocks:
            self.current = len(self._blocks) - 1
            self._ensure(self.current)
            self._jump(self._tops[-1])
            self.refresh()
            self.scrolled()

    def to_translation(self, message: int) -> None:
        """Have the translation of a message on the screen, from its title on."""
        index = next((at for at, block in enumerate(self._blocks) if block.message.id == message), None)
        if index is None:
            return
        self.current = index
        self._ensure(index)
        lines = self._blocks[index].lines or []
        title = next((at for at, line in enumerate(lines) if is_translation(line)), 0)
        first, after = self._tops[index] + title, self._tops[index + 1]
        if first < self.scroll_offset.y or after > self.scroll_offset.y + self.size.height:
            self._jump(min(first, max(self._tops[index], after - self.size.height)))
        self.refresh()
        self.scrolled()

    # painting

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        if not self._blocks:
            if y == max(1, self.size.height // 3) and self.empty:
                return strip_of([(self.empty.center(width), "muted")], width, self.look)
            return Strip.blank(width, self._filler)
        line = y + self.scroll_offset.y
        if line >= self._tops[-1]:
            return Strip.blank(width, self._filler)
        index = self._at(line)
        block = self._blocks[index]
        if block.lines is None and self._view is not None and self._fill(block):
            # Painted before it was laid out, as happens once while the screen takes another size.
            self.call_later(self._lay_out_again)
        offset = line - self._tops[index]
        lines = block.lines or []
        if offset >= len(lines):
            return Strip.blank(width, self._filler)
        marked = offset == 0 and index == self.current and self.active
        strip = block.strips.get((offset, marked))
        if strip is None:
            one = lines[offset]
            pieces = list(one.pieces)
            if marked and pieces[0][0][0] == " ":
                pieces[0] = ("▌" + pieces[0][0][1:], "accent+bold")
            ground = "bar" if offset == 0 and one.ground == "page" else one.ground
            strip = block.strips[offset, marked] = strip_of(pieces, width, self.look, ground, one.right)
        return strip

    def on_resize(self) -> None:
        """Lines are made for a width."""
        if self._view is None or self._view.width != self.size.width:
            self._view = None
            self._lay_out(keep=True)
        else:
            self._jump(self.scroll_offset.y)
        self.scrolled()  # more or less of it lies below now

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_by(3)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_by(-3)

    # laying out

    def _take(self, messages: tuple[Message, ...]) -> None:
        at = self.message.id if self.message else None
        before = {block.message.id: block for block in self._blocks}
        was_last = self.current == len(self._blocks) - 1 and self.at_end
        blocks = []
        for message in messages:
            block = before.get(message.id)
            if block is None or block.message != message:
                kept = block
                block = _Block(message)
                if kept is not None and not message.text and kept.message.text:
                    block.message = replace(message, text=kept.message.text, fresh_text=kept.message.fresh_text)
                if self._view is not None:
                    block.height = estimate(block.message, self._view)
            blocks.append(block)
        self._blocks = blocks
        ids = [block.message.id for block in blocks]
        self.current = ids.index(at) if at in ids else max(0, len(ids) - 1)
        if was_last and blocks and blocks[-1].message.direction is Direction.OUT:
            self.current = len(blocks) - 1

    def _first_to_read(self) -> int:
        for index, block in enumerate(self._blocks):
            if block.message.unread and block.message.direction is Direction.IN:
                return index
        return max(0, len(self._blocks) - 1)

    def _lay_out(self, *, keep: bool) -> None:
        width = self.size.width
        if not width:  # not on the screen yet: laid out when it is
            self._tops = [0] * (len(self._blocks) + 1)
            return
        offset = self.scroll_offset.y - self._tops[min(self.current, len(self._tops) - 1)] if keep else 0
        if self._view is None:
            self._view = View(width, self.folded, self.headers, self.now(), self.zone)
            for block in self._blocks:
                block.lines, block.height = None, estimate(block.message, self._view)
                block.strips.clear()
        self._sum()
        if self._blocks:
            self._ensure(self.current)
        self._jump(self._tops[min(self.current, len(self._tops) - 1)] + offset)
        self.refresh()

    def _catch_up(self) -> None:
        """A key may come after there is room and before that was told."""
        if self._view is None:
            self._lay_out(keep=True)

    def _lay_out_again(self) -> None:
        self._lay_out(keep=True)
        self.scrolled()

    def _sum(self) -> None:
        self._tops = list(accumulate((block.height for block in self._blocks), initial=0))
        self.set_reactive(Widget.virtual_size, Size(self.size.width, self._tops[-1]))

    def _fill(self, block: _Block) -> bool:
        """Lay a message out; whether its height was guessed wrong."""
        assert self._view is not None
        message = block.message
        if not message.text and message.size and message.complete:
            message = block.message = self.load(message.id) or replace(message, complete=False)
        view = replace(self._view, now=self.now())
        held = self.held.get(message.operation) if message.operation is not None else None
        block.lines = lay_out(message, view, self.spans, portions=block.portions, held_until=held)
        block.strips.clear()
        before, block.height = block.height, len(block.lines)
        return before != block.height

    def _ensure(self, index: int) -> None:
        """Lay out what will be seen when this message is at the top, or at the bottom where it is the last."""
        if self._view is None:  # hidden: laid out when it is shown
            return
        height = max(1, self.size.height)
        changed, room = False, height
        for block in self._blocks[index:]:
            if block.lines is None:
                changed |= self._fill(block)
            room -= block.height
            if room <= 0:
                break
        at = index
        while room > 0 and at > 0:
            at -= 1
            if self._blocks[at].lines is None:
                changed |= self._fill(self._blocks[at])
            room -= self._blocks[at].height
        if changed:
            self._sum()

    def _at(self, line: int) -> int:
        """The message on a line."""
        return max(0, min(len(self._blocks), bisect_right(self._tops, line)) - 1)

    def _jump(self, y: int) -> bool:
        """Put a line at the top of the screen, with everything laid out that will be seen there."""
        height = self.size.height
        if not self._blocks or not height or self._view is None:
            return False
        top = self.scroll_offset.y
        y = max(0, min(y, self._tops[-1] - height))
        for _ in range(8):
            index = self._at(y)
            offset = y - self._tops[index]
            block = self._blocks[index]
            wrong = False
            if block.lines is None:
                below = block.height - offset
                wrong = self._fill(block)
                if y < top:  # scrolling up into it: the distance to its end is what must stay
                    offset = max(0, block.height - below)
            bottom = self._tops[index] + offset + height
            for after in range(index + 1, len(self._blocks)):
                if self._tops[after] >= bottom:
                    break
                if self._blocks[after].lines is None:
                    wrong |= self._fill(self._blocks[after])
            if not wrong:
                break
            self._sum()
            y = max(0, min(self._tops[index] + offset, self._tops[-1] - height))
        if y == top:
            return False
        self.set_reactive(Widget.scroll_y, float(y))
        self.set_reactive(Widget.scroll_target_y, float(y))
        self.refresh()
        return True

    def _more(self) -> bool:
        for block in self._blocks[-1:]:
            if self._view is not None and len(block.message.text) > block.portions * 60_000:
                block.portions += 1
                self._fill(block)
                self._sum()
                return True
        return False
