"""``agent-tui demo``: a workspace to try everything with, needing no network and no account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context

# What is there when making it was cut off; the settings come last.
HALF_MADE = {"canned", "policies", "demo-servers.db", "demo-servers.db-wal", "demo-servers.db-shm"}


def arguments(parser: ArgumentParser) -> None:
    """``[--dir DIR] [--no-open]``."""
    parser.add_argument("--dir", metavar="DIR", help="where to make it (default: beside the usual workspace)")
    parser.add_argument("--no-open", action="store_true", help="make it and say where it is")


def run(context: Context, options: Namespace) -> int:
    """Makes it where it is not there yet, brings it up to date, and opens it."""
    import sys

    from agent_tui import workspace as workspaces
    from agent_tui.commands.context import now_ms
    from agent_tui.commands.progress import Bars
    from agent_tui.commands.sync import rounds
    from agent_tui.sources.demo.make import make_workspace

    chosen = options.dir or context.chosen or workspaces.locate("") / "demo"
    path = workspaces.locate(chosen)
    open_it = not options.no_open
    if open_it and not context.json and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the workstation needs a terminal; with --no-open the workspace is only made")
    if not (path / workspaces.SETTINGS).exists():
        if path.is_dir() and {one.name for one in path.iterdir()} - HALF_MADE:
            raise UsageError(f"{path} is not empty and no workspace; choose another with --dir")
        workspaces.create_directory(path)
        make_workspace(path, now_ms())
    context.chosen = str(path)
    with Bars(context) as bars:
        results = rounds(context, context.source_names([]), bars)
    failed = [one for one in results if not one.get("ok")]
    if failed:
        sys.stderr.write(f"agent-tui: {failed[0]['source']}: {failed[0].get('error')}\n")
    if options.no_open or context.json:
        context.put("demo", f"{Path(path)}\nopen it with: agent-tui --workspace {path}", path=str(path))
        return 4 if failed else 0
    from agent_tui.opening import open_workstation

    return open_workstation(context.workspace, offline=context.offline)
