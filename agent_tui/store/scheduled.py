"""Replies that are to leave later, and what was done to their cases meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agent_tui.domain.model import CaseState
from agent_tui.domain.operations import Delete, Entry, Reply, SetState
from agent_tui.store import delivery, operations, threads
from agent_tui.store.database import Store

_CLOSED = {CaseState.CLOSED: "you closed the case", CaseState.SPAM: "you filed the case as spam"}


def waiting(store: Store, case_ids: Iterable[int] | None = None) -> tuple[Entry, ...]:
    """Replies whose time has not come yet, soonest first; those of some cases, or of all."""
    found = operations.select(
        store,
        f"{operations.PENDING} AND state IN ('held', 'queued') AND kind = 'reply' AND not_before > ? AND attempts = 0 "
        "ORDER BY not_before, id",
        (store.now(),),
    )
    later = tuple(one for one in found if one.scheduled)
    if case_ids is None or not later:
        return later
    wanted = set(threads.resolve_each(store, case_ids))
    return tuple(one for one in later if threads.resolve(store, one.case) in wanted)


def moved(store: Store, entry: Entry) -> str:
    """What was done here to the case of a reply since it was scheduled, in words; empty if nothing that speaks against it.

    Args:
        entry: a scheduled reply. What its author knew of when saying that it goes out all the same does not count.
    """
    reply = entry.operation
    assert isinstance(reply, Reply)
    names = threads.names(store, threads.resolve(store, entry.case))
    done = operations.select(
        store,
        f"case_id IN ({','.join('?' * len(names))}) AND id > ? AND group_id != ? "
        "AND kind IN ('state', 'snooze', 'delete', 'reply') AND state NOT IN ('cancelled', 'failed') ORDER BY id",
        (*names, max(entry.id, reply.despite), entry.group),
    )
    state, words = "", ""
    for one in done:
        match one.operation:
            case SetState(state=into):
                state = _CLOSED.get(into, "")
            case Delete():
                return "you deleted the case after this reply was scheduled"
            case Reply(mode="reply" | "move") if not one.scheduled:
                words = "you wrote again"
            case Reply():
                pass
            case _:
                state = ""
    return f"{state or words} after this reply was scheduled" if state or words else ""


def let_go(store: Store, entry: Entry) -> None:
    """It leaves at its time although its case has moved; what happens from now on is asked about again."""
    reply = entry.operation
    assert isinstance(reply, Reply)
    newest = store.desk.execute("SELECT max(id) FROM operations").fetchone()[0]
    delivery.rewrite(store, entry.id, replace(reply, despite=newest))
