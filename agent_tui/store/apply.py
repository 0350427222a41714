"""Batches from a server become rows, with their cursor, in one transaction of ``cache.db``.

Applying a batch twice gives the same rows, so a crash anywhere only repeats work.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from agent_tui.domain.errors import one_line
from agent_tui.domain.identifiers import COUNTER_BITS, first_message_id
from agent_tui.domain.model import Batch, DeliveryReport, Direction, RemoteCase, RemoteMessage, Visibility
from agent_tui.domain.packing import Packed, packed, unpack
from agent_tui.store import delivery, fold, forgetting, indexing, rows, threads
from agent_tui.store.database import Store

EARLIEST, LATEST = -2_208_988_800_000, 4_102_444_800_000  # 1900 and 2100: no mail or post is from beyond
EMPTIED = 500  # messages of a container that is gone, in one transaction

_BODY = "INSERT OR REPLACE INTO bodies (id, text, fresh, headers) VALUES (?, ?, ?, ?)"
_UNINDEXED = "INSERT OR IGNORE INTO unindexed VALUES (?)"
_PLACE = (
    "INSERT INTO places (source_id, container, ref, message_id, marks) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET message_id = excluded.message_id, marks = excluded.marks"
)
_Row = tuple[int, int, int, int]


@dataclass(slots=True)
class Applied:
    """What a batch changed.

    Args:
        cases: ids of cases whose row may have changed.
        reports: delivery reports about messages of ours, already applied.
        messages: how many messages were new.
    """

    cases: frozenset[int] = frozenset()
    reports: tuple[DeliveryReport, ...] = ()
    messages: int = 0


class _Waiting:
    """Rows of new messages, written together."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self._messages: list[tuple[object, ...]] = []
        self._bodies: list[tuple[object, ...]] = []
        self._places: list[tuple[object, ...]] = []

    def add(self, source_id: int, number: int, case_id: int, origin: int, message: RemoteMessage) -> None:
        """One message that is not here yet."""
        marks = rows.join(message.marks)
        self.numbers.add(number)
        kept = _packed(message)
        self._messages.append((number, source_id, case_id, origin, message.key, *_columns(message, kept), marks))
        self._bodies.append((number, kept.text, kept.fresh, kept.headers))
        self._places.append((source_id, message.container, message.ref, number, marks))

    def write(self, cache: sqlite3.Connection) -> None:
        """Write them and be empty again."""
        cache.executemany(
            "INSERT INTO messages (id, source_id, case_id, origin_id, key, marker, direction, visibility, role, "
            "author_name, author_address, received_at, sent_at, subject, snippet, recipients, attachments, automatic, "
            "complete, html, warning, size, marks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._messages,
        )
        cache.executemany(_BODY, self._bodies)
        cache.executemany(_UNINDEXED, [(row[0],) for row in self._bodies])
        cache.executemany(_PLACE, self._places)
        for one in (self.numbers, self._messages, self._bodies, self._places):
            one.clear()


@dataclass(slots=True)
class _Work:
    store: Store
    source: str
    source_id: int
    lookup: threads.Lookup
    known: dict[str, _Row]
    newest: dict[int, int]
    waiting: _Waiting = field(default_factory=_Waiting)
    cases: set[int] = field(default_factory=set)
    markers: list[str] = field(default_factory=list)
    reports: list[DeliveryReport] = field(default_factory=list)
    added: int = 0

    def flush(self) -> None:
        """Write what waits to be written together."""
        self.waiting.write(self.store.cache)
        self.lookup.flush()


def apply(store: Store, source: str, batch: Batch, *, began: int | None = None) -> Applied:
    """Write one batch and its cursor.

    Args:
        source: its name in workspace.toml.
        began: when this round of pulling began, in milliseconds. On the last batch of a round, operations that
            the server had acknowledged before then leave the fold: their effect has been pulled by now.
    """
    now = store.now()
    source_id = store.source_id(source)
    settled = delivery.settle(store, source, began) if not batch.more and began is not None else frozenset()
    if not settled and batch == Batch(cursor=batch.cursor) and _cursor(store, source_id) == batch.cursor:
        return Applied()  # nothing to write, and nobody has to look
    emptied: set[int] = set()
    for removal in batch.removals:
        if not removal.ref:
            emptied |= _empty(store, source_id, removal.container, now)
    with store.writing_cache() as cache:
        lookup = threads.Lookup(store, source, source_id, batch.messages)
        known = _known(cache, source_id, batch.messages)
        work = _Work(store, source, source_id, lookup, known, _newest(cache, batch.messages), cases={*settled, *emptied})
        cache.execute(
            "UPDATE sources SET first_synced_at = coalesce(first_synced_at, ?) WHERE id = ?", (now, source_id)
        )
        for removal in batch.removals:
            if removal.ref:
                _remove(work, removal.container, removal.ref)
        unwanted = forgetting.unwanted(store, source, (message.key for message in batch.messages))
        for message in batch.messages:
            if message.key in unwanted:
                _place(work, message, 0)
                continue
            if message.report is not None:
                work.reports.append(message.report)
                _place(work, message, 0)
                continue
            _message(work, message)
        work.flush()
        for case in batch.cases:
            _case(work, case)
        for change in batch.marks:
            _marks(work, change.container, change.ref, change.marks)
        for bad in batch.bad:
            cache.execute(
                "INSERT OR REPLACE INTO bad_items VALUES (?, ?, ?, ?)",
                (work.source_id, bad.container, bad.ref, one_line(bad.reason)),
            )
        cache.execute("UPDATE sources SET cursor = ? WHERE id = ?", (batch.cursor, work.source_id))
        for marker in delivery.markers(store, source, work.markers):
            work.cases.update(delivery.arrived(store, source, marker))
        for report in work.reports:  # before the cursor: a report that was read and not heeded never comes again
            work.cases.update(delivery.report(store, source, report))
        work.cases = threads.resolve_all(store, work.cases)
        work.cases |= threads.restructure(store, work.cases)
        fold.refold(store, work.cases, now)
    return Applied(frozenset(work.cases), tuple(work.reports), work.added)


