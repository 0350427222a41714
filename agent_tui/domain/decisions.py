"""What was ruled under a clause, and whether a ruling departs from the usual one for like facts. Pure.

Facts are numbers that the clause names (days since purchase) and the amount. For each clause the one fact that parts what was
granted from what was refused best is looked for, with its limit. A ruling departs where customers who had less of a claim by
that fact were ruled for, or customers who had more of one against. So what is pointed out can be said in one sentence and
shown by its precedents, and a matter close to the limit is left to whoever decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.identifiers import case_code

OUTCOMES = ("granted", "refused", "exception", "explained", "other")
_RULED = ("granted", "refused")
FEWEST = 4  # precedents before anything is called usual
_SUPPORT = 2  # precedents that speak against a ruling, at least
_DOUBT = 0.34  # share of them that may speak for it
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One ruling.

    Args:
        clause: its id; version: of its words.
        outcome: one of ``OUTCOMES``.
        amount: a number as typed, or empty; scope: what it covers, in words.
        facts: what likeness is judged by, each a number as typed.
        agent: who ruled; operation: the reply it was told in, or None.
        once: not to be repeated.
        decided_at: milliseconds.
    """

    clause: str
    outcome: str
    case: int = 0
    channel: str = ""
    source: str = ""
    version: str = ""
    amount: str = ""
    scope: str = ""
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""
    operation: int | None = None
    once: bool = False
    decided_at: int = 0
    id: int = 0

    def number(self, name: str) -> float | None:
        """A fact as a number; ``amount`` is one too. None where it is not known."""
        found = _NUMBER.search(self.amount if name == "amount" else self.facts.get(name, ""))
        return float(found[0].replace(",", ".")) if found else None


@dataclass(frozen=True, slots=True)
class Usual:
    """How a clause is usually ruled.

    Args:
        fact: what it depends on, or empty: on nothing.
        low: the outcome up to ``limit``; high: above it.
        wrong: rulings that are otherwise; total: all.
    """

    fact: str
    limit: float
    low: str
    high: str
    wrong: int
    total: int

    def outcome(self, one: Decision) -> str:
        """What is usual for these facts; empty where the fact is not known."""
        if not self.fact:
            return self.low
        value = one.number(self.fact)
        return "" if value is None else self.low if value <= self.limit else self.high

    @property
    def words(self) -> str:
        """In a sentence."""
        right = f"{self.total - self.wrong} of {self.total}"
        if not self.fact or self.low == self.high:
            return f"usually {self.low} ({right})"
        limit = f"an amount of {self.limit:g}" if self.fact == "amount" else f"{self.limit:g} {self.fact}"
        return f"usually {self.low} up to {limit}, then {self.high} ({right})"


@dataclass(frozen=True, slots=True)
class Departure:
    """A ruling that is not the usual one.

    Args:
        usual: what is; precedents: rulings that show it, the likest first.
    """

    usual: Usual
    precedents: tuple[Decision, ...]

    @property
    def words(self) -> str:
        """What to tell who decides."""
        return f"{len(self.precedents)} like cases were {self.precedents[0].outcome}; {self.usual.words}"

    def likest(self, now: int, most: int = 3) -> str:
        """The likest precedents in a line: channel, when, amount, why.

        Args:
            now: milliseconds.
        """
        shown = ((SIGNS[one.outcome], one.amount, one.channel, _ago(one, now)) for one in self.precedents[:most])
        return ", ".join(" ".join(part for part in parts if part) for parts in shown)


