"""The ledger over the real store."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import Batch, CaseRef, DeliveryReport
from agent_tui.domain.operations import PENDING, Entry, OperationState
from agent_tui.engine import removal
from agent_tui.engine.context import log
from agent_tui.engine.index_helper import IndexHelper
from agent_tui.sources.base import Mirror, Receipt, SourceInfo, Want
from agent_tui.store import (
    apply,
    attachment_sweep,
    attachments,
    backups,
    case_facts,
    cases,
    delivery,
    fold,
    health,
    indexing,
    messages,
    mirror,
    operations,
    sources,
)
from agent_tui.store.database import Store, in_words
from agent_tui.workspace import Workspace

INDEX_NICE = 10
KEEP_AFTER = 300  # messages: about half of what the log may hold before a commit has to empty it
HEADS = 100  # of the queues that may run now: with thousands waiting, each delivery looks at these only
MANY = 100_000  # entries of the outbox: all of them
SOON = 300  # messages that wait while much comes in: the process that indexes them may start meanwhile
DELIVERED = (OperationState.SENT, OperationState.DONE)


class Books:
    """``Ledger`` over the three databases of a workspace.

    Args:
        workspace: whose.
        now: milliseconds since the epoch.
        alone: nobody works beside it, so what indexes much need not give way.
    """

    def __init__(self, workspace: Workspace, *, now: Callable[[], int], alone: bool = False) -> None:
        self._workspace = workspace
        self._alone = alone
        self._now = now
        self._store = Store.open(workspace, role="engine", now=now)
        # The index is written in a thread with connections of its own, so that neither the loop nor a client waits.
        self._indexer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index", initializer=_give_way)
        self._index_store: Store | None = None
        self._helper: IndexHelper | None = None
        # What is stored is moved out of the write-ahead log beside the loop too; what is left of that for the loop's own
        # commits takes a few milliseconds instead of seventy.
        self._keeper = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keep")
        self._keeping: Future[None] | None = None
        self._unkept = 0

    # --- coming in ----------------------------------------------------------------------------------------------

    def cursor(self, source: str) -> str:
        """Where the last batch applied ended; empty at first."""
        return sources.cursor(self._store, source)

    def apply(
        self, source: str, batch: Batch, began: int | None
    ) -> tuple[frozenset[int], tuple[DeliveryReport, ...]]:
        """Store a batch and its cursor in one transaction."""
        applied = apply.apply(self._store, source, batch, began=began)
        self._unkept += applied.messages
        if self._unkept >= KEEP_AFTER and (self._keeping is None or self._keeping.done()):
            self._unkept = 0
            self._keeping = self._keeper.submit(self._keep)
        return applied.cases, applied.reports

    def _keep(self) -> None:
        store = Store.open(self._workspace, role="engine", now=self._now)
        try:
            store.checkpoint()
        finally:
            store.close()

    def note(self, source: str, *, error: str, error_kind: str = "", synced_at: int | None = None) -> None:
        """Remember how a source is."""
        sources.note_state(self._store, source, error=error, error_kind=error_kind, synced_at=synced_at)

    def opened(self, source: str, info: SourceInfo) -> None:
        """Remember what a source can do."""
        sources.note_state(
            self._store, source, server=info.server, account=info.account, operations=info.capabilities.operations,
            capabilities=json.dumps(asdict(info.capabilities), default=_plain, sort_keys=True),
        )  # fmt: skip

    def mirror(self, source: str) -> Mirror:
        """What is stored of a source."""
        return mirror.StoreMirror(self._store, source)

    def wants(self, message: int, part: str) -> tuple[str, Want] | None:
        """The source and place of a message or one of its attachments."""
        found, places = messages.get(self._store, message), messages.places(self._store, message)
        if found is None or not places:
            return None
        container, ref = places[0]
        return found.source, Want(container, ref, part)

    def case_of(self, message: int) -> int | None:
        """The case that a message is in."""
        found = messages.get(self._store, message)
        return None if found is None else found.case

    def keep(self, message: int, part: str, path: Path) -> str:
        """Take a fetched attachment into the cache; the file it came in goes."""
        size = path.stat().st_size
        digest = attachments.put(self._store, path)
        attachments.note_cached(self._store, message, part, digest, size)
        if path.resolve() != attachments.path_of(self._store, digest).resolve():
            with contextlib.suppress(OSError):
                path.unlink()
        return digest

    # --- going out ----------------------------------------------------------------------------------------------

    def due(self, source: str) -> tuple[Entry, ...]:
        """The heads of each case's queue that may run now."""
        return delivery.due(self._store, self._now(), source=source, limit=HEADS)

    def unsettled(self, source: str) -> tuple[Entry, ...]:
        """``sending`` and ``unknown`` entries."""
        found = (*delivery.sending(self._store), *delivery.unknown_entries(self._store))
        return tuple(one for one in found if one.source == source)

    def in_review(self, source: str) -> tuple[Entry, ...]:
        """Messages that the server keeps back."""
        return tuple(one for one in delivery.reviewed(self._store) if one.source == source)

    def next_due(self) -> int | None:
        """When the next entry may run or the next snoozed case wakes."""
        due, wakes = delivery.next_due(self._store), fold.next_wake(self._store)
        now = self._now()
        if due is not None and due <= now and not delivery.due(self._store, now, limit=1):
            due = None  # it waits for another entry, not for a time
        times = [one for one in (due, wakes) if one is not None]
        return min(times) if times else None

    def waiting(self, until: int) -> bool:
        """Whether something has to go out before ``until``."""
        for one in operations.outbox(self._store, limit=MANY):
            if one.state is OperationState.SENDING:
                return True
            if one.state in (OperationState.HELD, OperationState.QUEUED):
                after = None if one.after is None else operations.get(self._store, one.after)
                if after is not None and after.state not in DELIVERED:
                    continue  # what it waits for is looked at by itself
                if max(one.held_until or 0, one.not_before) <= until:
                    return True
        return False

    def case_ref(self, entry: Entry) -> CaseRef:
        """An entry's case as sources take it."""
        return case_facts.case_ref(self._store, entry.case, entry.source, entry.operation)

    def parts(self, entry: Entry) -> tuple[CaseRef, ...]:
        """An entry's case, a part for each of the server's conversations that it has to be told of."""
        return case_facts.parts(self._store, entry.case, entry.source, entry.operation)

    def conversation(self, case: int) -> tuple[str, str]:
        """A case's source and its name on the server."""
        found = cases.get(self._store, case)
        return (found.source, case_facts.case_ref(self._store, found.id, found.source).conversation) if found else ("", "")

    def newer_than_seen(self, entry: Entry) -> str:
        """What happened in the case since the reply was written."""
        return case_facts.newer_than_seen(self._store, entry)

    def begin(self, entry: Entry) -> Entry | None:
        """Commit that its bytes are about to leave."""
        begun = delivery.begin(self._store, entry)
        return begun if begun.state is OperationState.SENDING else None

    def acknowledge(self, entry: Entry, receipt: Receipt) -> None:
        """The server has it."""
        delivery.acknowledge(
            self._store, entry, remote_id=receipt.remote_id, moved=receipt.moved, marks=receipt.marks,
            warning=receipt.warning, state=OperationState.IN_REVIEW if receipt.in_review else None,
        )  # fmt: skip

    def fail(self, entry: Entry, words: str, *, recipients: tuple[str, ...] = ()) -> None:
        """The server refuses for good."""
        delivery.fail(self._store, entry, words, recipients=recipients)

    def unknown(self, entry: Entry, words: str) -> None:
        """Perhaps done."""
        delivery.unknown(self._store, entry, words)

    def conflict(self, entry: Entry, words: str) -> None:
        """Its author has to look at it again."""
        delivery.conflict(self._store, entry, words)

    def later(self, entry: Entry, words: str, not_before: int) -> None:
        """Certainly not done; again at ``not_before``."""
        delivery.later(self._store, entry, words, not_before)

    def requeue(self, entry: Entry, words: str = "", not_before: int = 0) -> None:
        """Certainly not done, or harmless to do twice; may go again from ``not_before`` on, 0: at once."""
        delivery.requeue(self._store, entry, words, not_before)

    def local(self, entry: Entry) -> None:
        """The source cannot hold it."""
        delivery.localise(self._store, entry)

    # --- the rest -----------------------------------------------------------------------------------------------

    def wake(self) -> frozenset[int]:
        """Bring back snoozed cases whose time has come."""
        return frozenset(fold.wake(self._store, self._now()))

    def refold(self) -> None:
        """Fold the cases in which something is pending."""
        fold.mend(self._store, self._now())

    def restamp(self) -> None:
        """The clock may have been set back."""
        delivery.restamp(self._store, self._now())

    def changed(self) -> bool:
        """Whether another process has written to the desk since the last look."""
        return "desk" in self._store.changed()

    def left(self, source: str) -> int:
        """How many entries of a source are still to go."""
        return sum(one.source == source and one.state in PENDING for one in operations.outbox(self._store, limit=MANY))

    def hurry(self, source: str) -> None:
        """What was tried and put off may be tried again now; what was scheduled keeps its time."""
        now = self._now()
        for one in operations.outbox(self._store, limit=MANY):
            if one.source == source and one.state is OperationState.QUEUED and one.attempts and one.not_before > now:
                delivery.later(self._store, one, one.error, now)

    async def forget(self, address: str) -> dict[str, Any]:
        """Remove a person, in the index's thread: nobody indexes meanwhile.

        Returns:
            what ``Forgotten.wire`` gives, and ``left``: words about what is elsewhere.

        Raises:
            UsageError: one of our own addresses, or something is on its way to them.
        """
        return await asyncio.get_running_loop().run_in_executor(self._indexer, self._forget, address)

    def _forget(self, address: str) -> dict[str, Any]:
        store = self._opened_index()
        if self._helper is not None:
            self._helper.close()
            self._helper = None
        return removal.forget(store, address)

    async def tidy(self) -> None:
        """Checkpoint, and once a day sweep attachments and make a backup; in the index's thread."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._indexer, self._checkpoint)
        except StoreError as error:
            log.warning("the store cannot be tidied now", error=error)

    async def index(self, *, least: int = 1, everything: bool = False) -> int:
        """Put messages into the search index, in a thread."""
        count = 0
        loop = asyncio.get_running_loop()
        try:
            while done := await loop.run_in_executor(self._indexer, self._index_some, least):
                count += done
                if not everything:
                    break
            if everything:
                await loop.run_in_executor(self._indexer, self._recount)
        except StoreError as error:  # what waits for the index is searched without it
            log.warning("the search index cannot be written now", error=error)
        return count

    def _index_some(self, least: int) -> int:
        store = self._opened_index()
        waiting = indexing.unindexed(store)
        if self._helper is None and waiting >= (indexing.MUCH if least == 1 else SOON):
            self._helper = IndexHelper(self._workspace, alone=self._alone)
        if waiting < least:
            return 0
        done = None if self._helper is None else self._helper.some()
        if done is not None:
            return done
        try:
            return indexing.index(store)
        except StoreError as error:
            if not health.is_damage(error):
                raise
        log.warning("the search index was damaged and is made anew")
        store.drop_index()
        health.adopt_index(store)
        return indexing.index(store)

    def _opened_index(self) -> Store:
        if self._index_store is None:
            self._index_store = Store.open(self._workspace, role="engine", now=self._now)
            if health.adopt_index(self._index_store):
                log.info("the search index is made anew")
        return self._index_store

    def _recount(self) -> None:
        if self._index_store is not None:
            indexing.recount(self._index_store)

    def _checkpoint(self) -> None:
        self._recount()
        if self._helper is not None:
            self._helper.close()
            self._helper = None
        if self._index_store is not None:
            self._index_store.checkpoint()
            if attachment_sweep.due(self._index_store):
                freed = attachment_sweep.sweep(self._index_store)
                log.info("attachments without a reference deleted", bytes=freed)
            self._backup(self._index_store)

    def _backup(self, store: Store) -> None:
        try:
            if backups.due(store):
                with in_words(self._workspace.desk_path):
                    backups.rotate(store)
        except (OSError, StoreError) as error:
            log.warning("no backup could be made", error=error)

    def close(self) -> None:
        """Let go of the databases."""
        self._indexer.shutdown(wait=True)
        self._keeper.shutdown(wait=True)
        if self._helper is not None:
            self._helper.close()
        if self._index_store is not None:
            self._index_store.close()
        self._backup(self._store)
        self._store.checkpoint()
        self._store.close()


def _give_way() -> None:
    """The index can wait: its thread is niced, where threads have a niceness of their own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), INDEX_NICE)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)
