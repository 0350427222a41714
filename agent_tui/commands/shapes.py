"""Cases, messages and operations as the JSON that scripts rely on."""

from __future__ import annotations

from typing import Any

from agent_tui.domain import operation_words
from agent_tui.domain.identifiers import case_code, message_code
from agent_tui.domain.model import Address, Attachment, Case, Message, Visibility
from agent_tui.domain.operations import Entry, Reply
from agent_tui.domain.written_out import time_text


def address(one: Address) -> dict[str, str]:
    """Name and address."""
    return {"name": one.name, "address": one.address}


def case(one: Case) -> dict[str, Any]:
    """A case with exactly the documented fields."""
    return {
        "id": case_code(one.id), "source": one.source, "channel": one.channel.value, "subject": one.subject,
        "customer": address(one.customer), "state": one.state.value, "assignee": one.assignee,
        "tags": list(one.tags), "priority": one.priority.value, "unread": one.unread, "messages": one.messages,
        "waiting_since": time_text(one.waiting_since), "due_at": time_text(one.due_at),
        "updated_at": time_text(one.updated_at), "snoozed_until": time_text(one.snoozed_until),
        "cached": one.cached.value, "public": one.public, "answer": one.answer.value,
    }  # fmt: skip


def message_id(number: int) -> str:
    """How a message is called; one that only stands in the outbox so far is called by its number there."""
    return message_code(number) if number > 0 else f"o{-number}"


def attachment(one: Attachment) -> dict[str, Any]:
    """One file of a message; a size that no server told is null."""
    size = one.size if one.size >= 0 else None
    return {"name": one.name, "media_type": one.media_type, "size": size, "cached": one.cached}


def message(one: Message) -> dict[str, Any]:
    """A message with exactly the documented fields."""
    return {
        "id": message_id(one.id), "case": case_code(one.case), "remote_id": one.remote_id,
        "direction": one.direction.value, "visibility": one.visibility.value,
        "author": {"name": one.author.name, "address": one.author.address, "role": one.author.role.value},
        "to": [address(to) for to in one.to], "cc": [address(cc) for cc in one.cc], "subject": one.subject,
        "channel": one.channel.value, "sent_at": time_text(one.sent_at), "text": one.text,
        "fresh_text": one.fresh_text, "attachments": [attachment(file) for file in one.attachments],
        "state": one.state.value,
    }  # fmt: skip


def operation(one: Entry) -> dict[str, Any]:
    """An entry of the outbox with exactly the documented fields."""
    to = [address(person) for person in (*one.operation.to, *one.operation.cc, *one.operation.bcc)] if isinstance(
        one.operation, Reply) else []
    return {
        "id": one.id, "case": case_code(one.case) if one.case else None, "source": one.source, "kind": one.kind,
        "state": one.state.value, "to": to, "summary": summary(one), "attempts": one.attempts,
        "error": one.error or None, "held_until": time_text(one.held_until), "updated_at": time_text(one.updated_at),
    }  # fmt: skip


def summary(one: Entry) -> str:
    """What an operation does, in a few words."""
    return operation_words.words(one.operation, lambda at: time_text(at) or "")


def visibility_words(one: Visibility) -> str:
    """For people: who can read it."""
    return {Visibility.PUBLIC: "public", Visibility.PRIVATE: "private", Visibility.NOTE: "note"}[one]
