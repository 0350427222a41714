"""One operation on one case, with what takes it back. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, CaseState
from agent_tui.domain.operations import (
    Assign,
    MarkRead,
    Operation,
    SetPriority,
    SetState,
    Snooze,
    Star,
    Tag,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on one case, with what takes it back."""

    case: int
    source: str
    operation: Operation
    inverse: tuple[Operation, ...] = ()


def step_of(case: Case, operation: Operation) -> Step | None:
    """What an operation changes of a case; None where it is so already.

    Args:
        operation: one whose inverse can be told from the case: its state, assignee, tags, priority, star, or what is read.
    """
    inverse: Operation
    match operation:
        case SetState(state=state, seen=seen):
            if case.state is state:
                return None
            inverse = _back(case, seen)
        case Snooze(seen=seen):
            inverse = _back(case, seen)
        case Assign():
            inverse = Assign(assignee=case.assignee)
        case Tag(add=add, remove=remove):
            new = tuple(tag for tag in add if tag not in case.tags)
            old = tuple(tag for tag in remove if tag in case.tags)
            if not new and not old:
                return None
            operation, inverse = Tag(add=new, remove=old), Tag(add=old, remove=new)
        case SetPriority(priority=priority):
            if case.priority is priority:
                return None
            inverse = SetPriority(priority=case.priority)
        case Star(starred=starred):
            if case.flagged is starred:
                return None
            inverse = Star(starred=not starred)
        case MarkRead(read=read):
            if bool(case.unread) is not read:
                return None
            inverse = replace(operation, read=not read)
        case _:
            raise TypeError(f"a {operation.kind} can't be told backwards from its case")
    return Step(case.id, case.source, operation, (inverse,))


def _back(case: Case, seen: int) -> Operation:
    """What brings a case back to the state it is in."""
    if case.state is CaseState.SNOOZED and case.snoozed_until is not None:
        return Snooze(until=case.snoozed_until, seen=seen)
    return SetState(state=case.state, seen=seen)
