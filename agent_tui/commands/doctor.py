"""``agent-tui doctor``: what is well, what is not, and what to do about it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_tui.domain.errors import AgentTuiError, WorkspaceError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

    from agent_tui.commands.context import Context
    from agent_tui.workspace import Workspace

OK, NOTE, WRONG, MENDED = "ok", "note", "wrong", "mended"
MARKS = {OK: "ok    ", NOTE: "note  ", WRONG: "WRONG ", MENDED: "mended"}
# One word of each script that terminals often lack; what looks like boxes needs a font.
SAMPLE = "é ß ж ع אב हि বা ਪੰ ಕನ್ 中文 日本 한국 🙂"
LITTLE_SPACE = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Args:
        area: workspace, database, secret, server, terminal.
        status: ``ok``, ``note`` (works, but could be better), ``wrong`` or ``mended`` (was wrong).
        words: what is so, and what to do where it is not well.
    """

    area: str
    name: str
    status: str
    words: str


def arguments(parser: ArgumentParser) -> None:
    """``[--mend]``; ``--offline`` leaves the servers out."""
    parser.add_argument("--mend", action="store_true",
                        help="check databases thoroughly, set a damaged cache aside and fetch it again, build the index anew, "
                             "close files to others; never touches what exists only here")  # fmt: skip


def run(context: Context, options: Namespace) -> int:
    """Exit status 1 where something is wrong here, 4 where only servers are."""
    wrong: set[str] = set()
    for check in checks(context, mend=options.mend):
        if check.status == WRONG:
            wrong.add(check.area)
        context.put("check", f"{MARKS[check.status]} {check.area:<9} {check.name}: {check.words}", area=check.area,
                    name=check.name, status=check.status, words=check.words)  # fmt: skip
        context.flush()
    return 0 if not wrong else 4 if wrong == {"server"} else 1


def checks(context: Context, *, mend: bool = False) -> Iterator[Check]:
    """Everything, one at a time, what is quick first.

    Args:
        mend: put in order what can be.
    """
    yield from _program()
    path = context.path
    try:
        if path.is_dir():
            yield from _directory(path)
        workspace = context.workspace
    except WorkspaceError as error:
        for fault in error.faults:
            yield Check("workspace", "settings", WRONG, fault)
        yield from _terminal()
        return
    words = f"{workspace.settings_path}, {len(workspace.sources)} sources"
    yield Check("workspace", "settings", OK, words)
    yield _encryption(workspace)
    yield from _files(workspace, mend=mend)
    if mend:
        from agent_tui.commands.mending import mended

        yield from mended(context)
    else:
        yield from _databases(workspace)
    yield from _terminal()
    yield from _widths(workspace)
    yield from _secrets(workspace)
    if not context.offline:
        yield from _servers(workspace)


def _program() -> Iterator[Check]:
    import sqlite3

    from agent_tui.store.health import search_fault

    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("program", "python", OK, f"{version} at {sys.executable}")
    trouble = search_fault()
    words = f" cannot search ({trouble}); use a Python whose SQLite can" if trouble else ""
    yield Check("program", "sqlite", WRONG if trouble else OK, sqlite3.sqlite_version + words)


def _directory(path: Path) -> Iterator[Check]:
    from agent_tui import private
    from agent_tui.store.database import NETWORK, file_system

    for words in private.keep(path):
        yield Check("workspace", "directory", MENDED, words)
    yield Check("workspace", "directory", OK, f"{path}, for its owner alone")
    kind = file_system(path)
    if kind in NETWORK:
        yield Check("workspace", "disk", WRONG, f"{path} is on a network file system ({kind}); move it to a local disk")
    free = shutil.disk_usage(path).free
    status, words = (OK, "free") if free > LITTLE_SPACE else (NOTE, "free, which is little; make room")
    yield Check("workspace", "space", status, f"{free // 1_000_000:,} MB {words}")


def _encryption(workspace: Workspace) -> Check:
    if not workspace.encryption.enabled:
        words = "off; an encrypted disk, or 'agent-tui encryption on', keeps the databases from whoever gets at the disk"
        return Check("workspace", "encryption", OK, words)
    from agent_tui import secrets
    from agent_tui.commands.encryption import CLEAR

    _, origin = secrets.find_key(workspace)
    return Check("workspace", "encryption", OK, f"of the databases and their backups, with the key from the {origin}; {CLEAR}")


