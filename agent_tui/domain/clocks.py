"""Promises, working hours and holidays.

A clock runs only while we are open. Openings are written in local time and turned into instants with the zone's
own rules, so a day on which the clocks change is an hour shorter or longer only where the change falls into it.
Openings are laid out once per stretch of 365 days and kept; after that every question is two binary searches.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from agent_tui.domain.frozen import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT = 1440

_STRETCH_DAYS = 365
_STRETCH = _STRETCH_DAYS * 86_400_000
_FURTHEST = 60  # stretches looked through before a promise is taken to have no opening to run in
_EPOCH = date(1970, 1, 1)
_TIME = re.compile(r"(\d{1,2}):(\d{2})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """When clocks run.

    Args:
        timezone: IANA name.
        open: ``(weekday 0-6, Monday first; start minute; end minute)``; an end past 1440 crosses midnight.
        holidays: ISO dates on which nothing is open. A shift that would begin on one does not take place;
            one that began the evening before ends at midnight.
    """

    timezone: str
    open: tuple[tuple[int, int, int], ...]
    holidays: tuple[str, ...] = ()


class HoursError(ValueError):
    """Working hours that can't be understood.

    Args:
        faults: ``(key, what is wrong and what would be right)``, every one that was found.
    """

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{key}: {words}" for key, words in faults))
        self.faults = faults


# --- reading them from settings -----------------------------------------------------------------------------


def parse_hours(table: Mapping[str, Any]) -> Hours:
    """Working hours from a table with ``timezone``, ``open`` and ``holidays``.

    ``open`` holds lines such as ``mon-fri 09:00-18:00``, ``sat,sun 10:00-12:00 14:00-16:00``,
    ``daily 00:00-24:00``, ``fri-mon 22:00-06:00``.

    Raises:
        HoursError: with every fault in words.
    """
    faults: list[tuple[str, str]] = []
    known = ("timezone", "open", "holidays")
    faults.extend((str(key), f"no such key; there are {', '.join(known)}") for key in table if key not in known)
    timezone = _timezone(table.get("timezone"), faults)
    opens: list[tuple[int, int, int]] = []
    lines = table.get("open")
    if isinstance(lines, str):
        lines = [lines]
    if not isinstance(lines, list | tuple) or not lines:
        faults.append(("open", 'says when you are open, such as ["mon-fri 09:00-18:00"]; leave out [hours] for 24x7'))
        lines = []
    for line in lines:
        try:
            opens.extend(_open_line(line))
        except ValueError as wrong:
            faults.append(("open", str(wrong)))
    holidays = _holidays(table.get("holidays", ()), faults)
    if faults:
        raise HoursError(tuple(faults))
    return Hours(timezone, tuple(sorted(set(opens))), holidays)


def _timezone(value: Any, faults: list[tuple[str, str]]) -> str:
    if not isinstance(value, str) or not value:
        faults.append(("timezone", 'needs the name of a time zone, such as "Europe/Berlin" or "UTC"'))
        return "UTC"
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        from difflib import get_close_matches
        from zoneinfo import available_timezones

        known = {name.casefold(): name for name in available_timezones()}
        cities = {name.rpartition("/")[2]: known[name] for name in known if "/" in name}
        wanted = value.casefold().replace(" ", "_")
        near = [cities[wanted]] if wanted in cities else [known[n] for n in get_close_matches(wanted, known, 1, 0.75)]
        hint = f'; did you mean "{near[0]}"?' if near else ', such as "Europe/Berlin" or "Asia/Kolkata"'
        faults.append(("timezone", f"'{value}' is not the name of a time zone{hint}"))
        return "UTC"
    return value


def _holidays(value: Any, faults: list[tuple[str, str]]) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        faults.append(("holidays", 'is a list of dates, such as ["2026-12-25"]'))
        return ()
    found = set()
    for one in value:
        if isinstance(one, date):  # TOML has dates of its own
            found.add(one.isoformat()[:10])
            continue
        try:
            found.add(datetime.strptime(str(one), "%Y-%m-%d").date().isoformat())  # noqa: DTZ007 - a day, not an instant
        except ValueError:
            faults.append(("holidays", f"'{one}' is not a date; write year-month-day, such as 2026-12-25"))
    return tuple(sorted(found))


def _open_line(line: Any) -> list[tuple[int, int, int]]:
    if not isinstance(line, str) or not line.strip():
        raise ValueError(f"'{line}' should be days and times, such as 'mon-fri 09:00-18:00'")
    plain = re.sub(r"\s*[-–—]\s*", "-", line.strip().lower())
    plain = re.sub(r"\s*,\s*", ",", plain)
    days_word, *spans = plain.replace(",", " , ").split()
    days_text = [days_word]
    while len(spans) >= 2 and spans[0] == "," and spans[1][:1].isalpha():
        days_text.append(spans[1])
        spans = spans[2:]
    if not days_word[0].isalpha():
        raise ValueError(f"'{line}' says no days; write for example 'mon-fri {plain}' or 'daily {plain}'")
    spans = [span for span in spans if span != ","]
    if not spans:
        raise ValueError(f"'{line}' says no times; write for example '{days_word} 09:00-18:00'")
    days: list[int] = []
    for part in days_text:
        days.extend(_days(part, line))
    found: list[tuple[int, int, int]] = []
    for span in spans:
        start, end = _span(span, line)
        found.extend((day, start, end) for day in dict.fromkeys(days))
    return found


def _days(part: str, line: str) -> list[int]:
    if part in ("daily", "everyday", "mon-sun"):
        return list(range(7))
    ends = part.split("-")
    if len(ends) > 2:
        raise ValueError(f"'{part}' in '{line}' is not a range of days; write for example 'mon-fri'")
    numbers = []
    for name in ends:
        if name in DAYS:
            numbers.append(DAYS.index(name))
        elif name in LONG_DAYS:
            numbers.append(LONG_DAYS.index(name))
        else:
            raise ValueError(f"'{name}' in '{line}' is not a day; the days are {', '.join(DAYS)}, or daily")
    if len(numbers) == 1:
        return numbers
    first, last = numbers
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]  # fri-mon goes round the week's end


def _span(span: str, line: str) -> tuple[int, int]:
    ends = span.split("-")
    if len(ends) != 2:
        raise ValueError(f"'{span}' in '{line}' is not a span of time; write for example 09:00-18:00")
    start, end = (_minute(one, line) for one in ends)
    if start == MIDNIGHT:
        raise ValueError(f"'{line}' begins at 24:00; write 00:00 of the next day")
    if start == end:
        raise ValueError(f"'{span}' in '{line}' begins when it ends; for the whole day write 00:00-24:00")
    return start, end if end > start else end + MIDNIGHT


def _minute(text: str, line: str) -> int:
    time = _TIME.match(text)
    if not time:
        raise ValueError(f"'{text}' in '{line}' is not a time; write it on a 24-hour clock: 09:00, 17:30")
    minute = int(time[1]) * 60 + int(time[2])
    if int(time[2]) > 59 or minute > MIDNIGHT:
        raise ValueError(f"there is no {text} on a 24-hour clock (in '{line}')")
    return minute


# --- openings as instants -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Openings:
    """Openings of one stretch, in order and apart, with the working time reached at each one's end."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    reached: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.reached[-1] if self.reached else 0

    def worked(self, instant: int) -> int:
        """Working milliseconds from the stretch's begin to ``instant``."""
        place = bisect_right(self.starts, instant) - 1
        if place < 0:
            return 0
        return self.reached[place] - max(0, self.ends[place] - instant)

    def instant(self, worked: int) -> int:
        """The earliest instant at which ``worked`` milliseconds are reached; ``0 < worked <= total``."""
        place = bisect_left(self.reached, worked)
        return self.ends[place] - (self.reached[place] - worked)


