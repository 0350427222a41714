"""The simplest store there can be: applies batches in the documented order, and remembers what it was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from agent_tui.domain.model import (
    BadItem,
    Batch,
    CaseRef,
    CaseState,
    Direction,
    Marks,
    RemoteCase,
    RemoteMessage,
    Visibility,
)
from tests.contract.rig import View

Place = tuple[str, str]


@dataclass
class Ledger:
    """Also the ``Mirror`` that sources compare with."""

    cursor: str = ""
    messages: dict[Place, RemoteMessage] = field(default_factory=dict)
    cases: dict[str, RemoteCase] = field(default_factory=dict)
    bad: dict[Place, BadItem] = field(default_factory=dict)

    def copy(self) -> Ledger:
        return Ledger(self.cursor, dict(self.messages), dict(self.cases), dict(self.bad))

    def apply(self, batch: Batch) -> None:
        for gone in batch.removals:
            for place in [p for p in self.messages if p[0] == gone.container and gone.ref in ("", p[1])]:
                del self.messages[place]
        for message in batch.messages:
            self.messages[message.container, message.ref] = message
        for case in batch.cases:
            self.cases[case.conversation] = case
        for change in batch.marks:
            place = (change.container, change.ref)
            if place in self.messages:
                self.messages[place] = replace(self.messages[place], marks=change.marks)
        for item in batch.bad:
            self.bad[item.container, item.ref] = item
        self.cursor = batch.cursor

    def places(self, container: str) -> Iterable[tuple[str, frozenset[str]]]:
        return [(ref, message.marks) for (where, ref), message in self.messages.items() if where == container]

    def count(self, container: str) -> int:
        return sum(where == container for where, _ in self.messages)

    def state(self) -> object:
        """Everything that must be equal however the server was read."""
        return dict(sorted(self.messages.items())), dict(sorted(self.cases.items())), sorted(self.bad)

    def of(self, token: str) -> list[RemoteMessage]:
        """A conversation's messages, oldest first."""
        found = [m for m in self.messages.values() if m.conversation == token or token in m.thread_ids]
        return sorted(found, key=lambda m: (m.received_at, len(m.ref), m.ref))

    def case_ref(self, token: str) -> CaseRef:
        messages = self.of(token)
        return CaseRef(
            id=1,
            conversation=messages[-1].conversation if messages else "",
            places=tuple((m.container, m.ref) for m in messages),
            incoming=tuple((m.container, m.ref) for m in messages if m.direction is Direction.IN),
        )

    def view(self, token: str) -> View:
        """What the pulled data says of a conversation, in the words a second client uses."""
        messages = self.of(token)
        incoming = [m for m in messages if m.direction is Direction.IN]
        newest = incoming[-1].marks if incoming else frozenset()
        marks = frozenset().union(*(m.marks for m in messages))
        case = self.cases.get(token) or RemoteCase(conversation=token)
        state = case.state
        return View(
            texts=tuple(m.text for m in messages),
            closed=Marks.CLOSED in newest or state is CaseState.CLOSED,
            spam=Marks.SPAM in newest or state is CaseState.SPAM,
            tags=(case.tags or frozenset()) | {m.removeprefix(Marks.TAG) for m in marks if m.startswith(Marks.TAG)},
            assignee=case.assignee or _after(marks, Marks.ASSIGNEE),
            priority=str(case.priority or _after(marks, Marks.PRIORITY) or ""),
            seen=all(Marks.SEEN in m.marks for m in incoming),
            starred=Marks.FLAGGED in marks,
            snoozed=state is CaseState.SNOOZED,
            notes=tuple(m.text for m in messages if m.visibility is Visibility.NOTE),
        )


def _after(marks: frozenset[str], prefix: str) -> str:
    return next((m.removeprefix(prefix) for m in marks if m.startswith(prefix)), "")
