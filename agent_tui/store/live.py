"""Live chats as the store has them: who holds which, how many nobody holds, and who has just written."""

from __future__ import annotations

from collections.abc import Collection

from agent_tui.domain.model import Case, Channel, Priority
from agent_tui.domain.notices import Arrival
from agent_tui.store import cases
from agent_tui.store.database import Store
from agent_tui.store.messages import channel_of

LOOKED_AT = 400  # cases at the top of the inbox: a chat's promise is minutes, so those that wait stand there
HELD = 60  # chats that one agent can be thought to hold
ARRIVALS = 40


def held(store: Store, handle: str, sources: Collection[str]) -> tuple[Case, ...]:
    """Open and waiting cases of these sources that are assigned to somebody."""
    numbers = _numbers(store, sources)
    if not numbers:
        return ()
    marks = ",".join("?" * len(numbers))
    found = store.cache.execute(
        f"SELECT id FROM cases INDEXED BY cases_assignee WHERE assignee = ? AND bucket IN (0, 1) AND source_id IN ({marks}) "
        "ORDER BY bucket, sort1, sort2, id LIMIT ?",
        (handle, *numbers, HELD),
    )
    return cases.by_ids(store, [number for (number,) in found.fetchall()])


def unheld(store: Store, sources: Collection[str]) -> int:
    """How many new or open cases of these sources nobody has taken; of those that are near the top of the inbox."""
    numbers = frozenset(_numbers(store, sources))
    if not numbers:
        return 0
    found = store.cache.execute(
        "SELECT source_id FROM cases INDEXED BY cases_assignee WHERE assignee IS NULL AND bucket = 0 "
        "ORDER BY bucket, sort1, sort2, id LIMIT ?",
        (LOOKED_AT,),
    )
    return sum(number in numbers for (number,) in found)


def arrivals(store: Store, since: int) -> tuple[Arrival, ...]:
    """The newest message of a customer in each case that got one after this id, oldest first."""
    found = store.cache.execute(
        "SELECT case_id, max(id), source_id, author_name, author_address FROM messages "
        "WHERE id > ? AND direction = 'in' AND automatic = 0 AND visibility != 'note' AND gone = 0 GROUP BY case_id "
        "ORDER BY 2 DESC LIMIT ?",
        (since, ARRIVALS),
    ).fetchall()
    known = {one.id: one for one in cases.by_ids(store, [row[0] for row in found])}
    return tuple(
        Arrival(
            case, message, _channel(store, source), name or address, known[case].subject if case in known else "",
            known[case].priority if case in known else Priority.NORMAL,
        )
        for case, message, source, name, address in reversed(found)
    )  # fmt: skip


def _channel(store: Store, source_id: int) -> Channel:
    return channel_of(store, store.source_name(source_id))


def _numbers(store: Store, sources: Collection[str]) -> tuple[int, ...]:
    return tuple(store.source_id(name) for name in sources)
