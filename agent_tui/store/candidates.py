"""The cases that a query can find at all, where an index says that they are few.

Without this a query for what is rare (a tag that no case has) would look at everything there is, newest first, and find
nothing. What is given here is never less than what the query finds; the query itself is still asked of each.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from agent_tui.domain.fold import BUCKETS, NEVER
from agent_tui.domain.model import CaseState
from agent_tui.domain.query import And, Field, Node, Or
from agent_tui.store.database import Store

FEW = 2_000  # cases up to which they are looked at instead of everything
TAG_SETS = 2_000  # different sets of tags that are looked through for one tag


def few(store: Store, node: Node, me: str, now: int, *, of_cases: bool) -> frozenset[int] | None:
    """Ids of cases, one of which whatever the query finds is or is in; None where they are many or no index says.

    Args:
        me: who "mine" are.
        now: milliseconds.
        of_cases: as for ``search_sql.Compiler``.
    """
    match node:
        case And():
            parts = [part for one in node.nodes if (part := few(store, one, me, now, of_cases=of_cases)) is not None]
            return frozenset.intersection(*parts) if parts else None
        case Or():
            either: set[int] = set()
            for one in node.nodes:
                part = few(store, one, me, now, of_cases=of_cases)
                if part is None:
                    return None
                either |= part
            return frozenset(either) if len(either) <= FEW else None
        case Field(name="tag"):
            return _tagged(store, node.value)
        case Field(name="assignee") if node.value != "none":
            return _assigned(store, me if node.value == "me" else node.value)
        case Field(name="is", value="mine"):
            return _assigned(store, me)
        case Field(name="is", value="unread") if of_cases:
            return _some(store, "cases INDEXED BY cases_unread WHERE unread > 0", ())
        case Field(name="is", value="overdue"):  # only what waits for us can be; see domain.fold.sort_keys
            return _some(store, "cases INDEXED BY cases_list WHERE bucket = 0 AND sort1 < ?", (2 * NEVER + now,))
        case Field(name="is", value="unanswered"):
            return _in_buckets(store, BUCKETS[CaseState.OPEN], BUCKETS[CaseState.SNOOZED])
        case Field(name="state"):
            return _in_buckets(store, BUCKETS[CaseState(node.value)])
        case _:
            return None


def _some(store: Store, where: str, values: Sequence[object]) -> frozenset[int] | None:
    found = store.cache.execute(f"SELECT id FROM {where} LIMIT ?", (*values, FEW + 1)).fetchall()
    return frozenset(one for (one,) in found) if len(found) <= FEW else None


def _assigned(store: Store, handle: str) -> frozenset[int] | None:
    return _some(store, "cases INDEXED BY cases_assignee WHERE assignee = ?", (handle,))


def _in_buckets(store: Store, *buckets: int) -> frozenset[int] | None:
    marks = ", ".join("?" * len(buckets))
    return _some(store, f"cases INDEXED BY cases_list WHERE bucket IN ({marks})", buckets)


def _tagged(store: Store, tag: str) -> frozenset[int] | None:
    """Cases with a tag, by way of the different sets of tags there are: each is found by one step into the index."""
    sets = store.cache.execute(
        "WITH RECURSIVE different (tags) AS (SELECT min(tags) FROM cases INDEXED BY cases_tagged WHERE tags != '' "
        "UNION ALL SELECT (SELECT min(c.tags) FROM cases c INDEXED BY cases_tagged WHERE c.tags != '' AND c.tags > d.tags) "
        "FROM different d WHERE d.tags IS NOT NULL LIMIT ?) SELECT tags FROM different WHERE tags IS NOT NULL",
        (TAG_SETS + 1,),
    ).fetchall()
    if len(sets) > TAG_SETS:
        return None
    wanted = tag.casefold()
    having = [one for (one,) in sets if wanted in one.casefold().split("\n")]
    if not having:
        return frozenset()
    return _some(
        store, "cases INDEXED BY cases_tagged WHERE tags != '' AND tags IN (SELECT value FROM json_each(?))",
        (json.dumps(having),),
    )  # fmt: skip
