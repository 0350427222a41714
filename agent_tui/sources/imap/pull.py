"""Pulling: what has changed in the followed folders, as batches that can be applied one by one.

A round first brings what is new (removals, marks, new mail of every folder), then goes on with the first sync,
newest first over all folders together, so that an answer in Sent comes about when its question does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from agent_tui.domain.errors import TryLater
from agent_tui.domain.model import Batch, MarkChange, Removal
from agent_tui.sources.base import Mirror
from agent_tui.sources.imap import cursor as cursors
from agent_tui.sources.imap import glance, read, wire
from agent_tui.sources.imap.connection import Connection, QuietClient
from agent_tui.sources.imap.cursor import Cursor, FolderCursor, Span
from agent_tui.sources.imap.glance import Glances
from agent_tui.sources.imap.parser import Parser
from agent_tui.sources.imap.read import Chunk, Letters, Reading

BATCH = 100
LONE_BATCH = 200  # after the first, where nobody waits: fewer questions and answers, for a tenth less time in all
MUCH = 300  # messages from which on a first sync has them read in a process of its own
NOT_READ_YET = 1e18  # later than any mail: how new the rest of a folder is shows with its first messages
AHEAD = 2  # batches that are fetched and read while one is stored
MARKS_BATCH = 500
SCAN_NEWEST = 1_000  # without CONDSTORE: compared in every round
SCAN_EVERY_MS = 600_000  # and all messages this often

Item = TypeVar("Item")
Change = tuple[int, frozenset[str] | None]  # UID and its marks now; None: marked deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What opening a folder showed, compared with its cursor.

    Args:
        fresh: UIDs that are new since the cursor.
        existing: every UID of the folder, where messages have gone; else None.
        changes: marks that differ from what the server told before, or all of them with ``compare``.
        compare: ``changes`` is what is, not what has changed, and must be compared with the mirror.
    """

    selected: wire.Selected
    fresh: tuple[int, ...] = ()
    existing: frozenset[int] | None = None
    changes: tuple[Change, ...] = ()
    compare: bool = False
    whole: bool = False


