"""The cases of a list that a query finds, in the list's order, and no further than somebody looks.

The list is walked in slices of cases from its top; of each slice the index is asked only about the messages it holds.
Where the query has words that few messages hold, the cases of those are walked instead of the whole list. So the first
page costs about the same whether a query finds a hundred cases or all of them, and how many there are is counted later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from agent_tui.domain.query import And, Node, Not, Or, Query
from agent_tui.domain.text import index_texts
from agent_tui.store import candidates, search_sql
from agent_tui.store.database import Store
from agent_tui.store.wording import Tail, Wanted, wanted

if TYPE_CHECKING:
    from agent_tui.store.cases import Selection

LIMIT = 20_000  # a narrowed list holds this many cases at most
FEW = 1_000  # messages that hold a word, up to which their cases are walked instead of the list
FEW_OPEN = 10_000  # the same for a word that may go on in any way, for which ranges are dear
KEPT_OPEN = 100_000  # messages with such a word up to which all are kept: to find a part of them takes as long as to find all
OPEN_TERMS = 20_000  # words that go on from it, from which on a word's messages are not asked for at all
SLICE, LARGEST, LARGEST_WORDED = 128, 1_024, 256  # cases looked at in one go; fewer where the index has to be asked
AT_ONCE = 4_096  # cases looked at before the list is shown with what has been found so far
SPANS = 12  # ranges of message ids that the index is asked for, for one slice
SPANS_OPEN = 3  # the same for a word that may go on in any way: the vocabulary is read anew for each range


class Narrowed:
    """Ids found so far, and more of them as they are asked for.

    Args:
        query: which cases.
        picked: of which list.
        limit: how many at most.
    """

    def __init__(self, store: Store, query: Query, picked: Selection, me: str, limit: int = LIMIT) -> None:
        self._store = store
        self._root = query.root
        parts = query.root.nodes if isinstance(query.root, And) else (query.root,)
        self._parts = sorted(parts, key=_worded)  # what needs no index leaves less to ask it about
        self._largest = LARGEST_WORDED if _worded(query.root) else LARGEST
        self._me = me
        self._limit = limit
        self._now = store.now()
        self._picked = picked
        spam = "" if search_sql.names_state(query.root) or "bucket = 4" in picked.where else " AND c.bucket != 4"
        self._where, self._values = f"{picked.where}{spam}", picked.values
        self._indexed = store.attach_search()
        self._tail = Tail(store)
        self._expressions: dict[Wanted, str] = {}
        self._hits: dict[Wanted, frozenset[int]] = {}
        """Every message the index has for a leaf, of leaves that few messages hold."""
        self._common: set[Wanted] = set()
        """Leaves for which the index is slower than looking at the messages themselves."""
        self._edge: tuple[int, ...] | None = None
        self._candidates = self._few()
        self._size = SLICE
        self._places: dict[int, int] = {}
        self.ids: list[int] = []
        self.complete = False
        """Whether there is nothing more to look at."""

    @property
    def more(self) -> bool:
        """Whether the list may have more cases than have been found."""
        return not self.complete or len(self.ids) >= self._limit

    def reach(self, count: int, within: int | None = None) -> None:
        """Find so many cases, if there are.

        Args:
            within: look at no more cases than about this many; None: at as many as it takes.
        """
        looked = 0
        while len(self.ids) < count and not self.complete and (within is None or looked < within):
            looked += self._size
            self.step()

    def step(self) -> None:
        """Look at one slice more."""
        slice_ = self._next()
        if len(slice_) < self._size:
            self.complete = True
        for one in self.among(slice_):
            if one not in self._places:
                self._places[one] = len(self.ids)
                self.ids.append(one)
        if len(self.ids) >= self._limit:
            del self.ids[self._limit :]
            self.complete = True
        self._size = min(2 * self._size, self._largest)

    def index_of(self, case_id: int) -> int | None:
        """Where a case is, or None; looks on to there where it is further down."""
        if case_id not in self._places and not self.complete:
            here = self._store.cache.execute(
                f"SELECT c.id FROM cases c WHERE c.id = ? AND {self._where}", (case_id, *self._values)
            ).fetchone()
            if here is None or not self.among([case_id]):
                return None
            while case_id not in self._places and not self.complete:
                self.step()
        place = self._places.get(case_id)
        return place if place is not None and place < len(self.ids) else None

    def among(self, cases: Sequence[int]) -> list[int]:
        """Those of some cases that the query finds, in the order given."""
        for part in self._parts:
            if cases:
                cases = self._among(cases, part)
        return list(cases)

    def _among(self, cases: Sequence[int], node: Node) -> list[int]:
        numbers = json.dumps(cases)
        messages: dict[int, int] = {}

        def text(leaf: Wanted) -> tuple[str, Sequence[object]]:
            if not messages:
                sql = "SELECT id, case_id FROM messages WHERE case_id IN (SELECT value FROM json_each(?))"
                messages.update(self._store.cache.execute(sql, (numbers,)).fetchall())
            unindexed = {self._tail.cases[one] for one in self._tail.matching(leaf)}
            found = {messages[one] for one in self._matching(leaf, messages) if one not in self._tail.cases}
            return "c.id IN (SELECT value FROM json_each(?))", (json.dumps([*found, *unindexed]),)

        compiler = search_sql.Compiler(self._store, self._me, self._now, of_cases=True, text=text)
        condition = compiler.condition(node)
        sql = f"SELECT c.id FROM cases c WHERE c.id IN (SELECT value FROM json_each(?)) AND ({condition})"
        found = {one for (one,) in self._store.cache.execute(sql, (numbers, *compiler.values)).fetchall()}
        return [one for one in cases if one in found]

    def _next(self) -> list[int]:
        if self._candidates is not None:
            slice_, self._candidates = self._candidates[: self._size], self._candidates[self._size :]
            return slice_
        picked = self._picked
        there, values = picked.beyond(self._edge) if self._edge else ("1", ())
        found = self._store.cache.execute(
            f"SELECT {picked.order} FROM cases c INDEXED BY {picked.index} WHERE {self._where} AND {there} "
            f"ORDER BY {picked.ordered} LIMIT ?",
            (*self._values, *values, self._size),
        ).fetchall()
        if found:
            self._edge = found[-1]
        return [row[-1] for row in found]

    def _few(self) -> list[int] | None:
        """The cases that the query can find at all, where words or an index say that they are few; in the list's order."""
        named = candidates.few(self._store, self._root, self._me, self._now, of_cases=True)
        if named is not None and not named:
            return []
        messages = self._holding(self._root)
        if messages is None and named is None:
            return None
        where, values = self._where, list(self._values)
        if messages is not None:
            where += " AND c.id IN (SELECT case_id FROM messages WHERE id IN (SELECT value FROM json_each(?)))"
            values.append(json.dumps(list(messages)))
        if named is not None:
            where += " AND c.id IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(list(named)))
        found = self._store.cache.execute(f"SELECT c.id FROM cases c WHERE {where} ORDER BY {self._picked.ordered}", values)
        return [one for (one,) in found.fetchall()]

    def _holding(self, node: Node) -> frozenset[int] | None:
        """Messages one of which a case must have to be found; None where they are many or words do not say."""
        match node:
            case And():
                return next((found for one in node.nodes if (found := self._holding(one)) is not None), None)
            case Or():
                parts = [self._holding(one) for one in node.nodes]
                return None if None in parts else frozenset().union(*(one for one in parts if one is not None))
        leaf = wanted(node)
        if leaf is None or not leaf.phrases:
            return None
        few = FEW if leaf.exact else FEW_OPEN
        hits: Iterable[int] = ()
        if self._indexed:
            if not leaf.exact and self._goes_on_in_many_ways(leaf):
                self._common.add(leaf)
                return None
            sql = "SELECT rowid FROM search.message_index WHERE message_index MATCH ? ORDER BY rowid DESC LIMIT ?"
            kept = few if leaf.exact else max(few, KEPT_OPEN)
            hits = [one for (one,) in self._store.cache.execute(sql, (self._expression(leaf), kept + 1)).fetchall()]
            if len(hits) <= kept:
                self._hits[leaf] = frozenset(hits)
            elif not leaf.exact:
                self._common.add(leaf)
            if len(hits) > few:
                return None
        return frozenset((*hits, *self._tail.matching(leaf)))

    def _matching(self, leaf: Wanted, messages: Iterable[int]) -> Iterable[int]:
        """Those of some messages that the index has for a leaf."""
        if not self._indexed:
            return ()
        known = self._hits.get(leaf)
        wanted_here = set(messages)
        if known is not None:
            return known & wanted_here
        if leaf in self._common:
            return self._read(leaf, wanted_here)
        found: set[int] = set()
        sql = "SELECT rowid FROM search.message_index WHERE message_index MATCH ? AND rowid BETWEEN ? AND ?"
        for first, last in spans(sorted(wanted_here), SPANS if leaf.exact else SPANS_OPEN):
            found.update(one for (one,) in self._store.cache.execute(sql, (self._expression(leaf), first, last)).fetchall())
        return found & wanted_here

    def _goes_on_in_many_ways(self, leaf: Wanted) -> bool:
        """Whether so many words begin as it does that the index would take long to put their messages together."""
        if len(leaf.phrases) != 1 or len(leaf.phrases[0]) != 1:
            return False
        word = leaf.phrases[0][0]
        sql = "SELECT count(*) FROM (SELECT 1 FROM search.terms WHERE term >= ? AND term < ? LIMIT ?)"
        found = self._store.cache.execute(sql, (word, word + "\U0010ffff", OPEN_TERMS)).fetchone()
        return int(found[0]) >= OPEN_TERMS

    def _read(self, leaf: Wanted, messages: Iterable[int]) -> Iterable[int]:
        """Those of some messages that have what a leaf asks of their subject or author, by looking at them."""
        found = self._store.cache.execute(
            "SELECT m.id, coalesce(nullif(m.subject, ''), c.subject, ''), m.author_name || ' ' || m.author_address "
            "FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value LEFT JOIN cases c ON c.id = m.origin_id",
            (json.dumps(list(messages)),),
        )
        return [number for number, *columns in found.fetchall() if leaf.holds(_folded(*columns))]

    def _expression(self, leaf: Wanted) -> str:
        if leaf not in self._expressions:
            self._expressions[leaf] = leaf.expression(self._store)
        return self._expressions[leaf]


@lru_cache(maxsize=4_096)
def _folded(subject: str, author: str) -> tuple[str, ...]:
    """As the index has them."""
    return tuple(index_texts((subject, author))[0])


def _worded(node: Node) -> bool:
    """Whether a node asks of a message's text."""
    match node:
        case And() | Or():
            return any(_worded(one) for one in node.nodes)
        case Not():
            return _worded(node.node)
        case _:
            return wanted(node) is not None


def spans(numbers: Sequence[int], count: int = SPANS) -> list[tuple[int, int]]:
    """Ranges that hold all of some ascending numbers and as little else as so many ranges can."""
    if not numbers:
        return []
    gaps = sorted(range(1, len(numbers)), key=lambda at: numbers[at - 1] - numbers[at])[: count - 1]
    starts = [0, *sorted(gaps)]
    return [(numbers[start], numbers[end - 1]) for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True)]
