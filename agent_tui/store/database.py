"""Opening the three files: pragmas, migrations, and what is refused.

``desk.db`` commits with ``synchronous=FULL``: what an agent did survives a power cut. ``cache.db`` and
``search.db`` can be made again, so they use NORMAL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import StoreError
from agent_tui.store import CURRENT, connections, encryption
from agent_tui.workspace import Workspace

if TYPE_CHECKING:
    from agent_tui.store.connections import Key

NETWORK = {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ncpfs", "fuse.sshfs", "fuse.rclone"}
BUSY_MS = 10_000


class Store:
    """Connections of one process to one workspace's files. Not shared between threads.

    Args:
        role: ``desk`` (workstation), ``command`` or ``engine``; only the engine checkpoints.
    """

    def __init__(self, workspace: Workspace, *, role: str, now: Callable[[], int]) -> None:
        self.workspace = workspace
        self.role = role
        self.now = now
        refuse_network(workspace.path)
        _refuse_empty_desk(workspace)
        self._index: sqlite3.Connection | None = None
        self.desk = _open(workspace.desk_path, "desk", role)
        self.cache = _open(workspace.cache_path, "cache", role)
        self.read_only = self._newer()
        """Why nothing may be written, in words; empty where it may."""
        if self.read_only and role == "engine":
            self.close()
            raise StoreError(self.read_only)
        self._attached: tuple[int, int] | None = None
        self.source_ids: dict[str, int] = {}
        self.source_names: dict[int, str] = {}
        self.folded: dict[int, tuple[Any, tuple[str, ...]]] = {}  # see wording.Tail
        self.overflow: dict[int, int] = {}  # seconds that hold more messages than have ids: the last one given
        self._versions = self.versions()

    @classmethod
    def open(cls, workspace: Workspace, *, role: str = "desk", now: Callable[[], int]) -> Store:
        """Open the files, making or migrating them where needed.

        Raises:
            StoreError: on a network file system, damaged, or unreadable.
        """
        return cls(workspace, role=role, now=now)

    @property
    def index(self) -> sqlite3.Connection:
        """The writing connection to the full-text index; the engine (or a one-shot command in its place) alone."""
        if self._index is None:
            self._index = _open(self.workspace.search_path, "search", self.role)
        return self._index

    def attach_search(self) -> bool:
        """Make the index readable from the cache connection; False while there is none."""
        path = self.workspace.search_path
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        place = (found.st_dev, found.st_ino)
        try:
            if self._attached not in (None, place):  # it was made anew under its old name
                self.cache.execute("DETACH DATABASE search")
                self._attached = None
            if self._attached is None:
                connections.attach(self.cache, path, connections.key_of(self.workspace.path))
                if self.cache.execute("SELECT 1 FROM search.sqlite_master WHERE name = 'terms'").fetchone() is None:
                    self.cache.execute("DETACH DATABASE search")
                    return False
                self._attached = place
        except sqlite3.DatabaseError as error:
            with suppress(sqlite3.Error):
                self.cache.execute("DETACH DATABASE search")
            raise StoreError(_damaged(path, "search", error)) from error
        return True

    def drop_index(self) -> None:
        """Remove the index; the engine alone may, and makes it again."""
        if self._index is not None:
            self._index.close()
            self._index = None
        path = self.workspace.search_path
        for one in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
            one.unlink(missing_ok=True)

    def versions(self) -> tuple[int, int]:
        """``PRAGMA data_version`` of desk and cache: changes when another process has written."""
        return (
            self.desk.execute("PRAGMA data_version").fetchone()[0],
            self.cache.execute("PRAGMA data_version").fetchone()[0],
        )

    def changed(self) -> frozenset[str]:
        """Which files another process has written since the last call."""
        before, self._versions = self._versions, self.versions()
        names = ("desk", "cache")
        return frozenset(n for n, old, new in zip(names, before, self._versions, strict=True) if old != new)

    @contextmanager
    def writing_desk(self) -> Iterator[sqlite3.Connection]:
        """One transaction of ``desk.db``.

        Raises:
            StoreError: a newer version of the program has written it, or the disk or another process is in the way.
        """
        self._may_write()
        with _transaction(self.desk, self.workspace.desk_path) as connection:
            yield connection

    @contextmanager
    def writing_cache(self) -> Iterator[sqlite3.Connection]:
        """One transaction of ``cache.db``.

        Raises:
            StoreError: as ``writing_desk``.
        """
        self._may_write()
        with _transaction(self.cache, self.workspace.cache_path, attached=self._attached is not None) as connection:
            yield connection

    @contextmanager
    def writing_index(self) -> Iterator[sqlite3.Connection]:
        """One transaction of ``search.db``; the engine (or a one-shot command in its place) alone.

        Raises:
            StoreError: as ``writing_desk``.
        """
        with _transaction(self.index, self.workspace.search_path) as connection:
            yield connection

    @contextmanager
    def durable_cache(self) -> Iterator[None]:
        """What is committed to ``cache.db`` within, and everything before it, survives a power cut."""
        self.cache.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            self.cache.execute("PRAGMA synchronous = NORMAL")

    def checkpoint(self) -> None:
        """Move what the write-ahead logs hold into the files; never waits for a reader. A full disk may wait: nothing is lost."""
        for connection in (self.desk, self.cache, self._index):
            if connection is not None:
                with suppress(sqlite3.OperationalError):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def source_id(self, name: str) -> int:
        """The small number of a source in ``cache.db``, made when first asked for."""
        found = self.source_ids.get(name)
        if found is None:
            row = self.cache.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()
            if row is None:
                with in_words(self.workspace.cache_path):
                    self.cache.execute("INSERT OR IGNORE INTO sources (name) VALUES (?)", (name,))
                row = self.cache.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()
            found = self.source_ids[name] = row[0]
            self.source_names[found] = name
        return found

    def known_source(self, name: str) -> int | None:
        """The small number of a source, or None where nothing was ever stored of it."""
        if name in self.source_ids:
            return self.source_ids[name]
        row = self.cache.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else None

    def source_name(self, number: int) -> str:
        """The source behind a small number."""
        if number not in self.source_names:
            row = self.cache.execute("SELECT name FROM sources WHERE id = ?", (number,)).fetchone()
            self.source_names[number] = row[0] if row else ""
        return self.source_names[number]

    def _newer(self) -> str:
        for name, connection in (("desk", self.desk), ("cache", self.cache)):
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > CURRENT[name]:
                return (
                    f"{self.workspace.path / name}.db was written by a newer agent-tui (its version is {version}, this one "
                    f"knows {CURRENT[name]}); it is opened for reading only: update agent-tui"
                )
        return ""

    def _may_write(self) -> None:
        if self.read_only:
            raise StoreError(self.read_only)

    def close(self) -> None:
        """Close every connection."""
        for connection in (self.desk, self.cache, self._index):
            if connection is not None:
                connection.close()


_LOCK = "UPDATE main.sources SET id = id WHERE 0"


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Say of what cannot be written why, and what to do.

    Raises:
        StoreError: in place of SQLite's own error.
    """
    try:
        yield
    except sqlite3.OperationalError as error:  # the disk, or another process; never what was to be written
        raise StoreError(_unwritten(path, error)) from error
    except sqlite3.DatabaseError as error:  # in an index nothing is forbidden: there it is damage, whatever it says
        damage = getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
        if damage or path.stem == "search":
            raise StoreError(_damaged(path, path.stem, error)) from error
        raise


