"""Moving through list and case, selecting, filtering: one key, the right one of the two panes."""

from __future__ import annotations

import asyncio
import time

from agent_tui.domain.commands.triage import suggestions
from agent_tui.screens.case import CaseVerbs
from agent_tui.widgets import words
from agent_tui.widgets.inbox_list import InboxList
from agent_tui.widgets.prompt import Prompt

COUNT_AFTER = 0.5
"""Seconds without a key or a change until a narrowed list is counted to its end."""
FIRST_WITHIN = 0.5
"""Seconds at most that keys wait for the first case after a filter was confirmed."""
COUNT_EVERY = 8
"""Slices that are counted until the number is painted again."""


class MoveVerbs(CaseVerbs):
    """What moves the cursor or the text. The screen says which pane is meant and shows the result."""

    list: InboxList
    view: str
    filter: str
    reading: bool
    _counting: asyncio.TimerHandle | None = None

    def go_view(self, view: str) -> None:
        """Show a view from its top."""

    def _show_window(self, case_id: int | None = None) -> None:
        """Show the view with its filter."""

    def _open(self) -> None:
        """Read the case under the cursor."""

    def _close(self) -> None:
        """Back to the list."""

    def _moved(self) -> None:
        """The cursor is on another case."""

    def _titles(self) -> None:
        """Say again where we are."""

    # counting a narrowed list

    def count_soon(self) -> None:
        """Count on when nothing happens for a while; at once where the screen is not full yet."""
        window = self.list.window
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None
        if window is not None and window.counting:
            full = len(window) >= self.list.scroll_offset.y + self.list.size.height
            self._counting = asyncio.get_running_loop().call_later(COUNT_AFTER if full else 0, self._count_on, 1)

    def _find_first(self) -> None:
        """Look for the first case of a narrowed list before the next key is taken: it is meant for that."""
        window, until = self.list.window, time.monotonic() + FIRST_WITHIN
        while window is not None and window.counting and not len(window) and time.monotonic() < until:
            self.list.count_on()
        self._titles()

    def _count_on(self, slices: int) -> None:
        """Count one slice, and the next one when the keys that came meanwhile have been seen to."""
        self._counting = None
        window = self.list.window
        if window is None or not self.is_attached:
            return
        nothing = not len(window)
        self.list.count_on()
        if nothing and len(window):
            self._moved()
        elif slices % COUNT_EVERY == 0 or not window.counting:
            self._titles()
        if window.counting:
            if self._counting is not None:
                self._counting.cancel()
            self._counting = asyncio.get_running_loop().call_later(0.005, self._count_on, slices + 1)

    # moving

    def do_move_down(self, argument: str = "") -> None:
        """The next case, or a line on."""
        del argument
        self.reader.scroll_by(1) if self.reading else self.list.move(1)

    def do_move_up(self, argument: str = "") -> None:
        """The case before, or a line back."""
        del argument
        self.reader.scroll_by(-1) if self.reading else self.list.move(-1)

    def do_move_top(self, argument: str = "") -> None:
        """The first case or line."""
        del argument
        self.reader.scroll_by(-1_000_000_000) if self.reading else self.list.go(0)

    def do_move_bottom(self, argument: str = "") -> None:
        """The last case or line."""
        del argument
        self.reader.to_end() if self.reading else self.list.go(1_000_000_000)

    def do_page_down(self, argument: str = "") -> None:
        """A screen on."""
        del argument
        self.reader.page(1) if self.reading else self.list.page(1)

    def do_page_up(self, argument: str = "") -> None:
        """A screen back."""
        del argument
        self.reader.page(-1) if self.reading else self.list.page(-1)

    def do_page_next(self, argument: str = "") -> None:
        """A screen on; at the end of a case, the next case."""
        del argument
        if not self.reading:
            self.list.page(1)
        elif not self.reader.page(1):
            self.do_case_next()

    def do_open(self, argument: str = "") -> None:
        """Read the case under the cursor, or the one named."""
        if argument:
            case_id = self.desk.find_case(argument)
            index = self.list.find(case_id)
            if index is None:
                self.view, self.filter = "all", ""
                self._show_window(case_id)
            else:
                self.list.go(index)
        if self.list.case() is not None:
            self._open()
        else:
            self.say("No case here")

    def do_back(self, argument: str = "") -> None:
        """Close the case, drop the selection, drop the filter, go to the inbox: one at a time."""
        del argument
        if self.reading:
            self._close()
        elif self.list.selected:
            self.do_select_all("none")
        elif self.filter:
            self.filter = ""
            self._show_window(self.list.cursor_id)
        elif self.view != "inbox":
            self.go_view("inbox")
        else:
            self.say(f"This is the inbox; {', '.join(self.bench.keymap.keys_of('quit')[:1])} quits", "muted")

    def do_pane_next(self, argument: str = "") -> None:
        """From the list to the case and back."""
        del argument
        self._close() if self.reading else self.do_open()

    def do_case_next(self, argument: str = "") -> None:
        """The next case."""
        del argument
        if not self.list.move(1):
            self.say("That is the last case of this view")
        elif self.reading:
            self._open()

    def do_case_previous(self, argument: str = "") -> None:
        """The case before."""
        del argument
        if not self.list.move(-1):
            self.say("That is the first case of this view")
        elif self.reading:
            self._open()

    # selecting and filtering

    def do_select(self, argument: str = "") -> None:
        """Select the case and go on."""
        del argument
        self.list.toggle()
        self.list.move(1)
        self._titles()

    def do_select_all(self, argument: str = "") -> None:
        """Select every case of the view, or drop the selection."""
        window = self.list.window
        if self.list.selected or argument == "none" or window is None:
            self.list.selected.clear()
        else:
            window.reach(1000)
            self.list.selected.update(window.row(index).id for index in range(min(len(window), 1000)))
            if len(window) > 1000:
                self.say("The first 1,000 cases are selected; a filter narrows the view", "soon")
        self.list.repaint()
        self._titles()

    def do_bulk(self, argument: str = "") -> None:
        """One thing to every case that the view shows, after a look at what will happen."""
        from agent_tui.domain import actions
        from agent_tui.screens.bulk import MOST, BulkScreen

        window = self.list.window
        if window is None or not len(window):
            self.say("No case here")
            return
        window.reach(MOST)
        ids = tuple(self.list.selected) or tuple(window.row(index).id for index in range(min(len(window), MOST)))
        verbs = tuple(one for one in actions.VERBS if one != "canned")

        def take(text: str) -> None:
            chosen = tuple(actions.read(one) for one in text.split(";") if one.strip())
            if chosen:
                self.app.push_screen(BulkScreen(self.bench, ids, chosen, more=len(window) > MOST), self._ran)

        def choices(text: str) -> tuple[str, ...]:
            verb, space, rest = text.rpartition(";")[2].strip().partition(" ")
            return self.completions(verb, rest) if space else suggestions(text, verbs)

        if argument:
            take(argument)
        else:
            of = "selected" if self.list.selected else "of this view"
            self.ask(Prompt(f"{words.count(len(ids), 'case')} {of}:", take, choices=choices))

    def _ran(self, said: str | None) -> None:
        """After a bulk action: the list as it is now."""
        if said:
            self.settled((), onward=False)
            self.say(said)

    def do_filter(self, argument: str = "") -> None:
        """Only what matches."""
        before, here = self.filter, self.list.cursor_id

        def narrow(text: str) -> None:
            window = self.desk.window(self.view, text)
            self.filter = text
            self.list.show(window, case_id=here, empty=f"Nothing here matches {text}")
            self._titles()

        def back() -> None:
            self.filter = before
            self._show_window(here)

        def done(text: str) -> None:
            narrow(text)
            self._find_first()
            self._moved()

        if argument:
            done(argument)
        else:
            self.ask(Prompt("filter", done, text=self.filter, changed=narrow, cancelled=back))
