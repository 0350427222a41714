"""How often the forum is asked: all sources that use the same key share what it allows in a minute.

A Discourse forum lets all admin keys together ask 60 times a minute, and each user key 20 times
(``max_admin_api_reqs_per_minute``, ``max_user_api_reqs_per_minute``). A part of that is kept for what an agent waits
for: sending, and fetching what is looked at. Reading in bulk takes the rest.
"""

from __future__ import annotations

import hashlib
from collections import deque

MINUTE_MS = 60_000
KEPT = 3  # one third is for what an agent waits for


class Pace:
    """What has been asked in the last minute.

    Args:
        per_minute: how often it may be.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._asked: deque[int] = deque()
        self._held_until = 0

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
        held = 0 if urgent else max(0, min(self._held_until - now, MINUTE_MS))
        most = self.per_minute if urgent else max(1, self.per_minute - self.per_minute // KEPT)
        if len(self._asked) < most:
            return held
        return max(held, self._asked[len(self._asked) - most] + MINUTE_MS - now)

    def asked(self, now: int) -> None:
        """Something is being asked."""
        self._asked.append(now)

    def hold(self, until: int) -> None:
        """The forum wants to be left alone until then: reading in bulk waits."""
        self._held_until = max(self._held_until, until)


_PACES: dict[str, Pace] = {}


def shared(base: str, secret: str, per_minute: int, *, admin: bool) -> Pace:
    """The pace of everybody here who asks this forum with this key (with any admin key: those share one allowance)."""
    whose = "admin" if admin else hashlib.sha256(secret.encode()).hexdigest()
    pace = _PACES.setdefault(f"{base} {whose}", Pace(per_minute))
    pace.per_minute = min(pace.per_minute, per_minute)
    return pace
