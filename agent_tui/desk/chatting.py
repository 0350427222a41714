"""Live chats: which ones the agent holds, and who has just written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from agent_tui.desk.seat import Seat
from agent_tui.domain.chats import Standing, in_order
from agent_tui.domain.model import Channel
from agent_tui.domain.notices import Arrival
from agent_tui.store import live


class Chatting(Seat):
    """The part of the desk that live work needs."""

    @cached_property
    def chat_sources(self) -> tuple[str, ...]:
        """Names of the sources whose customers wait in a chat."""
        return tuple(one.name for one in self.workspace.sources if one.channel is Channel.CHAT)

    def chats(self, before: Sequence[int] = ()) -> Standing:
        """The chats that the agent holds, and how many wait that nobody has taken.

        Args:
            before: ids in the order in which they were shown last; they keep their places.
        """
        if not self.chat_sources:
            return Standing()
        mine = live.held(self.store, self.me, self.chat_sources)
        return Standing(in_order(mine, before), live.unheld(self.store, self.chat_sources))

    def arrivals(self, since: int) -> tuple[Arrival, ...]:
        """Customers who have written since, the newest message of each case."""
        return live.arrivals(self.store, since)
