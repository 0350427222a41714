"""Chatwoot's JSON as values of the domain: pure, and lenient, because its answers differ from its own specification.

The shapes are those of ``api/v1/models/_message`` and ``conversations/partials/_conversation`` (4.11.0).
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from agent_tui.domain.model import (
    Address,
    Attachment,
    Author,
    CaseState,
    DeliveryReport,
    Direction,
    Marks,
    Priority,
    RemoteCase,
    RemoteMessage,
    Role,
    Visibility,
)
from agent_tui.domain.quotes import fresh
from agent_tui.domain.text import clean

INCOMING, OUTGOING, ACTIVITY, TEMPLATE = range(4)
MARKER = "agent_tui_id"  # key in content_attributes that bears our client reference
SPAM_LABEL = "spam"
FAILED = "failed"
LATEST_S = 1e11
_PRIORITIES = {"low": Priority.LOW, "medium": Priority.NORMAL, "high": Priority.HIGH, "urgent": Priority.URGENT}
_STATES = {"resolved": CaseState.CLOSED, "snoozed": CaseState.SNOOZED, "pending": CaseState.SNOOZED}
_MENTION = re.compile(r"\[(@[^\]\n]{1,100})\]\(mention://[^)\s]{1,200}\)")
_REF = re.compile(r"(\d+)-(\d+)")
_MEDIA = {"image": "image/*", "audio": "audio/*", "video": "video/*"}
Json = dict[str, Any]


class Unreadable(ValueError):
    """Something that is no message or no conversation; the words say why."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a ``ref`` says: when the server received a message (seconds), and which one it is."""

    seconds: int
    id: int


def place(ref: str) -> Place | None:
    """The place of one of our refs; None for anything else (delivery reports)."""
    found = _REF.fullmatch(ref)
    return Place(int(found[1]), int(found[2])) if found else None


def seconds(value: Any) -> float:
    """A time as seconds: Chatwoot gives numbers, numbers as text, and ISO 8601, depending on where one looks."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        found = float(value)
    except OverflowError:
        return 0.0
    except ValueError:
        try:
            moment = datetime.fromisoformat(str(value).strip().replace(" UTC", "+00:00"))
            found = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return 0.0
    return found if abs(found) < LATEST_S else 0.0  # neither infinite nor beyond every calendar


def _record(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _line(value: Any) -> str:
    return clean(str(value), multiline=False) if isinstance(value, str | int) else ""


def number(value: Any, what: str) -> int:
    """An id.

    Raises:
        Unreadable: it is none.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise Unreadable(f"{what} has no number")


# --- conversations -------------------------------------------------------------------------------------------------


def conversation_id(raw: Any) -> int:
    """The number by which a conversation goes everywhere (its ``display_id``)."""
    return number(_record(raw).get("id"), "a conversation")


def activity(raw: Json) -> float:
    """When something was last said in a conversation, seconds."""
    return seconds(raw.get("last_activity_at") or raw.get("timestamp") or raw.get("created_at"))


def case(raw: Json, inbox: str) -> RemoteCase:
    """What Chatwoot says of a conversation.

    Args:
        inbox: name of the inbox it came in by.
    """
    labels = frozenset(_line(one) for one in _items(raw.get("labels")) if _line(one))
    state = _STATES.get(str(raw.get("status")), CaseState.OPEN)
    if state is CaseState.CLOSED and SPAM_LABEL in labels:
        state, labels = CaseState.SPAM, labels - {SPAM_LABEL}
    until = int(seconds(raw.get("snoozed_until")) * 1000)
    more = _record(raw.get("additional_attributes"))
    return RemoteCase(
        conversation=str(conversation_id(raw)),
        subject=_line(more.get("mail_subject") or "") or inbox,
        state=state,
        assignee=_assignee(_record(raw.get("meta")).get("assignee")),
        tags=labels,
        priority=_PRIORITIES.get(str(raw.get("priority")), Priority.NORMAL),
        snoozed_until=until or None if state is CaseState.SNOOZED else None,
    )


def _assignee(raw: Any) -> str | None:
    agent = _record(raw)
    return handle(agent) or None


def handle(agent: Json) -> str:
    """What an agent goes by here: the e-mail address, else the name."""
    return _line(agent.get("email")).lower() or _line(agent.get("name") or agent.get("available_name"))


def last_seen(raw: Json) -> int:
    """Up to when agents have read a conversation, seconds."""
    return int(seconds(raw.get("agent_last_seen_at")))


