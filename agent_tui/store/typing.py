"""What is typed, key by key: a killed workstation loses no key that it was given, whatever the disk was busy with.

A draft reaches the disk (``desk.db``) some tenths of a second after a key, because a disk may take its time. Until then
it is here, in a small database that one workstation has for itself: each key is a commit that the system has at once and
the disk later. Storing the draft empties it again. When the power fails, what ``desk.db`` has is what there is.

A workstation holds the lock of its own file as long as it lives. Whoever opens the workspace next finds the files of those
that have ended without good order, brings the drafts up to date and takes the files away.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from agent_tui.domain.model import Draft
from agent_tui.store import connections, drafts
from agent_tui.store.database import Store

_SCHEMA = f"CREATE TABLE IF NOT EXISTS typed (place TEXT PRIMARY KEY, {drafts.COLUMNS.replace('id,', 'id INTEGER,', 1)})"
_PUT = f"INSERT OR REPLACE INTO typed (place, {drafts.COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LONGEST = 20_000
"""Characters of a text that every key writes again, in a third of a millisecond; a longer one waits for its storing."""
_BESIDE = ("", "-wal", "-shm", "-journal")


class Typing:
    """The keys of this workstation that are not in ``desk.db`` yet. Trouble with the file is left to the draft's own storing.

    Args:
        folder: of these files, ``Workspace.typing``; made with the first key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"{os.getpid()}-{time.time_ns()}.db"
        self._database: sqlite3.Connection | None = None
        self._holds = False

    def keep(self, draft: Draft) -> None:
        """A key made the draft this."""
        if len(draft.text) > _LONGEST:
            self.clear(draft)
            return
        with suppress(sqlite3.Error, OSError):
            if self._database is None:
                self._folder.mkdir(mode=0o700, exist_ok=True)
                self._database = _open(self._path)
            self._database.execute(_PUT, (_place(draft), *drafts.row_of(draft)))
            self._holds = True

    def clear(self, draft: Draft) -> None:
        """The draft is stored, or no longer wanted."""
        if self._database is None or not self._holds:
            return
        with suppress(sqlite3.Error):
            self._database.execute("DELETE FROM typed WHERE place = ?", (_place(draft),))
            self._holds = self._database.execute("SELECT 1 FROM typed").fetchone() is not None
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """In good order; what could not be stored stays for the next start."""
        if self._database is None:
            return
        holds = self._holds
        self._database.close()
        self._database = None
        if not holds:
            _remove(self._path)


def recover(store: Store) -> int:
    """Bring what ended workstations were given and had not stored into the drafts.

    Returns:
        how many drafts have more than before.

    Raises:
        StoreError: the desk cannot be written; it is tried again with the next start.
    """
    recovered = 0
    for path in sorted(store.workspace.typing.glob("*.db")):
        typed = _left(path)
        if typed is not None:
            recovered += sum(_take(store, one) for one in typed)
            _remove(path)
    return recovered


def _left(path: Path) -> list[Draft] | None:
    """What an ended workstation left; None while it lives, or where the file cannot be looked at."""
    try:
        with closing(_open(path)) as database:
            return [drafts.of_row(row) for row in database.execute(f"SELECT {drafts.COLUMNS} FROM typed ORDER BY updated_at")]
    except sqlite3.OperationalError:  # its workstation has the lock
        return None
    except (sqlite3.Error, ValueError):  # the power failed while it was written: the desk has what there is
        return []


def _take(store: Store, typed: Draft) -> bool:
    """One draft as it was last typed; whether that was more than is stored."""
    if typed.id:
        stored = drafts.get(store, typed.id)
        if stored is None or stored.text == typed.text:  # forgotten, or stored just before the end
            return False
        drafts.save(store, typed if drafts.is_open(store, typed.id) else replace(typed, id=0))
        return True
    beside = drafts.of_case(store, typed.case, typed.kind) if typed.case is not None else drafts.every(store)
    if not typed.text.strip() or any((one.case, one.kind, one.text) == (typed.case, typed.kind, typed.text) for one in beside):
        return False
    drafts.save(store, typed)
    return True


def _open(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    database = connections.connect(path, connections.key_of(path.parent.parent), timeout=0)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA journal_mode = WAL").fetchall()
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA secure_delete = ON").fetchall()
    database.execute("PRAGMA wal_autocheckpoint = 200")
    database.execute(_SCHEMA)
    return database


def _place(draft: Draft) -> str:
    return f"{draft.case} {draft.kind}"


def _remove(path: Path) -> None:
    for end in reversed(_BESIDE):
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
