"""Marks of what runs in a workspace, so that the next start knows what ended without good order, and how.

Each process holds a locked file of its own in ``running/``. Who ends in good order takes it away; the system lets go of the
lock of everybody else. A crash writes its report into it first: types and places, nothing that anybody wrote.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from agent_tui.domain.errors import AgentTuiError
from agent_tui.domain.frozen import dataclass

FOLDER = "running"
WORKSTATION, ENGINE = "workstation", "engine"
LONGEST = 20_000
MOST = 50
"""Marks of processes that ended badly; older ones go without having been told of."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended without good order.

    Args:
        part: ``workstation`` or ``engine``.
        at: when it was last known to run, milliseconds since the epoch.
        crash: its report; empty where it was killed, or the power went.
    """

    part: str
    at: int
    crash: str


class Run:
    """The mark of this process, from ``begin`` on.

    Args:
        path: of the file.
        descriptor: of the file, open and locked; -1 where no mark could be made.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def crashed(self, error: BaseException) -> None:
        """Leave a report. Errors of ours are told to who sits there and are no crash."""
        if self._descriptor < 0 or isinstance(error, AgentTuiError | KeyboardInterrupt | SystemExit):
            return
        from agent_tui.log import describe

        try:
            os.write(self._descriptor, describe(error).encode("utf-8", "backslashreplace")[:LONGEST] + b"\n")
            os.fsync(self._descriptor)
        except OSError:
            pass
        os.close(self._descriptor)
        self._descriptor = -1

    def end(self) -> None:
        """Take the mark away: this process ends in good order, or its crash was reported."""
        if self._descriptor < 0:
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            pass
        os.close(self._descriptor)
        self._descriptor = -1


def begin(workspace: Path, part: str) -> Run:
    """Mark this process as running; a workspace that cannot be written has no marks, and no process stops for that."""
    folder = workspace / FOLDER
    path = folder / f"{part}-{os.getpid()}-{time.time_ns()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return Run(path, -1)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return Run(path, descriptor)


def left(workspace: Path) -> tuple[Ended, ...]:
    """What ended without good order since somebody last looked, oldest first; each is told of once."""
    try:
        marks = sorted((workspace / FOLDER).iterdir(), key=lambda one: one.name.rpartition("-")[2])
    except OSError:
        return ()
    found = []
    for path in marks:
        one = _ended(path)
        if one is not None:
            found.append(one)
    return tuple(found[-MOST:])


def alive(workspace: Path) -> tuple[int, ...]:
    """Workstations and engines that run in a workspace, by the numbers of their processes; never this one."""
    try:
        marks = list((workspace / FOLDER).iterdir())
    except OSError:
        return ()
    found = []
    for path in marks:
        number = path.name.split("-")[1:2]
        if number and number[0].isdigit() and int(number[0]) != os.getpid() and _locked(path):
            found.append(int(number[0]))
    return tuple(found)


def _locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _ended(path: Path) -> Ended | None:
    """What became of the holder of a mark; None while it runs."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        crash = os.read(descriptor, LONGEST).decode("utf-8", "replace").strip()
        at = int(os.fstat(descriptor).st_mtime * 1000)
        path.unlink()
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return Ended(path.name.partition("-")[0], at, crash)
