"""Writes the folded columns of cases: server state with live operations over it, and where that puts them in lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from agent_tui.domain import clocks
from agent_tui.domain.fold import Folded, MessageFacts, effective, server_case, sort_keys
from agent_tui.domain.model import HIDDEN, Address, CaseState, Direction, RemoteCase, Role, Visibility
from agent_tui.domain.operations import Entry, OperationState, Reply
from agent_tui.store import operations, rows, threads
from agent_tui.store.database import Store
from agent_tui.workspace import SourceSettings

FACTS = (
    "id, direction, visibility, role, automatic, received_at, marks, marker, author_name, author_address, recipients, "
    "subject, snippet, attachments, complete"
)
_DIRECTIONS = {d.value: d for d in Direction}
_VISIBILITIES = {v.value: v for v in Visibility}
_ROLES = {r.value: r for r in Role}
_IN, _NOTE, _PUBLIC, _AGENT = Direction.IN.value, Visibility.NOTE.value, Visibility.PUBLIC.value, Role.AGENT.value


@lru_cache(maxsize=4096)
def _marks(stored: str) -> frozenset[str]:
    return rows.split(stored)


def refold(store: Store, cases: Iterable[int], now: int) -> None:
    """Compute the effective columns of these cases again.

    Args:
        cases: ids as they stand; aliases are left alone (their row is hidden).
        now: milliseconds.
    """
    wanted = sorted(set(cases))
    if not wanted:
        return
    with store.writing_cache() as cache:
        work = _read(store, wanted, now)
        cache.executemany(_HIDE, [(HIDDEN, one) for one in work.empty])
        changes: dict[tuple[int, ...], list[tuple[Any, ...]]] = {}
        for one, before in work.before.items():
            columns = _columns(work, one)
            places = tuple(place for place, value in enumerate(columns) if value != before[place])
            if places:
                changes.setdefault(places, []).append((*(columns[place] for place in places), one))
        for places, changed in changes.items():
            cache.executemany(_written(places), changed)


def refold_all(store: Store, now: int) -> int:
    """Fold every case again, a few hundred per transaction so that nobody else waits long.

    Returns:
        how many.
    """
    numbers = [n for (n,) in store.cache.execute("SELECT id FROM cases")]
    for start in range(0, len(numbers), 300):
        refold(store, numbers[start : start + 300], now)
    return len(numbers)


def mend(store: Store, now: int) -> None:
    """At start: fold the cases that changed here since the last start, in case a process died between committing a
    change to the desk and folding it, or the power went before the cache was on disk.
    """
    found = store.desk.execute("SELECT id, case_id FROM unfolded ORDER BY id").fetchall()
    if not found:
        return
    given = [case_id for _, case_id in found]
    with store.durable_cache():
        for start in range(0, len(given), 300):
            with store.writing_cache():
                some = given[start : start + 300]
                cases = threads.straighten(store, some)
                cases |= threads.resolve_all(store, some)
                cases |= threads.restructure(store, cases | set(some))
                refold(store, cases, now)
    with store.writing_desk():
        store.desk.execute("DELETE FROM unfolded WHERE id <= ?", (found[-1][0],))


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


@dataclass(slots=True)
class _Work:
    """All that folding some cases needs, read at once.

    Args:
        heads: per case its source, the server's word on it, and whether the server has conversations.
        before: per case what its columns ``COLUMNS`` hold.
        messages: rows of ``FACTS``, the source and ``gone``, per case.
        empty: cases without a message, which no list shows.
        backlogs: per source, see ``server_case``.
        others: per case what other sources say of it, by their number, where it has gone on there.
    """

    store: Store
    now: int
    heads: dict[int, tuple[int, str]]
    before: dict[int, Sequence[Any]]
    messages: dict[int, list[tuple[Any, ...]]]
    entries: dict[int, list[Entry]]
    drafted: set[int]
    empty: list[int]
    backlogs: dict[int, int | None]
    others: dict[int, dict[int, RemoteCase]]
    settings: dict[int, SourceSettings | None] = field(default_factory=dict)

    def of(self, source_id: int) -> SourceSettings | None:
        """The settings of a source, or None where the workspace has it no more."""
        if source_id not in self.settings:
            self.settings[source_id] = _settings(self.store, self.store.source_name(source_id))
        return self.settings[source_id]


def _read(store: Store, wanted: list[int], now: int) -> _Work:
    cache = store.cache
    marks = json.dumps(wanted)
    heads: dict[int, tuple[int, str]] = {}
    before: dict[int, Sequence[Any]] = {}
    empty = []
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in cache.execute(
        f"SELECT case_id, {FACTS}, source_id, gone FROM messages WHERE case_id IN (SELECT value FROM json_each(?)) "
        "ORDER BY case_id, id", (marks,),
    ):  # fmt: skip
        found.setdefault(row[0], []).append(row[1:])
    for case_id, source_id, remote, conversation, bucket, *columns in cache.execute(
        f"SELECT id, source_id, remote, conversation, bucket, {COLUMNS} FROM cases WHERE id IN (SELECT value FROM json_each(?)) "
        "AND id NOT IN (SELECT alias FROM aliases WHERE alias IN (SELECT value FROM json_each(?)))", (marks, marks),
    ).fetchall():  # fmt: skip
        if case_id in found or conversation:
            heads[case_id] = (source_id, remote)
            before[case_id] = columns
        elif bucket != HIDDEN:
            empty.append(case_id)
    names = threads.owners(store, heads)
    entries = operations.live(store, names)
    for case_id in [one for one in heads if one not in found and not entries.get(one)]:
        # The server named a conversation, and nothing of it has come yet: no line without a message.
        del heads[case_id], before[case_id]
        empty.append(case_id)
    backlogs = {one: _backlog(store, one) for one in {source_id for source_id, _ in heads.values()}}
    return _Work(
        store, now, heads, before, found, entries, operations.drafted(store, names), empty, backlogs,
        _others(store, heads, names, found),
    )  # fmt: skip


def _others(
    store: Store, heads: dict[int, tuple[int, str]], names: dict[int, int], found: dict[int, list[tuple[Any, ...]]]
) -> dict[int, dict[int, RemoteCase]]:
    """What other sources than a case's own say of it; only of cases that have messages on several."""
    several = {one for one, (source_id, _) in heads.items() if any(m[15] != source_id for m in found.get(one, ()))}
    aliases = [alias for alias, case in names.items() if case in several and alias != case]
    others: dict[int, dict[int, RemoteCase]] = {}
    for number, source_id, word in store.cache.execute(
        "SELECT id, source_id, remote FROM cases WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(aliases),)
    ) if aliases else ():
        remote = rows.remote_case(word)
        if remote is not None and source_id != heads[names[number]][0]:
            others.setdefault(names[number], {})[source_id] = remote
    return others


