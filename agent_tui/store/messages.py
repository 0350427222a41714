"""Reading messages of the cache."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from agent_tui.domain.model import Address, Channel, Message, Role, Visibility
from agent_tui.domain.packing import unpack
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

    What was deleted in a chat or community is deleted for its readers, so it is left out here too, unless nothing of that
    service is left. A mail that is in no folder any more stays.

    Args:
        newest_texts: how many of the newest come with their text; the others have ``text = ""`` and are completed
            by ``get``. None: all.
    """
    found = store.cache.execute(
        f"SELECT {rows.MESSAGE_COLUMNS}, gone FROM messages WHERE case_id = ? ORDER BY id", (case_id,)
    ).fetchall()
    if any(row[-1] for row in found):
        found = _there(store, found)
    first = 0 if newest_texts is None else max(0, len(found) - newest_texts)
    return tuple(_message(store, row, with_text=place >= first) for place, row in enumerate(found))


def _there(store: Store, found: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Without what was deleted one by one, where deleting is meant for everybody; ``gone`` is the last column."""
    left = {row[2] for row in found if not row[-1]}
    mail = {one for one in left if channel_of(store, store.source_name(one)) is Channel.EMAIL}
    return [row for row in found if not row[-1] or row[2] not in left or row[2] in mail]


def get(store: Store, number: int) -> Message | None:
    """One message, whole."""
    row = store.cache.execute(f"SELECT {rows.MESSAGE_COLUMNS} FROM messages WHERE id = ?", (number,)).fetchone()
    return _message(store, row, with_text=True) if row else None


def by_ids(store: Store, numbers: Sequence[int]) -> tuple[Message, ...]:
    """Messages with their texts, but without their headers, in the order given; read together."""
    wanted = json.dumps(list(numbers))
    among = "IN (SELECT value FROM json_each(?))"
    columns = ", ".join(f"m.{name.strip()}" for name in rows.MESSAGE_COLUMNS.split(","))
    placed = {
        number: f"{container}/{ref}"
        for number, container, ref in store.cache.execute(
            f"SELECT message_id, container, ref FROM places WHERE message_id {among}", (wanted,)
        )
    }
    found: dict[int, Message] = {}
    for row in store.cache.execute(
        f"SELECT {columns}, b.text, b.fresh FROM messages m LEFT JOIN bodies b ON b.id = m.id WHERE m.id {among}", (wanted,)
    ).fetchall():
        source = store.source_name(row[2])
        text, fresh_text = _texts(row[-2], row[-1])
        found[row[0]] = rows.message(
            row, source, channel_of(store, source), text=text, fresh=fresh_text,
            digests=attachments.digests(store, row[0]) if row[14] else None, remote_id=placed.get(row[0], ""),
        )  # fmt: skip
    return tuple(found[one] for one in numbers if one in found)


def texts(store: Store, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """``(subject, fresh text)`` of messages by their ids, nothing else of them; the case's subject where one has none."""
    found = store.cache.execute(
        "SELECT m.id, coalesce(nullif(m.subject, ''), c.subject, ''), b.text, b.fresh FROM json_each(?) j "
        "CROSS JOIN messages m ON m.id = j.value LEFT JOIN cases c ON c.id = m.case_id LEFT JOIN bodies b ON b.id = m.id",
        (json.dumps(list(numbers)),),
    )
    return {number: (subject, _texts(text, length)[1]) for number, subject, text, length in found.fetchall()}


def newest_ids(store: Store, case_id: int) -> tuple[int, int]:
    """``(newest incoming, newest of ours)`` message ids of a case, 0 where there is none."""
    row = store.cache.execute(
        "SELECT coalesce(max(CASE WHEN direction = 'in' THEN id END), 0), "
        "coalesce(max(CASE WHEN direction = 'out' THEN id END), 0) "
        "FROM messages WHERE case_id = ? AND gone = 0",
        (case_id,),
    ).fetchone()
    return row[0], row[1]


def newest_incoming(store: Store, cases: Iterable[int]) -> dict[int, int]:
    """The newest incoming message of each of these cases that has any."""
    found = store.cache.execute(
        "SELECT case_id, max(id) FROM messages WHERE case_id IN (SELECT value FROM json_each(?)) AND direction = 'in' "
        "AND gone = 0 GROUP BY case_id",
        (json.dumps(list(cases)),),
    )
    return dict(found.fetchall())


def asker(store: Store, case_id: int, source: str) -> Address | None:
    """Who asked last in a case for everybody to read, as a source shows them; None: nobody."""
    row = store.cache.execute(
        "SELECT author_name, author_address FROM messages WHERE case_id = ? AND source_id = ? AND visibility = ? AND role = ? "
        "ORDER BY id DESC LIMIT 1",
        (case_id, store.source_id(source), Visibility.PUBLIC.value, Role.CUSTOMER.value),
    ).fetchone()
    return Address(*row) if row else None


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


def at(store: Store, source: str, container: str, ref: str) -> int:
    """The message at a place, or 0."""
    row = store.cache.execute(
        "SELECT message_id FROM places WHERE source_id = ? AND container = ? AND ref = ?",
        (store.source_id(source), container, ref),
    ).fetchone()
    return row[0] if row else 0


def marks_at(store: Store, source: str, container: str, ref: str) -> frozenset[str]:
    """What the server holds of the message at a place."""
    row = store.cache.execute(
        "SELECT marks FROM places WHERE source_id = ? AND container = ? AND ref = ?", (store.source_id(source), container, ref)
    ).fetchone()
    return rows.split(row[0]) if row else frozenset()


def body(store: Store, number: int) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """``(text, fresh text, headers)`` of a message."""
    row = store.cache.execute("SELECT text, fresh, headers FROM bodies WHERE id = ?", (number,)).fetchone()
    if row is None:
        return "", "", ()
    text, fresh_text = _texts(row[0], row[1])
    headers = unpack(row[2])
    return text, fresh_text, tuple((n, v) for n, v in json.loads(headers)) if headers else ()


def _texts(stored: bytes | str | None, length: int | None) -> tuple[str, str]:
    """``(text, fresh text)`` of a body as ``apply`` stores it."""
    text = unpack(stored)
    if length is None or length == -1:
        return text, text
    if length >= 0:
        return text, text[:length]
    from agent_tui.domain.quotes import fresh

    return text, fresh(text)


def _message(store: Store, row: Sequence[Any], *, with_text: bool) -> Message:
    source = store.source_name(row[2])
    text, fresh_text, headers = body(store, row[0]) if with_text else ("", "", ())
    found = places(store, row[0]) if with_text else ()
    return rows.message(
        tuple(row), source, channel_of(store, source), text=text, fresh=fresh_text, headers=headers,
        digests=attachments.digests(store, row[0]) if row[14] else None,
        remote_id=f"{found[0][0]}/{found[0][1]}" if found else "",
    )  # fmt: skip
