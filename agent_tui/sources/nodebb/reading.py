"""One topic or chat room while it is read, and the Markdown of what is ours in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent_tui.domain.model import Direction, MarkChange, Marks, RemoteMessage, Role
from agent_tui.sources.answers import Forbidden, Missing, entry, text
from agent_tui.sources.nodebb import wire
from agent_tui.sources.nodebb.account import WRITE, Account

GONE = "gone"  # instead of a signature: it is in no list
PENDING = "?"  # before a signature: it has yet to be read to reach it


@dataclass(slots=True)
class Reading:
    """What is learnt of one topic or room while it is read.

    Args:
        here: marks of what is stored already; ``there``: numbers of what the server has shown.
        roles: of everybody who wrote in it, by number.
        fresh: whether something new came from outside.
    """

    here: dict[int, frozenset[str]]
    there: set[int] = field(default_factory=set)
    roles: dict[int, str] = field(default_factory=dict)
    fresh: bool = False

    @classmethod
    def of(cls, places: Iterable[tuple[str, frozenset[str]]]) -> Reading:
        """What is stored."""
        here = {int(ref): marks for ref, marks in places if ref.isdecimal()}
        return cls(here, roles={one: role for one, marks in here.items() if (role := wire.role_mark(marks))})

    def took(self, message: RemoteMessage) -> None:
        """A message was read."""
        self.roles[int(message.ref)] = message.author.role.value
        self.fresh = self.fresh or (message.direction is Direction.IN and int(message.ref) not in self.here)

    def seen_again(self, container: str, *, unread: bool) -> tuple[MarkChange, ...]:
        """What the server's own word, read or unread, changes in what is stored already."""
        incoming = {one: marks for one, marks in self.here.items() if self.roles.get(one) != Role.AGENT.value}
        if not unread:
            late = [(one, marks | {Marks.SEEN}) for one, marks in incoming.items() if Marks.SEEN not in marks]
        elif self.fresh or not incoming or any(Marks.SEEN not in marks for marks in incoming.values()):
            late = []
        else:
            late = [(max(incoming), incoming[max(incoming)] - {Marks.SEEN})]
        return tuple(MarkChange(container, str(one), marks) for one, marks in late)


async def raw_of(account: Account, path: str) -> str | None:
    """The Markdown of a post or chat message; None where it may not be read."""
    try:
        return text(entry(await account.get(f"{WRITE}{path}/raw")), "content")
    except (Forbidden, Missing):
        return None