def _cursor(store: Store, source_id: int) -> str | None:
    """Where the last batch ended; None before the first."""
    row = store.cache.execute("SELECT cursor, first_synced_at FROM sources WHERE id = ?", (source_id,)).fetchone()
    return row[0] if row is not None and row[1] is not None else None


def _message(work: _Work, message: RemoteMessage) -> None:
    cache = work.store.cache
    if not (EARLIEST <= message.received_at <= LATEST and EARLIEST <= message.sent_at <= LATEST):
        message = replace(message, received_at=_within(message.received_at), sent_at=_within(message.sent_at))
    row = work.known.get(message.key)
    if row is not None and row[0] in work.waiting.numbers:
        work.flush()  # the same mail twice in one batch
    if row is None:
        case_id, origin = threads.assign(work.lookup, message, work.flush)
        number = _number(work, message)
        work.waiting.add(work.source_id, number, case_id, origin, message)
        work.known[message.key] = (number, case_id, int(message.complete), 0)
        work.added += 1
    else:
        number, case_id = row[0], row[1]
        if message.complete or not row[2]:
            _update(cache, number, message)
        elif row[3]:
            cache.execute("UPDATE messages SET gone = 0 WHERE id = ?", (number,))
        _place(work, message, number)
        _union_marks(cache, number)
    work.cases.add(case_id)
    if (message.marker and message.direction is Direction.OUT) or message.visibility is Visibility.NOTE:
        work.markers.append(message.marker)


def _within(at: int) -> int:
    """A time that every calendar has; a server may say any number."""
    return min(max(at, EARLIEST), LATEST)


def _known(cache: sqlite3.Connection, source_id: int, messages: Iterable[RemoteMessage]) -> dict[str, _Row]:
    """``key -> (id, case, complete, gone)`` of the messages of a batch that are here already."""
    keys = json.dumps([m.key for m in messages])
    found = cache.execute(
        "SELECT key, id, case_id, complete, gone FROM messages WHERE source_id = ? AND key IN (SELECT value FROM json_each(?))",
        (source_id, keys),
    )
    return {row[0]: row[1:] for row in found}


def _newest(cache: sqlite3.Connection, messages: Iterable[RemoteMessage]) -> dict[int, int]:
    """The highest id taken in each second of a batch, by the lowest id of that second; one below that where none is."""
    seconds = json.dumps(list({first_message_id(_within(one.received_at)) for one in messages}))
    found = cache.execute(
        "SELECT value, coalesce((SELECT max(id) FROM messages WHERE id >= value AND id < value + ?), value - 1) "
        "FROM json_each(?)",
        (1 << COUNTER_BITS, seconds),
    )
    return dict(found.fetchall())


def _number(work: _Work, message: RemoteMessage) -> int:
    """The id of a new message. One second holds 64; a fuller one runs over into the next, so ids stay ascending."""
    first = first_message_id(message.received_at)
    number = work.newest[first] + 1
    if number >= first + (1 << COUNTER_BITS):
        number = max(number, work.store.overflow.get(first, 0))
        while number in work.waiting.numbers or _taken(work.store.cache, number):
            number += 1
        work.store.overflow[first] = number
    while number in work.waiting.numbers:
        number += 1
    work.newest[first] = number
    return number


def _taken(cache: sqlite3.Connection, number: int) -> bool:
    return cache.execute("SELECT 1 FROM messages WHERE id = ?", (number,)).fetchone() is not None


