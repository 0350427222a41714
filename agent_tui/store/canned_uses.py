"""Which canned replies went into which case: read back from the outbox, which keeps what was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent_tui.domain.frozen import dataclass
from agent_tui.store.database import Store

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
    """

    number: int
    case: int
    canned: tuple[str, ...]
    text: str
    seen: int
    at: int


def with_canned(store: Store, after: int, limit: int) -> tuple[Sent, ...]:
    """Replies with canned text in them after an operation, the newest of them, oldest first."""
    rows = store.desk.execute(
        f"SELECT {_COLUMNS} FROM operations WHERE {_GONE} AND id > ? AND body LIKE '%\"canned\":[\"%' ORDER BY id DESC LIMIT ?",
        (after, limit),
    ).fetchall()
    return tuple(_sent(row) for row in reversed(rows))


def _sent(row: Sequence[Any]) -> Sent:
    number, case, body, at = row
    values = json.loads(body)
    return Sent(number, case, tuple(values.get("canned", ())), values.get("text", ""), values.get("seen", 0), at)
