"""People at the other end: how what they write is filed at the servers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from agent_tui.domain.model import Marks
from agent_tui.sources.demo.file import File, Letter, ServerFile, body_of
from agent_tui.sources.demo.services import INBOX, SENT, container_for

POSTMASTER = ("Mail Delivery System", "mailer-daemon@mx.example")


def say(
    file: ServerFile,
    service: str,
    conversation: str,
    text: str,
    at: int,
    *,
    name: str = "",
    address: str = "",
    role: str = "customer",
    note: bool = False,
    quote: bool = False,
    container: str = "",
    files: Sequence[File] = (),
    **more: Any,
) -> int:
    """Somebody writes in a conversation; returns the message's row number.

    Args:
        at: milliseconds at which the server receives it.
        name, address: who writes; left out: the conversation's own customer.
        role: of the writer; an agent's message goes out, everybody else's comes in.
        quote: whether the message before is quoted below, as mail programs do.
        more: further fields of ``Letter``.

    Raises:
        KeyError: there is no such conversation.
    """
    with file.write():
        talk = file.conversation(service, conversation)
        if talk is None:
            raise KeyError(conversation)
        ours = role == "agent"
        last = file.row(
            "select * from messages where service = ? and conversation = ? order by received_at desc, id desc limit 1",
            service, conversation,
        )  # fmt: skip
        name, address = (name, address) if name or address else (talk["name"], talk["address"])
        fields: dict[str, Any] = {
            "direction": "out" if ours else "in",
            "visibility": "note" if note else ("public" if service == "forum" else "private"),
            "marks": frozenset({Marks.SEEN}) if ours else frozenset(),
        }
        if service == "mailbox":
            fields |= _mail_fields(file, talk, last, address, more)
            container = container or (SENT if ours else INBOX)
        if quote and last is not None:
            text = f"{text}\n\n{_quoted(last)}"
        letter = Letter(name=name, address=address, role=role, text=text, files=tuple(files), **{**fields, **more})
        row = file.add_letter(service, container or container_for(service, conversation), conversation, letter, at)
        if role == "customer" and not letter.automatic and talk["state"] in ("closed", "snoozed"):
            file.change_conversation(service, conversation, state="open", snoozed_until=None)
        elif service == "forum":
            file.database.execute(
                "update conversations set changed = ? where service = ? and id = ?",
                (file.stamp(service), service, conversation),
            )
        return row


def _mail_fields(
    file: ServerFile, talk: sqlite3.Row, last: sqlite3.Row | None, address: str, more: dict[str, Any]
) -> dict[str, Any]:
    domain = address.rpartition("@")[2] or "mail.example"
    identity = more.get("message_id") or f"{file.count('message ids')}.{file.meta('life')}@{domain}"
    subject = talk["subject"]
    before: tuple[str, ...] = ()
    if last is not None:
        before = tuple(body_of(last)["thread"])
        subject = subject if subject.casefold().startswith("re:") else f"Re: {subject}"
    return {
        "message_id": identity,
        "marker": identity,
        "thread": (identity, *before),
        "subject": subject,
        "to": (("", str(file.meta("address:mailbox", "support@example.com"))),),
    }


def _quoted(row: sqlite3.Row) -> str:
    body = body_of(row)
    day = datetime.fromtimestamp(body["sent_at"] / 1000, UTC).strftime("%a, %d %b %Y at %H:%M")
    lines = (f"> {line}".rstrip() for line in str(body["text"]).splitlines())
    return "\n".join((f"On {day}, {body['name'] or body['address']} wrote:", *lines))


def bounce(
    file: ServerFile, conversation: str, marker: str, *, address: str, subject: str, to: Sequence[str], at: int
) -> int:
    """A mail system reports that a message of ours could not be delivered."""
    words = f"550 5.1.2 <{address}>: the domain {address.rpartition('@')[2]} does not exist"
    identity = f"bounce.{file.count('message ids')}.{file.meta('life')}@mx.example"
    letter = Letter(
        direction="in",
        visibility="private",
        name=POSTMASTER[0],
        address=POSTMASTER[1],
        role="system",
        subject=f"Undelivered mail returned to sender: {subject}",
        text=f"Your message could not be delivered to one recipient.\n\n    {words}\n",
        to=((to[0], to[1]),),
        message_id=identity,
        marker=identity,
        thread=(identity, marker),
        automatic=True,
        report={"marker": marker, "recipients": [address], "failed": True, "words": words},
        headers=(("Auto-Submitted", "auto-replied"),),
    )
    with file.write():
        return file.add_letter("mailbox", INBOX, conversation, letter, at)
