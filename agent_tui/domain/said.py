"""The words in which customers ask about something, most telling first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from agent_tui.domain.empty_words import ENGLISH, OTHERS
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.words import folded, tokens

_EMPTY = frozenset(folded(f"{ENGLISH} {OTHERS}").split())
_LEAST = 3  # letters


@dataclass(frozen=True, slots=True)
class Said:
    """A word of customers.

    Args:
        cases: in how many cases it was said.
        there: whether the text it is compared with has it too.
    """

    word: str
    cases: int
    there: bool


def words(
    asked: Sequence[str], elsewhere: Sequence[str], text: str, *, names: Iterable[str] = (), least: int = 2
) -> tuple[Said, ...]:
    """Words that customers use about one thing more than about others, most telling first.

    Args:
        asked: what customers wrote, one text for each case.
        elsewhere: the same of cases about other things; words as common there say nothing.
        text: what is written about it, such as a clause.
        names: of people, which are no words.
        least: in so many cases a word must stand: what only one person said may be theirs alone.
    """
    known = set(tokens(text))
    left_out = _EMPTY | {part for name in names for part in tokens(name)}
    here = Counter(word for one in asked for word in set(tokens(one)))
    there = Counter(word for one in elsewhere for word in set(tokens(one)))
    found = []
    for word, cases in here.items():
        if cases < least or word in left_out or len(word) < _LEAST or any(c.isdigit() for c in word):
            continue
        share, common = cases / len(asked), (there[word] + 0.5) / (len(elsewhere) + 1)
        if share > common and (not elsewhere or there[word] < len(elsewhere)):
            found.append((share / common * cases, Said(word, cases, word in known)))
    return tuple(one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1].word)))