@dataclass
class _Round:
    """One call of ``pull``: where it stands."""

    cursor: Cursor
    budget: int
    batch: int
    done: int = 0
    asked: int = 0  # of ``budget``, with what is on its way
    begun: set[str] = field(default_factory=set)
    total: int = 0
    pending: dict[str, list[int]] = field(default_factory=dict)  # UIDs of a first sync, ascending

    def some(self, numbers: list[int]) -> list[int]:
        """Take the highest UIDs off, as many as one batch and the budget allow."""
        size = max(1, min(self.batch if self.asked else BATCH, self.budget - self.asked))
        taken = numbers[-size:]
        del numbers[-size:]
        self.asked += len(taken)
        return taken


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some messages of a first sync.

    Args:
        last: nothing of the folder is left after them.
    """

    folder: str
    numbers: list[int]
    last: bool
    chunk: Chunk


class Puller:
    """Reads the followed folders of one connection.

    Args:
        connection: nobody else may select folders on it while a step runs.
        folders: what is followed, in order of importance.
        reading: how messages are read.
        mirror: what the store holds.
        condstore: whether the server keeps modification numbers.
        parser: reads mail in a process of its own, for when there is much of it.
        glances: which folders need not be opened; None: the server gives no summaries that would do.
        alone: see ``Access``.
    """

    def __init__(
        self, connection: Connection, folders: Sequence[str], reading: Reading, mirror: Mirror, *, condstore: bool,
        parser: Parser, glances: Glances | None = None, alone: bool = False,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._folders = tuple(folders)
        self._reading = reading
        self._mirror = mirror
        self._condstore = condstore
        self._parser = parser
        self._glances = glances
        self._size = LONE_BATCH if alone else BATCH

    async def pull(self, text: str, budget: int, now: int) -> AsyncIterator[Batch]:
        """Batches from this cursor on; the last one has ``more`` set only if the budget ran out."""
        given = cursors.load(text)
        state = _Round(given, budget, self._size)
        yielded = False
        if not given.folders:  # a new account: there will be much to read
            self._parser.prepare()
        for folder in [name for name in given.folders if name not in self._folders]:
            state.cursor = state.cursor.without(folder)
            yielded = True
            yield self._batch(state, removals=(Removal(folder, ""),))
        quiet = await self._quiet(given, now)
        for folder in self._folders:
            if folder in quiet:
                continue
            if self._glances is not None:
                self._glances.begin(folder)
            async for batch in self._news(state, folder, now):
                yielded = True
                yield batch
            if self._glances is not None:
                self._glances.opened(folder, now)
        async for batch in self._first_sync(state):
            yielded = True
            yield batch
        if yielded or state.cursor != given:
            yield replace(self._batch(state), more=state.cursor.unfinished)

    def _batch(self, state: _Round, **content: object) -> Batch:
        return Batch(cursor=state.cursor.dump(), done=state.done, total=state.total, more=True, **content)  # type: ignore[arg-type]

    # -- what is new ------------------------------------------------------------------------------------------

    async def _quiet(self, cursor: Cursor, now: int) -> frozenset[str]:
        """The folders in which nothing has happened, as far as can be told without opening them."""
        enough = () if self._glances is None else self._glances.enough(self._folders, now)
        if not enough:
            return frozenset()
        return glance.quiet(cursor.folders, await self._connection.run(wire.summaries, enough))

    async def _news(self, state: _Round, folder: str, now: int) -> AsyncIterator[Batch]:
        before = state.cursor.of(folder)
        full_scan = now - before.scanned >= SCAN_EVERY_MS
        try:
            look = await self._connection.run(self._look, folder, before, full_scan)
        except wire.FolderGone:
            if await self._connection.run(wire.exists, folder):
                raise TryLater(f"the folder '{folder}' cannot be opened now; it is tried again") from None
            if folder not in state.cursor.folders:
                return
            state.cursor = state.cursor.without(folder)
            yield self._batch(state, removals=(Removal(folder, ""),))
            return
        selected = look.selected
        if before.validity != selected.validity:
            # Never seen, or rebuilt on the server: every UID from before means nothing now.
            rebuilt = before.validity != 0
            unsure = not rebuilt and self._mirror.count(folder) > 0  # a lost cursor: compared in the next round
            whole = (Span(1, selected.next - 1, old=True),) if selected.next > 1 and selected.exists else ()
            fresh_cursor = FolderCursor(
                validity=selected.validity, next=selected.next, todo=whole, modseq=selected.modseq,
                count=-1 if unsure else selected.exists, scanned=now,
            )  # fmt: skip
            state.cursor = state.cursor.having(folder, fresh_cursor)
            if rebuilt:
                yield self._batch(state, removals=(Removal(folder, ""),))
            return
        async for batch in self._compared(state, folder, before, look):
            yield batch
        after = replace(
            state.cursor.of(folder),
            modseq=selected.modseq,
            count=selected.exists,
            scanned=now if look.whole else before.scanned,
        )
        if look.fresh:
            span = Span(before.next, selected.next - 1)
            after = replace(after, todo=(span, *after.todo), next=selected.next)
            state.total += len(look.fresh)
        else:
            after = replace(after, next=max(before.next, selected.next))
        state.cursor = state.cursor.having(folder, after)
        async for batch in self._spans(state, folder):
            yield batch

    def _look(self, client: QuietClient, folder: str, before: FolderCursor, full_scan: bool) -> _Look:
        selected = wire.select(client, folder)
        if before.validity != selected.validity:
            return _Look(selected=selected)
        fresh = tuple(wire.uids(client, before.next, selected.next - 1)) if selected.next > before.next else ()
        gone = selected.exists - len(fresh) != before.count
        existing = frozenset(wire.uids(client)) if gone else None
        changes: Iterator[Change] = iter(())
        compare = whole = False
        if before.next > 1 and selected.exists:
            if self._condstore and selected.modseq and before.modseq:
                if selected.modseq > before.modseq:
                    changes = self._flags(client, folder, before, selected.exists, since=before.modseq)
            else:
                compare, whole = True, full_scan
                changes = self._flags(client, folder, before, selected.exists, newest=0 if full_scan else SCAN_NEWEST)
        return _Look(
            selected=selected, fresh=fresh, existing=existing, changes=tuple(changes), compare=compare, whole=whole
        )

    def _flags(
        self, client: QuietClient, folder: str, before: FolderCursor, exists: int, *, newest: int = 0, since: int = 0
    ) -> Iterator[Change]:
        for found in wire.all_flags(client, exists, newest=newest, since=since):
            for uid, item in found.items():
                if before.fetched(uid) and b"FLAGS" in item:
                    flags = item[b"FLAGS"]
                    yield uid, None if read.is_deleted(flags) else self._reading.marks(folder, flags)

    async def _compared(self, state: _Round, folder: str, before: FolderCursor, look: _Look) -> AsyncIterator[Batch]:
        validity = look.selected.validity
        removals = [Removal(folder, cursors.reference(validity, uid)) for uid, marks in look.changes if marks is None]
        changed = [(cursors.reference(validity, uid), marks) for uid, marks in look.changes if marks is not None]
        if look.existing is not None or look.compare:
            here = dict(self._mirror.places(folder))
            removals = [one for one in removals if one.ref in here]
            if look.existing is not None:
                for ref in here:
                    held, uid = cursors.numbers(ref)
                    if held != validity or uid not in look.existing:
                        removals.append(Removal(folder, ref))
            if look.compare:
                changed = [(ref, marks) for ref, marks in changed if ref in here and here[ref] != marks]
        for some in _groups(removals, MARKS_BATCH):
            yield self._batch(state, removals=tuple(some))
        for pairs in _groups(changed, MARKS_BATCH):
            yield self._batch(state, marks=tuple(MarkChange(folder, ref, marks) for ref, marks in pairs))

    async def _spans(self, state: _Round, folder: str) -> AsyncIterator[Batch]:
        """New mail: the ranges in front of what a first sync still has to fetch."""
        while (todo := state.cursor.of(folder).todo) and not todo[0].old and state.done < state.budget:
            numbers = await self._connection.run(self._existing, folder, state.cursor.of(folder).validity, todo[0])
            while state.done < state.budget:
                some = state.some(numbers)
                chunk = await self._connection.run(self._chunk, folder, state.cursor.of(folder).validity, some)
                self._take(state, folder, some, chunk, last=not numbers)
                yield self._batch(state, messages=chunk.messages, bad=chunk.bad)
                if not numbers:
                    break

    # -- the first sync ---------------------------------------------------------------------------------------

    async def _first_sync(self, state: _Round) -> AsyncIterator[Batch]:
        for folder in self._folders:
            here = state.cursor.of(folder)
            if here.todo and here.todo[0].old:
                span = here.todo[0]
                state.pending[folder] = await self._connection.run(self._existing, folder, here.validity, span)
                state.total += len(state.pending[folder])
        ahead: deque[asyncio.Task[_Piece]] = deque()
        many = sum(map(len, state.pending.values())) > MUCH
        heavy = False  # the last batch; of such, no more than one is held
        try:
            while ahead or (state.pending and state.done < state.budget):
                # The next ones are fetched and read while the store takes these in.
                while state.pending and state.asked < state.budget and len(ahead) <= (AHEAD if many and not heavy else 0):
                    ahead.append(asyncio.create_task(self._piece(state, *self._choose(state), many=many)))
                piece = await ahead.popleft()
                heavy = sum(one.size for one in piece.chunk.messages) > read.AT_ONCE
                self._take(state, piece.folder, piece.numbers, piece.chunk, last=piece.last)
                await asyncio.sleep(0)  # storing waits for nothing: without this, what is ahead would begin only after it
                yield self._batch(state, messages=piece.chunk.messages, bad=piece.chunk.bad, backfill=True)
        finally:
            if ahead:
                await asyncio.wait(ahead)
                for one in ahead:
                    if not one.cancelled():
                        one.exception()
            if not state.cursor.unfinished:
                await self._parser.close()

    def _choose(self, state: _Round) -> tuple[str, list[int], bool]:
        """The folder whose mails left are newest, its next UIDs, and whether they are its last."""

        def newest(name: str) -> float:
            if name not in state.begun:
                return float("inf")
            return state.cursor.of(name).frontier or NOT_READ_YET

        folder = max(state.pending, key=newest)
        state.begun.add(folder)
        numbers = state.pending[folder]
        some = state.some(numbers)
        if not numbers:
            del state.pending[folder]
        return folder, some, not numbers

    async def _piece(self, state: _Round, folder: str, numbers: list[int], last: bool, *, many: bool) -> _Piece:
        validity = state.cursor.of(folder).validity
        if not many:
            return _Piece(folder, numbers, last, await self._connection.run(self._chunk, folder, validity, numbers))
        fetched = await self._connection.run(self._letters, folder, validity, numbers)
        return _Piece(folder, numbers, last, await self._parser.parse(fetched))

    # -- both -------------------------------------------------------------------------------------------------

    def _existing(self, client: QuietClient, folder: str, validity: int, span: Span) -> list[int]:
        self._same(client, folder, validity)
        return wire.uids(client, span.low, span.high)

    def _chunk(self, client: QuietClient, folder: str, validity: int, numbers: Sequence[int]) -> Chunk:
        return read.messages(self._letters(client, folder, validity, numbers), self._reading)

    def _letters(self, client: QuietClient, folder: str, validity: int, numbers: Sequence[int]) -> Letters:
        if not numbers:
            return Letters(folder)
        self._same(client, folder, validity)
        return read.letters(client, self._reading, folder, validity, numbers)

    def _same(self, client: QuietClient, folder: str, validity: int) -> None:
        if client.opened != (folder, validity):
            selected = wire.select(client, folder)
            if selected.validity != validity:
                raise TryLater(f"the folder '{folder}' was rebuilt on the server; it is read again from the start")

    def _take(self, state: _Round, folder: str, numbers: Sequence[int], chunk: Chunk, *, last: bool) -> None:
        here = state.cursor.of(folder)
        lowest = here.todo[0].low if last or not numbers else numbers[0]
        frontier = here.frontier
        if here.todo[0].old and chunk.messages:
            frontier = min(message.received_at for message in chunk.messages)
        state.cursor = state.cursor.having(folder, replace(here.taken(lowest), frontier=frontier))
        state.done += len(numbers)


def _groups(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    walk = iter(items)
    while group := list(islice(walk, size)):
        yield group
