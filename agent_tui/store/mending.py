"""Mending what can be made again: the cache is set aside and fetched anew, the index is built anew from it.

Nothing here writes to ``desk.db``: what exists only there is put back from a backup, by whoever wants it back.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from agent_tui.store import backups, connections, health, indexing
from agent_tui.store.database import Store
from agent_tui.workspace import Workspace

ASIDE = ".damaged"
BESIDE = ("", "-wal", "-shm")


def desk_fault(workspace: Workspace) -> str:
    """What is wrong with ``desk.db`` and what to do; empty where nothing is."""
    path = workspace.desk_path
    gone = desk_gone(workspace)
    if gone:
        return gone
    found = health.fault(path, connections.key_of(workspace.path), thorough=True) if path.exists() else ""
    if not found:
        return ""
    newest = next(iter(backups.every(workspace)), None)
    back = f"; the newest backup is {newest}" if newest else ""
    return f"damaged ({found}); move it away, do not delete it, and put a backup back with 'agent-tui restore FILE'{back}"


def desk_gone(workspace: Workspace) -> str:
    """Words where ``desk.db`` is missing or empty beside a cache that was filled, and a backup of it is there."""
    if _size(workspace.desk_path) or not _size(workspace.cache_path):
        return ""
    newest = next(iter(backups.every(workspace)), None)
    if newest is None:
        return ""
    how = "empty" if workspace.desk_path.exists() else "gone"
    return (
        f"{workspace.desk_path}, with what exists only here, is {how}; put it back with 'agent-tui restore {newest}', "
        f"or move {workspace.cache_path.name} away too to begin with nothing"
    )


def index_fault(path: Path) -> str:
    """What is wrong with the full-text index: the file, or what the index says of itself; empty where nothing is."""
    key = connections.key_of(path.parent)
    found = health.fault(path, key, thorough=True)
    if found:
        return found
    try:
        with closing(connections.connect(path, key)) as connection:
            connection.execute("INSERT INTO message_index (message_index) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        return str(error)
    return ""


def set_aside(path: Path) -> Path:
    """Move a damaged file away with its log, in the place of one that was set aside before. Nobody may have it open.

    Returns:
        where it is now.
    """
    aside = path.with_name(f"{path.name}{ASIDE}")
    for end in BESIDE:
        kept, old = path.with_name(f"{path.name}{end}"), aside.with_name(f"{aside.name}{end}")
        old.unlink(missing_ok=True)
        if kept.exists():
            kept.replace(old)
    return aside


def build_index(store: Store) -> int:
    """Index every message of the cache, in an index of its own; for whoever holds the engine's lock.

    Returns:
        how many messages there are.
    """
    health.adopt_index(store)
    while indexing.index(store):
        pass
    indexing.recount(store)
    return int(store.cache.execute("SELECT count(*) FROM messages").fetchone()[0])


def opened_elsewhere(path: Path) -> tuple[int, ...]:
    """Processes of ours that have a file open, as far as the system says; never this one."""
    try:
        wanted = path.stat()
        running = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]
    except OSError:
        return ()
    return tuple(one for one in running if one != os.getpid() and _has_open(one, (wanted.st_dev, wanted.st_ino)))


def _has_open(process: int, wanted: tuple[int, int]) -> bool:
    try:
        for one in os.scandir(f"/proc/{process}/fd"):
            try:
                found = one.stat()
            except OSError:
                continue
            if (found.st_dev, found.st_ino) == wanted:
                return True
    except OSError:  # it has ended, or is somebody else's
        pass
    return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
