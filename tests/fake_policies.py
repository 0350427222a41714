"""The policy part of a desk in memory: a real library, answered at once."""

from __future__ import annotations

from agent_tui.desk.policy import PolicyDesk
from agent_tui.knowledge import policy_wire


class FakePolicies:
    """Give it a ``library`` (``knowledge.policies.PolicyLibrary``); without one there are no policies."""

    library = None
    pins: dict[int, list[str]]
    asked = 0

    def today(self):
        return "2026-07-14"

    turns = PolicyDesk.turns

    def has_policies(self):
        return self.library is not None

    def _answer(self, question):
        self.asked += 1
        return policy_wire.answer(self.library, question) if self.library is not None else policy_wire.Found()

    def rank(self, turns, take, *, channel="", also=()):
        take(self._answer({"turns": policy_wire.turns_to_wire(turns), "channel": channel, "day": self.today(), "also": list(also)}))

    def search_clauses(self, text, take, *, limit=50):
        take(self._answer({"search": text, "limit": limit}))

    def all_clauses(self, take):
        if self.library is not None:
            self.library.refresh()
        take(self.library.clauses() if self.library is not None else ())

    def policy_version(self, take):
        if self.library is not None:
            self.library.refresh()
        take(self.library.version if self.library is not None else 0)

    def note_clauses(self, found=None):
        del found

    def wordings_later(self, name, take):
        del name
        take(())

    def _pins(self):
        return self.__dict__.setdefault("pins", {})

    def pinned(self, case_id):
        return tuple(self._pins().get(case_id, ()))

    def pin(self, case_id, clause, *, on):
        found = self._pins().setdefault(case_id, [])
        found.append(clause) if on else found.remove(clause)

    def decisions(self, clause=""):
        return tuple(one for one in self.__dict__.setdefault("decided", []) if one.clause == clause or not clause)

    def rulings_of(self, case, clauses, told):
        from agent_tui.desk.rulings import Rulings

        return Rulings.rulings_of(self, case, clauses, told)

    def ruling(self, case_id, clause, ruling):
        from agent_tui.domain.decisions import Decision

        return Decision(clause=clause, outcome=ruling.outcome, case=case_id, channel="email", amount=ruling.amount,
                        facts=ruling.facts, reason=ruling.reason, once=ruling.once, decided_at=self.now())

    def departs(self, decision):
        from agent_tui.domain.decisions import departure

        return departure(decision, self.decisions(decision.clause))

    def draft_ruling(self, case, clause, text, *, facts=(), told=()):
        from agent_tui.desk.rulings import Rulings

        return Rulings.draft_ruling(self, case, clause, text, facts=facts, told=told)

    def decide(self, decision):
        self.__dict__.setdefault("decided", []).append(decision)
        return decision
