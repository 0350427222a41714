"""The dates of a query as a range of message ids, so that what is too old or too new is not even looked at.

A message's id says in which second it was received, with two exceptions: a second that holds more messages than it has ids
runs over into the next ones, and a message may be revised with another time. An index holds these alone.
"""

from __future__ import annotations

from agent_tui.domain.identifiers import COUNTER_BITS, first_message_id
from agent_tui.domain.query import Age, And, Date, Node
from agent_tui.store.database import Store

EVER = (-(1 << 62), 1 << 62)
# As the index messages_strayed has it (see schema.py): SQLite uses it only where it is asked for in these words.
_STRAYED = "(id >> 6) != max(1, received_at / 1000 - 631152000)"


def span(store: Store, root: Node, now: int) -> tuple[int, int] | None:
    """The lowest and the highest id that a message can have which the dates of a query allow; None where it names no date.

    Args:
        now: milliseconds.
    """
    since, until = times(root, now)
    if (since, until) == EVER:
        return None
    low = first_message_id(since) if since > EVER[0] else 0
    high = first_message_id(until - 1) + (1 << COUNTER_BITS) - 1 if until < EVER[1] else EVER[1]
    strayed = store.cache.execute(
        f"SELECT min(id), max(id) FROM messages INDEXED BY messages_strayed WHERE {_STRAYED} AND received_at >= ? "
        "AND received_at < ?", (since, until),
    ).fetchone()  # fmt: skip
    if strayed[0] is not None:
        low, high = min(low, strayed[0]), max(high, strayed[1])
    return low, high


def times(node: Node, now: int) -> tuple[int, int]:
    """From when on, and until when (that no longer), a query allows, in milliseconds; ``EVER`` where it does not say."""
    match node:
        case And():
            parts = [times(one, now) for one in node.nodes]
            return max((one[0] for one in parts), default=EVER[0]), min((one[1] for one in parts), default=EVER[1])
        case Age(name="older"):
            return EVER[0], now - node.ms
        case Age():
            return now - node.ms, EVER[1]
        case Date(name="before"):
            return EVER[0], node.ms
        case Date():
            return node.ms, EVER[1]
        case _:
            return EVER
