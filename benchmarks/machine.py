"""What every measurement stands on: processor time of a process and its children, medians, and how busy the machine was."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Report:
    """Lines of one measurement, printed as they come and kept for the table.

    Args:
        title: of the measurement.
    """

    title: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, figure: str, goal: str = "") -> None:
        """One figure.

        Args:
            goal: what it is measured against, empty where it stands beside another figure.
        """
        self.rows.append((what, figure, goal))
        print(f"  {what}: {figure}" + (f"   (goal {goal})" if goal else ""), flush=True)


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` percent are at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))]


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: seconds by the clock, processor seconds of it and its children, and what it printed."""

    wall: float
    cpu: float
    output: str


def run(command: Sequence[str], *, environment: dict[str, str] | None = None, timeout: float = 3_000) -> Ran:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    given = {**os.environ, **(environment or {})}
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        command, env=given, capture_output=True, text=True, timeout=timeout, check=False
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-800:]}")
    return Ran(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout)


def busy() -> str:
    """How busy the machine has been in the last minute."""
    return f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} cores wanted"


def about() -> str:
    """The machine and the versions that matter."""
    from importlib.metadata import version

    name = platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    return (
        f"{os.cpu_count()} cores ({name}), Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"Textual {version('textual')}"
    )


def directory() -> Path:
    """Where generated workspaces are kept between runs: ``AGENT_TUI_BENCH``, else a folder of the temporary directory."""
    chosen = os.environ.get("AGENT_TUI_BENCH") or f"{tempfile.gettempdir()}/agent-tui-bench-{os.getuid()}"
    path = Path(chosen)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


PYTHON = sys.executable
