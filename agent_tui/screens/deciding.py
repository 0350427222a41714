"""Recording what was ruled under a clause: asked for on the last line, with a reason where it departs from the usual."""

from __future__ import annotations

from dataclasses import replace

from agent_tui.domain.decisions import EXAMPLE, OUTCOMES, Decision, parse_ruling
from agent_tui.screens.policy_beside import PolicyVerbs
from agent_tui.widgets.prompt import Prompt


class DecideVerbs(PolicyVerbs):
    """The verb that records a decision."""

    _applied: tuple[int, str, int | None] | None = None
    """Case, clause and reply of what was sent last, for as long as nothing else was recorded."""
    _read: Decision | None = None
    """What that reply ruled, as far as its words say so."""

    def offer_ruling(self, case_id: int, clause: str, operation: int | None, said: str, ruled: Decision | None = None) -> None:
        """A reply that applies a clause has been sent: say which key records the ruling, and where it departs from the usual.

        Args:
            said: what is said of the sending.
            ruled: what the reply rules, as far as its words say so.
        """
        self._applied, self._read = (case_id, clause, operation), ruled
        keys = self.bench.keymap.keys_of("decisions")
        departs = self.desk.departs(ruled) if ruled is not None else None
        if keys and departs is not None and ruled is not None:
            like = f"{len(departs.precedents)} like cases were {departs.precedents[0].outcome}"
            self.say(f"{said}; {like}: {keys[0]} says why this one is {ruled.outcome}", "soon")
        elif keys:
            self.say(f"{said}; {keys[0]} records the ruling under {clause}")

    def do_decisions(self, argument: str = "") -> None:
        """Record what was ruled: the clause, then the ruling."""
        case, operation, read = self.focused_case(), None, None
        chosen = self.policy.chosen if self.policy.display else None
        clause = argument or (chosen.clause.id if chosen is not None else "")
        case_id = case.id if case is not None else None
        if self._applied is not None and not argument and not self.policy.active:
            case_id, clause, operation = self._applied
            read = self._read
        if case_id is None:
            self.say("No case is chosen")
            return
        target = case_id
        offers = tuple(dict.fromkeys(one.clause.id for one in self.policy.candidates))

        def take(name: str) -> None:
            found = self.desk.policies.clause(name.strip())
            if found is None:
                raise ValueError("no such clause; tab shows those of this case")
            self._ask_ruling(target, found.id, found.facts, operation, read)

        def fitting(text: str) -> tuple[str, ...]:
            return tuple(one for one in offers if text.casefold() in one.casefold()) or offers

        self.ask(Prompt("ruled under", take, text=clause, choices=fitting, whole=True))

    def _ask_ruling(
        self, case_id: int, clause: str, facts: tuple[str, ...], operation: int | None, read: Decision | None
    ) -> None:
        def take(text: str) -> None:
            decision = replace(self.desk.ruling(case_id, clause, parse_ruling(text)), operation=operation)
            departs = self.desk.departs(decision)
            if departs is None or decision.reason:
                self._record(decision)
                return
            question = f"{departs.words}. Why is this one {decision.outcome}?"
            self.ask(Prompt(question, lambda reason: self._record(replace(decision, reason=reason.strip()))))

        same = read if read is not None and read.clause == clause else None
        known = same.facts if same is not None else {}
        named = "".join(f", {name}={known.get(name, '')}" for name in facts)
        if same is not None:
            named = f"{same.outcome} {same.amount}".strip() + named
        hint = f"{', '.join(OUTCOMES)}; as in: {EXAMPLE}"
        self.say(hint, "muted")
        self.ask(Prompt("ruling", take, text=named if same is not None or not named else f" {named}",
                        choices=lambda _text: OUTCOMES, cursor=len(named) if same is not None else 0))  # fmt: skip

    def _record(self, decision: Decision) -> None:
        self.desk.decide(decision)
        self._applied = self._read = None
        self.say(f"Recorded: {decision.outcome} under {decision.clause}")
        self.ask_policies(again=True)
