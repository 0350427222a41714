"""Which cases share words with another one, from the index of messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import HIDDEN
from agent_tui.domain.ranking import stem
from agent_tui.store.database import Store

_NEWEST = 400  # messages with one word that are looked at
_SPAM = 4
_SHORTEST = 4  # letters of a word that may have other forms


class Alike:
    """Asks the index; empty where there is none yet.

    Args:
        store: whose index; it is attached where needed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._there = store.attach_search()

    def messages(self) -> int:
        """How many messages there are, about."""
        row = self._store.cache.execute("SELECT coalesce(sum(messages), 0) FROM cases").fetchone()
        return int(row[0])

    def forms(self, words: Iterable[str]) -> Mapping[str, tuple[tuple[str, ...], int]]:
        """Each word with its other English forms, as far as they are indexed, and in how many messages they are, about."""
        found: dict[str, tuple[tuple[str, ...], int]] = {}
        sql = "SELECT term, n FROM search.terms WHERE term >= ? AND term < ? AND n > 0"
        for word in words if self._there else ():
            root = stem(word)
            start = root if word.startswith(root) else word
            ends = start + "\U0010ffff" if len(start) >= _SHORTEST else word + "\0"
            known = self._asked(sql, (start if len(start) >= _SHORTEST else word, ends))
            same = [(term, number) for term, number in known if term == word or stem(term) == root]
            if same:
                found[word] = (tuple(term for term, _ in same), sum(number for _, number in same))
        return found

    def cases(self, weights: Mapping[tuple[str, ...], float], most: int, *, besides: int) -> Mapping[int, float]:
        """The cases whose messages have most of the words, and the sum of their weights, best first.

        Args:
            weights: of each word in its forms.
            besides: a case that is left out; so are spam and what is hidden.
        """
        total: dict[int, float] = {}
        if not self._there:
            return total
        sql = (
            "SELECT DISTINCT m.case_id FROM (SELECT rowid FROM search.message_index WHERE message_index MATCH ? "
            f"ORDER BY rowid DESC LIMIT {_NEWEST}) f CROSS JOIN messages m ON m.id = f.rowid CROSS JOIN cases c "
            f"ON c.id = m.case_id WHERE c.bucket < {HIDDEN} AND c.bucket != {_SPAM} AND c.id != ? AND m.gone = 0"
        )
        for forms, weight in weights.items():
            quoted = " OR ".join('"' + word.replace('"', '""') + '"' for word in forms)
            for (case,) in self._asked(sql, (quoted, besides)):
                total[case] = total.get(case, 0.0) + weight
        return dict(sorted(total.items(), key=lambda pair: (-pair[1], -pair[0]))[:most])

    def _asked(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        try:
            return self._store.cache.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            path = self._store.workspace.search_path
            raise StoreError(f"{path} cannot be searched ({error}); move it away, 'agent-tui sync' makes it again") from error
