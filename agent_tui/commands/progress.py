"""Progress while something long runs: bars on a terminal, JSON Lines for programs, nothing otherwise."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from agent_tui.commands.context import Context

EVERY_S = 0.2


class Bars:
    """One bar for each thing that goes on. Bars are drawn on standard error; the terminal is as before at the end."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._progress: Any = None
        self._tasks: dict[str, Any] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Bars:
        if not self._context.json and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._progress = Progress(
                TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), TextColumn("{task.fields[words]}", markup=False),
                console=Console(stderr=True), transient=True, refresh_per_second=4,
            )  # fmt: skip
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, name: str, done: int, total: int, words: str = "", **values: Any) -> None:
        """How far ``name`` is; programs are told five times a second at most, and at the end.

        Args:
            total: 0 where not known.
            values: more fields of the JSON line.
        """
        if self._progress is not None:
            task = self._tasks.get(name)
            if task is None:
                task = self._tasks[name] = self._progress.add_task(name, total=total or None, words=words)
            self._progress.update(task, completed=done, total=total or None, words=words)
        elif self._context.json:
            now = time.monotonic()
            if now - self._told.get(name, -EVERY_S) >= EVERY_S or (total and done >= total):
                self._told[name] = now
                self._context.emit("progress", source=name, done=done, total=total, **values)
                self._context.flush()
