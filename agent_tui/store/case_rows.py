"""Rows of ``cases`` as values, and their tally: what a list needs, importing as little as can be (the first frame needs it)."""

from __future__ import annotations

from agent_tui.domain.model import HIDDEN, Address, Answer, Cached, Case, CaseState, Channel, Priority

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any

ORDER = "bucket, sort1, sort2, id"

CASE_COLUMNS = (
    "id, source_id, subject, customer_name, customer_address, state, assignee, tags, priority, unread, messages, "
    "waiting_since, due_at, updated_at, snoozed_until, partial, public, answer, snippet, attachments, draft, flagged, "
    "version, local, notice, outgoing"
)

_STATES = {s.value: s for s in CaseState}
_PRIORITIES = {p.value: p for p in Priority}
_ANSWERS = {a.value: a for a in Answer}


def split(stored: str) -> frozenset[str]:
    """The set that ``join`` stored."""
    return frozenset(stored.split("\n")) if stored else frozenset()


def case(row: sqlite3.Row | tuple[Any, ...], source: str, channel: Channel) -> Case:
    """A case from a row of ``CASE_COLUMNS``."""
    return Case(
        id=row[0],
        source=source,
        channel=channel,
        subject=row[2],
        customer=Address(row[3], row[4]),
        state=_STATES[row[5]],
        assignee=row[6],
        tags=tuple(row[7].split("\n")) if row[7] else (),
        priority=_PRIORITIES[row[8]],
        unread=row[9],
        messages=row[10],
        waiting_since=row[11],
        due_at=row[12],
        updated_at=row[13],
        snoozed_until=row[14],
        cached=Cached.PARTIAL if row[15] else Cached.FULL,
        public=bool(row[16]),
        answer=_ANSWERS[row[17]],
        snippet=row[18],
        attachments=bool(row[19]),
        draft=bool(row[20]),
        flagged=bool(row[21]),
        version=row[22],
        local=split(row[23]),
        notice=row[24],
        outgoing=row[25],
    )


def counts(cache: sqlite3.Connection, me: str) -> dict[str, int]:
    """Cases per view, from a tally kept by triggers: costs the same with a million cases.

    Args:
        cache: ``cache.db``.
        me: who "mine" are.
    """
    result = dict.fromkeys(("inbox", "mine", "unassigned", "waiting", "snoozed", "closed", "spam", "drafts", "all"), 0)
    names = {0: "inbox", 1: "waiting", 2: "snoozed", 3: "closed", 4: "spam"}
    for bucket, assignee, number in cache.execute("SELECT bucket, assignee, cases FROM tally").fetchall():
        if bucket == HIDDEN:
            continue
        result[names[bucket]] += number
        result["all"] += number
        if bucket == 0 and assignee == me:
            result["mine"] += number
        if bucket == 0 and not assignee:
            result["unassigned"] += number
    drafted = cache.execute(f"SELECT count(*) FROM cases WHERE draft = 1 AND bucket < {HIDDEN}").fetchone()
    result["drafts"] = drafted[0]
    return result
