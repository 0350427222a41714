"""``agent-tui drill``: triage on a fresh copy of the demo's week, timed; nothing of it is kept but the best time."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context

BEST = "drill-best"


def arguments(parser: ArgumentParser) -> None:
    """It has none."""
    del parser


def run(context: Context, options: Namespace) -> int:
    """Make a week, open it without any server, and say at the end how it went."""
    del options
    if context.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the drill needs a terminal")
    import tempfile

    from agent_tui import workspace as workspaces
    from agent_tui.commands.context import now_ms
    from agent_tui.commands.sync import rounds
    from agent_tui.opening import open_workstation
    from agent_tui.sources.demo.make import make_workspace

    kept = context.path / BEST
    with tempfile.TemporaryDirectory(prefix="agent-tui-drill-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "week"
        make_workspace(path, now_ms(), live=False)
        context.chosen = str(path)
        from agent_tui.commands.progress import Bars

        with Bars(context) as bars:
            rounds(context, context.source_names([]), bars)
        workspace = workspaces.load(path)

        def keep(took: int) -> None:
            with contextlib.suppress(OSError):
                workspaces.create_directory(kept.parent)
                kept.write_text(f"{took}\n", "utf-8")

        return open_workstation(workspace, offline=True, drill=(best_of(kept), keep))


def best_of(file: Path) -> int | None:
    """Milliseconds of the best drill before, or None."""
    try:
        return int(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
