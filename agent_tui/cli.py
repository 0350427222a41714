"""The command line: thin doors to the desk and the engine."""

from __future__ import annotations

import sys


def run(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit status."""
    from agent_tui import __version__

    arguments = sys.argv[1:] if arguments is None else arguments
    if "--version" in arguments:
        sys.stdout.write(f"agent-tui {__version__}\n")
        return 0
    sys.stderr.write("agent-tui: no such command\n")
    return 2
