"""The views by key: which cases the list shows, and what it says where there are none."""

from __future__ import annotations

import asyncio
from typing import Any

from agent_tui.domain.commands.triage import suggestions
from agent_tui.domain.errors import UsageError
from agent_tui.domain.views import SAVED, slug
from agent_tui.screens.moving import MoveVerbs
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.view_lines import entries
from agent_tui.widgets.views_pane import ViewsPane

_EMPTY = {
    "inbox": "Nothing waits. Every promise is kept.",
    "mine": "Nothing is assigned to you.",
    "unassigned": "Every case has somebody.",
    "waiting": "No customer owes us an answer.",
    "snoozed": "Nothing sleeps.",
    "drafts": "No unfinished text.",
}


COUNT_AFTER, COUNT_PAUSE = 0.4, 0.01
"""Seconds without a change until saved views are counted, and between two slices of that."""
MOST_SLICES = 24
"""Of one view: then it has at least so many, which is all that anybody wants to know."""


class ViewVerbs(MoveVerbs):
    """Going to a view, by its key or its number."""

    views_column: ViewsPane
    views_line: ViewsPane
    _saved_counts: dict[str, int]
    _saved_timer: asyncio.TimerHandle | None = None

    def name_views(self) -> None:
        """Put the views into column and line, saved ones behind the inbox."""
        saved = {one.id: one.section for one in self.desk.workspace.views}
        shown = [(one.id, one.title) for one in self.desk.views() if one.id != "outbox" or "do_view_outbox" in self.HANDLERS]
        for pane in (self.views_column, self.views_line):
            pane.entries = entries(shown, saved)
            pane.chosen = self.go_view
        self._saved_counts = {}

    def chosen_columns(self) -> tuple[str, ...]:
        """The columns of the view that is shown; empty: those of the inbox."""
        return next((one.columns for one in self.desk.workspace.views if one.id == self.view), ())

    # counting saved views

    def count_saved_soon(self) -> None:
        """Count saved views again when nothing has changed for a moment."""
        if self._saved_timer is not None:
            self._saved_timer.cancel()
        names = [one.id for one in self.desk.workspace.views]
        if names:
            self._saved_timer = asyncio.get_running_loop().call_later(COUNT_AFTER, self._count_saved, names, None, 0)

    def _count_saved(self, names: list[str], window: Any, slices: int) -> None:
        """One slice of one view, then the next when the keys that came meanwhile have been seen to."""
        self._saved_timer = None
        if not self.is_attached:
            return
        if window is None:
            window = self.desk.window(names[0])
        else:
            window.count_on()
        if not window.counting or slices >= MOST_SLICES:
            self._show_count(names[0], len(window), more=window.more)
            names, window, slices = names[1:], None, -1
        if names:
            loop = asyncio.get_running_loop()
            self._saved_timer = loop.call_later(COUNT_PAUSE, self._count_saved, names, window, slices + 1)

    def _show_count(self, view: str, count: int, *, more: bool) -> None:
        self._saved_counts[view] = count
        for pane in (self.views_column, self.views_line):
            pane.counts = {**pane.counts, view: count}
            pane.partly = pane.partly | {view} if more else pane.partly - {view}
            if pane.display:
                pane.repaint()

    def do_view_saved(self, argument: str = "") -> None:
        """Show a saved view by its name."""
        names = tuple(one.name for one in self.desk.workspace.views)
        if not names:
            raise UsageError("no view is saved yet: add a [[view]] with name and query to workspace.toml")

        def take(text: str) -> None:
            wanted = SAVED + slug(text)
            if all(one.id != wanted for one in self.desk.workspace.views):
                raise UsageError(f"there is no view '{text}'; there are {', '.join(names)}")
            self.go_view(wanted)

        if argument:
            take(argument)
        else:
            self.ask(Prompt("view:", take, choices=lambda text: suggestions(text, names), whole=True))

    def completions(self, name: str, typed: str) -> tuple[str, ...]:  # noqa: D102 - inherited
        if name == "view.saved":
            return suggestions(typed, tuple(one.name for one in self.desk.workspace.views))
        return super().completions(name, typed)

    def go_view(self, view: str) -> None:
        """Show a view from its top."""
        if view == "outbox":
            self.perform("view.outbox")
            return
        self.view, self.filter = view, ""
        self.list.selected.clear()
        self._close()
        self._show_window()

    def nothing(self) -> str:
        """What an empty view says."""
        if self.filter:
            return f"Nothing here matches {self.filter}"
        if not self.desk.counts().get("all"):
            if not self.desk.workspace.sources:
                keys = self.bench.keymap.keys_of("setup")
                return f"No source yet: {keys[0] if keys else ':setup'} adds one."
            if self.view == "inbox":
                return "Nothing has been fetched yet."
        return _EMPTY.get(self.view, "Nothing here.")

    def numbered_views(self) -> tuple[tuple[str, str], ...]:
        """Id and title of the views that the keys 1 to 9 show."""
        return tuple((one.id, one.title) for one in self.views_column.entries[:9])

    def _number(self, number: int) -> None:
        entries = self.views_column.entries
        if number <= len(entries):
            self.go_view(entries[number - 1].id)


def _view_handler(view: str) -> Any:
    def go(self: ViewVerbs, argument: str = "") -> None:
        del argument
        self.go_view(view)

    go.__doc__ = f"Show {view}."
    return go


def _number_handler(number: int) -> Any:
    def go(self: ViewVerbs, argument: str = "") -> None:
        del argument
        self._number(number)

    go.__doc__ = f"Show view {number}."
    return go


for _name in ("inbox", "mine", "unassigned", "waiting", "drafts", "snoozed", "closed", "spam", "all"):
    setattr(ViewVerbs, f"do_view_{_name}", _view_handler(_name))
for _number in range(1, 10):
    setattr(ViewVerbs, f"do_view_{_number}", _number_handler(_number))
