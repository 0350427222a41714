"""Queries become SQL: values are always parameters, words always quoted for the full-text engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent_tui.domain.query import Age, And, Date, Field, Node, Not, Or, Words
from agent_tui.store.database import Store
from agent_tui.store.wording import Wanted, wanted


class Compiler:
    """Turns a query's tree into conditions on messages ``m`` of cases ``c``.

    Args:
        of_cases: conditions are asked of a case (any of its messages may hold a word) rather than of a message.
        text: SQL and its values for what a leaf asks of a text.
    """

    def __init__(
        self, store: Store, me: str, now: int, *, of_cases: bool, text: Callable[[Wanted], tuple[str, Sequence[object]]]
    ) -> None:
        self.store = store
        self.me = me
        self.now = now
        self.of_cases = of_cases
        self.text = text
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
                return self._text(node)
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

    def _text(self, node: Node) -> str:
        leaf = wanted(node)
        if leaf is None or not leaf.phrases:
            return "1"
        condition, values = self.text(leaf)
        self.values.extend(values)
        return condition

    def _field(self, name: str, value: str) -> str:
        match name:
            case "from":
                return self._text(Field(name, value))
            case "to":
                self.values.append(f"%{_escaped(value)}%")
                condition = "recipients LIKE ? ESCAPE '\\'"
                return (
                    f"EXISTS (SELECT 1 FROM messages WHERE case_id = c.id AND {condition})"
                    if self.of_cases
                    else f"m.{condition}"
                )
            case "subject":
                return self._text(Field(name, value))
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
                return ("c.waiting_since IS NOT NULL AND c.state IN ('new', 'open', 'snoozed') "
                        "AND NOT (c.public AND c.answer = 'unverified')")
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


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def names_state(node: Node) -> bool:
    """Whether a query says in which state: only then spam is looked through."""
    match node:
        case And() | Or():
            return any(names_state(one) for one in node.nodes)
        case Not():
            return False
        case Field(name="state"):
            return True
        case _:
            return False