# --- messages ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Around:
    """What the messages of a conversation have in common.

    Args:
        conversation: its number; seen: up to when agents have read it, seconds.
        contact: the customer as the conversation knows them, with the newest name and addresses.
    """

    conversation: int
    seen: int
    contact: Json
    subject: str = ""


def around(raw: Json, inbox: str) -> Around:
    """What a conversation's messages have in common."""
    return Around(conversation_id(raw), last_seen(raw), _record(_record(raw.get("meta")).get("sender")), case(raw, inbox).subject)


def message_id(raw: Any) -> int:
    """The number of a message."""
    return number(_record(raw).get("id"), "a message")


def ref(raw: Json) -> str:
    """Where a message is within its conversation: its second, then its number. Neither ever changes."""
    return f"{int(seconds(raw.get('created_at')))}-{message_id(raw)}"


def deleted(raw: Json) -> bool:
    """Whether somebody has deleted it; Chatwoot leaves a line in its place, and nothing of what it was."""
    return bool(_record(raw.get("content_attributes")).get("deleted"))


def failed(raw: Json) -> bool:
    """Whether the channel could not deliver it."""
    return raw.get("status") == FAILED and raw.get("message_type") in (OUTGOING, TEMPLATE) and not raw.get("private")


def marks(raw: Json, seen: int) -> frozenset[str]:
    """What the server holds of a message."""
    read = raw.get("message_type") != INCOMING or int(seconds(raw.get("created_at"))) <= seen
    return frozenset(([Marks.SEEN] if read else []) + ([Marks.FAILED] if failed(raw) else []))


def message(raw: Json, about: Around) -> RemoteMessage:
    """One message.

    Raises:
        Unreadable: it has no number or no time.
    """
    key = message_id(raw)
    moment = seconds(raw.get("created_at"))
    if moment <= 0:
        raise Unreadable("it has no time")
    kind = raw.get("message_type")
    if kind not in (INCOMING, OUTGOING, ACTIVITY, TEMPLATE):
        raise Unreadable(f"it is of a kind that is not known: {_line(str(kind))[:40]}")
    more = _record(raw.get("content_attributes"))
    mail = _record(more.get("email"))
    text, fresh_text = _text(raw, more, mail)
    note = bool(raw.get("private")) or kind == ACTIVITY
    author = _author(raw, kind, about)
    trouble = _line(more.get("external_error"))
    return RemoteMessage(
        ref=ref(raw),
        container=str(about.conversation),
        key=str(key),
        conversation=str(about.conversation),
        direction=Direction.IN if kind in (INCOMING, ACTIVITY) else Direction.OUT,
        visibility=Visibility.NOTE if note else Visibility.PRIVATE,
        author=author,
        received_at=int(moment * 1000),
        sent_at=int(seconds(mail.get("date")) * 1000) or int(moment * 1000),
        subject=_line(mail.get("subject")) or about.subject,
        text=text,
        fresh_text=fresh_text,
        to=_addresses(mail.get("to") or more.get("to_emails")),
        cc=_addresses(mail.get("cc") or more.get("cc_emails") or more.get("cc_email")),
        marker=_line(more.get(MARKER)) if kind == OUTGOING else "",
        marks=marks(raw, about.seen),
        attachments=tuple(found for one in _items(raw.get("attachments")) if (found := _attachment(one))),
        headers=_headers(about.contact) if kind == INCOMING else (),
        automatic=kind in (ACTIVITY, TEMPLATE) or author.role is Role.BOT,
        html=bool(mail.get("html_content")) and not mail.get("text_content"),
        warning=f"not delivered: {trouble or 'the channel refused it'}" if failed(raw) else "",
        size=len(text),
    )


def report(raw: Json, about: Around) -> RemoteMessage | None:
    """What the channel said of a message of ours that it could not deliver, as a message of its own."""
    marker = _line(_record(raw.get("content_attributes")).get(MARKER))
    if not marker or not failed(raw):
        return None
    words = _line(_record(raw.get("content_attributes")).get("external_error")) or "the channel refused it"
    moment = int(seconds(raw.get("created_at")) * 1000)
    return RemoteMessage(
        ref=f"report-{message_id(raw)}",
        container=str(about.conversation),
        key=f"report-{message_id(raw)}",
        direction=Direction.IN,
        visibility=Visibility.NOTE,
        author=Author("Chatwoot", "", Role.SYSTEM),
        received_at=moment,
        sent_at=moment,
        automatic=True,
        marks=frozenset({Marks.SEEN}),
        report=DeliveryReport(marker=marker, recipients=(), failed=True, words=words, certain=True),
    )


