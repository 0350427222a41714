"""Lists of cases: windows that read only what is near the screen, counts, and looking a case up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import UsageError
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.identifiers import case_code, case_range
from agent_tui.domain.model import HIDDEN, Case
from agent_tui.store import case_rows, threads
from agent_tui.store.case_rows import ORDER
from agent_tui.store.database import Store
from agent_tui.store.messages import channel_of

if TYPE_CHECKING:
    from agent_tui.domain.query import Query
    from agent_tui.store.narrowing import Narrowed

PAGE = 64


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases a list shows: SQL over ``cases`` with its values.

    Args:
        order: columns that the index has, the id last.
        descending: whether the largest come first.
    """

    where: str
    values: tuple[object, ...] = ()
    index: str = "cases_list"
    order: str = ORDER
    descending: bool = False

    @property
    def ordered(self) -> str:
        """As SQL wants it behind ORDER BY."""
        return ", ".join(f"{one} DESC" for one in self.order.split(", ")) if self.descending else self.order

    @property
    def key(self) -> str:
        """The columns of ``order`` that the condition leaves open. SQLite goes straight to a place in the list only where it
        is asked by these: a column that the condition fixes would make it walk there.
        """
        return self.order.removeprefix("bucket, ") if "bucket = " in self.where else self.order

    def beyond(self, edge: Sequence[int], *, before: bool = False) -> tuple[str, tuple[int, ...]]:
        """SQL and values for what comes after a case in the list (or before it).

        Args:
            edge: the case's columns of ``order``.
        """
        key = self.key.split(", ")
        sign = "<" if self.descending is not before else ">"
        return f"({self.key}) {sign} ({', '.join('?' * len(key))})", tuple(edge[-len(key) :])


def selection(view: str, me: str) -> Selection:
    """The cases of a view.

    Raises:
        KeyError: no such view.
    """
    return {
        "inbox": Selection("bucket = 0"),
        "mine": Selection("assignee = ? AND bucket = 0", (me,), "cases_assignee"),
        "unassigned": Selection("assignee IS NULL AND bucket = 0", (), "cases_assignee"),
        "waiting": Selection("bucket = 1"),
        "snoozed": Selection("bucket = 2"),
        "closed": Selection("bucket = 3"),
        "spam": Selection("bucket = 4"),
        "drafts": Selection(f"draft = 1 AND bucket < {HIDDEN}", (), "cases_draft"),
        "all": Selection(f"bucket < {HIDDEN}"),
    }[view]


def by_last_message(*, descending: bool) -> Selection:
    """Every case, by when something was last said in it."""
    return Selection(f"bucket < {HIDDEN}", (), "cases_updated", "updated_at, id", descending)


def counts(store: Store, me: str) -> dict[str, int]:
    """Cases per view: costs the same with a million cases."""
    return case_rows.counts(store.cache, me)


def unread(store: Store) -> int:
    """Unread cases of the inbox."""
    row = store.cache.execute("SELECT coalesce(sum(unread), 0) FROM tally WHERE bucket = 0").fetchone()
    return int(row[0])


