"""When something is next to be done: undo windows that pass, replies sent later, snoozed cases, and waking up."""

from __future__ import annotations

import asyncio

from agent_tui.domain.errors import StoreError
from agent_tui.engine.clock import SuspendWatch
from agent_tui.engine.context import Context, log
from agent_tui.engine.line import Line

LOOK_MS = 2_000  # how often other processes' writes and a suspended machine are looked for


class Schedule:
    """Wakes lines when one of their entries is due, and cases when their snooze ends.

    Args:
        context: the engine's.
        lines: all of them.
        sleep: tells whether the machine slept.
    """

    def __init__(self, context: Context, lines: tuple[Line, ...], sleep: SuspendWatch) -> None:
        self._context = context
        self._lines = lines
        self._sleep = sleep
        self._rung = asyncio.Event()

    def ring(self, *, gently: bool = False) -> None:
        """Something was queued, or has changed; ``gently``: only times may have changed."""
        if not gently:
            for line in self._lines:
                line.wake.set()
        self._rung.set()

    def look_for_sleep(self) -> None:
        """After suspend nothing goes out before everything has been pulled again."""
        if not self._sleep.slept():
            return
        log.info("the machine slept or its clock was set")
        self._context.ledger.restamp()
        self._context.freshness.spoil(tuple(line.name for line in self._lines))
        for line in self._lines:
            line.refresh()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._rung.clear()
            try:
                self.look_for_sleep()
                self.step()
            except StoreError as error:  # a full disk, say: the sources tell of it, and it is tried again
                log.warning("what is due cannot be looked after now", error=error)
            due = self._context.ledger.next_due()
            now = self._context.clock.now()
            wait = LOOK_MS if due is None or due <= now else min(LOOK_MS, due - now)
            await self._context.clock.wait(self._rung, wait)

    def step(self) -> None:
        """What is to be done now."""
        ledger = self._context.ledger
        woken = ledger.wake()
        if woken:
            self._context.tell({"event": "changed", "cases": sorted(woken)})
        due = ledger.next_due()
        if ledger.changed() or (due is not None and due <= self._context.clock.now()):
            for line in self._lines:
                line.wake.set()
