"""How a workspace's databases are kept, and in words what does not fit: a key that is wrong, a file that is still plain."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import StoreError
from agent_tui.store import connections
from agent_tui.workspace import Workspace

if TYPE_CHECKING:
    from agent_tui.store.connections import Key

CHANGING = "encryption.changing"
"""A file that is there from when the first database gets another key until the last has it."""
GO_ON = "'agent-tui encryption on' goes on with it, 'agent-tui encryption off' goes back"


class Kind(Enum):
    """How a file is kept."""

    ABSENT = "absent"
    PLAIN = "plain"
    ENCRYPTED = "encrypted"
    """With the key that was asked about."""
    STRANGE = "strange"
    """With another key, or damaged."""


def kind(path: Path, key: Key | None) -> Kind:
    """How a database file is kept.

    Args:
        key: that it may be encrypted with.

    Raises:
        StoreError: the library is not installed, or the file cannot be read.
    """
    if not _size(path):
        return Kind.ABSENT
    if key is not None and opens(path, key):
        return Kind.ENCRYPTED
    return Kind.PLAIN if opens(path, None) else Kind.STRANGE


def opens(path: Path, key: Key | None) -> bool:
    """Whether a file is a database with this key; None: without any.

    Raises:
        StoreError: the library is not installed, or the file cannot be read.
    """
    try:
        with closing(connections.connect_cipher(path, key, mode="ro")) as found:
            found.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        raise StoreError(f"{path} cannot be read ({error}); look who has it open, and whose it is") from error
    except sqlite3.DatabaseError:
        return False
    return True


def trouble(workspace: Workspace, key: Key) -> str:
    """Why a workspace cannot be worked in with its key, and what to do; empty where it can.

    Raises:
        StoreError: the library is not installed, or a file cannot be read.
    """
    if (workspace.path / CHANGING).exists():
        return f"{workspace.path}: a change of the key was broken off; 'agent-tui encryption change-key' goes on with it"
    found = {path: kind(path, key) for path in (workspace.desk_path, workspace.cache_path)}
    desk, cache = found.values()
    plain = next((path for path, one in found.items() if one is Kind.PLAIN), None)
    if desk is Kind.PLAIN or (desk is Kind.ABSENT and plain):
        return f"{plain} is not encrypted, or not all of the workspace is yet; {GO_ON}"
    if Kind.STRANGE in (desk, cache) and Kind.ENCRYPTED not in (desk, cache):
        path = next(path for path, one in found.items() if one is Kind.STRANGE)
        return (
            f"the key does not open {path}; nothing was changed. It is another workspace's, or a change of the key was broken "
            "off at its end, which 'agent-tui encryption change-key' goes on with; without the right key nobody can read it"
        )
    return ""


def mismatch(path: Path, key: Key | None) -> str:
    """What a file that is no database to us is, where it is another kind than the settings say; empty where it is damaged.

    Args:
        path: that could not be opened; nobody has it open in this process.
        key: that it was to be opened with.
    """
    if key is None:
        if connections.looks_encrypted(path):
            return "it is encrypted, and the settings have no [encryption] with enabled = true: put that back"
        return ""
    return "it is not encrypted: 'agent-tui encryption on' encrypts it" if opens(path, None) else ""


def unlike(workspace: Workspace) -> dict[Path, str]:
    """Which of the three files are of another kind than the settings say, and in words what to do; nobody has them open here."""
    key = connections.key_of(workspace.path)
    found = {}
    for path in (workspace.desk_path, workspace.cache_path, workspace.search_path):
        if not _size(path):
            continue
        try:
            with closing(connections.connect(path, key, mode="ro")) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as error:
            words = mismatch(path, key) if connections.no_database(error) else ""
            if words:
                found[path] = words
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
