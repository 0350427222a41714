"""Reading the forum: which topics have changed, and what is new in each.

A topic's ``post_stream.stream`` names all of its posts; what is not here yet is fetched in chunks, newest first. What
is here comes from the mirror, so that the cursor holds nothing that the store holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from agent_tui.domain.model import BadItem, Batch, CaseState, MarkChange, Marks, RemoteCase, RemoteMessage, Removal, Role
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.discourse import reviews, wire
from agent_tui.sources.discourse.account import Account
from agent_tui.sources.discourse.cursor import UNLISTED, Cursor, Known
from agent_tui.sources.discourse.queues import Page, Queue, page_of
from agent_tui.sources.discourse.wire import Topic

BATCH = 100
CHUNK = 50  # posts asked for at once
TAIL = 20  # posts at the end of a topic that are compared again whenever it is read
PAUSE_S = 1.0
RECHECK_MS = 30 * 60_000  # an edit of an older post changes nothing in the lists
RECHECK_WITHIN_MS = 14 * 86_400_000
JUST_WRITTEN_MS = 86_400_000
RECHECKS = 2  # in one quiet round
MOST_REVIEWS = 100  # of what waits for moderators
PENDING = "?"  # before a signature: the topic has yet to be read to reach it


@dataclass(slots=True)
class _Reading:
    """One topic while it is read.

    Args:
        roles: of everybody who wrote for all to see, by post.
        posts: what the forum has given so far; ``missing``: what is to be read, newest first.
        here: marks of what is stored already.
    """

    topic: Topic
    known: Known
    roles: dict[int, str]
    posts: dict[int, dict[str, Any]]
    missing: list[int]
    removals: tuple[Removal, ...] = ()
    here: dict[int, frozenset[str]] = field(default_factory=dict)


class Puller:
    """Pulls for one open account.

    Args:
        queues: the lists to watch.
        touched: ids of topics that we changed ourselves since the last pull; emptied here.
    """

    def __init__(self, account: Account, queues: tuple[Queue, ...], touched: set[int]) -> None:
        self._account = account
        self._queues = queues
        self._touched = touched
        self._mirror = account.access.mirror
        self._now = account.access.now
        self._categories = frozenset(one.category for one in queues if one.category)
        self._everything = any(not one.category and not one.tag and not one.private for one in queues)

    async def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """See ``Source.pull``."""
        account = self._account
        state = Cursor.load(cursor, f"{account.base} {account.ours.id}")
        first = not state.started
        left, done = max(1, budget), 0
        for index in range(len(self._queues)):
            async for pause in self._pauses(state):
                yield pause
            page = await self._page(index, 0)
            self._take(state, index, page, 0)
            self._miss(state, index, page)
        for identity in sorted(self._touched):
            state.todo.setdefault(identity, self._now())
        self._touched.clear()
        if not state.more:
            self._recheck(state)
        if account.ours.reviews and account.settings.review:
            async for pause in self._pauses(state):
                yield pause
            batch = await self._reviews(state)
            if batch is not None:
                yield batch
        while True:
            while state.todo and left > 0:
                identity = state.next_topic()
                async for batch in self._topic(state, identity, left, backfill=first):
                    count = len(batch.messages) + len(batch.bad)
                    left, done = left - count, done + count
                    yield _at(batch, state, done)
            if left <= 0 or not state.pages:
                break
            index, number_ = next(iter(sorted(state.pages.items())))
            async for pause in self._pauses(state):
                yield pause
            self._take(state, index, await self._page(index, number_), number_)
        yield Batch(cursor=state.dump(), more=state.more, done=done, backfill=first)

    async def _pauses(self, state: Cursor) -> AsyncIterator[Batch]:
        """Empty batches, a second apart, until the forum may be asked: whoever reads them may do something else."""
        pace = self._account.pace
        while (wait := pace.wait_ms(self._now(), urgent=False)) > 0:
            await asyncio.sleep(min(PAUSE_S, wait / 1000))
            words = ""
            if pace.used_up(self._now()):
                words = (
                    f"today's share of reading is used up; one request every {pace.every_s:.0f} s goes on, and what you send "
                    f"leaves at once (the forum lets this key ask {pace.per_day:,} times in a day: requests_per_day)"
                )
            yield Batch(cursor=state.dump(), more=True, held_back=words)

    # -- lists

    async def _page(self, index: int, page: int) -> Page:
        params = {"page": page} if page else None
        queue = self._queues[index]
        try:
            return page_of(await self._account.get(queue.path, params, urgent=False))
        except (Forbidden, Missing):
            if queue.private:  # no private messages, or a group that we have left
                return Page((), last=True)
            raise

    def _take(self, state: Cursor, index: int, page: Page, at: int) -> None:
        """Note what has changed on a page, and whether to read on."""
        if index not in state.started:
            state.started.add(index)
            state.deep.add(index)
        oldest = self._oldest()
        last = next((row for row in reversed(page.rows) if not row.pinned), None)
        changed = False  # to the end of the page: there may be more on the next
        for row in page.rows:
            if row.bumped < oldest and row.id not in state.topics:
                continue
            known = state.topics.get(row.id)
            if known is not None:
                known.queue = index
            if known is None or known.signature.removeprefix(PENDING) != row.signature:
                changed = changed or row is last
                known = state.topics.setdefault(row.id, Known(queue=index))
                known.signature = f"{PENDING}{row.signature}"
            if known.signature.startswith(PENDING):
                known.bumped = state.todo[row.id] = row.bumped
        ended = page.last or (bool(page.rows) and all(row.bumped < oldest for row in page.rows if not row.pinned))
        if at == 0:
            further = not ended and (changed or index in state.deep)
            if further:
                state.pages[index] = min(state.pages.get(index, 1), 1) if changed else state.pages.get(index, 1)
            elif ended:
                state.pages.pop(index, None)
                state.deep.discard(index)
        elif ended or not (changed or index in state.deep):
            state.pages.pop(index, None)
            state.deep.discard(index)
        else:
            state.pages[index] = at + 1

    def _oldest(self) -> int:
        history = self._account.settings.history_ms
        return 0 if history is None else self._now() - history

    def _miss(self, state: Cursor, index: int, page: Page) -> None:
        """Look at topics that should be on the page and are not: they were deleted, hidden or moved."""
        here = {row.id for row in page.rows}
        least = 0 if page.last else min((row.bumped for row in page.rows if not row.pinned), default=1 << 62)
        for identity, known in state.topics.items():
            if known.queue == index and known.bumped > least and identity not in here:
                state.todo[identity] = known.bumped
                known.queue = UNLISTED

    def _recheck(self, state: Cursor) -> None:
        now = self._now()
        due = [
            (known.checked, identity) for identity, known in state.topics.items()
            if known.checked < now - RECHECK_MS and known.bumped > now - RECHECK_WITHIN_MS
        ]  # fmt: skip
        for _, identity in sorted(due)[:RECHECKS]:
            state.todo[identity] = state.topics[identity].bumped

    # -- one topic

    async def _topic(self, state: Cursor, identity: int, left: int, *, backfill: bool) -> AsyncIterator[Batch]:
        async for pause in self._pauses(state):
            yield pause
        known = state.topics.setdefault(identity, Known(bumped=state.todo[identity], queue=UNLISTED))
        try:
            raw = await self._account.get(f"t/{identity}.json", {"include_raw": 1}, urgent=False)
        except (Forbidden, Missing):
            raw = None
        if raw is None or not self._ours(raw):
            del state.todo[identity]
            state.topics.pop(identity, None)
            yield Batch(cursor="", removals=(Removal(wire.container(identity), ""),))
            return
        reading = self._compare(raw, known)
        while True:
            room = min(BATCH, left)
            taking = reading.missing[: min(room, CHUNK)]
            while lacking := [one for one in taking if one not in reading.posts]:
                async for pause in self._pauses(state):
                    yield pause
                answer = await self._account.get(
                    f"t/{identity}/posts.json", {"post_ids[]": lacking, "include_raw": 1}, urgent=False
                )
                got = {number(one, "id"): one for one in wire.posts_of(answer)}
                reading.posts |= got
                if not got.keys() & set(lacking):  # a forum may give fewer than were asked for; now it gives none
                    break
            for one in self._unmarked(reading, taking):
                async for pause in self._pauses(state):
                    yield pause
                alone = entry(await self._account.get(f"posts/{one}.json", urgent=False))
                reading.posts[one] |= {"raw": alone["raw"]} if isinstance(alone.get("raw"), str) else {}
            reading.missing = reading.missing[len(taking) :]
            messages, bad = self._read(reading, taking)
            left -= len(messages) + len(bad)
            ended = not reading.missing
            if ended:
                del state.todo[identity]
                known.signature = known.signature.removeprefix(PENDING)
                known.checked = self._now()
            yield Batch(
                cursor="", messages=tuple(messages), bad=tuple(bad), removals=reading.removals,
                cases=(self._case(reading),), backfill=backfill, marks=_read_since(reading, messages) if ended else (),
            )  # fmt: skip
            reading.removals = ()
            if ended or left <= 0:
                return

    def _unmarked(self, reading: _Reading, wanted: Iterable[int]) -> list[int]:
        """What we have just written, where the forum shows HTML only: without its Markdown our mark on it is not seen."""
        found = []
        for one in wanted:
            post = reading.posts.get(one, {})
            if one in reading.here or isinstance(post.get("raw"), str):
                continue
            written = wire.moment(post.get("created_at"))
            if text(post, "username").lower() == self._account.ours.username and (written or 0) > self._now() - JUST_WRITTEN_MS:
                found.append(one)
        return found

    def _ours(self, raw: Any) -> bool:
        """Whether a topic is (still) in something that is watched."""
        if not isinstance(raw, dict) or number(raw, "id") <= 0:
            return False
        if text(raw, "archetype") == "private_message":
            return True
        tags = set(self._account.settings.tags)
        return self._everything or number(raw, "category_id") in self._categories or bool(tags & set(wire.tags_of(raw)))

    def _compare(self, raw: Any, known: Known) -> _Reading:
        """What the forum has of a topic against what is here."""
        ours = self._account.ours
        topic = wire.topic_of(raw, ours, wire.staff_of(raw))
        here = {int(ref): marks for ref, marks in self._mirror.places(topic.container) if ref.isdecimal()}
        there = set(topic.stream)
        posts = {number(one, "id"): one for one in wire.posts_of(raw)}
        known.skipped &= there
        missing = [one for one in topic.stream if one not in here and one not in known.skipped]
        stale = [one for one, post in posts.items() if one in here and _revision(post) not in here[one]]
        stale += [one for one, marks in here.items() if one in there and one not in stale and _is_solution(marks, topic) is not
                  (Marks.SOLUTION in marks)]
        if here and len(topic.stream) > len(posts):
            stale += [one for one in topic.stream[-TAIL:] if one in here and one not in posts]
        return _Reading(
            topic=topic, known=known, posts=posts, missing=sorted({*missing, *stale}, reverse=True),
            removals=tuple(Removal(topic.container, str(one)) for one in sorted(here.keys() - there)),
            here=here, roles={one: role for one, marks in here.items() if one in there and (role := _role(marks))},
        )  # fmt: skip

    def _read(self, reading: _Reading, wanted: Iterable[int]) -> tuple[list[RemoteMessage], list[BadItem]]:
        messages: list[RemoteMessage] = []
        bad: list[BadItem] = []
        topic, known = reading.topic, reading.known
        for identity in wanted:
            post = reading.posts.get(identity)
            if post is None:
                known.skipped.add(identity)  # hidden from us, or deleted in this moment
                continue
            here = reading.here.get(identity, frozenset())
            if _revision(post) in here and (post.get("accepted_answer") is True) is (Marks.SOLUTION in here):
                continue  # compared, and nothing has changed
            if number(post, "post_type", default=wire.REGULAR) == wire.SMALL:
                known.skipped.add(identity)
                if text(post, "action_code") in ("closed.enabled", "autoclosed.enabled", "archived.enabled"):
                    known.closing = max(known.closing, identity)
                continue
            try:
                message = wire.message_of(post, topic, self._account.ours, self._account.base)
            except ValueError as error:
                known.skipped.add(identity)
                bad.append(BadItem(str(identity), topic.container, str(error)))
                continue
            messages.append(message)
            if role := _role(message.marks):
                reading.roles[identity] = role
        return messages, bad

    def _case(self, reading: _Reading) -> RemoteCase:
        topic, known, settings = reading.topic, reading.known, self._account.settings
        asked = max((one for one, role in reading.roles.items() if role == Role.CUSTOMER.value), default=0)
        if topic.reminder is None:
            known.reminder = None
        elif known.reminder is None or known.reminder[0] != topic.reminder:
            known.reminder = (topic.reminder, asked)
        state = wire.state_of(
            topic, self._now(), asked_since_closing=bool(known.closing) and asked > known.closing,
            asked_since_snoozing=known.reminder is not None and asked > known.reminder[1],
        )  # fmt: skip
        name = topic.assignee.lower()
        return RemoteCase(
            conversation=str(topic.id), subject=topic.title, state=state, tags=frozenset(topic.tags),
            assignee=settings.agents.get(name, topic.assignee), public=not topic.private,
            snoozed_until=topic.reminder if state is CaseState.SNOOZED else None,
            answer=wire.answer_of(topic, reading.roles.values()),
        )  # fmt: skip

    # -- what waits for moderators

    async def _reviews(self, state: Cursor) -> Batch | None:
        """What is new in the review queue and what has left it; the oldest of a very long one is left alone."""
        here = {ref for ref, _ in self._mirror.places(reviews.CONTAINER)}
        messages: list[RemoteMessage] = []
        cases: list[RemoteCase] = []
        offset, total = 0, 1
        while offset < total and offset < MOST_REVIEWS:
            if offset and self._account.pace.wait_ms(self._now(), urgent=False) > 0:
                break
            try:
                raw = await self._account.get("review.json", {"status": "pending", "offset": offset}, urgent=False)
            except (Forbidden, Missing):
                return None
            count, total = len(entries(raw, "reviewables")), number(raw, "meta", "total_rows_reviewables")
            found = reviews.read(raw)
            messages += found[0]
            cases += found[1]
            offset += count
            if not count or (total == len(here) and all(one.ref in here for one in messages)):
                break  # the rest is as it was
        there = {one.ref for one in messages}
        whole = offset >= total
        fresh = tuple(one for one in messages if one.ref not in here)
        removals = tuple(Removal(reviews.CONTAINER, ref) for ref in sorted(here - there)) if whole else ()
        if not fresh and not removals:
            return None
        new = {one.conversation for one in fresh}
        return Batch(
            cursor=state.dump(), messages=fresh, cases=tuple(one for one in cases if one.conversation in new),
            removals=removals, more=True,
        )  # fmt: skip


def _at(batch: Batch, state: Cursor, done: int) -> Batch:
    return replace(batch, cursor=state.dump(), done=done, more=True)


def _read_since(reading: _Reading, fresh: Iterable[RemoteMessage]) -> tuple[MarkChange, ...]:
    """What has been read, or called unread, at the forum of what is stored already."""
    topic = reading.topic
    if topic.read is None:
        return ()
    anew = {one.ref for one in fresh}
    found = []
    for one, marks in reading.here.items():
        place = next((mark.removeprefix(wire.POST_NUMBER) for mark in marks if mark.startswith(wire.POST_NUMBER)), "")
        if str(one) in anew or one not in topic.stream or not place.isdecimal() or _role(marks) == Role.AGENT.value:
            continue
        if (int(place) <= topic.read) is not (Marks.SEEN in marks):
            after = marks | {Marks.SEEN} if int(place) <= topic.read else marks - {Marks.SEEN}
            found.append(MarkChange(topic.container, str(one), after))
    return tuple(found)


def _is_solution(marks: frozenset[str], topic: wire.Topic) -> bool:
    """Whether the topic says that the post with these marks is its solution; where it does not say which, what is known."""
    if topic.accepted == 0:
        return Marks.SOLUTION in marks
    return f"{wire.POST_NUMBER}{topic.accepted}" in marks


def _revision(post: dict[str, Any]) -> str:
    return f"{wire.REVISION}{number(post, 'version', default=1)}"


def _role(marks: Iterable[str]) -> str:
    return next((one.removeprefix(wire.BY) for one in marks if one.startswith(wire.BY)), "")
