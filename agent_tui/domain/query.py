"""The query language of the search box, saved views and commands: text to a tree, and back.

``parse`` never raises anything but ``QueryError``, whatever it is given. A word with a colon is a field only
where the part before the colon is one of the known names; ``https://…``, ``12:30`` and ``error:500`` are
ordinary words, and a name that looks like a slip of a known one is pointed out.

Two words side by side must both be there; ``OR`` (in capitals) binds weaker than that; ``-`` in front of a
word, a field or a parenthesis negates. Dates are midnight in the zone given: ``after:`` includes that
instant, ``before:`` ends just short of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agent_tui.domain.errors import UsageError
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import CaseState, Channel

QUOTES = '"“”„'
DEPTH = 40  # parentheses inside each other
LONGEST = 10_000
TERMS = 200  # words and fields in one query: more than anybody types, fewer than SQL can take

STATES = tuple(state.value for state in CaseState)
CHANNELS = tuple(channel.value for channel in Channel)
IS = ("unread", "overdue", "unanswered", "unverified", "staff", "solved", "public", "mine")
HAS = ("attachment",)
CHOICES: dict[str, tuple[str, ...]] = {"state": STATES, "channel": CHANNELS, "is": IS, "has": HAS}
FREE = ("from", "to", "tag", "source", "assignee", "clause")
NAMES = ("from", "to", "subject", "tag", "source", "channel", "state", "assignee", "is", "has", "before", "after",
         "older", "newer", "clause")  # fmt: skip

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000, "mo": 30 * 86_400_000,
         "y": 365 * 86_400_000}  # fmt: skip

# What other programs call our fields.
ALIASES = {
    "status": "state", "label": "tag", "labels": "tag", "sender": "from", "author": "from", "recipient": "to",
    "assigned": "assignee", "owner": "assignee", "since": "after", "until": "before", "title": "subject",
    "older_than": "older", "newer_than": "newer", "policy": "clause", "inbox": "source",
}  # fmt: skip

_NAME = re.compile(r"([A-Za-z_]{2,12}):")
_SPAN = re.compile(r"(\d{1,6})(mo|[mhdwy])\Z", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z", re.ASCII)


class QueryError(UsageError):
    """The query can't be understood.

    Args:
        message: in plain words, with what would be right.
        position: offset in the query text that it is about.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class And:
    """Everything in it holds; an empty one always does."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them holds."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    node: Node


@dataclass(frozen=True, slots=True)
class Words:
    """Text to be found: a word (or the start of one), or a phrase exactly; ``field`` is empty or ``subject``."""

    text: str
    phrase: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """``name:value`` for the names that are compared with columns."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Age:
    """``older`` or ``newer`` than ``ms`` milliseconds before now."""

    name: str
    ms: int


@dataclass(frozen=True, slots=True)
class Date:
    """``before`` (exclusive) or ``after`` (inclusive) an instant in milliseconds since the epoch."""

    name: str
    ms: int


Node = And | Or | Not | Words | Field | Age | Date


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query and the text it came from."""

    root: Node
    text: str = ""

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing, and so matches everything."""
        return self.root == And(())

    def words(self) -> tuple[Words, ...]:
        """What a hit is to be highlighted by: the words that are not negated."""
        return tuple(_positive(self.root))


def _positive(node: Node) -> Iterator[Words]:
    match node:
        case And(nodes) | Or(nodes):
            for one in nodes:
                yield from _positive(one)
        case Words():
            yield node
        case _:
            return


def parse(text: str, *, timezone: str = "UTC") -> Query:
    """The tree of a query.

    Args:
        timezone: IANA name of the zone whose midnights ``before:`` and ``after:`` mean.

    Raises:
        QueryError: it can't be understood; says where and what would be right.
    """
    if len(text) > LONGEST:
        raise QueryError(f"that is longer than {LONGEST:,} characters; a shorter query finds the same", LONGEST)
    parser = _Parser(text, timezone)
    return Query(parser.whole(), text)