def _files(workspace: Workspace, *, mend: bool) -> Iterator[Check]:
    from agent_tui import private

    loose = private.open_to_others(workspace.path)
    names = ", ".join(str(one.relative_to(workspace.path)) for one in loose[:5])
    names += f" and {len(loose) - 5} more" if len(loose) > 5 else ""
    if loose and mend:
        private.close(loose)
        yield Check("workspace", "files", MENDED, f"their modes let others read {names}; no longer")
    elif loose:
        yield Check("workspace", "files", WRONG, f"their modes let others read {names}; run 'agent-tui doctor --mend'")
    else:
        yield Check("workspace", "files", OK, "databases, attachments, log and socket are for their owner alone")
    for name, folder in (("canned replies", workspace.canned), ("policies", workspace.policies)):
        count = sum(1 for one in folder.rglob("*.md")) if folder.is_dir() else 0
        yield Check("workspace", name, OK if count else NOTE, f"{count or 'no'} files in {folder}")


def _databases(workspace: Workspace) -> Iterator[Check]:
    from agent_tui.store.connections import key_of
    from agent_tui.store.health import fault
    from agent_tui.store.mending import desk_gone

    mending = "run 'agent-tui doctor --mend', which {}"
    remedies = {
        workspace.desk_path: "move it away, do not delete it, and put a backup back with 'agent-tui restore FILE'",
        workspace.cache_path: mending.format("sets it aside and fetches everything again"),
        workspace.search_path: mending.format("makes it again"),
    }
    for path, remedy in remedies.items():
        gone = desk_gone(workspace) if path == workspace.desk_path else ""
        if gone:
            yield Check("database", path.name, WRONG, gone)
            continue
        if not path.exists():
            yield Check("database", path.name, NOTE, "not there yet; 'agent-tui sync' makes it")
            continue
        found = fault(path, key_of(workspace.path))
        words = f"damaged ({found}); {remedy}" if found else f"whole, {path.stat().st_size // 1000:,} kB"
        yield Check("database", path.name, WRONG if found else OK, words)


def _secrets(workspace: Workspace) -> Iterator[Check]:
    from agent_tui import secrets

    for one in workspace.sources:
        if one.type in ("demo", "archive"):
            continue
        parts = ["", *(["smtp"] if getattr(one.options, "smtp_username", "") else [])]
        for part in parts:
            name = f"{one.name} {part}".strip()
            try:
                _secret, origin = secrets.find(workspace, one.name, part)
                yield Check("secret", name, OK, f"from the {origin}")
            except AgentTuiError as error:
                yield Check("secret", name, WRONG, str(error))


def _servers(workspace: Workspace) -> Iterator[Check]:
    import asyncio

    from agent_tui.commands.source import check_all

    for one in asyncio.run(check_all(workspace, [source.name for source in workspace.sources])):
        words = f"{one['account']} at {one['server']}" if one["ok"] else one["error"]
        yield Check("server", one["source"], OK if one["ok"] else WRONG, words)


def _widths(workspace: Workspace) -> Iterator[Check]:
    from agent_tui.domain.cell_habits import words
    from agent_tui.store import first
    from agent_tui.widgets import probes

    kept = first.drawn(str(workspace.path), probes.terminal(os.environ))
    name, _ = probes.remembered(kept)
    habits, asks = probes.known(workspace.widths, kept)
    if asks:
        yield Check("terminal", "widths", NOTE, "not known yet; the workstation asks the terminal when it is opened here")
        return
    told = "the settings say so" if workspace.widths != "auto" else f"as {name or 'the terminal'} has answered"
    yield Check("terminal", "widths", OK, f"{words(habits)} ({told})")


def _terminal() -> Iterator[Check]:
    if not sys.stdout.isatty():
        yield Check("terminal", "terminal", NOTE, "this is none; the workstation needs one, commands do not")
        return
    columns, lines = shutil.get_terminal_size()
    small = columns < 80 or lines < 24
    words = f"{columns}×{lines}" + ("; make it at least 80×24" if small else "")
    yield Check("terminal", "size", WRONG if small else OK, words)
    term, depth = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    if os.environ.get("NO_COLOR"):
        words = "off, because NO_COLOR is set; nothing depends on them"
    elif depth in ("truecolor", "24bit"):
        words = f"16 million (TERM={term})"
    else:
        words = f"{'256' if '256' in term else '16'} (TERM={term}); set COLORTERM=truecolor if the terminal can more"
    yield Check("terminal", "colours", OK, words)
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        words = f"the locale says {sys.stdout.encoding}; set LANG to one that ends in UTF-8"
        yield Check("terminal", "unicode", WRONG, words)
    else:
        yield Check("terminal", "unicode", OK, f"{SAMPLE} (boxes mean a missing font: install the Noto fonts)")
