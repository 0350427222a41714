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
BUDGET_LIMIT = 20_000  # where they come in fast
BUDGET_S = 8  # so long one call may take: only the next one sees what is new meanwhile
PATIENCE_S = 300.0  # for one batch


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one call of ``pull`` did.

    Args:
        messages: new or changed.
        whole: nothing is left to fetch.
        budget: how many messages to ask for next time, going by how fast these came.
    """

    messages: int
    whole: bool
    budget: int = BUDGET


def next_budget(messages: int, milliseconds: int) -> int:
    """How many messages to ask for at once. Each call begins with a look at every folder and an empty pipe, so a fast
    server is asked for more.

    Args:
        messages: that the last call brought, within ``milliseconds``.
    """
    return max(BUDGET, min(BUDGET_LIMIT, messages * BUDGET_S * 1000 // max(milliseconds, 100)))


async def pull(
    context: Context,
    name: str,
    source: Source,
    *,
    budget: int = BUDGET,
    until_fresh: bool = False,
    interrupted: Callable[[], bool] = lambda: False,
    progress: Callable[[Batch], None] = lambda _batch: None,
) -> Pulled:
    """Fetch and store what is new.

    Args:
        context: the engine's.
        name: of the source.
        source: open.
        budget: messages asked for at once.
        until_fresh: stop when the newest messages are here, even if older ones are still to come.
        interrupted: asked after each batch; True stops, and the next call goes on from there.
        progress: told of each batch that was stored.

    Raises:
        SourceError: as the source says; what was stored until then stays.
    """
    began, began_steady = context.clock.now(), context.clock.steady()
    messages = 0
    whole = True
    anything = False
    batches = source.pull(context.ledger.cursor(name), budget)
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
    return Pulled(messages, whole, next_budget(messages, context.clock.steady() - began_steady))


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