def _settings(store: Store, source: str) -> SourceSettings | None:
    try:
        return store.workspace.source(source)
    except KeyError:
        return None


def _backlog(store: Store, source_id: int) -> int | None:
    settings = _settings(store, store.source_name(source_id))
    if settings is None or settings.backlog_ms is None:
        return None
    row = store.cache.execute("SELECT first_synced_at FROM sources WHERE id = ?", (source_id,)).fetchone()
    return row[0] - settings.backlog_ms if row and row[0] is not None else None


_HIDE = "UPDATE cases SET bucket = ?, version = version + 1 WHERE id = ?"
COLUMNS = (
    "customer_name, customer_address, updated_at, server_state, subject, state, assignee, tags, priority, unread, messages, "
    "waiting_since, due_at, snoozed_until, partial, public, answer, snippet, attachments, flagged, draft, outgoing, notice, "
    "local, last_asked, bucket, sort1, sort2"
)
_NAMES = COLUMNS.split(", ")


@lru_cache(maxsize=256)
def _written(places: tuple[int, ...]) -> str:
    """Writes some of the columns: SQLite puts a row anew into every index that has one of those it is given."""
    changed = ", ".join(f"{_NAMES[place]} = ?" for place in places)
    return f"UPDATE cases SET {changed}, version = version + 1 WHERE id = ?"


