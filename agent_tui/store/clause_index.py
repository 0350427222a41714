"""A full-text index of the policy library, in memory: made from files, so there is nothing to keep or to migrate.

It is an index of its own because it stems: that finds clauses by other forms of a word, and would cost the search of
messages a quarter of its precision.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

# Vowel signs belong to their words (categories); accents are dealt with by whoever makes the terms.
_TOKENIZER = "porter unicode61 remove_diacritics 0 categories 'L* N* Co Mc Mn'"


class ClauseIndex:
    """Documents of a title, the headings above it and a body, ranked by SQLite's BM25.

    Args:
        weights: of title, path and body.
    """

    def __init__(self, weights: tuple[float, float, float]) -> None:
        # A library is used from one thread at a time, but not always from the one that made it.
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute(f'CREATE VIRTUAL TABLE clauses USING fts5(title, path, body, tokenize = "{_TOKENIZER}")')
        self._rank = "bm25(clauses, {}, {}, {})".format(*map(float, weights))

    def put(self, documents: Iterable[tuple[int, Sequence[str], Sequence[str], Sequence[str]]]) -> None:
        """Add documents: a number that is not there yet, and the terms of title, path and body."""
        rows = [(number, " ".join(title), " ".join(path), " ".join(body)) for number, title, path, body in documents]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO clauses(rowid, title, path, body) VALUES (?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def drop(self, numbers: Iterable[int]) -> None:
        """Remove documents by number."""
        self._database.execute("BEGIN")
        self._database.executemany("DELETE FROM clauses WHERE rowid = ?", [(number,) for number in numbers])
        self._database.execute("COMMIT")

    def scores(self, wanted: Mapping[str, int], limit: int, *, beginning: str = "") -> dict[int, float]:
        """The best documents that have any of the terms, and how well each fits; higher is better.

        Args:
            wanted: terms, and how often each counts: SQLite adds up what is repeated in the query.
            limit: how many documents at most.
            beginning: what begins a term, as while one types.
        """
        parts = [_quoted(term) for term, times in wanted.items() for _ in range(times)]
        if beginning:
            parts.append(_quoted(beginning) + "*")
        if not parts:
            return {}
        found = self._database.execute(
            f"SELECT rowid, {self._rank} AS r FROM clauses WHERE clauses MATCH ? ORDER BY r LIMIT ?", (" OR ".join(parts), limit)
        )
        return {number: -rank for number, rank in found}

    def having(self, term: str) -> frozenset[int]:
        """The documents that have a term, in any of its forms."""
        found = self._database.execute("SELECT rowid FROM clauses WHERE clauses MATCH ?", (_quoted(term),))
        return frozenset(number for (number,) in found)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
