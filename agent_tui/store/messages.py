"""Reading messages of the cache."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from agent_tui.domain.model import Channel, Message
from agent_tui.store import attachments, rows
from agent_tui.store.database import Store


def channel_of(store: Store, source: str) -> Channel:
    """The channel of a source; one that is no longer configured is shown as e-mail."""
    try:
        return store.workspace.source(source).channel
    except KeyError:
        return Channel.EMAIL


def of_case(store: Store, case_id: int, *, newest_texts: int | None = None) -> tuple[Message, ...]:
    """A case's messages, oldest first.

    Args:
        newest_texts: how many of the newest come with their text; the others have ``text = ""`` and are completed
            by ``get``. None: all.
    """
    found = store.cache.execute(
        f"SELECT {rows.MESSAGE_COLUMNS} FROM messages WHERE case_id = ? ORDER BY id", (case_id,)
    ).fetchall()
    first = 0 if newest_texts is None else max(0, len(found) - newest_texts)
    return tuple(_message(store, row, with_text=place >= first) for place, row in enumerate(found))


def get(store: Store, number: int) -> Message | None:
    """One message, whole."""
    row = store.cache.execute(f"SELECT {rows.MESSAGE_COLUMNS} FROM messages WHERE id = ?", (number,)).fetchone()
    return _message(store, row, with_text=True) if row else None


def newest_ids(store: Store, case_id: int) -> tuple[int, int]:
    """``(newest incoming, newest of ours)`` message ids of a case, 0 where there is none."""
    row = store.cache.execute(
        "SELECT coalesce(max(CASE WHEN direction = 'in' THEN id END), 0), "
        "coalesce(max(CASE WHEN direction = 'out' THEN id END), 0) "
        "FROM messages WHERE case_id = ? AND gone = 0",
        (case_id,),
    ).fetchone()
    return row[0], row[1]


def since(store: Store, case_id: int, seen: int, seen_ours: int) -> tuple[Message, ...]:
    """Messages for the customer's eyes that came after these two ids, oldest first."""
    found = store.cache.execute(
        f"SELECT {rows.MESSAGE_COLUMNS} FROM messages WHERE case_id = ? AND gone = 0 AND visibility != 'note' "
        "AND ((direction = 'in' AND id > ?) OR (direction = 'out' AND id > ?)) ORDER BY id",
        (case_id, seen, seen_ours),
    ).fetchall()
    return tuple(_message(store, row, with_text=True) for row in found)


def by_marker(store: Store, markers: Iterable[str]) -> frozenset[str]:
    """Which of these markers have been pulled."""
    wanted = tuple(m for m in markers if m)
    if not wanted:
        return frozenset()
    marks = ",".join("?" * len(wanted))
    sql = f"SELECT marker FROM messages WHERE marker != '' AND marker IN ({marks})"
    return frozenset(m for (m,) in store.cache.execute(sql, wanted))


def places(store: Store, number: int) -> tuple[tuple[str, str], ...]:
    """``(container, ref)`` of every place a message is in."""
    return tuple(store.cache.execute("SELECT container, ref FROM places WHERE message_id = ?", (number,)).fetchall())


def body(store: Store, number: int) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """``(text, fresh text, headers)`` of a message."""
    row = store.cache.execute("SELECT text, fresh, headers FROM bodies WHERE id = ?", (number,)).fetchone()
    if row is None:
        return "", "", ()
    text = rows.unpack(row[0])
    if row[1] == -1:
        fresh_text = text
    elif row[1] >= 0:
        fresh_text = text[: row[1]]
    else:
        from agent_tui.domain.quotes import fresh

        fresh_text = fresh(text)
    headers = rows.unpack(row[2])
    return text, fresh_text, tuple((n, v) for n, v in json.loads(headers)) if headers else ()


def _message(store: Store, row: Sequence[Any], *, with_text: bool) -> Message:
    source = store.source_name(row[2])
    text, fresh_text, headers = body(store, row[0]) if with_text else ("", "", ())
    found = places(store, row[0]) if with_text else ()
    return rows.message(
        tuple(row), source, channel_of(store, source), text=text, fresh=fresh_text, headers=headers,
        digests=attachments.digests(store, row[0]) if row[14] else None,
        remote_id=f"{found[0][0]}/{found[0][1]}" if found else "",
    )  # fmt: skip
