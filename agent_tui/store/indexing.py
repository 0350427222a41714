"""Writing the full-text index; the engine (or a one-shot command in its place) alone does it.

Messages wait in ``unindexed`` and are taken in batches: thousands at a time cost a third of what hundreds do. Beside
the index stands its vocabulary with how many messages hold each word, from which the beginning of a word is expanded.
While much is taken in, that is counted from a sample; when the index is complete, from the index itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.packing import unpack
from agent_tui.domain.text import index_texts
from agent_tui.store.database import Store

INDEX_BATCH = 4_000
MUCH = 1_000  # messages in one batch from which on the vocabulary is counted from a sample
SAMPLE = 24  # one of so many
HASH_BYTES = 33_554_432  # of words held in memory before they become a segment of the index
STALE = ""  # a word of the vocabulary that no text has: there while it is only a sample


@dataclass(frozen=True, slots=True)
class Held:
    """What the index holds of a message, or is to hold.

    Args:
        subject: the message's own, or its case's where it has none.
        author: name and address.
        text: as stored.
    """

    subject: str
    author: str
    text: bytes | str | None

    def columns(self) -> tuple[str, ...]:
        """The columns of the index."""
        columns, plain = index_texts((self.subject, self.author, unpack(self.text)))
        return *columns, plain


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message for the index.

    Args:
        revised: how often it has been revised so far.
        held: what the index is to hold.
        outdated: what the index holds already, as rows of ``outdated``.
    """

    number: int
    revised: int
    held: Held
    outdated: Sequence[tuple[int, Held]] = ()


_HELD = "coalesce(nullif(m.subject, ''), c.subject, ''), m.author_name || ' ' || m.author_address, b.text"
_HELD_NOW = _HELD.replace("coalesce(", "coalesce(n.subject, ", 1)
_OF = "LEFT JOIN cases c ON c.id = m.origin_id LEFT JOIN bodies b ON b.id = m.id"


@lru_cache(maxsize=1)
def _term_pattern() -> Any:
    import regex

    return regex.compile(r"[\p{L}\p{N}\p{Co}\p{Mc}\p{Mn}]{2,30}")  # as the index's tokenizer cuts words


def index(store: Store, limit: int = INDEX_BATCH) -> int:
    """Take messages above the watermark into the index.

    A crash between the two files' commits only indexes a batch again, which gives the same entries.

    Returns:
        how many were taken; 0 when the index is complete.

    Raises:
        StoreError: the disk does not take it; the messages still wait.
    """
    if store.cache.execute("SELECT 1 FROM unindexed LIMIT 1").fetchone() is None:
        return 0
    with store.writing_index() as connection:  # first of all: another writer may just be taking the same messages
        found = _waiting(store, limit)
        if found:
            _widen(connection)
            _forget(store, found)
            entries = [(one.number, *one.held.columns()) for one in found]
            connection.executemany(
                "INSERT INTO message_index (rowid, subject, author, body, plain) VALUES (?, ?, ?, ?, ?)", entries
            )
            _count(connection, entries)
        else:
            with store.writing_cache() as cache:
                cache.execute("DELETE FROM unindexed WHERE message_id NOT IN (SELECT id FROM messages)")
                cache.execute("DELETE FROM outdated WHERE message_id NOT IN (SELECT id FROM messages)")
    with store.writing_cache() as cache:
        _taken(cache, found)
    return len(found)


