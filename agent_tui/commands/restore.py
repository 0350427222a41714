"""``agent-tui restore``: puts a backup back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import AgentTuiError, UsageError
from agent_tui.settings_desk import KEY_VARIABLE
from agent_tui.store import connections, health
from agent_tui.store.backups import DESK, SETTINGS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.store.connections import Key
    from agent_tui.workspace import Encryption

FOLDER = ".restore-"


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
        for left in path.glob(f"{FOLDER}*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        with TemporaryDirectory(dir=path, prefix=FOLDER) as folder:
            unpacked = _unpack(source, Path(folder))
            key = _as_here(source, unpacked, path)
            fault = health.fault(unpacked / DESK, key)
            if fault:
                raise AgentTuiError(f"{source}: the {DESK} in it is damaged ({fault}); nothing was changed")
            _put_back(unpacked, path, key)
    finally:
        lock.release()
    context.put("restore", f"{path}: {DESK} and {SETTINGS} are those of {source}; run 'agent-tui sync' next",
                path=str(path))  # fmt: skip
    return 0


def _as_here(source: Path, unpacked: Path, path: Path) -> Key | None:
    """Have what is put back encrypted as the workspace is, or as the backup says where there is none yet.

    Returns:
        the key that it is encrypted with now, or None.

    Raises:
        AgentTuiError: it is encrypted, or is to be, and the key is not there or is another one.
    """
    theirs = _encryption(unpacked / SETTINGS)
    wanted = _encryption(path / SETTINGS) if (path / SETTINGS).exists() else theirs
    desk, key = unpacked / DESK, None
    plain = not health.fault(desk, None)
    if wanted.enabled or (not plain and connections.looks_encrypted(desk)):
        from agent_tui import secrets
        from agent_tui.store import encrypting
        from agent_tui.workspace import Workspace

        key, _ = secrets.find_key(Workspace(path=path, encryption=wanted))
        made = unpacked / "converted"
        made.mkdir()
        if encrypting.convert_file(desk, None if plain else key, key if wanted.enabled else None, made):
            raise AgentTuiError(
                f"{source}: the {DESK} in it is damaged, or encrypted with another key; nothing was changed. Where you have "
                f"that key, give it in {KEY_VARIABLE} and restore into a workspace of its own"
            )
    if theirs.enabled != wanted.enabled:
        from agent_tui.commands.setup.settings_text import with_encryption

        text = (unpacked / SETTINGS).read_text("utf-8-sig")
        (unpacked / SETTINGS).write_text(with_encryption(text, enabled=wanted.enabled, command=wanted.secret_command), "utf-8")
    return key if wanted.enabled else None


def _encryption(settings: Path) -> Encryption:
    """What settings say of it, whatever else is wrong with them: a backup is put back all the same."""
    import tomllib

    from agent_tui.workspace import Encryption

    try:
        table = tomllib.loads(settings.read_text("utf-8-sig")).get("encryption", {})
        command = table.get("secret_command", ())
        return Encryption(enabled=table.get("enabled") is True, secret_command=tuple(map(str, command)))
    except (ValueError, AttributeError, TypeError):
        return Encryption()


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


def _put_back(unpacked: Path, path: Path, key: Key | None) -> None:
    settings = path / SETTINGS
    if settings.exists():
        shutil.copy2(settings, path / f"{SETTINGS}.before-restore")
    health.put_back(unpacked / DESK, path / DESK, path / f"{DESK}.before-restore", key)
    shutil.copyfile(unpacked / SETTINGS, path / f".{SETTINGS}.new")
    (path / f".{SETTINGS}.new").replace(settings)