class CaseWindow:
    """A list of cases, read in pages of 64 as they are asked for.

    Args:
        view: id of a view.
        query: narrows it; None: all of it.
        picked: the cases that are narrowed, where they are other ones than the view's or in another order.
    """

    def __init__(
        self, store: Store, view: str, me: str, query: Query | None = None, picked: Selection | None = None
    ) -> None:
        self._store = store
        self._view = view
        self._me = me
        self._selection = picked or selection(view, me)
        asks = query is not None and (picked is not None or getattr(query.root, "nodes", True))  # And(()) asks nothing
        self._query = query if asks else None
        self._narrowed: Narrowed | None = None
        self._furthest = 0
        self._latest = 0
        self._pages: dict[int, tuple[Case, ...]] = {}
        self._edges: dict[int, tuple[int, int, int, int]] = {}
        self._length = -1
        self._version = -1
        self.refresh()

    def __len__(self) -> int:
        """How many cases the list has; of a narrowed list, as far as it has been looked through."""
        return self._length

    @property
    def more(self) -> bool:
        """Whether a narrowed list may have more cases than ``len`` says."""
        return self._narrowed is not None and self._narrowed.more

    @property
    def counting(self) -> bool:
        """Whether ``count_on`` can find more."""
        return self._narrowed is not None and not self._narrowed.complete

    def count_on(self) -> None:
        """Look through a little more of a narrowed list: a few milliseconds of work."""
        if self._narrowed is not None and not self._narrowed.complete:
            self._narrowed.step()
            self._grown()

    def reach(self, place: int) -> None:
        """Look through a narrowed list as far as a place, or to its end if that comes first."""
        if self._narrowed is not None and place >= self._length:
            self._narrowed.reach(place + 1)
            self._grown()

    def _grown(self) -> None:
        if self._narrowed is not None and len(self._narrowed.ids) != self._length:
            self._pages.pop(self._length // PAGE, None)  # it was not full
            self._length = len(self._narrowed.ids)

    def row(self, place: int) -> Case:
        """The case at a place.

        Raises:
            IndexError: past the end, also where the list has become shorter since ``len``.
        """
        if not 0 <= place < self._length:
            raise IndexError(place)
        self._latest = place
        self._furthest = max(self._furthest, place)
        page = self._page(place // PAGE)
        return page[place % PAGE]

    def index_of(self, case_id: int) -> int | None:
        """Where a case is in the list, or None."""
        if self._narrowed is not None:
            place = self._narrowed.index_of(case_id)
            self._grown()
            return place
        for number, page in self._pages.items():
            for offset, case in enumerate(page):
                if case.id == case_id:
                    return number * PAGE + offset
        picked = self._selection
        row = self._store.cache.execute(
            f"SELECT {ORDER} FROM cases WHERE id = ? AND {picked.where}", (case_id, *picked.values)
        ).fetchone()
        if row is None:
            return None
        nearer_end = 2 * self._latest > self._length
        there, values = picked.beyond(row, before=not nearer_end)
        apart = self._store.cache.execute(
            f"SELECT count(*) FROM cases INDEXED BY {picked.index} WHERE {picked.where} AND {there}", (*picked.values, *values)
        ).fetchone()[0]
        return max(0, self._length - 1 - int(apart)) if nearer_end else int(apart)

    def refresh(self) -> bool:
        """Forget what was read, because something has changed.

        Returns:
            whether the length changed.
        """
        before = self._length
        self._pages.clear()
        self._edges.clear()
        if self._query is None:
            self._length = counts(self._store, self._me)[self._view]
        else:
            from agent_tui.store.narrowing import AT_ONCE, Narrowed

            self._narrowed = Narrowed(self._store, self._query, self._selection, self._me)
            self._narrowed.reach(self._furthest + PAGE, within=AT_ONCE + self._furthest)
            self._furthest = 0
            self._length = len(self._narrowed.ids)
        return before != self._length

    def _page(self, number: int) -> tuple[Case, ...]:
        found = self._pages.get(number)
        if found is None:
            found = self._read(number)
            if len(self._pages) > 64:
                self._pages.pop(next(iter(self._pages)))
            self._pages[number] = found
        return found

    def _read(self, number: int) -> tuple[Case, ...]:
        if self._narrowed is not None:
            return by_ids(self._store, self._narrowed.ids[number * PAGE : (number + 1) * PAGE])
        picked = self._selection
        columns = f"{case_rows.CASE_COLUMNS}, {ORDER}"
        table = f"cases INDEXED BY {picked.index}"
        edge = self._edges.get(number)
        if edge is not None:
            there, values = picked.beyond(edge)
            found = self._store.cache.execute(
                f"SELECT {columns} FROM {table} WHERE {picked.where} AND {there} ORDER BY {ORDER} LIMIT ?",
                (*picked.values, *values, PAGE),
            ).fetchall()
        elif 2 * number * PAGE <= self._length:
            found = self._store.cache.execute(
                f"SELECT {columns} FROM {table} WHERE {picked.where} ORDER BY {ORDER} LIMIT ? OFFSET ?",
                (*picked.values, PAGE, number * PAGE),
            ).fetchall()
        else:  # from the end, so that the last page costs what the first one does
            size = min(PAGE, self._length - number * PAGE)
            reverse = ", ".join(f"{one} DESC" for one in ORDER.split(", "))
            found = self._store.cache.execute(
                f"SELECT {columns} FROM {table} WHERE {picked.where} ORDER BY {reverse} LIMIT ? OFFSET ?",
                (*picked.values, size, self._length - number * PAGE - size),
            ).fetchall()[::-1]
        if len(found) == PAGE:
            self._edges[number + 1] = found[-1][-4:]
        else:  # the list has become shorter under our feet: say so rather than show a hole
            self._length = number * PAGE + len(found)
        return tuple(_case(self._store, row) for row in found)


def get(store: Store, case_id: int) -> Case | None:
    """A case by any of its ids."""
    found = by_ids(store, [threads.resolve(store, case_id)])
    return found[0] if found else None


def by_ids(store: Store, ids: Sequence[int]) -> tuple[Case, ...]:
    """Cases by id, in the order given; ids that are not there are left out."""
    if not ids:
        return ()
    marks = ",".join("?" * len(ids))
    found = {
        row[0]: _case(store, row)
        for row in store.cache.execute(f"SELECT {case_rows.CASE_COLUMNS} FROM cases WHERE id IN ({marks})", tuple(ids))
    }
    return tuple(found[one] for one in ids if one in found)


def of_customer(store: Store, address: str, limit: int = 50) -> tuple[Case, ...]:
    """Every case with a customer of this address, newest first."""
    if not address:
        return ()
    found = store.cache.execute(
        f"SELECT {case_rows.CASE_COLUMNS} FROM cases WHERE customer_address = ? AND bucket < ? ORDER BY updated_at DESC LIMIT ?",
        (address.lower() if "@" in address else address, HIDDEN, limit),
    )
    return tuple(_case(store, row) for row in found.fetchall())


def find(store: Store, code: str) -> int:
    """The case that a code or an unambiguous beginning of one names.

    Raises:
        UsageError: no such case, or several.
    """
    span = case_range(code)
    if span is None:
        raise UsageError(f"'{code}' is not the id of a case; ids are as 'agent-tui list' prints them")
    found = store.cache.execute(
        "SELECT id FROM cases WHERE id BETWEEN ? AND ? AND (bucket < ? OR id IN (SELECT alias FROM aliases)) "
        "UNION SELECT alias FROM aliases WHERE alias BETWEEN ? AND ? LIMIT 6",
        (*span, HIDDEN, *span),
    ).fetchall()
    numbers = list(dict.fromkeys(threads.resolve(store, n) for (n,) in found))
    if len(numbers) == 1:
        return numbers[0]
    if not numbers:
        raise UsageError(f"no case '{code}' in this workspace; 'agent-tui list' shows those there are")
    raise UsageError(f"'{code}' could be {', '.join(case_code(n) for n in numbers[:5])}; type one letter more")


def matching(store: Store, query: Query, me: str, limit: int = 1000) -> Iterable[Case]:
    """Cases that a query finds, in inbox order. Spam only where the query names it."""
    from agent_tui.store.narrowing import Narrowed

    narrowed = Narrowed(store, query, selection("all", me), me, limit)
    narrowed.reach(limit)
    ids = narrowed.ids
    for start in range(0, len(ids), 200):
        yield from by_ids(store, ids[start : start + 200])


def _case(store: Store, row: Sequence[Any]) -> Case:
    source = store.source_name(row[1])
    return case_rows.case(tuple(row), source, channel_of(store, source))
