"""Time as the engine sees it: one value that tests replace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


def wall() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Clock:
    """Wall-clock time, steady time, and waiting.

    Args:
        now: milliseconds since the epoch.
    """

    def __init__(self, now: Callable[[], int] = wall) -> None:
        self.now = now

    def steady(self) -> int:
        """Milliseconds that never jump; they stand still while the machine is suspended."""
        return time.monotonic_ns() // 1_000_000

    async def wait(self, event: asyncio.Event, milliseconds: int | None) -> bool:
        """Wait until the event is set (True) or the time is over (False); None: no end."""
        if event.is_set():
            return True
        if milliseconds is None:
            await event.wait()
            return True
        if milliseconds <= 0:
            await asyncio.sleep(0)
            return event.is_set()
        try:
            async with asyncio.timeout(milliseconds / 1000):
                await event.wait()
        except TimeoutError:
            return event.is_set()
        return True


class SuspendWatch:
    """Tells whether the machine slept, or its clock was set, since the last look.

    Both clocks run alike while the machine is awake; only wall-clock time goes on while it sleeps.

    Args:
        tolerance_ms: a smaller difference is drift.
    """

    def __init__(self, clock: Clock, tolerance_ms: int = 5_000) -> None:
        self._clock = clock
        self._tolerance = tolerance_ms
        self._offset = clock.now() - clock.steady()

    def slept(self) -> bool:
        """True once after each jump."""
        offset = self._clock.now() - self._clock.steady()
        jumped = abs(offset - self._offset) > self._tolerance
        self._offset = offset
        return jumped
