"""Queries become SQL: values are always parameters, words always quoted for the full-text engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent_tui.domain import text
from agent_tui.domain.query import Age, And, Date, Field, Node, Not, Or, Query, Words
from agent_tui.store.database import Store

if TYPE_CHECKING:
    from agent_tui.store.cases import Selection

EXPANDED = 32  # commonest continuations of a word that is being typed
COMMON = 8  # messages that hold a word of the index of common words (see schema.py)
TAIL = 400  # newest messages above the index's watermark that are scanned


class Compiler:
    """Turns a query's tree into conditions on messages ``m`` of cases ``c``.

    Args:
        of_cases: conditions are asked of a case (any of its messages may hold a word) rather than of a message.
        indexed: whether there is an index to ask.
    """

    def __init__(self, store: Store, me: str, now: int, *, of_cases: bool, indexed: bool) -> None:
        self.store = store
        self.me = me
        self.now = now
        self.of_cases = of_cases
        self.indexed = indexed
        self.values: list[object] = []

    def condition(self, node: Node) -> str:
        """SQL for a node; its values are appended to ``values``."""
        match node:
            case And():
                return " AND ".join(f"({self.condition(one)})" for one in node.nodes) or "1"
            case Or():
                return " OR ".join(f"({self.condition(one)})" for one in node.nodes) or "0"
            case Not():
                return f"NOT coalesce(({self.condition(node.node)}), 0)"
            case Words():
                return self._words(match_expression(self.store, node))
            case Age():
                self.values.append(self.now - node.ms)
                return f"{self._time()} {'<' if node.name == 'older' else '>='} ?"
            case Date():
                self.values.append(node.ms)
                return f"{self._time()} {'<' if node.name == 'before' else '>='} ?"
            case Field():
                return self._field(node.name, node.value)

    def _time(self) -> str:
        return "c.updated_at" if self.of_cases else "m.received_at"

    def _words(self, expression: str) -> str:
        if not expression:
            return "1"
        if not self.indexed:
            return "0"
        self.values.append(expression)
        hits = "SELECT rowid FROM search.message_index WHERE message_index MATCH ?"
        if self.of_cases:
            return f"c.id IN (SELECT case_id FROM messages WHERE id IN ({hits}))"
        return f"m.id IN ({hits})"

    def _field(self, name: str, value: str) -> str:
        match name:
            case "from":
                return self._words(_column("author", value))
            case "to":
                self.values.append(f"%{_escaped(value)}%")
                condition = "recipients LIKE ? ESCAPE '\\'"
                return f"c.id IN (SELECT case_id FROM messages WHERE {condition})" if self.of_cases else f"m.{condition}"
            case "subject":
                return self._words(_column("subject", value))
            case "tag":
                self.values.append(f"%\n{_escaped(value)}\n%")
                return "(char(10) || c.tags || char(10)) LIKE ? ESCAPE '\\'"
            case "source":
                self.values.append(self.store.source_id(value) if value in self._names() else -1)
                return "c.source_id = ?"
            case "channel":
                wanted = [self.store.source_id(s.name) for s in self.store.workspace.sources if s.channel == value]
                self.values.extend(wanted)
                return f"c.source_id IN ({','.join('?' * len(wanted))})"
            case "state":
                self.values.append(value)
                return "c.state = ?"
            case "assignee":
                if value == "none":
                    return "c.assignee IS NULL"
                self.values.append(self.me if value == "me" else value)
                return "c.assignee = ?"
            case "has":
                return "c.attachments" if self.of_cases else "m.attachments != ''"
            case "is":
                return self._is(value)
            case _:
                return "0"  # clause: nothing is recorded under a clause yet

    def _is(self, value: str) -> str:
        match value:
            case "unread" if self.of_cases:
                return "c.unread > 0"
            case "unread":
                return "m.direction = 'in' AND instr(char(10) || m.marks || char(10), char(10) || 'seen' || char(10)) = 0"
            case "overdue":
                self.values.append(self.now)
                return "c.due_at < ?"
            case "unanswered":
                return "c.waiting_since IS NOT NULL AND c.state IN ('new', 'open', 'snoozed')"
            case "mine":
                self.values.append(self.me)
                return "c.assignee = ?"
            case "public":
                return "c.public"
            case _:
                self.values.append(value)
                return "c.answer = ?"

    def _names(self) -> frozenset[str]:
        return frozenset(s.name for s in self.store.workspace.sources) | frozenset(self.store.source_ids)


def match_expression(store: Store, words: Words) -> str:
    """The full-text expression for words: each quoted, with its commonest continuations where it may go on."""
    column = "subject : " if words.field == "subject" else ""
    terms = text.search_terms(words.text)
    if words.phrase or len(terms) != 1:
        parts = [_quoted(" ".join(t)) for t in terms] if not words.phrase else [_quoted(" ".join(x for t in terms for x in t))]
        return " AND ".join(column + p for p in parts if p != '""')
    term = terms[0]
    if len(term) != 1:
        return column + _quoted(" ".join(term))
    alternatives = [term[0], *(t for t in continuations(store, term[0]) if t != term[0])]
    return f"{column}({' OR '.join(_quoted(t) for t in alternatives)})"


def text_expression(store: Store, node: Node) -> str:
    """One full-text expression for a part of a query that asks of a message's text alone, else an empty text."""
    match node:
        case Words():
            return match_expression(store, node)
        case Field(name="from"):
            return _column("author", node.value)
        case Field(name="subject"):
            return _column("subject", node.value)
        case And() | Or():
            parts = [text_expression(store, one) for one in node.nodes]
            joiner = " AND " if isinstance(node, And) else " OR "
            return joiner.join(f"({one})" for one in parts) if all(parts) else ""
        case _:
            return ""


