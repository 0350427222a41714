"""Decisions in ``desk.db``: what was ruled under a clause in a case, never changed but for whether it may be repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent_tui.domain.decisions import Decision
from agent_tui.store import threads
from agent_tui.store.database import Store

_COLUMNS = (
    "id, clause, version, case_id, source, channel, outcome, amount, scope, reason, facts, agent, operation, once, decided_at"
)


def add(store: Store, decision: Decision) -> Decision:
    """Keep a decision; gives it back with its number.

    Raises:
        StoreError: the desk cannot be written.
    """
    one = decision
    with store.writing_desk() as desk:
        threads.anchor(store, (one.case,))
        cursor = desk.execute(
            f"INSERT INTO decisions ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                one.clause, one.version, one.case, one.source, one.channel, one.outcome, one.amount, one.scope, one.reason,
                json.dumps(dict(one.facts), ensure_ascii=False), one.agent, one.operation, one.once, one.decided_at,
            ),
        )  # fmt: skip
        return replace(one, id=cursor.lastrowid or 0)


def every(store: Store, clause: str = "") -> tuple[Decision, ...]:
    """Decisions, oldest first.

    Args:
        clause: only those under this clause; a policy's id means all of its clauses; empty: all.
    """
    found = store.desk.execute(f"SELECT {_COLUMNS} FROM decisions ORDER BY decided_at, id").fetchall()
    decided = tuple(_decision(store, row) for row in found)
    if not clause:
        return decided
    return tuple(one for one in decided if one.clause == clause or one.clause.partition("#")[0] == clause)


def set_once(store: Store, number: int, *, once: bool) -> bool:
    """Say whether a decision is not to be repeated; whether there is such a one.

    Raises:
        StoreError: the desk cannot be written.
    """
    with store.writing_desk() as desk:
        return desk.execute("UPDATE decisions SET once = ? WHERE id = ?", (once, number)).rowcount > 0


def _decision(store: Store, row: Sequence[Any]) -> Decision:
    return Decision(
        id=row[0], clause=row[1], version=row[2], case=threads.resolve(store, row[3]), source=row[4], channel=row[5],
        outcome=row[6], amount=row[7], scope=row[8], reason=row[9], facts=json.loads(row[10]), agent=row[11],
        operation=row[12], once=bool(row[13]), decided_at=row[14],
    )  # fmt: skip
