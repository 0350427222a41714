"""Which clauses fit what was said: full-text search of every message, newest first in weight.

People change the subject, so the newest message counts most; people explain over several messages, so the earlier ones
count too, each half as much as the one after it. The scores of a message are set against its own best clause before they
are added, so that a long story does not drown the question at its end. Messages without a word that says
anything ("yes", "thanks") are passed over. What an agent wrote counts a tenth: it names the subject, but also what the
agent guessed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from agent_tui.domain.empty_words import ENGLISH, OTHERS
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.sentences import sentences
from agent_tui.domain.words import bare, folded, terms
from agent_tui.store.clause_index import ClauseIndex

TITLE, PATH, BODY = 1.5, 0.5, 1.0
OLDER = 0.5  # what a message counts for beside the one after it
AGENT = 0.1  # what an agent's message counts for beside a customer's
DRAFT = 0.3  # and what is being written, which may go where the customer's words do not point
REPEATS = 3  # a word counts as often as it was said, up to so many times
MESSAGES = 8  # older ones would count less than a hundredth
WORDS = 100  # of one message, the rarest: the others would change nothing and cost most
PARTS = 3  # sentences that are looked at by themselves
AGENT_MESSAGES, AGENT_WORDS = 2, 30
COMMON = 0.5  # of the clauses: SQLite gives no weight to a word that more of them have
_CANDIDATES = 200  # clauses looked at for each message
_TELLING = 1.4  # rare words whose being there says half of what can be said
_HEARD = 64  # messages of which the words are remembered: an answer needs them more than once
_ALONE = 1.4  # how far a clause stands out that has none behind it: as the middle of those that have

_EMPTY = frozenset(folded(f"{ENGLISH} {OTHERS}").split())


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said: by the ``customer`` or an ``agent``; or a ``draft``, which nobody has read yet."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """What is indexed of one clause."""

    title: str
    path: str
    body: str


def index_terms(text: str) -> list[str]:
    """The terms of a text as the index holds them: folded words, and beside those with accents their bare form."""
    found: list[str] = []
    for term in terms(text):
        found.append(term)
        plain = bare(term)
        if plain != term:
            found.append(plain)
    return found


class ClauseRanking:
    """Ranks documents by number. What has not changed is not indexed again."""

    def __init__(self) -> None:
        self._index = ClauseIndex((TITLE, PATH, BODY))
        self._numbers: dict[Document, list[int]] = {}
        self._places: dict[int, int] = {}
        self._numbers_by_place: dict[int, int] = {}
        self._next = 1
        self._having: Counter[str] = Counter()  # in how many documents a term is
        self._heard: dict[tuple[str, int], Counter[str]] = {}  # what ``_spoken`` said

    def take(self, documents: Sequence[Document]) -> None:
        """Let these be all documents; their places are what answers name."""
        before = self._numbers
        self._heard.clear()
        now: dict[Document, list[int]] = {}
        fresh: list[tuple[int, Sequence[str], Sequence[str], Sequence[str]]] = []
        self._places, self._numbers_by_place = {}, {}
        fresh_terms: list[str] = []
        for place, one in enumerate(documents):
            known = before.get(one)
            if known:
                number = known.pop()
            else:
                number, self._next = self._next, self._next + 1
                parts = [index_terms(text) for text in (one.title, one.path, one.body)]
                fresh.append((number, parts[0], parts[1], parts[2]))
                fresh_terms.extend({term for part in parts for term in part})
            now.setdefault(one, []).append(number)
            self._places[number] = place
            self._numbers_by_place[place] = number
        gone = {one: numbers for one, numbers in before.items() if numbers}
        self._index.drop(number for numbers in gone.values() for number in numbers)
        for one, numbers in gone.items():
            for term in set(index_terms(f"{one.title}\n{one.path}\n{one.body}")):
                self._having[term] -= len(numbers)
        self._having.update(fresh_terms)
        self._index.put(fresh)
        self._numbers = now

    def search(self, text: str) -> dict[int, float]:
        """Scores of documents that have words of a text; its last word may be unfinished."""
        wanted = Counter(index_terms(text))
        last = terms(text)[-1:]
        return self._placed(self._index.scores(wanted, _CANDIDATES, beginning=last[0] if last else ""))

    def suggest(self, turns: Sequence[Turn], doubt: float = 0.0) -> dict[int, float]:
        """Scores of documents that fit a conversation, comparable within one answer only.

        Args:
            turns: oldest first.
            doubt: a message whose best score is this counts half, and the less the lower it is. Without, as where
                there is nothing else to go by, the best counts the same however little it is.
        """
        total: dict[int, float] = {}
        for weight, wanted in self._weighed(turns):
            found = self._index.scores(wanted, _CANDIDATES)
            best = max(found.values(), default=0.0)
            if best > 0:
                for number, score in found.items():
                    total[number] = total.get(number, 0.0) + weight * score / (best + doubt)
        return self._placed(total)

    def said(self, turns: Sequence[Turn]) -> list[str]:
        """What the customer wrote, as far as it says something; what was written at all where no customer did."""
        mixed = any(turn.speaker == "customer" and turn.text.strip() for turn in turns)
        kept = [turn.text for turn in turns if turn.speaker == "customer" or not mixed]
        return [text for text in kept if self._spoken(text, WORDS)][-MESSAGES:]

    def parts(self, said: Sequence[str]) -> list[str]:
        """The newest sentences that say something, each once, those of the newest message first."""
        apart = (one for text in reversed(said) for one in sentences(text) if self._spoken(one, WORDS))
        return list(islice(dict.fromkeys(apart), PARTS))

    def together(self, said: Sequence[str]) -> dict[int, float]:
        """Scores of documents for all that was said as one question."""
        return self._placed(self._index.scores(self._spoken("\n".join(said), WORDS), _CANDIDATES))

    def sure(self, turns: Sequence[Turn], ranked: Sequence[tuple[int, float]]) -> list[float]:
        """How sure the best documents are, from 0 to 1.

        How much of what was said is in the best one, rare words counting most, times how far it stands out from those
        behind it; the others by their scores beside it. Of a short question a share is looked at; of a long letter,
        most of which is about other things, that some telling words are there.

        Args:
            turns: as given to ``suggest``.
            ranked: places and scores, best first.
        """
        if not ranked or ranked[0][1] <= 0:
            return [0.0] * len(ranked)
        place, best = ranked[0]
        number = self._numbers_by_place[place]
        said = there = 0.0
        for weight, wanted in self._weighed(turns):
            for term, times in wanted.items():
                having = self._index.having(term)
                rare: float = math.log(1 + (len(self._places) - len(having) + 0.5) / (len(having) + 0.5)) * weight * times
                said += rare
                found = bisect_left(having, number)
                there += rare * (found < len(having) and having[found] == number)
        telling = _TELLING * math.log(len(self._places) + 1)
        shared = max(there / said if said else 0.0, 0.7 * there / (there + telling))
        behind = [score for _, score in ranked[1:4]]
        apart = best * len(behind) / sum(behind) if behind and sum(behind) > 0 else _ALONE
        first = max(0.0, min(1.0, shared * (apart - 0.8)))
        return [first * score / best for _, score in ranked]

    def _weighed(self, turns: Sequence[Turn]) -> Iterable[tuple[float, Counter[str]]]:
        """Messages that say something, newest first, each with what it counts for."""
        weight, customers, agents = 1.0, 0, 0
        mixed = any(turn.speaker == "customer" and turn.text.strip() for turn in turns)
        for turn in reversed(turns):
            ours = turn.speaker != "customer" and mixed
            if turn.speaker == "agent" and mixed and agents == AGENT_MESSAGES:
                continue
            wanted = self._spoken(turn.text, AGENT_WORDS if ours else WORDS)
            if not wanted:
                continue
            if ours:
                agents += turn.speaker == "agent"
                yield weight * (DRAFT if turn.speaker == "draft" else AGENT), wanted
                continue
            yield weight, wanted
            weight *= OLDER
            customers += 1
            if customers == MESSAGES:
                return

    def _spoken(self, text: str, most: int) -> Counter[str]:
        """The words of a message that say something, each with how often it counts."""
        found = self._heard.get((text, most))
        if found is None:
            if len(self._heard) >= _HEARD:
                self._heard.clear()
            found = self._heard[text, most] = self._listen(text, most)
        return found

    def _listen(self, text: str, most: int) -> Counter[str]:
        common = max(20.0, COMMON * len(self._places))
        counted = Counter(term for term in index_terms(text) if term not in _EMPTY and self._having[term] <= common)
        kept = sorted(counted, key=lambda term: self._having[term])[:most] if len(counted) > most else counted
        return Counter({term: min(REPEATS, counted[term]) for term in kept})

    def _placed(self, found: Mapping[int, float]) -> dict[int, float]:
        return {self._places[number]: score for number, score in found.items() if number in self._places}
