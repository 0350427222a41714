"""Where a text has words that were said: the places to mark in the original, in any script."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from agent_tui.domain.empty_words import ENGLISH, OTHERS
from agent_tui.domain.ranking import stem
from agent_tui.domain.words import SPACELESS, folded, terms

_EMPTY = frozenset(folded(f"{ENGLISH} {OTHERS}").split())
_MARKUP = re.compile(r"[*`]+|\b_+|_+\b|!?\[([^\]]*)\]\([^)]*\)|^ {0,3}#{1,6} +", re.MULTILINE)


@cache
def _word() -> Any:
    import regex

    # Joiners stand within words of Indic and Arabic scripts; folding drops them.
    return regex.compile(r"[\p{L}\p{N}\p{M}\p{Co}\u200c\u200d]+")


def unmarked(text: str) -> str:
    """Markdown as it reads: without emphasis, heading signs and the targets of links."""
    return _MARKUP.sub(lambda found: found[1] or "", text)


def said(texts: Iterable[str]) -> frozenset[str]:
    """The words of texts that say something, in the form that ``places`` compares."""
    return frozenset(stem(one) for text in texts for one in terms(text) if one not in _EMPTY)


def places(text: str, wanted: frozenset[str]) -> tuple[tuple[int, int], ...]:
    """Start and end of the wanted words in a text, in order; runs that touch are one.

    Args:
        text: as it is shown: places are offsets in it, however folding changes its length.
        wanted: from ``said``.
    """
    found: list[tuple[int, int]] = []
    if not wanted:
        return ()
    for word in _word().finditer(text):
        start, end = word.span()
        run = word[0]
        if SPACELESS.search(run):
            _pairs(run, start, wanted, found)
        elif stem(folded(run)) in wanted:
            found.append((start, end))
    return tuple(found)


def _pairs(run: str, start: int, wanted: frozenset[str], found: list[tuple[int, int]]) -> None:
    """In scripts without spaces a pair of characters is what is compared."""
    if len(run) < 3:
        if stem(folded(run)) in wanted:
            found.append((start, start + len(run)))
        return
    for place in range(len(run) - 1):
        if folded(run[place : place + 2]) in wanted:
            if found and found[-1][1] >= start + place:
                found[-1] = (found[-1][0], start + place + 2)
            else:
                found.append((start + place, start + place + 2))


def around(text: str, wanted: frozenset[str], width: int) -> str:
    """The part of a text that has the first wanted words, from the beginning of its line; the whole where it is short.

    Args:
        width: characters.
    """
    if len(text) <= width:
        return text
    marks = places(text, wanted)
    if not marks or marks[0][0] < width // 2:
        return text[:width]
    best = max(marks, key=lambda mark: sum(mark[0] <= other[0] < mark[0] + width for other in marks))
    start = text.rfind("\n", 0, best[0]) + 1
    if best[0] - start > width // 2:
        start = text.rfind(" ", start, best[0] - width // 4) + 1
    return ("…" if start else "") + text[start : start + width]
