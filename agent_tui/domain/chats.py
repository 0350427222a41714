"""Several live chats at once: who waits longest, which one is next, when a new one has to wait. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, CaseState, Channel

LIMIT = 3  # parallel chats: seven agents of ten hold two or three
IDLE_MS = 5 * 60_000


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How somebody works in chats.

    Args:
        limit: chats held at once; a new one is passed over by "next" beyond that. 0: no limit.
        idle_ms: after so long without a word from the customer a chat is brought up again.
    """

    limit: int = LIMIT
    idle_ms: int = IDLE_MS


@dataclass(frozen=True, slots=True)
class Standing:
    """The chats of one agent.

    Args:
        mine: cases the agent holds, in the order in which they were taken up.
        queue: how many wait that nobody has taken.
    """

    mine: tuple[Case, ...] = ()
    queue: int = 0


def in_order(cases: Sequence[Case], before: Sequence[int]) -> tuple[Case, ...]:
    """Chats by the number under which they have been shown, new ones at the end: a number never changes its chat.

    Args:
        before: ids as they stood.
    """
    places = {number: place for place, number in enumerate(before)}
    return tuple(sorted(cases, key=lambda one: (places.get(one.id, len(places)), one.waiting_since or one.updated_at, one.id)))


def waiting(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Chats in which the customer waits, the longest wait first."""
    asked = (one for one in cases if one.waiting_since is not None)
    return tuple(sorted(asked, key=lambda one: (one.waiting_since, one.id)))


def following(cases: Sequence[Case], here: int | None, step: int = 1, silent: Sequence[Case] = ()) -> Case | None:
    """The chat to go to: of those that wait the one after this, else the one that waits longest; where none waits, the
    one that has been silent longest; else just the next.

    Args:
        cases: as they are shown.
        here: id of the chat at hand, or None.
        step: 1 for the next, -1 for the one before.
        silent: those whose customer has been silent too long, the longest silence first.
    """
    rings = (waiting(cases), tuple(silent), tuple(cases))
    ring = next((one for one in rings if any(case.id != here for case in one)), ())
    others = [one for one in ring if one.id != here]
    if not others:
        return None
    ids = [one.id for one in ring]
    if here in ids:
        return ring[(ids.index(here) + step) % len(ring)]
    return others[0] if step > 0 else others[-1]


def idle(case: Case, now: int, settings: ChatSettings) -> int | None:
    """Milliseconds since our last word, where the customer has been silent too long; else None."""
    silent = now - case.updated_at
    return silent if case.state is CaseState.WAITING and silent >= settings.idle_ms else None


def silent(cases: Sequence[Case], now: int, settings: ChatSettings) -> tuple[Case, ...]:
    """Chats whose customer has been silent too long, the longest silence first."""
    found = [(length, one) for one in cases if (length := idle(one, now, settings)) is not None]
    return tuple(one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1].id)))


def held_back(case: Case, standing: Standing, settings: ChatSettings) -> bool:
    """Whether "next" passes a chat over, because enough are held already."""
    return (
        bool(settings.limit) and len(standing.mine) >= settings.limit and case.channel is Channel.CHAT and case.assignee is None
        and case.state in (CaseState.NEW, CaseState.OPEN)
    )  # fmt: skip
