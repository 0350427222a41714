"""How quick the program has been here: start, keys and sync, as counts of how often each took how long.

Nothing but numbers and names of sources is kept, for thirty days, in one small file of the workspace. It never leaves this
machine by itself; ``agent-tui stats --performance`` shows it.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from agent_tui.domain.frozen import dataclass

NAME = "performance.json"
START, KEY, QUIET, NEWS, RATE = "start", "key", "quiet", "news", "rate"
"""To the list, in ms; to the screen, in ms; a round with nothing new, in ms; one with news, in ms; one with much, messages/s."""
MUCH = 100  # messages from which on a round says at what rate they come
DAYS = 30
SAVE_AFTER_S = 600.0
_STEPS = 8  # to each doubling: what is told of a value is right to 5 %
_LEAST, _MOST = -2 * _STEPS, 24 * _STEPS

Counts = dict[str, Counter[int]]


@dataclass(frozen=True, slots=True)
class Spread:
    """How often something took how long.

    Args:
        count: how often.
        median, p95, p99: half, 95 % and 99 % were at or below.
        low: 5 % were at or below, which is what matters of a rate.
    """

    count: int
    median: float
    p95: float
    p99: float
    low: float


class Figures:
    """What this process has measured.

    Args:
        folder: of the workspace.
        saves: also writes it down every ten minutes, when something is measured; else only ``save`` does.
    """

    def __init__(self, folder: Path, *, saves: bool = False) -> None:
        self._path = folder / NAME
        self._saves = saves
        self._saved_at = time.monotonic()
        self._counts: Counts = {}

    def add(self, what: str, value: float, source: str = "") -> None:
        """One more.

        Args:
            what: one of the names above.
            value: milliseconds, or messages a second.
        """
        step = _LEAST if value <= 0 else min(_MOST, max(_LEAST, round(math.log2(value) * _STEPS)))
        self._counts.setdefault(f"{what} {source}" if source else what, Counter())[step] += 1
        if self._saves and time.monotonic() >= self._saved_at + SAVE_AFTER_S:
            self.save()

    def round(self, source: str, messages: int, took_ms: int) -> None:
        """What the engine has fetched of a source at once.

        Args:
            messages: new or changed.
        """
        if messages >= MUCH:
            self.add(RATE, messages / max(1, took_ms) * 1000, source)
        else:
            self.add(NEWS if messages else QUIET, took_ms, source)

    def due(self) -> bool:
        """Whether ten minutes have passed since something was written down, and there is more."""
        return bool(self._counts) and time.monotonic() >= self._saved_at + SAVE_AFTER_S

    def save(self) -> None:
        """Add it to what is kept. That it cannot be is no trouble worth telling of: these are only figures."""
        self._saved_at = time.monotonic()
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            with self._path.open("a+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # workstations and the engine of a workspace keep one file
                file.seek(0)
                days = _parsed(file.read())
                today = days.setdefault(_day(time.time()), {})
                for name, steps in counts.items():
                    today.setdefault(name, Counter()).update(steps)
                oldest = _day(time.time() - DAYS * 86_400)
                file.seek(0)
                file.truncate()
                file.write(_dumped({day: kept for day, kept in days.items() if day > oldest}))
        except OSError:
            return


def read(folder: Path) -> tuple[str, dict[tuple[str, str], Spread]]:
    """What is kept of a workspace.

    Returns:
        the first day that it is of (empty where there is none), and by what was measured and its source how it was.
    """
    try:
        days = _parsed((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        days = {}
    whole: Counts = {}
    for counts in days.values():
        for name, steps in counts.items():
            whole.setdefault(name, Counter()).update(steps)
    spreads = {}
    for name, steps in sorted(whole.items()):
        what, _, source = name.partition(" ")
        spreads[what, source] = _spread(steps)
    return min(days, default=""), spreads


def since_start_ms() -> float | None:
    """Milliseconds since this process was started; None where the system does not tell."""
    try:
        started = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        return (time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")) * 1000
    except (OSError, AttributeError, ValueError, IndexError):
        return None


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))


def _spread(steps: Mapping[int, int]) -> Spread:
    count = sum(steps.values())

    def at(share: float) -> float:
        left = math.ceil(share * count)
        for step, times in sorted(steps.items()):
            left -= times
            if left <= 0:
                return math.exp2(step / _STEPS)
        return 0.0

    return Spread(count, at(0.5), at(0.95), at(0.99), at(0.05))


def _parsed(text: str) -> dict[str, Counts]:
    """What is kept, by day; nothing where it was cut off or is of another kind: it is begun anew."""
    try:
        return {
            str(day): {str(name): Counter({int(step): int(n) for step, n in steps.items()}) for name, steps in counts.items()}
            for day, counts in json.loads(text or "{}").items()
        }
    except (ValueError, AttributeError, TypeError):
        return {}


def _dumped(days: Mapping[str, Counts]) -> str:
    return json.dumps({day: {name: dict(steps) for name, steps in kept.items()} for day, kept in days.items()})
