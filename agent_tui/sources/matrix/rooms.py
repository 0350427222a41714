"""What is known of rooms and of who is in them: asked for once in an engine's life, then kept up by what ``/sync`` brings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from agent_tui.domain.errors import Refused
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entries, entry, text
from agent_tui.sources.matrix.session import Session

NAMES_KEPT = 5_000
TOMBSTONE, CREATE = "m.room.tombstone", "m.room.create"
UPGRADES = 20  # of one room, one after another: more is a mistake or a trap
_KEYS = {
    "m.room.name": ("name",), "m.room.canonical_alias": ("alias",), "m.room.join_rules": ("join_rule",),
    "m.room.history_visibility": ("history_visibility",), "m.room.encryption": ("algorithm",),
    TOMBSTONE: ("replacement_room",), CREATE: ("predecessor", "room_id"),
}  # fmt: skip
STATE = tuple(_KEYS)


def line(words: str, longest: int = 200) -> str:
    """Somebody's words as one short, harmless line."""
    return clean(words, multiline=False)[:longest]


def localpart(user: str) -> str:
    """A user id without its server, for those who have no name."""
    return line(user.removeprefix("@").partition(":")[0]) or line(user)


@dataclass(slots=True)
class Room:
    """One room.

    Args:
        values: the part of its state that matters, by type.
        heroes: people after whom a room without a name is named.
        names: display names by user id.
        whole: whether all of ``STATE`` has been asked for.
    """

    id: str
    values: dict[str, str] = field(default_factory=dict)
    heroes: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    whole: bool = False

    @property
    def encrypted(self) -> bool:
        """Whether messages are end-to-end encrypted: nobody can turn that off again."""
        return bool(self.values.get("m.room.encryption"))

    @property
    def public(self) -> bool:
        """Whether anybody can come in and read."""
        return (
            self.values.get("m.room.join_rules") == "public"
            or self.values.get("m.room.history_visibility") == "world_readable"
        )

    @property
    def replacement(self) -> str:
        """The room that is said to go on with this one ("Room upgrades"), or nothing."""
        return self.values.get(TOMBSTONE, "")

    def subject(self) -> str:
        """What the room is called."""
        named = self.values.get("m.room.name") or self.values.get("m.room.canonical_alias") or ""
        return line(named) or ", ".join(self.name(one) for one in self.heroes[:3])

    def name(self, user: str) -> str:
        """What somebody is called here."""
        return self.names.get(user) or localpart(user)

    def learn(self, events: Iterable[dict[str, Any]]) -> bool:
        """Take in state events; whether something changed that a case shows."""
        changed = False
        for event in events:
            kind, key = text(event, "type"), text(event, "state_key")
            if kind == "m.room.member" and key and text(event, "content", "membership") in ("join", "invite"):
                if len(self.names) > NAMES_KEPT:
                    self.names.clear()
                self.names[key] = line(text(event, "content", "displayname")) or localpart(key)
            elif kind in _KEYS and "state_key" in event:
                value = text(event, "content", *_KEYS[kind])
                changed = changed or self.values.get(kind, "") != value
                self.values[kind] = value
        return changed


