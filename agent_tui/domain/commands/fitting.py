"""Which verbs the cases at hand allow: what help and palette leave out, and what they mark as staying on this computer. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from agent_tui.domain.commands import Command
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel, Marks
from agent_tui.domain.operations import (
    AcceptAnswer,
    Assign,
    Delete,
    EditMessage,
    MarkRead,
    Moderate,
    Note,
    RemoveMessage,
    Reply,
    SetPriority,
    SetState,
    Snooze,
    Star,
    Tag,
)

KEPT = "Stays on this computer: {source} has nothing like it."
_CARRIED = {
    "reply": Reply.kind, "reply.choose": Reply.kind, "reply.canned": Reply.kind, "right": Reply.kind,
    "correct": Reply.kind, "solution": AcceptAnswer.kind,
    "edit": EditMessage.kind, "remove": RemoveMessage.kind, "accept": Moderate.kind, "decline": Moderate.kind,
    "ignore": Moderate.kind,
}  # fmt: skip
"""Verbs that are nothing without the server, and the operation that it has to carry for each."""
_LOCAL = {
    "done": SetState.kind, "reopen": SetState.kind, "state": SetState.kind, "spam": SetState.kind, "snooze": Snooze.kind,
    "assign": Assign.kind, "take": Assign.kind, "tag": Tag.kind, "idea": Tag.kind, "priority": SetPriority.kind,
    "star": Star.kind, "read": MarkRead.kind, "unread": MarkRead.kind, "note": Note.kind, "delete": Delete.kind,
}  # fmt: skip
"""Verbs that are good for something here alone too."""
_IN_PUBLIC = frozenset({"right", "correct", "solution"})
_DECIDING = frozenset({"accept", "decline", "ignore"})


@dataclass(frozen=True, slots=True)
class Powers:
    """What can be done with a case.

    Args:
        source: its name.
        channel: how it came.
        public: everybody can read it.
        held: kinds of operations that its service carries, or None while that is not known.
        waits: what of it waits for a decision of ours: ``invitation``, ``queued`` or ``reported``; empty: nothing.
    """

    source: str
    channel: Channel
    public: bool
    held: frozenset[str] | None
    waits: str = ""

    def allows(self, name: str) -> bool:
        """Whether a verb can be done at all."""
        if self.held is not None and name in _CARRIED and _CARRIED[name] not in self.held:
            return False
        if name in _DECIDING:
            return self.waits == Marks.REPORTED if name == "ignore" else bool(self.waits)
        if name in _IN_PUBLIC:
            return self.public
        if name == "forward":
            return self.channel is Channel.EMAIL
        return name != "move" or self.channel is not Channel.EMAIL

    def keeps(self, name: str) -> bool:
        """Whether what a verb does stays on this computer."""
        return self.held is not None and name in _LOCAL and _LOCAL[name] not in self.held


def fitting(commands: Iterable[Command], cases: Collection[Powers]) -> tuple[Command, ...]:
    """The commands that at least one of the cases allows; those whose effect no server gets to know say so.

    Args:
        commands: of a place.
        cases: those under the cursor or selected; none: every command is left as it is.
    """
    found = []
    for one in commands:
        allowing = [case for case in cases if case.allows(one.id)]
        if cases and not allowing:
            continue
        keeping = next((case for case in allowing if case.keeps(one.id)), None)
        if keeping is not None:
            one = replace(one, help=f"{one.help} {KEPT.format(source=keeping.source)}".strip())
        found.append(one)
    return tuple(found)
