"""The workstation in a terminal over a cache of many mails: start, keys, search as one types, memory, rest."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import generate, terminal
from benchmarks.machine import PYTHON, Report, busy, median, percentile
from benchmarks.terminal import Terminal

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("READY")
Empty().run()
"""
_FIRST = r"1 of [\d,]+ +opening"
SHOWN = r"1 of [\d,]+ +(?!opening)[a-z\d]"
"""The list by Textual: after the count stands how the servers are."""
_OTHER_SYNC = """
import itertools, sys
from pathlib import Path
from agent_tui import workspace
from agent_tui.domain.model import Batch
from agent_tui.engine.books import Books
from benchmarks import generate
import os, time, dataclasses
os.nice(10)
books = Books(workspace.load(Path(sys.argv[1])), now=lambda: generate.NEWEST)
number = 0
letters = [generate.remote(one) for one in generate.letters(4000, seed=2)]
print("going", flush=True)
while True:
    number += 1
    for start in range(0, len(letters), 100):
        some = tuple(
            dataclasses.replace(one, key=f"{number}.{one.key}", ref=f"{number}:{one.ref}", marker=f"{number}.{one.marker}",
                                thread_ids=tuple(f"{number}.{i}" for i in one.thread_ids))
            for one in letters[start:start + 100]
        )
        books.apply("support-mail", Batch(cursor="{}", messages=some, more=True, backfill=True), None)
"""


def _command(folder: Path) -> list[str]:
    return [str(Path(PYTHON).with_name("agent-tui")), "--workspace", str(folder), "--offline"]


def starts(folder: Path, times: int) -> tuple[list[float], list[float]]:
    """Seconds by the clock, and of processor time, to an empty Textual app, to the first frame and to Textual's list, in turn.

    Each is the least of its runs, up to the bytes that show it: what else wants the processor can only add to them.
    """
    empty: list[tuple[float, float]] = []
    first: list[tuple[float, float]] = []
    ours: list[tuple[float, float]] = []
    with opened(folder):  # what the first frame needs of the settings is remembered by the start before
        pass
    plans = (([PYTHON, "-c", EMPTY], "READY", empty), (_command(folder), _FIRST, first), (_command(folder), SHOWN, ours))
    for _ in range(times + 1):
        for command, pattern, found in plans:
            screen = Terminal(command, spending=True)
            try:
                seconds = screen.ready(pattern)
                found.append((seconds, screen.spent[seconds]))
            finally:
                screen.close()
    wall, cpu = ([min(one[part] for one in found[1:]) for found in (empty, first, ours)] for part in (0, 1))
    return wall, cpu


def start(folder: Path, times: int, report: Report) -> None:
    """Time and processor time to the first frame and to Textual's list, beside an empty Textual app."""
    wall, cpu = starts(folder, times)
    names = ("an empty Textual app, start to painted", "agent-tui, start to its first frame", "agent-tui, start to painted list")
    for number, (name, goal) in enumerate(zip(names, ("", "0.3 x", "1.25 x"), strict=True)):
        against = f"; {wall[number] / wall[0]:.2f} x by the clock, {cpu[number] / cpu[0]:.2f} x of processor time"
        report.add(
            name, f"{wall[number] * 1000:.0f} ms, {cpu[number] * 1000:.0f} ms of processor time{against if number else ''}", goal
        )


@contextlib.contextmanager
def opened(folder: Path, rows: int = 40, columns: int = 140, shown: str = SHOWN) -> Iterator[Terminal]:
    screen = Terminal(_command(folder), rows=rows, columns=columns)
    try:
        screen.ready(shown)
        screen.settle(0.5)
        yield screen
    finally:
        screen.close()


def pressed(screen: Terminal, keys: Sequence[str], times: int, gap: float = 0.03) -> tuple[float, float, float, float]:
    """``(processor ms a key, median ms to painted, 99th percentile, bytes a key)``."""
    walls, sizes = [], []
    screen.settle(0.3)
    before = screen.cpu()
    started = time.perf_counter()
    for number in range(times):
        wall, size = screen.key(keys[number % len(keys)])
        walls.append(wall * 1000)
        sizes.append(size)
        time.sleep(gap)
    spent = screen.cpu() - before
    seconds = time.perf_counter() - started
    idle_before = screen.cpu()
    time.sleep(2)
    idle = (screen.cpu() - idle_before) / 2 * seconds  # what it would have used anyhow
    return max(0.0, spent - idle) / times * 1000, median(walls), percentile(walls, 99), sum(sizes) / times


def keys(folder: Path, report: Report, label: str = "") -> None:
    """Processor time per key: moving, paging, opening and leaving, verbs; list and reading pane open (140 x 40)."""
    plans: tuple[tuple[str, Sequence[str], int, str], ...] = (
        ("j, and k", ["j", "j", "j", "j", "k"], 100, "8 ms"),
        ("page down and up", [" ", " ", "\x1b[5~"], 30, "12 ms"),
        ("open and back", ["\r", "u"], 30, "20 ms"),
        ("verbs e, z (done, undo)", ["e", "z"], 24, "20 ms"),
        ("x (select)", ["x"], 20, "8 ms"),
    )
    with opened(folder) as screen:
        for name, presses, times, goal in plans:
            if label and times < 30:
                continue
            cpu, middle, late, size = pressed(screen, presses, times)
            report.add(
                f"{name}{label}",
                f"{cpu:.1f} ms of processor time, painted after {middle:.0f} ms (p99 {late:.0f}), {size:,.0f} bytes",
                goal,
            )


