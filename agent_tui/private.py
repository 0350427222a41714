"""A workspace is its owner's alone: looked at whenever it is opened, mended where that is certain, else refused.

Looked at is what every start can afford, the directory and what lies in it; ``agent-tui doctor`` looks further down.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from agent_tui.domain.errors import WorkspaceError

OTHERS = 0o077
OTHERS_WRITE = 0o022
SETTINGS = "workspace.toml"
OURS = ("desk.db", "cache.db", "search.db", "demo-servers.db", "agent-tui.log", "engine.")
"""How the names of files that the program makes begin; others keep the mode that their user gave them."""
FOLDERS = ("attachments", "backups", "archives", "running", "typing")


def keep(path: Path) -> tuple[str, ...]:
    """Close a workspace to others before anything in it is read.

    Args:
        path: its directory; one that is not there is nobody's yet.

    Returns:
        what was mended, a line each.

    Raises:
        WorkspaceError: it, or its settings, belong to another user, or it cannot be closed.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    _refuse_strangers(path, found)
    mended = []
    loose = stat.S_IMODE(found.st_mode) & OTHERS
    if loose:
        _close(path, found)
        words = f"others could {'write into' if loose & OTHERS_WRITE else 'look into'} {path}; it is closed to them now"
        if loose & OTHERS_WRITE:
            words += f": look through {SETTINGS}, which can name programs to run"
        mended.append(words)
    files = tuple(_open_to_others(path, deep=False))
    close(files)
    if files and loose:  # in a directory that was closed nobody else could get at them
        mended.append(f"others could read {', '.join(one.name for one in files)} in {path}; no longer")
    return tuple(mended)


def open_to_others(path: Path) -> tuple[Path, ...]:
    """Everything in a workspace that others could read, were the directory open, and that is not its user's to share."""
    return tuple(_open_to_others(path, deep=True))


def close(paths: tuple[Path, ...]) -> None:
    """Close these to others."""
    for one in paths:
        _close(one, one.stat())


def _refuse_strangers(path: Path, found: os.stat_result) -> None:
    me = os.geteuid()
    if not me:
        return  # the administrator works in whose workspace he likes; others can do nothing about it anyway
    if found.st_uid != me:
        raise WorkspaceError(
            f"{path} belongs to another user (number {found.st_uid}), who could read and change everything in it; "
            "choose a directory of your own with --workspace"
        )
    try:
        settings = (path / SETTINGS).stat()
    except FileNotFoundError:
        return
    if settings.st_uid not in (me, 0):
        raise WorkspaceError(
            f"{path / SETTINGS} belongs to another user (number {settings.st_uid}) and can name programs to run; "
            "read it, and make it yours by copying it"
        )


def _open_to_others(path: Path, *, deep: bool) -> Iterator[Path]:
    try:
        inside = sorted(os.scandir(path), key=lambda one: one.name)
    except OSError:
        return
    for one in inside:
        entry, folder_of_ours = Path(one.path), one.name in FOLDERS
        if (folder_of_ours or one.name.startswith(OURS)) and _loose(entry):
            yield entry
        if deep and folder_of_ours:
            for folder, folders, files in os.walk(entry):
                yield from (found for name in (*folders, *files) if _loose(found := Path(folder, name)))


def _loose(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:  # gone in between
        return False
    return not stat.S_ISLNK(found.st_mode) and bool(stat.S_IMODE(found.st_mode) & OTHERS)


def _close(path: Path, found: os.stat_result) -> None:
    try:
        path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    except OSError as error:
        raise WorkspaceError(
            f"others can get at {path} (mode {stat.S_IMODE(found.st_mode):04o}), and that cannot be changed "
            f"({error.strerror}); choose a directory on a file system that knows who owns what"
        ) from error