def continuations(store: Store, start: str, limit: int = EXPANDED) -> list[str]:
    """The commonest indexed words that begin so."""
    if not store.attach_search():
        return []
    sql = "SELECT term FROM search.terms WHERE term >= ? AND term < ? {} ORDER BY n DESC LIMIT ?"
    values = (start, start + "\U0010ffff", limit)
    # Most words stand in one message only; an index of the commoner ones makes the first letters quick.
    found = store.cache.execute(sql.format(f"AND n >= {COMMON}"), values).fetchall() if len(start) < 3 else []
    if len(found) < limit:
        found = store.cache.execute(sql.format(""), values).fetchall()
    return [term for (term,) in found]


def _column(name: str, value: str) -> str:
    terms = [x for t in text.search_terms(value) for x in t]
    return f"{name} : {_quoted(' '.join(terms))} *" if terms else ""


def _quoted(value: str) -> str:
    escaped = value.replace('"', '""')
    return f'"{escaped}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def case_ids(store: Store, query: Query, picked: Selection, me: str, limit: int) -> list[int]:
    """Ids of the cases of a list that a query finds, in the list's order."""
    compiler = Compiler(store, me, store.now(), of_cases=True, indexed=store.attach_search())
    condition = compiler.condition(query.root)
    extra = _unindexed_cases(store, query)
    if extra:
        condition = f"({condition}) OR c.id IN ({','.join('?' * len(extra))})"
    spam = "" if _names_state(query.root) or "bucket = 4" in picked.where else "AND c.bucket != 4"
    found = store.cache.execute(
        f"SELECT c.id FROM cases c WHERE {picked.where} {spam} AND ({condition}) "
        "ORDER BY c.bucket, c.sort1, c.sort2, c.id LIMIT ?",
        (*picked.values, *compiler.values, *extra, limit),
    )
    return [n for (n,) in found.fetchall()]


def _names_state(node: Node) -> bool:
    match node:
        case And() | Or():
            return any(_names_state(one) for one in node.nodes)
        case Not():
            return False
        case Field(name="state"):
            return True
        case _:
            return False


def _unindexed_cases(store: Store, query: Query) -> list[int]:
    """Cases whose newest words the index has not got to yet, where the query is of plain words alone."""
    wanted = query.root.nodes if isinstance(query.root, And) else (query.root,)
    if not wanted or not all(isinstance(one, Words) for one in wanted):
        return []
    needles = [text.fold(one.text) for one in wanted if isinstance(one, Words)]
    return list({row[1] for row in tail(store) if all(n in row[2] for n in needles)})


def tail(store: Store) -> list[tuple[int, int, str]]:
    """``(message, case, folded text)`` of the newest messages that are not in the index yet."""
    from agent_tui.store import rows

    found: Sequence[Any] = store.cache.execute(
        "SELECT m.id, m.case_id, m.subject, m.author_name, m.author_address, b.text FROM unindexed u "
        "JOIN messages m ON m.id = u.message_id LEFT JOIN bodies b ON b.id = m.id ORDER BY u.message_id DESC LIMIT ?",
        (TAIL,),
    ).fetchall()
    return [(r[0], r[1], text.fold(" ".join((r[2], r[3], r[4], rows.unpack(r[5]))))) for r in found]
