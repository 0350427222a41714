"""The inbox: views, list and reading pane on one screen, so that opening a case moves nothing but the eye.

Below 120 columns or 30 lines list and case take turns; from there on the case is shown below the list, from 180
columns beside it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset

from agent_tui.domain import chats, clocks
from agent_tui.domain.commands import CASE, INBOX, POLICY
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Case, Message
from agent_tui.domain.quotes import quoted_spans
from agent_tui.screens import preparing
from agent_tui.screens.alike import AlikeVerbs
from agent_tui.screens.base import Bench
from agent_tui.screens.chats import ChatVerbs
from agent_tui.screens.community import CommunityVerbs
from agent_tui.screens.sources import SourceVerbs
from agent_tui.screens.standing import standing
from agent_tui.screens.translating import ReadTranslated
from agent_tui.screens.views import ViewVerbs
from agent_tui.screens.writing import write
from agent_tui.widgets import arrangement, words
from agent_tui.widgets.case_head import CaseFoot, CaseHead
from agent_tui.widgets.inbox_list import InboxList
from agent_tui.widgets.lines import Pane
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.policy_pane import PolicyPane
from agent_tui.widgets.theme import Look
from agent_tui.widgets.views_pane import ViewsPane

PREVIEW_AFTER = 0.034  # a key that is held down comes again after 30 to 33 ms on most systems
"""Seconds after the last key of a run until the reading pane follows."""
PREVIEW_AFTER_FAR = 0.15
"""The same over ssh, where keys of one run come unevenly, and what is sent for a case that is passed by holds up the next."""



class InboxScreen(SourceVerbs, CommunityVerbs, ViewVerbs, ReadTranslated, AlikeVerbs, ChatVerbs):
    """Views, list, case.

    Args:
        bench: desk, keys, colours.
    """

    SCOPE = INBOX
    DEFAULT_CSS = f"""
    InboxScreen {{ layout: vertical; }}
    InboxScreen #body {{ layout: horizontal; height: 1fr; }}
    InboxScreen #work {{ layout: vertical; width: 1fr; height: 1fr; }}
    InboxScreen #pane {{ layout: vertical; height: 1fr; width: 1fr; }}
    InboxScreen #case-foot {{ height: 1; }}
    InboxScreen.beside #work {{ layout: horizontal; }}
    InboxScreen.beside #list {{ width: {arrangement.BESIDE_PERCENT}%; height: 1fr; }}
    InboxScreen.beside #pane {{ width: {100 - arrangement.BESIDE_PERCENT}%; padding-left: 1; }}
    InboxScreen.below #list {{ height: {arrangement.BELOW_PERCENT}%; }}
    InboxScreen.wide #views-line {{ display: none; }}
    InboxScreen.narrow #views-column {{ display: none; }}
    """

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        look = bench.look
        self.views_column = ViewsPane(look, column=True)
        self.views_line = ViewsPane(look, column=False)
        self.list = InboxList(look, self.desk.now, self.left)
        self.reader = MessageView(look, self.desk.now, bench.zone, quoted_spans, self.desk.message)
        self.head = CaseHead(look, bench.zone)
        self.foot = CaseFoot(look, self.reader)
        self.foot.merge_key = (bench.keymap.keys_of("merge") or ("",))[0]
        self.pane = Pane(id="pane")
        self.work = Pane(id="work")
        self.policy = PolicyPane(look)
        self.strip = self.make_strip()
        self.view = "inbox"
        self.filter = ""
        self.reading = False
        self._layout = ""
        self._begun = False
        self._follow: asyncio.TimerHandle | None = None
        self._minute = self.desk.now() // 60_000
        self._hours = {one.name: one.hours for one in self.desk.workspace.sources}
        self._outbox_waits = 0
        self._rest = PREVIEW_AFTER_FAR if os.environ.keys() & {"SSH_CONNECTION", "SSH_TTY"} else PREVIEW_AFTER

    def compose(self) -> ComposeResult:
        """Views, list, case, status."""
        size = self.app.size  # classes that come later match every rule of every widget anew
        held = _classes(size.width, size.height, linear=self.linear)
        self.add_class(*(name for name, holds in held.items() if holds), update=False)
        self._arrange()  # before the first layout: what is shown or hidden after it has everything painted again
        yield self.views_line
        with Pane(id="body"):
            yield self.views_column
            with self.work:
                yield self.list
                with self.pane:
                    yield self.head
                    yield self.reader
                    yield self.foot
            yield self.policy
        yield self.strip
        yield self.status

    def on_mount(self) -> None:
        """Show the inbox."""
        self.name_views()
        self.list.moved = self._moved
        self.list.opened = self.do_open
        self.reader.scrolled = self.foot.repaint
        self.reader.empty = "No case is open."
        self._hints()
        self.go_view("inbox")
        self.recount()
        self.look_at_chats()
        self.set_timer(preparing.BEGINS_AFTER, lambda: preparing.prepare_canned(self))

    # where we are

    @property
    def scope(self) -> str:
        """The list's keys, the reader's, or the policy pane's."""
        return POLICY if self.policy.active else CASE if self.reading else INBOX

    def targets(self) -> tuple[int, ...]:
        """The selection, else the case under the cursor; while reading, the case that is read."""
        if self.list.selected and not self.reading:
            return tuple(self.list.selected)
        return (self.list.cursor_id,) if self.list.cursor_id is not None else ()

    def focused_case(self) -> Case | None:
        """The case under the cursor."""
        return self.list.case()

    def cases_shown(self) -> Iterable[Case]:
        """The cases on the screen."""
        window = self.list.window
        if window is None:
            return []
        top = self.list.scroll_offset.y
        found = []
        for index in range(top, min(len(window), top + max(1, self.list.size.height))):
            try:
                found.append(window.row(index))
            except IndexError:
                break
        return found

    def left(self, case: Case, now: int) -> int | None:
        """Working milliseconds left on the promise of a case."""
        if case.due_at is None:
            return None
        hours = self._hours.get(case.source) or self.desk.workspace.hours
        return clocks.left(case.due_at, now, hours)

    def caret(self) -> Offset:
        """The line of the case under the cursor, or the top of what is read."""
        if self.policy.active:
            return self.policy.region.offset
        if self.reading:
            return self.reader.region.offset
        return self.list.region.offset + Offset(0, self.list.cursor - self.list.scroll_offset.y)

    # chats

    def case_at_hand(self) -> int | None:
        """The case that is being read."""
        return self.list.cursor_id if self.reading else None

    def go_to_chat(self, case_id: int) -> None:
        """Answer there."""
        write(self, "reply", case_id)

    def _past_held_back(self) -> str:
        """Go past chats that nobody has taken while the agent holds enough; says that it did."""
        passed = 0
        while (case := self.list.case()) is not None and chats.held_back(case, self.strip.standing, self.desk.workspace.chat):
            if not self.list.move(1):
                break
            passed += 1
        limit = self.desk.workspace.chat.limit
        return f"; passed over {words.count(passed, 'new chat')}: {limit} at once are enough" if passed else ""

    # views

    def _show_window(self, case_id: int | None = None) -> None:
        window = self.desk.window(self.view, self.filter)
        self.list.chosen = self.chosen_columns()
        self.list.show(window, case_id=case_id, empty=self.nothing())
        self._titles()
        self._moved()

    def _titles(self) -> None:
        window = self.list.window
        total = len(window) if window is not None else 0
        right: list[tuple[str, str]] = []
        if self.filter:
            right.append((f"filter {self.filter}  ", "soon"))
        if self.list.selected:
            right.append((f"{words.count(len(self.list.selected), 'case')} selected  ", "accent+bold"))
        more = "+" if window is not None and window.more else ""
        right.append((f"{self.list.cursor + 1 if total else 0} of {total:,}{more} ", "muted"))
        self.views_line.right = right
        for pane in (self.views_column, self.views_line):
            pane.current = self.view
            if pane.display:
                pane.repaint()
        self.show_how_it_stands()
        self.count_soon()

    def recount(self) -> None:
        """Count every view again."""
        counts = self.desk.counts()
        self._outbox_waits = counts.get("outbox", 0)
        self.views_column.counts = self.views_line.counts = {**counts, **self._saved_counts}
        self.count_saved_soon()
        self._titles()

    # what is open

    def _moved(self) -> None:
        self._titles()
        if self._begun and self._layout in {"below", "beside"} and not self.reading:
            if self._follow is not None:
                self._follow.cancel()
            self._follow = asyncio.get_running_loop().call_later(self._rest, self._preview)

    def begin(self) -> None:
        """The list has been painted for the first time: now the reading pane."""
        self._begun = True
        if self._layout in {"below", "beside"} and not self.reading:
            self._show_case()

    def _preview(self) -> None:
        self._follow = None
        if self.is_attached:
            self._show_case()

    def _show_case(self) -> None:
        """Show the case under the cursor in the pane."""
        case = self.list.case()
        if case is None:
            self.reader.show(None, ())
        else:
            try:
                thread = self.desk.thread(case.id)
            except UsageError:  # gone since the list was read; the next look at the store drops it
                return
            self.reader.show(thread.case, thread.messages, self.desk.held(case.id))
            self.foot.same = self.desk.perhaps_same(thread)
            from agent_tui.domain.wishes import reads_like_idea

            keys = self.bench.keymap.keys_of("idea")
            self.foot.idea_key = keys[0] if keys and reads_like_idea(thread.case, thread.messages) else ""
            self.want_texts(thread.messages)
        self._show_head(case)
        self.follow_policies()

    def _show_head(self, case: Case | None) -> None:
        now = self.desk.now()
        self.head.case, self.head.now = case, now
        self.head.left = self.left(case, now) if case is not None else None
        self.head.active = self.reader.active = self.reading
        self.head.repaint()
        self.foot.repaint()

    def policy_subject(self) -> tuple[Case | None, Sequence[Message], str]:
        """The case that is shown."""
        return self.reader.case, self.reader.messages, ""

    def policy_hints(self) -> None:
        """Say what can be done where the keys are now."""
        self._hints()

    def arrange_again(self) -> None:
        """Show or hide the policy pane."""
        self._arrange()

    def _hints(self) -> None:
        if self.policy.active:
            self.hint("open", "policy.search", "policy.pin", "policy.copy", "back", "help")
        elif self.reading:
            self.hint("page.next", "back", "case.next", "reply", "note", "done", "snooze", "undo", "help")
        else:
            self.hint("open", "reply", "done", "snooze", "undo", "search", "filter", "quit", "help")

    def ensure_shown(self) -> None:
        """Make the pane show the case under the cursor now."""
        case = self.list.case()
        if case is not None and (self.reader.case is None or self.reader.case.id != case.id):
            self._show_case()

    def _open(self) -> None:
        if self._follow is not None:
            self._follow.cancel()
            self._follow = None
        if not self.reading:
            self.reading = True
            self.list.active = False
            self._hints()
            self._arrange()
        self._show_case()
        self.reader.refresh()
        self.call_after_refresh(self._mark_read)

    def _mark_read(self) -> None:
        """What has been opened, and only up to what was on the screen, is read."""
        case = self.list.case()
        if self.reading and case is not None and case.unread and self.reader.messages and not self.desk.read_only:
            newest = max(one.id for one in self.reader.messages)
            self.desk.mark_read((case.id,), True, upto=newest, quiet=True)
            self._refresh_window()

    def _close(self) -> None:
        if self.reading:
            self.reading = False
            self.list.active = True
            self._hints()
            self._arrange()
            self._show_head(self.list.case() if self._layout != "alone" else None)
            self.reader.refresh()
            self.list.refresh()

    def settled(self, ids: tuple[int, ...], *, onward: bool) -> None:
        """After a verb: the list as it is now, and on to the next case where the verb leads there."""
        before = self.list.cursor_id
        self.list.selected.clear()
        self._refresh_window()
        back = self.list.find(ids[0]) if len(ids) == 1 and before not in ids and not self.reading else None
        if back is not None:
            self.list.go(back)
        elif onward and self.list.cursor_id == before:
            self.list.move(1)
        self._passed = self._past_held_back() if onward else ""
        self._recount_soon = True
        if self.reading:
            if self.list.case() is None:
                self._close()
            elif self.list.cursor_id != before:
                self._open()
            else:
                self._show_case()
        elif self._layout != "alone":
            self._moved()
        self._titles()

    _recount_soon = False
    _passed = ""

    def say(self, words: str, role: str = "text") -> None:  # noqa: D102 - inherited
        passed, self._passed = self._passed, ""
        super().say(f"{words}{passed}" if words else words, role)

    def _refresh_window(self) -> None:
        if self.list.window is not None:
            self.list.window.refresh()
            self.list.update()

    # layout

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the size."""
        del event
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.app.size
        linear = self.linear
        layout = arrangement.layout(width, height, linear=linear)
        over = self.arrange_policy(width)
        reading = self.reading and layout != "beside"
        self.list.named = width >= arrangement.NAMED_FROM and not linear
        self.list.linear = linear
        was = self._layout
        self._layout = layout
        for name, held in _classes(width, height, linear=linear).items():
            if self.has_class(name) != held:
                self.set_class(held, name)
        # Not by a class: matching every rule anew would cost more than all the rest of opening a case.
        for widget, shown in ((self.work, not over), (self.list, not reading), (self.pane, reading or layout != "alone")):
            if widget.display != shown:
                widget.display = shown
        if layout != was:
            self.show_how_it_stands()
        if self._begun and layout not in {was, "alone"} and not self.reading and self.list.window is not None:
            self._moved()

    def set_look(self, look: Look) -> None:
        """Change colours everywhere."""
        super().set_look(look)
        for pane in (self.views_column, self.views_line, self.head, self.foot, self.strip):
            pane.set_look(look)
        self.policy.set_look(look)
        self.list.set_look(look)
        self.reader.set_look(look)

    # by itself

    def changed(self, what: frozenset[str]) -> None:
        """The store has changed: paint what is different."""
        del what
        self._recount_soon = False
        window = self.list.window
        if window is not None:
            window.refresh()
            self.list.empty = self.nothing()  # what is true of an empty list changes with what is fetched
            self.list.update()
        self.recount()
        self.look_at_chats()
        self.look_for_wanted()
        if self.reading or self._layout != "alone":  # also where nothing was open: the first case may just have come
            self._show_case()

    def on_screen_resume(self) -> None:
        """Back from another screen: what was written or done there shows."""
        self.show_lesson()
        if self._begun and self.list.window is not None:
            self.changed(frozenset({"desk"}))

    def second(self) -> None:
        """Clocks."""
        self.drill_second()
        self.show_how_it_stands()
        self.strip.repaint()
        self.bring_up_idle()
        self.reader.tick()
        self.look_for_wanted()
        self.watch_policies()
        if self._recount_soon:
            self._recount_soon = False
            self.recount()
        minute = self.desk.now() // 60_000
        if minute != self._minute:
            self._minute = minute
            self.list.repaint()
            if self.head.case is not None:
                self._show_head(self.list.case())

    def show_how_it_stands(self) -> None:
        """The same, with what is on the way, and on wide screens where we are."""
        text, role = standing(self.desk, self._outbox_waits)
        if self.has_class("wide"):
            text = f"{''.join(piece for piece, _ in self.views_line.right).strip()}   {text}"
        self.show_standing((text, role))

    # other screens

    def do_search(self, argument: str = "") -> None:
        """Every message of every case."""
        from agent_tui.screens.search import SearchScreen

        self.app.push_screen(SearchScreen(self.bench, argument), self._go_to)

    def do_view_outbox(self, argument: str = "") -> None:
        """What has not arrived yet."""
        del argument
        from agent_tui.screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.bench), self._go_to)

    def _go_to(self, found: tuple[int, int] | None) -> None:
        """Open a case at a message, as another screen asked for."""
        self._refresh_window()
        self.recount()
        if found is None:
            return
        case_id, message_id = found
        self.do_open(case_code(case_id))
        places = [place for place, one in enumerate(self.reader.messages) if one.id == message_id]
        if places:
            self.reader.go(places[0])

    def answered_message(self) -> int | None:
        """The message that reply and forward mean: the one at hand while reading, else the customer's newest."""
        message = self.reader.message if self.reading else None
        return message.id if message is not None and message.id > 0 else None


def _classes(width: int, height: int, *, linear: bool) -> dict[str, bool]:
    """Which of the screen's classes hold at a size."""
    layout = arrangement.layout(width, height, linear=linear)
    wide = width >= arrangement.NAMED_FROM and not linear
    return {**{name: name == layout for name in ("alone", "below", "beside")}, "wide": wide, "narrow": not wide}


InboxScreen.HANDLERS = frozenset(_name for _name in dir(InboxScreen) if _name.startswith("do_"))
