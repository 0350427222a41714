"""Not asking more than Chatwoot allows: 3,000 requests a minute for an address that a whole office may share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

BURST = 600  # requests that may follow each other at once
A_SECOND = 20.0  # from then on


class Pace:
    """Lets a burst through, then so many a second.

    Args:
        steady: seconds that only grow; sleep: waits for so many.
    """

    def __init__(
        self, *, steady: Callable[[], float] = time.monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._steady = steady
        self._sleep = sleep
        self._left = float(BURST)
        self._at = steady()

    async def take(self) -> None:
        """Returns when one more request may go."""
        now = self._steady()
        self._left = min(BURST, self._left + (now - self._at) * A_SECOND)
        self._at = now
        self._left -= 1
        if self._left < 0:
            await self._sleep(-self._left / A_SECOND)
