"""The outbox: operations in ``desk.db``, from the key press to the server's answer."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent_tui.domain.errors import one_line
from agent_tui.domain.model import CaseRef, DeliveryReport, Direction
from agent_tui.domain.operations import (
    MESSAGES,
    Delete,
    Entry,
    Note,
    Operation,
    OperationState,
    Reply,
    SetState,
    Snooze,
    Split,
    dump,
    load,
)
from agent_tui.store import drafts, rows, threads
from agent_tui.store.database import Store

COLUMNS = (
    "id, group_id, case_id, source, kind, body, state, created_at, updated_at, reference, attempts, error, held_until, "
    "not_before, after_id, acknowledged, live, local, undoes"
)
HELD, QUEUED, SENDING = OperationState.HELD, OperationState.QUEUED, OperationState.SENDING
# Worded as the indexes are: SQLite uses an index of some rows only where it sees that these are all that is asked for.
STRUCTURAL = "live = 1 AND kind IN ('merge', 'split', 'rejoin')"
PENDING = "state NOT IN ('done', 'sent', 'cancelled')"


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(
        id=row[0],
        group=row[1],
        case=row[2],
        source=row[3],
        operation=load(row[4], row[5]),
        state=OperationState(row[6]),
        created_at=row[7],
        updated_at=row[8],
        reference=row[9],
        attempts=row[10],
        error=row[11],
        held_until=row[12],
        not_before=row[13],
        after=row[14],
        acknowledged=row[15],
        live=bool(row[16]),
        local=bool(row[17]),
        undoes=row[18],
    )


def select(store: Store, where: str, values: Iterable[Any] = ()) -> tuple[Entry, ...]:
    """Entries for which a condition on the table's columns holds."""
    found = store.desk.execute(f"SELECT {COLUMNS} FROM operations WHERE {where}", tuple(values)).fetchall()
    return tuple(_entry(row) for row in found)


# -- writing ------------------------------------------------------------------------------------------------------


def new_group(store: Store, words: str, *, undo_of: int | None = None) -> int:
    """A group for the operations of one key press; ``words`` say what it did."""
    cursor = store.desk.execute(
        "INSERT INTO groups (words, undo_of, created_at) VALUES (?, ?, ?)", (words, undo_of, store.now())
    )
    return int(cursor.lastrowid or 0)


def end_redo(store: Store) -> None:
    """Something new was done: what was undone before it is not done again (3: neither done nor to be redone)."""
    store.desk.execute("UPDATE groups SET undone = 3 WHERE undone = 1")


def add(
    store: Store,
    group: int,
    case_id: int,
    source: str,
    operation: Operation,
    *,
    inverse: Sequence[Operation] = (),
    local: bool = False,
    held_until: int | None = None,
    not_before: int = 0,
    after: int | None = None,
    undoes: int | None = None,
    anchored: bool = False,
) -> int:
    """Put one operation in the outbox. To be called inside ``store.writing_desk()``.

    Args:
        anchored: the case has been through ``threads.anchor`` already, with others.
        inverse: what undoes it, in order.
        local: the source cannot hold it: it is done by being here and stays in the fold until another of its kind
            replaces it.
        after: it runs only once that operation is sent.

    Returns:
        its id.
    """
    if not anchored:
        threads.anchor(store, (case_id,))
    now = store.now()
    waiting = held_until is not None and held_until > now
    state = OperationState.DONE if local and after is None else HELD if waiting else QUEUED
    marker = operation.marker if isinstance(operation, Reply | Note) else ""
    cursor = store.desk.execute(
        "INSERT INTO operations (group_id, case_id, source, kind, body, state, created_at, updated_at, reference, marker, "
        "held_until, not_before, after_id, local, undoes, inverse) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            group, case_id, source, operation.kind, dump(operation), state.value, now, now, secrets.token_hex(12), marker,
            held_until if waiting else None, not_before, after, int(local), undoes,
            json.dumps([[o.kind, dump(o)] for o in inverse]),
        ),
    )  # fmt: skip
    number = int(cursor.lastrowid or 0)
    if local:
        _supersede(store, case_id, operation, number)
    return number


