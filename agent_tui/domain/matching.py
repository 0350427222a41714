"""A query over one case in memory: for small sets, and to check what the database finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent_tui.domain.model import Address, Answer, Case
from agent_tui.domain.query import Age, And, Date, Field, Node, Not, Or, Query, Words
from agent_tui.domain.words import SPACELESS, folded, tokens


def matches(
    query: Query | Node,
    case: Case,
    text: str,
    *,
    now: int = 0,
    me: str = "",
    authors: Iterable[Address] = (),
    recipients: Iterable[Address] = (),
    clauses: Iterable[str] = (),
    at: int | None = None,
) -> bool:
    """Whether one case, with the text of its messages, is what the query asks for.

    Args:
        text: everything that words without a field are looked for in; the subject is added to it.
        now: milliseconds; what ages and ``is:overdue`` count from.
        me: the agent's handle.
        authors: who wrote, besides the customer; recipients: to whom.
        clauses: the clauses applied in the case.
        at: time that dates and ages are compared with; without it, when the case last changed.
    """
    root = query.root if isinstance(query, Query) else query
    when = case.updated_at if at is None else at
    people = {"from": (case.customer, *authors), "to": tuple(recipients)}
    words: dict[str, str] = {}

    def found(one: Words) -> bool:
        if one.field not in words:
            words[one.field] = case.subject if one.field == "subject" else f"{case.subject}\n{text}"
        return contains(words[one.field], one.text, phrase=one.phrase)

    def holds(node: Node) -> bool:
        match node:
            case And(nodes):
                return all(holds(one) for one in nodes)
            case Or(nodes):
                return any(holds(one) for one in nodes)
            case Not(inner):
                return not holds(inner)
            case Words():
                return found(node)
            case Age("older", ms):
                return when < now - ms
            case Age(_, ms):
                return when >= now - ms
            case Date("before", ms):
                return when < ms
            case Date(_, ms):
                return when >= ms
            case Field("from" | "to" as name, value):
                wanted = value.casefold()
                return any(wanted in f"{who.name} {who.address}".casefold() for who in people[name])
            case Field("clause", value):
                return any(one == value or one.split("#")[0] == value for one in clauses)
            case Field(name, value):
                return _COLUMNS[name](case, value, now, me)

    return holds(root)


def _is(case: Case, value: str, now: int, me: str) -> bool:
    match value:
        case "unread":
            return case.unread > 0
        case "overdue":
            return case.due_at is not None and case.due_at < now
        case "unanswered":
            return case.waiting_since is not None and not (case.public and case.answer is Answer.UNVERIFIED)
        case "unverified":
            return case.answer is Answer.UNVERIFIED
        case "solved":
            return case.answer is Answer.SOLVED
        case "staff":
            return case.answer is Answer.STAFF
        case "public":
            return case.public
        case _:
            return bool(me) and case.assignee == me


def _assignee(case: Case, value: str, _now: int, me: str) -> bool:
    if value == "none":
        return case.assignee is None
    if value == "me":
        return bool(me) and case.assignee == me
    return case.assignee is not None and value.casefold() in case.assignee.casefold()


_COLUMNS: dict[str, Callable[[Case, str, int, str], bool]] = {
    "is": _is,
    "assignee": _assignee,
    "has": lambda case, _value, _now, _me: case.attachments,
    "state": lambda case, value, _now, _me: case.state.value == value,
    "channel": lambda case, value, _now, _me: case.channel.value == value,
    "source": lambda case, value, _now, _me: case.source == value,
    "tag": lambda case, value, _now, _me: value.casefold() in {tag.casefold() for tag in case.tags},
}


def contains(text: str, wanted: str, *, phrase: bool = False) -> bool:
    """Whether folded ``text`` has the words of ``wanted`` side by side.

    The last word may be the beginning of one unless ``phrase``; in scripts without spaces any place will do.
    Something without a letter or digit is found as it stands.
    """
    terms = tokens(wanted)
    if not terms:
        return folded(wanted).strip() in folded(text)
    if any(SPACELESS.search(term) for term in terms):
        return "".join(terms) in "".join(tokens(text))
    have = tokens(text)
    last = len(terms) - 1
    for start in range(len(have) - last):
        window = have[start : start + last + 1]
        if window[:last] == terms[:last] and (
            window[last] == terms[last] or (not phrase and window[last].startswith(terms[last]))
        ):
            return True
    return False