def _update(cache: sqlite3.Connection, number: int, message: RemoteMessage) -> None:
    was = indexing.held(cache, number)
    before = cache.execute("SELECT subject FROM messages WHERE id = ?", (number,)).fetchone()[0]
    kept = _packed(message)
    cache.execute(
        "UPDATE messages SET marker = ?, direction = ?, visibility = ?, role = ?, author_name = ?, author_address = ?, "
        "received_at = ?, sent_at = ?, subject = ?, snippet = ?, recipients = ?, attachments = ?, automatic = ?, "
        "complete = ?, html = ?, warning = ?, size = ?, gone = 0 WHERE id = ?",
        (*_columns(message, kept), number),
    )
    author = f"{message.author.name} {message.author.address}"
    if was is None or (unpack(was.text), before, was.author) != (message.text, message.subject, author):
        cache.execute("UPDATE messages SET revised = revised + 1 WHERE id = ?", (number,))
        if was is not None:
            indexing.outdate(cache, number, was)
        cache.execute(_BODY, (number, kept.text, kept.fresh, kept.headers))
        cache.execute(_UNINDEXED, (number,))


def _columns(message: RemoteMessage, kept: Packed) -> tuple[object, ...]:
    return (
        message.marker,
        message.direction._value_,
        message.visibility._value_,
        message.author.role._value_,
        message.author.name,
        message.author.address,
        message.received_at,
        message.sent_at,
        message.subject,
        kept.snippet,
        rows.recipients(message.to, message.cc, message.reply_to),
        rows.attachments(message.attachments),
        int(message.automatic),
        int(message.complete),
        int(message.html),
        message.warning,
        message.size,
    )


def _packed(message: RemoteMessage) -> Packed:
    return message.packed or packed(message.text, message.fresh_text, message.headers)


def _place(work: _Work, message: RemoteMessage, number: int) -> None:
    work.store.cache.execute(
        _PLACE, (work.source_id, message.container, message.ref, number, rows.join(message.marks))
    )


def _union_marks(cache: sqlite3.Connection, number: int) -> None:
    """A message in several places bears the marks of all of them; with none left it is gone, but kept."""
    found = cache.execute("SELECT marks FROM places WHERE message_id = ?", (number,)).fetchall()
    marks = found[0][0] if len(found) == 1 else rows.join(frozenset().union(*(rows.split(m) for (m,) in found)))
    cache.execute("UPDATE messages SET marks = ?, gone = ? WHERE id = ?", (marks, int(not found), number))


def _empty(store: Store, source_id: int, container: str, now: int) -> set[int]:
    """Everything in a container is gone: a folder that was rebuilt, or is no longer followed.

    Some hundreds in a transaction, so that a workstation never waits for a large folder. Cut off anywhere, the batch
    is applied again, as its cursor has not been stored.

    Returns:
        cases that changed.
    """
    touched: set[int] = set()
    while True:
        with store.writing_cache() as cache:
            found = cache.execute(
                "DELETE FROM places WHERE source_id = ? AND container = ? AND ref IN "
                "(SELECT ref FROM places WHERE source_id = ? AND container = ? LIMIT ?) RETURNING message_id",
                (source_id, container, source_id, container, EMPTIED),
            ).fetchall()
            if not found:
                return touched
            numbers = [number for (number,) in found if number]
            for number in numbers:
                _union_marks(cache, number)
            of_them = "SELECT DISTINCT case_id FROM messages WHERE id IN (SELECT value FROM json_each(?))"
            cases = threads.resolve_all(store, [one for (one,) in cache.execute(of_them, (json.dumps(numbers),))])
            fold.refold(store, cases, now)
            touched |= cases


def _remove(work: _Work, container: str, ref: str) -> None:
    cache = work.store.cache
    where = (work.source_id, container, ref)
    found = cache.execute(
        "DELETE FROM places WHERE source_id = ? AND container = ? AND ref = ? RETURNING message_id", where
    ).fetchall()
    _refresh(work, [number for (number,) in found])


def _marks(work: _Work, container: str, ref: str, marks: frozenset[str]) -> None:
    cache = work.store.cache
    where = (work.source_id, container, ref)
    cache.execute("UPDATE places SET marks = ? WHERE source_id = ? AND container = ? AND ref = ?", (rows.join(marks), *where))
    found = cache.execute("SELECT message_id FROM places WHERE source_id = ? AND container = ? AND ref = ?", where)
    _refresh(work, [n for (n,) in found])


def _refresh(work: _Work, numbers: Iterable[int]) -> None:
    cache = work.store.cache
    for number in numbers:
        if number:
            _union_marks(cache, number)
            row = cache.execute("SELECT case_id FROM messages WHERE id = ?", (number,)).fetchone()
            if row is not None:
                work.cases.add(row[0])


def _case(work: _Work, case: RemoteCase) -> None:
    number = threads.conversation(work.store, work.source, work.source_id, case.conversation)
    work.store.cache.execute("UPDATE cases SET remote = ? WHERE id = ?", (rows.store_remote_case(case), number))
    work.cases.add(number)