class _Parser:
    """Recursive descent over the characters; ``at`` is the offset of the next one."""

    def __init__(self, text: str, timezone: str) -> None:
        self.text = text
        self.timezone = timezone
        self.at = 0
        self.depth = 0
        self.terms = 0

    def whole(self) -> Node:
        node = self.alternatives()
        if self.at < len(self.text):
            raise QueryError("this ) closes nothing: leave it out or add a ( before", self.at)
        return node

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def is_or(self) -> bool:
        after = self.text[self.at + 2 : self.at + 3]
        return self.text.startswith("OR", self.at) and (not after or after.isspace() or after in "()")

    def alternatives(self) -> Node:
        found = [self.together()]
        while self.at < len(self.text) and self.is_or():
            start = self.at
            if found[-1] == And(()):
                raise QueryError("OR needs something before it; put it in quotes to look for the word", start)
            self.at += 2
            following = self.together()
            if following == And(()):
                raise QueryError("OR needs something after it; put it in quotes to look for the word", start)
            found.append(following)
        return found[0] if len(found) == 1 else Or(tuple(_flat(found, Or)))

    def together(self) -> Node:
        found: list[Node] = []
        while True:
            self.space()
            if self.at >= len(self.text) or self.text[self.at] == ")" or self.is_or():
                break
            found.append(self.term())
        return found[0] if len(found) == 1 else And(tuple(_flat(found, And)))

    def term(self) -> Node:
        self.terms += 1
        if self.terms > TERMS:
            raise QueryError(f"that is more than {TERMS} words; a shorter query finds the same", self.at)
        following = self.text[self.at + 1 : self.at + 2]
        if self.text[self.at] == "-" and following and not following.isspace() and following not in "-)":
            self.at += 1
            return Not(self.plain())
        return self.plain()

    def plain(self) -> Node:
        character = self.text[self.at]
        if character == "(":
            return self.group()
        if character in QUOTES:
            return Words(self.quoted(), phrase=True)
        name = _NAME.match(self.text, self.at)
        if name and not self.text.startswith("//", name.end()):
            known = name[1].lower()
            if known in NAMES:
                return self.field(known, name.end())
            self.doubt(known, name.end())
        return Words(self.word())

    def group(self) -> Node:
        start = self.at
        self.depth += 1
        if self.depth > DEPTH:
            raise QueryError(f"more than {DEPTH} parentheses inside each other", start)
        self.at += 1
        node = self.alternatives()
        if self.at >= len(self.text):
            raise QueryError("this ( is never closed: add a )", start)
        if node == And(()):
            raise QueryError("there is nothing between these parentheses", start)
        self.at += 1
        self.depth -= 1
        return node

    def quoted(self) -> str:
        start = self.at
        end = start + 1
        while end < len(self.text) and self.text[end] not in QUOTES:
            end += 1
        if end >= len(self.text):
            raise QueryError("this quotation mark is never closed: add a second one", start)
        inside = self.text[start + 1 : end].strip()
        if not inside:
            raise QueryError("there is nothing between these quotation marks", start)
        self.at = end + 1
        return inside

    def word(self) -> str:
        """Up to the next space or a ) that the word itself did not open: ``call(x)`` is one word."""
        start, opened = self.at, 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character.isspace() or (character == ")" and not opened):
                break
            opened += (character == "(") - (character == ")")
            self.at += 1
        return self.text[start : self.at]

    def field(self, name: str, value_at: int) -> Node:
        start, self.at = self.at, value_at
        following = self.text[value_at : value_at + 1]
        if not following or following.isspace() or following == ")":
            raise QueryError(f"{name}: needs {_wanted(name)} right after the colon", start)
        if following == "(":
            raise QueryError(f'{name}: takes one word or a "phrase in quotes", not parentheses', value_at)
        phrase = following in QUOTES
        value = self.quoted() if phrase else self.word()
        if name == "subject":
            return Words(value, phrase=phrase, field="subject")
        if name in CHOICES:
            return Field(name, _choice(name, value.lower(), value_at))
        if name in ("older", "newer"):
            span = _SPAN.match(value)
            if not span:
                raise QueryError(f"{name}: needs {_wanted(name)}, not '{_short(value)}'", value_at)
            return Age(name, int(span[1]) * UNITS[span[2].lower()])
        if name in ("before", "after"):
            return Date(name, _midnight(name, value, value_at, self.timezone))
        if name == "assignee" and value.lower() in ("me", "none"):
            value = value.lower()
        return Field(name, value)

    def doubt(self, name: str, end: int) -> None:
        """Complain of a name that is most likely a slip of a known one."""
        if not self.text[end : end + 1].strip():
            return
        meant = ALIASES.get(name) or _slip(name, NAMES)
        if meant:
            raise QueryError(
                f"there is no field {name}: – did you mean {meant}: ? (to look for the text itself, put it in quotes)",
                self.at,
            )


def _flat(nodes: Iterable[Node], kind: type[And] | type[Or]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, kind):
            yield from node.nodes
        else:
            yield node


def _short(value: str) -> str:
    return value if len(value) <= 30 else value[:29] + "…"


def _wanted(name: str) -> str:
    if name in CHOICES:
        return "one of " + ", ".join(CHOICES[name]) if len(CHOICES[name]) > 1 else f"'{CHOICES[name][0]}'"
    if name in ("older", "newer"):
        return "a span such as 30m, 2h, 7d or 3w"
    if name in ("before", "after"):
        return "a date such as 2026-12-01"
    return {"assignee": "a name, 'me' or 'none'", "tag": "a tag", "source": "the name of a source",
            "clause": "the id of a clause"}.get(name, "a word")  # fmt: skip


