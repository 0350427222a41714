"""``python -m benchmarks.sent``: what a key sends to the terminal in the demo, each part in turn, at two sizes.

Counted from the key until nothing has come for 0.6 seconds, so that what follows once the keys rest (the reading pane, the
clauses) is counted with the key that caused it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import workstation
from benchmarks.machine import PYTHON, Report, run
from benchmarks.terminal import Terminal

GOAL = "1 KB"
_PANES_AFTER = 0.02
_SHOWN = r"\? help"
_REST = 0.6
"""Less than a second: live chats of the demo show how long somebody has been waiting."""
TEXT = "Hello, we are sorry that your parcel is late, the refund is on its way."


def each(screen: Terminal, keys: Sequence[str], rest: float = _REST) -> list[int]:
    """Bytes that each key sends until the terminal has been quiet for ``rest`` seconds."""
    screen.settle(rest)
    return [screen.key(key, quiet=rest)[1] for key in keys]


def in_a_run(screen: Terminal, keys: Sequence[str], gap: float = 0.05) -> float:
    """Bytes a key of keys that follow each other quickly, with what comes once they rest.

    Args:
        gap: seconds between them.
    """
    screen.settle(_REST)
    before = len(screen.chunks)
    due = time.perf_counter()
    for key in keys:
        os.write(screen.master, key.encode())
        due += gap
        while (left := due - time.perf_counter()) > 0:
            screen.read(left)
    screen.settle(_REST)
    return sum(len(data) for _, data in screen.chunks[before:]) / len(keys)


def moves(screen: Terminal, keys: Sequence[str]) -> tuple[list[int], list[int]]:
    """Bytes of each move: those that come before the panes follow, and all."""
    screen.settle(_REST)
    first, everything = [], []
    for key in keys:
        pressed = len(screen.chunks)
        everything.append(screen.key(key, quiet=_REST)[1])
        came = screen.chunks[pressed:]
        first.append(sum(len(data) for at, data in came if at - came[0][0] < _PANES_AFTER))
    return first, everything


def words(sizes: Sequence[int]) -> str:
    """Mean and most."""
    return f"{sum(sizes) / len(sizes):,.0f} bytes, {max(sizes):,} at most"


def measure() -> Report:
    """All of it."""
    report = Report("What a key sends")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "demo"
        run([PYTHON, "-m", "agent_tui", "demo", "--dir", str(folder), "--no-open"])
        for columns, rows in ((80, 24), (140, 40)):
            size = f"{columns}×{rows}"
            with workstation.opened(folder, rows, columns, shown=_SHOWN) as screen:
                keys = ["j"] * 12 + ["k"] * 4
                first, everything = moves(screen, keys)
                report.add(f"{size}: a move in the list, its lines and the count", words(first), GOAL)
                report.add(f"{size}: a move in the list, the panes too", words(everything))
                report.add(f"{size}: a move in the list, key held down", f"{in_a_run(screen, keys * 2, 0.03):,.0f} bytes", GOAL)
                each(screen, ["r"], 2)
                report.add(f"{size}: a typed character, one by one", words(each(screen, list(TEXT[:30]))))
                report.add(f"{size}: a typed character, in a run", f"{in_a_run(screen, list(TEXT[30:])):,.0f} bytes", GOAL)
    return report


if __name__ == "__main__":
    measure()
