"""The views by key: which cases the list shows, and what it says where there are none."""

from __future__ import annotations

from typing import Any

from agent_tui.screens.moving import MoveVerbs
from agent_tui.widgets.views_pane import ViewsPane

_EMPTY = {
    "inbox": "Nothing waits. Every promise is kept.",
    "mine": "Nothing is assigned to you.",
    "unassigned": "Every case has somebody.",
    "waiting": "No customer owes us an answer.",
    "snoozed": "Nothing sleeps.",
    "drafts": "No unfinished text.",
}


class ViewVerbs(MoveVerbs):
    """Going to a view, by its key or its number."""

    views_column: ViewsPane

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
                return "No source yet: add one to workspace.toml, or try agent-tui demo."
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
