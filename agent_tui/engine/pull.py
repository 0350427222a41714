"""Bringing in what is new: batches of a source into the store, one transaction each.

A crash between two batches loses nothing and repeats nothing: the cursor is committed with what it stands for, and
applying a batch twice gives the same rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

from agent_tui.domain.errors import SourceError, TryLater
from agent_tui.domain.model import Batch
from agent_tui.engine.context import Context, log
from agent_tui.engine.precedence import SLICE
from agent_tui.sources.base import Source

BUDGET = 2_000  # messages asked for at once; a round goes on until the source has no more
PATIENCE_S = 300.0  # for one batch
TOGETHER = 400  # old messages stored at once while nobody is there: a third less work than a hundred at a time
TOGETHER_BYTES = 4_000_000  # on the server, all of them


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
    coming = Coming(name, batches)
    try:
        while True:
            together = bool(messages) and not until_fresh and not context.precedence.company()
            batch = await (coming.several(interrupted) if together else coming.one())
            if batch is None:
                break
            context.probe("pulled")
            await _store_gently(context, name, batch, began)
            context.probe("applied")
            messages += len(batch.messages)
            anything = True
            whole = not batch.more
            progress(batch)
            await context.precedence.give(name)
            if not whole and ((until_fresh and batch.backfill) or interrupted()):
                break
    finally:
        if isinstance(batches, AsyncGenerator):
            await batches.aclose()
    if not anything:  # nothing has changed there: that too is an answer to what was acknowledged before
        store(context, name, Batch(cursor=context.ledger.cursor(name)), began)
    return Pulled(messages, whole)


class Coming:
    """The batches of one round, one by one or several as one.

    Args:
        name: of the source.
        batches: as the source gives them.
    """

    def __init__(self, name: str, batches: AsyncIterator[Batch]) -> None:
        self._name = name
        self._batches = batches
        self._held: Batch | SourceError | None = None  # came after what was given, and could not be added to it

    async def one(self) -> Batch | None:
        """The next batch; None after the last."""
        held, self._held = self._held, None
        if isinstance(held, SourceError):
            raise held
        if held is not None:
            return held
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await anext(self._batches, None)
        except TimeoutError as error:
            raise TryLater(f"{self._name}: the server has not answered for {PATIENCE_S:.0f} s") from error

    async def several(self, interrupted: Callable[[], bool]) -> Batch | None:
        """The next batches of old messages as one, with the cursor of the last; an error comes after what came before it."""
        batch = await self.one()
        while batch is not None and _old_messages(batch) and len(batch.messages) < TOGETHER and not interrupted():
            if sum(one.size for one in batch.messages) > TOGETHER_BYTES:
                break
            try:
                following = await self.one()
            except SourceError as error:
                self._held = error
                break
            if following is None or not _old_messages(following):
                self._held = following
                break
            batch = replace(following, messages=batch.messages + following.messages, bad=batch.bad + following.bad)
        return batch


def _old_messages(batch: Batch) -> bool:
    """Whether it brings nothing but messages of a first sync, with more to come."""
    return batch.backfill and batch.more and not (batch.removals or batch.cases or batch.marks)


async def _store_gently(context: Context, name: str, batch: Batch, began: int) -> None:
    """Apply a batch, in slices where others may wait for the loop."""
    if not (batch.backfill and context.precedence.company()):
        store(context, name, batch, began)
        return
    cases: frozenset[int] = frozenset()
    pace = context.precedence.pace
    pieces = slices(batch, context.ledger.cursor(name), lambda: pace.size)
    piece = next(pieces)
    for following in pieces:
        with pace.slice(len(piece.messages)):
            cases |= context.ledger.apply(name, piece, began)[0]
        await context.precedence.give(name)
        piece = following
    store(context, name, piece, began, also=cases)


def slices(batch: Batch, cursor: str, size: Callable[[], int] = lambda: SLICE) -> Iterator[Batch]:
    """A batch in pieces that are applied one by one, with the same result.

    Until the last piece the cursor stays where it was: cut off between two, the whole batch comes again, and what is
    stored twice is the same rows.

    Args:
        cursor: where the batch before it ended.
        size: messages of the next piece at most; asked for each.
    """
    rest = batch
    while len(rest.messages) > (most := size()) and not rest.cases:
        yield Batch(
            cursor=cursor, messages=rest.messages[:most], removals=rest.removals, done=batch.done, total=batch.total,
            more=True, backfill=batch.backfill,
        )  # fmt: skip
        rest = replace(rest, messages=rest.messages[most:], removals=())
    yield rest


def store(context: Context, name: str, batch: Batch, began: int | None = None, *, also: frozenset[int] = frozenset()) -> None:
    """Apply one batch and say what changed.

    Args:
        also: cases that changed shortly before, and that nobody has been told of.
    """
    cases, reports = context.ledger.apply(name, batch, began)
    if cases | also:
        bulk = {"bulk": True} if batch.backfill else {}  # nobody waits for these
        context.tell({"event": "changed", "cases": sorted(cases | also), **bulk})
    if batch.messages:
        context.poke()
    for bad in batch.bad:
        log.warning("an item could not be read", source=name, reason=bad.reason)
    for report in reports:
        log.info("delivery report", source=name, failed=report.failed)
