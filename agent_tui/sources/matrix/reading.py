"""Events of a room become messages, cases, removals and marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from agent_tui.domain.errors import Refused
from agent_tui.domain.model import (
    Address,
    Author,
    BadItem,
    Direction,
    MarkChange,
    Marks,
    RemoteCase,
    RemoteMessage,
    Removal,
    Role,
    Visibility,
)
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entries, entry, number, text
from agent_tui.sources.base import Access
from agent_tui.sources.matrix import content as words_of
from agent_tui.sources.matrix.content import NOTE, OURS
from agent_tui.sources.matrix.rooms import Room, Rooms, line
from agent_tui.sources.matrix.session import V1, Session

REACTIONS = "reactions:"
INVITATION = "invitation"
KEYS_SHOWN = 8
PEOPLE_SHOWN = 3
REACTIONS_READ = 300  # of one message
REFRESHED = 50  # summaries of reactions that are looked at again when one was taken back, nobody knows where
DEPTH = 8  # of replies to replies, on the way to the message that began it
ROOTS_KEPT = 2_000
SEEN = frozenset({Marks.SEEN})
UNSEEN: frozenset[str] = frozenset()


def reference(at: int, event_id: str) -> str:
    """Where a message is within its room. It begins with its time, so that what is stored can be put in order."""
    return f"{at}:{event_id}"


def event_of(ref: str) -> str:
    """The event's id in a reference."""
    return ref.partition(":")[2]


def time_of(ref: str) -> int:
    """The time in a reference, 0 where there is none."""
    at = ref.partition(":")[0]
    return int(at) if at.isascii() and at.isdigit() else 0


def conversation(room: str, root: str = "") -> str:
    """The name of a case: a room, or a thread in a shared one."""
    return f"{room} {root}" if root else room


def parted(name: str) -> tuple[str, str]:
    """Room and thread of a case's name."""
    room, _, root = name.partition(" ")
    return room, root


@dataclass(slots=True)
class Read:
    """What some events of one room came to."""

    messages: dict[str, RemoteMessage] = field(default_factory=dict)
    cases: dict[str, RemoteCase] = field(default_factory=dict)
    removals: list[Removal] = field(default_factory=list)
    marks: list[MarkChange] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Root:
    sender: str
    subject: str


