"""The outbox: operations in ``desk.db``, from the key press to the server's answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent_tui.domain.errors import one_line
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.operations import (
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
from agent_tui.store import threads
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


@dataclass(frozen=True, slots=True)
class Planned:
    """An operation that is to be put in the outbox.

    Args:
        inverse: what undoes it, in order.
        local: the source cannot hold it: it is done by being here and stays in the fold until another of its kind
            replaces it.
    """

    case: int
    source: str
    operation: Operation
    inverse: tuple[Operation, ...] = ()
    local: bool = False


_ADD = (
    "INSERT INTO operations (group_id, case_id, source, kind, body, state, created_at, updated_at, reference, marker, "
    "held_until, not_before, after_id, local, undoes, inverse) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def add(
    store: Store,
    group: int,
    case_id: int,
    source: str,
    operation: Operation,
    *,
    inverse: tuple[Operation, ...] = (),
    local: bool = False,
    held_until: int | None = None,
    not_before: int = 0,
    after: int | None = None,
) -> int:
    """Put one operation in the outbox. To be called inside ``store.writing_desk()``.

    Args:
        inverse, local: see ``Planned``.
        after: it runs only once that operation is sent.

    Returns:
        its id.
    """
    threads.anchor(store, (case_id,))
    planned = Planned(case_id, source, operation, inverse, local)
    row = _planned(store, group, planned, held_until=held_until, not_before=not_before, after=after)
    number = int(store.desk.execute(_ADD, row).lastrowid or 0)
    if local:
        supersede(store, case_id, operation, number)
    return number


def add_all(store: Store, group: int, planned: Sequence[Planned], *, undoes: int | None = None) -> None:
    """Put many operations in the outbox, in this order. To be called inside ``store.writing_desk()``.

    Args:
        undoes: the group that they take back.
    """
    threads.anchor(store, {one.case for one in planned})
    store.desk.executemany(_ADD, [_planned(store, group, one, undoes=undoes) for one in planned])
    if any(one.local for one in planned):
        last = int(store.desk.execute("SELECT max(id) FROM operations").fetchone()[0])
        for number, one in enumerate(planned, last - len(planned) + 1):  # nobody else writes meanwhile
            if one.local:
                supersede(store, one.case, one.operation, number)


def _planned(
    store: Store, group: int, planned: Planned, *, held_until: int | None = None, not_before: int = 0, after: int | None = None,
    undoes: int | None = None,
) -> tuple[object, ...]:  # fmt: skip
    """The values of ``_ADD``."""
    from secrets import token_hex

    now, operation = store.now(), planned.operation
    waiting = held_until is not None and held_until > now
    state = OperationState.DONE if planned.local and after is None else HELD if waiting else QUEUED
    marker = operation.marker if isinstance(operation, Reply | Note) else ""
    return (
        group, planned.case, planned.source, operation.kind, dump(operation), state.value, now, now, token_hex(12), marker,
        held_until if waiting else None, not_before, after, int(planned.local), undoes,
        json.dumps([[one.kind, dump(one)] for one in planned.inverse]),
    )  # fmt: skip


def supersede(store: Store, case_id: int, operation: Operation, number: int) -> None:
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


def set_state(store: Store, number: int, state: OperationState, **columns: Any) -> None:
    """Change an entry whatever its state is, inside a transaction that has just looked at it."""
    columns = _new(store, state, columns)
    names = ", ".join(f"{name} = ?" for name in columns)
    store.desk.execute(f"UPDATE operations SET {names} WHERE id = ?", (*columns.values(), number))


def turn(store: Store, entry: Entry, state: OperationState, **columns: Any) -> bool:
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


def of_messages(store: Store, case_id: int) -> tuple[Entry, ...]:
    """What has been decided of single messages of a case and is still to be laid over them, oldest first."""
    ids = threads.names(store, case_id)
    marks = ",".join("?" * len(ids))
    return select(
        store,
        f"case_id IN ({marks}) AND kind IN ('solution', 'edit', 'remove') AND live = 1 "
        "AND state NOT IN ('cancelled', 'failed', 'conflict') ORDER BY id",
        ids,
    )


def outbox(store: Store, *, everything: bool = False, limit: int = 500) -> tuple[Entry, ...]:
    """What is not over, oldest first; with ``everything`` also what is, newest first."""
    if everything:
        return select(store, "1 ORDER BY id DESC LIMIT ?", (limit,))
    return select(store, f"{PENDING} ORDER BY +id LIMIT ?", (limit,))


def held(store: Store, case_id: int) -> dict[int, int]:
    """What of a case waits for its undo window or a time, by id, with the milliseconds at which that passes."""
    found = store.desk.execute(
        f"SELECT id, held_until FROM operations WHERE live = 1 AND {PENDING} AND held_until IS NOT NULL "
        "AND case_id IN (SELECT value FROM json_each(?))", (json.dumps(threads.names(store, case_id)),),
    )  # fmt: skip
    return dict(found.fetchall())


def inverses(store: Store, numbers: Iterable[int]) -> dict[int, tuple[Operation, ...]]:
    """What takes some operations back, by their ids; nothing where nothing does."""
    found = store.desk.execute(
        "SELECT id, inverse FROM operations WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(numbers)),)
    )
    return {number: tuple(load(kind, text) for kind, text in json.loads(stored)) for number, stored in found.fetchall()}


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