def bulk(folder: Path, report: Report, number: int = 500, times: int = 3) -> None:
    """A verb on many selected cases, and undo of it: from the key to the words that say that it is done, which come with the
    list's repaint, and to the last byte of all that follows within 300 ms (the case that is now under the cursor).
    """
    found: dict[str, list[tuple[float, float, float]]] = {"e": [], "z": []}
    with opened(folder) as screen:
        for _ in range(times):
            screen.key("g", quiet=0.2)
            screen.key("g", quiet=0.2)
            for _ in range(number):
                screen.key("x", quiet=0.002)
            screen.settle(1.0)
            for key, measured in found.items():
                before = screen.cpu()
                wall, spent = screen.until(key, f"{number} cases")
                screen.settle(0.3)
                measured.append((wall * 1000, (spent - before) * 1000, (screen.cpu() - before) * 1000))
                screen.settle(0.5)
    desk = sqlite3.connect(folder / "desk.db")
    sizes = desk.execute("SELECT count(*) FROM operations GROUP BY group_id ORDER BY group_id DESC LIMIT ?", (times,)).fetchall()
    desk.close()
    assert sizes == [(number,)] * times, sizes
    for key, name in (("e", "done (e)"), ("z", "undo of it (z)")):
        walls, spent, whole = zip(*found[key], strict=True)
        report.add(
            f"{name} of {number} selected cases",
            f"{median(spent):.0f} ms of processor time to the repaint (least {min(spent):.0f}), painted after "
            f"{median(walls):.0f} ms; {median(whole):.0f} ms with all that follows",
            "100 ms",
        )


def typing(folder: Path, report: Report) -> None:
    """Search as one types."""
    times: list[float] = []
    spent: list[float] = []
    with opened(folder) as screen:
        for word in ("refund", "needleone", "order parcel", "new invoice", "আমার", "届きません", "7000", "ਮੇਰਾ"):
            screen.key("/", quiet=0.2)
            for letter in word:
                before = screen.cpu()
                wall, _ = screen.key(letter, quiet=0.06)
                times.append(wall * 1000)
                spent.append((screen.cpu() - before) * 1000)
                time.sleep(0.05)
            screen.key("\x1b", quiet=0.3)
            screen.key("\x1b", quiet=0.3)
    report.add(
        "search as one types, key to painted",
        f"median {median(times):.0f} ms, p95 {percentile(times, 95):.0f} ms; processor time median {median(spent):.0f} ms, "
        f"p95 {percentile(spent, 95):.0f} ms",
        "p95 30 ms",
    )


def rest(folder: Path, report: Report, seconds: float = 10) -> None:
    """Memory after some use, and what doing nothing costs."""
    with opened(folder) as screen:
        for key in ("G", "g", "g", "j", "\r", "u", *" " * 10):
            screen.key(key)
        screen.settle(0.5)
        resident, proportional = terminal.memory_of(screen.process.pid)
        report.add("memory of the workstation", f"{resident:.0f} MB resident, {proportional:.0f} MB its share", "150 MB")
        time.sleep(1)
        cpu, wakes = screen.cpu(), terminal.wakes_of(screen.process.pid)
        time.sleep(seconds)
        cpu, wakes = screen.cpu() - cpu, terminal.wakes_of(screen.process.pid) - wakes
        report.add("at rest, workstation", f"{cpu / seconds:.2%} of a core, {wakes / seconds:.1f} wake-ups a second", "1 %")


def disk(folder: Path, count: int, report: Report) -> None:
    """Bytes a mail."""
    cache, search = ((folder / name).stat().st_size for name in ("cache.db", "search.db"))
    text = sum(len(one.body.encode()) for one in generate.letters(2_000)) / 2_000
    report.add(
        "disk", f"{cache / count:,.0f} bytes a mail in cache.db, {search / count:,.0f} in search.db; its text has {text:,.0f}"
    )


def measure(count: int = 100_000, times: int = 9, only: Sequence[str] = ()) -> Report:
    """All of it.

    Args:
        count: mails in the cache.
        times: starts.
        only: parts, by name; empty: all.
    """
    report = Report(f"The workstation over a cache of {count:,} mails")
    folder = generate.workspace(count)
    wanted = set(only) or {"disk", "start", "keys", "bulk", "typing", "rest", "busy"}
    if "disk" in wanted:
        disk(folder, count, report)
    if "start" in wanted:
        start(folder, times, report)
    if "keys" in wanted:
        keys(folder, report)
    if "bulk" in wanted:
        bulk(folder, report)
    if "typing" in wanted:
        typing(folder, report)
    if "rest" in wanted:
        rest(folder, report)
    if "busy" in wanted:
        other = subprocess.Popen([PYTHON, "-c", _OTHER_SYNC, str(folder)], stdout=subprocess.PIPE, env=dict(os.environ))
        try:
            assert other.stdout is not None
            other.stdout.readline()
            keys(folder, report, ", while a sync runs")
        finally:
            other.kill()
            other.wait()
    report.add("machine meanwhile", busy())
    return report
