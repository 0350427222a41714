"""How long a server asks to be left alone, in every shape that the services here are known to say it.

``Retry-After`` (RFC 9110, section 10.2.3) is seconds or a date; some send fractions. Others say it in the body, or
only when a window ends: as seconds left, as seconds since the epoch or as a date.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_MS = 3_600_000  # whatever a server says, it is asked again after an hour
EPOCH_S = 100_000_000  # a larger number is a moment, a smaller one a length of time
RESETS = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")
REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
# Keys in a body: Matrix (milliseconds), Zulip, Discourse (inside ``extras``), and their relatives.
IN_MILLISECONDS = ("retry_after_ms",)
IN_SECONDS = ("retry-after", "retry_after", "wait_seconds", "time_left")


def wait_ms(headers: Mapping[str, str], body: bytes, now: int) -> int | None:
    """Milliseconds to wait before asking again, or None where the server says nothing.

    Args:
        headers: with names in lower case.
        body: of the answer; may be anything.
        now: milliseconds since the epoch.
    """
    said = _moment_or_length(headers.get("retry-after", ""), now)
    if said is None:
        said = _in_body(body)
    if said is None and (not any(name in headers for name in REMAINING) or _used_up(headers)):
        said = next((found for name in RESETS if (found := _moment_or_length(headers.get(name, ""), now)) is not None), None)
    return None if said is None else max(0, min(said, LONGEST_MS))


def _used_up(headers: Mapping[str, str]) -> bool:
    return any(headers.get(name, "").strip() == "0" for name in REMAINING)


def _moment_or_length(value: str, now: int) -> int | None:
    value = value.strip()
    if not value:
        return None
    seconds = _number(value)
    if seconds is not None:
        milliseconds = seconds * 1000
        return math.ceil(milliseconds - now if seconds > EPOCH_S else milliseconds)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
            moment = read(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return math.ceil(moment.timestamp() * 1000 - now)
    return None


def _in_body(body: bytes) -> int | None:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for place in (value, value.get("extras") if isinstance(value, dict) else None):
        if not isinstance(place, dict):
            continue
        for keys, unit in ((IN_MILLISECONDS, 1), (IN_SECONDS, 1000)):
            for key in keys:
                said = _number(place.get(key))
                if said is not None:
                    return math.ceil(said * unit)
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < 1e15 else None
