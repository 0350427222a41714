"""A case or a message written out as text, for files and for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Case, Message, Visibility


def time_text(moment_ms: int | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, so that texts sort as times do."""
    if moment_ms is None:
        return None
    seconds, rest = divmod(moment_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def case_text(case: Case, messages: Iterable[Message]) -> Iterable[str]:
    """A case as Markdown, block by block; what people wrote is quoted, so that it cannot pass for structure."""
    yield f"# {plain(case.subject) or case_code(case.id)}\n\n"
    facts = {
        "Case": case_code(case.id), "Customer": f"{case.customer.name} <{case.customer.address}>",
        "Channel": f"{case.channel.value} ({case.source})", "State": case.state.value,
        "Assigned to": case.assignee or "", "Tags": ", ".join(case.tags),
    }  # fmt: skip
    yield "".join(f"- {name}: {plain(value)}\n" for name, value in facts.items() if value)
    for message in messages:
        kind = "note" if message.visibility is Visibility.NOTE else message.visibility.value
        who = f"{plain(message.author.label)} ({message.direction.value}, {kind})"
        yield f"\n## {time_text(message.sent_at)} {who}\n\n"
        to = ", ".join(one.label for one in (*message.to, *message.cc))
        if to:
            yield f"To: {plain(to)}\n\n"
        yield "".join(f"> {line}".rstrip() + "\n" for line in message.text.rstrip().split("\n"))
        for file in message.attachments:
            yield f"\n- attachment: {plain(file.name)} ({file.media_type})\n"


def message_text(message: Message) -> str:
    """A message as a mail is written: lines of what it is, an empty line, its text."""
    facts = {
        "From": f"{message.author.name} <{message.author.address}>" if message.author.address else message.author.label,
        "To": ", ".join(one.label for one in message.to), "Cc": ", ".join(one.label for one in message.cc),
        "Date": time_text(message.sent_at) or "", "Subject": message.subject,
        "Files": ", ".join(one.name for one in message.attachments),
    }  # fmt: skip
    head = "".join(f"{name}: {plain(value)}\n" for name, value in facts.items() if plain(value))
    return f"{head}\n{message.text.rstrip()}\n"


def plain(text: str) -> str:
    """In one line."""
    return " ".join(text.split())
