"""``agent-tui show``: one case with its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.commands import shapes
from agent_tui.domain import hosts
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Visibility
from agent_tui.domain.written_out import time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from agent_tui.commands.context import Context
    from agent_tui.domain.model import Case, Message


def arguments(parser: ArgumentParser) -> None:
    """``CASE``."""
    parser.add_argument("case", metavar="CASE", help="its id, or the beginning of it")


def run(context: Context, options: Namespace) -> int:
    """The case, then its messages, oldest first."""
    number = context.desk.find_case(options.case)
    case, messages = whole(context, number)
    if context.json:
        context.emit("case", **shapes.case(case))
        for message in messages:
            context.emit("message", **shapes.message(message))
        return 0
    context.say(head(case))
    for message in messages:
        context.say()
        context.say(title(message))
        context.say(hosts.marked(message.text.rstrip()))
        for file in message.attachments:
            context.say(f"[{file.name}, {file.media_type}{'' if file.cached else ', not fetched yet'}]")
    return 0


def whole(context: Context, number: int) -> tuple[Case, Iterator[Message]]:
    """A case and every message of it, texts included, oldest first; one at a time, for cases with thousands."""
    thread = context.desk.thread(number, texts=0)

    def messages() -> Iterator[Message]:
        for message in thread.messages:
            yield context.desk.message(message.id) or message

    return thread.case, messages()


def head(case: Case) -> str:
    """What a case is, in two lines."""
    facts = [case.channel.value, case.source, case.state.value]
    if case.assignee:
        facts.append(f"assigned to {case.assignee}")
    facts += [f"#{tag}" for tag in case.tags]
    return f"{case_code(case.id)}  {case.subject}\n{case.customer.name} <{case.customer.address}>  {', '.join(facts)}"


def title(message: Message) -> str:
    """Who, to whom, when, and what has become of it."""
    kind = "note" if message.visibility is Visibility.NOTE else message.direction.value
    to = ", ".join(one.label for one in message.to)
    moment = time_text(message.sent_at) or ""
    parts = [f"--- {shapes.message_id(message.id)}", moment, kind, message.author.label]
    if to:
        parts.append(f"to {to}")
    if message.state not in ("received", "sent"):
        parts.append(f"[{message.state.value}]")
    return "  ".join(parts)
