"""JSON lines of messages and cases, as ``show --json`` and ``export`` print them, and as values of the domain."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from agent_tui.domain import quotes
from agent_tui.domain.model import (
    Address,
    Answer,
    Attachment,
    Author,
    CaseState,
    Channel,
    Direction,
    Marks,
    RemoteCase,
    RemoteMessage,
    Role,
    Visibility,
)
from agent_tui.domain.text import clean

MARKS = frozenset({Marks.SEEN, Marks.CLOSED})
CONTAINER = "archive"


class BadLine(ValueError):
    """A line that is no message; the words say why."""


def decode(raw: bytes) -> dict[str, Any]:
    """The object in a line.

    Raises:
        BadLine: it is none.
    """
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadLine("is no JSON") from None
    if not isinstance(value, dict):
        raise BadLine("is no JSON object")
    return value


def kind(value: dict[str, Any]) -> str:
    """``message``, ``case``, or what else ``type`` says; a line without one is a message."""
    return str(value.get("type", "message"))


def identity(value: dict[str, Any]) -> str:
    """What makes a line the same as another: its ids, or its whole content where it has none."""
    own = value.get("remote_id") or value.get("id")
    if own:
        return f"{kind(value)}\0{value.get('case', '')}\0{own}"
    return f"{kind(value)}\0{json.dumps(value, sort_keys=True, ensure_ascii=False)}"


def channel(value: dict[str, Any], default: Channel) -> Channel:
    """The channel that a line names; the default where it names none."""
    try:
        return Channel(value["channel"]) if value.get("channel") else default
    except ValueError:
        raise BadLine(f"has an unknown channel; it must be one of {', '.join(Channel)}") from None


def sent_ms(value: dict[str, Any]) -> int:
    """When the message was sent.

    Raises:
        BadLine: it does not say.
    """
    moment = value.get("sent_at")
    if isinstance(moment, str):
        try:
            parsed = datetime.fromisoformat(moment)
        except ValueError:
            raise BadLine("has a sent_at that is not like 2026-12-01T09:30:00Z") from None
        return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)
    raise BadLine("has no sent_at")


def conversation(value: dict[str, Any]) -> str:
    """What groups messages: ``case``, or the message itself where it names none."""
    own = value.get("case") if kind(value) != "case" else value.get("id")
    return clean(str(own or value.get("id") or identity(value)), multiline=False)


def message(value: dict[str, Any], ref: str, key: str, received_ms: int) -> RemoteMessage:
    """A message from its line.

    Raises:
        BadLine: a field that must be there is not, or is of the wrong kind.
    """
    text = value.get("text")
    if not isinstance(text, str):
        raise BadLine("has no text")
    text = clean(text)
    fresh = value.get("fresh_text")
    direction = _one_of(Direction, value, "direction", Direction.IN)
    visibility = _one_of(Visibility, value, "visibility", Visibility.PRIVATE)
    role = Role.CUSTOMER if direction is Direction.IN else Role.AGENT
    author = value.get("author")
    who = _address(author)
    return RemoteMessage(
        ref=ref, container=CONTAINER, key=key, direction=direction, visibility=visibility,
        author=Author(who.name, who.address, _one_of(Role, author if isinstance(author, dict) else {}, "role", role)),
        received_at=received_ms, sent_at=received_ms, subject=_line(value.get("subject")), text=text,
        fresh_text=clean(fresh) if isinstance(fresh, str) else quotes.fresh(text),
        to=_addresses(value.get("to")), cc=_addresses(value.get("cc")), conversation=conversation(value),
        marks=MARKS, attachments=tuple(_attachment(one) for one in _list(value.get("attachments"))),
    )  # fmt: skip


def case(value: dict[str, Any]) -> RemoteCase:
    """What a case line says of its conversation; an archived case is closed whatever it was."""
    tags = [_line(one) for one in _list(value.get("tags"))]
    return RemoteCase(
        conversation=conversation(value), subject=_line(value.get("subject")), state=CaseState.CLOSED,
        assignee=_line(value.get("assignee")) or None, tags=frozenset(one for one in tags if one),
        public=value.get("public") is True, answer=_one_of(Answer, value, "answer", Answer.NONE),
    )  # fmt: skip


def _one_of(kinds: Any, value: dict[str, Any], name: str, default: Any) -> Any:
    found = value.get(name)
    if found is None:
        return default
    try:
        return kinds(found)
    except ValueError:
        raise BadLine(f"has an unknown {name}; it must be one of {', '.join(kinds)}") from None


def _line(value: Any) -> str:
    return clean(value, multiline=False).strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _address(value: Any) -> Address:
    if isinstance(value, dict):
        return Address(_line(value.get("name")), _line(value.get("address")))
    return Address("", _line(value))


def _addresses(value: Any) -> tuple[Address, ...]:
    found: Iterable[Address] = (_address(one) for one in _list(value))
    return tuple(one for one in found if one.label)


def _attachment(value: Any) -> Attachment:
    """Name and size are known; the file itself is not in a JSON line."""
    facts = value if isinstance(value, dict) else {}
    size = facts.get("size")
    name = _line(facts.get("name")).replace("/", "_") or "file"
    media_type = _line(facts.get("media_type")) or "application/octet-stream"
    return Attachment(name, media_type, size if isinstance(size, int) and size >= 0 else -1, part="")
