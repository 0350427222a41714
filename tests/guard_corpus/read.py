"""The replies of ``tests/data/guards`` as the guards see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent_tui.domain.clocks import parse_hours
from agent_tui.domain.guards import Elsewhere, GuardContext, Rule
from agent_tui.domain.model import Address, Author, CaseState, Channel, Direction, Message, MessageState, Role, Visibility

FOLDER = Path(__file__).parents[1] / "data" / "guards"
HALVES = ("tuning", "unopened")


@dataclass(frozen=True)
class Sample:
    """One reply: its context, the guards that must stop it, the hints that are due."""

    id: str
    language: str
    context: GuardContext
    expected: frozenset[str]
    hints: frozenset[str]


def read(half: str) -> Iterator[Sample]:
    """Every reply of one half."""
    with (FOLDER / f"{half}.jsonl").open(encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            yield Sample(item["id"], item["language"], context(item), frozenset(item["expected"]), frozenset(item.get("hints", ())))


def context(item: dict[str, Any]) -> GuardContext:
    """What the guards look at."""
    channel, visibility = Channel(item["channel"]), Visibility(item["visibility"])
    now = item.get("now", "2026-03-04T06:30:00Z")
    values: dict[str, Any] = {
        "text": item.get("text", ""), "kind": item["kind"], "channel": channel, "visibility": visibility,
        "subject": item.get("subject", ""), "case_subject": item.get("case_subject", ""), "customer": Address(*item["customer"]),
        "seen": item["seen"], "signature": item.get("signature", ""),
        "messages": tuple(_message(one, channel, visibility) for one in item["messages"]),
        "hours": parse_hours(item["hours"]) if "hours" in item else None,
        "now": int(datetime.fromisoformat(now).timestamp() * 1000),
        "state_seen": CaseState(item["state_seen"]) if "state_seen" in item else None,
        "state": CaseState(item["state"]) if "state" in item else None,
    }  # fmt: skip
    for name in ("to", "cc", "bcc"):
        values[name] = tuple(Address(*one) for one in item.get(name, ()))
    for name in ("attachments", "own", "questions", "canned", "sent_canned", "earlier", "open_texts"):
        values[name] = tuple(item.get(name, ()))
    values["clauses"] = tuple(Rule(**one) for one in item.get("clauses", ()))
    values["elsewhere"] = tuple(
        Elsewhere(Address(*one["customer"]), one["text"], Visibility(one.get("visibility", "private")))
        for one in item.get("elsewhere", ())
    )
    values["patterns"] = tuple((title, expression) for title, expression in item.get("patterns", ()))
    return GuardContext(**values)


def _message(one: dict[str, Any], channel: Channel, visibility: Visibility) -> Message:
    ours = one["role"] == "agent"
    return Message(
        id=one["id"], case=1, source="here", remote_id="", key=str(one["id"]), marker="",
        direction=Direction.OUT if ours else Direction.IN, visibility=Visibility(one.get("visibility", visibility)),
        author=Author(*one["author"], Role(one["role"])), subject="", channel=channel, received_at=0, sent_at=0,
        to=tuple(Address(*a) for a in one.get("to", ())), cc=tuple(Address(*a) for a in one.get("cc", ())),
        reply_to=tuple(Address(*a) for a in one.get("reply_to", ())), text=one["text"], fresh_text=one["text"],
        attachments=(), state=MessageState.RECEIVED, automatic=one.get("automatic", False), operation=7 if one.get("ours") else None,
    )  # fmt: skip
