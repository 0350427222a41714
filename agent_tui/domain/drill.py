"""The drill: a few acts of triage on the demo's week, one after the other, timed. Pure.

What counts is what has become of the case, not which key did it, so that keys of one's own and the command line count too.
"""

from __future__ import annotations

from collections.abc import Callable

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, CaseState, Priority

HINT_AFTER_MS = 15_000
"""Until then somebody may find it; after it the key is shown."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do.

    Args:
        words: what, and to whose case.
        customer: whose case it is, as the demo names them.
        command: the verb that does it, for the hint.
        done: whether the case is as it should be; gets the case and who "me" is.
    """

    words: str
    customer: str
    command: str
    done: Callable[[Case, str], bool]


TASKS: tuple[Task, ...] = (
    Task("take the case of Ruth Adeyemi", "Ruth Adeyemi", "take", lambda case, me: case.assignee == me),
    Task("tag the case of Priya Raman: credit", "Priya Raman", "tag", lambda case, _: "credit" in case.tags),
    Task("put Annegret Vollmer off until tomorrow", "Annegret Vollmer", "snooze",
         lambda case, _: case.state is CaseState.SNOOZED),
    Task("make the case of Hannah Okafor urgent", "Hannah Okafor", "priority", lambda case, _: case.priority is Priority.URGENT),
    Task("done with Marek Nowak", "Marek Nowak", "done", lambda case, _: case.state is CaseState.CLOSED),
    Task("no, take that back: Marek Nowak", "Marek Nowak", "undo", lambda case, _: case.state is not CaseState.CLOSED),
    Task("give the case of Beate Lang to marek", "Beate Lang", "assign", lambda case, _: case.assignee == "marek"),
    Task("a star for সুমনা সেনগুপ্ত", "সুমনা সেনগুপ্ত", "star", lambda case, _: case.flagged),
)


@dataclass(frozen=True, slots=True)
class Lap:
    """One task that is done: how long it took, in milliseconds, and how many keys."""

    task: Task
    took: int
    keys: int


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill under way.

    Args:
        tasks: what is to be done, in this order.
        began: when the task at hand began, in milliseconds.
        keys: pressed since then.
        laps: what is done.
    """

    tasks: tuple[Task, ...]
    began: int
    keys: int = 0
    laps: tuple[Lap, ...] = ()

    @property
    def task(self) -> Task | None:
        """What is to be done now; None: all is."""
        return self.tasks[len(self.laps)] if len(self.laps) < len(self.tasks) else None

    @property
    def took(self) -> int:
        """Milliseconds of all that is done."""
        return sum(one.took for one in self.laps)

    @property
    def pressed(self) -> int:
        """Keys of all that is done."""
        return sum(one.keys for one in self.laps)

    def pressing(self) -> Drill:
        """With one key more."""
        return Drill(self.tasks, self.began, self.keys + 1, self.laps)

    def look(self, case: Case | None, me: str, now: int) -> Drill:
        """The drill, further on if the case of the task at hand is as it should be.

        Args:
            case: that of the task's customer; None: it is not there, and the task is passed over without a time.
        """
        task = self.task
        if task is None:
            return self
        if case is None:
            return Drill(tuple(one for one in self.tasks if one is not task), now, 0, self.laps)
        if not task.done(case, me):
            return self
        return Drill(self.tasks, now, 0, (*self.laps, Lap(task, max(0, now - self.began), self.keys)))

    def slow(self, now: int) -> bool:
        """Whether the key should be shown now."""
        return now - self.began >= HINT_AFTER_MS


def clock(milliseconds: int) -> str:
    """``1:05``, minutes and seconds."""
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02d}"


def verdict(drill: Drill, best: int | None) -> str:
    """How it went, in a sentence.

    Args:
        best: milliseconds of the best drill before, or None.
    """
    words = f"{len(drill.laps)} tasks in {clock(drill.took)} with {drill.pressed} keys"
    if best is None:
        return f"{words}; that is the time to beat"
    return f"{words}; the best so far{f', before it {clock(best)}' if drill.took < best else f' is {clock(best)}'}"