def _supersede(store: Store, case_id: int, operation: Operation, number: int) -> None:
    """An older local operation that this one makes pointless leaves the fold, so that a case's fold stays short."""
    match operation:
        case SetState() | Snooze():
            kinds: tuple[str, ...] = ("state", "snooze")
        case _ if operation.kind in ("assign", "priority", "star", "customer"):
            kinds = (operation.kind,)
        case _:
            return
    marks = ",".join("?" * len(kinds))
    store.desk.execute(
        f"UPDATE operations SET live = 0 WHERE case_id = ? AND kind IN ({marks}) AND local = 1 AND state = 'done' AND id < ?",
        (case_id, *kinds, number),
    )


def _new(store: Store, state: OperationState, columns: dict[str, Any]) -> dict[str, Any]:
    if "error" in columns:  # a server's words, on their way to a terminal
        columns = {**columns, "error": one_line(columns["error"])}
    return {"state": state.value, "updated_at": store.now(), **columns}


def _set(store: Store, number: int, state: OperationState, **columns: Any) -> None:
    columns = _new(store, state, columns)
    names = ", ".join(f"{name} = ?" for name in columns)
    store.desk.execute(f"UPDATE operations SET {names} WHERE id = ?", (*columns.values(), number))


def _turn(store: Store, entry: Entry, state: OperationState, **columns: Any) -> bool:
    """Change an entry only if it is still in the state that its reader saw: another process may have been quicker,
    and what an agent took back must not be queued again by an engine that looked a moment earlier.
    """
    columns = _new(store, state, columns)
    names = ", ".join(f"{name} = ?" for name in columns)
    changed = store.desk.execute(
        f"UPDATE operations SET {names} WHERE id = ? AND state = ?", (*columns.values(), entry.id, entry.state.value)
    )
    return changed.rowcount > 0


# -- reading ------------------------------------------------------------------------------------------------------


def get(store: Store, number: int) -> Entry | None:
    """One entry."""
    found = select(store, "id = ?", (number,))
    return found[0] if found else None


def live(store: Store, owners: Mapping[int, int]) -> dict[int, list[Entry]]:
    """Entries that the fold of some cases has to apply, by case, oldest first.

    Args:
        owners: every id of the cases, with the case (``threads.owners``).
    """
    found: dict[int, list[Entry]] = {}
    for entry in select(
        store, "live = 1 AND case_id IN (SELECT value FROM json_each(?)) ORDER BY id", (json.dumps(list(owners)),)
    ):
        found.setdefault(owners[entry.case], []).append(entry)
    return found


def messages(store: Store, case_id: int) -> tuple[Entry, ...]:
    """Replies and notes of a case that have not been pulled back from the server, oldest first."""
    ids = threads.names(store, case_id)
    marks = ",".join("?" * len(ids))
    return select(
        store,
        f"case_id IN ({marks}) AND kind IN ('reply', 'note') AND live = 1 AND state NOT IN ('cancelled', 'failed') "
        "ORDER BY id",
        ids,
    )


def outbox(store: Store, *, everything: bool = False, limit: int = 500) -> tuple[Entry, ...]:
    """What is not over, oldest first; with ``everything`` also what is, newest first."""
    if everything:
        return select(store, "1 ORDER BY id DESC LIMIT ?", (limit,))
    return select(store, f"{PENDING} ORDER BY +id LIMIT ?", (limit,))


def inverse(store: Store, number: int) -> tuple[Operation, ...]:
    """What takes an operation back."""
    row = store.desk.execute("SELECT inverse FROM operations WHERE id = ?", (number,)).fetchone()
    return tuple(load(kind, text) for kind, text in json.loads(row[0])) if row else ()