@contextmanager
def _transaction(connection: sqlite3.Connection, path: Path, *, attached: bool = False) -> Iterator[sqlite3.Connection]:
    """Everything within, or nothing.

    Args:
        attached: ``search.db`` is attached to the connection. BEGIN IMMEDIATE would wait for whoever indexes there, for as
            long as some thousand messages take, and keep the cache locked meanwhile; so only the cache is locked, by a
            statement that changes nothing.
    """
    if connection.in_transaction:  # nested: the outer one commits
        yield connection
        return
    with in_words(path):
        try:
            connection.execute("BEGIN" if attached else "BEGIN IMMEDIATE")
            if attached:
                connection.execute(_LOCK)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # a full disk has ended it already
        connection.execute("ROLLBACK")


def _unwritten(path: Path, error: sqlite3.OperationalError) -> str:
    remedy = {
        "SQLITE_FULL": "the disk is full: make room and do it again",
        "SQLITE_BUSY": "another process is writing to it for too long: do it again",
        "SQLITE_READONLY": "it may not be written: check who owns the workspace",
        "SQLITE_IOERR": "the disk does not take it: check the disk",
    }
    name = getattr(error, "sqlite_errorname", "") or ""
    words = next((text for key, text in remedy.items() if name.startswith(key)), "nothing was changed")
    return f"{path} cannot be written ({error}); {words}"


