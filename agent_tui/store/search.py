"""Full-text search over every cached message."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from agent_tui.domain.errors import StoreError
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.query import And, Field, Node, Not, Or, Query, Words
from agent_tui.store import candidates, cases, dates, messages, search_sql
from agent_tui.store.database import Store
from agent_tui.store.hits import Hit
from agent_tui.store.wording import Tail, Wanted, wanted

RARE = 500  # messages that hold the words of a query, up to which these are looked at rather than its few cases
STRIDE = 20_000  # steps of SQLite's machine between two looks at how many it has taken


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search: where, what, who asks, how many at most, and what the index has not got to."""

    store: Store
    query: Query
    me: str
    limit: int
    tail: Tail


class Unfinished(Exception):
    """A search was given up because it takes more steps than it was allowed."""


def hits(store: Store, query: Query, me: str, limit: int, steps: int | None = None) -> tuple[Hit, ...]:
    """Messages that a query finds, newest first (one more than shown tells that there are more).

    Args:
        limit: how many at most.
        steps: of SQLite's machine, after which it is given up (about 20,000 a millisecond); None: never.

    Raises:
        StoreError: the index is damaged.
        Unfinished: it was given up.
    """
    with _asking(store, steps):
        return _shown(store, query, _numbers(store, query, me, limit))


def best(store: Store, query: Query, me: str, limit: int, among: int) -> tuple[Hit, ...]:
    """Messages that a query finds, those first in which its words weigh most.

    Args:
        limit: how many at most.
        among: so many of the newest are compared.

    Raises:
        StoreError: the index is damaged.
    """
    words = " ".join(one.text for one in query.words())
    with _asking(store, None):
        numbers = _numbers(store, query, me, max(among, limit))
        return _shown(store, query, (_ranked(store, numbers, words) if words else numbers)[:limit])


def _ranked(store: Store, numbers: Sequence[int], words: str) -> list[int]:
    from agent_tui.domain.ranking import Ranking, stems

    texts = messages.texts(store, numbers)
    found = [one for one in numbers if one in texts]
    fields = (((texts[one][0], 3.0), (texts[one][1], 1.0)) for one in found)
    scores = Ranking(fields, only=frozenset(stems(words))).scores(words)
    return [found[place] for place in sorted(range(len(found)), key=lambda place: -scores.get(place, 0.0))]


@contextmanager
def _asking(store: Store, steps: int | None) -> Iterator[None]:
    """Say in words what is wrong with the index, and what takes too long."""
    try:
        with _at_most(store.cache, steps):
            yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise Unfinished from error
        path = store.workspace.search_path
        raise StoreError(f"{path} cannot be searched ({error}); move it away, 'agent-tui sync' makes it again") from error


@contextmanager
def _at_most(connection: sqlite3.Connection, steps: int | None) -> Iterator[None]:
    """Interrupt what runs on a connection after so many steps in all."""
    if steps is None:
        yield
        return
    strides = itertools.count(1)
    connection.set_progress_handler(lambda: next(strides) * STRIDE > steps, STRIDE)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def _numbers(store: Store, query: Query, me: str, limit: int) -> list[int]:
    """Ids of the newest messages that a query finds, newest first."""
    asked = _Asked(store, query, me, limit, Tail(store))
    return sorted((*_waiting(asked), *_known(asked)), reverse=True)[:limit]


def _shown(store: Store, query: Query, numbers: Sequence[int]) -> tuple[Hit, ...]:
    """Messages with their cases and a line of their text, in the order given."""
    words = [w.text for w in query.words()]
    found = messages.by_ids(store, numbers)
    known = {case.id: case for case in cases.by_ids(store, list({message.case for message in found}))}
    result = []
    for message in found:
        case = known.get(message.case) or cases.get(store, message.case)
        if case is not None:
            line, spans = around(message.fresh_text or message.text, words)
            if not spans and message.fresh_text != message.text:
                line, spans = around(message.text, words)
            result.append(Hit(message, case, line, spans))
    return tuple(result)


