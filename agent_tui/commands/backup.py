"""``agent-tui backup``: what exists only here, and the settings, in one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context

DESK = "desk.db"
SETTINGS = "workspace.toml"


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
    write(context, target)
    context.put("backup", f"{target} holds {DESK} and {SETTINGS}; secrets are not in it", path=str(target))
    return 0


def write(context: Context, target: Path) -> None:
    """Make the backup beside the target first, so that a target that is replaced is never half written."""
    from tempfile import TemporaryDirectory
    from zipfile import ZIP_DEFLATED, ZipFile

    from agent_tui.store.database import backup

    with TemporaryDirectory(dir=target.parent, prefix=".agent-tui-") as folder:
        copy = Path(folder) / DESK
        backup(context.desk.store.desk, copy)
        made = Path(folder) / "backup.zip"
        with ZipFile(made, "w", ZIP_DEFLATED) as file:
            file.write(copy, DESK)
            file.write(context.workspace.settings_path, SETTINGS)
        descriptor = os.open(made, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        made.chmod(0o600)
        made.replace(target)
