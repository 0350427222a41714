"""Which canned replies went into which case: read back from the outbox, which keeps what was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent_tui.domain.frozen import dataclass
from agent_tui.store import threads
from agent_tui.store.database import Store

WEEK_MS = 7 * 86_400_000
_GONE = "kind = 'reply' AND state NOT IN ('cancelled', 'failed')"
_COLUMNS = "id, case_id, body, created_at"


@dataclass(frozen=True, slots=True)
class Sent:
    """One reply that left, or is on its way.

    Args:
        number: of its operation; grows with time.
        canned: names of the canned replies in it.
        seen: the newest customer message that it answers.
        at: milliseconds.
        to: the name of the first of those it went to.
        words, own, kept, unedited: as ``domain.operations.Reply`` has them; no words: sent before they were counted.
    """

    number: int
    case: int
    canned: tuple[str, ...]
    text: str
    seen: int
    at: int
    to: str = ""
    words: int = 0
    own: int = 0
    kept: tuple[tuple[str, int, int], ...] = ()
    unedited: bool = False


def with_canned(store: Store, after: int, limit: int) -> tuple[Sent, ...]:
    """Replies with canned text in them after an operation, the newest of them, oldest first."""
    rows = store.desk.execute(
        f"SELECT {_COLUMNS} FROM operations WHERE {_GONE} AND id > ? AND body LIKE '%\"canned\":[\"%' ORDER BY id DESC LIMIT ?",
        (after, limit),
    ).fetchall()
    return tuple(_sent(row) for row in reversed(rows))


def newest(store: Store, limit: int) -> tuple[Sent, ...]:
    """Replies, with canned text or without, newest first."""
    rows = store.desk.execute(f"SELECT {_COLUMNS} FROM operations WHERE {_GONE} ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    return tuple(_sent(row) for row in rows)


def came_back(store: Store, sent: Sent) -> bool:
    """Whether the customer wrote again within a week of a reply."""
    case = threads.resolve(store, sent.case)
    found = store.cache.execute(
        "SELECT 1 FROM messages WHERE case_id = ? AND direction = 'in' AND automatic = 0 AND gone = 0 AND id > ? "
        "AND received_at BETWEEN ? AND ? LIMIT 1",
        (case, sent.seen, sent.at, sent.at + WEEK_MS),
    ).fetchone()
    return found is not None


def _sent(row: Sequence[Any]) -> Sent:
    number, case, body, at = row
    values = json.loads(body)
    return Sent(
        number, case, tuple(values.get("canned", ())), values.get("text", ""), values.get("seen", 0), at,
        to=next((one["name"] for one in values.get("to", ())), ""), words=values.get("words", 0), own=values.get("own", 0),
        kept=tuple((name, left, whole) for name, left, whole in values.get("kept", ())),
        unedited=values.get("unedited", False),
    )  # fmt: skip