def _known(asked: _Asked) -> list[int]:
    """What is found among the messages that the index has, newest first."""
    store = asked.store
    some = candidates.few(store, asked.query.root, asked.me, store.now(), of_cases=False)
    if some is not None and not some:
        return []
    indexed = store.attach_search()
    expression, rest = _driving(store, asked.query.root)
    if expression and not indexed:
        return []
    if some is not None and not (expression and _rare(store, expression)):
        return _among(asked, some)
    return _indexed(asked, expression, rest)


def _rare(store: Store, expression: str) -> bool:
    """Whether so few messages hold it that they are the ones to look at."""
    found = store.cache.execute(
        "SELECT rowid FROM search.message_index WHERE message_index MATCH ? ORDER BY rowid DESC LIMIT ?", (expression, RARE + 1)
    )
    return len(found.fetchall()) <= RARE


def _among(asked: _Asked, some: Iterable[int]) -> list[int]:
    """The messages of a few cases, newest first, each looked for in the index by itself until enough are found."""
    store = asked.store
    found = store.cache.execute(
        "SELECT id FROM messages WHERE case_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC", (json.dumps(list(some)),)
    )
    numbers = [one for (one,) in found.fetchall() if one not in asked.tail.cases]

    def text(leaf: Wanted) -> tuple[str, Sequence[object]]:
        if not store.attach_search():
            return "0", ()
        hit = "SELECT 1 FROM search.message_index f WHERE f.rowid = m.id AND f.message_index MATCH ?"
        return f"EXISTS ({hit})", (leaf.expression(store),)

    compiler = search_sql.Compiler(store, asked.me, store.now(), of_cases=False, text=text)
    sql = (
        "SELECT m.id FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value CROSS JOIN cases c ON c.id = m.case_id "
        f"WHERE ({compiler.condition(asked.query.root)}) {_spam(asked.query)} LIMIT ?"
    )
    return [n for (n,) in store.cache.execute(sql, (json.dumps(numbers), *compiler.values, asked.limit)).fetchall()]


def _indexed(asked: _Asked, expression: str, rest: Node) -> list[int]:
    """Newest first by the index's own order, or by that of the messages where it has nothing to say."""
    store, tail = asked.store, asked.tail

    def text(leaf: Wanted) -> tuple[str, Sequence[object]]:
        if not store.attach_search():
            return "0", ()
        hits = "SELECT rowid FROM search.message_index WHERE message_index MATCH ?"
        return f"m.id IN ({hits})", (leaf.expression(store),)

    compiler = search_sql.Compiler(store, asked.me, store.now(), of_cases=False, text=text)
    condition = f"({compiler.condition(rest)}) {_spam(asked.query)}"
    values = compiler.values
    if tail.cases:
        condition += " AND m.id NOT IN (SELECT value FROM json_each(?))"
        values = [*values, tail.ids]
    within = dates.span(store, asked.query.root, store.now())
    if within is not None:
        condition += f" AND {'f.rowid' if expression else 'm.id'} BETWEEN ? AND ?"
        values = [*values, *within]
    if expression:
        # The index drives: newest first is its own order, so the first page costs the same at any size.
        sql = (
            "SELECT f.rowid FROM search.message_index f CROSS JOIN messages m ON m.id = f.rowid "
            f"CROSS JOIN cases c ON c.id = m.case_id WHERE f.message_index MATCH ? AND {condition} "
            "ORDER BY f.rowid DESC LIMIT ?"
        )
        values = [expression, *values]
    else:
        only = " INDEXED BY messages_attached" if _asks_for_files(rest) else ""
        sql = (
            f"SELECT m.id FROM messages m{only} CROSS JOIN cases c ON c.id = m.case_id WHERE {condition} "
            "ORDER BY m.id DESC LIMIT ?"
        )
    return [n for (n,) in store.cache.execute(sql, (*values, asked.limit)).fetchall()]


def _asks_for_files(node: Node) -> bool:
    """Whether only messages with attachments will do."""
    return any(isinstance(one, Field) and one.name == "has" for one in (node.nodes if isinstance(node, And) else (node,)))