class Rooms:
    """Every room that has been met.

    Args:
        session: to ask.
        shared: ids of rooms in which each thread is a case.
        ours: user ids, lower case, whose words are ours.
    """

    def __init__(self, session: Session, shared: frozenset[str], ours: frozenset[str]) -> None:
        self._session = session
        self._rooms: dict[str, Room] = {}
        self.shared = shared
        self.ours = ours
        self.follows: dict[str, str] = {}
        """Rooms that go on with another one, with that one; the cursor keeps them."""

    def known(self, room_id: str) -> Room:
        """What is known without asking."""
        return self._rooms.setdefault(room_id, Room(room_id))

    def forget(self, room_id: str) -> None:
        """Ask again what a room is like."""
        self._rooms.pop(room_id, None)

    async def room(self, room_id: str) -> Room:
        """A room with its state."""
        room = self.known(room_id)
        if not room.whole:
            await asyncio.gather(*(self._ask(room, kind) for kind in STATE if kind not in room.values))
            room.whole = True
        return room

    async def encrypted(self, room_id: str) -> bool:
        """Whether a room is encrypted as of now, whatever was known."""
        room = self.known(room_id)
        if not room.encrypted:
            room.values.pop("m.room.encryption", None)
            await self._ask(room, "m.room.encryption")
        return room.encrypted

    async def _ask(self, room: Room, kind: str) -> None:
        try:
            content = await self._session.get(f"rooms/{quote(room.id)}/state/{kind}/")
        except Refused:  # there is no such state, or we are no longer there
            content = {}
        room.values[kind] = text(content, *_KEYS[kind])

    # -- upgrades

    async def before(self, room_id: str) -> str:
        """The room that this one goes on with, or nothing. Both have to say so: anybody can claim to follow a room."""
        if room_id not in self.follows:
            named = (await self.room(room_id)).values.get(CREATE, "")
            if not named or named == room_id or (await self.room(named)).replacement != room_id:
                return ""
            self.follows[room_id] = named
        return self.follows[room_id]

    async def first(self, room_id: str) -> str:
        """The room with which the conversation in this one began: it gives the case its name."""
        met = [room_id]
        while len(met) < UPGRADES and (named := await self.before(met[-1])) and named not in met:
            met.append(named)
        return met[-1]

    def began(self, room_id: str) -> str:
        """As ``first``, from what is known without asking."""
        met = [room_id]
        while len(met) < UPGRADES and (named := self.follows.get(met[-1], "")) and named not in met:
            met.append(named)
        return met[-1]

    async def chain(self, room_id: str) -> tuple[str, ...]:
        """The rooms in which a conversation went on, from the newest to the one with which it began."""
        met = [room_id]
        while len(met) < UPGRADES and (named := (await self.room(met[-1])).replacement) and named not in met:
            if await self.before(named) != met[-1]:
                break
            met.append(named)
        return tuple(reversed(met))

    async def current(self, room_id: str) -> str:
        """The room in which a conversation goes on now.

        Raises:
            Refused: it goes on in one that we are not in.
        """
        newest = (await self.chain(room_id))[0]
        if (await self.room(newest)).replacement:
            raise Refused("this room was replaced by a newer one that this account is not in yet: accept its invitation, or "
                          "ask for one")
        return newest

    def is_shared(self, room_id: str) -> bool:
        """Whether each thread of a room is a case of its own."""
        return room_id in self.shared or self.began(room_id) in self.shared

    async def meet(self, room: Room, users: Iterable[str]) -> None:
        """Learn the names of people who have not been met."""
        unknown = [user for user in dict.fromkeys(users) if user and user not in room.names]
        for user in unknown:
            try:
                content = await self._session.get(f"rooms/{quote(room.id)}/state/m.room.member/{quote(user)}")
            except Refused:
                content = {}
            room.names[user] = line(text(content, "displayname")) or localpart(user)

    def is_public(self, room: Room) -> bool:
        """Whether more people than the customer read what is said there."""
        return self.is_shared(room.id) or room.public

    def is_ours(self, user: str) -> bool:
        """Whether somebody speaks for us."""
        return user.lower() in self.ours

    async def members(self, room_id: str) -> frozenset[str]:
        """Who is in a room."""
        answer = await self._session.get(f"rooms/{quote(room_id)}/joined_members")
        return frozenset(entry(answer, "joined"))


def learn_from_sync(room: Room, joined: dict[str, Any]) -> bool:
    """Take in what ``/sync`` says of a room; whether something changed that a case shows."""
    heroes = entry(joined, "summary").get("m.heroes")
    if isinstance(heroes, list):
        room.heroes = tuple(one for one in heroes if isinstance(one, str))
    changed = room.learn(entries(joined, "state", "events"))
    timeline = [one for one in entries(joined, "timeline", "events") if "state_key" in one]
    return room.learn(timeline) or changed