def _open(path: Path, name: str, role: str) -> sqlite3.Connection:
    fresh = not path.exists()
    try:
        if fresh:
            path.touch(mode=0o600, exist_ok=True)
        connection = connections.connect(
            path, connections.key_of(path.parent), timeout=BUSY_MS / 1000, cached_statements=256, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute(f"PRAGMA synchronous = {'FULL' if name == 'desk' else 'NORMAL'}")
        # The workstation never pays for a checkpoint; the engine does it when idle. A lone command keeps the
        # default, or a workspace used from scripts alone would grow its log for ever.
        connection.execute(f"PRAGMA wal_autocheckpoint = {0 if role == 'desk' else 4000}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = {-4000 if name == 'desk' else -16000}")
        connection.execute("PRAGMA mmap_size = 268435456")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise StoreError(_damaged(path, name, error)) from error
    if version < CURRENT[name]:
        _migrate(connection, path, name, version)
    elif version > CURRENT[name]:
        connection.execute("PRAGMA query_only = ON")
    return connection


def open_search(path: Path) -> sqlite3.Connection:
    """``search.db`` by a connection of its own, made or migrated where needed.

    Raises:
        StoreError: it cannot be used.
    """
    return _open(path, "search", "command")


def _migrate(connection: sqlite3.Connection, path: Path, name: str, version: int) -> None:
    from agent_tui.store import schema
    from agent_tui.store.sqlite_tools import Database

    if version and name == "desk":
        backup(connection, path.with_name(f"{path.name}.before-{CURRENT[name]}"), connections.key_of(path.parent))
    connection.execute("BEGIN IMMEDIATE")  # two processes may start at once: one migrates, the other waits and sees it done
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] < CURRENT[name]:
            applied = {"desk": schema.desk, "cache": schema.cache, "search": schema.search}[name]
            _apply(applied, Database(connection))
            connection.execute(f"PRAGMA user_version = {CURRENT[name]}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _apply(migrations: object, db: object) -> None:
    migrations.apply(db)  # type: ignore[attr-defined]


def backup(connection: sqlite3.Connection, target: Path, key: Key | None) -> None:
    """Copy a database by SQLite's backup API, never by opening its file in another way.

    Args:
        target: file to make, 0600.
        key: that the database is encrypted with, and the copy too; or None.
    """
    target.touch(mode=0o600, exist_ok=True)
    copy = connections.connect(target, key)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def refuse_network(path: Path) -> None:
    """SQLite's locks do not hold on a network file system.

    Raises:
        StoreError: the workspace is on one.
    """
    kind = file_system(path)
    if kind in NETWORK:
        raise StoreError(
            f"{path} is on a network file system ({kind}), where SQLite cannot keep it safe; "
            "choose a directory on a local disk with --workspace"
        )


def _refuse_empty_desk(workspace: Workspace) -> None:
    """A desk that has vanished is not begun anew over a filled cache as long as there is a backup of it.

    Raises:
        StoreError: in words, with what to do.
    """
    try:
        if workspace.desk_path.stat().st_size:
            return
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StoreError(f"{workspace.desk_path} cannot be looked at: {error.strerror}; see whose directory it is in") from error
    from agent_tui.store.mending import desk_gone

    gone = desk_gone(workspace)
    if gone:
        raise StoreError(gone)


def file_system(path: Path) -> str:
    """Type of the file system that holds ``path``, or an empty text where the system does not say."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    resolved = str(path.resolve()) + "/"
    best = ("", "")
    for line in mounts:
        parts = line.split(" ")
        if len(parts) > 2:
            point = parts[1].replace("\\040", " ").rstrip("/") + "/"
            if resolved.startswith(point) and len(point) >= len(best[0]):
                best = (point, parts[2])
    return best[1]


def _damaged(path: Path, name: str, error: Exception) -> str:
    other = encryption.mismatch(path, connections.key_of(path.parent)) if connections.no_database(error) else ""
    if other:
        return f"{path} cannot be used: {other}"
    remedy = {
        "desk": "move it away, do not delete it, and put a backup back with 'agent-tui restore FILE'",
        "cache": "it is only a mirror: move it away and it is fetched again",
        "search": "it is only an index: 'agent-tui sync' makes it again",
    }[name]
    return f"{path} cannot be used ({error}); {remedy}"
