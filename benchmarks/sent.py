"""``python -m benchmarks.sent``: what a key sends to the terminal in the demo, each part in turn, at two sizes.

Counted from the key until nothing has come for a second, so that what follows once the keys rest (the reading pane, the clauses)
is counted with the key that caused it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import workstation
from benchmarks.machine import PYTHON, Report, run
from benchmarks.terminal import Terminal

GOAL = "1 KB"
_SHOWN = r"\? help"
_REST = 1.0
TEXT = "Hello, we are sorry that your parcel is late, the refund is on its way."


def each(screen: Terminal, keys: Sequence[str], rest: float = _REST) -> list[int]:
    """Bytes that each key sends until the terminal has been quiet for ``rest`` seconds."""
    screen.settle(rest)
    return [screen.key(key, quiet=rest)[1] for key in keys]


def in_a_run(screen: Terminal, keys: Sequence[str], gap: float = 0.05) -> float:
    """Bytes a key of keys that follow each other quickly, with what comes once they rest."""
    screen.settle(_REST)
    sizes = [screen.key(key, quiet=gap, patience=gap)[1] for key in keys]
    before = len(screen.chunks)
    screen.settle(_REST)
    return (sum(sizes) + sum(len(data) for _, data in screen.chunks[before:])) / len(keys)


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
                moves = ["j"] * 12 + ["k"] * 4
                report.add(f"{size}: a move in the list, one by one", words(each(screen, moves)))
                report.add(f"{size}: a move in the list, in a run", f"{in_a_run(screen, moves * 2):,.0f} bytes", GOAL)
                each(screen, ["r"], 2)
                report.add(f"{size}: a typed character, one by one", words(each(screen, list(TEXT[:30]))))
                report.add(f"{size}: a typed character, in a run", f"{in_a_run(screen, list(TEXT[30:])):,.0f} bytes", GOAL)
    return report


if __name__ == "__main__":
    measure()
