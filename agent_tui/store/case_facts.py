"""The case an operation is about, as a source needs it, and what has happened in it since a reply was written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from agent_tui.domain.model import CaseRef, Direction
from agent_tui.domain.operations import (
    EVERYWHERE,
    Delete,
    Entry,
    Operation,
    Reply,
)
from agent_tui.store import scheduled, threads
from agent_tui.store.database import Store


def case_ref(store: Store, case_id: int, source: str, operation: Operation | None = None) -> CaseRef:
    """A case as a source needs it: what it holds on that source, and nothing of what another one holds.

    Args:
        operation: what it is for; a deletion has only to do with what was there when it was decided.
    """
    thread = _thread_of(store, operation, source) if isinstance(operation, Reply) else 0
    upto = operation.seen if isinstance(operation, Delete) and operation.seen else 1 << 62
    case_id = threads.resolve(store, case_id)
    source_id = store.source_id(source)
    marks = json.dumps(threads.names(store, case_id))
    row = store.cache.execute(
        "SELECT conversation FROM cases WHERE source_id = ? AND conversation != '' AND id IN (SELECT value FROM json_each(?)) "
        "ORDER BY id != ?, id != ? LIMIT 1",
        (source_id, marks, thread, case_id),
    ).fetchone()
    found = store.cache.execute(
        "SELECT p.container, p.ref, m.direction FROM messages m JOIN places p ON p.message_id = m.id "
        "WHERE m.case_id = ? AND m.id <= ? AND p.source_id = ? ORDER BY m.id",
        (case_id, upto, source_id),
    ).fetchall()
    return CaseRef(
        id=case_id,
        conversation=row[0] if row else "",
        places=tuple((c, r) for c, r, _ in found),
        incoming=tuple((c, r) for c, r, d in found if d == Direction.IN.value),
    )


def parts(store: Store, case_id: int, source: str, operation: Operation) -> tuple[CaseRef, ...]:
    """A case as a source is told of it: one part for each of the server's conversations, where a merge has joined several.

    Args:
        operation: what the source is told.

    Returns:
        at least one; each has the places of its own conversation only, the one that the case is named after first.
    """
    whole = case_ref(store, case_id, source, operation)
    if not whole.conversation or operation.kind not in EVERYWHERE:
        return (whole,)
    conversations = store.cache.execute(
        "SELECT id, conversation FROM cases WHERE source_id = ? AND conversation != '' "
        "AND id IN (SELECT value FROM json_each(?)) ORDER BY conversation != ?, id",
        (store.source_id(source), json.dumps(threads.names(store, whole.id)), whole.conversation),
    ).fetchall()
    if len(conversations) < 2:
        return (whole,)
    origins: dict[tuple[str, str], int] = {
        (container, ref): origin for container, ref, origin in store.cache.execute(
            "SELECT p.container, p.ref, m.origin_id FROM messages m JOIN places p ON p.message_id = m.id "
            "WHERE m.case_id = ? AND p.source_id = ?", (whole.id, store.source_id(source)),
        )
    }  # fmt: skip
    return tuple(
        replace(
            whole, conversation=conversation, places=tuple(one for one in whole.places if origins[one] == origin),
            incoming=tuple(one for one in whole.incoming if origins[one] == origin),
        )
        for origin, conversation in conversations
    )  # fmt: skip


def _thread_of(store: Store, reply: Reply, source: str) -> int:
    """The case that the server's own conversation is in which a reply is an answer: a case may have several on one source."""
    source_id = store.source_id(source)
    row = None
    if reply.answered is not None:
        row = store.cache.execute(
            "SELECT m.origin_id FROM places p JOIN messages m ON m.id = p.message_id "
            "WHERE p.source_id = ? AND p.container = ? AND p.ref = ?", (source_id, *reply.answered),
        ).fetchone()  # fmt: skip
    elif reply.in_reply_to:
        row = store.cache.execute(
            "SELECT origin_id FROM messages WHERE marker = ? AND marker != '' AND source_id = ?", (reply.in_reply_to, source_id)
        ).fetchone()
    return int(row[0]) if row is not None else 0


def elsewhere(store: Store, ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Sources on which a customer has written in a case, other than the case's own; cases that have none are left out.

    Args:
        ids: of cases as they stand.
    """
    found: dict[int, tuple[str, ...]] = {}
    for case_id, source_id in store.cache.execute(
        "SELECT DISTINCT m.case_id, m.source_id FROM messages m JOIN cases c ON c.id = m.case_id WHERE m.case_id IN "
        "(SELECT value FROM json_each(?)) AND m.source_id != c.source_id AND m.direction = 'in' AND m.gone = 0 "
        "ORDER BY m.case_id, m.source_id", (json.dumps(list(ids)),),
    ).fetchall():  # fmt: skip
        found[case_id] = (*found.get(case_id, ()), store.source_name(source_id))
    return found


def newer_than_seen(store: Store, entry: Entry) -> str:
    """What has happened in the case since a reply was written, in words; empty if nothing."""
    reply = entry.operation
    if not isinstance(reply, Reply) or reply.mode in ("new", "move"):
        return ""
    case_id = threads.resolve(store, entry.case)
    found = store.cache.execute(
        "SELECT author_name, author_address, direction, marker FROM messages WHERE case_id = ? AND gone = 0 "
        "AND automatic = 0 AND visibility != 'note' AND ((direction = 'in' AND id > ?) OR (direction = 'out' AND id > ?)) "
        "ORDER BY (direction = 'in') DESC, id DESC LIMIT 50",
        (case_id, reply.seen, reply.seen_ours),
    ).fetchall()
    for name, address, direction, marker in found:
        who = name or address or "somebody"
        if direction == Direction.IN.value:
            return f"{who} wrote again after this reply was written"
        if not is_ours(store, marker):
            return f"a colleague ({who}) answered after this reply was written"
    row = store.cache.execute("SELECT server_state FROM cases WHERE id = ?", (case_id,)).fetchone()
    if row is not None and row[0] in ("closed", "spam") and reply.server_state not in ("", row[0]):
        return f"the case was {'closed' if row[0] == 'closed' else 'filed as spam'} after this reply was written"
    return scheduled.moved(store, entry) if entry.scheduled else ""


def is_ours(store: Store, marker: str) -> bool:
    """Whether a message with this marker was sent from this workspace."""
    return bool(marker) and (
        store.desk.execute("SELECT 1 FROM operations WHERE marker = ? AND marker != '' LIMIT 1", (marker,)).fetchone() is not None
    )
