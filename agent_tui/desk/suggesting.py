"""Canned replies that fit a case: what was used in cases like it, and texts of the library that speak of the same.

What was used is read and indexed a little at a time, while nobody types; a picker opened before that is done is answered
from what is known by then.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property

from agent_tui.desk.reading import Reading
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.likeness import Likeness
from agent_tui.domain.model import Direction, Visibility
from agent_tui.store import canned_uses, messages, threads

BEST = 3
_USES = 500  # of canned replies, the newest
_TEXTS = 1_000  # of the library: a larger one is known by what was used of it
_ASKED = 3  # messages of the customer that a reply answers
_VOTES = (1.0, 0.5, 0.25)
"""What the likest case, the next and the third count for: used in several like cases is more than in one."""
_TEXT = 0.5
"""What the library's own text counts for beside a case in which it was used."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A canned reply that may fit.

    Args:
        used: in how many of the cases most like this one it was used; 0: its text speaks of the same.
    """

    name: str
    used: int


class _Known:
    """What has been indexed so far."""

    def __init__(self) -> None:
        self.likeness = Likeness()
        self.names: list[tuple[str, bool]] = []  # by number: the reply, and whether it was used rather than written down
        self.cases: list[int] = []
        self.newest = 0
        self.version = -1
        self.work: Iterator[None] | None = None

    def add(self, name: str, asked: str, said: str, *, used: bool, case: int = 0) -> None:
        self.likeness.add(asked, said)
        self.names.append((name, used))
        self.cases.append(case)


class Suggesting(Reading):
    """The suggesting part of the desk."""

    @cached_property
    def _suggestions(self) -> _Known:
        return _Known()

    def learn_canned(self, milliseconds: float) -> bool:
        """Index more of what was used, for about so long; whether something is left to do.

        Args:
            milliseconds: of processor time, so that a busy machine does not make it know less.
        """
        known = self._suggestions
        if known.work is None and known.version not in (-1, self.canned.version):  # texts have changed: all of it anew
            self.__dict__["_suggestions"] = known = _Known()
        if known.work is None:
            known.work = self._learning(known)
        until = time.thread_time() + milliseconds / 1000
        while time.thread_time() < until:
            if next(known.work, "done") == "done":
                known.work = None
                return False
        return True

    def suggest_canned(self, case_id: int, *, without: tuple[str, ...] = (), channel: str = "") -> tuple[Suggested, ...]:
        """The canned replies that fit a case best, from what is known by now.

        Args:
            without: names that are not wanted, for example those in the draft already.
            channel: how it will go; a reply that is for other channels alone fits only where it was used before. Empty: any.
        """
        case_id = threads.resolve(self.store, case_id)
        text = self._asked(case_id, None)
        if not text.strip():
            return ()
        known = self._suggestions
        votes: dict[str, list[float]] = {}
        spoken: dict[str, float] = {}
        for number, score in known.likeness.scores(text).items():
            name, used = known.names[number]
            if name in without or known.cases[number] == case_id:
                continue
            if used:
                votes.setdefault(name, []).append(score)
            else:
                spoken[name] = max(score, spoken.get(name, 0.0))
        replies = [one for one in self.canned.replies() if one.body]
        there = {one.name for one in replies if one.name in votes or not channel or not one.channels or channel in one.channels}
        total: dict[str, float] = {}
        for name in (votes.keys() | spoken.keys()) & there:
            likest = sorted(votes.get(name, ()), reverse=True)[: len(_VOTES)]
            total[name] = sum(weight * score for weight, score in zip(_VOTES, likest, strict=False))
            total[name] += _TEXT * spoken.get(name, 0.0)
        best = sorted(total, key=lambda name: (-total[name], name.casefold()))[:BEST]
        least = max((score for scores in votes.values() for score in scores), default=0.0) / 3  # what still is a like case
        return tuple(Suggested(name, sum(score >= least for score in votes.get(name, ()))) for name in best)

    def _learning(self, known: _Known) -> Iterator[None]:
        if known.version != self.canned.version:
            known.version = self.canned.version
            replies = [one for one in self.canned.replies() if one.body]
            for one in replies if len(replies) <= _TEXTS else ():
                known.add(one.name, "", f"{one.name} {' '.join(one.tags)}\n{one.body}", used=False)
                yield
        for sent in canned_uses.with_canned(self.store, known.newest, _USES):
            case = threads.resolve(self.store, sent.case)
            asked = self._asked(case, sent.seen)
            yield
            for name in sent.canned:
                known.add(name, asked, sent.text, used=True, case=case)
                yield
            known.newest = sent.number

    def _asked(self, case_id: int, seen: int | None) -> str:
        """Subject and the customer's newest words, up to a message."""
        stored = [
            one
            for one in messages.of_case(self.store, case_id, newest_texts=0)
            if one.direction is Direction.IN and one.visibility is not Visibility.NOTE and (seen is None or one.id <= seen)
        ]
        whole = [messages.get(self.store, one.id) or one for one in stored[-_ASKED:]]
        return "\n".join((*(one.subject for one in whole[:1]), *(one.fresh_text or one.text for one in whole)))