def end_structural(store: Store, case_id: int) -> None:
    """The last merge of this case, or the split that made it, no longer counts: whichever came later."""
    ended = False
    for entry in select(store, f"{STRUCTURAL} ORDER BY id DESC"):
        target = getattr(entry.operation, "case", entry.case)
        if target != case_id or (ended and entry.kind != "rejoin"):
            continue
        ended = ended or entry.kind != "rejoin"
        store.desk.execute("UPDATE operations SET live = 0 WHERE id = ?", (entry.id,))


def undelivered(store: Store) -> int:
    """How many entries are not over."""
    return int(
        store.desk.execute(
            "SELECT count(*) FROM operations WHERE state NOT IN ('done', 'sent', 'cancelled')"
        ).fetchone()[0]
    )


def ended_splits(store: Store, cases: str) -> list[tuple[int, int]]:
    """``(case, its part)`` of splits that no longer count.

    Args:
        cases: ids of the cases that were split, as a JSON list.
    """
    found = select(store, "kind = 'split' AND live = 0 AND case_id IN (SELECT value FROM json_each(?))", (cases,))
    return [(e.case, e.operation.case) for e in found if isinstance(e.operation, Split)]


def structural(store: Store) -> list[tuple[int, Operation]]:
    """Live joins and splits made by hand, oldest first."""
    return [(e.case, e.operation) for e in select(store, f"{STRUCTURAL} ORDER BY id") if e.kind != "rejoin"]


def drafted(store: Store, owners: Mapping[int, int]) -> set[int]:
    """Which of some cases text is being written for.

    Args:
        owners: every id of the cases, with the case.
    """
    found = store.desk.execute(
        "SELECT DISTINCT case_id FROM drafts WHERE state = 'open' AND text != '' AND case_id NOT NULL"
    )
    return {owners[one] for (one,) in found.fetchall() if one in owners}


# -- delivery -----------------------------------------------------------------------------------------------------


def due(store: Store, now: int, *, source: str = "", limit: int = 0) -> tuple[Entry, ...]:
    """What may be delivered now: per case the oldest message and the oldest action that is not blocked.

    Messages of a case leave strictly in order, and one that is unknown or in conflict holds the later ones.
    Actions keep their order among themselves; a staged one waits for its message to be sent.

    Args:
        source: only of this one; empty: of all.
        limit: how many at most; 0: all.
    """
    found = store.desk.execute(
        "SELECT id, case_id, source, kind, state, held_until, not_before, after_id FROM operations "
        f"WHERE {PENDING} AND state != 'failed' ORDER BY +id"
    ).fetchall()
    ready: list[int] = []
    taken: set[tuple[int, bool]] = set()
    cases: dict[int, int] = {}
    for number, case_id, owner, kind, state, held_until, not_before, after in found:
        if case_id not in cases:
            cases[case_id] = threads.resolve(store, case_id)
        lane = (cases[case_id], kind in MESSAGES)
        if lane in taken:
            continue
        if after is not None and not _sent(store, after):
            continue  # staged: the message it waits for decides; later actions need not wait for that
        taken.add(lane)
        released = state == QUEUED or (state == HELD and (held_until or 0) <= now)
        if released and not_before <= now and source in ("", owner):
            ready.append(number)
            if len(ready) == limit:
                break
    return select(store, "id IN (SELECT value FROM json_each(?)) ORDER BY id", (json.dumps(ready),)) if ready else ()


def _sent(store: Store, number: int) -> bool:
    row = store.desk.execute("SELECT state FROM operations WHERE id = ?", (number,)).fetchone()
    return row is not None and row[0] in ("sent", "done", "in_review")


