"""``agent-tui export``: one case, complete, as JSON Lines, Markdown or e-mail."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent_tui.commands import shapes
from agent_tui.commands.show import whole
from agent_tui.domain import written_out
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Visibility
from agent_tui.domain.written_out import plain

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable
    from email.message import EmailMessage
    from pathlib import Path

    from agent_tui.commands.context import Context
    from agent_tui.domain.model import Attachment, Case, Message


def arguments(parser: ArgumentParser) -> None:
    """``CASE --format json|md|eml``."""
    parser.add_argument("case", metavar="CASE", help="its id, or the beginning of it")
    parser.add_argument("--format", choices=("json", "md", "eml"), default="json", metavar="json|md|eml")


def run(context: Context, options: Namespace) -> int:
    """To standard output. ``eml`` is one mail that holds the messages of the case as mails, attachments included."""
    case, messages = whole(context, context.desk.find_case(options.case))
    if options.format == "json":
        context.emit("case", **shapes.case(case))
        for message in messages:
            context.emit("message", **shapes.message(message))
    elif options.format == "md":
        for block in written_out.case_text(case, messages):
            sys.stdout.write(block)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(mail(context, case, messages))
        sys.stdout.buffer.flush()
    return 0


def mail(context: Context, case: Case, messages: Iterable[Message]) -> bytes:
    """A case as one mail; a case of one message is that message."""
    from email.message import EmailMessage
    from email.policy import SMTP

    parts = [_mail(context, message) for message in messages]
    if len(parts) == 1:
        return parts[0].as_bytes()
    bundle = EmailMessage(policy=SMTP.clone(utf8=True))
    bundle["Subject"] = plain(case.subject)
    bundle["X-Agent-TUI-Case"] = case_code(case.id)
    bundle.set_content(f"Case {case_code(case.id)}: {len(parts)} messages, oldest first.\n")
    for part in parts:
        bundle.add_attachment(part)
    return bundle.as_bytes()


def _mail(context: Context, message: Message) -> EmailMessage:
    from datetime import UTC, datetime
    from email.message import EmailMessage
    from email.policy import SMTP

    made = EmailMessage(policy=SMTP.clone(utf8=True))
    made["From"] = _mailbox(message.author.name, message.author.address)
    for name, people in (("To", message.to), ("Cc", message.cc), ("Reply-To", message.reply_to)):
        if people:
            made[name] = ", ".join(_mailbox(one.name, one.address) for one in people)
    made["Subject"] = plain(message.subject)
    made["Date"] = datetime.fromtimestamp(message.sent_at / 1000, UTC)
    if message.marker:
        made["Message-ID"] = f"<{plain(message.marker)}>"
    if message.visibility is Visibility.NOTE:
        made["X-Agent-TUI-Visibility"] = "note"
    made.set_content(message.text)
    for file in message.attachments:
        path = _path(context, file)
        if path is not None:
            kind, _, subtype = file.media_type.partition("/")
            made.add_attachment(path.read_bytes(), maintype=kind, subtype=subtype or "octet-stream", filename=file.name)
    return made


def _path(context: Context, file: Attachment) -> Path | None:
    """Where a fetched file is; only those go along that are here."""
    from agent_tui.store import attachments

    if not file.digest:
        return None
    path = attachments.path_of(context.desk.store, file.digest)
    return path if path.is_file() else None


def _mailbox(name: str, address: str) -> str:
    from email.utils import formataddr

    return formataddr((plain(name), plain(address)), charset="utf-8") if address else plain(name)
