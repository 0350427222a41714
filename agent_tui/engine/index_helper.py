"""A process that writes the search index while much is coming in.

Folding words holds the interpreter for a third of a first sync; in a process of its own it costs the sync nothing on
a second core. The helper takes the workspace's key, or nothing, as its first line, and one batch for each line after it. It ends
with its standard input, so it cannot outlive the engine by more than a batch.
"""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
from pathlib import Path

from agent_tui.store import connections, indexing
from agent_tui.store.database import Store
from agent_tui.workspace import Agent, Workspace

NICE = 10
GARBAGE = 50_000  # more objects than before garbage is looked for: folding words makes many, and no circle of them
LEAVE_S = 30.0


class IndexHelper:
    """The engine's end of it.

    Args:
        workspace: whose index.
        alone: nobody works beside it, so it need not give way; else it falls behind, and is waited for at the end.
    """

    def __init__(self, workspace: Workspace, *, alone: bool = False) -> None:
        safe = ["-P"] if sys.flags.safe_path else []
        self._process = subprocess.Popen(
            [sys.executable, *safe, "-m", "agent_tui.engine.index_helper", str(workspace.path), str(0 if alone else NICE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        key = connections.key_of(workspace.path)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # that it has gone is seen with the first batch
            self._process.stdin.write(b"%s\n" % (key.reveal().encode() if key is not None else b""))
            self._process.stdin.flush()

    def some(self) -> int | None:
        """Have one batch indexed; gives how many messages that were, or None if the helper has gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()
        except OSError:
            return None
        answer = self._process.stdout.readline().strip()
        return int(answer) if answer.isdigit() else None

    def close(self) -> None:
        """Let it end; what it is writing is finished."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def main(folder: str, niceness: str) -> None:
    """Be the helper for the workspace in this folder."""
    with contextlib.suppress(OSError):
        os.nice(int(niceness))
    gc.freeze()
    gc.set_threshold(GARBAGE)
    key = sys.stdin.buffer.readline().decode().strip()
    if key:
        from agent_tui import secrets

        secrets.harden()
        connections.use_key(folder, secrets.Secret(key))
    store = Store.open(Workspace(path=Path(folder), agent=Agent(name="", email="")), role="engine", now=lambda: 0)
    try:
        for _ in sys.stdin.buffer:
            sys.stdout.write(f"{indexing.index(store)}\n")
            sys.stdout.flush()
    except BrokenPipeError:
        pass
    finally:
        store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
