"""``agent-tui restore``: puts a backup back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import AgentTuiError, UsageError
from agent_tui.store import health
from agent_tui.store.backups import DESK, SETTINGS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context


def arguments(parser: ArgumentParser) -> None:
    """``FILE``."""
    parser.add_argument("file", metavar="FILE", help="made by 'agent-tui backup'")


def run(context: Context, options: Namespace) -> int:
    """What is there now is kept beside it, named ``….before-restore``. The workstation must be closed."""
    from tempfile import TemporaryDirectory

    from agent_tui.engine.lock import EngineLock
    from agent_tui.workspace import create_directory

    source = Path(options.file)
    if not source.is_file():
        raise UsageError(f"there is no file {source}")
    path = create_directory(context.path)
    lock = EngineLock(path / "engine.lock")
    try:
        with TemporaryDirectory(dir=path, prefix=".restore-") as folder:
            unpacked = _unpack(source, Path(folder))
            fault = health.fault(unpacked / DESK)
            if fault:
                raise AgentTuiError(f"{source}: the {DESK} in it is damaged ({fault}); nothing was changed")
            _put_back(unpacked, path)
    finally:
        lock.release()
    context.put("restore", f"{path}: {DESK} and {SETTINGS} are those of {source}; run 'agent-tui sync' next",
                path=str(path))  # fmt: skip
    return 0


def _unpack(source: Path, folder: Path) -> Path:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(source) as file:
            if {DESK, SETTINGS} - set(file.namelist()):
                raise UsageError(f"{source} is no backup of agent-tui: it must hold {DESK} and {SETTINGS}")
            for name in (DESK, SETTINGS):
                with file.open(name) as packed, (folder / name).open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
    except (BadZipFile, EOFError, ValueError) as error:
        raise UsageError(f"{source} is damaged or no backup of agent-tui ({error})") from None
    return folder


def _put_back(unpacked: Path, path: Path) -> None:
    settings = path / SETTINGS
    if settings.exists():
        shutil.copy2(settings, path / f"{SETTINGS}.before-restore")
    health.put_back(unpacked / DESK, path / DESK, path / f"{DESK}.before-restore")
    shutil.copyfile(unpacked / SETTINGS, path / f".{SETTINGS}.new")
    (path / f".{SETTINGS}.new").replace(settings)