def next_due(store: Store) -> int | None:
    """When the next held or postponed entry may go, in milliseconds, or None. May lie in the past."""
    row = store.desk.execute(
        "SELECT min(max(coalesce(o.held_until, 0), o.not_before)) FROM operations o "
        "WHERE o.state NOT IN ('done', 'sent', 'cancelled') AND o.state IN ('held', 'queued') "
        "AND (o.after_id IS NULL OR EXISTS (SELECT 1 FROM operations m WHERE m.id = o.after_id "
        "AND m.state IN ('sent', 'done', 'in_review')))"
    ).fetchone()
    return int(row[0]) if row[0] is not None else None


def sending(store: Store) -> tuple[Entry, ...]:
    """Entries found in ``sending``: after a crash their outcome is not known."""
    return select(store, f"{PENDING} AND state = 'sending' ORDER BY +id")


def unknown_entries(store: Store) -> tuple[Entry, ...]:
    """Entries whose outcome is not known."""
    return select(store, f"{PENDING} AND state = 'unknown' ORDER BY +id")


def begin(store: Store, entry: Entry) -> Entry:
    """Commit that the bytes are about to leave.

    Returns:
        the entry as it stands now; its state is not ``sending`` if it was cancelled in the meantime.
    """
    with store.writing_desk():
        store.desk.execute(
            "UPDATE operations SET state = 'sending', attempts = attempts + 1, updated_at = ?, held_until = NULL "
            "WHERE id = ? AND state IN ('held', 'queued')",
            (store.now(), entry.id),
        )
    found = get(store, entry.id)
    assert found is not None
    return found


def acknowledge(
    store: Store,
    entry: Entry,
    receipt: str = "",
    remote_id: str = "",
    *,
    state: OperationState | None = None,
    moved: Mapping[tuple[str, str], tuple[str, str]] | None = None,
    marks: Mapping[tuple[str, str], frozenset[str]] | None = None,
    warning: str = "",
) -> frozenset[int]:
    """The server has done it. It stays in the fold until its effect is stored or pulled.

    Args:
        receipt: the server's answer as JSON text.
        moved, marks: see ``sources.base.Receipt``; stored as server state in the same step.
        warning: done, but the agent should know this.

    Returns:
        cases that changed.
    """
    over = state or (OperationState.SENT if entry.kind in MESSAGES else OperationState.DONE)
    source_id = store.source_id(entry.source)
    with store.writing_cache() as cache:
        for (container, ref), (new_container, new_ref) in (moved or {}).items():
            cache.execute(
                "UPDATE OR REPLACE places SET container = ?, ref = ? WHERE source_id = ? AND container = ? AND ref = ?",
                (new_container, new_ref, source_id, container, ref),
            )
        for (container, ref), new_marks in (marks or {}).items():
            where = (source_id, container, ref)
            cache.execute(
                "UPDATE places SET marks = ? WHERE source_id = ? AND container = ? AND ref = ?", (rows.join(new_marks), *where)
            )
            for (number,) in cache.execute(
                "SELECT message_id FROM places WHERE source_id = ? AND container = ? AND ref = ?", where
            ).fetchall():
                cache.execute("UPDATE messages SET marks = ? WHERE id = ?", (rows.join(new_marks), number))
        if isinstance(entry.operation, Delete):
            _delete_places(store, entry)
    with store.writing_desk():
        _set(
            store, entry.id, over,
            acknowledged=receipt or json.dumps({"remote_id": remote_id}), error=warning, not_before=0,
        )  # fmt: skip
        if entry.kind in MESSAGES:
            drafts.freeze_again(store, entry)  # the agent may have taken it for lost in the meantime
            drafts.finish(store, entry)
            if _already_pulled(store, entry):
                store.desk.execute("UPDATE operations SET live = 0 WHERE id = ?", (entry.id,))
            _release_local(store, entry.id)
        elif marks and not isinstance(entry.operation, Delete):
            store.desk.execute("UPDATE operations SET live = 0 WHERE id = ?", (entry.id,))
    return _refold(store, entry.case)


