"""Bringing in what is new: ``/sync`` from the stored token, and backwards through what it left out.

A room is never read whole at once: its past comes in pages, the room with the newest unread page first, and the cursor
says for each room where the next page begins.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from agent_tui.domain.errors import Refused, SourceError
from agent_tui.domain.model import BadItem, Batch, MarkChange, Marks, RemoteCase, Removal
from agent_tui.sources.answers import entries, entry, number, text
from agent_tui.sources.matrix import content as words_of
from agent_tui.sources.matrix.cursor import Cursor, Gap
from agent_tui.sources.matrix.reading import INVITATION, Read, Reader, time_of
from agent_tui.sources.matrix.rooms import CREATE, STATE, TOMBSTONE, learn_from_sync

BATCH = 100
TIMELINE = 30  # newest events of a room in one answer; the rest is fetched in pages
SYNCS = 20  # in one round: what comes in while it runs is for the next
TIMES_KEPT = 5_000
RECEIPTS = ("m.read", "m.read.private")
SYNC_WAIT_S = 180.0  # a first sync of many rooms takes a server long
_LAZY = {"lazy_load_members": True, "include_redundant_members": True}
PAGE = json.dumps({"types": list(words_of.TYPES), **_LAZY})


def sync_filter(limit: int, *, typing: bool = False) -> str:
    """What ``/sync`` is asked for: the newest messages, the state that a case shows, who read and, for hints, who types."""
    return json.dumps({
        "presence": {"not_types": ["*"]},
        "account_data": {"not_types": ["*"]},
        "room": {
            "timeline": {"limit": limit, "types": [*words_of.TYPES, *STATE], **_LAZY},
            "state": {"types": [*STATE, "m.room.member"], **_LAZY},
            "ephemeral": {"types": ["m.receipt", *(["m.typing"] if typing else [])]},
            "account_data": {"types": ["m.marked_unread", "m.fully_read"]},
        },
    })  # fmt: skip


@dataclass(slots=True)
class Puller:
    """Reads one account.

    Args:
        accept: patterns of user ids whose invitations are accepted.
        device_since: when this device was first used, learnt from the cursor; milliseconds.
        since: token of the newest ``/sync``, for whoever waits for hints.
    """

    reader: Reader
    accept: tuple[str, ...] = ()
    device_since: int = 0
    since: str = ""
    _times: dict[str, int] = field(default_factory=dict)

    async def pull(self, words: str, budget: int) -> AsyncIterator[Batch]:
        """See ``Source.pull``."""
        cursor = self._on_this_device(Cursor.load(words))
        self.reader.begin()
        rooms = self.reader.rooms
        rooms.follows = {**dict(cursor.follows), **rooms.follows}
        left = max(1, budget)
        for _ in range(SYNCS):
            answer, fresh = await self._sync(cursor)
            gaps = cursor.gaps
            if fresh:
                cursor = await self._first(cursor, answer)
                batch = await self._about_rooms(answer, Batch(cursor=""))
            else:
                cursor, batch = await self._changes(cursor, answer, left)
            await self._follow(answer)
            cursor = replace(cursor, follows=tuple(rooms.follows.items()))
            left -= len(batch.messages)
            self.since = cursor.since
            quiet = not fresh and not _anything(batch) and cursor.gaps == gaps
            if not quiet or not cursor.gaps:  # else what has been missing so far comes with the new token
                more = bool(cursor.gaps) or not quiet
                yield replace(batch, cursor=cursor.dump(), more=more, backfill=fresh, done=cursor.done)
            if quiet or left <= 0:
                break
        while left > 0 and (gap := cursor.next_gap()):
            cursor, batch = await self._page(cursor, gap, min(BATCH, left))
            left -= len(batch.messages) + len(batch.bad)
            cursor = replace(cursor, follows=tuple(rooms.follows.items()))
            yield replace(batch, cursor=cursor.dump(), more=bool(cursor.gaps), done=cursor.done)

    def _on_this_device(self, cursor: Cursor) -> Cursor:
        session = self.reader.session
        if cursor.device != session.device:
            cursor = replace(cursor, device=session.device, device_since=self.reader.access.now())
        self.device_since = cursor.device_since
        return cursor

    async def _sync(self, cursor: Cursor) -> tuple[Any, bool]:
        """The server's answer, and whether it is to a first question: a token it no longer knows begins anew."""
        session = self.reader.session
        if cursor.since:
            params = {"since": cursor.since, "timeout": "0", "filter": sync_filter(TIMELINE)}
            try:
                return await session.get("sync", params=params, wait_s=SYNC_WAIT_S), False
            except Refused:
                pass
        return await session.get("sync", params={"timeout": "0", "filter": sync_filter(1)}, wait_s=SYNC_WAIT_S), True

    # -- the first time

    async def _first(self, cursor: Cursor, answer: Any) -> Cursor:
        since = text(answer, "next_batch")
        gaps = []
        for room_id, joined in entry(answer, "rooms", "join").items():
            room = self.reader.rooms.known(room_id)
            learn_from_sync(room, entry(joined))
            room.whole = True
            timeline = entry(joined, "timeline")
            events = entries(timeline, "events")
            if not events and not timeline.get("limited"):
                continue
            newest = max((number(one, "origin_server_ts") for one in events), default=0)
            gaps.append(Gap(room_id, since, "", newest, await self._read_until(room_id, joined)))
        return replace(cursor, since=since, gaps=tuple(gaps), done=0)

    async def _about_rooms(self, answer: Any, batch: Batch) -> Batch:
        """Cases of rooms, and invitations, beside the messages that follow."""
        messages, cases = list(batch.messages), {one.conversation: one for one in batch.cases}
        for room_id in entry(answer, "rooms", "join"):
            if (case := await self._case(room_id)) is not None:
                cases[case.conversation] = case
        for room_id, invited in entry(answer, "rooms", "invite").items():
            why = await self._answer_invitation(room_id, entry(invited))
            if why is None:
                continue
            message, case = self.reader.invitation(room_id, entry(invited), why)
            messages.append(message)
            cases[room_id] = case
        removals = self._answered(*entry(answer, "rooms", "join"), *entry(answer, "rooms", "leave"))
        return replace(
            batch, messages=tuple(messages), cases=tuple(cases.values()), removals=(*batch.removals, *removals)
        )

    def _answered(self, *rooms: str) -> list[Removal]:
        """Invitations that are over."""
        mirror = self.reader.access.mirror
        return [Removal(one, INVITATION) for one in rooms if any(ref == INVITATION for ref, _ in mirror.places(one))]

    async def _case(self, room_id: str) -> RemoteCase | None:
        rooms = self.reader.rooms
        first = await rooms.first(room_id)
        if rooms.is_shared(room_id) or room_id == self.reader.notes_room:
            return None
        room = await rooms.room((await rooms.chain(room_id))[0])
        return RemoteCase(conversation=first, subject=room.subject(), public=room.public)

    async def _follow(self, answer: Any) -> None:
        """Go with rooms that were upgraded. Where a newer room has to be asked into, its invitation is accepted when it comes."""
        for room_id, joined in entry(answer, "rooms", "join").items():
            newer = self.reader.rooms.known(room_id).replacement
            events = [*entries(joined, "state", "events"), *entries(joined, "timeline", "events")]
            said = [one for one in events if text(one, "type") == TOMBSTONE]
            if not newer or not said or newer in entry(answer, "rooms", "join"):
                continue
            via = quote(text(said[-1], "sender").partition(":")[2])
            with contextlib.suppress(Refused):
                await self.reader.session.put(f"join/{quote(newer)}?server_name={via}", {}, method="POST")
                self.reader.rooms.forget(newer)  # from outside its state could not be read
                if await self.reader.rooms.before(newer) != room_id:  # it knows nothing of this one: nobody asked us in there
                    await self.reader.session.put(f"rooms/{quote(newer)}/leave", {}, method="POST")

    async def _answer_invitation(self, room_id: str, invited: dict[str, Any]) -> str | None:
        """Accept where that is allowed; else, or where it fails, what to say of it. None: accepted."""
        mine = [one for one in entries(invited, "invite_state", "events")
                if text(one, "state_key") == self.reader.session.user_id]
        inviter = text(mine[-1], "sender").lower() if mine else ""
        named = any(fnmatch.fnmatchcase(inviter, one.lower()) for one in self.accept)
        if not inviter or not (named or await self._goes_on(room_id, invited)):
            return ""
        try:
            await self.reader.session.put(f"join/{quote(room_id)}", {}, method="POST")
        except SourceError as error:
            return f"It could not be accepted: {error}"
        return None

    async def _goes_on(self, room_id: str, invited: dict[str, Any]) -> bool:
        """Whether a room that we are in says that this one goes on with it."""
        made = [one for one in entries(invited, "invite_state", "events") if text(one, "type") == CREATE]
        older = text(made[-1], "content", "predecessor", "room_id") if made else ""
        return bool(older) and (await self.reader.rooms.room(older)).replacement == room_id

    # -- what is new

    async def _changes(self, cursor: Cursor, answer: Any, left: int) -> tuple[Cursor, Batch]:
        since = text(answer, "next_batch") or cursor.since
        joined = {key: entry(value) for key, value in entry(answer, "rooms", "join").items()}
        left_rooms = {key: entry(value) for key, value in entry(answer, "rooms", "leave").items()}
        gaps = list(cursor.gaps)
        total = Read()
        answered = list(left_rooms)
        room_left = min(BATCH, left)
        learnt = {one: learn_from_sync(self.reader.rooms.known(one), news) for one, news in {**left_rooms, **joined}.items()}
        order = sorted({**left_rooms, **joined}.items(), key=lambda item: _newest(item[1]), reverse=True)
        for room_id, news in order:
            rooms, timeline = self.reader.rooms, entry(news, "timeline")
            events = entries(timeline, "events")
            until = await self._read_until(room_id, news)
            new = any(self._our_join(one) for one in (*events, *entries(news, "state", "events")))
            if new:
                answered.append(room_id)
            if new or len(events) > room_left:
                gaps.append(Gap(room_id, since, "" if new else cursor.since, _newest(news), until))
                rooms.known(room_id).whole |= new
                events = []
            elif timeline.get("limited"):
                gaps.append(Gap(room_id, text(timeline, "prev_batch"), cursor.since, _oldest(news), until))
            room_left -= len(events)
            if events:
                _add(total, await self.reader.read(room_id, events, read_until=until))
            if (learnt[room_id] or new) and (case := await self._case(room_id)) is not None:
                total.cases[case.conversation] = case
            total.marks += await self._reading(room_id, news, until)
        moved = replace(cursor, since=since, gaps=tuple(gaps))
        answer = {**entry(answer), "rooms": {**entry(answer, "rooms"), "join": {}, "leave": {}}}
        batch = await self._about_rooms(answer, _batch(total))
        return moved, replace(batch, removals=(*batch.removals, *self._answered(*answered)))

    def _our_join(self, event: dict[str, Any]) -> bool:
        return (
            text(event, "type") == "m.room.member"
            and text(event, "state_key") == self.reader.session.user_id
            and text(event, "content", "membership") == "join"
            and text(event, "unsigned", "prev_content", "membership") != "join"
        )

    # -- what was left out

    async def _page(self, cursor: Cursor, gap: Gap, limit: int) -> tuple[Cursor, Batch]:
        params = {"dir": "b", "from": gap.start, "limit": str(limit), "filter": PAGE, **({"to": gap.stop} if gap.stop else {})}
        session, rooms = self.reader.session, self.reader.rooms
        try:
            answer = await session.get(f"rooms/{quote(gap.room)}/messages", params=params)
        except Refused as error:  # we are no longer there, or it was never ours to read
            bad = () if gap.stop else (BadItem(gap.start, gap.room, str(error)),)
            return cursor.filled(gap), Batch(cursor="", bad=bad)
        rooms.known(gap.room).learn(entries(answer, "state"))
        events = entries(answer, "chunk")
        further = text(answer, "end")
        read = await self.reader.read(gap.room, events, read_until=gap.read, first=not gap.stop, past=True)
        over = not further or further == gap.start or (gap.stop and not events)
        oldest = min((number(one, "origin_server_ts") for one in events), default=gap.newest)
        cursor = cursor.filled(gap, None if over else replace(gap, start=further, newest=min(oldest, gap.newest)))
        if not gap.stop:
            cursor = replace(cursor, done=cursor.done + len(read.messages))
        return cursor, replace(_batch(read), backfill=not gap.stop)

    # -- what was read

    async def _read_until(self, room_id: str, news: Any) -> int:
        """Time of the newest message that somebody of ours has read, as far as these say so, else 0."""
        me, wanted = self.reader.session.user_id, set()
        for one in entries(news, "ephemeral", "events"):
            for event_id, kinds in entry(one, "content").items():
                if text(one, "type") == "m.receipt" and any(me in entry(kinds, kind) for kind in RECEIPTS):
                    wanted.add(event_id)
        for one in entries(news, "account_data", "events"):
            if text(one, "type") == "m.fully_read":
                wanted.add(text(one, "content", "event_id"))
            elif text(one, "type") == "m.marked_unread" and entry(one, "content").get("unread") is False:
                wanted.add(await self._fully_read(room_id))
        for one in entries(news, "timeline", "events"):
            self._times[text(one, "event_id")] = number(one, "origin_server_ts")
        return max([await self._time(room_id, one) for one in wanted - {""}], default=0)

    async def _fully_read(self, room_id: str) -> str:
        session = self.reader.session
        path = f"user/{quote(session.user_id)}/rooms/{quote(room_id)}/account_data/m.fully_read"
        try:
            return text(await session.get(path), "event_id")
        except Refused:
            return ""

    async def _time(self, room_id: str, event_id: str) -> int:
        if event_id not in self._times:
            if len(self._times) > TIMES_KEPT:
                self._times.clear()
            self._times[event_id] = number(await self.reader.event(room_id, event_id), "origin_server_ts")
        return self._times[event_id]

    async def _reading(self, room_id: str, news: Any, until: int) -> list[MarkChange]:
        """What reading and unreading elsewhere changes in messages that are here."""
        unread = [entry(one, "content").get("unread") for one in entries(news, "account_data", "events")
                  if text(one, "type") == "m.marked_unread"]
        if not until and not unread:
            return []
        if self.reader.rooms.is_shared(room_id):
            return []
        places = self.reader.access.mirror.places(room_id)
        here = sorted((one for one in places if time_of(one[0])), key=lambda one: time_of(one[0]))
        changes = {ref: marks | {Marks.SEEN} for ref, marks in here if time_of(ref) <= until and Marks.SEEN not in marks}
        if unread and unread[-1] is True:
            seen = [ref for ref, marks in here if Marks.SEEN in {*marks, *changes.get(ref, ())}]
            changes.update({ref: dict(here)[ref] - {Marks.SEEN} for ref in seen[-1:]})
        return [MarkChange(room_id, ref, frozenset(marks)) for ref, marks in changes.items()]


def _anything(batch: Batch) -> bool:
    return bool(batch.messages or batch.removals or batch.marks or batch.cases or batch.bad)


def _newest(news: Any) -> int:
    return max((number(one, "origin_server_ts") for one in entries(news, "timeline", "events")), default=0)


def _oldest(news: Any) -> int:
    return min((number(one, "origin_server_ts") for one in entries(news, "timeline", "events")), default=0)


def _add(total: Read, read: Read) -> None:
    total.messages.update({f"{one.container} {ref}": one for ref, one in read.messages.items()})
    total.cases.update(read.cases)
    total.removals += read.removals
    total.marks += read.marks
    total.bad += read.bad


def _batch(read: Read) -> Batch:
    return Batch(
        cursor="", messages=tuple(read.messages.values()), cases=tuple(read.cases.values()), removals=tuple(read.removals),
        marks=tuple(read.marks), bad=tuple(read.bad),
    )  # fmt: skip
