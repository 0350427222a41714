"""Facts that a case holds, for the gaps of a reply: numbers, dates, versions, amounts, names, addresses, links. Pure.

Each comes with the place where it was found, because a fact is only as good as its source. Nothing is filled in by itself.
"""

# ruff: noqa: E501 - tables of words and expressions, each on its own line

from __future__ import annotations

import re
from collections.abc import Sequence

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Direction, Message, Visibility
from agent_tui.domain.words import bare, tokens

MOST = 8
_AROUND = 36  # characters of its surroundings that are shown on either side
_MESSAGES = 30  # the newest
_LONGEST = 20_000  # characters of one message that are looked at

_MONTHS = (
    r"jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|okt(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
_KINDS = (
    ("link", re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")),
    ("address", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")),
    ("amount", re.compile(r"(?:[€$£₹¥]|(?:EUR|USD|GBP|INR|Rs\.?) ?) ?\d[\d.,]*\d|(?:[€$£₹¥])\d|\d[\d.,]*(?: ?[€$£₹¥]| (?:EUR|USD|GBP|INR|euros?|dollars?|rupees)\b)", re.IGNORECASE)),
    ("date", re.compile(
        rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b|\b\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?(?:{_MONTHS})\b(?: \d{{4}})?"
        rf"|\b(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?|\b(?:{_DAYS}|yesterday|gestern|ayer)\b(?:,? \d{{1,2}}[:.]\d{{2}})?", re.IGNORECASE)),
    ("version", re.compile(r"(?<![\w.])v?\d+\.\d+\.\d+(?:[.-][\w.]*\w)?(?![\w.]*\d)|(?<=version )v?\d+(?:\.\d+)*|(?<=firmware )v?\d+(?:\.\d+)+|(?<=update )v?\d+(?:\.\d+)+", re.IGNORECASE)),
    ("number", re.compile(r"(?<![\w@./-])(?:#\s?)?(?=[\w/-]*\d[\w/-]*\d)(?=[\w/-]{4,})(?:[A-Z]{1,6}[-/ ]?)?[A-Z0-9]*\d[A-Z0-9]*(?:[-/][A-Z0-9]+)*(?![\w@-])")),
)  # fmt: skip
"""Earlier kinds take their text from later ones."""

_WANTED = {
    "number": "number no nr id code reference ref ticket order invoice tracking trace serial case contract account nummer bestellung rechnung auftrag kennung número pedido factura numero commande",
    "date": "date day when time until deadline datum tag wann bis fecha día cuándo date jour",
    "version": "version firmware release build update",
    "amount": "amount sum price total refund cost value betrag summe preis importe monto precio montant prix",
    "name": "name person who whom colleague",
    "address": "address e-mail email mail",
    "link": "link url page website",
}  # fmt: skip
_KIND_OF = {bare(word): kind for kind, words in _WANTED.items() for word in tokens(words)}
_EMPTY = frozenset(["the", "a", "an", "of", "your", "our", "their", "customer", "s", "number", "no", "nr", "date", "is", "it", "what", "which", "new"])


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that stands in a case.

    Args:
        kind: ``number``, ``date``, ``version``, ``amount``, ``name``, ``address`` or ``link``.
        who: who wrote it; at: when, in milliseconds.
        around: the words it stands in.
    """

    value: str
    kind: str
    who: str
    at: int
    around: str


def find(messages: Sequence[Message], question: str = "", *, subject: str = "") -> tuple[Fact, ...]:
    """What may fill a gap, best first: of the kind that is asked for, beside the words of the question, said last.

    Args:
        messages: of the case, oldest first. Notes are left out: what colleagues wrote among themselves stays there.
        question: of the gap; empty: any.
        subject: of the case, which may hold one too.
    """
    told = [one for one in messages[-_MESSAGES:] if one.visibility is not Visibility.NOTE]
    asked = [bare(word) for word in tokens(question)]
    kinds = {_KIND_OF[word] for word in asked if word in _KIND_OF}
    labels = {word for word in asked if word not in _EMPTY}
    scores: dict[tuple[str, str], tuple[float, Fact]] = {}
    texts = [(subject, told[0].author.label, told[0].received_at, -1, True)] if subject and told else []
    texts += [
        ((one.fresh_text or one.text)[:_LONGEST], one.author.label, one.received_at, place, one.direction is Direction.IN)
        for place, one in enumerate(told)
    ]
    for text, who, at, place, theirs in texts:
        for kind, start, end in _spans(text):
            if kinds and kind not in kinds:
                continue
            value = text[start:end].strip()
            before = {bare(word) for word in tokens(text[max(0, start - 40) : start])[-5:]}
            score = 4.0 * len(labels & before) + (1.0 if theirs else 0.0) + 0.5 * (place + 1) / (len(told) or 1)
            fact = Fact(value, kind, who, at, _around(text, start, end))
            known = scores.get((kind, value.casefold()))
            if known is None or score > known[0]:
                scores[kind, value.casefold()] = (score + (0.3 if known else 0.0), fact)
    if "name" in kinds or not kinds:
        for one in told:
            if one.author.name and not one.author.name.startswith("@"):
                scores.setdefault(("name", one.author.name.casefold()), (0.2, Fact(one.author.name, "name", one.author.label, one.received_at, "wrote here")))
    best = sorted(scores.values(), key=lambda pair: -pair[0])
    return tuple(fact for _, fact in best[:MOST])


def _spans(text: str) -> list[tuple[str, int, int]]:
    """Every fact of a text: kind, start, end; none overlaps another."""
    found: list[tuple[str, int, int]] = []
    for kind, pattern in _KINDS:
        for one in pattern.finditer(text):
            if not any(start < one.end() and one.start() < end for _, start, end in found):
                found.append((kind, *one.span()))
    return sorted(found, key=lambda span: span[1])


def _around(text: str, start: int, end: int) -> str:
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    words = " ".join(text[first:last].split())
    return f"{'…' if first else ''}{words}{'…' if last < len(text) else ''}"