def usual(clause: str, before: Iterable[Decision]) -> Usual | None:
    """How a clause was usually ruled; None while there are too few rulings. Exceptions and what is not to be repeated count not.

    It depends on a fact only where at least two rulings of each outcome show it: the amount of the only refusal is on one
    side of most of the others by chance.

    Args:
        before: decisions on any clause.
    """
    ruled = [one for one in before if one.clause == clause and one.outcome in _RULED and not one.once]
    if len(ruled) < FEWEST:
        return None
    granted = sum(one.outcome == "granted" for one in ruled)
    most = "granted" if granted * 2 >= len(ruled) else "refused"
    best = Usual("", 0.0, most, most, len(ruled) - max(granted, len(ruled) - granted), len(ruled))
    for name in (*dict.fromkeys(name for one in ruled for name in one.facts), "amount"):  # what the clause names first
        known = sorted((value, one.outcome) for one in ruled if (value := one.number(name)) is not None)
        if len(known) < FEWEST:
            continue
        unknown = len(ruled) - len(known)
        for place in range(1, len(known)):
            if known[place - 1][0] == known[place][0]:
                continue
            for low, high in (_RULED, _RULED[::-1]):
                below, above = _of(low, known[:place]), _of(high, known[place:])
                if min(below, above) < _SUPPORT:  # one ruling says nothing of why
                    continue
                wrong = len(known) - below - above
                if wrong + unknown < best.wrong:
                    best = Usual(name, known[place - 1][0], low, high, wrong + unknown, len(ruled))
    return best


def _of(outcome: str, ruled: Sequence[tuple[float, str]]) -> int:
    return sum(other == outcome for _, other in ruled)


def departure(one: Decision, before: Sequence[Decision]) -> Departure | None:
    """Whether a ruling departs from the usual one for like facts.

    Args:
        before: what was decided earlier, on any clause.
    """
    if one.outcome not in _RULED:
        return None
    found = usual(one.clause, before)
    if found is None or found.outcome(one) in {"", one.outcome} or found.wrong > found.total // 3:
        return None
    if not found.fact:
        after = usual(one.clause, [*before, replace(one, once=False)])
        if after is not None and after.fact and after.outcome(one) == one.outcome:
            return None  # the second of its kind, and the two show on what the outcome depends
    ruled = [other for other in before if other.clause == one.clause and other.outcome in _RULED and not other.once]
    if found.fact:
        ruled = [other for other in ruled if other.number(found.fact) is not None]
        value = one.number(found.fact)
        assert value is not None
        low = found.outcome(one) == found.low
        # Who had no better claim than this customer and was still ruled the other way; and who speaks for the ruling.
        against = [o for o in ruled if o.outcome != one.outcome and _beyond(o, found.fact, value, above=low)]
        support = [o for o in ruled if o.outcome == one.outcome and _beyond(o, found.fact, value, above=not low)]
    else:
        against = [other for other in ruled if other.outcome != one.outcome]
        support = [other for other in ruled if other.outcome == one.outcome]
    if len(against) < _SUPPORT or len(support) > _DOUBT * len(against):
        return None
    return Departure(found, tuple(sorted(against, key=lambda other: (distance(one, other), -other.decided_at))))


def _beyond(one: Decision, fact: str, value: float, *, above: bool) -> bool:
    other = one.number(fact)
    return other is not None and (other >= value if above else other <= value)


