"""Macros: several staged actions on cases as one step that is undone as one, and the text that may go with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agent_tui.desk.steps import Step, step_of
from agent_tui.desk.triage import Triage
from agent_tui.desk.values import Done
from agent_tui.domain import actions
from agent_tui.domain.actions import Action
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Case
from agent_tui.domain.operations import MarkRead, Operation
from agent_tui.store import messages

if TYPE_CHECKING:
    from agent_tui.knowledge.canned import Canned


class Macros(Triage):
    """Running what an entry of the canned library stages."""

    def macro_actions(self, macro: Canned) -> tuple[Action, ...]:
        """What a macro does, its text first. What its canned reply stages comes with it, unless the macro says other.

        Raises:
            UsageError: a line of it is no action, or its canned reply does not exist.
        """
        listed = [Action("canned", macro.name)] if macro.body.strip() else []
        for line in macro.then:
            try:
                listed.append(actions.read(line))
            except ValueError as fault:
                raise UsageError(f"{self.canned.path / macro.path}: then: {fault}") from None
        texts = [one for one in listed if one.family == "canned"]
        rest = [one for one in listed if one.family != "canned"]
        if texts and texts[-1].argument != macro.name:
            own = {one.family for one in rest} - {"tag"}
            found = self.canned.variants(texts[-1].argument)
            if not found:
                raise UsageError(f"{self.canned.path / macro.path}: there is no canned reply '{texts[-1].argument}'")
            for line in found[0].then:
                if (one := actions.read(line)).family not in own and one not in rest:
                    rest.append(one)
        return (*texts[-1:], *_last_of_each(rest))

    def run_actions(self, ids: Iterable[int], chosen: Sequence[Action], name: str) -> Done:
        """Do several things to cases at once, as one step that ``undo`` takes back.

        Args:
            chosen: without text: that goes through a draft and its gate.
            name: what it is called when it is taken back.

        Raises:
            UsageError: a time has passed, or there is text among them.
        """
        steps = self._steps_of(self._cases(ids), chosen, name)
        return self._commit(steps, f"{name}: {', '.join(one.line for one in chosen)}:")

    def would_change(self, ids: Iterable[int], chosen: Sequence[Action]) -> tuple[tuple[Case, tuple[Operation, ...]], ...]:
        """What ``run_actions`` would do, without doing it: each case with what changes of it, which may be nothing.

        Raises:
            UsageError: a time has passed, or there is text among them.
        """
        found = self._cases(ids)
        changes: dict[int, list[Operation]] = {one.id: [] for one in found}
        for step in self._steps_of(found, chosen, "this"):
            changes[step.case].append(step.operation)
        return tuple((one, tuple(changes[one.id])) for one in found)

    def _steps_of(self, found: Sequence[Case], chosen: Sequence[Action], name: str) -> list[Step]:
        if any(one.family == "canned" for one in chosen):
            raise UsageError(f"'{name}' writes a reply: it goes through the composer, one case at a time")
        seen = messages.newest_incoming(self.store, (one.id for one in found))
        now, steps = self.now(), []
        for case in found:
            for one in _last_of_each(chosen):
                try:
                    operation = actions.operation(
                        one, me=self.me, now=now, timezone=self.timezone, seen=seen.get(case.id, 0)
                    )
                except ValueError as fault:
                    raise UsageError(f"{one.verb}: {fault}") from None
                assert operation is not None
                if isinstance(operation, MarkRead):
                    operation = replace(operation, upto=max(messages.newest_ids(self.store, case.id)))
                made = step_of(case, operation)
                if made is not None:
                    steps.append(made)
        return steps


def _last_of_each(chosen: Iterable[Action]) -> tuple[Action, ...]:
    """Of actions on the same thing the last one; tags add up."""
    found: dict[str, Action] = {}
    for one in chosen:
        key = one.line if one.family == "tag" else one.family
        found.pop(key, None)
        found[key] = one
    return tuple(found.values())
