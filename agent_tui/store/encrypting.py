"""Turns a workspace's databases from plain to encrypted, back, or from one key to another.

Every file is copied, the copy is looked through and then put in the place of the file in one step. Whenever this ends, each file
is wholly of the one kind or of the other, and whoever goes on later goes on with those that are left. A start judges by the
desk: it is the last to be encrypted, and the first to be decrypted or to get another key, so that nobody works in between.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from agent_tui.domain.errors import StoreError
from agent_tui.store import backups, connections, encryption
from agent_tui.workspace import Workspace

if TYPE_CHECKING:
    from agent_tui.store.connections import Key

FOLDER = ".encryption-"
_BESIDE = ("-wal", "-shm", "-journal")
_SPARE = 10_000_000  # bytes that stay free
STRANGE = "stays as it is: it is damaged, or has another key; delete it if nobody needs it"


def databases(workspace: Workspace) -> tuple[Path, ...]:
    """The three files, as far as they are there."""
    every = (workspace.desk_path, workspace.cache_path, workspace.search_path)
    return tuple(one for one in every if one.exists() and one.stat().st_size)


def older(workspace: Workspace) -> tuple[Path, ...]:
    """What else holds the same: backups, files of before, files that were set aside, keys that a killed workstation left."""
    named = (one.name for one in (workspace.desk_path, workspace.cache_path, workspace.search_path))
    copies = [one for name in named for one in workspace.path.glob(f"{name}.*") if not one.name.endswith(_BESIDE)]
    return (
        *sorted(workspace.backups.glob("*.zip")),
        *sorted(one for one in (*copies, *workspace.typing.glob("*.db")) if one.stat().st_size),
    )


def refuse(workspace: Workspace, old: Key | None, new: Key | None) -> None:
    """See that everything can be converted before anything is.

    Raises:
        StoreError: a database fits neither key, or there is no room for a copy.
    """
    largest = 0
    for path in databases(workspace):
        if not any(encryption.opens(path, key) for key in (new, old)):
            raise StoreError(f"{path} is damaged, or has another key; nothing was changed. 'agent-tui doctor' says more")
        largest = max(largest, path.stat().st_size)
    free = shutil.disk_usage(workspace.path).free
    if free < largest + _SPARE:
        raise StoreError(
            f"{workspace.path}: the largest database is copied, which needs {largest // 1_000_000 + 10:,} MB, and "
            f"{free // 1_000_000:,} MB are free; make room and do it again. Nothing was changed"
        )


def convert(workspace: Workspace, old: Key | None, new: Key | None) -> Iterator[tuple[Path, str]]:
    """Everything, one file at a time; nobody else may have the workspace open.

    Args:
        old: that the files have; None: none.
        new: that they get; None: none. Files that have it already stay as they are.

    Yields:
        each file when it is done, and empty words; or why a file that only holds what was before stays as it is.

    Raises:
        StoreError: somebody has a database open, or it cannot be copied. Files that were named are done, the others as they were.
    """
    for prefix in (FOLDER, ".restore-"):  # left by what was killed
        for left in workspace.path.glob(f"{prefix}*"):
            shutil.rmtree(left, ignore_errors=True)
    main = databases(workspace)
    changing = workspace.path / encryption.CHANGING
    if old is not None and new is not None:
        changing.touch(mode=0o600)
        _to_disk(workspace.path)
    order = (*older(workspace), *reversed(main)) if old is None else (*main, *older(workspace))
    with TemporaryDirectory(dir=workspace.path, prefix=FOLDER) as folder:
        for path in order:
            if path in main:
                yield path, convert_file(path, old, new, Path(folder))
                continue
            try:
                yield path, (_convert_backup if path.suffix == ".zip" else convert_file)(path, old, new, Path(folder))
            except (OSError, StoreError, sqlite3.Error) as error:
                yield path, f"stays as it is ({error}); delete it if nobody needs it"
    changing.unlink(missing_ok=True)


def convert_file(path: Path, old: Key | None, new: Key | None, folder: Path) -> str:
    """One database, put in its own place in one step.

    Args:
        folder: another one on the same disk, for the copy.

    Returns:
        empty words; or why it stays as it is: neither key opens it.

    Raises:
        StoreError: somebody has it open, or the copy is not what the file is.
    """
    if encryption.opens(path, new):
        return ""
    if not encryption.opens(path, old):
        return STRANGE
    made = folder / path.name
    made.unlink(missing_ok=True)
    made.touch(mode=0o600)
    try:
        with closing(connections.connect_cipher(path, old, timeout=1)) as source:
            _hold(source)
            text = "" if new is None else connections.literal(new)
            source.execute("ATTACH DATABASE ? AS made KEY ?", (connections.uri(made, "rw"), text))
            _copy(source)
            _compare(source, path)
            source.execute("DETACH DATABASE made")
            shutil.copystat(path, made)
            _to_disk(made)
            for end in _BESIDE:  # all is in the file itself, and nobody else has it
                path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
            made.replace(path)
            _to_disk(path.parent)
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{path} cannot be converted ({error}) and is as it was: close every agent-tui that works in this workspace, see "
            "that the disk has room, and do it again"
        ) from error
    return ""


def _hold(source: sqlite3.Connection) -> None:
    """Keep everybody out until the connection is closed.

    A file leaves the mode with a write-ahead log only where no other connection has it open, in whichever process.
    """
    source.execute("PRAGMA main.journal_mode = DELETE").fetchone()
    source.execute("PRAGMA main.locking_mode = EXCLUSIVE").fetchone()
    source.execute("BEGIN EXCLUSIVE")
    source.execute("COMMIT")


def _copy(source: sqlite3.Connection) -> None:
    source.execute("PRAGMA made.journal_mode = OFF").fetchone()
    source.execute("PRAGMA made.synchronous = OFF")
    source.execute("SELECT sqlcipher_export('made')").fetchone()
    for name in ("user_version", "application_id"):
        number = int(source.execute(f"PRAGMA main.{name}").fetchone()[0])
        source.execute(f"PRAGMA made.{name} = {number}")


def _compare(source: sqlite3.Connection, path: Path) -> None:
    """The copy is whole, and has every row of every table.

    Raises:
        StoreError: it is not.
    """
    found = source.execute("PRAGMA made.quick_check(1)").fetchone()[0]
    before, after = (
        source.execute(f"SELECT type, name, tbl_name, sql FROM {side}.sqlite_master ORDER BY type, name").fetchall()
        for side in ("main", "made")
    )
    same = before == after
    for kind, name, _, sql in before if same else ():
        if kind == "table" and not sql.startswith("CREATE VIRTUAL"):
            table = name.replace('"', '""')
            one, other = (source.execute(f'SELECT count(*) FROM {side}."{table}"').fetchone() for side in ("main", "made"))
            same = same and one == other
    if found != "ok" or not same:
        raise StoreError(f"{path}: its copy is not what it is ({found}); it is as it was. 'agent-tui doctor --mend' says more")


def _convert_backup(path: Path, old: Key | None, new: Key | None, folder: Path) -> str:
    """The desk in a backup; what else is in it stays."""
    unpacked, made = folder / "unpacked", folder / "backup.zip"
    unpacked.mkdir(exist_ok=True)
    desk = unpacked / backups.DESK
    try:
        with ZipFile(path) as packed, ZipFile(made, "w", ZIP_DEFLATED) as file:
            with packed.open(backups.DESK) as inside, desk.open("wb") as outside:
                shutil.copyfileobj(inside, outside)
            kept = convert_file(desk, old, new, folder)
            if kept:
                return kept
            file.write(desk, backups.DESK)
            for name in packed.namelist():
                if name != backups.DESK:
                    file.writestr(packed.getinfo(name), packed.read(name))
    except (BadZipFile, EOFError, KeyError, ValueError) as error:
        return f"stays as it is: it is no backup ({error})"
    finally:
        desk.unlink(missing_ok=True)
    shutil.copystat(path, made)  # when the next one is due is told by its time
    made.chmod(0o600)
    _to_disk(made)
    made.replace(path)
    return ""


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
