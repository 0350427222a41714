"""Removing a person: everything that the workspace holds of an address, so that no copy of it is left in its files.

Three databases and loose files cannot change together, so the order makes a stop at any point harmless: first the
desk, which also remembers (as hashes) what may never come in again, then the cache, then the index, then files. Asking
again finishes what was begun. Databases overwrite what they delete (``secure_delete``), and the index is merged into one
segment, which drops what was only marked as deleted.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from agent_tui.domain.errors import UsageError
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.operations import OVER
from agent_tui.store import attachment_sweep, fold, indexing, rows, threads
from agent_tui.store.database import Store

_PART = 500  # rows looked up at once


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, and what is left.

    Args:
        cases: codes of the cases that are gone as a whole.
        messages: how many.
        drafts: how many, discarded ones too.
        replies: how many operations (replies, notes and what was done with the cases).
        decisions: rulings that stay, without their case, their reason and their facts.
        files: attachments.
        places: by source, how many messages the server or archive still has, and their places ``(container, ref)``.
        mentions: codes of other people's cases in which the address still stands.
    """

    cases: tuple[str, ...] = ()
    messages: int = 0
    drafts: int = 0
    replies: int = 0
    decisions: int = 0
    files: int = 0
    places: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    mentions: tuple[str, ...] = ()

    def wire(self) -> dict[str, object]:
        """As JSON."""
        return {
            "cases": list(self.cases), "messages": self.messages, "drafts": self.drafts, "replies": self.replies,
            "decisions": self.decisions, "files": self.files,
            "places": {source: [list(place) for place in places] for source, places in self.places},
            "mentions": list(self.mentions),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is to go.

    Args:
        cases: whole ones, with every number that stands for them.
        messages: in these and in others.
        touched: other cases that lose messages.
    """

    cases: tuple[int, ...]
    messages: tuple[int, ...]
    touched: tuple[int, ...]


def message_hash(source: str, key: str) -> int:
    """What is remembered of a message that was removed: enough to know it again, too little to tell whose it was."""
    digest = blake2b(f"{source}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def unwanted(store: Store, source: str, keys: Iterable[str]) -> frozenset[str]:
    """Which of a source's messages were removed here and do not come in again."""
    if store.desk.execute("SELECT 1 FROM removed LIMIT 1").fetchone() is None:
        return frozenset()
    hashes = {message_hash(source, key): key for key in keys}
    found = store.desk.execute(
        "SELECT hash FROM removed WHERE hash IN (SELECT value FROM json_each(?))", (json.dumps(list(hashes)),)
    )
    return frozenset(hashes[one] for (one,) in found)


def look(store: Store, address: str) -> Forgotten:
    """What ``forget`` would remove; nothing is changed.

    Raises:
        UsageError: as ``forget``.
    """
    address = _address(store, address)
    scope = _scope(store, address)
    return Forgotten(
        cases=tuple(case_code(one) for one in _roots(store, scope.cases)), messages=len(scope.messages),
        drafts=len(_drafts(store.desk, scope.cases, address)), replies=len(_replies(store.desk, scope.cases, address)),
        places=_places(store, scope.messages),
    )  # fmt: skip


def forget(store: Store, address: str) -> Forgotten:
    """Remove a person.

    Cases of which they are the customer go as a whole, with our answers, notes and drafts; of other people's cases, what
    they wrote and what was written to them alone. To be called by the engine or in its place, with nobody else indexing.

    Args:
        address: an e-mail address or what else the channel names a person by.

    Raises:
        UsageError: it is one of ours, or something is still on its way to them.
        StoreError: the disk or another process is in the way; asking again goes on.
    """
    address = _address(store, address)
    scope = _scope(store, address)
    pending = sum(
        case in scope.cases or address in _to(body)
        for case, body in store.desk.execute(
            "SELECT case_id, body FROM operations WHERE kind IN ('reply', 'note') "
            "AND state NOT IN (SELECT value FROM json_each(?))",
            (json.dumps(OVER),),
        )
    )
    if pending:
        raise UsageError(
            f"messages to {address} are still on their way ({pending}); let them leave or take them back (see "
            "'agent-tui outbox'), then try again"
        )
    codes = tuple(case_code(one) for one in _roots(store, scope.cases))
    places = _places(store, scope.messages)
    digests = _digests(store, scope.messages)
    for connection in (store.desk, store.cache, store.index):
        connection.execute("PRAGMA secure_delete = ON")
    counts, freed = _from_desk(store, scope, address)
    digests |= freed
    _from_cache_and_index(store, scope)
    files = attachment_sweep.drop(store, digests)
    connection = store.index
    connection.execute("INSERT INTO message_index (message_index) VALUES ('optimize')")
    connection.execute("INSERT OR IGNORE INTO terms VALUES (?, 0)", (indexing.STALE,))
    indexing.recount(store)
    for connection in (store.desk, store.cache, store.index):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Forgotten(codes, len(scope.messages), *counts, files, places, _mentions(store, address))


def _scrub(connection: sqlite3.Connection, cases: Sequence[int], address: str) -> tuple[int, int, int]:
    """How many drafts and operations went, and how many decisions lost their case."""
    drafts = _drafts(connection, cases, address)
    replies = _replies(connection, cases, address)
    of_cases = json.dumps(list(cases))
    chosen = "IN (SELECT value FROM json_each(?))"
    connection.execute(f"DELETE FROM drafts WHERE id {chosen}", (json.dumps(drafts),))
    connection.execute(f"DELETE FROM passes WHERE operation_id {chosen}", (json.dumps(replies),))
    connection.execute(f"DELETE FROM operations WHERE id {chosen}", (json.dumps(replies),))
    connection.execute("DELETE FROM groups WHERE id NOT IN (SELECT group_id FROM operations)")
    decisions = connection.execute(
        f"UPDATE decisions SET case_id = 0, scope = '', reason = '', facts = '{{}}', operation = NULL WHERE case_id {chosen}",
        (of_cases,),
    ).rowcount
    for table in ("anchors", "pins", "unfolded", "translations"):
        connection.execute(f"DELETE FROM {table} WHERE case_id {chosen}", (of_cases,))
    return len(drafts), len(replies), decisions


def _address(store: Store, address: str) -> str:
    address = address.strip().casefold()
    if not address:
        raise UsageError("name the address that is to be forgotten")
    if address in store.workspace.agent_addresses:
        raise UsageError(f"{address} is one of this workspace's own addresses; only customers can be forgotten")
    return address


def _scope(store: Store, address: str) -> _Scope:
    cache = store.cache
    found = [row[0] for row in cache.execute("SELECT id FROM cases WHERE lower(customer_address) = ?", (address,))]
    cases = tuple(sorted({name for one in found for name in (one, *threads.names(store, one))}))
    messages = {
        row[0]
        for row in cache.execute(
            "SELECT id FROM messages WHERE case_id IN (SELECT value FROM json_each(?)) OR lower(author_address) = ?",
            (json.dumps(cases), address),
        )
    }
    for number, recipients in cache.execute(
        "SELECT id, recipients FROM messages WHERE direction = 'out' AND lower(recipients) LIKE '%' || ? || '%'", (address,)
    ):
        to, cc, _ = rows.addresses(recipients)
        if {one.address.casefold() for one in (*to, *cc)} == {address}:
            messages.add(number)
    owners = {row[0] for row in _chosen(cache, "SELECT case_id FROM messages WHERE id", messages)}
    return _Scope(cases, tuple(sorted(messages)), tuple(sorted(owners - set(cases))))


def _roots(store: Store, cases: Sequence[int]) -> list[int]:
    return [row[0] for row in _chosen(store.cache, "SELECT id FROM cases WHERE id", cases)]


def _places(store: Store, messages: Sequence[int]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    found: dict[str, list[tuple[str, str]]] = {}
    for source, container, ref in _chosen(
        store.cache, "SELECT source_id, container, ref FROM places WHERE message_id", messages
    ):
        found.setdefault(store.source_name(source), []).append((container, ref))
    return tuple((source, tuple(places)) for source, places in sorted(found.items()))


def _digests(store: Store, messages: Sequence[int]) -> set[str]:
    return {row[0] for row in _chosen(store.cache, "SELECT digest FROM cached_files WHERE message_id", messages)}


def _chosen(connection: sqlite3.Connection, select: str, numbers: Iterable[int]) -> list[tuple[Any, ...]]:
    numbers = list(numbers)
    return [
        row
        for start in range(0, len(numbers), _PART)
        for row in connection.execute(
            f"{select} IN (SELECT value FROM json_each(?))", (json.dumps(numbers[start : start + _PART]),)
        )
    ]


def _to(body: str) -> set[str]:
    """Whom an operation or a draft goes to."""
    value = json.loads(body)
    lists = [value.get(field) or () for field in ("to", "cc", "bcc")]
    return {str(one["address"] if isinstance(one, dict) else one[-1]).casefold() for every in lists for one in every}


def _drafts(desk: sqlite3.Connection, cases: Sequence[int], address: str) -> list[int]:
    found = [row[0] for row in _chosen(desk, "SELECT id FROM drafts WHERE case_id", cases)]
    named = desk.execute("SELECT id, fields FROM drafts WHERE lower(fields) LIKE '%' || ? || '%'", (address,))
    return sorted({*found, *(number for number, fields in named.fetchall() if _to(fields) == {address})})


def _replies(desk: sqlite3.Connection, cases: Sequence[int], address: str) -> list[int]:
    found = [row[0] for row in _chosen(desk, "SELECT id FROM operations WHERE case_id", cases)]
    named = desk.execute("SELECT id, body FROM operations WHERE lower(body) LIKE '%' || ? || '%'", (address,))
    return sorted({*found, *(number for number, body in named.fetchall() if _to(body) == {address})})


def _from_desk(store: Store, scope: _Scope, address: str) -> tuple[tuple[int, int, int], set[str]]:
    """Everything of them in ``desk.db``, and digests of the files that it named."""
    before = attachment_sweep.named_by_desk(store)
    hashes = [
        (message_hash(store.source_name(source), key),)
        for source, key in _chosen(store.cache, "SELECT source_id, key FROM messages WHERE id", scope.messages)
    ]
    with store.writing_desk() as desk:
        desk.executemany("INSERT OR IGNORE INTO removed VALUES (?)", hashes)
        counts = _scrub(desk, scope.cases, address)
    return counts, before - attachment_sweep.named_by_desk(store)


def _from_cache_and_index(store: Store, scope: _Scope) -> None:
    """Everything of them in ``cache.db`` and ``search.db``.

    The cache gets a new identity in the same commit. Should the index not get as far as having it too, it is one of
    another cache, and is thrown away and made anew at the next start.
    """
    waiting = {row[0] for row in _chosen(store.cache, "SELECT message_id FROM unindexed WHERE message_id", scope.messages)}
    held = []
    for number in scope.messages:
        found = None if number in waiting else indexing.held(store.cache, number)
        if found is not None:
            held.append((number, *found.columns()))
    held += [
        (number, *indexing.Held(*rest).columns())
        for number, *rest in _chosen(
            store.cache, "SELECT message_id, subject, author, text FROM outdated WHERE message_id", scope.messages
        )
    ]
    identity = secrets.randbelow((1 << 31) - 1) + 1
    known = store.cache.execute("PRAGMA application_id").fetchone()[0]
    whole = known == store.index.execute("PRAGMA application_id").fetchone()[0]
    numbers, cases = json.dumps(scope.messages), json.dumps(scope.cases)
    with store.writing_cache() as cache:
        cache.execute(f"PRAGMA application_id = {identity}")
        # The place stays without its message: the source knows then that there is nothing to fetch.
        cache.execute(
            "UPDATE places SET message_id = 0, marks = '' WHERE message_id IN (SELECT value FROM json_each(?))", (numbers,)
        )
        for table, column in (("messages", "id"), ("bodies", "id"), ("unindexed", "message_id"),
                              ("outdated", "message_id"), ("named", "message_id"), ("cached_files", "message_id")):  # fmt: skip
            cache.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))", (numbers,))
        # What was split off into another's case stays there, on its own feet.
        cache.execute(
            "UPDATE messages SET origin_id = case_id, subject = coalesce(nullif(subject, ''), "
            "(SELECT c.subject FROM cases c WHERE c.id = origin_id), '') WHERE origin_id IN (SELECT value FROM json_each(?))",
            (cases,),
        )
        for table, column in (("links", "case_id"), ("aliases", "case_id"), ("aliases", "alias"), ("cases", "id")):
            cache.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))", (cases,))
        fold.refold(store, scope.touched, store.now())
    if not whole:
        return
    index = store.index
    index.execute("BEGIN IMMEDIATE")
    index.executemany(
        "INSERT INTO message_index (message_index, rowid, subject, author, body, plain) VALUES ('delete', ?, ?, ?, ?, ?)", held
    )
    index.execute("DELETE FROM forgotten")
    index.execute(f"PRAGMA application_id = {identity}")
    index.execute("COMMIT")


def _mentions(store: Store, address: str) -> tuple[str, ...]:
    """Cases in which other people's words hold the address."""
    from agent_tui.domain.text import index_texts

    words = " ".join(index_texts((address,))[0]).replace('"', " ")
    if not words.strip():
        return ()
    found = store.index.execute("SELECT rowid FROM message_index WHERE message_index MATCH ? LIMIT 1000", (f'"{words}"',))
    cases = {row[0] for row in _chosen(store.cache, "SELECT case_id FROM messages WHERE id", (row[0] for row in found))}
    return tuple(sorted(case_code(one) for one in cases))
