"""Reading an account: first what changed by the server's own clock, then what is older, newest first.

* What changed is asked for with ``updated_within``, reaching ``OVERLAP_S`` further back than what is known, because
  a change may be committed after a later one; conversations that look as they did are not read again.
* Messages are asked for by ranges of their numbers and never by pages: Chatwoot filters by number but orders by
  time, so that a page may leave something out (``app/finders/message_finder.rb``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field

from agent_tui.domain.errors import Refused
from agent_tui.domain.model import BadItem, Batch, MarkChange, Marks, RemoteCase, RemoteMessage, Removal
from agent_tui.sources.answers import Forbidden, Missing, entries
from agent_tui.sources.base import Mirror
from agent_tui.sources.chatwoot import read
from agent_tui.sources.chatwoot.api import BETWEEN, LAST, Api
from agent_tui.sources.chatwoot.cursor import Cursor, Walk
from agent_tui.sources.chatwoot.read import Json, Unreadable

BATCH = 100
CASES = 12  # conversations in a batch: a reply that is ready waits for no more than these
OVERLAP_S = 300
LONG_S = 86_400  # after such an absence the list is walked, because ``updated_within`` is not paged
AGAIN_S = 172_800  # messages so young are looked at again when their conversation changes: they may have failed since
AGAIN_LEAST, AGAIN_MOST = 20, 100
FEW = 20  # so many messages come without asking for a range
AT_ONCE = 6  # conversations read side by side
FIRST_WIDTH = 1 << 14


@dataclass(slots=True)
class Step:
    """What was read between two states of the cursor."""

    cursor: str
    messages: list[RemoteMessage] = field(default_factory=list)
    cases: list[RemoteCase] = field(default_factory=list)
    marks: list[MarkChange] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)
    backfill: bool = False

    @property
    def empty(self) -> bool:
        """Whether it brings nothing but its cursor."""
        return not (len(self) or self.cases)

    def __len__(self) -> int:
        return len(self.messages) + len(self.bad) + len(self.removals) + len(self.marks)


class Puller:
    """Reads one account.

    Args:
        mirror: what is here already.

    Attributes:
        touched: conversations to look at again whatever their print says: we changed them, or the cable named them.
        revised: messages that the cable said have changed, by conversation.
    """

    def __init__(self, api: Api, mirror: Mirror) -> None:
        self._api = api
        self._mirror = mirror
        self.touched: set[int] = set()
        self.revised: dict[int, set[int]] = {}

    async def pull(self, text: str, budget: int) -> AsyncIterator[Batch]:
        """See ``sources.base.Source.pull``."""
        cursor = Cursor.load(text)
        now = self._api.server_now()
        if not cursor.since:
            cursor = Cursor(since=now, walk=Walk())
        elif now - cursor.since > LONG_S:
            whole = cursor.walk is not None and cursor.walk.whole
            cursor = Cursor(since=now, walk=Walk(floor=0.0 if whole else cursor.since - OVERLAP_S, whole=whole))
        done = 0
        batch = Step(cursor.dump())
        size = max(1, min(BATCH, budget))
        async with contextlib.aclosing(self._steps(cursor, size)) as steps:
            async for step in steps:
                full = len(batch) + len(step) > size or len(batch.cases) >= CASES or batch.backfill != step.backfill
                if full and not batch.empty:
                    done += len(batch)
                    yield _batch(batch, done, more=True)
                    if done >= budget:
                        return
                    batch = step
                else:
                    batch = _joined(batch, step)
        yield _batch(batch, done + len(batch), more=False)

    async def _steps(self, cursor: Cursor, size: int) -> AsyncGenerator[Step]:
        async with contextlib.aclosing(self._changes(cursor, size)) as steps:
            async for step in steps:
                yield step
        if cursor.walk is not None:
            async with contextlib.aclosing(self._walk(cursor, cursor.walk, size)) as steps:
                async for step in steps:
                    yield step

    # -- what changed

    async def _changes(self, cursor: Cursor, size: int) -> AsyncGenerator[Step]:
        began = self._api.server_now()
        touched, self.touched = self.touched, set()
        try:
            within = math.ceil(max(0.0, began - cursor.since)) + OVERLAP_S
            listed = {read.conversation_id(one): one for one in _readable(await self._api.conversations(updated_within=within))}
            for one in sorted(listed, key=lambda one: _changed(listed[one])):
                raw = listed[one]
                print_ = _print(raw)
                known = cursor.recent.get(one, (0.0, 0))[1] == print_ and one not in touched
                if known or not self._api.followed(raw) or _to_come(cursor.walk, raw):
                    touched.discard(one)
                    continue
                async for step in self._conversation(cursor, raw, size):
                    yield step
                touched.discard(one)
                cursor.recent[one] = (_changed(raw), print_)
                cursor.since = max(cursor.since, min(_changed(raw), began))
                yield Step(cursor.dump())
            for one in sorted(touched):
                async for step in self._named(cursor, one, size):
                    yield step
                touched.discard(one)
        finally:
            self.touched |= touched  # whatever was not got to
        cursor.since = max(cursor.since, began)
        floor = cursor.since - 2 * OVERLAP_S
        cursor.recent = {one: seen for one, seen in cursor.recent.items() if seen[0] > floor}
        yield Step(cursor.dump())

    async def _named(self, cursor: Cursor, conversation: int, size: int) -> AsyncGenerator[Step]:
        """A conversation that somebody named, though no list did."""
        try:
            raw = await self._api.conversation(conversation)
            if not self._api.followed(raw):
                return
            async for step in self._conversation(cursor, raw, size):
                yield step
        except Missing:
            yield Step(cursor.dump(), removals=[Removal(str(conversation), "")])

    async def _conversation(self, cursor: Cursor, raw: Json, size: int) -> AsyncGenerator[Step]:
        """What is new or different in a conversation, the earliest first, so that it can stop anywhere."""
        about = read.around(raw, self._api.inbox_name(raw))
        container = str(about.conversation)
        here = {at.id: (ref, marks) for ref, marks in self._mirror.places(container) if (at := read.place(ref))}
        low = self._look_from(here)
        revised = self.revised.pop(about.conversation, set())
        step = Step(cursor.dump())
        there: set[int] = set()
        try:
            async for one in self._upwards(about.conversation, low):
                number = read.message_id(one)
                there.add(number)
                _compare(step, one, about, here.get(number), again=number in revised)
                if len(step) >= size:
                    yield step
                    step = Step(cursor.dump())
        except (Missing, Forbidden) as error:
            step.bad.append(BadItem(container, container, str(error)))
            yield step
            return
        step.removals += [Removal(container, ref) for number, (ref, _) in here.items() if number >= low and number not in there]
        for number, (ref, marks) in here.items():
            at = read.place(ref)
            if number < low and at and Marks.SEEN not in marks and at.seconds <= about.seen:
                step.marks.append(MarkChange(container, ref, marks | {Marks.SEEN}))
        step.cases.append(read.case(raw, self._api.inbox_name(raw)))
        yield step

    def _look_from(self, here: dict[int, tuple[str, frozenset[str]]]) -> int:
        """The number from which on messages are looked at again."""
        numbers = sorted(here, reverse=True)
        young = self._api.server_now() - AGAIN_S
        count = sum((at := read.place(here[one][0])) is not None and at.seconds >= young for one in numbers[:AGAIN_MOST])
        again = numbers[: max(AGAIN_LEAST, count)]
        return again[-1] if again else 0

    async def _upwards(self, conversation: int, low: int, high: int = LAST) -> AsyncGenerator[Json]:
        """Every message from ``low`` to below ``high``, ascending by number."""
        found = await self._api.between(conversation, low, high)
        if len(found) < BETWEEN:
            for one in sorted(_readable(found), key=read.message_id):
                yield one
            return
        middle = sorted(read.message_id(one) for one in _readable(found))[len(found) // 2]
        async for one in self._upwards(conversation, low, middle):
            yield one
        async for one in self._upwards(conversation, middle, high):
            yield one

    # -- what is older

    async def _walk(self, cursor: Cursor, walk: Walk, size: int) -> AsyncGenerator[Step]:
        """Down the list of conversations. Where one has gone from it the pages have shifted, so one is read again."""
        if walk.inside is not None:
            async for step in self._rest(cursor, walk, walk.inside[0], size):
                yield step
        page = max(1, walk.page - 1)
        listed = await self._page(page)
        while page > 1 and walk.at is not None and (not listed or read.activity(listed[0]) < walk.at):
            page -= 1
            listed = await self._page(page)
        while listed:
            left = [one for one in listed if not _done(walk, one) and read.activity(one) >= walk.floor]
            for start in range(0, len(left), AT_ONCE):
                some = left[start : start + AT_ONCE]
                newest = await asyncio.gather(*(self._newest(walk, one) for one in some))
                for raw, messages in zip(some, newest, strict=True):
                    async for step in self._down(cursor, walk, raw, messages, size):
                        yield step
            if read.activity(listed[-1]) < walk.floor:
                break
            page = walk.page = page + 1
            listed = await self._page(page)
        cursor.walk = None
        yield Step(cursor.dump(), backfill=walk.whole)

    async def _page(self, page: int) -> list[Json]:
        return sorted(_readable(await self._api.conversations(page=page)), key=read.activity, reverse=True)

    async def _rest(self, cursor: Cursor, walk: Walk, conversation: int, size: int) -> AsyncGenerator[Step]:
        """What is left of a long conversation; it may have gone, or back to the top of the list."""
        try:
            raw = await self._api.conversation(conversation)
        except (Missing, Forbidden):
            walk.inside = None
            return
        async for step in self._down(cursor, walk, raw, await self._newest(walk, raw), size, going_on=True):
            yield step

    async def _down(
        self, cursor: Cursor, walk: Walk, raw: Json, newest: list[Json] | Refused, size: int, *, going_on: bool = False
    ) -> AsyncGenerator[Step]:
        """One conversation on the way. What is new at its top since it was begun is a change, and not read here."""
        if self._api.followed(raw):
            steps = self._whole(cursor, walk, raw, newest, size) if walk.whole else self._conversation(cursor, raw, size)
            async for step in steps:
                step.backfill = walk.whole
                yield step
            if _changed(raw) > cursor.since - OVERLAP_S and not going_on:
                cursor.recent[read.conversation_id(raw)] = (_changed(raw), _print(raw))
        walk.inside = None
        if walk.at is None or read.activity(raw) <= walk.at:
            _mark_done(walk, raw)
        yield Step(cursor.dump(), backfill=walk.whole)

    async def _newest(self, walk: Walk, raw: Json) -> list[Json] | Refused:
        if not (walk.whole and self._api.followed(raw)):
            return []
        try:
            return await self._api.latest(read.conversation_id(raw))
        except (Missing, Forbidden) as error:
            return error

    async def _whole(
        self, cursor: Cursor, walk: Walk, raw: Json, newest: list[Json] | Refused, size: int
    ) -> AsyncGenerator[Step]:
        """All of a conversation, the newest messages first."""
        about = read.around(raw, self._api.inbox_name(raw))
        container = str(about.conversation)
        if isinstance(newest, Refused):
            yield Step(cursor.dump(), bad=[BadItem(container, container, str(newest))])
            return
        head = Step("", cases=[read.case(raw, self._api.inbox_name(raw))])
        if len(newest) < FEW:
            for one in sorted(_readable(newest), key=read.message_id):
                _compare(head, one, about, None)
            head.cursor = cursor.dump()
            yield head
            return
        high, width = LAST, _width(newest)
        if walk.inside and walk.inside[0] == about.conversation:
            _, high, width = walk.inside
        top = max(read.message_id(one) for one in _readable(newest)) + 1
        while high > 1:
            low = max(1, min(high, top) - width)
            found = await self._api.between(about.conversation, low, high)
            if len(found) >= BETWEEN and width > 1:
                width = max(1, width // 4)
                continue
            for chunk in _chunks(_readable(found), size, whole=low == 1):
                step = head if high == LAST else Step("")
                for one in chunk:
                    _compare(step, one, about, None)
                high = read.message_id(chunk[0])
                walk.inside = (about.conversation, high, width)
                step.cursor = cursor.dump()
                yield step
            high = 1 if low == 1 else min(high, low if len(found) < 2 else high)
            width = width * 4 if len(found) < BETWEEN // 8 else width
            walk.inside = (about.conversation, high, width)
        walk.inside = None


def _chunks(found: list[Json], size: int, *, whole: bool) -> Iterator[list[Json]]:
    """Messages of a range in handfuls, the newest handful first, each ascending.

    Those of one second stay together, because they are told apart by the order in which they are stored; so those of
    the earliest second are left to the next range, unless this one is ``whole`` down to the conversation's beginning.
    """
    ordered = sorted(found, key=read.message_id)
    seconds = [int(read.seconds(one.get("created_at"))) for one in ordered]
    first = 0 if whole else next((at for at, second in enumerate(seconds) if second != seconds[0]), 0)
    end = len(ordered)
    while end > first:
        start = max(first, end - size)
        together = next((at for at in range(start, end) if at == first or seconds[at] != seconds[at - 1]), start)
        yield ordered[together:end]
        end = together


def _readable(found: Iterable[Json]) -> list[Json]:
    """Those that have a number; without one nothing can be said of it, not even that it is bad."""
    return [one for one in found if isinstance(one.get("id"), int) and not isinstance(one["id"], bool) and one["id"] > 0]


def _compare(step: Step, raw: Json, about: read.Around, here: tuple[str, frozenset[str]] | None, *, again: bool = False) -> None:
    """Put into the step what a message changes of what is here."""
    container = str(about.conversation)
    if read.deleted(raw):
        if here:
            step.removals.append(Removal(container, here[0]))
        return
    marks = read.marks(raw, about.seen)
    if here and not again and (Marks.FAILED in marks) == (Marks.FAILED in here[1]):
        if marks != here[1]:
            step.marks.append(MarkChange(container, here[0], marks))
        return
    try:
        step.messages.append(read.message(raw, about))
    except Unreadable as error:
        step.bad.append(BadItem(str(raw.get("id")), container, f"message {raw.get('id')} cannot be read: {error}"))
        return
    report = read.report(raw, about)
    if report is not None:
        step.messages.append(report)


def _changed(raw: Json) -> float:
    return read.seconds(raw.get("updated_at")) or read.activity(raw)


def _print(raw: Json) -> int:
    """Equal for two looks at a conversation between which nothing happened that matters here."""
    last = next(iter(entries(raw, "messages")), {})
    assignee = read.case(raw, "").assignee
    told = [
        raw.get("updated_at"), raw.get("last_activity_at"), raw.get("status"), raw.get("labels"), raw.get("priority"),
        raw.get("snoozed_until"), raw.get("agent_last_seen_at"), raw.get("unread_count"), assignee,
        last.get("id"), last.get("status"), last.get("content_attributes"),
    ]  # fmt: skip
    return zlib.crc32(json.dumps(told, sort_keys=True, default=str).encode("utf-8", "surrogatepass"))


def _done(walk: Walk, raw: Json) -> bool:
    """Whether a conversation was passed on the way down; what is above has been active since and comes as a change."""
    if walk.at is None:
        return False
    at = read.activity(raw)
    return at > walk.at or (at == walk.at and read.conversation_id(raw) in walk.ids)


def _to_come(walk: Walk | None, raw: Json) -> bool:
    """Whether the walk will come to a conversation and read all of it. The top of the one in work it has read."""
    if walk is None or not walk.whole or (walk.inside and walk.inside[0] == read.conversation_id(raw)):
        return False
    return not _done(walk, raw)


def _mark_done(walk: Walk, raw: Json) -> None:
    at = read.activity(raw)
    if walk.at != at:
        walk.at, walk.ids = at, []
    walk.ids.append(read.conversation_id(raw))


def _width(newest: list[Json]) -> int:
    """How far to reach for some hundred messages: numbers are shared by every conversation of the server."""
    numbers = [read.message_id(one) for one in _readable(newest)]
    return max(FIRST_WIDTH, (max(numbers) - min(numbers)) * BETWEEN // (2 * FEW)) if numbers else FIRST_WIDTH


def _joined(batch: Step, step: Step) -> Step:
    if batch.empty:
        return step
    for name in ("messages", "cases", "marks", "removals", "bad"):
        getattr(batch, name).extend(getattr(step, name))
    batch.cursor = step.cursor
    return batch


def _batch(step: Step, done: int, *, more: bool) -> Batch:
    return Batch(
        cursor=step.cursor, messages=tuple(step.messages), cases=tuple(step.cases), marks=tuple(step.marks),
        removals=tuple(step.removals), bad=tuple(step.bad), done=done, more=more, backfill=step.backfill,
    )  # fmt: skip
