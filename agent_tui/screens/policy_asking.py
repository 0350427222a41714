"""Keeps a policy pane up to date: asked for after the keys rest, answered by the engine, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from agent_tui.domain.model import Case, Direction, Message
from agent_tui.screens.later import Later
from agent_tui.widgets.policy_pane import PolicyPane

FOLLOW_AFTER = 0.3
"""Seconds after the last key of a run until the clauses follow."""
WATCH_SECONDS = 5
"""How often it is looked whether a policy file has changed."""
_EMPTY = "Nothing here has words of this case. Search the policies by any other word."
_NO_LIBRARY = "There are no policies yet: put Markdown files into the policies folder of the workspace."


class PolicyAsking(Later):
    """A screen with a policy pane."""

    policy: PolicyPane
    _policy_timer: asyncio.TimerHandle | None = None
    _policy_asked: tuple[Any, ...] = ()
    _policy_version: int | None = None
    _policy_beats = 0

    def policy_subject(self) -> tuple[Case | None, Sequence[Message], str]:
        """The case, its messages, and what is being written; overridden."""
        return None, (), ""

    def departures(self, candidates: Sequence[Any]) -> dict[str, str]:
        """How what is being written departs from the usual, by clause; overridden where something is written."""
        del candidates
        return {}

    def follow_policies(self) -> None:
        """The case, its messages or the draft may have changed: look once the keys rest."""
        if not self.policy.display:
            return
        if self._policy_timer is not None:
            self._policy_timer.cancel()
        self._policy_timer = asyncio.get_running_loop().call_later(FOLLOW_AFTER, self._policies_due)

    def _policies_due(self) -> None:
        self._policy_timer = None
        if self.is_attached and self.policy.display:
            self.ask_policies()

    def ask_policies(self, *, again: bool = False) -> None:
        """Ask for the clauses that fit, unless that was just asked.

        Args:
            again: also where it was: the library has changed.
        """
        from agent_tui.domain import marking

        case, messages, draft = self.policy_subject()
        if case is None:
            self._policy_asked = ()
            self.policy.show((), frozenset(), about="", words="No case is open.")
            return
        pinned = self.desk.pinned(case.id)
        newest = (messages[-1].id, messages[-1].complete) if messages else ()
        asked = (case.id, newest, len(messages), draft, pinned)
        if asked == self._policy_asked and not again:
            return
        self._policy_asked = asked
        if self._policy_version is None:  # an edit is seen from the first answer on
            self._policy_version = 0
            self.desk.policy_version(self.here(self._note_version))
        turns = self.desk.turns(messages, draft)
        said = [one.fresh_text or one.text for one in messages[-20:] if one.direction is Direction.IN]
        wanted = marking.said([text[:20_000] for text in said] or [draft])

        def show(found: Any) -> None:
            candidates = list(found.suggestions)
            beside = {one.clause.id: one.beside for one in candidates}
            first = [Pinned(one, beside.get(one.id)) for one in found.also]
            names = {one.id for one in found.also}
            candidates = [*first, *(one for one in candidates if one.clause.id not in names)]
            words = found.error or (_EMPTY if found.clauses else _NO_LIBRARY)
            about = f"for {case.customer.label}"
            self.policy.rulings = self.desk.rulings_of(case, [one.clause for one in candidates], said[::-1])
            self.policy.departs = self.departures(candidates)
            self.policy.show(candidates, wanted, about=about, pinned=pinned, words=words)

        self.later(lambda take: self.desk.rank(turns, take, channel=case.channel.value, also=pinned), show)

    def search_policies(self, text: str) -> None:
        """Show what has words of a text, as one types; an empty one shows what fits the case."""
        if not text.strip():
            self.ask_policies(again=True)
            return
        from agent_tui.domain import marking

        wanted = marking.said([text])

        def show(found: Any) -> None:
            words = found.error or "No clause has these words."
            pinned = tuple(self.policy.pinned)
            candidates = [Pinned(one.clause, one.beside) for one in found.suggestions]
            self.policy.show(candidates, wanted, about=f"search: {text}", pinned=pinned, words=words)

        self.later(lambda take: self.desk.search_clauses(text, take), show)

    def _note_version(self, version: int) -> None:
        self._policy_version = version
        self.desk.all_clauses(self.here(self.desk.note_clauses))

    def watch_policies(self) -> None:
        """Once a second: every few of them, whether a policy file has changed."""
        self._policy_beats += 1
        if self._policy_beats % WATCH_SECONDS or not self.policy.display or self.status.prompt is not None:
            return

        def arrived(version: int) -> None:
            if version != self._policy_version:
                self._note_version(version)
                self.ask_policies(again=True)

        self.desk.policy_version(self.here(arrived))


class Pinned:
    """A clause that is shown because it was pinned or looked for, not because it was ranked."""

    def __init__(self, clause: Any, beside: Any = None) -> None:
        self.clause = clause
        self.beside = beside
        self.sure = -1.0
