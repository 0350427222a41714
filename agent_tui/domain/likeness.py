"""Which earlier reply fits: how like a message is to what was answered before, and to the answers themselves. Pure.

Words alone miss what people misspell, shorten and inflect, so pieces of four letters of every word are looked at beside
the words. An earlier answer counts by its own words, and half as much by those it answered. Measured by
``python -m benchmarks.suggestions``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container

from agent_tui.domain.words import bare, terms

ASKED = 0.5
"""What the words that were answered count for beside those of the answer."""
_PIECE = 4
_SATURATION = 1.2
_LENGTH = 0.75
_LONGEST = 4_000
"""Characters of a text that are looked at."""
_REPEATS = 3


def features(text: str) -> Counter[str]:
    """The words of a text, and the pieces of four letters of each, beginnings and ends marked."""
    found: Counter[str] = Counter()
    for word in terms(text[:_LONGEST]):
        plain = bare(word)
        found[plain] += 1
        marked = f"_{plain}_"
        for start in range(max(1, len(marked) - _PIECE + 1)):
            found["=" + marked[start : start + _PIECE]] += 1
    return found


class Field:
    """BM25 over one field; documents are added one by one."""

    def __init__(self) -> None:
        self._postings: dict[str, list[tuple[int, int]]] = {}
        self._lengths: list[int] = []
        self._total = 0

    def add(self, counts: Counter[str]) -> None:
        """One more document."""
        number, length = len(self._lengths), counts.total()
        self._lengths.append(length)
        self._total += length
        for one, count in counts.items():
            self._postings.setdefault(one, []).append((number, count))

    def put_scores(self, wanted: Counter[str], weight: float, scores: dict[int, float]) -> None:
        """Add to ``scores`` what each document with one of the features is worth."""
        size = len(self._lengths)
        average = (self._total / size if size else 0.0) or 1.0
        for one, times in wanted.items():
            posting = self._postings.get(one)
            if not posting:
                continue
            rare = math.log(1 + (size - len(posting) + 0.5) / (len(posting) + 0.5))
            worth = weight * min(times, _REPEATS) * rare * (_SATURATION + 1)
            for number, count in posting:
                penalty = _SATURATION * (1 - _LENGTH + _LENGTH * self._lengths[number] / average)
                scores[number] = scores.get(number, 0.0) + worth * count / (count + penalty)


class Likeness:
    """Earlier exchanges, each under its number from 0 in the order they were added."""

    def __init__(self) -> None:
        self._said, self._asked = Field(), Field()
        self.size = 0

    def add(self, asked: str, said: str) -> int:
        """One more exchange; its number.

        Args:
            asked: what was answered; said: the answer.
        """
        self._said.add(features(said))
        self._asked.add(features(asked))
        self.size += 1
        return self.size - 1

    def scores(self, text: str) -> dict[int, float]:
        """How well each exchange fits a message; comparable within one answer only."""
        wanted = features(text)
        found: dict[int, float] = {}
        self._said.put_scores(wanted, 1.0, found)
        self._asked.put_scores(wanted, ASKED, found)
        return found


def best(scores: dict[int, float], limit: int, among: Container[int] | None = None) -> list[tuple[int, float]]:
    """The highest scores first; of equal ones the newest."""
    kept = ((number, score) for number, score in scores.items() if among is None or number in among)
    return sorted(kept, key=lambda pair: (-pair[1], -pair[0]))[:limit]
