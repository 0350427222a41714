"""Who wrote in which cases, by handle."""

from __future__ import annotations

import json
from collections.abc import Iterable

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import HIDDEN
from agent_tui.store.database import Store


@dataclass(frozen=True, slots=True)
class Wrote:
    """What a customer wrote in a case from one handle: on which source, how often, and when."""

    case: int
    source: str
    address: str
    name: str
    messages: int
    first_at: int
    last_at: int


def wrote(store: Store, cases: Iterable[int]) -> tuple[Wrote, ...]:
    """Every handle from which customers wrote in these cases; peers, systems and automatic mail are left out.

    Args:
        cases: as they stand.
    """
    found = store.cache.execute(
        "SELECT m.case_id, m.source_id, m.author_address, max(m.author_name), count(*), min(m.received_at), max(m.received_at) "
        "FROM messages m WHERE m.case_id IN (SELECT value FROM json_each(?)) AND m.direction = 'in' AND m.role = 'customer' "
        "AND m.gone = 0 AND m.automatic = 0 AND m.author_address != '' "
        "GROUP BY m.case_id, m.source_id, m.author_address ORDER BY min(m.id)",
        (json.dumps(list(cases)),),
    ).fetchall()
    return tuple(Wrote(case, store.source_name(source), *rest) for case, source, *rest in found)


def of_name(store: Store, name: str, most: int = 20) -> tuple[tuple[str, str, str], ...]:
    """Source, address and name of customers who are called like this, whoever they are; newest first."""
    found = store.cache.execute(
        "SELECT source_id, customer_address, max(customer_name) FROM cases WHERE customer_name = ? COLLATE NOCASE AND bucket < ? "
        "AND customer_address != '' GROUP BY source_id, customer_address ORDER BY max(updated_at) DESC LIMIT ?",
        (name, HIDDEN, most),
    ).fetchall()
    return tuple((store.source_name(source), address, shown) for source, address, shown in found)
