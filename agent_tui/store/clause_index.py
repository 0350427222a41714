"""A full-text index of the policy library, in memory: made from files, so there is nothing to keep or to migrate.

It is an index of its own because it stems: that finds clauses by other forms of a word, and would cost the search of
messages a quarter of its precision.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from operator import itemgetter

from agent_tui.store import connections

# Vowel signs belong to their words (categories); accents are dealt with by whoever makes the terms.
_TOKENIZER = "porter unicode61 remove_diacritics 0 categories 'L* N* Co Mc Mn'"

_KEPT = 250_000  # documents of terms that are remembered, sixteen bytes each
_Postings = tuple["array[int]", "array[float]"]


class ClauseIndex:
    """Documents of a title, the headings above it and a body, ranked by SQLite's BM25.

    Args:
        weights: of title, path and body.
    """

    def __init__(self, weights: tuple[float, float, float]) -> None:
        # A library is used from one thread at a time, but not always from the one that made it.
        self._database = connections.memory(check_same_thread=False)
        self._database.execute(f'CREATE VIRTUAL TABLE clauses USING fts5(title, path, body, tokenize = "{_TOKENIZER}")')
        self._known: dict[str, _Postings] = {}
        self._kept = 0
        self._rank = "bm25(clauses, {}, {}, {})".format(*map(float, weights))

    def put(self, documents: Iterable[tuple[int, Sequence[str], Sequence[str], Sequence[str]]]) -> None:
        """Add documents: a number that is not there yet, and the terms of title, path and body."""
        self._forget()
        rows = [(number, " ".join(title), " ".join(path), " ".join(body)) for number, title, path, body in documents]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO clauses(rowid, title, path, body) VALUES (?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def drop(self, numbers: Iterable[int]) -> None:
        """Remove documents by number."""
        self._forget()
        self._database.execute("BEGIN")
        self._database.executemany("DELETE FROM clauses WHERE rowid = ?", [(number,) for number in numbers])
        self._database.execute("COMMIT")

    def scores(self, wanted: Mapping[str, int], limit: int, *, beginning: str = "") -> dict[int, float]:
        """The best documents that have any of the terms, and how well each fits; higher is better.

        BM25 is a sum over terms, so each is asked by itself and what it says is remembered: one question of all of
        them costs SQLite several times as much, and every message of a conversation has words of the one before.

        Args:
            wanted: terms, and how often each counts.
            limit: how many documents at most.
            beginning: what begins a term, as while one types.
        """
        total: dict[int, float] = {}
        for term, times in wanted.items():
            for number, score in zip(*self._postings(term), strict=True):
                total[number] = total.get(number, 0.0) + times * score
        if beginning:
            for number, score in zip(*self._asked(_quoted(beginning) + "*"), strict=True):
                total[number] = total.get(number, 0.0) + score
        if len(total) <= limit:
            return total
        return dict(nlargest(limit, total.items(), key=itemgetter(1)))

    def having(self, term: str) -> Sequence[int]:
        """The documents that have a term, in any of its forms, by rising number."""
        return self._postings(term)[0]

    def _postings(self, term: str) -> _Postings:
        found = self._known.get(term)
        if found is None:
            if self._kept > _KEPT:
                self._forget()
            found = self._known[term] = self._asked(_quoted(term))
            self._kept += len(found[0]) + 1
        return found

    def _asked(self, query: str) -> _Postings:
        rows = self._database.execute(f"SELECT rowid, -{self._rank} FROM clauses WHERE clauses MATCH ? ORDER BY rowid", (query,))
        numbers, scores = array("q"), array("d")
        for number, score in rows:
            numbers.append(number)
            scores.append(score)
        return numbers, scores

    def _forget(self) -> None:
        """How much a term counts depends on all documents."""
        self._known.clear()
        self._kept = 0


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
