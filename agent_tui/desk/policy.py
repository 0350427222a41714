"""Policies: what fits a case, what a clause said when, what is pinned, and what in the library is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from agent_tui.desk.reading import Reading
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Direction, Message, Visibility
from agent_tui.store import clauses, drafts

if TYPE_CHECKING:
    from agent_tui.knowledge.policies import Clause, PolicyLibrary, Suggestion, Turn
    from agent_tui.knowledge.policy_history import Wording

NEWEST = 20  # messages of a case that its policies are looked for with

Take = Callable[[tuple["Suggestion", ...], str], None]
"""Gets suggestions, and what went wrong in words; called in another thread."""


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """Something wrong: the file (empty for a draft), its line from 1 or 0, and what."""

    path: str
    line: int
    words: str


class PolicyDesk(Reading):
    """The policy part of the desk."""

    def today(self) -> str:
        """Today where the workspace's hours are kept, as an ISO date."""
        hours = self.workspace.hours
        zone = ZoneInfo(hours.timezone) if hours is not None else UTC
        return datetime.fromtimestamp(self.now() / 1000, zone).date().isoformat()

    def turns(self, messages: Sequence[Message], draft: str = "") -> tuple[Turn, ...]:
        """What was said in a case, oldest first; notes are left out.

        Args:
            draft: what is being written; quotes in it are left out.
        """
        from agent_tui.knowledge.policy_ranking import Turn

        found = [
            Turn("customer" if one.direction is Direction.IN else "agent", one.fresh_text or one.text)
            for one in messages[-NEWEST:]
            if one.visibility is not Visibility.NOTE
        ]
        own = "\n".join(line for line in draft.splitlines() if not line.startswith(">"))
        if own.strip():
            found.append(Turn("draft", own))
        return tuple(found)

    def rank(self, turns: Sequence[Turn], take: Take, *, channel: str = "", limit: int = 10) -> None:
        """Find the clauses that fit, without waiting: by the engine, or in a thread of this process where none runs.

        Args:
            take: gets the answer, in another thread.
        """
        from agent_tui.knowledge.policy_wire import suggestions_from_wire, turns_to_wire

        day = self.today()

        def answered(result: dict[str, Any]) -> None:
            if "error" in result:
                self._ranker.ask(turns, take, channel, day, limit)
                return
            take(suggestions_from_wire(result.get("suggestions", ())), "")

        asked = not self.offline and self.engine.ask(
            "rank", done=answered, turns=turns_to_wire(turns), channel=channel, day=day, limit=limit
        )
        if not asked:
            self._ranker.ask(turns, take, channel, day, limit)

    @cached_property
    def _ranker(self) -> _Ranker:
        return _Ranker(self.workspace.policies, self.workspace.agent.languages)

    # one clause

    def pin(self, case_id: int, clause: str, *, on: bool) -> None:
        """Pin a clause to a case, or take it off.

        Raises:
            StoreError: the desk cannot be written.
        """
        clauses.pin(self.store, case_id, clause, on=on)

    def pinned(self, case_id: int) -> tuple[Clause, ...]:
        """Clauses pinned to a case that the library still has."""
        names = clauses.pinned(self.store, case_id)
        return tuple(found for name in names if (found := self.policies.clause(name)) is not None) if names else ()

    def wordings(self, name: str) -> tuple[Wording, ...]:
        """Everything a clause has said, newest first.

        Raises:
            UsageError: there is no such clause.
        """
        from agent_tui.knowledge import policy_history

        return policy_history.history(self.policies.path, self._clause(name), self.store)

    def wording_on(self, name: str, day: str) -> Wording | None:
        """What a clause said at the end of a day; None where it is not known to have been there.

        Raises:
            UsageError: there is no such clause, or no such day.
        """
        from agent_tui.knowledge import policy_history

        day = policy_history.parse_day(day)
        return policy_history.on(self.policies.path, self._clause(name), day, self.store)

    def _clause(self, name: str) -> Clause:
        found = self.policies.clause(name)
        if found is None:
            raise UsageError(f"there is no clause '{name}' in {self.policies.path}; 'agent-tui policy search' finds them")
        return found

    # the library

    def note_clauses(self) -> None:
        """Keep what clauses say now where it was not seen before, so that an edit can be told later."""
        from agent_tui.knowledge.policy_history import unseen

        if self.read_only:
            return
        fresh = unseen(self.policies.clauses(), self.store, self.policies.path, self.now())
        if fresh:
            clauses.record(self.store, fresh)

    def policy_faults(self) -> tuple[PolicyFault, ...]:
        """What is wrong with the policies, and with canned replies and drafts that rely on them."""
        from agent_tui.knowledge.policy_check import Citation, outdated

        self.note_clauses()
        library, root = self.policies, self.workspace.canned
        found = [PolicyFault(str(library.path / one.path), one.line, one.words) for one in library.check()]
        replies = self.canned.replies()
        cited = [
            Citation(f"canned reply '{one.name}'", one.clauses, str(root / one.path), _changed_at(root / one.path))
            for one in replies
            if one.clauses
        ]
        by_name: dict[str, set[str]] = {}
        for reply in replies:
            by_name.setdefault(reply.name, set()).update(reply.clauses)
        known = {one.id for one in library.clauses()}
        for draft in drafts.every(self.store):
            names = {name for reply in draft.canned for name in by_name.get(reply, ())}
            names |= {name for name in known if not name.endswith("#") and name in draft.text}
            if names:
                kept = tuple(sorted(names & known))
                cited.append(Citation(f"draft {draft.id}", kept, "", draft.updated_at))
        for one, words in outdated(library, cited, clauses.edited(self.store), self.today()):
            found.append(PolicyFault(one.path, 1 if one.path else 0, f"{one.name} {words}"))
        return tuple(found)


class _Ranker:
    """Ranks in a thread, only the newest question that waits; for when no engine does."""

    def __init__(self, path: Path, languages: Sequence[str]) -> None:
        self._path = path
        self._languages = languages
        self._library: PolicyLibrary | None = None
        self._waiting: tuple[Any, ...] | None = None
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def ask(self, turns: Sequence[Turn], take: Take, channel: str, day: str, limit: int) -> None:
        """Answer later; a question that still waits is dropped for this one."""
        with self._guard:
            self._waiting = (turns, take, channel, day, limit)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="policy-ranking", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._guard:
                question, self._waiting = self._waiting, None
                if question is None:
                    self._thread = None
                    return
            turns, take, channel, day, limit = question
            try:
                from agent_tui.knowledge.policies import PolicyLibrary

                if self._library is None:
                    self._library = PolicyLibrary(self._path, self._languages)
                else:
                    self._library.refresh()
                found = self._library.suggest(turns, limit, channel=channel, day=day)
            except Exception as error:  # a fault here must not take the pane away for good
                from agent_tui.log import Log

                Log("desk.policy").crash("clauses could not be ranked", error)
                take((), f"the policies cannot be ranked: {error}")
            else:
                take(found, "")


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0
