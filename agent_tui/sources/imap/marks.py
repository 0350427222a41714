"""Marks as IMAP flags and keywords, and back.

A keyword is an atom of at most 50 characters (Dovecot's limit), and servers may fold its case. So text that is
not plain is written in Punycode, with capitals and punctuation first moved into a private area of Unicode:
every script round-trips, and plain tags stay readable in other mail programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent_tui.domain.model import Marks, Priority

SEEN, ANSWERED, FLAGGED, DELETED = "\\Seen", "\\Answered", "\\Flagged", "\\Deleted"
CLOSED, JUNK = "$Closed", "$Junk"
ANY_KEYWORD = "\\*"
LIMIT = 50

_TAG, _ASSIGNEE, _PRIORITY = "$Tag_", "$Assigned_", "$Priority_"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.+@-]*")
_FIXED = {
    SEEN.lower(): Marks.SEEN,
    ANSWERED.lower(): Marks.ANSWERED,
    FLAGGED.lower(): Marks.FLAGGED,
    CLOSED.lower(): Marks.CLOSED,
    JUNK.lower(): Marks.SPAM,
}
_FLAG_OF = {
    Marks.SEEN: SEEN,
    Marks.ANSWERED: ANSWERED,
    Marks.FLAGGED: FLAGGED,
    Marks.CLOSED: CLOSED,
    Marks.SPAM: JUNK,
}
# What mail programs write for themselves; a tag of that name is written out in full.
_OTHERS = frozenset(
    {"junk", "nonjunk", "notjunk", "junkrecorded", "forwarded", "redirected", "mdnsent", "old", "nil", "unwanted"}
)
_PRIVATE = 0xE000
_SURROGATES = range(0xD800, 0xE000)


def marks_of(flags: Iterable[bytes | str]) -> frozenset[str]:
    """The marks that a message's flags stand for; flags of no meaning here are left out."""
    found = set()
    for flag in flags:
        mark = _mark_of(flag.decode("ascii", "replace") if isinstance(flag, bytes) else str(flag))
        if mark:
            found.add(mark)
    return frozenset(found)


def flag_of(mark: str) -> str:
    """The flag or keyword for a mark.

    Raises:
        ValueError: it does not fit into a keyword; the text says so in plain words.
    """
    if mark in _FLAG_OF:
        return _FLAG_OF[mark]
    if mark.startswith(Marks.TAG):
        text = mark.removeprefix(Marks.TAG)
        keyword = text if _PLAIN.fullmatch(text) and text not in _OTHERS else _TAG + _encode(text)
    elif mark.startswith(Marks.ASSIGNEE):
        keyword = _ASSIGNEE + _encode(mark.removeprefix(Marks.ASSIGNEE))
    elif mark.startswith(Marks.PRIORITY):
        keyword = _PRIORITY + mark.removeprefix(Marks.PRIORITY)
    else:
        raise ValueError(f"'{mark}' cannot be kept on a mail server")
    if len(keyword) > LIMIT:
        raise ValueError(f"'{mark.partition(':')[2]}' is too long for a mail server to keep; shorten it")
    return keyword


def _mark_of(flag: str) -> str:
    lowered = flag.lower()
    if lowered in _FIXED:
        return _FIXED[lowered]
    try:
        if lowered.startswith(_TAG.lower()):
            return Marks.TAG + _decode(lowered[len(_TAG) :])
        if lowered.startswith(_ASSIGNEE.lower()):
            return Marks.ASSIGNEE + _decode(lowered[len(_ASSIGNEE) :])
        if lowered.startswith(_PRIORITY.lower()):
            return Marks.PRIORITY + Priority(lowered[len(_PRIORITY) :]).value
    except ValueError:
        return ""
    if _PLAIN.fullmatch(lowered) and lowered not in _OTHERS:
        return Marks.TAG + lowered
    return ""


def _encode(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    moved = "".join(c if c.isascii() and (c.islower() or c.isdigit()) else _moved(c) for c in text)
    return "_" + moved.encode("punycode").decode("ascii")


def _moved(character: str) -> str:
    if ord(character) in _SURROGATES:
        return "\ufffd"
    return chr(_PRIVATE + ord(character)) if character.isascii() else character


def _decode(text: str) -> str:
    if not text.startswith("_"):
        if not _PLAIN.fullmatch(text):
            raise ValueError(text)
        return text
    moved = text[1:].encode("ascii").decode("punycode")
    decoded = "".join(chr(ord(c) - _PRIVATE) if _PRIVATE <= ord(c) < _PRIVATE + 128 else c for c in moved)
    if not decoded or not decoded.isprintable():
        raise ValueError(text)
    return decoded
