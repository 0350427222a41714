"""The drill at the desk: finds the cases, looks whether each task is done, and tells the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agent_tui.domain.commands import HELP
from agent_tui.domain.drill import TASKS, Drill, Lap, clock, verdict
from agent_tui.screens.base import Bench
from agent_tui.screens.listing import ListScreen
from agent_tui.widgets.item_list import ItemList, Painted
from agent_tui.widgets.width import fit
from agent_tui.widgets.words import count

READ_MS = 2500
"""For so long the words of a verb stand where the task is told."""


class Exercise:
    """A drill on the cases of a demo's week.

    Args:
        desk: the facade over the store.
        best: milliseconds of the best drill before, or None.
        keep: called with the milliseconds of one that is better; None: it is not on a copy of the week.
    """

    def __init__(self, desk: Any, best: int | None = None, keep: Callable[[int], None] | None = None) -> None:
        self._desk = desk
        self._best = best
        self._keep = keep
        self.fresh = keep is not None
        """On a copy of the week that nobody keeps."""
        self._cases = {task.customer: self._find(task.customer) for task in TASKS}
        self.drill = Drill(TASKS, desk.now())
        self.result = ""
        self.pressed_at = desk.now()
        self._look()

    def _find(self, customer: str) -> int | None:
        found = self._desk.listing(f'from:"{customer}"', 1)
        return found[0].id if found else None

    @property
    def farewell(self) -> str:
        """What is said when the workstation is left."""
        return f"{self.result or f'{len(self.drill.laps)} of {len(self.drill.tasks)} tasks done'}."

    def pressed(self) -> None:
        """A key was pressed."""
        self.pressed_at = self._desk.now()
        if self.drill.task is not None:
            self.drill = self.drill.pressing()

    def look(self) -> bool:
        """Look whether the task at hand is done; whether that was the last one."""
        if self.drill.task is None:
            return False
        self._look()
        if self.drill.task is not None:
            return False
        self.result = verdict(self.drill, self._best)
        if self.drill.laps and (self._best is None or self.drill.took < self._best) and self._keep is not None:
            self._keep(self.drill.took)
        return True

    def _look(self) -> None:
        while (task := self.drill.task) is not None:
            number = self._cases[task.customer]
            before, self.drill = self.drill, self.drill.look(
                self._desk.case(number) if number is not None else None, self._desk.me, self._desk.now()
            )
            if self.drill is before:
                return

    def covered(self) -> bool:
        """Whether words have stood before the task for long enough."""
        return self.drill.task is not None and bool(self._desk.now() - self.pressed_at > READ_MS)

    def shown(self, keys_of: Callable[[str], tuple[str, ...]]) -> tuple[str, str, str] | None:
        """Number, keys and words of the task at hand, for the status line; the keys only where it takes long.

        Args:
            keys_of: the keys of a command.
        """
        task, now = self.drill.task, self._desk.now()
        if task is None:
            return None
        keys = keys_of(task.command) if self.drill.slow(now) else ()
        number = f"drill {len(self.drill.laps) + 1}/{len(self.drill.tasks)}  {clock(self.drill.took + now - self.drill.began)}"
        return number, keys[0] if keys else "", task.words


class DrillScreen(ListScreen):
    """How long each task took, and with which key it goes at once.

    Args:
        bench: desk, keys, colours.
        exercise: one that is over.
    """

    SCOPE = HELP

    def __init__(self, bench: Bench, exercise: Exercise) -> None:
        super().__init__(bench)
        self._exercise = exercise

    def make_list(self) -> ItemList[Any]:
        """Tasks."""
        return ItemList(self.bench.look, self._paint)

    def on_mount(self) -> None:
        """The slowest is worth another look, so it is marked."""
        self.list.show(self._exercise.drill.laps)
        self.titled("Drill", "esc goes back")
        self.say(self._exercise.result, "good")

    def _paint(self, item: Lap, width: int) -> Sequence[Painted]:
        slowest = max(self._exercise.drill.laps, key=lambda one: one.took)
        keys = self.bench.keymap.keys_of(item.task.command)
        left = [
            (f" {clock(item.took):>6} ", "soon" if item is slowest else "good"),
            (f"{count(item.keys, 'key'):>9}  ", "muted"),
            (fit(item.task.words, max(10, width - 34)) + " ", "text"),
            ("slowest" if item is slowest else "", "soon"),
        ]
        return [(left, [(f"{keys[0] if keys else ''} ", "accent")])]

    def do_open(self, argument: str = "") -> None:
        """Back."""
        self.do_back(argument)
