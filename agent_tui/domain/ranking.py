"""A small full-text ranking in memory: BM25 over weighted fields.

For libraries of some thousand pieces that a person can write; message search is the store's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from agent_tui.domain.words import bare, beginning_with, terms

_SATURATION = 1.2
_LENGTH = 0.75

_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ments", ""), ("ment", ""), ("ations", "ate"), ("ation", "ate"),
            ("ings", ""), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", ""), ("e", ""))  # fmt: skip
_VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=16_384)  # most of a text is common words
def stem(word: str) -> str:
    """A word in Latin letters without its commonest English ending; any other word as it is, without accents."""
    word = bare(word)
    if len(word) < 4 or not word.isascii() or not word.isalpha() or word.endswith("ss"):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            short = word[: len(word) - len(ending)] + instead
            if len(short) >= 3 and _VOWELS & set(short):
                if ending in ("ing", "ings", "ed") and short[-1] == short[-2] and short[-1] not in "lsz":
                    short = short[:-1]
                return short[:-1] if short.endswith("e") and len(short) > 3 else short
    return word


def stems(text: str) -> list[str]:
    """The terms of a text as the index holds them."""
    return [stem(word) for word in terms(text)]


class _Asked:
    """Finds a few stems in texts, without cutting each text into all of its words.

    Args:
        stems: as ``stems`` gives them.
    """

    def __init__(self, stems: Collection[str]) -> None:
        self._stems = frozenset(stems)
        # No ending is cut off so far that these two letters change.
        self._find = beginning_with({one[:2] for one in stems})

    def stems(self, text: str) -> Counter[str]:
        """How often each of them is in a text."""
        return Counter(word for term in self._find(text) if (word := stem(term)) in self._stems)


class Ranking:
    """BM25 over documents of weighted fields.

    Args:
        documents: each a list of ``(text, weight)``: a word in a field of weight 2 counts as twice there.
        only: all that will be asked for, as ``stems`` gives them; None: anything.
    """

    def __init__(
        self, documents: Iterable[Sequence[tuple[str, float]]], *, only: Collection[str] | None = None
    ) -> None:
        self._postings: dict[str, dict[int, float]] = {}
        lengths: list[float] = []
        asked = None if only is None else _Asked(only)
        for number, fields in enumerate(documents):
            length = 0
            weighed: dict[str, float] = {}
            for text, weight in fields:
                length += len(text)
                for word, times in (asked.stems(text) if asked is not None else Counter(stems(text))).items():
                    weighed[word] = weighed.get(word, 0.0) + weight * times
            for word, weight in weighed.items():
                self._postings.setdefault(word, {})[number] = weight
            lengths.append(float(length))
        self._size = len(lengths)
        average = (sum(lengths) / len(lengths) if lengths else 0.0) or 1.0
        self._penalty = [_SATURATION * (1 - _LENGTH + _LENGTH * length / average) for length in lengths]

    def scores(self, text: str, *, prefix: bool = False) -> dict[int, float]:
        """Score of each document that has a word of ``text``; words said more than once count as often.

        Args:
            prefix: the last word may be the beginning of one, as while typing.
        """
        wanted = Counter(stems(text))
        last = terms(text)[-1:] if prefix else []
        found: dict[int, float] = {}
        for word, times in wanted.items():
            self._add(found, self._postings.get(word, {}), times)
        if last:
            known = stem(last[0])
            for word, posting in self._postings.items():
                if word != known and word.startswith(bare(last[0])):
                    self._add(found, posting, 0.5)
        return found

    def _add(self, found: dict[int, float], posting: Mapping[int, float], times: float) -> None:
        if not posting:
            return
        rare = math.log(1 + (self._size - len(posting) + 0.5) / (len(posting) + 0.5))
        weight = times * rare * (_SATURATION + 1)
        for number, count in posting.items():
            found[number] = found.get(number, 0.0) + weight * count / (count + self._penalty[number])


def best(scores: Mapping[int, float], limit: int) -> list[tuple[int, float]]:
    """The highest scores first; equal ones in the order of their documents."""
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

