"""How long to wait before the next try."""

from __future__ import annotations

from collections.abc import Callable

FIRST_MS = 1_000
LONGEST_MS = 300_000


def delay(attempts: int, chance: float, *, asked: int | None = None) -> int:
    """Milliseconds before the next try.

    Doubles from one second to five minutes, and is spread over the upper half, so that many clients of a server
    that comes back do not all come at once.

    Args:
        attempts: failures so far, at least 1.
        chance: number from 0 to 1.
        asked: milliseconds the server asked for; never tried earlier.
    """
    full: int = min(LONGEST_MS, FIRST_MS * 2 ** min(max(0, attempts - 1), 20))
    spread = int(full * (0.5 + chance / 2))
    return spread if asked is None else max(asked, min(spread, LONGEST_MS))


class Backoff:
    """Counts failures of one thing.

    Args:
        chance: gives numbers from 0 to 1 (``random.random``).
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self.failures = 0

    def failed(self, asked: int | None = None) -> int:
        """Note a failure and give the milliseconds to wait."""
        self.failures += 1
        return delay(self.failures, self._chance(), asked=asked)

    def reset(self) -> None:
        """It worked, or somebody asks for it now."""
        self.failures = 0
