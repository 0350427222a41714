"""Writing the full-text index; the engine (or a one-shot command in its place) alone does it.

Messages wait in ``unindexed`` and are taken in batches: thousands at a time cost a third of what hundreds do. Beside
the index stands its vocabulary with how many messages hold each word, from which the beginning of a word is expanded.
While much is taken in, that is counted from a sample; when the index is complete, from the index itself.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from functools import lru_cache
from typing import Any

from agent_tui.domain.text import index_texts
from agent_tui.store import rows
from agent_tui.store.database import Store

INDEX_BATCH = 4_000
MUCH = 1_000  # messages in one batch from which on the vocabulary is counted from a sample
SAMPLE = 12  # one of so many
HASH_BYTES = 33_554_432  # of words held in memory before they become a segment of the index
STALE = ""  # a word of the vocabulary that no text has: there while it is only a sample


@lru_cache(maxsize=1)
def _term_pattern() -> Any:
    import regex

    return regex.compile(r"[\p{L}\p{N}\p{Co}\p{Mc}\p{Mn}]{2,30}")  # as the index's tokenizer cuts words


def index(store: Store, limit: int = INDEX_BATCH) -> int:
    """Take messages above the watermark into the index.

    A crash between the two files' commits only indexes a batch again, which gives the same entries.

    Returns:
        how many were taken; 0 when the index is complete.
    """
    connection = store.index
    if store.cache.execute("SELECT 1 FROM unindexed LIMIT 1").fetchone() is None:
        return 0
    connection.execute("BEGIN IMMEDIATE")  # first of all: another writer may just be taking the same messages
    try:
        found = _waiting(store, limit)
        if found:
            _widen(connection)
            entries = [(number, *columns, plain) for number, (columns, plain) in found]
            connection.executemany(
                "INSERT INTO message_index (rowid, subject, author, body, plain) VALUES (?, ?, ?, ?, ?)", entries
            )
            _count(connection, entries)
        else:
            store.cache.execute("DELETE FROM unindexed WHERE message_id NOT IN (SELECT id FROM messages)")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    with store.writing_cache() as cache:
        cache.executemany("DELETE FROM unindexed WHERE message_id = ?", [(number,) for number, _ in found])
    return len(found)


def _waiting(store: Store, limit: int) -> list[tuple[int, tuple[list[str], str]]]:
    """The newest messages that wait, by ascending id, with what the index holds of them."""
    found = store.cache.execute(
        "SELECT m.id, coalesce(nullif(m.subject, ''), c.subject, ''), m.author_name, m.author_address, b.text FROM unindexed u "
        "JOIN messages m ON m.id = u.message_id LEFT JOIN cases c ON c.id = m.origin_id LEFT JOIN bodies b ON b.id = m.id "
        "ORDER BY u.message_id DESC LIMIT ?",
        (limit,),
    )
    return [
        (number, index_texts((subject, f"{name} {address}", rows.unpack(stored))))
        for number, subject, name, address, stored in reversed(found.fetchall())
    ]


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
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("DELETE FROM terms")
        connection.execute("INSERT INTO terms SELECT term, doc FROM temp.vocabulary WHERE length(term) BETWEEN 2 AND 30")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _stale(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM terms WHERE term = ?", (STALE,)).fetchone() is not None


def unindexed(store: Store) -> int:
    """How many messages wait for the index."""
    return int(store.cache.execute("SELECT count(*) FROM unindexed").fetchone()[0])