def _delete_places(store: Store, entry: Entry) -> None:
    """What was moved to the bin is where nobody looks, whether or not the server said where."""
    for container, ref in case_ref(store, entry.case, entry.operation).places:
        where = (store.source_id(entry.source), container, ref)
        found = store.cache.execute(
            "DELETE FROM places WHERE source_id = ? AND container = ? AND ref = ? RETURNING message_id", where
        ).fetchall()
        for (number,) in found:
            store.cache.execute(
                "UPDATE messages SET gone = 1 WHERE id = ? AND NOT EXISTS (SELECT 1 FROM places WHERE message_id = ?)",
                (number, number),
            )


def _release_local(store: Store, number: int) -> None:
    """Staged actions that the source cannot hold are done the moment their message is sent."""
    for (one,) in store.desk.execute("SELECT id FROM operations WHERE after_id = ? AND local = 1", (number,)).fetchall():
        _set(store, one, OperationState.DONE)
        entry = get(store, one)
        if entry is not None:
            _supersede(store, entry.case, entry.operation, one)


def _already_pulled(store: Store, entry: Entry) -> bool:
    marker = getattr(entry.operation, "marker", "")
    return bool(marker) and (
        store.cache.execute(
            "SELECT 1 FROM messages WHERE marker = ? AND marker != '' AND source_id = ?", (marker, store.source_id(entry.source))
        ).fetchone()
        is not None
    )


def settle(store: Store, source: str, before: int) -> frozenset[int]:
    """Actions that the server acknowledged before ``before`` leave the fold: a whole round has been pulled since."""
    where = (
        "source = ? AND live = 1 AND local = 0 AND state = 'done' AND updated_at < ? "
        "AND kind NOT IN ('reply', 'note', 'delete')"
    )
    found = frozenset(c for (c,) in store.desk.execute(f"SELECT case_id FROM operations WHERE {where}", (source, before)))
    if found:
        with store.writing_desk():
            store.desk.execute(f"UPDATE operations SET live = 0 WHERE {where}", (source, before))
    return found


def markers(store: Store, source: str, pulled: Iterable[str]) -> list[str]:
    """Which of the markers that were pulled are of messages sent from here."""
    found = store.desk.execute(
        "SELECT DISTINCT marker FROM operations WHERE marker IN (SELECT value FROM json_each(?)) AND marker != '' "
        "AND source = ? AND live = 1",
        (json.dumps([one for one in pulled if one]), source),
    )
    return [marker for (marker,) in found.fetchall()]


def arrived(store: Store, source: str, marker: str) -> frozenset[int]:
    """A copy of a message of ours has been pulled: the local row steps back, and a doubt about it is settled."""
    found = store.desk.execute(
        "SELECT id, case_id, state FROM operations WHERE marker = ? AND marker != '' AND source = ? AND live = 1",
        (marker, source),
    ).fetchall()
    for number, _, _ in found:
        with store.writing_desk():
            entry = get(store, number)
            if entry is None or not _has_left(entry):
                continue
            error = entry.error if entry.state is OperationState.SENT else ""
            if _turn(store, entry, OperationState.SENT, live=0, error=error):
                drafts.finish(store, entry)
                _release_local(store, number)
    return frozenset(case_id for _, case_id, _ in found)


def _has_left(entry: Entry) -> bool:
    """Whether an attempt has been made that may have reached the server, whatever was concluded from it."""
    waits = (HELD, QUEUED, OperationState.CONFLICT)
    over = (OperationState.CANCELLED, OperationState.FAILED)
    return entry.state not in over and (entry.state not in waits or entry.attempts > 0)


def fail(store: Store, entry: Entry, words: str, *, recipients: Sequence[str] = ()) -> frozenset[int]:
    """The server refused for good: a message's text comes back as a draft with the server's words."""
    if recipients:
        words = f"{words} ({', '.join(recipients)})"
    with store.writing_desk():
        message = entry.kind in MESSAGES
        if _turn(store, entry, OperationState.FAILED, error=words, live=int(message)) and message:
            drafts.give_back(store, entry, words)
    return _refold(store, entry.case)


