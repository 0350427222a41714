"""Reading the forum: which topics and chats have changed, and what is new in each.

A topic is read page by page from its end; which of its posts are here the mirror knows. Showing a topic makes NodeBB
call it read, so a topic that was unread is marked unread again at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from agent_tui.domain.errors import OutcomeUnknown, Refused, TryLater
from agent_tui.domain.model import BadItem, Batch, Marks, RemoteCase, RemoteMessage, Removal, Role
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.nodebb import chats, moderation, wire
from agent_tui.sources.nodebb.account import WRITE, Account
from agent_tui.sources.nodebb.cursor import Cursor, Known
from agent_tui.sources.nodebb.reading import GONE, PENDING, Reading, raw_of
from agent_tui.sources.nodebb.wire import Topic

BATCH = 100
RECHECK_MS = 30 * 60_000  # an edit or a lock changes nothing in the list
RECHECK_WITHIN_MS = 14 * 86_400_000
RECHECKS = 2  # in one quiet round
OLDEST_FIRST = "oldest_to_newest"  # else the account's own setting decides, and pages mean something else


class Puller:
    """Pulls for one open account.

    Args:
        touched: names of topics and rooms that we changed ourselves since the last pull, and whether that made them
            unread (None: neither); emptied here.
    """

    def __init__(self, account: Account, touched: dict[str, bool | None]) -> None:
        self._account = account
        self._touched = touched
        self._mirror = account.access.mirror
        self._now = account.access.now

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """See ``Source.pull``."""
        account = self._account
        state = Cursor.load(cursor, f"{account.base} {account.ours.id} {sorted(account.watched)}")
        first = not state.known
        left, done = max(1, budget), 0
        rows, last = await self._page(1)
        self._take(state, rows, 1, last=last)
        self._miss(state, rows, last=last)
        if account.settings.chats:
            await chats.look(account, state)
        for name, unread in sorted(self._touched.items()):
            state.todo.setdefault(name, self._now())
            known = state.known.setdefault(name, Known(bumped=self._now()))
            known.unread = known.unread if unread is None else unread
        self._touched.clear()
        if not state.more:
            self._recheck(state)
        if account.settings.review:
            async for batch in moderation.pull(account, state):
                yield replace(batch, cursor=state.dump(), more=True)
        while True:
            while state.todo and left > 0:
                name = state.next_name()
                reader = self._topic if name.startswith("t") else self._room
                async for batch in reader(state, name, left):
                    count = len(batch.messages) + len(batch.bad)
                    left, done = left - count, done + count
                    yield replace(batch, cursor=state.dump(), done=done, more=True, backfill=first)
            if left <= 0 or not state.page:
                break
            number_ = state.page
            rows, last = await self._page(number_)
            self._take(state, rows, number_, last=last)
        yield Batch(cursor=state.dump(), more=state.more, done=done, backfill=first)

    # -- the list of topics

    async def _page(self, page: int) -> tuple[list[dict[str, Any]], bool]:
        """Topics of a page with the newest activity first, and whether it is the last page."""
        params: dict[str, str | int | list[str] | list[int]] = {"page": page}
        if self._account.watched:
            params["cid"] = sorted(self._account.watched)
        try:
            raw = await self._account.get("api/recent", params)
        except Missing:  # a page beyond the end
            return [], True
        if not isinstance(entry(raw).get("topics"), list):
            raise TryLater("the forum answered with something that is no list of topics")
        rows = [one for one in entries(raw, "topics") if number(one, "tid") > 0]
        return rows, not rows or page >= number(raw, "pagination", "pageCount", default=1)

    def _take(self, state: Cursor, rows: list[dict[str, Any]], page: int, *, last: bool) -> None:
        """Note what has changed on a page, and whether to read on."""
        oldest = self._oldest()
        changed = False
        for row in rows:
            name, bumped = f"t{number(row, 'tid')}", number(row, "lastposttime")
            if bumped < oldest and name not in state.known:
                continue
            known = state.known.get(name)
            signature = _signature(row)
            if known is None or known.signature.removeprefix(PENDING) != signature:
                changed = True
                known = state.known.setdefault(name, Known())
                known.signature = f"{PENDING}{signature}"
            if known.signature.startswith(PENDING):
                known.unread = wire.truth(row, "unread")
                known.bumped = state.todo[name] = bumped
        ended = last or (bool(rows) and all(number(row, "lastposttime") < oldest for row in rows))
        if ended:
            state.page, state.deep = 0, False
        elif page == 1:
            state.page = 2 if changed else state.page or (2 if state.deep else 0)
        else:
            state.page = page + 1 if changed or state.deep else 0

    def _oldest(self) -> int:
        history = self._account.settings.history_ms
        return 0 if history is None else self._now() - history

    def _miss(self, state: Cursor, rows: list[dict[str, Any]], *, last: bool) -> None:
        """Look at topics that should be on the first page and are not: they were purged, hidden or moved."""
        here = {f"t{number(row, 'tid')}" for row in rows}
        least = -1 if last else min((number(row, "lastposttime") for row in rows), default=1 << 62)
        for name, known in state.known.items():
            if name.startswith("t") and known.bumped > least and name not in here and known.signature != GONE:
                known.signature, state.todo[name] = GONE, known.bumped

    def _recheck(self, state: Cursor) -> None:
        now = self._now()
        due = [
            (known.checked, name) for name, known in state.known.items()
            if known.checked < now - RECHECK_MS and known.bumped > now - RECHECK_WITHIN_MS
        ]  # fmt: skip
        for _, name in sorted(due)[:RECHECKS]:
            state.todo[name] = state.known[name].bumped

    # -- one topic

    async def _show(self, tid: int, page: int, *, unread: bool) -> Any:
        """A page of a topic, which stays unread where it was."""
        raw = await self._account.get(f"api/topic/{tid}", {"page": page, "sort": OLDEST_FIRST})
        if unread:
            with contextlib.suppress(TryLater, Refused, OutcomeUnknown):
                await self._account.change("DELETE", f"{WRITE}topics/{tid}/read")
        return raw

    async def _topic(self, state: Cursor, name: str, left: int) -> AsyncIterator[Batch]:
        tid = int(name[1:])
        known = state.known.setdefault(name, Known(bumped=state.todo[name]))
        container = wire.container(tid)
        try:
            raw = await self._show(tid, 1, unread=known.unread)
        except (Forbidden, Missing):
            raw = {}
        else:
            if not isinstance(raw, dict) or number(raw, "tid") != tid or not isinstance(raw.get("posts"), list):
                yield _unreadable(state, name, container)
                return
        topic = wire.topic_of(raw, self._account.ours)
        watched = self._account.watched
        away = topic.id != tid or topic.scheduled or (topic.deleted and not topic.locked)
        if away or (watched and topic.category not in watched):
            del state.todo[name]
            known.signature, known.deep, known.checked = GONE, 0, self._now()
            yield Batch(cursor="", removals=(Removal(container, ""),))
            return
        reading = Reading.of(self._mirror.places(container))
        page, whole = topic.pages, True
        while page >= 1:
            try:
                shown = raw if page == 1 else await self._show(tid, page, unread=known.unread)
            except Missing:  # it has become shorter
                shown = None
            if shown is not None and not isinstance(entry(shown).get("posts"), list):
                yield _unreadable(state, name, container)
                return
            posts = entries(shown, "posts")
            known.locked = max(known.locked, wire.locked_at(posts))
            reading.there |= {wire.number_of(one, "pid") for one in posts}
            wanted = [one for one in posts if self._wanted(one, reading, known)]
            room = min(BATCH, left)
            messages, bad, removals = await self._read(wanted[-room:], topic, reading, known)
            left -= len(messages) + len(bad)
            if messages or bad or removals:
                yield Batch(cursor="", messages=messages, bad=bad, removals=removals, cases=(self._case(topic, known, reading),))
            if len(wanted) > room or (left <= 0 and page > 1):
                known.deep = page + 1 if len(wanted) > room else page
                return  # it goes on from here in the next round
            if known.deep and page > known.deep and not wanted:
                page, whole = known.deep - 1, False
            elif page > 1 and not known.deep and len(set(reading.here) | reading.there | known.skipped) == topic.count:
                page, whole = (1, False) if page > 2 else (1, whole)
            else:
                page -= 1
        gone = sorted(set(reading.here) - reading.there) if whole else []
        del state.todo[name]
        known.signature, known.checked, known.deep = known.signature.removeprefix(PENDING), self._now(), 0
        marks = tuple(one for one in reading.seen_again(container, unread=known.unread) if int(one.ref) not in gone)
        yield Batch(
            cursor="", removals=tuple(Removal(container, str(one)) for one in gone), marks=marks,
            cases=(self._case(topic, known, reading),),
        )  # fmt: skip

    @staticmethod
    def _wanted(post: dict[str, Any], reading: Reading, known: Known) -> bool:
        identity = wire.number_of(post, "pid")
        if wire.truth(post, "deleted"):
            return identity in reading.here
        return wire.revision(post) not in reading.here.get(identity, ()) and identity not in known.skipped

    async def _read(
        self, wanted: list[dict[str, Any]], topic: Topic, reading: Reading, known: Known
    ) -> tuple[tuple[RemoteMessage, ...], tuple[BadItem, ...], tuple[Removal, ...]]:
        messages: list[RemoteMessage] = []
        bad: list[BadItem] = []
        removals: list[Removal] = []
        account = self._account
        for post in reversed(wanted):
            identity = wire.number_of(post, "pid")
            if wire.truth(post, "deleted"):
                removals.append(Removal(topic.container, str(identity)))
                reading.roles.pop(identity, None)
                continue
            try:
                raw = await raw_of(account, f"posts/{identity}") if number(post, "uid") == account.ours.id else None
                message = wire.message_of(post, topic, account.ours, raw)
            except ValueError as error:
                known.skipped.add(identity)
                bad.append(BadItem(str(identity), topic.container, str(error)))
                continue
            if known.unread is False or Marks.SEEN in reading.here.get(identity, ()):
                message = replace(message, marks=message.marks | {Marks.SEEN})
            if message.author.role is Role.CUSTOMER:
                known.asked = max(known.asked, message.received_at)
            reading.took(message)
            messages.append(message)
        return tuple(messages), tuple(bad), tuple(removals)

    def _case(self, topic: Topic, known: Known, reading: Reading) -> RemoteCase:
        state = wire.state_of(topic, asked_since_locking=bool(known.locked) and known.asked > known.locked)
        return RemoteCase(
            conversation=str(topic.id), subject=topic.title, state=state, tags=frozenset(topic.tags), public=True,
            answer=wire.answer_of(topic, reading.roles.values()),
        )  # fmt: skip

    # -- one chat room

    async def _room(self, state: Cursor, name: str, left: int) -> AsyncIterator[Batch]:
        known = state.known.setdefault(name, Known(bumped=state.todo[name]))
        async for batch in chats.read(self._account, int(name[1:]), known, min(BATCH, left)):
            left -= len(batch.messages) + len(batch.bad)
            if not batch.more:
                del state.todo[name]
                known.signature, known.checked, known.deep = known.signature.removeprefix(PENDING), self._now(), 0
            yield batch
            if left <= 0:
                return


def _unreadable(state: Cursor, name: str, container: str) -> Batch:
    """What is here of a topic or room stays, and it is looked at again when the list shows it next."""
    del state.todo[name]
    state.known[name].signature = ""
    return Batch(cursor="", bad=(BadItem(name[1:], container, "the forum gives it in a form that cannot be read"),))


def _signature(row: dict[str, Any]) -> str:
    signed = [number(row, key) for key in ("lastposttime", "postcount", "locked", "deleted", "cid")]
    said = [text(row, "titleRaw"), text(row, "title"), sorted(wire.tags_of(row)), wire.truth(row, "unread")]
    return hashlib.blake2b(json.dumps([signed, said]).encode(), digest_size=6).hexdigest()
