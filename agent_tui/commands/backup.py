"""``agent-tui backup``: what exists only here, and the settings, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import UsageError
from agent_tui.store import backups

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context


def arguments(parser: ArgumentParser) -> None:
    """``FILE``."""
    parser.add_argument("file", metavar="FILE", help="a zip file to make, for its user alone")
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")


def run(context: Context, options: Namespace) -> int:
    """A copy by SQLite's backup API, so that it is whole even while the workstation writes."""
    target = Path(options.file).absolute()
    if target.exists() and not options.force:
        raise UsageError(f"{target} is there already; choose another name, or --force")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    backups.write(context.desk.store, target)
    context.put("backup", f"{target} holds {backups.DESK} and {backups.SETTINGS}; secrets are not in it", path=str(target))
    return 0