def _waiting(asked: _Asked) -> list[int]:
    """What is found among the newest messages, which the index has not got to."""
    store, tail = asked.store, asked.tail
    if not tail.cases:
        return []

    def text(leaf: Wanted) -> tuple[str, Sequence[object]]:
        return "m.id IN (SELECT value FROM json_each(?))", (json.dumps(tail.matching(leaf)),)

    compiler = search_sql.Compiler(store, asked.me, store.now(), of_cases=False, text=text)
    condition = f"({compiler.condition(asked.query.root)}) {_spam(asked.query)}"
    sql = (
        "SELECT m.id FROM messages m CROSS JOIN cases c ON c.id = m.case_id "
        f"WHERE m.id IN (SELECT value FROM json_each(?)) AND {condition} ORDER BY m.id DESC LIMIT ?"
    )
    return [n for (n,) in store.cache.execute(sql, (tail.ids, *compiler.values, asked.limit)).fetchall()]


def _spam(query: Query) -> str:
    return "AND c.bucket != 9" if search_sql.names_state(query.root) else "AND c.bucket NOT IN (4, 9)"


def _driving(store: Store, root: Node) -> tuple[str, Node]:
    """Split a query into one full-text expression that finds candidates and what is left to check on them."""
    parts = root.nodes if isinstance(root, And) else (root,)
    found: list[str] = []
    unwanted: list[str] = []
    rest: list[Node] = []
    for part in parts:
        expression = _expression(store, part)
        excluded = _expression(store, part.node) if isinstance(part, Not) else ""
        if expression:
            found.append(expression)
        elif excluded:
            unwanted.append(excluded)
        elif not isinstance(part, Words):  # words without a letter ask for nothing
            rest.append(part)
    if not found:  # the index cannot say which messages do not hold something
        return "", And(tuple(one for one in parts if not isinstance(one, Words)))
    joined = " AND ".join(f"({one})" for one in found)
    for excluded in unwanted:
        joined = f"({joined}) NOT ({excluded})"
    return joined, And(tuple(rest))


def _expression(store: Store, node: Node) -> str:
    """One full-text expression for a part of a query that asks of a message's text alone, else an empty text."""
    if isinstance(node, And | Or):
        parts = [_expression(store, one) for one in node.nodes]
        joiner = " AND " if isinstance(node, And) else " OR "
        return joiner.join(f"({one})" for one in parts) if all(parts) else ""
    leaf = wanted(node)
    return leaf.expression(store) if leaf is not None else ""


def around(body: str, words: list[str], width: int = 120) -> tuple[str, tuple[tuple[int, int], ...]]:
    """One line of a text around the first word found in it, with the places to mark.

    Args:
        words: as typed; compared in folded form, found in the original.
        width: characters of the line.
    """
    needles = [n for n in (" ".join(w.split()).casefold() for w in words) if n]
    body = body[:20_000]
    low = body.casefold()
    first = min((p for p in (low.find(n) for n in needles) if p >= 0), default=-1) if len(low) == len(body) else -1
    cut = max(0, first - 3 * width)  # only what is near is taken apart
    line = " ".join(body[cut : first + 4 * width].split()) if first >= 0 else " ".join(body.split())
    low = line.casefold()
    if len(low) != len(line):  # a character that folds into two: offsets would not fit, so nothing is marked
        return line[:width], ()
    first = min((p for p in (low.find(n) for n in needles) if p >= 0), default=-1)
    if first < 0:
        return line[:width], ()
    start = max(0, first - width // 3)
    start = line.rfind(" ", 0, start + 1) + 1 if start else 0
    before = bool(start or cut)
    piece = line[start : start + width]
    lowered = piece.casefold()
    spans = []
    for needle in needles:
        place = lowered.find(needle)
        while place >= 0 and len(lowered) == len(piece):
            spans.append((place, place + len(needle)))
            place = lowered.find(needle, place + len(needle))
    return ("…" if before else "") + piece, tuple(sorted((a + before, b + before) for a, b in spans))
