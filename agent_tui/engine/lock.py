"""Exactly one engine for a workspace.

The lock is on a file of its own: closing any descriptor of a file drops every lock that the process has on it,
so a database must never be locked this way.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from agent_tui.domain.errors import AgentTuiError


class EngineRunning(AgentTuiError):
    """Another process is this workspace's engine.

    Args:
        pid: of that process, or 0 where it is not known.
    """

    def __init__(self, path: Path, pid: int) -> None:
        who = f" (process {pid})" if pid else ""
        super().__init__(f"an engine already runs for {path.parent}{who}; ask that one, or end it first")
        self.pid = pid


class EngineLock:
    """Holds the lock from ``__init__`` to ``release``; the system releases it however the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            EngineRunning: somebody else has it.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).strip()
            os.close(self._descriptor)
            raise EngineRunning(path, int(holder) if holder.isdigit() else 0) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let the next engine start. The file stays: removing it would let two processes lock two files."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1
