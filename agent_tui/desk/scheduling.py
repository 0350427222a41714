"""Replies that leave later: which of them to ask about, because something was done to their cases meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from agent_tui.desk.seat import Seat
from agent_tui.domain.operations import Entry
from agent_tui.store import scheduled


class Scheduling(Seat):
    """The part of the desk that looks after what was to be sent later."""

    def overtaken(self, ids: Iterable[int]) -> tuple[tuple[Entry, str], ...]:
        """Replies of these cases that wait for their time although the case has moved here, and how; soonest first.

        Where nobody decides, the engine holds them back at their time and asks.
        """
        return tuple((one, words) for one in scheduled.waiting(self.store, ids) if (words := scheduled.moved(self.store, one)))

    def let_go(self, entry: Entry) -> None:
        """A scheduled reply goes out at its time although its case has moved; later moves are asked about again."""
        scheduled.let_go(self.store, entry)
