"""What every scene has: a workspace, its engine, and what stands on its disk."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.journeys.terminal import ROOT, Terminal, until


class Workplace:
    """One workspace and the terminals in which it is open."""

    path: Path
    terminals: list[Terminal]

    @property
    def env(self) -> Mapping[str, str]:
        """Secrets of its sources."""
        return {}

    def engine(self) -> int:
        """Process id of the engine, 0 while there is none."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.path / "engine.lock").read_text() or 0)
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                return pid
        return 0

    def kill_engine(self) -> int:
        """End the engine without a last word; which one it was."""
        pid = until(self.engine, "an engine")
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.engine() != pid, "the engine's end")
        return pid

    def leave(self) -> None:
        """End every terminal and the engine."""
        for terminal in self.terminals:
            terminal.close()
        if pid := self.engine():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def rows(self, sql: str, *values: Any, file: str = "desk.db") -> list[tuple[Any, ...]]:
        """Read one of the files, as a process that only looks."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path / file}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(sql, values).fetchall()

    def states(self, kind: str = "reply") -> list[str]:
        """States of the operations of a kind, oldest first."""
        return [state for (state,) in self.rows("SELECT state FROM operations WHERE kind = ? ORDER BY id", kind)]

    def command(self, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
        """Run a command with ``--json``; its lines."""
        done = subprocess.run(
            [sys.executable, "-m", "agent_tui", "--workspace", str(self.path), *arguments, "--json"],
            check=False, capture_output=True, text=True, timeout=60, cwd=ROOT, env={**os.environ, **self.env, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]
