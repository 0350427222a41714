"""How often the forum is asked: all sources that use the same key share what it allows in a minute and in a day.

A Discourse forum lets all admin keys together ask 60 times a minute, and each user key 20 times a minute and 2,880 times a
day (``max_admin_api_reqs_per_minute``, ``max_user_api_reqs_per_minute``, ``max_user_api_reqs_per_day``; the message bus
counts too). A part of both is kept for what an agent waits for: sending, and fetching what is looked at. Reading in bulk
and listening take the rest.
"""

from __future__ import annotations

import hashlib
from collections import deque
from math import ceil

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
KEPT = 3  # one third is for what an agent waits for


class Pace:
    """What has been asked in the last minute, and what is left of the day's share for reading in bulk.

    That share (two thirds) is a bucket of half of it, which fills again with the other half in a day: no 24 hours can
    take more. A working day of listening fits in, and an engine that never rests ends at the steady rate of the refill
    rather than at a wall.

    Args:
        per_minute: how often it may be.
        per_day: the same for 24 hours; 0: as often as the minutes allow.
    """

    def __init__(self, per_minute: int, per_day: int = 0) -> None:
        self.per_minute = per_minute
        self.per_day = per_day
        self._asked: deque[int] = deque()
        self._held_until = 0
        self._left = self._most
        self._filled_at = 0

    @property
    def _most(self) -> float:
        return (self.per_day - self.per_day / KEPT) / 2

    def wait_ms(self, now: int, *, urgent: bool) -> int:
        """How long to wait before asking, in milliseconds; 0: not at all.

        Args:
            now: milliseconds.
            urgent: an agent waits for it.
        """
        while self._asked and self._asked[0] <= now - MINUTE_MS:
            self._asked.popleft()
        if self._asked and self._asked[-1] > now:  # the clock was put back
            self._asked.clear()
        held = 0 if urgent else max(0, min(self._held_until - now, MINUTE_MS), self._refill_ms(now))
        most = self.per_minute if urgent else max(1, self.per_minute - self.per_minute // KEPT)
        if len(self._asked) < most:
            return held
        return max(held, self._asked[len(self._asked) - most] + MINUTE_MS - now)

    def _refill_ms(self, now: int) -> int:
        """How long until the day's share has one more request for bulk."""
        if not self.per_day:
            return 0
        rate = self._most / DAY_MS
        gone = max(0, now - self._filled_at) if self._filled_at else 0
        self._left = min(self._most, self._left + gone * rate)
        self._filled_at = now
        return 0 if self._left >= 1 else ceil((1 - self._left) / rate)

    @property
    def every_s(self) -> float:
        """Seconds between two requests of reading in bulk once the day's share of it is used up."""
        return DAY_MS / self._most / 1000

    def used_up(self, now: int) -> bool:
        """Whether it is the day's share that reading in bulk waits for."""
        return self._refill_ms(now) > 0

    def asked(self, now: int, *, urgent: bool = True) -> None:
        """Something is being asked."""
        self._asked.append(now)
        if not urgent:
            self._left -= 1

    def hold(self, until: int) -> None:
        """The forum wants to be left alone until then: reading in bulk waits."""
        self._held_until = max(self._held_until, until)


_PACES: dict[str, Pace] = {}


def shared(base: str, secret: str, per_minute: int, per_day: int = 0, *, admin: bool) -> Pace:
    """The pace of everybody here who asks this forum with this key (with any admin key: those share one allowance)."""
    whose = "admin" if admin else hashlib.sha256(secret.encode()).hexdigest()
    pace = _PACES.setdefault(f"{base} {whose}", Pace(per_minute, per_day))
    pace.per_minute = min(pace.per_minute, per_minute)
    return pace
