"""Times as an agent types them (snooze, send later), and spans as a line of the inbox shows them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

MORNING = time(9, 0)
NOON = time(12, 0)
AFTERNOON = time(14, 0)
EVENING = time(18, 0)
NIGHT = time(20, 0)

EXAMPLES = "write for example 2h, 30m, 17:00, tomorrow 9:00, mon, next week or 2026-12-01 14:30"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS = {
    "morning": MORNING, "noon": NOON, "afternoon": AFTERNOON, "evening": EVENING, "tonight": NIGHT, "night": NIGHT,
}  # fmt: skip
_SPAN = re.compile(r"(\d{1,5})\s*(minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?![a-z])", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?\Z", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z", re.ASCII)
_FURTHEST = timedelta(days=3660)


def parse_when(text: str, now_ms: int, timezone: str) -> int:
    """The instant in the future that ``text`` means.

    A day without a time means 9:00. A time without a day means the next time it is that late. The name of a day is
    the next one, never today, unless a time follows that is still to come today.

    Args:
        now_ms: milliseconds since the epoch.
        timezone: IANA name of the agent's zone.

    Raises:
        ValueError: it can't be understood or is not in the future; in words.
    """
    plain = " ".join(text.lower().replace(",", " ").split())
    if not plain:
        raise ValueError(f"when? {EXAMPLES}")
    zone = ZoneInfo(timezone)
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    span = _after(plain.removeprefix("in ").removeprefix("for "), now, now_ms, zone)
    if span is None:
        local = _local(plain, now)
        span = int(local.replace(tzinfo=zone).timestamp() * 1000)
        if span <= now_ms:
            raise ValueError(f"'{text.strip()}' is {local:%Y-%m-%d %H:%M}, which has passed")
    if span - now_ms > _FURTHEST / timedelta(milliseconds=1):
        raise ValueError(f"'{text.strip()}' is more than ten years away")
    return span


def _after(plain: str, now: datetime, now_ms: int, zone: ZoneInfo) -> int | None:
    """``2h``, ``1h 30m``, ``3 days``: hours and minutes pass, days and weeks keep the time on the wall."""
    found, at = [], 0
    while at < len(plain):
        part = _SPAN.match(plain, at)
        if not part:
            return None
        found.append((int(part[1]), part[2][0]))
        at = part.end()
        while at < len(plain) and plain[at] == " ":
            at += 1
    days = sum(number * (7 if unit == "w" else 1) for number, unit in found if unit in "wd")
    passing = sum(number * (HOUR if unit == "h" else MINUTE) for number, unit in found if unit in "hm")
    if not days and not passing:
        raise ValueError(f"'{plain}' is now; {EXAMPLES}")
    if days > _FURTHEST.days:
        raise ValueError(f"'{plain}' is more than ten years away")
    if not days:
        return now_ms + passing
    wall = now.replace(tzinfo=None) + timedelta(days=days)
    return int(wall.replace(tzinfo=zone).timestamp() * 1000) + passing


def _local(plain: str, now: datetime) -> datetime:
    """The time on the wall that is meant."""
    words = [word for word in plain.replace("t", " ", 1).split() if word] if re.match(r"\d{4}-\d+-\d+t", plain) else []
    words = words or [word for word in plain.split() if word not in ("at", "on", "until", "till")]
    if not words:
        raise ValueError(f"'{plain}' is not a time; {EXAMPLES}")
    today = now.date()
    day, rest = _day(words, today)
    clock = _clock(rest)
    if rest and clock is None:
        raise ValueError(f"'{' '.join(rest)}' is not a time; {EXAMPLES}")
    wall = now.replace(tzinfo=None)
    if day is None:
        if clock is None:
            raise ValueError(f"'{plain}' is not a time; {EXAMPLES}")
        wanted = datetime.combine(today, clock)
        named = rest[0] in ("tonight", "afternoon", "evening")
        return wanted if wanted > wall or named else wanted + timedelta(days=1)
    wanted = datetime.combine(day, clock or MORNING)
    if day == today and clock is not None and words[0] not in ("today", "this") and wanted <= wall:
        wanted += timedelta(days=7)  # "mon 9:00" on a Monday at ten
    elif day == today and clock is None and words[0] != "today":
        wanted += timedelta(days=7)
    return wanted


def _day(words: list[str], today: date) -> tuple[date | None, list[str]]:
    first, rest = words[0], words[1:]
    if first in ("today", "this") and (rest or first == "today"):
        return today, rest
    if first in ("tomorrow", "tom", "tmr", "tmrw"):
        return today + timedelta(days=1), rest
    if first == "weekend":
        return _next(today, 5), rest
    if first == "next" and rest:
        if rest[0] == "week":
            return today + timedelta(days=7 - today.weekday()), rest[1:]
        if rest[0] == "month":
            return (today.replace(day=1) + timedelta(days=32)).replace(day=1), rest[1:]
        number = _weekday(rest[0])
        if number is not None:
            coming = _next(today, number)
            return coming if coming > today else coming + timedelta(days=7), rest[1:]
    number = _weekday(first)
    if number is not None:
        return _next(today, number), rest
    iso = _ISO.match(first)
    if iso:
        try:
            return date(int(iso[1]), int(iso[2]), int(iso[3])), rest
        except ValueError:
            raise ValueError(f"there is no such day as {first} (year-month-day)") from None
    return None, words


def _weekday(word: str) -> int | None:
    for number, name in enumerate(_DAYS):
        if len(word) >= 3 and name.startswith(word):
            return number
    return None


def _next(today: date, weekday: int) -> date:
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _clock(words: list[str]) -> time | None:
    if not words:
        return None
    text = " ".join(words)
    if text in _PARTS:
        return _PARTS[text]
    found = _CLOCK.match(text)
    if not found or not (found[2] or found[3]):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            raise ValueError(f"there is no {text} on a clock")
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    if hour > 23 or minute > 59:
        raise ValueError(f"there is no {text} on a 24-hour clock")
    return time(hour, minute)


def age_words(ms: int) -> str:
    """How long ago, in at most four characters: ``now``, ``4m``, ``2h``, ``3d``, ``5w``, ``2y``."""
    ms = max(0, ms)
    if ms < MINUTE:
        return "now"
    for limit, size, unit in ((HOUR, MINUTE, "m"), (DAY, HOUR, "h"), (14 * DAY, DAY, "d"), (365 * DAY, 7 * DAY, "w")):
        if ms < limit:
            return f"{ms // size}{unit}"
    return f"{ms // (365 * DAY)}y"


def left_words(ms: int) -> str:
    """Time left on a promise: ``45s``, ``4m``, ``2h``, ``3d``; ``-15m`` when it broke so long ago.

    Rounded down in size, so that it never says more time than there is.
    """
    size = abs(ms)
    for limit, unit, name in ((MINUTE, 1000, "s"), (HOUR, MINUTE, "m"), (2 * DAY, HOUR, "h"), (1000 * DAY, DAY, "d")):
        if size < limit:
            count = size // unit
            return f"-{count}{name}" if ms < 0 and count else f"{count}{name}"
    return f"{'-' if ms < 0 else ''}{size // (365 * DAY)}y"
