"""How much of a reply is the library's and how much its author's, and which own texts come again and again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.guard_frames import is_greeting
from agent_tui.domain.guard_texts import own_text
from agent_tui.domain.templates import GAP
from agent_tui.domain.words import bare, terms

_MOST_WORDS = 2_000  # of a text that are compared; what comes after them counts as own
_RUN = 2  # words in a row that are kept text; one alone is chance
_SHINGLE = 3
_SAME = 0.7  # share of word runs that makes two paragraphs the same again
_LEAST = 8  # words of a paragraph worth keeping
_KNOWN = 0.5  # share of its runs that stand in the library already
_MOST_PARAGRAPHS = 5_000
NAME = "\ue000"
"""Stands for the customer's first name in texts that are compared."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of a reply is whose.

    Args:
        words: all of it, without quotes and the signature; own: those that are not the library's.
        kept: of each canned reply in it: its name, how many of its words are still there, and how many it has.
        unedited: it is one canned reply as the library has it, only its gaps filled.
    """

    words: int = 0
    own: int = 0
    kept: tuple[tuple[str, int, int], ...] = ()
    unedited: bool = False


def share(text: str, originals: Mapping[str, Sequence[str]], signature: str = "") -> Share:
    """Compare a reply with the canned replies in it.

    Args:
        originals: of each canned reply the texts it may have come from, rendered for this case with its gaps.
        signature: left out of account.
    """
    said = _unsigned(own_text(text), signature)
    words = _words(said)
    theirs: set[int] = set()
    kept = []
    for name, candidates in originals.items():
        best: tuple[set[int], int] = (set(), 0)
        for candidate in candidates:
            wanted = _words(GAP.sub(" ", _unsigned(candidate, signature)))
            blocks = SequenceMatcher(None, wanted[:_MOST_WORDS], words[:_MOST_WORDS], autojunk=False).get_matching_blocks()
            places = {one.b + step for one in blocks if one.size >= _RUN for step in range(one.size)}
            if len(places) > len(best[0]) or not best[1]:
                best = places, len(wanted)
        theirs |= best[0]
        kept.append((name, min(len(best[0]), best[1]), best[1]))
    unedited = len(originals) == 1 and any(
        _as_it_is(_unsigned(one, signature)).fullmatch(_even(said)) for one in next(iter(originals.values()))
    )
    return Share(len(words), len(words) - len(theirs), tuple(kept), unedited)


def _unsigned(text: str, *signatures: str) -> str:
    text = text.strip()
    signature = next((one.strip() for one in signatures if one.strip() and text.endswith(one.strip())), "")
    return text.removesuffix(signature).rstrip()


def _even(text: str) -> str:
    return " ".join(text.split())


def _as_it_is(original: str) -> re.Pattern[str]:
    """A text with anything short in its gaps."""
    pieces, at = [], 0
    for gap in GAP.finditer(original):
        pieces.append(re.escape(_even(original[at : gap.start()])))
        at = gap.end()
    pieces.append(re.escape(_even(original[at:])))
    return re.compile(r" ?.{0,200}? ?".join(pieces))


def _words(text: str) -> list[str]:
    return [bare(word) for word in terms(text)]


@dataclass(frozen=True, slots=True)
class Repeated:
    """An own text that was sent several times.

    Args:
        text: as it was sent last; what differed each time is a gap.
        numbers: of the replies that had it, newest first.
    """

    text: str
    numbers: tuple[int, ...]


def repeated(
    sent: Iterable[tuple[int, str]], library: Iterable[str], *, least: int = 3, signatures: Iterable[str] = ()
) -> tuple[Repeated, ...]:
    """Paragraphs that went out at least so many times and are in no canned reply, the commonest first.

    Args:
        sent: number and text of replies, newest first; ``NAME`` in them is the customer's first name.
        library: every text that is canned already.
        signatures: left out of account, whichever a text ends with.
    """
    known = {run for one in library for run in _runs(_words(GAP.sub(" ", re.sub(r"\{[{%].*?[%}]\}", " ", one))))}
    signed = sorted(signatures, key=len, reverse=True)
    groups: list[tuple[list[tuple[int, str]], frozenset[str]]] = []
    having: dict[str, list[int]] = {}  # run -> groups whose first paragraph has it
    looked = 0
    for number, text in sent:
        for paragraph in re.split(r"\n\s*\n", _unsigned(own_text(text), *signed)):
            first, _, rest = paragraph.strip().partition("\n")
            paragraph = rest if is_greeting(first) else paragraph
            words = _words(paragraph)
            if len(words) < _LEAST:
                continue
            runs = _runs(words)
            looked += 1
            if looked > _MOST_PARAGRAPHS or len(runs & known) >= _KNOWN * len(runs):
                continue
            counts: dict[int, int] = {}
            for run in runs:
                for group in having.get(run, ()):
                    counts[group] = counts.get(group, 0) + 1
            place = max(counts, key=lambda group: counts[group], default=-1)
            if place >= 0 and counts[place] >= _SAME * max(len(runs), len(groups[place][1])):
                if all(number != other for other, _ in groups[place][0]):
                    groups[place][0].append((number, paragraph.strip()))
                continue
            groups.append(([(number, paragraph.strip())], runs))
            for run in runs:
                having.setdefault(run, []).append(len(groups) - 1)
    found = [Repeated(_with_gaps([text for _, text in one]), tuple(n for n, _ in one)) for one, _ in groups if len(one) >= least]
    return tuple(sorted(found, key=lambda one: -len(one.numbers)))


def _runs(words: Sequence[str]) -> frozenset[str]:
    """Runs of words; numbers are alike, because they are what differs."""
    plain = ["#" if any(map(str.isdecimal, word)) else word for word in words]
    return frozenset(" ".join(plain[at : at + _SHINGLE]) for at in range(max(1, len(plain) - _SHINGLE + 1)))


_NUMBERED = re.compile(r"\S*\d\S*\w|\d")


def _with_gaps(texts: Sequence[str]) -> str:
    """The newest text as a template; numbers that the others do not have are gaps."""
    same = set.intersection(*({one[0] for one in _NUMBERED.finditer(text)} for text in texts))
    pieces, at, count = [], 0, 0
    for one in _NUMBERED.finditer(texts[0]):
        if one[0] in same:
            continue
        count += 1
        before = re.findall(r"[^\W\d]+", texts[0][at : one.start()])[-1:]
        question = f"{before[0].lower()} number" if before else f"number {count}"
        pieces += [_literal(texts[0][at : one.start()]), f'{{{{ ask("{question}") }}}}']
        at = one.end()
    return "".join((*pieces, _literal(texts[0][at:])))


def _literal(text: str) -> str:
    """Braces that only look like a template's, as text."""
    whole = re.sub(r"\{[{%#]", lambda found: f'{{{{ "{found[0]}" }}}}', text)
    return whole.replace(NAME, "{{ customer.first_name }}")