@dataclass(slots=True)
class Reader:
    """Reads events.

    Args:
        notes_room: id of the room with the notes, or empty.
    """

    access: Access
    session: Session
    rooms: Rooms
    notes_room: str = ""
    _roots: dict[str, _Root] = field(default_factory=dict)
    _root_of: dict[str, str] = field(default_factory=dict)
    _counted: dict[str, None] = field(default_factory=dict)

    def begin(self) -> None:
        """A pull begins: what reactions there are is to be counted anew."""
        self._counted.clear()

    async def read(
        self, room_id: str, events: Iterable[dict[str, Any]], *, read_until: int = 0, first: bool = False, stored: bool = False,
        past: bool = False,
    ) -> Read:
        """Everything that some events of a room say.

        Args:
            events: newest first or last, it makes no difference.
            read_until: what is no newer has been seen by somebody of ours; milliseconds.
            first: the room is read for the first time: its older events are still to come, as they are by then.
            stored: they are here already, and whether they have been seen does not change.
            past: a page of the room's past: reactions that this pull has counted already are not counted again.
        """
        result = Read()
        room = await self.rooms.room(room_id)
        await self.rooms.first(room_id)  # from here on it is known which conversation this is
        shown: dict[str, dict[str, Any]] = {}
        again: dict[str, None] = {}
        reacted: dict[str, None] = {}
        gone: dict[str, None] = {}
        people: list[str] = []
        for event in events:
            event_id = text(event, "event_id")
            if not event_id or not number(event, "origin_server_ts", default=-1) >= 0:
                result.bad.append(BadItem(line(event_id) or "?", room_id, "an event without an id or a time"))
                continue
            if words_of.is_message(event):
                shown[event_id] = event
                people.append(text(event, "sender"))
            elif edited := words_of.replaces(event):
                if not first:
                    again[edited] = None
            elif target := words_of.reacts_to(event):
                reacted[target] = None
            elif taken := words_of.redacts(event):
                gone[taken] = None
            elif line_of := self._left(room, event) or self._replaced(room, event):
                result.messages[line_of.ref] = line_of
        await self.rooms.meet(room, people)
        for event_id, event in shown.items():
            if event_id not in gone:
                await self._message(result, room, event, read_until, stored=stored)
        for event_id in again:
            if event_id not in shown and event_id not in gone and (found := await self.event(room_id, event_id)):
                await self.rooms.meet(room, (text(found, "sender"),))
                if words_of.is_message(found):
                    await self._message(result, room, found, read_until, stored=True)
        await self._removals(result, room, gone, reacted)
        for event_id in reacted:
            if event_id not in gone and room_id != self.notes_room and not (past and event_id in self._counted):
                self._counted[event_id] = None
                await self._reactions(result, room, event_id)
        return result

    async def event(self, room_id: str, event_id: str) -> dict[str, Any]:
        """One event as it is now, or nothing where it cannot be had."""
        try:
            return entry(await self.session.get(f"rooms/{quote(room_id)}/event/{quote(event_id)}"))
        except Refused:
            return {}

    # -- messages

    async def _message(
        self, result: Read, room: Room, event: dict[str, Any], read_until: int, *, stored: bool = False
    ) -> None:
        if room.id == self.notes_room:
            note = await self._note(room, event)
            if note is not None:
                result.messages[note.ref] = note
            return
        root = await self._root(room, event) if self.rooms.is_shared(room.id) else ""
        if root:
            await self._thread_case(result, room, root, event)
        sender = text(event, "sender")
        ours = self.rooms.is_ours(sender)
        at = number(event, "origin_server_ts")
        ref = reference(at, text(event, "event_id"))
        words = words_of.said(event, room.name(sender))
        part = entry(event, "content", OURS)
        mine = part if sender == self.session.user_id else {}
        told: Any = mine.get("to")
        people = [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
        side_part = bool(mine) and number(mine, "part", default=-1) >= 0 and not mine.get("last")
        marks = UNSEEN if ours or at > read_until else SEEN
        if stored and not ours:
            marks = dict(self.access.mirror.places(room.id)).get(ref, marks)
        result.messages[ref] = RemoteMessage(
            ref=ref,
            container=room.id,
            key=text(event, "event_id"),
            conversation=self._conversation(room, root),
            direction=Direction.OUT if ours else Direction.IN,
            visibility=Visibility.PUBLIC if self.rooms.is_public(room) else Visibility.PRIVATE,
            author=Author(room.name(sender), line(sender), self._role(event, root, ours=ours, automatic=words.automatic)),
            received_at=at,
            sent_at=at,
            text=words.text,
            fresh_text=words.text,
            thread_ids=(text(event, "event_id"), *filter(None, (words_of.answers(event),))),
            to=tuple(Address(room.name(one), line(one)) for one in people),
            marker="" if side_part else line(text(mine, "reference")),
            marks=marks,
            attachments=words.attachments,
            automatic=words.automatic or side_part,
            warning=words.warning,
        )

    def _role(self, event: dict[str, Any], root: str, *, ours: bool, automatic: bool) -> Role:
        if ours:
            return Role.AGENT
        if automatic:
            return Role.BOT
        asked = self._roots.get(root)
        return Role.PEER if asked is not None and asked.sender != text(event, "sender") else Role.CUSTOMER

    def _left(self, room: Room, event: dict[str, Any]) -> RemoteMessage | None:
        """Somebody went away: what is said from now on does not reach them."""
        user = text(event, "state_key")
        before = text(event, "unsigned", "prev_content", "membership")
        now = text(event, "content", "membership")
        if text(event, "type") != "m.room.member" or now not in ("leave", "ban") or before != "join":
            return None
        if self.rooms.is_shared(room.id) or room.id == self.notes_room:
            return None
        who = "We are" if user == self.session.user_id else f"{room.name(user)} is"
        return self._said_by_server(room, event, f"{who} no longer in this room.")

    def _replaced(self, room: Room, event: dict[str, Any]) -> RemoteMessage | None:
        """The room was upgraded: what is said from now on is said in another one."""
        newer = text(event, "content", "replacement_room")
        if text(event, "type") != "m.room.tombstone" or not newer:
            return None
        if self.rooms.is_shared(room.id) or room.id == self.notes_room:
            return None
        return self._said_by_server(room, event, "This room was replaced by a newer one. The conversation goes on there.")

    def _conversation(self, room: Room, root: str = "") -> str:
        """The name of the case: a room that goes on with another one is the same conversation."""
        return conversation(room.id, root) if root else self.rooms.began(room.id)

    def _said_by_server(self, room: Room, event: dict[str, Any], words: str) -> RemoteMessage:
        """A line about the room."""
        at = number(event, "origin_server_ts")
        return RemoteMessage(
            ref=reference(at, text(event, "event_id")), container=room.id, key=text(event, "event_id"),
            conversation=self._conversation(room), direction=Direction.IN, visibility=Visibility.PRIVATE,
            author=Author("Matrix", "", Role.SYSTEM), received_at=at, sent_at=at, text=words, fresh_text=words,
            marks=SEEN, automatic=True,
        )  # fmt: skip

    # -- threads

    async def _root(self, room: Room, event: dict[str, Any], depth: int = DEPTH) -> str:
        """The event that began the conversation which an event of a shared room is in."""
        event_id = text(event, "event_id")
        known = self._root_of.get(event_id)
        if known:
            return known
        above = words_of.thread(event)
        answered = words_of.answers(event)
        if not above and answered and depth:
            found = await self.event(room.id, answered)
            above = await self._root(room, found, depth - 1) if found else ""
        if len(self._root_of) > ROOTS_KEPT:
            self._root_of.clear()
        self._root_of[event_id] = above or event_id
        return self._root_of[event_id]

    async def _thread_case(self, result: Read, room: Room, root: str, event: dict[str, Any]) -> None:
        if root not in self._roots:
            began = event if text(event, "event_id") == root else await self.event(room.id, root)
            if len(self._roots) > ROOTS_KEPT:
                self._roots.clear()
            first = words_of.said(began, "").text.strip().partition("\n")[0] if began else ""
            self._roots[root] = _Root(text(began, "sender"), line(first, 100))
        name = conversation(room.id, root)
        result.cases[name] = RemoteCase(conversation=name, subject=self._roots[root].subject or room.subject(), public=True)

    # -- notes

    async def _note(self, room: Room, event: dict[str, Any]) -> RemoteMessage | None:
        """A note in the room for notes: ours, or what a colleague answered to one."""
        about = entry(event, "content", NOTE)
        sender = text(event, "sender")
        mine = sender == self.session.user_id and bool(about)
        above = words_of.thread(event) or words_of.answers(event)
        if not about and above:
            noted = await self.event(room.id, above)
            about = entry(noted, "content", NOTE) if text(noted, "sender") == self.session.user_id else {}
        name = text(about, "conversation")
        if not name or not (mine or above):
            return None
        words = text(about, "text") if mine else words_of.said(event, "").text
        author = line(text(about, "author")) if mine else room.name(sender)
        at = number(event, "origin_server_ts")
        cleaned = clean(words)
        return RemoteMessage(
            ref=reference(at, text(event, "event_id")), container=room.id, key=text(event, "event_id"), conversation=line(name),
            direction=Direction.OUT, visibility=Visibility.NOTE, author=Author(author, line(sender), Role.AGENT), received_at=at,
            sent_at=at, text=cleaned, fresh_text=cleaned, marker=line(text(about, "reference")) if mine else "",
        )  # fmt: skip

    # -- what was taken back

    async def _removals(self, result: Read, room: Room, gone: dict[str, None], reacted: dict[str, None]) -> None:
        if not gone:
            return
        here = [ref for ref, _ in self.access.mirror.places(room.id)]
        stored = {event_of(ref): ref for ref in here if time_of(ref)}
        summaries = [ref.removeprefix(REACTIONS) for ref in here if ref.startswith(REACTIONS)]
        for event_id in gone:
            if event_id in stored:
                result.removals.append(Removal(room.id, stored[event_id]))
            if event_id in summaries:
                result.removals.append(Removal(room.id, REACTIONS + event_id))
        if any(event_id not in stored for event_id in gone):  # perhaps a reaction: what it was to is lost with it
            reacted.update(dict.fromkeys(summaries[:REFRESHED]))

    # -- reactions

    async def _reactions(self, result: Read, room: Room, event_id: str) -> None:
        """One line that says how people reacted to a message; it takes part in nothing."""
        found = await self._all_reactions(room.id, event_id)
        ref = REACTIONS + event_id
        target = await self.event(room.id, event_id)
        if not found or not words_of.is_message(target):
            if any(ref == here for here, _ in self.access.mirror.places(room.id)):
                result.removals.append(Removal(room.id, ref))
            return
        await self.rooms.meet(room, [text(one, "sender") for one in found[: KEYS_SHOWN * PEOPLE_SHOWN]])
        root = await self._root(room, target) if self.rooms.is_shared(room.id) else ""
        newest = max(number(one, "origin_server_ts") for one in found)
        about = line(words_of.said(target, "").text, 60)
        words = f"{_summary(found, room)}  to “{about}”" if about else _summary(found, room)
        result.messages[ref] = RemoteMessage(
            ref=ref, container=room.id, key=ref, conversation=self._conversation(room, root), direction=Direction.IN,
            visibility=Visibility.PUBLIC if self.rooms.is_public(room) else Visibility.PRIVATE,
            author=Author("Reactions", "", Role.SYSTEM), received_at=newest, sent_at=newest, text=words, fresh_text=words,
            marks=SEEN, automatic=True,
        )  # fmt: skip

    async def _all_reactions(self, room_id: str, event_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        path, start = f"rooms/{quote(room_id)}/relations/{quote(event_id)}/m.annotation", ""
        while len(found) < REACTIONS_READ:
            params = {"limit": "100", **({"from": start} if start else {})}
            try:
                answer = await self.session.get(path, api=V1, params=params)
            except Refused:
                break
            chunk = entries(answer, "chunk")
            found += [one for one in chunk if words_of.reacts_to(one)]
            start = text(answer, "next_batch")
            if not start or not chunk:
                break
        return found

    # -- invitations

    def invitation(self, room_id: str, invited: dict[str, Any], why: str = "") -> tuple[RemoteMessage, RemoteCase]:
        """A case that asks whether to come into a room."""
        room = Room(room_id)
        events = entries(invited, "invite_state", "events")
        room.learn(events)
        mine = [one for one in events if text(one, "state_key") == self.session.user_id]
        inviter = text(mine[-1], "sender") if mine else ""
        name = room.subject()
        who = f"{room.name(inviter)} ({line(inviter)})" if inviter else "Somebody"
        words = f"{who} invites us" + (f" into “{name}”." if name else ".") + (f"\n{why}" if why else "")
        at = self.access.now()
        message = RemoteMessage(
            ref=INVITATION, container=room_id, key=f"{INVITATION}:{room_id}", conversation=room_id, direction=Direction.IN,
            visibility=Visibility.PRIVATE, author=Author(room.name(inviter), line(inviter), Role.CUSTOMER), received_at=at,
            sent_at=at, text=words, fresh_text=words, warning="an invitation: accept or decline it before anything else",
            reply_to=(Address(room.name(inviter), line(inviter)),),
        )  # fmt: skip
        return message, RemoteCase(conversation=room_id, subject=name or "Invitation")


def _summary(found: list[dict[str, Any]], room: Room) -> str:
    people: dict[str, list[str]] = {}
    for one in found:
        key = line(text(one, "content", "m.relates_to", "key"), 12) or "?"
        people.setdefault(key, []).append(text(one, "sender"))
    ranked = sorted(people.items(), key=lambda item: (-len(item[1]), item[0]))
    parts = []
    for key, senders in ranked[:KEYS_SHOWN]:
        names = sorted({room.name(one) for one in senders})
        many = f"{len(senders)}{'+' if len(found) >= REACTIONS_READ else ''}"
        parts.append(f"{key} {many}" if len(senders) > PEOPLE_SHOWN else f"{key} {', '.join(names)}")
    if len(ranked) > KEYS_SHOWN:
        parts.append("…")
    return " · ".join(parts)
