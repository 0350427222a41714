"""Making the store whole at the start, whatever way the last engine ended.

Entries that were being sent are not touched here: each line asks its server about them before it sends anything,
because ``sending`` means that the bytes may have left.
"""

from __future__ import annotations

import asyncio

from agent_tui.domain.errors import StoreError
from agent_tui.engine.context import Context, log


async def reconcile(context: Context) -> None:
    """Work out effective state again, and wake what should have woken while nobody was here."""
    try:
        context.ledger.restamp()
        context.ledger.refold()
        await asyncio.sleep(0)
        woken = context.ledger.wake()
    except StoreError as error:  # each source will say so of itself; what is left to fold is folded at the next start
        log.warning("the store cannot be made whole now", error=error)
        return
    if woken:
        log.info("snoozed cases woke while no engine ran", cases=len(woken))
        context.tell({"event": "changed", "cases": sorted(woken)})
    context.poke()