def distance(one: Decision, other: Decision) -> float:
    """How unlike the facts of two decisions are; 0 where all that both know is the same."""
    found = 0.0
    for name in ("amount", *one.facts):
        a, b = one.number(name), other.number(name)
        if a is not None and b is not None:
            found += abs(a - b) / (max(abs(a), abs(b)) or 1.0)
        elif a is not None or b is not None:
            found += 0.5
    return found


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is typed of a ruling."""

    outcome: str
    amount: str = ""
    scope: str = ""
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    once: bool = False


EXAMPLE = "granted 48.50, days since purchase=12, because our mistake, once"


def parse_ruling(text: str) -> Ruling:
    """A ruling from one line: the outcome, then, parted by commas, an amount, facts, a scope, a reason, ``once``.

    Raises:
        ValueError: it begins with no outcome; the message says what can be written.
    """
    first, _, rest = text.strip().partition(" ")
    typed = first.rstrip(",").casefold()
    found = [one for one in OUTCOMES if typed and one.startswith(typed)]
    if len(found) != 1:
        raise ValueError(f"begin with {', '.join(OUTCOMES)}; for example {EXAMPLE}")
    amount, scope, reason, once = "", "", "", False
    facts: dict[str, str] = {}
    head, because, tail = rest.partition("because ")
    if because:
        reason = tail.strip()
        if reason.endswith(", once"):
            reason, once = reason[:-6].strip(), True
    for part in (piece.strip() for piece in head.split(", ")):
        part = part.strip(", ")
        name, equals, value = part.partition("=")
        if not part:
            continue
        if part == "once":
            once = True
        elif equals:
            if value.strip():
                facts[" ".join(name.split())] = value.strip()
        elif _NUMBER.search(part) and not amount:
            amount = part
        else:
            scope = f"{scope}, {part}" if scope else part
    return Ruling(found[0], amount, scope, reason, facts, once)


def summary(ruled: Sequence[Decision], now: int) -> str:
    """How one clause was ruled, in a line: how often which way with a plot, last when and where; empty if never.

    Args:
        ruled: its decisions, oldest first; now: milliseconds.
    """
    if not ruled:
        return ""
    counts = {name: sum(one.outcome == name for one in ruled) for name in OUTCOMES}
    parts = [f"{name} {number}" for name, number in counts.items() if number]
    last = ruled[-1]
    days = max(0, now - last.decided_at) // 86_400_000
    when = "today" if days < 1 else "yesterday" if days < 2 else f"{days} days ago"
    usually = usual(last.clause, ruled)
    tail = f"; {usually.words}" if usually is not None and usually.fact else ""
    return f"{plot(ruled)} {', '.join(parts)}; last {last.outcome} {when}, {last.channel}{tail}"


def beside(here: Decision, every: Sequence[Decision], now: int, most: int = 3) -> tuple[str, ...]:
    """What to show beside a case of how one clause was ruled: the ``summary``, then the likest rulings, a line each.

    Args:
        here: the clause, the case, and what is known of its facts.
        every: decisions on any clause, oldest first.
        now: milliseconds.
        most: likest rulings.

    Returns:
        Nothing where the clause never was ruled under.
    """
    ruled = [one for one in every if one.clause == here.clause]
    if not ruled:
        return ()
    likest = sorted(ruled, key=lambda one: (distance(here, one), -one.decided_at))[:most]
    return (summary(ruled, now), *(precedent(one, here.case, now) for one in likest))


def precedent(one: Decision, case: int, now: int) -> str:
    """One ruling in a line: which way, its facts, where, when and why.

    Args:
        case: that is open.
    """
    facts = [_named(name, value) for name, value in one.facts.items()]
    where = "this case" if one.case == case else f"{one.channel} {case_code(one.case)}".strip()
    parts = [f"{SIGNS[one.outcome]} {one.outcome} {one.amount}".strip(), one.scope, *facts, f"{where} {_ago(one, now)}"]
    once = " (not to be repeated)" if one.once else ""
    return ", ".join(part for part in parts if part) + once + (f": {one.reason}" if one.reason else "")


def _ago(one: Decision, now: int) -> str:
    days = max(0, now - one.decided_at) // 86_400_000
    return "today" if days < 1 else f"{days} d ago"


def _named(name: str, value: str) -> str:
    """``12 days since purchase`` or ``items 3``."""
    return f"{value} {name}" if name.split(" ", 1)[0].casefold() in UNITS else f"{name} {value}"


UNITS = frozenset({"days", "weeks", "months", "hours", "years"})
"""With which the name of a fact may begin."""
SIGNS = {"granted": "●", "refused": "○", "exception": "◐", "explained": "·", "other": "·"}


def plot(ruled: Sequence[Decision], most: int = 12) -> str:
    """The newest rulings as signs, oldest first: ``●`` granted, ``○`` refused, ``◐`` exception, ``·`` otherwise."""
    return "".join(SIGNS[one.outcome] for one in ruled[-most:])
