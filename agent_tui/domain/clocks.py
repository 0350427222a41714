"""Promises, working hours and holidays."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hours:
    """When clocks run.

    Args:
        timezone: IANA name.
        open: ``(weekday 0-6, Monday first; start minute; end minute)``; an end past 1440 crosses midnight.
        holidays: ISO dates on which nothing is open.
    """

    timezone: str
    open: tuple[tuple[int, int, int], ...]
    holidays: tuple[str, ...] = ()
