"""Decisions: what was ruled under a clause, how it is usually ruled, and what departs from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agent_tui.desk.policy import PolicyDesk
from agent_tui.desk.remembering import Remembering
from agent_tui.domain import decisions as rules
from agent_tui.domain.decisions import Decision, Departure, Ruling
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Case
from agent_tui.store import cases, decisions

if TYPE_CHECKING:
    from agent_tui.knowledge.policies import Clause


class Rulings(PolicyDesk, Remembering):
    """The deciding part of the desk."""

    def decisions(self, clause: str = "") -> tuple[Decision, ...]:
        """What was ruled, oldest first; under one clause, one policy, or all."""
        return decisions.every(self.store, clause)

    def ruling(self, case_id: int, clause: str, ruling: Ruling) -> Decision:
        """A decision as it would be recorded.

        Raises:
            UsageError: no such case, or no such clause.
        """
        case = cases.get(self.store, case_id)
        if case is None:
            raise UsageError("there is no such case any more")
        found = self._clause(clause)
        return Decision(
            clause=found.id, version=found.version, case=case.id, source=case.source, channel=case.channel.value,
            outcome=ruling.outcome, amount=ruling.amount, scope=ruling.scope, reason=ruling.reason, facts=ruling.facts,
            agent=self.me, once=ruling.once, decided_at=self.now(),
        )  # fmt: skip

    def departs(self, decision: Decision) -> Departure | None:
        """Whether a decision departs from what is usual for like facts."""
        return rules.departure(decision, self.decisions(decision.clause))

    def draft_ruling(
        self, case: Case, clause: str, text: str, *, facts: Sequence[str] = (), told: Sequence[str] = ()
    ) -> Decision | None:
        """What a draft rules under a clause, as far as its words say so plainly; reads no library.

        Args:
            facts: names of the facts that the clause compares by.
            told: what the customer wrote, newest first.
        """
        from agent_tui.domain.ruling_words import read_ruling

        read = read_ruling(text, facts, told)
        if read is None:
            return None
        return Decision(
            clause=clause, case=case.id, source=case.source, channel=case.channel.value, outcome=read.outcome, amount=read.amount,
            facts=read.facts, agent=self.me, decided_at=self.now(),
        )  # fmt: skip

    def decide(self, decision: Decision) -> Decision:
        """Record a decision.

        Raises:
            StoreError: the desk cannot be written.
        """
        return decisions.add(self.store, decision)

    def not_again(self, number: int, *, once: bool = True) -> None:
        """Mark a decision as not to be repeated, or take the mark off.

        Raises:
            UsageError: there is no such decision.
        """
        if not decisions.set_once(self.store, number, once=once):
            raise UsageError(f"there is no decision {number}; 'agent-tui policy decisions' lists them")

    def rulings_of(self, case: Case, clauses: Sequence[Clause], told: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """How clauses were ruled, as ``domain.decisions.beside`` says it; those that never were are left out.

        Args:
            clauses: those beside the case.
            told: what its customer wrote, newest first: the facts that earlier rulings are compared with.
        """
        from agent_tui.domain.ruling_words import read_facts

        now, every = self.now(), self.decisions()
        found = {}
        for clause in clauses if every else ():
            amount, facts = read_facts(told, clause.facts)
            here = Decision(clause=clause.id, outcome="other", case=case.id, amount=amount, facts=facts)
            if lines := rules.beside(here, every, now):
                found[clause.id] = lines
        return found