def _columns(work: _Work, case_id: int) -> tuple[Any, ...]:
    """What ``COLUMNS`` are to hold of one case."""
    source_id, word = work.heads[case_id]
    settings = work.of(source_id)
    remote = rows.remote_case(word)
    found = work.messages.get(case_id, [])
    entries = work.entries.get(case_id, [])
    facts = [
        MessageFacts(m[0], _DIRECTIONS[m[1]], _VISIBILITIES[m[2]], _ROLES[m[3]], bool(m[4]), m[5], _marks(m[6]), m[7],
                     0 if m[15] == source_id else m[15])
        for m in found
    ]
    returned = frozenset(
        e.operation.marker for e in entries if isinstance(e.operation, Reply) and e.state is OperationState.FAILED
    )
    server = server_case(remote, facts, work.backlogs[source_id], returned, work.others.get(case_id))
    if found and all(m[-1] for m in found):
        server = replace(server, present=False)
    if not server.present and server.state in (CaseState.NEW, CaseState.OPEN, CaseState.WAITING):
        # Nothing of it is left in the folders that are followed: a colleague has filed it away elsewhere.
        server = replace(server, state=CaseState.CLOSED, unread_ids=())
    folded = effective(server, entries, work.now)
    asked = next((m for m in reversed(found) if m[0] == server.last_asked), None) or next(
        (m for m in found if m[1] == _IN), None
    )
    customer = folded.customer or _customer(found, asked)
    # A case that has moved to another channel owes its answer within what that channel promises.
    asked_on = settings if asked is None or asked[15] == source_id else work.of(asked[15])
    due_at = _due_at(work.store, folded, asked_on)
    updated_at = max([found[-1][5] if found else 0, *(e.created_at for e in entries if e.kind in ("reply", "note"))])
    said = [m for m in found if m[2] != _NOTE]
    people = (m for m in reversed(said) if m[3] != Role.SYSTEM.value)  # a reaction to it is not what was said last
    shown = next(people, said[-1] if said else found[-1] if found else None)
    bucket, sort1, sort2 = sort_keys(folded, due_at, updated_at, settings.priority if settings else 0)
    return (
        customer.name,
        customer.address.lower() if "@" in customer.address else customer.address,
        updated_at,
        server.state._value_,
        (remote.subject if remote else "") or (found[0][11] if found else ""),
        folded.state._value_,
        folded.assignee,
        rows.join(folded.tags),
        folded.priority._value_,
        len(folded.unread_ids),
        len(found),
        folded.waiting_since if folded.state in (CaseState.NEW, CaseState.OPEN, CaseState.SNOOZED) else None,
        due_at,
        folded.snoozed_until,
        int(any(not m[14] for m in found)),
        int(remote.public if remote else any(m[2] == _PUBLIC for m in found)),
        folded.answer._value_,
        shown[12] if shown else "",
        int(any(m[13] for m in found)),
        int(folded.flagged),
        int(case_id in work.drafted),
        folded.outgoing,
        folded.notice,
        rows.join(folded.local),
        server.last_asked,
        bucket,
        sort1,
        sort2,
    )


def _due_at(store: Store, folded: Folded, settings: SourceSettings | None) -> int | None:
    """When the promise breaks, or None where no answer is owed or none is promised."""
    if settings is None or folded.waiting_since is None or folded.state not in (CaseState.NEW, CaseState.OPEN):
        return None
    promise = settings.promise.first_reply if folded.first_reply else settings.promise.next_reply
    if not folded.first_reply and promise is None:
        promise = settings.promise.first_reply
    if promise is None:
        return None
    return clocks.due_at(folded.waiting_since, promise, settings.hours or store.workspace.hours)


def _customer(found: list[tuple[Any, ...]], asked: tuple[Any, ...] | None) -> Address:
    """Who the case is with: the first who wrote to us; where only we have written, whom we wrote to."""
    first = next((m for m in found if m[1] == _IN and not m[4] and m[3] != _AGENT), asked)
    if first is not None:
        return Address(first[8], first[9])
    for one in found:
        to = rows.addresses(one[10])[0]
        if to:
            return to[0]
    return Address("", "")