@lru_cache(maxsize=512)
def _openings(hours: Hours, stretch: int) -> _Openings:
    low, high = stretch * _STRETCH, (stretch + 1) * _STRETCH
    try:
        first = _EPOCH + timedelta(days=stretch * _STRETCH_DAYS - 3)
        spans = _spans(hours, first, _STRETCH_DAYS + 6)
    except (OverflowError, ValueError):  # outside of the calendar
        spans = []
    merged: list[list[int]] = []
    for start, end in sorted((max(start, low), min(end, high)) for start, end in spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    reached, total = [], 0
    for start, end in merged:
        total += end - start
        reached.append(total)
    return _Openings(tuple(one[0] for one in merged), tuple(one[1] for one in merged), tuple(reached))


def _spans(hours: Hours, first: date, days: int) -> list[tuple[int, int]]:
    zone = ZoneInfo(hours.timezone)
    holidays = set(hours.holidays)
    by_day: dict[int, list[tuple[int, int]]] = {}
    for weekday, start, end in hours.open:
        by_day.setdefault(weekday, []).append((start, end))
    spans = []
    for step in range(days):
        day = first + timedelta(days=step)
        if day.isoformat() in holidays:
            continue
        for start, end in by_day.get(day.weekday(), ()):
            if end > MIDNIGHT and (day + timedelta(days=1)).isoformat() in holidays:
                end = MIDNIGHT
            spans.append((_instant(day, start, zone), _instant(day, end, zone, last=True)))
    return spans


def _instant(day: date, minute: int, zone: ZoneInfo, *, last: bool = False) -> int:
    """Milliseconds of a local time. One that comes twice means the first, or with ``last`` the second; one that
    is skipped means as long after the change as it would have been.
    """
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    instant = local.timestamp()
    if last:
        instant = max(instant, local.replace(fold=1).timestamp())
    return int(instant * 1000)


# --- the questions ------------------------------------------------------------------------------------------


def due_at(start_ms: int, promise_ms: int, hours: Hours | None) -> int:
    """When a promise made at ``start_ms`` breaks: the earliest instant with ``promise_ms`` of working time behind it.

    Args:
        hours: when the clock runs, or None: always.
    """
    if hours is None or promise_ms <= 0:
        return start_ms + max(0, promise_ms)
    stretch = start_ms // _STRETCH
    table = _openings(hours, stretch)
    wanted = table.worked(start_ms) + promise_ms
    for _ in range(_FURTHEST):
        if wanted <= table.total:
            return table.instant(wanted)
        wanted -= table.total
        stretch += 1
        table = _openings(hours, stretch)
    return start_ms + promise_ms  # never open: the promise runs by the calendar


def left(due_ms: int, now_ms: int, hours: Hours | None) -> int:
    """Working milliseconds left until ``due_ms``; negative: worked since it passed."""
    return worked(now_ms, due_ms, hours) if now_ms <= due_ms else -worked(due_ms, now_ms, hours)


def worked(from_ms: int, to_ms: int, hours: Hours | None) -> int:
    """Working milliseconds between two instants, ``from_ms <= to_ms``."""
    if hours is None:
        return to_ms - from_ms
    first, last = from_ms // _STRETCH, to_ms // _STRETCH
    if last - first > _FURTHEST:
        return to_ms - from_ms
    total = -_openings(hours, first).worked(from_ms)
    for stretch in range(first, last):
        total += _openings(hours, stretch).total
    return total + _openings(hours, last).worked(to_ms)


def is_open(now_ms: int, hours: Hours | None) -> bool:
    """Whether we are open at ``now_ms``."""
    return next_open(now_ms, hours) == now_ms


def next_open(now_ms: int, hours: Hours | None) -> int:
    """``now_ms`` if we are open, else when we open next (``now_ms`` where that is never)."""
    if hours is None:
        return now_ms
    stretch = now_ms // _STRETCH
    table = _openings(hours, stretch)
    place = bisect_right(table.ends, now_ms)
    for _ in range(_FURTHEST):
        if place < len(table.starts):
            return max(now_ms, table.starts[place])
        stretch += 1
        table, place = _openings(hours, stretch), 0
    return now_ms


def next_close(now_ms: int, hours: Hours | None) -> int | None:
    """When we close next, or None where we never do."""
    if hours is None:
        return None
    start = next_open(now_ms, hours)
    stretch = start // _STRETCH
    for _ in range(_FURTHEST):
        table = _openings(hours, stretch)
        place = bisect_right(table.ends, start)
        if place >= len(table.ends) or table.starts[place] > start:
            return None if place >= len(table.ends) else start
        if table.ends[place] < (stretch + 1) * _STRETCH:
            return table.ends[place]
        stretch += 1
        start = stretch * _STRETCH  # the opening goes on in the next stretch
    return None


def describe(hours: Hours) -> str:
    """Hours in words, such as ``mon-fri 09:00-18:00, sat 10:00-14:00``."""
    by_span: dict[tuple[int, int], list[int]] = {}
    for weekday, start, end in hours.open:
        by_span.setdefault((start, end), []).append(weekday)
    parts = []
    for (start, end), days in by_span.items():
        runs = _runs(sorted(days))
        names = ",".join(DAYS[a] if a == b else f"{DAYS[a]}-{DAYS[b]}" for a, b in runs)
        close = end - MIDNIGHT if end > MIDNIGHT else end
        parts.append(f"{names} {start // 60:02}:{start % 60:02}-{close // 60:02}:{close % 60:02}")
    return ", ".join(parts)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    breaks = [place + 1 for place, (a, b) in enumerate(pairwise(numbers)) if b != a + 1]
    edges = [0, *breaks, len(numbers)]
    return [(numbers[a], numbers[b - 1]) for a, b in pairwise(edges)]

