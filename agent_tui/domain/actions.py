"""Staged actions: the ``then`` lines of the canned library, read, shown in words, and turned into operations. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent_tui.domain.dates import parse_when
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import CaseState, Priority
from agent_tui.domain.operations import Assign, MarkRead, Operation, SetPriority, SetState, Snooze, Tag

STATES = {
    "close": CaseState.CLOSED, "wait": CaseState.WAITING, "reopen": CaseState.OPEN, "spam": CaseState.SPAM,
}  # fmt: skip
_ALONE = (*STATES, "take", "read", "unread")
_WITH = {
    "tag": "tags, such as +refund -old", "assign": "a name, me or none", "snooze": "a time, such as 2d or mon 9:00",
    "priority": f"one of {', '.join(Priority)}", "canned": "the name of a canned reply",
}  # fmt: skip
VERBS = (*_ALONE, *_WITH)
_DATED = re.compile(r"\d{4}-")
_ANY_DAY = 1_760_000_000_000
_FAMILIES = {"take": "assign", "snooze": "state", "unread": "read"} | dict.fromkeys(STATES, "state")


@dataclass(frozen=True, slots=True)
class Action:
    """One staged action.

    Args:
        verb: one of ``VERBS``.
        argument: what stands after it; empty where it takes nothing.
    """

    verb: str
    argument: str = ""

    @property
    def line(self) -> str:
        """As it stands in a file."""
        return f"{self.verb} {self.argument}".strip()

    @property
    def family(self) -> str:
        """What it changes: of actions on the same thing the last one counts."""
        return _FAMILIES.get(self.verb, self.verb)


def read(line: str) -> Action:
    """The action of a line such as ``tag +refund``, ``close`` or ``snooze 2h``.

    Raises:
        ValueError: it is none; in words that say what would be.
    """
    verb, _, argument = " ".join(line.split()).partition(" ")
    if verb not in VERBS:
        raise ValueError(f"there is no '{verb}'; there are {', '.join(VERBS)}")
    if verb in _ALONE and argument:
        raise ValueError(f"'{verb}' takes nothing after it, but there is '{argument}'")
    if verb in _WITH and not argument:
        raise ValueError(f"'{verb}' needs something after it: {_WITH[verb]}")
    if verb == "tag":
        for word in argument.split():
            if not word.lstrip("+-#"):
                raise ValueError(f"'{word}' is no tag; {_WITH[verb]}")
    if verb == "priority" and argument not in tuple(Priority):
        raise ValueError(f"'{argument}' is no priority; it is {_WITH[verb]}")
    if verb == "snooze" and not _DATED.match(argument):  # of a date only the day it is used on can say whether it has passed
        parse_when(argument, _ANY_DAY, "UTC")
    return Action(verb, argument)


def operation(action: Action, *, me: str, now: int, timezone: str, seen: int) -> Operation | None:
    """What an action does to a case; None for ``canned``, which is text.

    Args:
        me: the handle that ``take`` and ``assign me`` mean.
        now: milliseconds; snoozes count from it.
        timezone: where days begin.
        seen: newest customer message that whoever decides has seen: a later one reopens.

    Raises:
        ValueError: a time that has passed or can't be read.
    """
    argument = action.argument
    match action.verb:
        case "close" | "wait" | "reopen" | "spam":
            return SetState(state=STATES[action.verb], seen=seen)
        case "read" | "unread":
            return MarkRead(read=action.verb == "read", upto=seen)
        case "take":
            return Assign(assignee=me)
        case "assign":
            return Assign(assignee={"me": me, "none": None, "nobody": None}.get(argument, argument))
        case "tag":
            words = argument.split()
            add = tuple(word.lstrip("+#") for word in words if not word.startswith("-"))
            return Tag(add=add, remove=tuple(word.lstrip("-#") for word in words if word.startswith("-")))
        case "priority":
            return SetPriority(priority=Priority(argument))
        case "snooze":
            return Snooze(until=parse_when(argument, now, timezone), seen=seen)
        case _:
            return None


def operations(lines: Iterable[str], *, me: str, now: int, timezone: str, seen: int) -> tuple[Operation, ...]:
    """The operations of lines; one that can't be read is left out.

    ``agent-tui canned check`` names such lines; a reply is not kept back for them.
    """
    found: list[Operation] = []
    for line in lines:
        try:
            one = operation(read(line), me=me, now=now, timezone=timezone, seen=seen)
        except ValueError:
            continue
        if one is not None:
            found.append(one)
    return tuple(found)


def describe(one: Operation) -> str:
    """A staged action in a word or two, for the gate."""
    match one:
        case SetState():
            return {CaseState.CLOSED: "close", CaseState.SPAM: "spam", CaseState.WAITING: "wait"}.get(one.state, "reopen")
        case Assign():
            return f"assign {one.assignee or 'nobody'}"
        case Tag():
            return " ".join(("tag", *(f"+{t}" for t in one.add), *(f"-{t}" for t in one.remove)))
        case SetPriority():
            return f"priority {one.priority}"
        case _:
            return one.kind