def _choice(name: str, value: str, position: int) -> str:
    known = CHOICES[name]
    if value in known:
        return value
    if name == "has" and value == "attachments":
        return "attachment"
    meant = _slip(value, known) or next((one for one in known if len(value) > 1 and one.startswith(value)), "")
    hint = f" – did you mean {name}:{meant}?" if meant else ""
    if not hint:  # is:open and state:unread are slips of the field, not of the value
        other = next((field for field, values in CHOICES.items() if value in values), "")
        hint = f" – did you mean {other}:{value}?" if other else f"; it is {_wanted(name)}"
    raise QueryError(f"{name}: has no '{_short(value)}'{hint}", position)


def _midnight(name: str, value: str, position: int, timezone: str) -> int:
    parts = _DATE.match(value)
    if not parts:
        raise QueryError(f"{name}: needs {_wanted(name)}, not '{_short(value)}'", position)
    year, month, day = int(parts[1]), int(parts[2] or 1), int(parts[3] or 1)
    if not 1971 <= year <= 2200:
        raise QueryError(f"{name}: takes years from 1971 to 2200, not {year}", position)
    try:
        return int(datetime(year, month, day, tzinfo=_zone(timezone)).timestamp() * 1000)
    except ValueError:
        raise QueryError(f"there is no such day as {value} (year-month-day)", position) from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")


def _slip(name: str, known: Iterable[str]) -> str:
    """The known name that ``name`` is one slip away from, or nothing.

    Three-letter names must have a letter too many or two swapped: ``tax:`` is a word, ``tags:`` a slip.
    """
    if len(name) < 3:
        return ""
    for one in known:
        if len(one) < 3:
            continue
        swapped = any(name == one[:i] + one[i + 1] + one[i] + one[i + 2 :] for i in range(len(one) - 1))
        added = len(name) == len(one) + 1 and any(name[:i] + name[i + 1 :] == one for i in range(len(name)))
        if swapped or added:
            return one
        if len(one) > 3:
            missing = len(name) == len(one) - 1 and any(one[:i] + one[i + 1 :] == name for i in range(len(one)))
            changed = len(name) == len(one) and sum(a != b for a, b in zip(name, one, strict=True)) == 1
            if missing or changed:
                return one
    return ""


# --- back to text -------------------------------------------------------------------------------------------


def to_text(node: Node | Query, *, timezone: str = "UTC") -> str:
    """A query that ``parse`` turns into the same tree."""
    if isinstance(node, Query):
        node = node.root
    match node:
        case Or(nodes):
            return " OR ".join(_enclosed(one, timezone) if isinstance(one, Or) else to_text(one, timezone=timezone)
                               for one in nodes)  # fmt: skip
        case And(nodes):
            return " ".join(_enclosed(one, timezone) if isinstance(one, And | Or) else to_text(one, timezone=timezone)
                            for one in nodes)  # fmt: skip
        case Not(inner):
            plain = isinstance(inner, Field | Age | Date) or (isinstance(inner, Words) and inner.text[:1] != "-")
            return "-" + (to_text(inner, timezone=timezone) if plain else _enclosed(inner, timezone))
        case Words(text, phrase, field):
            prefix = f"{field}:" if field else ""
            return prefix + (f'"{text}"' if phrase else text)
        case Field(name, value):
            loose = any(c.isspace() for c in value) or value[:1] == "(" or _unbalanced(value)
            loose = loose and not any(c in QUOTES for c in value)  # only a bare word can hold a quotation mark
            return f'{name}:"{value}"' if loose else f"{name}:{value}"
        case Age(name, ms):
            unit = next(unit for unit in ("w", "d", "h", "m") if ms % UNITS[unit] == 0)
            if ms // UNITS[unit] > 999_999:
                unit = "y" if ms % UNITS["y"] == 0 else "mo"
            return f"{name}:{ms // UNITS[unit]}{unit}"
        case Date(name, ms):
            return f"{name}:{datetime.fromtimestamp(ms / 1000, UTC).astimezone(_zone(timezone)).date().isoformat()}"


def _enclosed(node: Node, timezone: str) -> str:
    inside = to_text(node, timezone=timezone)
    return f"({inside} )" if "(" in inside else f"({inside})"  # the space keeps our ) out of a word like a(b


def _unbalanced(value: str) -> bool:
    opened = 0
    for character in value:
        opened += (character == "(") - (character == ")")
        if opened < 0:
            return True
    return opened != 0
