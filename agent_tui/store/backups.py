"""Backups of what exists only here: the desk and the settings in one zip file, made on request and by itself.

The engine makes one a day into ``backups/`` where the desk has changed since the last one, and keeps the newest seven and
one of each of the four weeks before. They protect against a damaged file and a wrong step, not against a lost disk.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from agent_tui.store import connections
from agent_tui.store.database import Store, backup
from agent_tui.workspace import Workspace

DESK = "desk.db"
SETTINGS = "workspace.toml"
DAYS = 7
WEEKS = 4
EVERY_MS = 86_400_000
_NAME = "%Y-%m-%d"


def write(store: Store, target: Path) -> None:
    """Make a backup beside the target first, so that a target that is replaced is never half written.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    from tempfile import TemporaryDirectory
    from zipfile import ZIP_DEFLATED, ZipFile

    with TemporaryDirectory(dir=target.parent, prefix=".agent-tui-") as folder:
        copy = Path(folder) / DESK
        backup(store.desk, copy, connections.key_of(store.workspace.path))
        made = Path(folder) / "backup.zip"
        with ZipFile(made, "w", ZIP_DEFLATED) as file:
            file.write(copy, DESK)
            if store.workspace.settings_path.exists():
                file.write(store.workspace.settings_path, SETTINGS)
        descriptor = os.open(made, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        made.chmod(0o600)
        made.replace(target)


def every(workspace: Workspace) -> tuple[Path, ...]:
    """The backups that the engine made, newest first."""
    return tuple(sorted((one for one in workspace.backups.glob("*.zip") if _day(one)), reverse=True))


def due(store: Store) -> bool:
    """Whether there is anything new to keep, and the last backup is a day old."""
    newest = next(iter(every(store.workspace)), None)
    if newest is None:
        return store.desk.execute("SELECT 1 FROM operations UNION ALL SELECT 1 FROM drafts LIMIT 1").fetchone() is not None
    made = newest.stat().st_mtime
    beside = store.workspace.desk_path
    changed = max(one.stat().st_mtime for one in (beside, beside.with_name(f"{beside.name}-wal")) if one.exists())
    return store.now() / 1000 - made >= EVERY_MS / 1000 and changed > made


def rotate(store: Store) -> Path:
    """Make today's backup and delete those that are no longer kept.

    Returns:
        the new one.
    """
    folder = store.workspace.backups
    folder.mkdir(mode=0o700, exist_ok=True)
    today = datetime.fromtimestamp(store.now() / 1000, UTC).date()
    made = folder / f"{today.strftime(_NAME)}.zip"
    write(store, made)
    os.utime(made, (store.now() / 1000,) * 2)
    days = {one: day for one in every(store.workspace) if (day := _day(one)) is not None}
    for one in set(days) - kept(days, today):
        one.unlink(missing_ok=True)
    return made


def kept(days: dict[Path, date], today: date) -> set[Path]:
    """Which backups stay: the newest seven, and of each of the last four weeks the oldest.

    Args:
        days: of which day each is.
    """
    newest = sorted(days, key=lambda one: days[one], reverse=True)[:DAYS]
    weekly: dict[date, Path] = {}
    for one, day in sorted(days.items(), key=lambda item: item[1]):
        if today - day <= timedelta(weeks=WEEKS):
            weekly.setdefault(day - timedelta(days=day.weekday()), one)
    return {*newest, *weekly.values()}


def _day(path: Path) -> date | None:
    try:
        return datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC).date()
    except ValueError:
        return None
