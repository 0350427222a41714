"""Who goes first on the engine's loop: what somebody waits for, before what is fetched for later.

Storing the mails of a first sync holds the loop for milliseconds at a time, and there is always more of them. An answer
that is on its way to a server passes through the loop a dozen times, so without an order it would wait a dozen times.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

BREATH_S = 0.001  # between two slices at least, for whatever comes in on the sockets meanwhile
BREATH_SHARE = 0.25  # of the time since the last one
LONGEST_BREATH_S = 0.02
CONVERSATION_S = 1.5  # so long after a sign of life of a chat the next one is expected
CONVERSATION_BREATH_S = 0.05  # meanwhile: some hundreds of mails a second still come in
PATIENCE_S = 0.25  # in one breath: a chat server that does not answer must not stop the mail


SLICE = 25  # messages stored between two turns of the loop, where somebody may wait for it, at first
SMALLEST, LARGEST = 5, 50  # later as many as take about so long:
SLICE_S = 0.008


class Pace:
    """How many messages bulk work stores between two turns of the loop: what this machine does in ``SLICE_S``.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.size = SLICE

    @contextmanager
    def slice(self, messages: int) -> Iterator[None]:
        """So many are being stored; how long that takes says how many may be next time."""
        began = self._clock()
        yield
        took = max(self._clock() - began, 1e-6)
        if messages >= SMALLEST:  # what fewer cost says little of each
            fitting = messages * SLICE_S / took
            self.size = round(min(max((self.size + fitting) / 2, SMALLEST), LARGEST))


class Precedence:
    """The order of one engine's loop.

    Args:
        company: whether anybody is there who could wait; nobody is asked while a lone command fetches everything.
    """

    def __init__(self, company: Callable[[], bool] = lambda: False) -> None:
        self.company = company
        self.pace = Pace()
        self._urgent: Counter[str] = Counter()
        self._over = asyncio.Event()
        self._talk_until = 0.0
        self._gave = 0.0

    @contextmanager
    def first(self, name: str, *, chat: bool = False) -> Iterator[None]:
        """This source does what somebody waits for: everybody else's bulk work stands back meanwhile.

        Args:
            chat: people are writing to each other, so there is more to come.
        """
        self._urgent[name] += 1
        try:
            yield
        finally:
            self._urgent[name] -= 1
            if chat:
                self.talk()
            self._over.set()

    def talk(self) -> None:
        """Somebody writes in a chat: for a moment little else is done."""
        self._talk_until = asyncio.get_running_loop().time() + CONVERSATION_S

    def urgent(self, besides: str) -> bool:
        """Whether another source does what somebody waits for."""
        return any(number for name, number in self._urgent.items() if name != besides)

    async def give(self, name: str) -> None:
        """Let others go first; called by bulk work of a source between two slices."""
        if not self.company():
            await asyncio.sleep(0)
            return
        clock = asyncio.get_running_loop().time
        began = clock()
        breath = min(max(BREATH_S, (began - self._gave) * BREATH_SHARE), LONGEST_BREATH_S)
        await asyncio.sleep(CONVERSATION_BREATH_S if began < self._talk_until else breath)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self.urgent(name):
                    self._over.clear()
                    await self._over.wait()
        self._gave = clock()
