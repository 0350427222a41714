"""Actions that a canned reply stages behind itself, read from its ``then`` lines."""

from __future__ import annotations

from collections.abc import Iterable

from agent_tui.domain.dates import parse_when
from agent_tui.domain.model import CaseState, Priority
from agent_tui.domain.operations import Assign, MarkRead, Operation, SetPriority, SetState, Snooze, Tag


def staged(lines: Iterable[str], *, me: str, now: int, timezone: str, seen: int) -> tuple[Operation, ...]:
    """Operations for lines such as ``tag +refund``, ``close``, ``snooze 2h``; a line that can't be read is left out.

    ``agent-tui canned check`` names such lines; a reply is not kept back for them.

    Args:
        me: the handle that ``take`` and ``assign me`` mean.
        now: milliseconds; snoozes count from it.
        seen: newest customer message that the reply's author had seen: a later one reopens.
    """
    found: list[Operation] = []
    for line in lines:
        verb, _, rest = line.strip().partition(" ")
        words = rest.split()
        try:
            match verb:
                case "close":
                    found.append(SetState(state=CaseState.CLOSED, seen=seen))
                case "wait":
                    found.append(SetState(state=CaseState.WAITING, seen=seen))
                case "read" | "unread":
                    found.append(MarkRead(read=verb == "read", upto=seen))
                case "reopen":
                    found.append(SetState(state=CaseState.OPEN, seen=seen))
                case "spam":
                    found.append(SetState(state=CaseState.SPAM, seen=seen))
                case "take":
                    found.append(Assign(assignee=me))
                case "assign" if words:
                    found.append(Assign(assignee={"me": me, "none": None}.get(rest, rest)))
                case "tag" if words:
                    add = tuple(w.removeprefix("+") for w in words if not w.startswith("-"))
                    found.append(Tag(add=add, remove=tuple(w[1:] for w in words if w.startswith("-"))))
                case "priority" if words:
                    found.append(SetPriority(priority=Priority(words[0])))
                case "snooze" if words:
                    found.append(Snooze(until=parse_when(rest, now, timezone), seen=seen))
                case _:
                    pass
        except ValueError:
            continue
    return tuple(found)


def describe(operation: Operation) -> str:
    """A staged action in a word or two, for the gate."""
    match operation:
        case SetState():
            return {CaseState.CLOSED: "close", CaseState.SPAM: "spam", CaseState.WAITING: "wait"}.get(operation.state, "reopen")
        case Assign():
            return f"assign {operation.assignee or 'nobody'}"
        case Tag():
            return " ".join(("tag", *(f"+{t}" for t in operation.add), *(f"-{t}" for t in operation.remove)))
        case SetPriority():
            return f"priority {operation.priority}"
        case _:
            return operation.kind
