"""Short words for times, sizes, states: what stands in columns and header lines."""

from __future__ import annotations

from datetime import datetime, tzinfo  # sqlite3 has loaded it

from agent_tui.domain.model import Answer, Case, CaseState, Channel, Message, MessageState, Priority, Role, Visibility
from agent_tui.domain.sizes import size_words

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000

CHANNEL_LETTERS = {
    Channel.EMAIL: "E", Channel.CHAT: "C", Channel.COMMUNITY: "F", Channel.SOCIAL: "S", Channel.PHONE: "P",
}  # fmt: skip
_ROLES = {Role.CUSTOMER: "customer", Role.AGENT: "us", Role.PEER: "peer", Role.BOT: "automatic", Role.SYSTEM: "system"}
_ANSWERS = {
    Answer.NONE: ("unanswered", "unansw.", "unanswered", "accent"),
    Answer.UNVERIFIED: ("unverified", "peer?", "peer answered, not verified", "soon"),
    Answer.STAFF: ("staff", "staff", "answered by staff", "muted"),
    Answer.SOLVED: ("solved", "solved", "solved", "good"),
}  # in a column, in a narrow one, in a sentence, role
_TYPES = {
    "application/pdf": "PDF document", "application/zip": "ZIP archive", "text/plain": "text", "text/html": "web page",
    "text/csv": "CSV table", "text/calendar": "calendar entry", "message/rfc822": "mail",
    "application/msword": "Word document", "application/vnd.ms-excel": "Excel table",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel table",
    "application/vnd.microsoft.portable-executable": "a program for Windows", "application/x-elf": "a program",
    "application/x-mach-binary": "a program for macOS", "application/java-vm": "a Java program", "text/x-script": "a script",
    "application/x-ms-shortcut": "a shortcut of Windows",
    "application/x-ole-storage": "an old office file, which may hold macros",
    "application/gzip": "gzip archive", "application/vnd.rar": "RAR archive", "application/x-7z-compressed": "7z archive",
    "image/svg+xml": "SVG image", "application/rtf": "RTF document",
}  # fmt: skip
size = size_words


def span(milliseconds: int) -> str:
    """A length of time in its largest unit: ``now``, ``45m``, ``2h``, ``3d``, ``8w``, ``2y``."""
    size = abs(milliseconds)
    if size < _MINUTE:
        return "now"
    if size < _HOUR:
        return f"{size // _MINUTE}m"
    if size < 2 * _DAY:
        return f"{size // _HOUR}h"
    if size < 100 * _DAY:
        return f"{size // _DAY}d"
    if size < 730 * _DAY:
        return f"{size // (7 * _DAY)}w"
    return f"{size // (365 * _DAY)}y"


def promise(left: int) -> tuple[str, str]:
    """Time left on a promise, and how it stands: ``("2h", "fine")``, ``("12m", "soon")``, ``("-15m late", "late")``."""
    if left < 0:
        return ("late" if left > -_MINUTE else f"-{span(left)} late"), "late"
    return ("<1m" if left < _MINUTE else span(left)), ("soon" if left < _HOUR else "fine")


def moment(at: int, now: int, zone: tzinfo) -> str:
    """A time as people say it: ``14:05`` today, ``Tue 14:05`` this week, ``3 Jul 14:05``, ``3 Jul 2024``."""
    then, today = datetime.fromtimestamp(at / 1000, zone), datetime.fromtimestamp(now / 1000, zone)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    days = abs((today.date() - then.date()).days)
    if days < 7:
        return f"{then:%a %H:%M}"
    if days < 300:
        return f"{then.day} {then:%b %H:%M}"
    return f"{then.day} {then:%b %Y}"


def media(media_type: str) -> str:
    """A media type for people."""
    known = _TYPES.get(media_type)
    if known:
        return known
    main, _, sub = media_type.partition("/")
    if main in {"image", "audio", "video"}:
        return f"{sub.upper()} {'sound' if main == 'audio' else main}"
    return media_type or "file"


def count(number: int, one: str, many: str = "") -> str:
    """``1 case``, ``3 cases``, ``1,200 cases``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def answer(case: Case) -> tuple[str, str]:
    """How far a public question is answered, in words, and its role; empty for a case that is not public."""
    return (_ANSWERS[case.answer][2], _ANSWERS[case.answer][3]) if case.public else ("", "muted")


def status(case: Case, width: int = 10) -> tuple[str, str]:
    """What stands in the state column, and its role: trouble first, then text of ours, then the state.

    Of a public question that is how far it is answered, unless its asker has come back after an answer of ours.

    Args:
        width: cells of the column.
    """
    if case.notice:
        return "! look", "late"
    if case.outgoing:
        return "on way", "mine"
    if case.draft:
        return "draft", "note"
    if case.priority in {Priority.URGENT, Priority.HIGH} and case.state in {CaseState.NEW, CaseState.OPEN}:
        return str(case.priority), "late" if case.priority is Priority.URGENT else "soon"
    asked_again = case.answer is Answer.STAFF and case.state is CaseState.OPEN
    if case.public and case.state in {CaseState.NEW, CaseState.OPEN, CaseState.WAITING} and not asked_again:
        long, short, _, role = _ANSWERS[case.answer]
        return (long if len(long) <= width else short), role
    return str(case.state), {CaseState.NEW: "accent", CaseState.OPEN: "text"}.get(case.state, "muted")


def role(message: Message) -> str:
    """Who wrote a message, in a word."""
    return _ROLES[message.author.role]


def visibility(message: Message) -> str:
    """Who can read a message, in words."""
    if message.visibility is Visibility.NOTE:
        return "note, only colleagues see it"
    return str(message.visibility)


def delivery(message: Message, now: int, held_until: int | None) -> tuple[str, str]:
    """What has become of a message of ours and what to do, and its role; empty when there is nothing to say.

    Args:
        held_until: until when it is held, in milliseconds.
    """
    match message.state:
        case MessageState.HELD:
            left = max(0, (held_until or now) - now + 999) // 1000
            return (f"held {left} s: z takes it back" if left else "leaving now"), "soon"
        case MessageState.QUEUED:
            return "queued: leaves as soon as the server answers" + _because(message), "soon"
        case MessageState.SENDING:
            return "sending", "soon"
        case MessageState.UNKNOWN:
            return "unknown: it may have arrived; say which in the outbox, it is not sent again by itself" + _because(
                message
            ), "late"
        case MessageState.FAILED:
            if not message.error:  # a colleague's, or seen to: there is no text to give back
                return "not delivered", "late"
            return "not sent" + _because(message) + "; the text is back as a draft", "late"
        case MessageState.IN_REVIEW:
            return "in review at the server", "soon"
        case _:
            return "", "muted"


def _because(message: Message) -> str:
    return f" ({message.error})" if message.error else ""


def language(tag: str) -> str:
    """What a language is called, or its tag."""
    from agent_tui.domain.languages import named

    return named(tag) or "another language"
