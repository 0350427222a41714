"""Keys while a first sync over IMAP runs: a new account on Dovecot, opened in a terminal as a user opens it.

The workstation starts its engine itself, so that all of it counts: fetching, reading, storing, indexing, and the
repaints of what comes in. The same keys are pressed again in the same list when the sync is done.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import first_sync
from benchmarks.machine import PYTHON, Report, busy
from benchmarks.terminal import Terminal
from benchmarks.workstation import SHOWN, pressed
from tests.servers import mail

PLANS: tuple[tuple[str, Sequence[str], int, str], ...] = (
    ("j, and k", ["j", "j", "j", "j", "k"], 60, "8 ms"),
    ("page down and up", [" ", " ", "\x1b[5~"], 20, "12 ms"),
    ("open and back", ["\r", "u"], 20, "20 ms"),
)
PATIENCE_S = 300
BACKLOG = "3650d"  # the generated mails are of another year, and closed cases make no inbox


def _stored(folder: Path) -> tuple[int, int]:
    """``(messages, how many of them wait for the index)``."""
    cache = sqlite3.connect(f"file:{folder / 'cache.db'}?mode=ro", uri=True, timeout=10)
    try:
        messages, waiting = (cache.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("messages", "unindexed"))
    finally:
        cache.close()
    return messages, waiting


def _keys(screen: Terminal, folder: Path, report: Report, label: str, whole: int) -> None:
    for name, keys, times, goal in PLANS:
        for key in "gg":  # the cursor stays on its case while older ones come in above: at the end of the list j does nothing
            screen.key(key)
        before, began = _stored(folder)[0], time.perf_counter()
        cpu, middle, late, size = pressed(screen, keys, times)
        after, seconds = _stored(folder)[0], time.perf_counter() - began
        coming = f"; {before:,} to {after:,} mails here, {(after - before) / seconds:,.0f}/s" if before < whole else ""
        report.add(
            f"{name}, {label}",
            f"{cpu:.1f} ms of processor time, painted after {middle:.0f} ms (p99 {late:.0f}), {size:,.0f} bytes{coming}",
            goal,
        )


def _unattended(screen: Terminal, report: Report, seconds: float = 3) -> None:
    """What repainting takes while mail comes in and nobody presses anything; the figures of keys are without it."""
    cpu, end = screen.cpu(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        screen.read(0.1)
    report.add("repainting what comes in, nothing pressed", f"{(screen.cpu() - cpu) / seconds:.0%} of a core")


def measure(count: int = 30_000) -> Report:
    """A new account from its first start to a quiet list.

    Args:
        count: mails in the mailbox; enough that the keys do not outlast the sync.
    """
    report = Report(f"Keys while a first sync of {count:,} mails over IMAP runs")
    server = mail.start()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            user, folder = server.fresh(), Path(temporary) / "workspace"
            first_sync.fill(server, user, count)
            first_sync.settings(server, user, folder, backlog=BACKLOG)
            command = [PYTHON, "-m", "agent_tui", "--workspace", str(folder)]
            screen = Terminal(command, environment={"AGENT_TUI_SECRET_SUPPORT_MAIL": server.password})
            try:
                seconds = screen.ready(SHOWN, patience=PATIENCE_S)
                report.add("new account, program start to the newest mails painted", f"{seconds:.2f} s")
                _unattended(screen, report)
                _keys(screen, folder, report, "while the sync runs", count)
                end = time.perf_counter() + PATIENCE_S
                while _stored(folder) != (count, 0):
                    assert time.perf_counter() < end, f"the sync does not end: {_stored(folder)}"
                    screen.settle(0.2, 0.5)
                screen.settle(1.0)
                _keys(screen, folder, report, "when it is done", count)
            finally:
                screen.close()
    finally:
        server.close()
    report.add("machine meanwhile", busy())
    return report
