"""What an operation does, in a few words: the same ones in the outbox and on the command line."""

from __future__ import annotations

from collections.abc import Callable

from agent_tui.domain.identifiers import case_code
from agent_tui.domain.operations import (
    AcceptAnswer,
    Assign,
    EditMessage,
    MarkRead,
    Merge,
    Moderate,
    Note,
    Operation,
    Rejoin,
    RemoveMessage,
    Reply,
    SetCustomer,
    SetPriority,
    SetState,
    Snooze,
    Split,
    Star,
    Tag,
)
from agent_tui.domain.text import snippet

LONGEST = 80  # characters of a text that is quoted


def words(operation: Operation, when: Callable[[int], str]) -> str:
    """Say what an operation does; a message is its own beginning.

    Args:
        when: a time (milliseconds) as the reader of the words wants it.
    """
    match operation:
        case Reply(text=text) | Note(text=text):
            return snippet(text, LONGEST)
        case EditMessage(text=text):
            return f"edit: {snippet(text, LONGEST)}"
        case SetState(state=state):
            return f"state {state}"
        case SetPriority(priority=priority):
            return f"priority {priority}"
        case Snooze(until=until):
            return f"snooze until {when(until)}"
        case Assign(assignee=assignee):
            return f"assign to {assignee or 'nobody'}"
        case Tag(add=add, remove=remove):
            return " ".join(("tag", *(f"+{tag}" for tag in add), *(f"-{tag}" for tag in remove)))
        case MarkRead(read=read):
            return "read" if read else "unread"
        case Star(starred=starred):
            return "star" if starred else "unstar"
        case SetCustomer(customer=customer):
            return f"customer is {customer.label}" if customer else "customer as the mail says"
        case Merge(into=into):
            return f"merge into {case_code(into)}"
        case Split(case=part, keys=keys):
            return f"split {len(keys)} message{'s' * (len(keys) != 1)} off as {case_code(part)}"
        case Rejoin(case=part):
            return f"take back the merge or split of {case_code(part)}"
        case AcceptAnswer(accepted=accepted):
            return "mark as the solution" if accepted else "no longer the solution"
        case RemoveMessage(removed=removed):
            return "remove a message" if removed else "bring a message back"
        case Moderate(action=action):
            return f"{action} what was reported or waits"
        case _:
            return operation.kind
