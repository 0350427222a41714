"""Finding canned replies as one types: every word of their names, tags, shortcuts and texts, with typing errors.

Words are looked up in one list, so that five thousand replies cost what their vocabulary does. A word with a slip is found
by a part of it that is right: of a word with one error one of two halves is, of one with two errors one of three thirds.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.words import bare, tokens

if TYPE_CHECKING:
    from agent_tui.knowledge.canned import Canned

_SHORTCUT, _NAME, _SHORTCUT_BEGINS, _NAME_BEGINS = 1000.0, 900.0, 500.0, 400.0
_NAME_WORD, _NAME_WORD_BEGINS, _TAG, _TAG_BEGINS = 100.0, 80.0, 60.0, 48.0
_BODY, _BODY_PART, _SLIP, _BODY_SLIP = 30.0, 25.0, 20.0, 10.0
_LONG = 8  # letters from which a word may have two errors
_END = "\n"
_KEPT = 32
_AT_A_TIME = 500  # words that take well below a millisecond


@dataclass(frozen=True, slots=True)
class Entry:
    """What one reply is found by, folded once."""

    reply: Canned
    shortcut: str
    name: str
    name_words: tuple[str, ...]
    tag_words: tuple[str, ...]
    body_words: frozenset[str]


def entry(reply: Canned) -> Entry:
    """A reply with the words it is found by."""
    name_words = tuple(bare(word) for word in tokens(reply.name))
    return Entry(
        reply,
        "".join(bare(word) for word in tokens(reply.shortcut)),
        "".join(name_words),
        name_words,
        tuple(bare(word) for tag in reply.tags for word in tokens(tag)),
        frozenset(bare(word) for text in (reply.subject, reply.body) for word in tokens(text)),
    )


class CannedIndex:
    """The words of a library.

    Args:
        entries: every variant of every reply.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        for _ in self.learning(entries):
            pass

    def learning(self, entries: Sequence[Entry]) -> Iterator[None]:
        """Take these entries in place of what was known, little by little; until the end nothing can be found."""
        self._entries = entries
        self._known: dict[str, dict[int, float]] = {}  # of the words typed last
        self._names: dict[str, list[int]] = {}
        self._tags: dict[str, list[int]] = {}
        self._bodies: dict[str, list[int]] = {}
        for place, one in enumerate(entries):
            for word in {*one.name_words, one.shortcut} - {""}:
                self._names.setdefault(word, []).append(place)
            for word in set(one.tag_words):
                self._tags.setdefault(word, []).append(place)
            for word in one.body_words:
                self._bodies.setdefault(word, []).append(place)
            yield
        self._words: list[str] = []
        by_letter: dict[str, set[str]] = {}
        for number, word in enumerate(chain(self._names, self._tags, self._bodies)):
            by_letter.setdefault(word[:1], set()).add(word)
            if not number % _AT_A_TIME:
                yield
        for letter in sorted(by_letter):
            self._words += sorted(by_letter[letter])
            yield
        self._line = _END.join(("", *self._words, ""))  # one text to look for parts of words in
        yield
        self._starts: list[int] = []
        at = 1
        for number, word in enumerate(self._words):
            self._starts.append(at)
            at += len(word) + 1
            if not number % _AT_A_TIME:
                yield
        names = sorted({one.reply.name for one in entries}, key=lambda name: (name.casefold(), name))
        self._order = {name: place for place, name in enumerate(names)}
        yield
        self._by_name = sorted((one.name, place) for place, one in enumerate(entries))
        yield
        self._by_shortcut = sorted((one.shortcut, place) for place, one in enumerate(entries) if one.shortcut)

    def names(self, text: str, limit: int, wanted: Callable[[Canned], bool]) -> list[str]:
        """Names of the replies that fit, best first; by name where they fit alike.

        Args:
            text: every word of it must be found somewhere; the last may be unfinished.
            wanted: whether a reply may be among them.
        """
        words = [bare(word) for word in tokens(text)]
        scores = self._scores(words) if words else dict.fromkeys(range(len(self._entries)), 1.0)
        found: dict[str, float] = {}
        for place, score in scores.items():
            reply = self._entries[place].reply
            if score > found.get(reply.name, 0.0) and wanted(reply):
                found[reply.name] = score
        return heapq.nsmallest(limit, found, key=lambda name: (-found[name], self._order[name]))

    def _scores(self, words: Sequence[str]) -> dict[int, float]:
        total: dict[int, float] = {}
        for number, word in enumerate(words):
            part = self._word(word)
            total = part if not number else {place: total[place] + part[place] for place in total.keys() & part.keys()}
        scores = {place: score / len(words) for place, score in total.items()}
        joined = "".join(words)
        for one, place in _beginning(self._by_name, joined):
            scores[place] = _NAME if one == joined else _NAME_BEGINS
        for one, place in _beginning(self._by_shortcut, joined):
            scores[place] = _SHORTCUT if one == joined else max(_SHORTCUT_BEGINS, scores.get(place, 0.0))
        return scores

    def _word(self, word: str) -> dict[int, float]:
        """Replies with a word, or one that begins so, or one that may be meant; each with what that is worth."""
        if word in self._known:
            return self._known[word]
        found: dict[int, float] = {}
        begins = self._begins(word)
        self._put(found, (self._bodies.get(one, ()) for one in begins), _BODY)
        if not word.isascii():  # a part of a run in a script without spaces
            self._put(found, (self._bodies.get(one, ()) for one in self._having(word)), _BODY_PART)
        self._put(found, (self._tags.get(one, ()) for one in begins), _TAG_BEGINS)
        self._put(found, (self._tags.get(word, ()),), _TAG)
        self._put(found, (self._names.get(one, ()) for one in begins), _NAME_WORD_BEGINS)
        self._put(found, (self._names.get(word, ()),), _NAME_WORD)
        if len(word) >= 4 and not any(map(str.isdecimal, word)):
            for other in self._near(word, 1 if begins or len(word) < _LONG else 2) - set(begins):
                for places, worth in ((self._names, _SLIP), (self._tags, _SLIP), (self._bodies, _BODY_SLIP)):
                    for place in places.get(other, ()):
                        found[place] = max(worth, found.get(place, 0.0))
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[word] = found
        return found

    @staticmethod
    def _put(found: dict[int, float], lists: Iterable[Iterable[int]], worth: float) -> None:
        """Later calls are worth more, but for a part of a run, which fills in only."""
        places = set().union(*lists)
        if worth == _BODY_PART:
            places -= found.keys()
        found.update(dict.fromkeys(places, worth))

    def _begins(self, word: str) -> list[str]:
        first = bisect_left(self._words, word)
        return self._words[first : bisect_left(self._words, word + "\U0010ffff")]

    def _having(self, part: str, *, first: bool = False, last: bool = False) -> set[str]:
        """Words with a part: at their beginning, at their end, or anywhere."""
        wanted = f"{_END if first else ''}{part}{_END if last else ''}"
        found: set[str] = set()
        at = self._line.find(wanted)
        while at >= 0:
            place = bisect_left(self._starts, at + first + 1) - 1
            found.add(self._words[place])
            at = self._line.find(wanted, self._starts[place] + len(self._words[place]) - 1 + (not last))
        return found

    def _near(self, word: str, allowed: int) -> set[str]:
        """Words that may be meant by one with a slip or two, whole or unfinished."""
        length = len(word)
        half = length // 2
        candidates = self._having(word[:half], first=True) | self._having(word[half:], last=True)
        if length >= 6:  # the end of what is unfinished is in the middle of the word meant
            candidates |= self._having(word[half:])
        if allowed == 2:
            third = length // 3
            candidates |= self._having(word[:third], first=True) | self._having(word[length - third :], last=True)
            candidates |= self._having(word[third : length - third])
        letters = set(word)
        return {
            one
            for one in candidates
            if len(letters.difference(one)) <= allowed and len(one) >= max(3, length - allowed) and _close(word, one, allowed)
        }


def _beginning(pairs: Sequence[tuple[str, int]], text: str) -> Sequence[tuple[str, int]]:
    """The pairs of a sorted list whose first begins with a text."""
    return pairs[bisect_left(pairs, (text, -1)) : bisect_left(pairs, (text + "\U0010ffff", -1))]


def _close(word: str, other: str, allowed: int) -> bool:
    if any(map(str.isdecimal, other)):
        return False
    if one_slip(word, other) or (len(other) > len(word) and one_slip(word, other[: len(word)])):
        return True
    return allowed == 2 and slips(word, other, 2)


def one_slip(one: str, other: str) -> bool:
    """Whether two words differ by at most one letter changed, left out, put in, or by two neighbours swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    first = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, left = one[first:], other[first:]
    return rest[1:] == left[1:] or rest[1:] == left or rest == left[1:] or (
        rest[:2] == left[1::-1] and rest[2:] == left[2:]
    )


def slips(one: str, other: str, allowed: int) -> bool:
    """Whether two words differ by at most ``allowed`` letters changed, left out, put in or swapped."""
    if abs(len(one) - len(other)) > allowed:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, against in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return False
    return row[-1] <= allowed
