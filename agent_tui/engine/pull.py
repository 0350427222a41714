"""Bringing in what is new: batches of a source into the store, one transaction each.

A crash between two batches loses nothing and repeats nothing: the cursor is committed with what it stands for, and
applying a batch twice gives the same rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from agent_tui.domain.errors import TryLater
from agent_tui.domain.model import Batch
from agent_tui.engine.context import Context, log
from agent_tui.sources.base import Source

BUDGET = 2_000  # messages asked for at once; a round goes on until the source has no more
PATIENCE_S = 300.0  # for one batch


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one call of ``pull`` did.

    Args:
        messages: new or changed.
        whole: nothing is left to fetch.
    """

    messages: int
    whole: bool


async def pull(
    context: Context,
    name: str,
    source: Source,
    *,
    until_fresh: bool = False,
    interrupted: Callable[[], bool] = lambda: False,
    progress: Callable[[Batch], None] = lambda _batch: None,
) -> Pulled:
    """Fetch and store what is new.

    Args:
        context: the engine's.
        name: of the source.
        source: open.
        until_fresh: stop when the newest messages are here, even if older ones are still to come.
        interrupted: asked after each batch; True stops, and the next call goes on from there.
        progress: told of each batch that was stored.

    Raises:
        SourceError: as the source says; what was stored until then stays.
    """
    began = context.clock.now()
    messages = 0
    whole = True
    anything = False
    batches = source.pull(context.ledger.cursor(name), BUDGET)
    try:
        while True:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    batch = await anext(batches, None)
            except TimeoutError as error:
                raise TryLater(f"{name}: the server has not answered for {PATIENCE_S:.0f} s") from error
            if batch is None:
                break
            context.probe("pulled")
            store(context, name, batch, began)
            context.probe("applied")
            messages += len(batch.messages)
            anything = True
            whole = not batch.more
            progress(batch)
            await asyncio.sleep(0)  # keys, clients and other sources come first
            if not whole and ((until_fresh and batch.backfill) or interrupted()):
                break
    finally:
        if isinstance(batches, AsyncGenerator):
            await batches.aclose()
    if not anything:  # nothing has changed there: that too is an answer to what was acknowledged before
        store(context, name, Batch(cursor=context.ledger.cursor(name)), began)
    return Pulled(messages, whole)


def store(context: Context, name: str, batch: Batch, began: int | None = None) -> None:
    """Apply one batch and say what changed."""
    cases, reports = context.ledger.apply(name, batch, began)
    if cases:
        context.tell({"event": "changed", "cases": sorted(cases)})
    if batch.messages:
        context.poke()
    for bad in batch.bad:
        log.warning("an item could not be read", source=name, reason=bad.reason)
    for report in reports:
        log.info("delivery report", source=name, failed=report.failed)
