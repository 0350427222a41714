"""What subjects and participants say about which mails belong together. Only ever a suggestion."""

from __future__ import annotations

import re
from collections.abc import Collection

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.text import clean, fold

# Answer and forward marks as mail programs write them, in the languages seen in real mail.
_WORDS = (
    "re", "ré", "fw", "fwd", "aw", "wg", "antw", "antwort", "betr", "doorst", "sv", "vs", "vb", "vl", "vá",
    "ref", "rif", "r", "i", "tr", "rv", "res", "enc", "odp", "pd", "ynt", "ilt", "továbbítás", "ats", "ang",
    "svar", "fs", "bls", "trs", "απ", "πρθ", "σχετ", "отв", "ответ", "пер", "回复", "回覆", "答复",
    "转发", "轉寄", "转寄", "回信", "返信", "転送", "답장", "회신", "전달", "رد", "إعادة توجيه", "השב", "הועבר",
    "ตอบ", "ส่งต่อ", "उत्तर", "जवाब", "উত্তর", "ਜਵਾਬ", "ಉತ್ತರ",
)  # fmt: skip
_PREFIX = re.compile(
    r"\s*(?:(?:" + "|".join(sorted((re.escape(word) for word in _WORDS), key=len, reverse=True)) + r")"
    r"\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3}|\d{1,3})?\s*[:：]\s*)",
    re.IGNORECASE,
)
_TAG = re.compile(r"\s*\[[^\[\]]{1,60}\]\s*")
_TRAILER = re.compile(r"\s*\((?:fwd|fw)\)\s*$", re.IGNORECASE)
_MOST_SUBJECT = 1000
_NEAR_MS = 30 * 24 * 3600 * 1000


def base_subject(subject: str) -> str:
    """The subject without answer marks, list tags and ``[EXTERNAL]``, folded for comparison.

    A subject that is nothing but a tag keeps it.
    """
    line = clean(subject[:_MOST_SUBJECT], multiline=False)
    while True:
        match = _PREFIX.match(line) or _TAG.match(line)
        if match is None or match.end() == len(line):
            break
        line = line[match.end() :]
    shorter = _TRAILER.sub("", line)
    return " ".join(fold(shorter or line).split())


def is_answer(subject: str) -> bool:
    """Whether a subject bears an answer or forward mark, list tags aside."""
    line = clean(subject[:_MOST_SUBJECT], multiline=False)
    while (tag := _TAG.match(line)) is not None and tag.end() < len(line):
        line = line[tag.end() :]
    return _PREFIX.match(line) is not None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mail as far as a suggestion needs it.

    Args:
        people: addresses of everybody on it, in any case.
        at: milliseconds.
    """

    subject: str
    people: Collection[str]
    at: int


def suggests(one: Sighting, other: Sighting, *, ours: Collection[str] = (), near_ms: int = _NEAR_MS) -> bool:
    """Whether two mails without common ids may belong together: an offer to the agent, never a join.

    Args:
        ours: our own addresses, which everybody has in common.
        near_ms: the longest time between the two.
    """
    base = base_subject(one.subject)
    if not base or base != base_subject(other.subject) or abs(one.at - other.at) > near_ms:
        return False
    aside = {address.casefold() for address in ours}
    return bool(
        ({address.casefold() for address in one.people} & {address.casefold() for address in other.people}) - aside
    )
