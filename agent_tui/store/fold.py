"""Writes the folded columns of cases: server state with live operations over it, and where that puts them in lists."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from agent_tui.domain import clocks
from agent_tui.domain.fold import HIDDEN, Folded, MessageFacts, effective, server_case, sort_keys
from agent_tui.domain.model import Address, CaseState, Direction, RemoteCase, Role, Visibility
from agent_tui.domain.operations import Entry
from agent_tui.store import operations, rows
from agent_tui.store.database import Store
from agent_tui.workspace import SourceSettings

FACTS = (
    "id, direction, visibility, role, automatic, received_at, marks, marker, author_name, author_address, recipients, "
    "subject, snippet, attachments, complete, key"
)
_DIRECTIONS = {d.value: d for d in Direction}
_VISIBILITIES = {v.value: v for v in Visibility}
_ROLES = {r.value: r for r in Role}


@lru_cache(maxsize=4096)
def _marks(stored: str) -> frozenset[str]:
    return rows.split(stored)


def refold(store: Store, cases: Iterable[int], now: int) -> None:
    """Compute the effective columns of these cases again.

    Args:
        cases: ids as they stand; aliases are left alone (their row is hidden).
        now: milliseconds.
    """
    with store.writing_cache():
        for case_id in cases:
            _refold(store, case_id, now)


def refold_all(store: Store, now: int) -> int:
    """Fold every case again, a few hundred per transaction so that nobody else waits long.

    Returns:
        how many.
    """
    numbers = [n for (n,) in store.cache.execute("SELECT id FROM cases")]
    for start in range(0, len(numbers), 300):
        refold(store, numbers[start : start + 300], now)
    return len(numbers)


def refold_live(store: Store, now: int) -> None:
    """At start: fold the cases that have live operations or open drafts, in case the last process died between
    committing one and folding it.
    """
    found = {c for (c,) in store.desk.execute("SELECT DISTINCT case_id FROM operations WHERE live = 1")}
    found |= {c for (c,) in store.desk.execute("SELECT case_id FROM drafts WHERE state = 'open' AND case_id NOT NULL")}
    from agent_tui.store import threads

    found = {threads.resolve(store, one) for one in found}
    found |= threads.restructure(store, found)
    refold(store, found, now)


def wake(store: Store, now: int) -> tuple[int, ...]:
    """Fold the cases whose snooze has passed.

    Returns:
        their ids.
    """
    due = tuple(
        n for (n,) in store.cache.execute("SELECT id FROM cases WHERE snoozed_until IS NOT NULL AND snoozed_until <= ?", (now,))
    )
    if due:
        refold(store, due, now)
    return due


def next_wake(store: Store) -> int | None:
    """When the next snoozed case wakes, in milliseconds, or None."""
    row = store.cache.execute("SELECT min(snoozed_until) FROM cases WHERE snoozed_until IS NOT NULL").fetchone()
    return int(row[0]) if row[0] is not None else None


def _refold(store: Store, case_id: int, now: int) -> None:
    cache = store.cache
    row = cache.execute(
        "SELECT source_id, remote, conversation, bucket FROM cases WHERE id = ?", (case_id,)
    ).fetchone()
    if row is None or cache.execute("SELECT 1 FROM aliases WHERE alias = ?", (case_id,)).fetchone():
        return
    source = store.source_name(row[0])
    found = cache.execute(
        f"SELECT {FACTS}, gone FROM messages WHERE case_id = ? ORDER BY id", (case_id,)
    ).fetchall()
    present = [m for m in found if not m[-1]]
    remote = rows.remote_case(row[1])
    if not found and not row[2]:
        if row[3] != HIDDEN:
            cache.execute("UPDATE cases SET bucket = ?, version = version + 1 WHERE id = ?", (HIDDEN, case_id))
        return
    facts = [
        MessageFacts(
            m[0], _DIRECTIONS[m[1]], _VISIBILITIES[m[2]], _ROLES[m[3]], bool(m[4]), m[5], _marks(m[6]), m[7]
        )
        for m in found
    ]
    settings = _settings(store, source)
    server = server_case(remote, facts, _backlog(store, row[0], settings))
    if not present and found and server.state in (CaseState.NEW, CaseState.OPEN, CaseState.WAITING):
        # Nothing of it is left in the folders that are followed: a colleague has filed it away elsewhere.
        server = _closed(server)
    entries = operations.live(store, case_id)
    folded = effective(server, entries, now)
    _write(
        store, case_id, found, remote=remote, server=server, folded=folded, entries=entries, settings=settings
    )


def _closed(server: Folded) -> Folded:
    from dataclasses import replace

    return replace(server, state=CaseState.CLOSED, unread_ids=())


def _settings(store: Store, source: str) -> SourceSettings | None:
    try:
        return store.workspace.source(source)
    except KeyError:
        return None


def _backlog(store: Store, source_id: int, settings: SourceSettings | None) -> int | None:
    if settings is None or settings.backlog_ms is None:
        return None
    row = store.cache.execute("SELECT first_synced_at FROM sources WHERE id = ?", (source_id,)).fetchone()
    return row[0] - settings.backlog_ms if row and row[0] is not None else None


def _write(
    store: Store,
    case_id: int,
    found: list[tuple[object, ...]],
    *,
    remote: RemoteCase | None,
    server: Folded,
    folded: Folded,
    entries: tuple[Entry, ...],
    settings: SourceSettings | None,
) -> None:
    first, last = (found[0], found[-1]) if found else (None, None)
    asked = next((m for m in reversed(found) if m[0] == server.last_asked), None) or next(
        (m for m in found if m[1] == Direction.IN.value), None
    )
    customer = folded.customer or _customer(found, asked)
    due_at = None
    if folded.state in (CaseState.NEW, CaseState.OPEN) and folded.waiting_since is not None and settings is not None:
        promise = settings.promise.first_reply if folded.first_reply else settings.promise.next_reply
        if not folded.first_reply and promise is None:
            promise = settings.promise.first_reply
        if promise is not None:
            hours = settings.hours or store.workspace.hours
            due_at = clocks.due_at(folded.waiting_since, promise, hours)
    updated_at = max(
        [int(str(last[5])) if last else 0, *(e.created_at for e in entries if e.kind in ("reply", "note"))], default=0
    )
    subject = (remote.subject if remote else "") or (str(first[11]) if first else "")
    draft = operations.has_draft(store, case_id)
    bucket, sort1, sort2 = sort_keys(folded, due_at, updated_at, settings.priority if settings else 0)
    snippet_row = next((m for m in reversed(found) if m[2] != Visibility.NOTE.value), last)
    store.cache.execute(
        "UPDATE cases SET server_state = ?, subject = ?, customer_name = ?, customer_address = ?, state = ?, assignee = ?, "
        "tags = ?, priority = ?, unread = ?, messages = ?, waiting_since = ?, due_at = ?, updated_at = ?, "
        "snoozed_until = ?, partial = ?, public = ?, answer = ?, snippet = ?, attachments = ?, flagged = ?, draft = ?, "
        "outgoing = ?, notice = ?, local = ?, last_asked = ?, bucket = ?, sort1 = ?, sort2 = ?, version = version + 1 "
        "WHERE id = ?",
        (
            server.state.value,
            subject,
            customer.name,
            customer.address.lower() if "@" in customer.address else customer.address,
            folded.state.value,
            folded.assignee,
            rows.join(folded.tags),
            folded.priority.value,
            len(folded.unread_ids),
            len(found),
            folded.waiting_since if folded.state in (CaseState.NEW, CaseState.OPEN, CaseState.SNOOZED) else None,
            due_at,
            updated_at,
            folded.snoozed_until,
            int(any(not m[14] for m in found)),
            int(remote.public if remote else any(m[2] == Visibility.PUBLIC.value for m in found)),
            (remote.answer if remote else "none"),
            str(snippet_row[12]) if snippet_row else "",
            int(any(m[13] for m in found)),
            int(folded.flagged),
            int(draft),
            folded.outgoing,
            folded.notice,
            rows.join(folded.local),
            server.last_asked,
            bucket,
            sort1,
            sort2,
            case_id,
        ),
    )


def _customer(found: list[tuple[object, ...]], asked: tuple[object, ...] | None) -> Address:
    """Who the case is with: the first who wrote to us; where only we have written, whom we wrote to."""
    first = next((m for m in found if m[1] == Direction.IN.value and not m[4] and m[3] != Role.AGENT.value), asked)
    if first is not None:
        return Address(str(first[8]), str(first[9]))
    for one in found:
        to = rows.addresses(str(one[10]))[0]
        if to:
            return to[0]
    return Address("", "")
