"""Who of us watches when, and what of it a reply may say: "we are here until 18:00". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from agent_tui.domain import clocks
from agent_tui.domain.clocks import Hours
from agent_tui.domain.frozen import dataclass

DAY_MS = 86_400_000
_HANDOVERS = 50  # one after the other: somebody always comes before the last one goes


@dataclass(frozen=True, slots=True)
class Watch:
    """One of us, and when they watch.

    Args:
        who: as cases are assigned to them: e-mail address or name.
    """

    who: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands at a moment.

    Args:
        here: who watches, in the order of the settings; where nobody is named, empty.
        open: whether anybody watches.
        until: when the last of them goes without somebody else coming before, in milliseconds; None: never, or nobody is here.
        next: when somebody comes, where nobody is here; None: never.
    """

    here: tuple[str, ...]
    open: bool
    until: int | None
    next: int | None


def standing(watch: Sequence[Watch], hours: Hours | None, now: int) -> Standing:
    """Who watches at a moment, until when, and when somebody comes again.

    Args:
        watch: who watches when; where it is empty, everybody does in ``hours``.
        hours: working hours, or None for always.
        now: milliseconds.
    """
    spans: tuple[Hours | None, ...] = tuple(one.hours for one in watch) or (hours,)
    here = tuple(one.who for one in watch if clocks.is_open(now, one.hours))
    if not any(clocks.is_open(now, one) for one in spans):
        coming = [at for one in spans if one is not None and (at := clocks.next_open(now, one)) > now]
        return Standing((), False, None, min(coming, default=None))
    until = now
    for _ in range(_HANDOVERS):
        there = [one for one in spans if clocks.is_open(until, one)]
        if not there:
            return Standing(here, True, until, None)
        ends = [end for one in there if (end := _close(until, one)) is not None]
        if len(ends) < len(there):
            break
        until = max(ends)
    return Standing(here, True, None, None)


def facts(watch: Sequence[Watch], hours: Hours | None, me: str, now: int) -> dict[str, Any]:
    """What a canned reply may say of it: ``watch.until``, ``watch.mine``, ``watch.next``, ``watch.who``.

    Args:
        me: the agent's handle.
    """
    from agent_tui.domain.templates import Unknown

    found = standing(watch, hours, now)
    zone = zone_of(watch, hours)
    mine = next((one.hours for one in watch if one.who == me), hours)
    own = _close(now, mine) if mine is not None and clocks.is_open(now, mine) else None
    return {
        "who": ", ".join(found.here) or Unknown("who of us is here"),
        "until": said(found.until, now, zone) if found.until else Unknown("until when we are here"),
        "mine": said(own, now, zone) if own else Unknown("until when you are here"),
        "next": said(found.next, now, zone) if found.next else Unknown("when we are here again"),
    }


def zone_of(watch: Sequence[Watch], hours: Hours | None) -> tzinfo:
    """Where the times are told."""
    known = hours or next((one.hours for one in watch), None)
    return ZoneInfo(known.timezone) if known is not None else UTC


def said(at: int, now: int, zone: tzinfo) -> str:
    """A time as it is told to people: ``18:00`` today, ``Mon 09:00`` later; with its zone, since they may be anywhere."""
    then, today = datetime.fromtimestamp(at / 1000, zone), datetime.fromtimestamp(now / 1000, zone)
    day = "" if then.date() == today.date() else f"{then:%a} " if at - now < 6 * DAY_MS else f"{then.day} {then:%b} "
    return f"{day}{then:%H:%M} {then:%Z}"


def _close(at: int, hours: Hours | None) -> int | None:
    return None if hours is None else clocks.next_close(at, hours)