def _author(raw: Json, kind: Any, about: Around) -> Author:
    sender = _record(raw.get("sender"))
    if kind == INCOMING:
        # The conversation knows its customer better than an old message does; in groups others write too.
        known = about.contact if not sender or sender.get("id") == about.contact.get("id") else sender
        return Author(_line(known.get("name")), contact_address(known or sender), Role.CUSTOMER)
    name = _line(sender.get("name") or sender.get("available_name"))
    if kind == ACTIVITY:
        return Author("Chatwoot", "", Role.SYSTEM)
    # Without a sender it is a colleague's who has left, or was written in the channel's own app: an answer all the same.
    bot = kind == TEMPLATE or sender.get("type") in ("agent_bot", "captain_assistant")
    return Author(name or "Chatwoot", _line(sender.get("email")).lower(), Role.BOT if bot else Role.AGENT)


def contact_address(contact: Json) -> str:
    """By what a customer can be recognised: e-mail address, telephone number, the shop's own id, Chatwoot's number."""
    for key in ("email", "phone_number", "identifier"):
        if found := _line(contact.get(key)):
            return found.lower() if key == "email" else found
    return f"contact-{contact['id']}" if isinstance(contact.get("id"), int) else ""


def _headers(contact: Json) -> tuple[tuple[str, str], ...]:
    more = _record(contact.get("additional_attributes"))
    lines = (
        ("E-mail", contact.get("email")), ("Phone", contact.get("phone_number")),
        ("Identifier", contact.get("identifier")), ("Company", more.get("company_name")),
        ("City", more.get("city")), ("Country", more.get("country")),
    )  # fmt: skip
    return tuple((name, _line(value)) for name, value in lines if _line(value))


def _addresses(value: Any) -> tuple[Address, ...]:
    given = value if isinstance(value, list) else [value]
    return tuple(Address("", _line(one).lower()) for one in given if isinstance(one, str) and "@" in one)


def _text(raw: Json, more: Json, mail: Json) -> tuple[str, str]:
    """The text in full, and without what it quotes."""
    letter = _record(mail.get("text_content"))
    page = _record(mail.get("html_content"))
    if isinstance(letter.get("full"), str) and letter["full"].strip():
        text = clean(letter["full"]).strip()
    elif isinstance(page.get("full"), str) and page["full"].strip():
        from agent_tui.sources.html import to_text

        text = clean(to_text(page["full"])).strip()
    else:
        text = _MENTION.sub(r"\1", clean(raw["content"])) if isinstance(raw.get("content"), str) else ""
        lines = [*_answers(more), *(found for one in _items(raw.get("attachments")) if (found := _without_file(one)))]
        whole = "\n".join([*([text] if text else []), *lines])
        return whole, whole
    return text, fresh(text)


def _answers(more: Json) -> list[str]:
    """What a customer filled into a form of Chatwoot's."""
    lines = [_line(more.get("submitted_email"))]
    given = more.get("submitted_values")
    if isinstance(given, list):
        for one in given:
            pair = _record(one)
            lines.append(_line(f"{pair.get('name') or pair.get('title') or ''}: {pair.get('value', '')}"))
    rating = _record(_record(given).get("csat_survey_response"))
    if rating:
        lines.append(_line(f"Rating {rating.get('rating', '')} {rating.get('feedback_message') or ''}"))
    return [f"→ {line}" for line in lines if line]


def _attachment(raw: Any) -> Attachment | None:
    one = _record(raw)
    url = one.get("data_url")
    if not isinstance(url, str) or not url or one.get("file_type") in ("location", "contact", "fallback"):
        return None
    name = clean(unquote(urlsplit(url).path.rsplit("/", 1)[-1]), multiline=False).replace("/", "_").lstrip(".")
    name = name or f"file-{one.get('id', '')}"
    kind = str(one.get("file_type"))
    size = one.get("file_size")
    return Attachment(
        name=name[-120:],
        media_type=mimetypes.guess_type(name)[0] or _MEDIA.get(kind, "application/octet-stream"),
        size=size if isinstance(size, int) and size >= 0 else -1,
        part=str(one.get("id", "")),
    )


def _without_file(raw: Any) -> str:
    """An attachment that is no file: a place on the map, somebody's card, a link."""
    one = _record(raw)
    title = _line(one.get("fallback_title"))
    match one.get("file_type"):
        case "location":
            return f"[location] {title} {one.get('coordinates_lat')}, {one.get('coordinates_long')}".replace("  ", " ")
        case "contact":
            return f"[contact] {title}"
        case "fallback":
            return f"[link] {title} {_line(one.get('data_url'))}".strip()
    return ""
