"""What becomes of operations: due, sending, acknowledged, failed, unknown, taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from agent_tui.domain.model import DeliveryReport
from agent_tui.domain.operations import (
    LATER_MS,
    MESSAGES,
    WRITTEN,
    Delete,
    Entry,
    Operation,
    OperationState,
    Reply,
    dump,
)
from agent_tui.store import case_facts, drafts, operations, rows, threads
from agent_tui.store.database import Store

UNPROVEN = "a mail says it came back, but does not prove that it is about this message; ask whether it arrived"
_MOST_WARNINGS = 2_000  # characters; strangers can write as many reports as they like

DRIFT_MS = 5_000  # a time that lies less ahead is nothing to act upon

HELD, QUEUED, SENDING = OperationState.HELD, OperationState.QUEUED, OperationState.SENDING


def due(store: Store, now: int, *, source: str = "", limit: int = 0) -> tuple[Entry, ...]:
    """What may be delivered now: per case the oldest message and the oldest action that is not blocked.

    Messages of a case leave strictly in order, and one that is unknown or in conflict holds the later ones; one that is to
    leave later holds up nothing that was written meanwhile.
    Actions keep their order among themselves; a staged one waits for its message to be sent.

    Args:
        source: only of this one; empty: of all.
        limit: how many at most; 0: all.
    """
    found = store.desk.execute(
        "SELECT id, case_id, source, kind, state, held_until, not_before, after_id, "
        f"attempts = 0 AND not_before - created_at >= {LATER_MS} FROM operations "
        f"WHERE {operations.PENDING} AND state != 'failed' ORDER BY +id"
    ).fetchall()
    ready: list[int] = []
    taken: set[tuple[int, bool]] = set()
    cases: dict[int, int] = {}
    for number, case_id, owner, kind, state, held_until, not_before, after, scheduled in found:
        if case_id not in cases:
            cases[case_id] = threads.resolve(store, case_id)
        lane = (cases[case_id], kind in MESSAGES)
        if lane in taken:
            continue
        if after is not None and not _sent(store, after):
            continue  # staged: the message it waits for decides; later actions need not wait for that
        released = state == QUEUED or (state == HELD and (held_until or 0) <= now)
        if scheduled and not (released and not_before <= now):
            continue
        taken.add(lane)
        if released and not_before <= now and source in ("", owner):
            ready.append(number)
            if len(ready) == limit:
                break
    return operations.select(store, "id IN (SELECT value FROM json_each(?)) ORDER BY id", (json.dumps(ready),)) if ready else ()


def _sent(store: Store, number: int) -> bool:
    row = store.desk.execute("SELECT state FROM operations WHERE id = ?", (number,)).fetchone()
    return row is not None and row[0] in ("sent", "done")


def next_due(store: Store) -> int | None:
    """When the next held or postponed entry may go, in milliseconds, or None. May lie in the past."""
    row = store.desk.execute(
        "SELECT min(max(coalesce(o.held_until, 0), o.not_before)) FROM operations o "
        "WHERE o.state NOT IN ('done', 'sent', 'cancelled') AND o.state IN ('held', 'queued') "
        "AND (o.after_id IS NULL OR EXISTS (SELECT 1 FROM operations m WHERE m.id = o.after_id "
        "AND m.state IN ('sent', 'done')))"
    ).fetchone()
    return int(row[0]) if row[0] is not None else None


def sending(store: Store) -> tuple[Entry, ...]:
    """Entries found in ``sending``: after a crash their outcome is not known."""
    return operations.select(store, f"{operations.PENDING} AND state = 'sending' ORDER BY +id")


def unknown_entries(store: Store) -> tuple[Entry, ...]:
    """Entries whose outcome is not known."""
    return operations.select(store, f"{operations.PENDING} AND state = 'unknown' ORDER BY +id")


def reviewed(store: Store) -> tuple[Entry, ...]:
    """Entries that a server has and keeps back until a moderator looks."""
    return operations.select(store, f"{operations.PENDING} AND state = 'in_review' ORDER BY +id")


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
    found = operations.get(store, entry.id)
    assert found is not None
    return found


def restamp(store: Store, now: int) -> None:
    """After the clock was set back: what was put off for a while waits that while from now on.

    What its author wants sent at a time of day keeps that time.
    """
    with store.writing_desk() as desk:
        desk.execute(
            "UPDATE operations SET held_until = held_until - (updated_at - :now), updated_at = :now, "
            "not_before = CASE WHEN attempts > 0 AND not_before > 0 THEN not_before - (updated_at - :now) ELSE not_before END "
            "WHERE live = 1 AND updated_at > :now + :drift",
            {"now": now, "drift": DRIFT_MS},
        )


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
        operations.set_state(
            store, entry.id, over,
            acknowledged=receipt or json.dumps({"remote_id": remote_id}), error=warning, not_before=0,
        )  # fmt: skip
        if entry.kind in MESSAGES:
            drafts.freeze_again(store, entry)  # the agent may have taken it for lost in the meantime
            drafts.finish(store, entry)
            if _already_pulled(store, entry):
                store.desk.execute("UPDATE operations SET live = 0 WHERE id = ?", (entry.id,))
            if over is not OperationState.IN_REVIEW:
                _release_local(store, entry.id)
        elif entry.kind in WRITTEN:
            drafts.finish(store, entry)
        elif marks and not isinstance(entry.operation, Delete):
            store.desk.execute("UPDATE operations SET live = 0 WHERE id = ?", (entry.id,))
    return _refold(store, entry.case)


def _delete_places(store: Store, entry: Entry) -> None:
    """What was moved to the bin is where nobody looks, whether or not the server said where."""
    for container, ref in case_facts.case_ref(store, entry.case, entry.source, entry.operation).places:
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
        operations.set_state(store, one, OperationState.DONE)
        entry = operations.get(store, one)
        if entry is not None:
            operations.supersede(store, entry.case, entry.operation, one)


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
            entry = operations.get(store, number)
            if entry is None or not _has_left(entry):
                continue
            error = entry.error if entry.state is OperationState.SENT else ""
            if operations.turn(store, entry, OperationState.SENT, live=0, error=error):
                drafts.finish(store, entry)
                _release_local(store, number)
                _found_its_case(store, entry, marker)
    return frozenset(case_id for _, case_id, _ in found)


def _found_its_case(store: Store, entry: Entry, marker: str) -> None:
    """A conversation that we began has a name at its server by now: what was staged behind its message is about that case."""
    row = store.cache.execute(
        "SELECT m.case_id, c.conversation FROM messages m JOIN cases c ON c.id = m.case_id "
        "WHERE m.marker = ? AND m.source_id = ?",
        (marker, store.source_id(entry.source)),
    ).fetchone()
    if row is None or not row[1] or row[0] == entry.case or threads.resolve(store, entry.case) != entry.case:
        return
    threads.anchor_as(store, entry.source, f"conversation:{row[1]}", entry.case)
    with store.writing_cache() as cache:
        cache.execute(
            "INSERT OR IGNORE INTO aliases (alias, case_id) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM cases WHERE id = ?)",
            (entry.case, row[0], entry.case),
        )


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
        written = entry.kind in WRITTEN
        if operations.turn(store, entry, OperationState.FAILED, error=words, live=int(written)) and written:
            drafts.give_back(store, entry, words)
    return _refold(store, entry.case)


def unknown(store: Store, entry: Entry, words: str) -> frozenset[int]:
    """Nobody can tell yet whether the server has it."""
    with store.writing_desk():
        operations.turn(store, entry, OperationState.UNKNOWN, error=words)
    return _refold(store, entry.case)


def conflict(store: Store, entry: Entry, words: str) -> frozenset[int]:
    """The case is not what the message was written for: it stays here until the agent decides."""
    with store.writing_desk():
        operations.turn(store, entry, OperationState.CONFLICT, error=words)
    return _refold(store, entry.case)


def later(store: Store, entry: Entry, words: str, not_before: int) -> None:
    """Certainly not done; try again from ``not_before`` on."""
    with store.writing_desk():
        operations.turn(store, entry, QUEUED, error=words, not_before=not_before)


def requeue(store: Store, entry: Entry, words: str = "", not_before: int = 0) -> frozenset[int]:
    """Send again: only when it is certain that the server does not have it, or the agent says so.

    Args:
        words: why it has not arrived so far.
        not_before: not earlier than this, in milliseconds; 0: at once.

    Returns:
        cases that changed; none if the entry is no longer what it was.
    """
    with store.writing_desk():
        if not operations.turn(store, entry, QUEUED, error=words, not_before=not_before, live=1):
            return frozenset()
        drafts.freeze_again(store, entry)
    return _refold(store, entry.case)


def settle_unknown(store: Store, entry: Entry, *, arrived_there: bool) -> frozenset[int]:
    """The agent has found out what became of a message."""
    if arrived_there:
        return acknowledge(store, entry, warning="the agent found that it had arrived")
    with store.writing_desk():
        if operations.turn(store, entry, OperationState.CANCELLED, live=0):
            drafts.give_back(store, entry, "")
            _drop_staged(store, entry.id)
    return _refold(store, entry.case)


def localise(store: Store, entry: Entry) -> frozenset[int]:
    """The source has no such operation: it is done by being here."""
    with store.writing_desk():
        if operations.turn(store, entry, OperationState.DONE, local=1, error=""):
            operations.supersede(store, entry.case, entry.operation, entry.id)
    return _refold(store, entry.case)


def rewrite(store: Store, number: int, operation: Operation) -> None:
    """Replace what an operation carries, before it has left."""
    with store.writing_desk():
        store.desk.execute(
            "UPDATE operations SET body = ? WHERE id = ? AND state IN ('held', 'queued', 'failed', 'conflict')",
            (dump(operation), number),
        )


def cancel(store: Store, entry: Entry) -> bool:
    """Take back what has not left. A message's text is a draft again.

    Returns:
        False if it was too late.
    """
    changed = cancel_all(store, (entry,))
    _refold(store, entry.case)
    return bool(changed)


def cancel_all(store: Store, entries: Sequence[Entry]) -> frozenset[int]:
    """Take back what has not left, without folding the cases.

    Returns:
        ids of the entries for which it was not too late.
    """
    numbers = json.dumps([one.id for one in entries])
    with store.writing_desk():
        refused = {
            number for (number,) in store.desk.execute(
                "SELECT id FROM operations WHERE id IN (SELECT value FROM json_each(?)) AND state = 'failed'", (numbers,)
            )
        }  # fmt: skip
        taken = {
            number for (number,) in store.desk.execute(
                "UPDATE operations SET state = 'cancelled', live = 0, updated_at = ? WHERE id IN (SELECT value FROM "
                "json_each(?)) AND state IN ('held', 'queued', 'conflict', 'failed') AND NOT (state = 'queued' AND attempts > 0 "
                "AND kind NOT IN ('reply', 'note')) RETURNING id",
                (store.now(), numbers),
            ).fetchall()
        }  # fmt: skip
        for entry in entries:
            if entry.id in taken and entry.kind in WRITTEN:
                if entry.id not in refused:  # else its text came back when it was refused
                    drafts.give_back(store, entry, "")
                _drop_staged(store, entry.id)
    return frozenset(taken)


def dismiss(store: Store, number: int) -> frozenset[int]:
    """A failed message has been seen to: its text went out another way, or was given up."""
    entry = operations.get(store, number)
    if entry is None or entry.state is not OperationState.FAILED:
        return frozenset()
    with store.writing_desk():
        if operations.turn(store, entry, OperationState.CANCELLED, live=0):
            _drop_staged(store, number)
    return _refold(store, entry.case)


def _drop_staged(store: Store, number: int) -> None:
    store.desk.execute(
        "UPDATE operations SET state = 'cancelled', live = 0, updated_at = ? WHERE after_id = ? AND state IN ('held', 'queued')",
        (store.now(), number),
    )


def report(store: Store, source: str, delivery: DeliveryReport) -> frozenset[int]:
    """A mail system says that a message of ours did not arrive: it is failed, and its text comes back.

    The draft is addressed to those whom it did not reach; the others have it. Anybody can write a mail that looks
    like a report: only one that names our message and somebody to whom it went is believed. Any other is no more than
    a warning at the message that it seems to be about.
    """
    if not delivery.failed:
        return frozenset()
    found: tuple[Entry, ...] = ()
    if delivery.marker:
        mine = "marker = ? AND marker != '' AND source = ? AND kind = 'reply'"
        found = operations.select(store, mine, (delivery.marker, source))
    if not found and delivery.recipients:
        # No Message-ID in the report: the newest message to that address within what a mail system retries.
        recent = operations.select(
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
        if entry.state is not OperationState.FAILED and not _believed(entry, delivery):
            if _warn(store, entry, words):
                touched.add(threads.resolve(store, entry.case))
            continue
        with store.writing_desk():
            if entry.state is OperationState.FAILED:  # another recipient of the same message
                if operations.turn(store, entry, OperationState.FAILED, error=f"{entry.error}; {words}"):
                    drafts.add_words(store, entry, words, missed=delivery.recipients)
            elif operations.turn(store, entry, OperationState.FAILED, error=words, live=1):
                drafts.give_back(store, entry, words, missed=delivery.recipients)
        touched.add(threads.resolve(store, entry.case))
    return frozenset(touched)


def _believed(entry: Entry, delivery: DeliveryReport) -> bool:
    """Whether a report names the message, and somebody to whom it was sent."""
    operation = entry.operation
    if not isinstance(operation, Reply) or not delivery.marker or delivery.marker != operation.marker:
        return False
    sent = {a.address.lower() for a in (*operation.to, *operation.cc, *operation.bcc)}
    return delivery.certain or not sent.isdisjoint(one.lower() for one in delivery.recipients)


def _warn(store: Store, entry: Entry, words: str) -> bool:
    """Tell the agent of a report that proves nothing; the message keeps its state."""
    if len(entry.error) > _MOST_WARNINGS:
        return False
    told = f"{entry.error}; {UNPROVEN}: {words}".removeprefix("; ")
    with store.writing_desk():
        return operations.turn(store, entry, entry.state, error=told)


def _refold(store: Store, case_id: int) -> frozenset[int]:
    from agent_tui.store import fold

    case_id = threads.resolve(store, case_id)
    fold.refold(store, (case_id,), store.now())
    return frozenset((case_id,))
