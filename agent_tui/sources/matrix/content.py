"""What an event says, in words: its text, its files, and which other event it is about. Pure.

Sections are those of the client-server API, v1.19.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agent_tui.domain.model import Attachment
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entry, number, text

OURS = "dev.agent_tui.message"
"""Key in the content of events that were sent from here: what ``find`` looks for."""
NOTE = "dev.agent_tui.note"
"""Key in the content of notes: which conversation they are about."""

MXC = re.compile(r"mxc://([A-Za-z0-9.:\-\[\]]{1,255})/([A-Za-z0-9_\-=.~]{1,255})")
TYPES = (
    "m.room.message", "m.sticker", "m.room.encrypted", "m.reaction", "m.room.redaction", "m.call.invite", "m.poll.start",
    "org.matrix.msc3381.poll.start", "m.room.member", "m.room.tombstone",
)  # fmt: skip
FILES = frozenset({"m.image", "m.file", "m.audio", "m.video"})
SPOKEN = frozenset({"m.text", "m.notice", "m.emote"})
LONGEST = 200_000  # characters of a text; an event has 65,536 bytes, unless a server lies
ENCRYPTED = (
    "This message is end-to-end encrypted and cannot be read here. Open the room in a Matrix client that holds its keys, "
    "and answer there."
)
ENCRYPTED_WARNING = "encrypted: not readable here, and nothing can be sent into this room from here"


@dataclass(frozen=True, slots=True)
class Said:
    """An event in words.

    Args:
        automatic: said by a program, or nothing that waits for an answer.
        warning: what could not be shown.
    """

    text: str
    attachments: tuple[Attachment, ...] = ()
    automatic: bool = False
    warning: str = ""


def is_message(event: dict[str, Any]) -> bool:
    """Whether an event is something to show, and neither an edit nor taken back."""
    kind = text(event, "type")
    if kind in ("m.reaction", "m.room.redaction", "m.room.member") or kind not in TYPES or "state_key" in event:
        return False
    return not redacted(event) and not replaces(event)


def redacted(event: dict[str, Any]) -> bool:
    """Whether somebody has taken it back."""
    return bool(entry(event, "unsigned", "redacted_because")) or not entry(event, "content")


def replaces(event: dict[str, Any]) -> str:
    """The event that this one edits ("Event replacements"), or nothing."""
    relation = entry(event, "content", "m.relates_to")
    return text(relation, "event_id") if text(relation, "rel_type") == "m.replace" else ""


def reacts_to(event: dict[str, Any]) -> str:
    """The event that this one is a reaction to, or nothing."""
    relation = entry(event, "content", "m.relates_to")
    if text(event, "type") != "m.reaction" or text(relation, "rel_type") != "m.annotation":
        return ""
    return text(relation, "event_id")


def redacts(event: dict[str, Any]) -> str:
    """The event that this one takes back, or nothing; where it is said depends on the room's version."""
    if text(event, "type") != "m.room.redaction":
        return ""
    return text(event, "content", "redacts") or text(event, "redacts")


def thread(event: dict[str, Any]) -> str:
    """The root of the thread that an event is in, or nothing."""
    relation = entry(event, "content", "m.relates_to")
    return text(relation, "event_id") if text(relation, "rel_type") == "m.thread" else ""


def answers(event: dict[str, Any]) -> str:
    """The event that this one is a reply to, or nothing."""
    return text(event, "content", "m.relates_to", "m.in_reply_to", "event_id")


def newest(event: dict[str, Any]) -> dict[str, Any]:
    """The content as its author last edited it: the server bundles the edit with the event."""
    content = entry(event, "content")
    edit = entry(event, "unsigned", "m.relations", "m.replace")
    new = entry(edit, "content", "m.new_content")
    if not new or text(edit, "sender") != text(event, "sender") or redacted(edit):
        return content
    kept = {key: content[key] for key in ("m.relates_to", OURS, NOTE) if key in content}
    return {**new, **kept}


def said(event: dict[str, Any], author: str) -> Said:
    """What an event says.

    Args:
        author: what its sender is called.
    """
    content, kind = newest(event), text(event, "type")
    match kind:
        case "m.room.encrypted":
            return Said(ENCRYPTED, warning=ENCRYPTED_WARNING)
        case "m.sticker":
            return _file(content, "a sticker")
        case "m.call.invite":
            return Said(f"{author} called. Calls cannot be taken here.", automatic=False)
        case "m.poll.start" | "org.matrix.msc3381.poll.start":
            poll = entry(content, "m.poll") or entry(content, "org.matrix.msc3381.poll.start")
            question = entry(poll, "question")
            asked = text(question, "body") or text(question, "org.matrix.msc1767.text") or text(content, "body")
            return Said(f"Poll: {_text(asked)}", warning="a poll; only its question is shown here")
    return _message(content, author)


def _message(content: dict[str, Any], author: str) -> Said:
    kind = text(content, "msgtype")
    body = content.get("body")
    if not isinstance(body, str):
        return Said("", warning="this message has no text that could be read")
    if kind in FILES:
        return _file(content, kind.removeprefix("m."))
    words = _text(without_fallback(body) if entry(content, "m.relates_to", "m.in_reply_to") else body)
    match kind:
        case "m.emote":
            return Said(f"* {author} {words}")
        case "m.location":
            return Said(f"{words}\n{_text(text(content, 'geo_uri'))}".strip())
        case _ if kind in SPOKEN:
            return Said(words, automatic=kind == "m.notice")
    return Said(words, warning=f"a message of an unknown kind ({_text(kind)[:60]}); only its text is shown")


def _text(words: str) -> str:
    return clean(words[:LONGEST])


def without_fallback(body: str) -> str:
    """A reply without the quotation that older clients put before it ("Fallbacks for rich replies")."""
    lines = body.split("\n")
    if not lines[0].startswith("> <@") and not lines[0].startswith("> * <@"):
        return body
    count = 0
    while count < len(lines) and lines[count].startswith("> "):
        count += 1
    rest = lines[count + 1 :] if count < len(lines) and not lines[count] else lines[count:]
    return "\n".join(rest)


def _file(content: dict[str, Any], what: str) -> Said:
    body, named = text(content, "body"), text(content, "filename")
    caption = _text(body) if named and named != body else ""
    if entry(content, "file"):
        return Said(caption, warning=f"{what}: its file is encrypted and cannot be opened here")
    address = text(content, "url")
    if not MXC.fullmatch(address):
        return Said(caption or _text(body), warning=f"{what}: it names no file that could be fetched")
    info = entry(content, "info")
    name = clean((named or body or what).replace("\\", "/").rpartition("/")[2], multiline=False)[:200] or what
    media_type = clean(text(info, "mimetype"), multiline=False)[:100] or "application/octet-stream"
    return Said(caption, (Attachment(name=name, media_type=media_type, size=number(info, "size", default=-1), part=address),))
