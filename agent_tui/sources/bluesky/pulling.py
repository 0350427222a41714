"""Bringing in posts: what notifications name, the threads that it is in, and what has become of both since."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Container, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from agent_tui.domain.errors import Refused
from agent_tui.domain.model import BadItem, Batch, MarkChange, Marks, RemoteMessage, Removal
from agent_tui.sources.answers import Missing, entries, text
from agent_tui.sources.bluesky import thread as threads
from agent_tui.sources.bluesky.cursor import Cursor
from agent_tui.sources.bluesky.records import did_of
from agent_tui.sources.bluesky.session import Session
from agent_tui.sources.bluesky.thread import Ours, Thread
from agent_tui.sources.bluesky.wire import line, moment, person_of

REASONS = ("mention", "reply", "quote")
BATCH = 100
PAGE = 100  # notifications at once
OWN = 30  # newest posts of ours that are looked at: a colleague may answer with another program
DEPTH, HEIGHT = 100, 80  # of answers below and above a post in one question
DEEPER = 20  # further questions for one thread
RECHECKS = 12  # cases read again in one round: what a customer adds to a post of their own is not told to us
AGEING = 10  # a case that has been quiet for so long is read again after a tenth of it
TRIES, TRY_EVERY_S = 8, 0.25  # to see what we have just posted
SELDOM_MS = 30 * 60_000
RECHECK_WITHIN_MS = 14 * 86_400_000


@dataclass(slots=True)
class Puller:
    """Pulls posts for one open account.

    Args:
        touched: cases that we have just answered -> our posts that the network is to show; emptied here.
        seen: what the newest notifications say of posts, by address; kept for whoever marks something read.
        seen_at: what is older than this was seen in Bluesky, in milliseconds.
        rows: notifications as ``Cursor`` has them.
    """

    session: Session
    ours: Ours
    touched: dict[str, set[str]]
    seen: dict[str, bool] = field(default_factory=dict)
    seen_at: int = 0
    rows: dict[str, tuple[int, str]] = field(default_factory=dict)

    async def pull(self, state: Cursor, budget: int) -> AsyncIterator[Batch]:
        """Posts that are new or have changed. The caller puts the cursor into each batch."""
        first = not state.begun or bool(state.pages)
        left, done = max(1, budget), 0
        self.rows = state.rows
        page = await self._page("")
        fresh = self._take(state, page)
        self._missed(state, page)
        if not page.last and (not state.begun or (fresh and page.rows and page.rows[-1][0] in fresh)):
            state.pages.setdefault(page.further, not state.begun)
        state.begun = True
        await self._own(state)
        self._touch(state)
        if not state.pages:
            self._recheck(state)
        marks = self._read_elsewhere(state)
        if marks:
            yield Batch(cursor="", marks=tuple(marks), more=True)
        while True:
            while left > 0 and (state.todo or state.stale):
                async for batch in self._next(state, left):
                    count = len(batch.messages) + len(batch.bad)
                    left, done = left - count, done + count
                    yield replace(batch, done=done, more=True, backfill=first)
            if left <= 0 or not state.pages:
                break
            at, deep = next(iter(sorted(state.pages.items(), reverse=True)))
            page = await self._page(at)
            fresh = self._take(state, page)
            del state.pages[at]
            if not page.last and page.further != at and (deep or fresh):
                state.pages[page.further] = deep
        for _ in range(TRIES if left > 0 else 0):
            if not self.touched:
                break
            await asyncio.sleep(TRY_EVERY_S)
            yield Batch(cursor="", more=True)  # whoever reads it may do something else
            self._touch(state)
            while state.stale and left > 0:
                async for batch in self._next(state, left):
                    left -= len(batch.messages) + len(batch.bad)
                    yield replace(batch, done=done, more=True)
        self.touched.clear()

    def _touch(self, state: Cursor) -> None:
        """The network shows what we post a moment later."""
        for anchor in self.touched:
            state.stale[anchor] = self.session.access.now()

    # -- notifications

    async def _page(self, at: str) -> _Page:
        self.session.spare()
        params: dict[str, Any] = {"limit": PAGE, "reasons": list(REASONS), **({"cursor": at} if at else {})}
        answer = await self.session.get("app.bsky.notification.listNotifications", params)
        self.seen_at = moment(answer.get("seenAt")) or self.seen_at
        found = entries(answer, "notifications")
        oldest = self._oldest()
        rows, times = [], []
        for one in found:
            uri, time = line(text(one, "uri")), moment(one.get("indexedAt"))
            times.append(time or 0)
            if uri and time is not None and text(one, "reason") in REASONS and time >= oldest:
                rows.append((uri, time))
                self.seen[uri] = one.get("isRead") is True
        further = text(answer, "cursor")
        return _Page(tuple(rows), further, last=not further or not found or min(times) < oldest)

    def _oldest(self) -> int:
        history = self.session.settings.history_ms
        return 0 if history is None else self.session.access.now() - history

    def _take(self, state: Cursor, page: _Page) -> set[str]:
        """Note what is new on a page; the addresses of it."""
        fresh = {uri for uri, _ in page.rows if uri not in state.rows}
        for uri, time in page.rows:
            if uri in fresh:
                state.rows[uri] = (time, "")
                state.todo[uri] = time
        return fresh

    def _missed(self, state: Cursor, page: _Page) -> None:
        """Posts that should be on the newest page and are not were deleted, or their author and we block each other."""
        here = {uri for uri, _ in page.rows}
        least = 0 if page.last else min((time for _, time in page.rows), default=1 << 62)
        for uri, (time, anchor) in list(state.rows.items()):
            if uri not in here and time > least and time >= self._oldest():
                del state.rows[uri]
                state.todo.pop(uri, None)
                if anchor:
                    state.stale[anchor] = max(time, state.stale.get(anchor, 0))

    async def _own(self, state: Cursor) -> None:
        """Answers of ours that were written with another program."""
        params: dict[str, Any] = {"actor": self.ours.did, "limit": OWN, "filter": "posts_with_replies"}
        answer = await self.session.get("app.bsky.feed.getAuthorFeed", params)
        for one in entries(answer, "feed"):
            uri, time = line(text(one, "post", "uri")), moment(one.get("post", {}).get("indexedAt"))
            if did_of(uri) != self.ours.did or time is None or uri in state.own or "reply" not in one:
                continue
            state.own[uri] = time
            state.todo[uri] = time

    def _recheck(self, state: Cursor) -> None:
        now = self.session.access.now()
        due = sorted(
            (checked, anchor) for anchor, (newest, checked) in state.cases.items()
            if newest > now - RECHECK_WITHIN_MS and now - checked >= min(SELDOM_MS, (now - newest) // AGEING)
        )  # fmt: skip
        for _, anchor in due[:RECHECKS]:
            state.stale.setdefault(anchor, state.cases[anchor][0])

    def _read_elsewhere(self, state: Cursor) -> list[MarkChange]:
        """What was read in Bluesky itself. What was read here stays read, whatever Bluesky says."""
        changes, places = [], {}
        for uri, read in self.seen.items():
            anchor = state.rows.get(uri, (0, ""))[1]
            if not read or not anchor:
                continue
            if anchor not in places:
                places[anchor] = dict(self.session.access.mirror.places(anchor))
            marks = places[anchor].get(uri)
            if marks is not None and Marks.SEEN not in marks:
                changes.append(MarkChange(anchor, uri, marks | {Marks.SEEN}))
        return changes[:BATCH]

    # -- threads

    async def _next(self, state: Cursor, left: int) -> AsyncIterator[Batch]:
        uri, unknown = state.next()
        thread = await self._thread(uri)
        if unknown:
            anchor = threads.anchor_of(thread, self.ours)
            if anchor is None:  # deleted in this moment, or an answer of ours to somebody who did not turn to us
                state.todo.pop(uri, None)
                yield Batch(cursor="", bad=tuple(thread.bad))
                return
            state.todo.pop(uri, None)
            if anchor.uri != uri:
                named, thread = thread, await self._thread(anchor.uri)
                _include(thread, named)
                uri = anchor.uri
        if thread.post is None:
            async for batch in self._gone(state, uri, thread):
                yield batch
            return
        read = threads.read(thread, self.ours, self.seen, self.seen_at)
        here = dict(self.session.access.mirror.places(uri))
        removals = await self._removals(here, read, thread)
        blocks = await self._blocks(thread, uri, here)
        wanted = [one for one in (*read.messages.values(), *blocks) if _changed(one, here)]
        wanted.sort(key=lambda one: (one.received_at, one.ref), reverse=True)
        newest = max(one.received_at for one in read.messages.values())
        fresh = uri not in state.cases
        state.cases[uri] = (newest, state.cases.get(uri, (0, 0))[1])
        state.stale[uri] = max(newest, state.stale.get(uri, 0))  # until all of it is here
        self._shown(uri, read.posts)
        for post in read.posts:
            if post in state.rows:
                state.rows[post] = (state.rows[post][0], uri)
            state.todo.pop(post, None)
        bad = tuple(BadItem(one.ref, uri, one.reason) for one in thread.bad)
        while True:
            part, wanted = wanted[: min(BATCH, max(1, left))], wanted[min(BATCH, max(1, left)) :]
            left -= len(part)
            if not wanted:
                state.stale.pop(uri, None)
                state.cases[uri] = (newest, self.session.access.now())
            messages = tuple(_kept(one, here) for one in part)
            if messages or removals or bad or fresh:
                yield Batch(cursor="", messages=messages, cases=(read.case,), removals=tuple(removals), bad=bad)
            removals, bad, fresh = [], (), False
            if not wanted or left <= 0:
                return

    async def message(self, anchor: str, ref: str) -> RemoteMessage:
        """One message of a case as it is now.

        Raises:
            Missing: it cannot be seen.
        """
        thread = await self._thread(anchor) if anchor.startswith("at://") else Thread()
        found = threads.read(thread, self.ours, self.seen, self.seen_at).messages.get(ref) if thread.post else None
        if found is None:
            raise Missing(f"{line(ref)} cannot be seen any more")
        return _kept(found, dict(self.session.access.mirror.places(anchor)))

    def _shown(self, anchor: str, posts: Iterable[str]) -> None:
        awaited = self.touched.get(anchor, set()) - set(posts)
        if awaited:
            self.touched[anchor] = awaited
        else:
            self.touched.pop(anchor, None)

    async def _thread(self, uri: str) -> Thread:
        self.session.spare()
        raw = await self._asked(uri, DEPTH, HEIGHT)
        thread = threads.thread_of(raw) if raw is not None else Thread()
        for _ in range(DEEPER):
            if not thread.deeper:
                break
            raw = await self._asked(thread.deeper.pop(), DEPTH, 0)
            further = threads.thread_of(raw) if raw is not None else Thread()
            thread.below += further.below
            thread.deeper += further.deeper
            thread.bad += further.bad
            thread.blocked |= further.blocked
        return thread

    async def _asked(self, uri: str, depth: int, height: int) -> Any:
        try:
            return await self.session.get("app.bsky.feed.getPostThread", {"uri": uri, "depth": depth, "parentHeight": height})
        except Missing:
            return None

    async def _gone(self, state: Cursor, anchor: str, thread: Thread) -> AsyncIterator[Batch]:
        """A case whose first post cannot be seen any more: what was deleted goes, what is only hidden stays as it was."""
        state.todo.pop(anchor, None)
        state.stale.pop(anchor, None)
        state.cases.pop(anchor, None)
        self.touched.pop(anchor, None)
        here = dict(self.session.access.mirror.places(anchor))
        if not here:
            return
        blocks = await self._blocks(thread, anchor, here)
        removals = [Removal(anchor, ref) for ref in await self._deleted(here)]
        if len(removals) == len([one for one in here if not _beside(one)]):
            removals = [Removal(anchor, "")]
        if removals or blocks:
            yield Batch(cursor="", removals=tuple(removals), messages=tuple(blocks))

    async def _removals(self, here: Iterable[str], read: threads.Read, thread: Thread) -> list[Removal]:
        anchor = read.case.conversation
        lost = [ref for ref in here if ref not in read.messages and not ref.startswith(threads.BLOCK)]
        gone = [ref for ref in here if ref.startswith(threads.BLOCK) and ref.removeprefix(threads.BLOCK) not in thread.blocked]
        gone += [ref for ref in lost if ref.startswith(threads.CONTEXT) or ref in read.posts]  # a part of another message now
        asked = [ref for ref in lost if not ref.startswith(threads.CONTEXT) and ref not in read.posts]
        return [Removal(anchor, ref) for ref in (*gone, *await self._deleted(asked))]

    async def _deleted(self, refs: Iterable[str]) -> list[str]:
        """Which of these posts are no longer there at all, rather than hidden from us or too far down."""
        found = []
        for ref in refs:
            if _beside(ref):
                continue
            try:
                raw = await self.session.get("app.bsky.feed.getPostThread", {"uri": ref, "depth": 0, "parentHeight": 0})
            except Missing:
                found.append(ref)
            except Refused:
                continue
            else:
                if raw.get("thread", {}).get("notFound") is True:
                    found.append(ref)
        return found

    async def _blocks(self, thread: Thread, anchor: str, here: Container[str]) -> list[RemoteMessage]:
        """Lines about those who block us, or whom we block, that are not here yet."""
        found = []
        for did, by_them in thread.blocked.items():
            if did and f"{threads.BLOCK}{did}" not in here:
                try:
                    who = person_of(await self.session.get("app.bsky.actor.getProfile", {"actor": did})).address
                except Refused:
                    who = line(did)
                found.append(threads.block_notice(line(did), who, anchor, self.session.access.now(), by_them=by_them))
        return found


@dataclass(frozen=True, slots=True)
class _Page:
    """Notifications of ours. ``last``: nothing that is wanted comes after them."""

    rows: tuple[tuple[str, int], ...]
    further: str
    last: bool


def _include(thread: Thread, named: Thread) -> None:
    """Keep a post that we were told of although the thread does not show it: who is blocked by whom hides some."""
    there = {one.uri for one in thread.below}
    if thread.post is not None and named.post is not None and named.post.uri not in {*there, thread.post.uri}:
        thread.below.append(named.post)


def _beside(ref: str) -> bool:
    """Whether a message is no post of the case itself."""
    return ref.startswith((threads.CONTEXT, threads.BLOCK))


def _revision(marks: Iterable[str]) -> str:
    return next((one for one in marks if one.startswith(threads.REVISION)), "")


def _changed(message: RemoteMessage, here: dict[str, frozenset[str]]) -> bool:
    """Whether a message is not here as it is now. What was seen once stays seen."""
    marks = here.get(message.ref)
    if marks is None:
        return True
    return _revision(message.marks) != _revision(marks) or (Marks.SEEN in message.marks and Marks.SEEN not in marks)


def _kept(message: RemoteMessage, here: dict[str, frozenset[str]]) -> RemoteMessage:
    if Marks.SEEN in here.get(message.ref, ()):
        return replace(message, marks=message.marks | {Marks.SEEN})
    return message
