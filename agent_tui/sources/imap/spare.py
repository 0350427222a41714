"""A reader of mail that is started before anybody knows the mailbox, for a first sync that is certain to come.

Importing what reads mail takes as long as the engine's own start does; on a second core it is done by then.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence

SECRETS = ("AGENT_TUI_SECRET_", "AGENT_TUI_ENCRYPTION_KEY")
LEAVE_S = 5.0
NICE = 10  # where somebody may be working beside a first sync

_waiting: list[subprocess.Popen[bytes]] = []


def command(*, alone: bool) -> list[str]:
    """What is run.

    Args:
        alone: nobody works beside it, so it need not give way.
    """
    safe = ["-P"] if sys.flags.safe_path else []
    return [sys.executable, *safe, "-m", "agent_tui.sources.imap.parser", str(0 if alone else NICE)]


def start(line: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a reader: without our secrets, and ending with its standard input."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    return subprocess.Popen(list(line), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=kept)


def prepare(*, alone: bool) -> None:
    """Have one ready; whoever called this calls ``drop`` at the end."""
    if not _waiting:
        _waiting.append(start(command(alone=alone)))


def take() -> subprocess.Popen[bytes] | None:
    """The one that is ready, which is the caller's now; None where there is none."""
    while _waiting:
        process = _waiting.pop()
        if process.poll() is None:
            return process
        end(process)
    return None


def drop() -> None:
    """Let the one that nobody took end."""
    while _waiting:
        end(_waiting.pop())


def end(process: subprocess.Popen[bytes], *, kill: bool = False) -> None:
    """Let a reader end, or make it."""
    assert process.stdin is not None
    assert process.stdout is not None
    if kill:
        process.kill()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            pipe.close()
    try:
        process.wait(LEAVE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
