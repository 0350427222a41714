"""Whether databases are well, and putting a copy back: by SQLite's backup API only, never file by file."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import StoreError
from agent_tui.store import connections, encryption
from agent_tui.store.database import Store

if TYPE_CHECKING:
    from agent_tui.store.connections import Key


def fault(path: Path, key: Key | None, *, thorough: bool = False) -> str:
    """What is wrong with a database file that nobody has open in this process; empty if nothing is.

    Args:
        key: that it is encrypted with, or None.
        thorough: compare the indexes with their tables too, which takes several times as long.
    """
    connection = connections.connect(path, key, mode="ro")
    try:
        found = connection.execute(f"PRAGMA {'integrity' if thorough else 'quick'}_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        fault = str(error)
    else:
        return "" if found == ("ok",) else str(found[0])
    finally:
        connection.close()
    return encryption.mismatch(path, key) or fault


def search_fault() -> str:
    """Why this SQLite cannot search text in every script; empty if it can."""
    try:
        with closing(connections.memory()) as connection:
            connection.execute(
                "CREATE VIRTUAL TABLE t USING fts5(x, tokenize = \"unicode61 categories 'L* N* Co Mc Mn'\")"
            )
    except sqlite3.Error as error:
        return str(error)
    return ""


def put_back(copy: Path, target: Path, kept: Path, key: Key | None) -> None:
    """Make ``target`` what ``copy`` is. Whoever has the target open sees the change; no file is swapped under it.

    Args:
        kept: gets what the target was, if it was anything.
        key: that all three are encrypted with, or None.

    Raises:
        StoreError: the target is in use.
    """
    target.touch(mode=0o600)
    live = connections.connect(target, key)
    restored = connections.connect(copy, key)
    try:
        if live.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            kept.unlink(missing_ok=True)
            kept.touch(mode=0o600)
            with closing(connections.connect(kept, key)) as before:
                live.backup(before)
        restored.backup(live)
    except sqlite3.OperationalError as error:
        raise StoreError(f"{target} is in use ({error}); close the workstation and try again") from None
    except sqlite3.DatabaseError as error:
        words = encryption.mismatch(target, key) or "move it away, do not delete it, and do this again"
        raise StoreError(f"{target} cannot be overwritten ({error}): {words}") from None
    finally:
        restored.close()
        live.close()


def is_damage(error: StoreError) -> bool:
    """Whether it is the file that is damaged, rather than the disk full or somebody else writing."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError)


def adopt_index(store: Store) -> bool:
    """Make sure that the index is one of this cache's messages; for the engine, before it writes to it.

    It may be missing, damaged, or have been made over a cache that is gone: its numbers would then stand for other
    messages. What is not known to belong to the cache is thrown away, and everything is indexed again.

    Returns:
        whether it has to be made again.
    """
    wanted = store.cache.execute("PRAGMA application_id").fetchone()[0]
    if not wanted:
        wanted = secrets.randbelow((1 << 31) - 1) + 1
        store.cache.execute(f"PRAGMA application_id = {wanted}")
    try:
        index = store.index
        found = index.execute("PRAGMA application_id").fetchone()[0]
        index.execute("SELECT * FROM terms LIMIT 1").fetchall()
        index.execute("SELECT rowid FROM message_index WHERE message_index MATCH 'a' LIMIT 1").fetchall()
        if found == wanted:
            return False
    except (sqlite3.DatabaseError, StoreError):
        store.drop_index()
    with store.writing_cache() as cache:
        cache.execute("INSERT OR IGNORE INTO unindexed SELECT id FROM messages")
        cache.execute("DELETE FROM outdated")
    with store.writing_index() as index:
        index.execute("DELETE FROM terms")
        index.execute("DELETE FROM forgotten")
        index.execute("INSERT INTO message_index (message_index) VALUES ('delete-all')")
        index.execute(f"PRAGMA application_id = {wanted}")
    return True
