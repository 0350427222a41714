"""Steps that the contract's tests share: opening, pulling to the end, making operations, looking for unsafe text."""

from __future__ import annotations

import contextlib
import itertools
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.model import Address, Batch, CaseState, Direction, Priority, Visibility
from agent_tui.domain.operations import (
    AcceptAnswer,
    Assign,
    Delete,
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
from agent_tui.sources.base import Found, Source, SourceInfo
from tests.contract.ledger import Ledger
from tests.contract.rig import Rig

CREATED_AT = 1_790_000_000_000
FAR_AWAY = 4_000_000_000_000
ROUNDS = 200  # more pulls than any honest source needs to come to an end here
HINT_S = 20.0
HOSTILE = "Hi \x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b2J \u202egnp.exe\u202c \x00\x08\u2066x\u2069 end"
numbers = itertools.count(1)


def marker() -> str:
    return f"contract.{next(numbers)}.{id(object())}@tamarind.example"


@contextlib.asynccontextmanager
async def opened(rig: Rig, ledger: Ledger) -> AsyncIterator[tuple[Source, SourceInfo]]:
    source = rig.build(ledger)
    try:
        yield source, await source.open()
    finally:
        await source.close()


async def pull_all(source: Source, ledger: Ledger, budget: int = 1000) -> list[Batch]:
    """Rounds of pulling until the source has no more."""
    batches: list[Batch] = []
    for _ in range(ROUNDS):
        before = len(batches)
        async for batch in source.pull(ledger.cursor, budget):
            ledger.apply(batch)
            batches.append(batch)
        if len(batches) == before or not batches[-1].more:
            return batches
    pytest.fail(f"no end after {ROUNDS} rounds of pulling")


def reply(rig: Rig, capabilities: Capabilities, ledger: Ledger, token: str, text: str, mark: str = "") -> Reply:
    asked = [m for m in ledger.of(token) if m.direction is Direction.IN][-1]
    allowed = capabilities.visibilities - {Visibility.NOTE}
    visibility = asked.visibility if asked.visibility in allowed else min(allowed)
    return Reply(
        text=text,
        visibility=visibility,
        marker=mark or marker(),
        created_at=CREATED_AT,
        sender=rig.me,
        to=(rig.customer(token),),
        subject=f"Re: {asked.subject}",
        in_reply_to=asked.thread_ids[0] if asked.thread_ids else "",
        references=tuple(reversed(asked.thread_ids)),
        answered=(asked.container, asked.ref),
    )


def carried(rig: Rig, capabilities: Capabilities, kind: str) -> bool:
    """Whether the server holds operations of a kind on this rig's conversations."""
    return capabilities.carries(kind) and kind not in getattr(rig, "not_here", ())


def sample(kind: str) -> Operation:
    """Some operation of each kind, for refusing."""
    somebody = Address("Robin", "robin@mail.example")
    samples: dict[str, Operation] = {
        "reply": Reply(text="x", visibility=Visibility.PRIVATE, marker=marker(), created_at=1, sender=somebody, to=(somebody,)),
        "note": Note(text="x", marker=marker(), created_at=1, author=somebody),
        "state": SetState(state=CaseState.CLOSED),
        "snooze": Snooze(until=FAR_AWAY),
        "assign": Assign(assignee="x"),
        "tag": Tag(add=("x",)),
        "priority": SetPriority(priority=Priority.HIGH),
        "read": MarkRead(read=True),
        "star": Star(starred=True),
        "delete": Delete(),
        "merge": Merge(into=2),
        "split": Split(case=2, keys=("x",)),
        "rejoin": Rejoin(case=2),
        "customer": SetCustomer(customer=somebody),
        "solution": AcceptAnswer(place=("x", "1"), accepted=True),
        "edit": EditMessage(place=("x", "1"), text="y", original="x"),
        "remove": RemoveMessage(place=("x", "1"), removed=True),
        "moderate": Moderate(place=("x", "1"), action="approve"),
    }
    return samples[kind]


def strings(value: Any) -> list[str]:
    """Every string anywhere inside a value."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [text for f in fields(value) for text in strings(getattr(value, f.name))]
    if isinstance(value, tuple | list | frozenset | set):
        return [text for one in value for text in strings(one)]
    return []


def unsafe(text: str) -> list[str]:
    return [
        f"U+{ord(c):04X}"
        for c in text
        if (unicodedata.category(c) == "Cc" and c not in "\n\t") or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ]


def sure(capabilities: Capabilities, truth: Found) -> set[Found]:
    """The answers that ``find`` may give where ``truth`` is so."""
    if capabilities.find is Finding.EXACT:
        return {truth}
    return {truth, Found.CANNOT_TELL} if capabilities.find is Finding.WHERE_FILED else {Found.CANNOT_TELL}
