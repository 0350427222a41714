"""What is typed at triage prompts, turned into values: times, tags, priorities, states. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from datetime import time as clock_time

from agent_tui.domain.model import CaseState, Marks, Priority

_UNITS = {"s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(\d{1,4})\s*(min|s|m|h|d|w)[a-z]*", re.IGNORECASE)
_CLOCK = re.compile(r"(?:at\s+)?(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MORNING = clock_time(9)
_EVENING = clock_time(18)

SNOOZE_CHOICES = ("2h", "4h", "this evening", "tomorrow", "mon 9:00", "1w")


def parse_until(text: str, now: int, zone: tzinfo) -> int:
    """A time in the future, in milliseconds.

    Understands ``90m``, ``2h``, ``1d 4h``, ``tomorrow``, ``tomorrow 14:30``, ``this evening``, ``mon``, ``mon 9:00``,
    ``next week``, ``2026-08-01``, ``2026-08-01 10:00``, ``17:30``. A day without a time means nine in the morning.

    Args:
        text: what was typed.
        now: milliseconds.
        zone: where days begin.

    Raises:
        ValueError: not understood, or in the past; the message says which.
    """
    words = " ".join(text.lower().split())
    if not words:
        raise ValueError("until when? for example 2h, tomorrow, mon 9:00")
    spans = list(_DURATION.finditer(words))
    if spans and not _DURATION.sub("", words).strip(" ,+in"):
        total = sum(int(one[1]) * _UNITS[one[2]] for one in spans)
        if not total:
            raise ValueError("no time at all; try 2h")
        return now + total
    here = datetime.fromtimestamp(now / 1000, zone)
    day, rest = _day(words, here)
    at = _clock(rest, _EVENING if words in {"this evening", "tonight", "evening"} else _MORNING)
    if at is None:
        raise ValueError(f"can't read '{text.strip()}'; try 2h, tomorrow, mon 9:00, 2026-08-01")
    until = datetime.combine(day or here.date(), at, zone)
    if day is None and until <= here:
        until += timedelta(days=1)
    moment = int(until.timestamp() * 1000)
    if moment <= now:
        raise ValueError(f"{until:%a %d %b %H:%M} is over already")
    return moment


def _day(words: str, here: datetime) -> tuple[datetime | None, str]:
    today = here.replace(hour=0, minute=0, second=0, microsecond=0)
    date = _DATE.match(words)
    if date is not None:
        try:
            return today.replace(year=int(date[1]), month=int(date[2]), day=int(date[3])), words[date.end() :].strip()
        except ValueError:
            raise ValueError(f"there is no {date[0]}") from None
    first, _, rest = words.partition(" ")
    if words in {"this evening", "tonight", "evening"}:
        return today, ""
    if first == "today":
        return today, rest
    if first in {"tomorrow", "tom"}:
        return today + timedelta(days=1), rest
    if words.startswith("next week"):
        return today + timedelta(days=7 - today.weekday()), words.removeprefix("next week").strip()
    if first == "next" and rest[:3] in _DAYS:
        first, _, rest = rest.partition(" ")
    if first[:3] in _DAYS and first.isalpha():
        ahead = (_DAYS.index(first[:3]) - today.weekday()) % 7 or 7
        return today + timedelta(days=ahead), rest
    return None, words


def _clock(text: str, default: clock_time) -> clock_time | None:
    if not text:
        return default
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        hour = hour % 12 + (12 if found[3].lower() == "pm" else 0)
    return clock_time(hour, minute) if hour < 24 and minute < 60 else None


def parse_tags(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tags to put on and to take off: ``refund, +vip -old``.

    Raises:
        ValueError: nothing was named, or a tag is put on and taken off at once.
    """
    add: list[str] = []
    remove: list[str] = []
    for word in re.split(r"[\s,]+", text.strip()):
        name = word.lstrip("+-#").casefold()
        if name:
            (remove if word.startswith("-") else add).append(name)
    if not add and not remove:
        raise ValueError("which tag? for example refund, or -refund to take it off")
    both = set(add) & set(remove)
    if both:
        raise ValueError(f"'{min(both)}' can't be put on and taken off at once")
    return tuple(dict.fromkeys(add)), tuple(dict.fromkeys(remove))


def parse_choice(text: str, choices: tuple[str, ...], what: str) -> str:
    """The one choice that begins with what was typed.

    Raises:
        ValueError: none, or more than one.
    """
    typed = text.strip().casefold()
    found = [one for one in choices if one == typed] or [one for one in choices if typed and one.startswith(typed)]
    if len(found) != 1:
        raise ValueError(f"{what} is one of {', '.join(choices)}")
    return found[0]


def parse_priority(text: str) -> Priority:
    """A priority by its name or the beginning of it.

    Raises:
        ValueError: none begins so.
    """
    return Priority(parse_choice(text, tuple(Priority), "priority"))


SETTABLE = (CaseState.OPEN, CaseState.CLOSED, CaseState.SNOOZED, CaseState.SPAM)


def parse_state(text: str) -> CaseState:
    """A state an agent can set, by its name or the beginning of it.

    Raises:
        ValueError: none begins so.
    """
    return CaseState(parse_choice(text, SETTABLE, "state"))


def suggestions(text: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Choices for the last word being typed: those that begin with it, then those that contain it."""
    word = re.split(r"[\s,]+", text)[-1].lstrip("+-").casefold()
    begin = [one for one in choices if one.casefold().startswith(word)]
    return (*begin, *(one for one in choices if word and one not in begin and word in one.casefold()))


def moderation_question(action: str, what: frozenset[str], number: int) -> str:
    """What is asked before a decision about what others see; empty for invitations, which concern us alone.

    Args:
        action: ``approve``, ``reject`` or ``ignore``.
        what: what the cases wait for: ``invitation``, ``queued``, ``reported``.
        number: of cases.
    """
    posts, reports = ("this post", "this report") if number == 1 else (f"{number} posts", f"{number} reports")
    words = {
        ("approve", Marks.QUEUED): f"Let {posts} appear for everybody?",
        ("reject", Marks.QUEUED): f"Refuse {posts} for good?",
        ("approve", Marks.REPORTED): f"Agree with {reports}? The forum may then hide what was reported.",
        ("reject", Marks.REPORTED): f"Disagree with {reports}? What was reported stays.",
        ("ignore", Marks.REPORTED): f"Ignore {reports}?",
    }
    decided = [one for one in (Marks.QUEUED, Marks.REPORTED) if one in what]
    if len(decided) == 1:
        return words.get((action, decided[0]), "")
    return f"{'Approve' if action == 'approve' else 'Reject'} {number} posts and reports?" if decided else ""