def _waiting(store: Store, limit: int) -> list[_Waiting]:
    """The newest messages that wait, by ascending id."""
    cache = store.cache
    found = cache.execute(
        f"SELECT m.id, m.revised, {_HELD} FROM unindexed u JOIN messages m ON m.id = u.message_id {_OF} "
        "ORDER BY u.message_id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    outdated: dict[int, list[tuple[int, Held]]] = {}
    for one, number, *held in cache.execute(
        "SELECT id, message_id, subject, author, text FROM outdated WHERE message_id IN (SELECT value FROM json_each(?))",
        (json.dumps([row[0] for row in found]),),
    ):
        outdated.setdefault(number, []).append((one, Held(*held)))
    return [
        _Waiting(number, revised, Held(*held), outdated.get(number, ()))
        for number, revised, *held in reversed(found)
    ]


def held(cache: sqlite3.Connection, number: int) -> Held | None:
    """What the index holds of a message that it has; None where there is no such message."""
    row = cache.execute(
        f"SELECT {_HELD_NOW} FROM messages m {_OF} LEFT JOIN named n ON n.message_id = m.id WHERE m.id = ?", (number,)
    ).fetchone()
    return None if row is None or row[2] is None else Held(*row)


def outdate(cache: sqlite3.Connection, number: int, was: Held) -> None:
    """A message is about to be revised: what the index holds of it has to go. To be called while ``cache`` writes."""
    if cache.execute("SELECT 1 FROM unindexed WHERE message_id = ?", (number,)).fetchone() is None:
        cache.execute(
            "INSERT INTO outdated (message_id, subject, author, text) VALUES (?, ?, ?, ?)",
            (number, was.subject, was.author, was.text),
        )


def _forget(store: Store, found: Sequence[_Waiting]) -> None:
    """Take out of the index what it holds of messages that have been revised; once, even if a kill between the two
    files' commits makes it come again.
    """
    if not any(one.outdated for one in found):
        return
    connection = store.index
    still = json.dumps([row for (row,) in store.cache.execute("SELECT id FROM outdated")])
    connection.execute("DELETE FROM forgotten WHERE id NOT IN (SELECT value FROM json_each(?))", (still,))
    done = {row for (row,) in connection.execute("SELECT id FROM forgotten")}
    left = [(row, one.number, was) for one in found for row, was in one.outdated if row not in done]
    connection.executemany(
        "INSERT INTO message_index (message_index, rowid, subject, author, body, plain) VALUES ('delete', ?, ?, ?, ?, ?)",
        [(number, *was.columns()) for _, number, was in left],
    )
    connection.executemany("INSERT INTO forgotten VALUES (?)", [(row,) for row, _, _ in left])


def _taken(cache: sqlite3.Connection, found: Sequence[_Waiting]) -> None:
    """The index has these. Where a message was revised meanwhile, what it has is out of date already."""
    cache.executemany("DELETE FROM outdated WHERE id = ?", [(row,) for one in found for row, _ in one.outdated])
    cache.executemany("DELETE FROM named WHERE message_id = ?", [(one.number,) for one in found])
    cache.executemany(
        "INSERT INTO named SELECT id, ? FROM messages WHERE id = ? AND subject = ''",
        [(one.held.subject, one.number) for one in found],
    )
    now = dict(
        cache.execute(
            "SELECT id, revised FROM messages WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([one.number for one in found]),),
        ).fetchall()
    )
    cache.executemany(
        "DELETE FROM unindexed WHERE message_id = ?",
        [(one.number,) for one in found if now.get(one.number, one.revised) == one.revised],
    )
    cache.executemany(
        "INSERT INTO outdated (message_id, subject, author, text) VALUES (?, ?, ?, ?)",
        [
            (one.number, one.held.subject, one.held.author, one.held.text or "")
            for one in found
            if now.get(one.number, one.revised) != one.revised
        ],
    )


def _widen(connection: sqlite3.Connection) -> None:
    """Let a whole batch become one segment."""
    row = connection.execute("SELECT v FROM message_index_config WHERE k = 'hashsize'").fetchone()
    if row is None or row[0] != HASH_BYTES:
        connection.execute("INSERT INTO message_index (message_index, rank) VALUES ('hashsize', ?)", (HASH_BYTES,))


def _count(connection: sqlite3.Connection, entries: list[tuple[Any, ...]]) -> None:
    """Add the words of these entries to the vocabulary, or those of a sample where they are many."""
    weight = SAMPLE if len(entries) >= MUCH else 1
    terms: Counter[str] = Counter()
    for entry in entries[::weight]:
        for column in entry[1:4]:
            terms.update(set(_term_pattern().findall(column)))
    counted = [(term, number * weight) for term, number in sorted(terms.items())]
    if weight > 1:
        counted.append((STALE, 0))
    connection.executemany(
        "INSERT INTO terms VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n", counted
    )


def recount(store: Store) -> None:
    """Where the vocabulary is only a sample, read it from the index. To be called when nothing more is coming in."""
    connection = store.index
    if not _stale(connection):
        return
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, message_index, 'row')")
    with store.writing_index():
        connection.execute("DELETE FROM terms")
        connection.execute("INSERT INTO terms SELECT term, doc FROM temp.vocabulary WHERE length(term) BETWEEN 2 AND 30")


def _stale(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM terms WHERE term = ?", (STALE,)).fetchone() is not None


def unindexed(store: Store) -> int:
    """How many messages wait for the index."""
    return int(store.cache.execute("SELECT count(*) FROM unindexed").fetchone()[0])
