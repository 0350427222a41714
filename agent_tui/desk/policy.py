"""Policies: what fits a case, what a clause said when, what is pinned, and what in the library is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from agent_tui.desk.reading import Reading
from agent_tui.domain.errors import UsageError
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Direction, Message, Visibility
from agent_tui.store import clauses, drafts

if TYPE_CHECKING:
    from agent_tui.knowledge.policies import Clause, PolicyLibrary, Turn
    from agent_tui.knowledge.policy_history import Wording
    from agent_tui.knowledge.policy_wire import Found

NEWEST = 20  # messages of a case that its policies are looked for with

Take = Callable[["Found"], None]
"""Gets an answer; called in another thread."""


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

    def has_policies(self) -> bool:
        """Whether there is any policy file, as far as can be told without reading one."""
        try:
            return any(not one.name.startswith(".") for one in self.workspace.policies.iterdir())
        except OSError:
            return False

    def rank(self, turns: Sequence[Turn], take: Take, *, channel: str = "", also: Sequence[str] = ()) -> None:
        """Find the clauses that fit, without waiting: by the engine, or in a thread of this process where none runs.

        Args:
            take: gets the answer, in another thread.
            also: ids of clauses that are wanted besides.
        """
        from agent_tui.knowledge.policy_wire import turns_to_wire

        question = {"turns": turns_to_wire(turns), "channel": channel, "day": self.today(), "also": list(also)}
        self._look_up(question, take)

    def search_clauses(self, text: str, take: Take, *, limit: int = 50) -> None:
        """Find clauses by words, as ``rank`` does."""
        self._look_up({"search": text, "limit": limit}, take)

    def policy_version(self, take: Callable[[int], None]) -> None:
        """A number that changes when a policy file does, looked up as ``rank`` does."""
        self._look_up({"version": True}, lambda found: take(found.version))

    def all_clauses(self, take: Callable[[tuple[Clause, ...]], None]) -> None:
        """Read the whole library, in a thread of this process.

        Args:
            take: gets the clauses, in another thread.
        """
        self._ranker.ask("all", lambda library: library.clauses(), take, lambda _error: take(()))

    def _look_up(self, question: dict[str, Any], take: Take) -> None:
        from agent_tui.knowledge import policy_wire

        def here() -> None:
            self._ranker.ask(
                "version" if "version" in question else "rank", lambda library: policy_wire.answer(library, question), take,
                lambda error: take(policy_wire.Found(error=error)),
            )  # fmt: skip

        def answered(result: dict[str, Any]) -> None:
            if "error" in result:  # an older engine, or one that is ending
                here()
            else:
                take(policy_wire.from_wire(result))

        if self.offline or not self.engine.ask("rank", done=answered, **question):
            here()

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

    def pinned(self, case_id: int) -> tuple[str, ...]:
        """Ids of the clauses pinned to a case, the first one pinned first."""
        return clauses.pinned(self.store, case_id)

    def wordings(self, name: str) -> tuple[Wording, ...]:
        """Everything a clause has said, newest first.

        Raises:
            UsageError: there is no such clause.
        """
        from agent_tui.knowledge import policy_history

        return policy_history.history(self.policies.path, self._clause(name), self.store)

    def wordings_later(self, name: str, take: Callable[[tuple[Wording, ...]], None]) -> None:
        """As ``wordings``, without waiting for git.

        Args:
            take: gets the answer, in another thread where git has one.
        """
        from agent_tui.knowledge import policy_history

        seen = clauses.history(self.store, name)
        root = self.workspace.policies

        def look(library: PolicyLibrary) -> tuple[Wording, ...]:
            found = library.clause(name)
            return policy_history.wordings(root, found, seen) if found is not None else ()

        self._ranker.ask("wordings", look, take, lambda _error: take(()))

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

    def note_clauses(self, found: Sequence[Clause] | None = None) -> None:
        """Keep what clauses say now where it was not seen before, so that an edit can be told later.

        Args:
            found: all clauses, where they have been read already.
        """
        from agent_tui.knowledge.policy_history import unseen

        if self.read_only:
            return
        if found is None:
            found = self.policies.clauses()
        fresh = unseen(found, self.store, self.workspace.policies, self.now())
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
        edited = clauses.edited(self.store)
        for one, words in outdated(library, cited, edited, self.today()):
            found.append(PolicyFault(one.path, 1 if one.path else 0, f"{one.name} {words}"))
        texts = [(f"canned reply '{one.name}'", one.body, str(root / one.path), one.line) for one in replies]
        texts += [(f"draft {draft.id}", draft.text, "", 0) for draft in drafts.every(self.store)]
        found += self._outlived(texts, edited)
        return tuple(found)


    def _outlived(self, texts: Sequence[tuple[str, str, str, int]], edited: Iterable[str]) -> list[PolicyFault]:
        """Texts that quote what a clause says no more: name, text, path and line of each."""
        from agent_tui.knowledge.policy_quotes import outlived

        said: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        for clause in edited:
            for one in clauses.history(self.store, clause):
                key = f"{one.clause} {one.language}"
                names[key] = one.clause
                said.setdefault(key, []).append(one.text)
        found = []
        for name, text, path, line in texts:
            for key, sentence in outlived(text, said):
                short = sentence if len(sentence) <= 60 else sentence[:59] + "…"
                words = f"{name} quotes '{short}', which the clause {names[key]} says no more"
                found.append(PolicyFault(path, line, words))
        return found


class _Ranker:
    """Answers in a thread of this process, of each kind of question only the newest; for when no engine does."""

    def __init__(self, path: Path, languages: Sequence[str]) -> None:
        self._path = path
        self._languages = languages
        self._library: PolicyLibrary | None = None
        self._waiting: dict[str, tuple[Any, Any, Any]] = {}
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def ask(
        self, kind: str, question: Callable[[PolicyLibrary], Any], take: Callable[[Any], None], failed: Callable[[str], None]
    ) -> None:
        """Answer later; a question of the same kind that still waits is dropped for this one."""
        with self._guard:
            self._waiting[kind] = (question, take, failed)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="policy-ranking", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._guard:
                if not self._waiting:
                    self._thread = None
                    return
                question, take, failed = self._waiting.pop(next(iter(self._waiting)))
            try:
                take(question(self._refreshed()))
            except Exception as error:  # a fault here must not take the pane away for good
                from agent_tui.log import Log

                Log("desk.policy").crash("clauses could not be ranked", error)
                failed(f"the policies cannot be ranked: {error}")

    def _refreshed(self) -> PolicyLibrary:
        from agent_tui.knowledge.policies import PolicyLibrary

        if self._library is None:
            self._library = PolicyLibrary(self._path, self._languages)
        else:
            self._library.refresh()
        return self._library


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0
