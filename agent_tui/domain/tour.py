"""The first ten keys, one at a time: what a newcomer is shown to try next. Pure.

Lessons are learnt in any order and each counts once, by its command and not by its key, so that a rebound key teaches
itself. A lesson is offered only where its command works, so nobody is sent elsewhere to go on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agent_tui.domain.commands import CASE, COMPOSER, INBOX
from agent_tui.domain.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing to try.

    Args:
        commands: ids; performing any of them is the lesson learnt, and their first keys are shown.
        words: what it does, to stand behind the keys.
        scopes: where it is offered.
    """

    commands: tuple[str, ...]
    words: str
    scopes: frozenset[str]


_LIST = frozenset({INBOX})
_READ = frozenset({INBOX, CASE})
_WRITE = frozenset({COMPOSER})

LESSONS: tuple[Lesson, ...] = (
    Lesson(("move.down", "move.up"), "next and previous case", _LIST),
    Lesson(("open",), "read the case", _LIST),
    Lesson(("reply",), "answer it", _READ),
    Lesson(("compose.canned",), "begin with a canned reply", _WRITE),
    Lesson(("compose.send",), "see what will leave, then send", _WRITE),
    Lesson(("undo",), "take it back, a held reply too", _READ),
    Lesson(("done",), "done, and on to the next", _READ),
    Lesson(("snooze",), "away until later", _READ),
    Lesson(("note",), "a note for colleagues only", _READ),
    Lesson(("search",), "find anything, in any script", _READ),
)


@dataclass(frozen=True, slots=True)
class Tour:
    """How far somebody has come.

    Args:
        learnt: places in ``LESSONS``.
    """

    learnt: frozenset[int] = frozenset()

    @classmethod
    def read(cls, text: str) -> Tour:
        """A tour from what ``written`` made of it; what is no number of a lesson is passed over."""
        return cls(frozenset(int(one) for one in text.split() if one.isdecimal() and int(one) < len(LESSONS)))

    @property
    def written(self) -> str:
        """As text, to be remembered."""
        return " ".join(str(place) for place in sorted(self.learnt))

    @property
    def over(self) -> bool:
        """Whether nothing is left to learn."""
        return len(self.learnt) == len(LESSONS)

    def after(self, command: str) -> Tour:
        """The tour once a command was performed."""
        found = next((place for place, one in enumerate(LESSONS) if command in one.commands), None)
        return self if found is None or found in self.learnt else Tour(self.learnt | {found})

    def next(self, scope: str, offered: Collection[str]) -> Lesson | None:
        """What to try where one is now; None: nothing of it here.

        Args:
            scope: where one is.
            offered: ids of commands that work there.
        """
        return next(
            (one for one in self._left() if scope in one.scopes and any(command in offered for command in one.commands)), None
        )

    def _left(self) -> Iterable[Lesson]:
        return (one for place, one in enumerate(LESSONS) if place not in self.learnt)
