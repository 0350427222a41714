"""The cases that a query can find at all, where an index says that they are few.

Without this a query for what is rare (a tag that no case has) would look at everything there is, newest first, and find
nothing. What is given here is never less than what the query finds; the query itself is still asked of each.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from agent_tui.domain.fold import BUCKETS, NEVER
from agent_tui.domain.model import CaseState
from agent_tui.domain.query import Age, And, Date, Field, Node, Or
from agent_tui.store import dates
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
            others = [one for one in node.nodes if not isinstance(one, Age | Date)]
            parts = [part for one in others if (part := few(store, one, me, now, of_cases=of_cases)) is not None]
            if of_cases and (part := _between(store, *dates.times(node, now))) is not None:  # all dates together
                parts.append(part)
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
        case Field(name="is", value="public"):
            return _some(store, "cases INDEXED BY cases_public WHERE public", ())
        case Field(name="is", value="unverified" | "staff" | "solved"):
            return _some(store, "cases INDEXED BY cases_answer WHERE answer != 'none' AND answer = ?", (node.value,))
        case Field(name="has"):
            return _some(store, "messages INDEXED BY messages_attached WHERE attachments != ''", (), "case_id")
        case Field(name="source"):
            return _of_sources(store, [node.value])
        case Field(name="channel"):
            return _of_sources(store, [one.name for one in store.workspace.sources if one.channel == node.value])
        case Age() | Date() if of_cases:
            return _between(store, *dates.times(node, now))
        case _:
            return None


def _some(store: Store, where: str, values: Sequence[object], column: str = "id") -> frozenset[int] | None:
    found = store.cache.execute(f"SELECT {column} FROM {where} LIMIT ?", (*values, FEW + 1)).fetchall()
    return frozenset(one for (one,) in found) if len(found) <= FEW else None


def _between(store: Store, since: int, until: int) -> frozenset[int] | None:
    if (since, until) == dates.EVER:
        return None
    return _some(store, "cases INDEXED BY cases_updated WHERE updated_at >= ? AND updated_at < ?", (since, until))


def _of_sources(store: Store, names: Sequence[str]) -> frozenset[int] | None:
    found: frozenset[int] = frozenset()
    for name in names:
        known = store.known_source(name)
        some = frozenset() if known is None else _some(store, "cases INDEXED BY cases_source WHERE source_id = ?", (known,))
        if some is None or len(found := found | some) > FEW:
            return None
    return found


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
