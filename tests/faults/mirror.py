"""What a workspace knows of its servers, in a form that two workspaces can be compared by."""

from __future__ import annotations

from typing import Any

from agent_tui.store.database import Store

MESSAGE = (
    "direction", "visibility", "role", "author_name", "author_address", "received_at", "sent_at", "subject", "snippet",
    "recipients", "attachments", "marks", "automatic", "complete", "html", "warning", "size",
)  # fmt: skip
CASE = (
    "conversation", "remote", "server_state", "subject", "customer_name", "customer_address", "state", "assignee", "tags", "priority",
    "unread", "messages", "waiting_since", "due_at", "updated_at", "snoozed_until", "partial", "public", "answer", "snippet",
    "attachments", "flagged", "notice", "bucket",
)  # fmt: skip

MORE = "more than the server has"

Mirrored = dict[Any, Any]


def mirrored(store: Store) -> Mirrored:
    """Everything in ``cache.db`` but local numbers and when it was fetched.

    A message that left its server is kept here and marked as gone, so it is left out, and a case that has one is
    ``MORE`` than any server knows.
    """
    cache = store.cache
    found: Mirrored = {}
    bodies = {number: (text, fresh, headers) for number, text, fresh, headers in cache.execute("SELECT * FROM bodies")}
    keys: dict[int, tuple[str, str]] = {}
    by_case: dict[int, set[tuple[str, str]]] = {}
    for number, source, key, case, *rest in cache.execute(
        f"SELECT m.id, s.name, m.key, m.case_id, {', '.join(f'm.{one}' for one in MESSAGE)} "
        "FROM messages m JOIN sources s ON s.id = m.source_id WHERE m.gone = 0"
    ):
        keys[number] = (source, key)
        by_case.setdefault(case, set()).add((source, key))
        assert ("message", source, key) not in found, f"twice here: {source} {key}"
        found["message", source, key] = dict(zip((*MESSAGE, "body"), (*rest, bodies.get(number)), strict=True))
    for source, container, ref, number, marks in cache.execute(
        "SELECT s.name, p.container, p.ref, p.message_id, p.marks FROM places p JOIN sources s ON s.id = p.source_id"
    ):
        found["place", source, container, ref] = (keys.get(number), marks)
    more = {case for (case,) in cache.execute("SELECT case_id FROM messages WHERE gone = 1")}
    for number, source, *rest in cache.execute(
        f"SELECT c.id, s.name, {', '.join(f'c.{one}' for one in CASE)} FROM cases c JOIN sources s ON s.id = c.source_id"
    ):
        if number in by_case:
            found["case", source, frozenset(by_case[number])] = MORE if number in more else dict(zip(CASE, rest, strict=True))
    kept = cache.execute("SELECT bucket, assignee, cases, unread FROM tally WHERE cases != 0 ORDER BY 1, 2").fetchall()
    anew = cache.execute("SELECT bucket, coalesce(assignee, ''), count(*), sum(unread > 0) FROM cases GROUP BY 1, 2 ORDER BY 1, 2")
    found["counts",] = "right" if kept == anew.fetchall() else kept
    for source, container, ref, reason in cache.execute(
        "SELECT s.name, b.container, b.ref, b.reason FROM bad_items b JOIN sources s ON s.id = b.source_id"
    ):
        found["bad item", source, container, ref] = reason
    return found


def differences(here: Mirrored, there: Mirrored) -> list[str]:
    """What is not the same, for people."""
    return [
        f"{what}: {_apart(here.get(what, 'missing'), there.get(what, 'missing'))}"
        for what in sorted(here.keys() | there.keys(), key=str)
        if here.get(what) != there.get(what) and MORE not in (here.get(what), there.get(what))
    ]


def _apart(one: Any, other: Any) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        return ", ".join(f"{name} {one[name]!r} != {other[name]!r}" for name in one if one[name] != other[name])
    return f"{one} != {other}"