def unknown(store: Store, entry: Entry, words: str) -> frozenset[int]:
    """Nobody can tell yet whether the server has it."""
    with store.writing_desk():
        _turn(store, entry, OperationState.UNKNOWN, error=words)
    return _refold(store, entry.case)


def conflict(store: Store, entry: Entry, words: str) -> frozenset[int]:
    """The case is not what the message was written for: it stays here until the agent decides."""
    with store.writing_desk():
        _turn(store, entry, OperationState.CONFLICT, error=words)
    return _refold(store, entry.case)


def later(store: Store, entry: Entry, words: str, not_before: int) -> None:
    """Certainly not done; try again from ``not_before`` on."""
    with store.writing_desk():
        _turn(store, entry, QUEUED, error=words, not_before=not_before)


def requeue(store: Store, entry: Entry) -> frozenset[int]:
    """Send again: only when it is certain that the server does not have it, or the agent says so.

    Returns:
        cases that changed; none if the entry is no longer what it was.
    """
    with store.writing_desk():
        if not _turn(store, entry, QUEUED, error="", not_before=0, live=1):
            return frozenset()
        drafts.freeze_again(store, entry)
    return _refold(store, entry.case)


def settle_unknown(store: Store, entry: Entry, *, arrived_there: bool) -> frozenset[int]:
    """The agent has found out what became of a message."""
    if arrived_there:
        return acknowledge(store, entry, warning="the agent found that it had arrived")
    with store.writing_desk():
        if _turn(store, entry, OperationState.CANCELLED, live=0):
            drafts.give_back(store, entry, "")
            _drop_staged(store, entry.id)
    return _refold(store, entry.case)


def localise(store: Store, entry: Entry) -> frozenset[int]:
    """The source has no such operation: it is done by being here."""
    with store.writing_desk():
        if _turn(store, entry, OperationState.DONE, local=1, error=""):
            _supersede(store, entry.case, entry.operation, entry.id)
    return _refold(store, entry.case)


def rewrite(store: Store, number: int, operation: Operation) -> None:
    """Replace what an operation carries, before it has left."""
    with store.writing_desk():
        store.desk.execute(
            "UPDATE operations SET body = ? WHERE id = ? AND state IN ('held', 'queued', 'failed', 'conflict')",
            (dump(operation), number),
        )


def cancel(store: Store, entry: Entry, *, refold: bool = True) -> bool:
    """Take back what has not left. A message's text is a draft again.

    Args:
        refold: False: the caller folds the case, with others.

    Returns:
        False if it was too late.
    """
    with store.writing_desk():
        (before,) = store.desk.execute("SELECT state FROM operations WHERE id = ?", (entry.id,)).fetchone()
        changed = store.desk.execute(
            "UPDATE operations SET state = 'cancelled', live = 0, updated_at = ? WHERE id = ? AND "
            "state IN ('held', 'queued', 'conflict', 'failed') AND NOT (state = 'queued' AND attempts > 0 AND kind NOT IN "
            "('reply', 'note'))",
            (store.now(), entry.id),
        ).rowcount
        if changed and entry.kind in MESSAGES:
            if before != OperationState.FAILED:  # then its text came back when it was refused
                drafts.give_back(store, entry, "")
            _drop_staged(store, entry.id)
    if refold:
        _refold(store, entry.case)
    return bool(changed)


def dismiss(store: Store, number: int) -> frozenset[int]:
    """A failed message has been seen to: its text went out another way, or was given up."""
    entry = get(store, number)
    if entry is None or entry.state is not OperationState.FAILED:
        return frozenset()
    with store.writing_desk():
        if _turn(store, entry, OperationState.CANCELLED, live=0):
            _drop_staged(store, number)
    return _refold(store, entry.case)


