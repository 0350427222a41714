"""What a query asks of a message's text, for the full-text engine and for messages that its index has not got to yet.

The newest of those are looked through here, by the same words and the same columns, so that a message is found the
moment it is stored and not when a batch has become large enough to be indexed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agent_tui.domain import text
from agent_tui.domain.query import Field, Node, Words
from agent_tui.store.database import Store
from agent_tui.store.indexing import Held

EXPANDED = 32  # commonest continuations of a word that is being typed
LOOKED_AT = 20_000  # continuations among which the commonest are chosen; where there are more, of a digit say, most are rare
COMMON = 8  # messages that hold a word of the index of common words (see schema.py)
TAIL = 400  # newest messages above the index's watermark that are looked through
_COLUMNS = ("subject", "author")
_ASCII_WORD = re.compile("[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one leaf of a query asks of a text.

    Args:
        phrases: words of the index that stand one after the other; each phrase has to be there. None asks nothing.
        column: ``subject`` or ``author``; empty: anywhere.
        begins: the last word may go on.
        exact: the words that may stand for the last one come from the vocabulary rather than from a prefix query.
    """

    phrases: tuple[tuple[str, ...], ...]
    column: str = ""
    begins: bool = False
    exact: bool = True

    def expression(self, store: Store) -> str:
        """For the full-text engine: words always quoted; empty where nothing is asked."""
        column = f"{self.column} : " if self.column else ""
        if self.begins and self.exact:
            word = self.phrases[0][0]
            alternatives = [word, *(one for one in continuations(store, word) if one != word)]
            return f"{column}({' OR '.join(_quoted(one) for one in alternatives)})"
        end = " *" if self.begins else ""
        return " AND ".join(f"{column}{_quoted(' '.join(one))}{end}" for one in self.phrases)

    def holds(self, columns: Sequence[str]) -> bool:
        """Whether a message has it.

        Args:
            columns: of the index: subject, author, text, and its words without accents.
        """
        searched = (columns[_COLUMNS.index(self.column)],) if self.column else columns
        return all(any(_stands(phrase, one, begins=self.begins) for one in searched) for phrase in self.phrases)


def wanted(node: Node) -> Wanted | None:
    """What a node asks of a message's text; None for nodes that ask of something else."""
    match node:
        case Words(phrase=True):
            return Wanted(_one_phrase(node.text), node.field)
        case Words():
            terms = tuple(tuple(one) for one in text.search_terms(node.text))
            return Wanted(terms, node.field, begins=len(terms) == 1 and len(terms[0]) == 1)
        case Field(name="from"):
            phrases = _one_phrase(node.value)
            return Wanted(phrases, "author", begins=bool(phrases), exact=False)
        case Field(name="subject"):
            phrases = _one_phrase(node.value)
            return Wanted(phrases, "subject", begins=bool(phrases), exact=False)
        case _:
            return None


def _one_phrase(value: str) -> tuple[tuple[str, ...], ...]:
    words = tuple(one for term in text.search_terms(value) for one in term)
    return (words,) if words else ()


def _stands(phrase: tuple[str, ...], column: str, *, begins: bool) -> bool:
    if not all(word in column for word in phrase):  # almost always decides it, and takes nothing apart
        return False
    apart = f" {' '.join(_words(column))} "
    return f" {' '.join(phrase)}{'' if begins else ' '}" in apart


def _words(column: str) -> list[str]:
    return _ASCII_WORD.findall(column) if column.isascii() else _word_pattern().findall(column)


@lru_cache(maxsize=1)
def _word_pattern() -> Any:
    import regex

    return regex.compile(r"[\p{L}\p{N}\p{Co}\p{Mc}\p{Mn}]+")  # as the index's tokenizer cuts words


def continuations(store: Store, start: str, limit: int = EXPANDED) -> list[str]:
    """The commonest indexed words that begin so."""
    if not store.attach_search():
        return []
    sql = (
        "SELECT term FROM (SELECT term, n FROM search.terms WHERE term >= ? AND term < ? {} LIMIT ?) ORDER BY n DESC LIMIT ?"
    )
    values = (start, start + "\U0010ffff", LOOKED_AT, limit)
    # Most words stand in one message only; an index of the commoner ones makes the first letters quick.
    found = store.cache.execute(sql.format(f"AND n >= {COMMON}"), values).fetchall() if len(start) < 3 else []
    if len(found) < limit:
        found = store.cache.execute(sql.format(""), values).fetchall()
    return [term for (term,) in found]


def _quoted(value: str) -> str:
    escaped = value.replace('"', '""')
    return f'"{escaped}"'


class Tail:
    """The newest messages that the index has not got to, as they are at this moment.

    What the index says of them is out of date (they may have been revised), so it is not asked about them.

    Args:
        store: keeps their folded texts from one key to the next.
    """

    def __init__(self, store: Store) -> None:
        found = store.cache.execute(
            "SELECT m.id, m.case_id, coalesce(nullif(m.subject, ''), c.subject, ''), "
            "m.author_name || ' ' || m.author_address, b.text FROM unindexed u JOIN messages m ON m.id = u.message_id "
            "LEFT JOIN cases c ON c.id = m.origin_id LEFT JOIN bodies b ON b.id = m.id ORDER BY u.message_id DESC LIMIT ?",
            (TAIL,),
        ).fetchall()
        before = store.folded
        store.folded = {}
        self.cases: dict[int, int] = {}
        """The case of each message."""
        for number, case, *parts in found:
            held = Held(*parts)
            known = before.get(number)
            store.folded[number] = known if known is not None and known[0] == held else (held, held.columns())
            self.cases[number] = case
        self._folded = store.folded

    def matching(self, leaf: Wanted) -> list[int]:
        """Ids of the messages that have what a leaf asks for."""
        return [number for number in self.cases if leaf.holds(self._folded[number][1])]

    @property
    def ids(self) -> str:
        """Their ids as a JSON list, for SQL."""
        return json.dumps(list(self.cases))