def _drop_staged(store: Store, number: int) -> None:
    store.desk.execute(
        "UPDATE operations SET state = 'cancelled', live = 0, updated_at = ? WHERE after_id = ? AND state IN ('held', 'queued')",
        (store.now(), number),
    )


def report(store: Store, source: str, delivery: DeliveryReport) -> frozenset[int]:
    """A mail system says that a message of ours did not arrive: it is failed, and its text comes back."""
    if not delivery.failed:
        return frozenset()
    found: tuple[Entry, ...] = ()
    if delivery.marker:
        found = select(store, "marker = ? AND marker != '' AND source = ? AND kind = 'reply'", (delivery.marker, source))
    if not found and delivery.recipients:
        # No Message-ID in the report: the newest message to that address within what a mail system retries.
        recent = select(
            store, "source = ? AND kind = 'reply' AND state = 'sent' AND updated_at > ? ORDER BY id DESC LIMIT 200",
            (source, store.now() - 6 * 86_400_000),
        )  # fmt: skip
        wanted = {r.lower() for r in delivery.recipients}
        found = tuple(
            e for e in recent
            if isinstance(e.operation, Reply) and wanted & {a.address.lower() for a in (*e.operation.to, *e.operation.cc)}
        )[:1]  # fmt: skip
    touched: set[int] = set()
    words = f"{', '.join(delivery.recipients)}: {delivery.words}" if delivery.recipients else delivery.words
    for entry in found:
        # What never left cannot have come back, whoever says so; and a report that is read again says nothing new.
        left = bool(entry.acknowledged) or _has_left(entry)
        if not left or words in entry.error:
            continue
        with store.writing_desk():
            if entry.state is OperationState.FAILED:  # another recipient of the same message
                if _turn(store, entry, OperationState.FAILED, error=f"{entry.error}; {words}"):
                    drafts.add_words(store, entry, words)
            elif _turn(store, entry, OperationState.FAILED, error=words, live=1):
                drafts.give_back(store, entry, words)
        touched.add(threads.resolve(store, entry.case))
    return frozenset(touched)


# -- the case an operation is about -------------------------------------------------------------------------------


def case_ref(store: Store, case_id: int, operation: Operation | None = None) -> CaseRef:
    """A case as a source needs it.

    Args:
        operation: what it is for; a deletion has only to do with what was there when it was decided.
    """
    upto = operation.seen if isinstance(operation, Delete) and operation.seen else 1 << 62
    case_id = threads.resolve(store, case_id)
    row = store.cache.execute("SELECT conversation FROM cases WHERE id = ?", (case_id,)).fetchone()
    found = store.cache.execute(
        "SELECT p.container, p.ref, m.direction FROM messages m JOIN places p ON p.message_id = m.id "
        "WHERE m.case_id = ? AND m.id <= ? ORDER BY m.id",
        (case_id, upto),
    ).fetchall()
    return CaseRef(
        id=case_id,
        conversation=row[0] if row else "",
        places=tuple((c, r) for c, r, _ in found),
        incoming=tuple((c, r) for c, r, d in found if d == Direction.IN.value),
    )


def newer_than_seen(store: Store, entry: Entry) -> str:
    """What has happened in the case since a reply was written, in words; empty if nothing."""
    reply = entry.operation
    if not isinstance(reply, Reply) or reply.mode == "new":
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
    return ""


def is_ours(store: Store, marker: str) -> bool:
    """Whether a message with this marker was sent from this workspace."""
    return bool(marker) and (
        store.desk.execute("SELECT 1 FROM operations WHERE marker = ? AND marker != '' LIMIT 1", (marker,)).fetchone() is not None
    )


def _refold(store: Store, case_id: int) -> frozenset[int]:
    from agent_tui.store import fold

    case_id = threads.resolve(store, case_id)
    fold.refold(store, (case_id,), store.now())
    return frozenset((case_id,))
