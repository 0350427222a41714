"""Private chats: the rooms of an account, and what is new in each. Looking at them changes nothing at the forum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from agent_tui.domain.model import BadItem, Batch, Marks, RemoteCase, RemoteMessage, Removal
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.nodebb import wire
from agent_tui.sources.nodebb.account import WRITE, Account
from agent_tui.sources.nodebb.cursor import Cursor, Known
from agent_tui.sources.nodebb.reading import GONE, PENDING, Reading, raw_of

ROOMS = 50  # asked for at once
MOST_ROOMS = 1_000


async def look(account: Account, state: Cursor) -> None:
    """Note which rooms have changed.

    Raises:
        TryLater, AuthenticationError
    """
    start, listed, least = 0, set[str](), 1 << 62
    while start < MOST_ROOMS:
        try:
            found = await account.get(f"{WRITE}chats", {"start": start, "perPage": ROOMS})
        except (Forbidden, Missing):  # chats are switched off
            return
        rooms = entries(found, "rooms") if isinstance(found, dict) else entries(found)
        changed = False
        for room in rooms:
            identity = wire.number_of(room, "roomId")
            if identity <= 0 or wire.truth(room, "public"):
                continue
            name, signature = f"c{identity}", _signature(room)
            listed.add(name)
            least = min(least, _bumped(room))
            known = state.known.get(name)
            if known is None or known.signature.removeprefix(PENDING) != signature:
                changed = True
                known = state.known.setdefault(name, Known())
                known.signature = f"{PENDING}{signature}"
            if known.signature.startswith(PENDING):
                known.unread = wire.truth(room, "unread")
                known.bumped = state.todo[name] = _bumped(room)
        start += ROOMS
        if len(rooms) < ROOMS:
            least = -1
        if len(rooms) < ROOMS or not changed:
            break
    for name, known in state.known.items():  # what should be in the list and is not: we have left it, or it was taken away
        if name.startswith("c") and known.bumped > least and name not in listed and known.signature != GONE:
            known.signature, state.todo[name] = GONE, known.bumped


async def read(account: Account, room: int, known: Known, left: int) -> AsyncIterator[Batch]:
    """What is new in a room, newest first; ``more`` is False on the last batch.

    Args:
        left: about how many messages to yield at most.
    """
    place = wire.room_place(room)
    try:
        about = await account.get(f"{WRITE}chats/{room}")
    except (Forbidden, Missing):
        yield Batch(cursor="", removals=(Removal(place, ""),), more=False)
        return
    subject = _subject(about, account)
    case = RemoteCase(conversation=f"{wire.CHAT}{room}", subject=subject, public=False)
    reading = Reading.of(account.access.mirror.places(place))
    start, whole = 0, True
    while True:
        found = await account.get(f"{WRITE}chats/{room}/messages", {"start": start})
        if not isinstance(entry(found).get("messages"), list):
            known.signature = ""  # looked at again when the list shows it next
            reason = "the forum gives the chat in a form that cannot be read"
            yield Batch(cursor="", bad=(BadItem(str(room), place, reason),), more=False)
            return
        shown = entries(found, "messages")
        messages, bad, removals, looked = await _page(account, shown, case, reading=reading, known=known, left=left)
        left -= len(messages) + len(bad)
        if messages or bad or removals:
            yield Batch(cursor="", messages=messages, bad=bad, removals=removals, cases=(case,), more=True)
        if not shown:
            break
        if looked < len(shown) or left <= 0:
            known.deep = max(known.deep, 1)  # older ones are still to come
            return
        if not (messages or bad) and not known.deep and set(reading.here) & reading.there:
            whole = False
            break  # from here on all is known
        start += len(shown)
    gone = sorted(set(reading.here) - reading.there) if whole else []
    marks = tuple(one for one in reading.seen_again(place, unread=known.unread) if int(one.ref) not in gone)
    yield Batch(
        cursor="", removals=tuple(Removal(place, str(one)) for one in gone), marks=marks, cases=(case,), more=False
    )


async def _page(
    account: Account, shown: list[dict[str, Any]], case: RemoteCase, *, reading: Reading, known: Known, left: int
) -> tuple[tuple[RemoteMessage, ...], tuple[BadItem, ...], tuple[Removal, ...], int]:
    """What is new among some messages, newest first, and how many of them were looked at."""
    room = int(case.conversation.removeprefix(wire.CHAT))
    place = wire.room_place(room)
    messages: list[RemoteMessage] = []
    bad: list[BadItem] = []
    removals: list[Removal] = []
    for count, one in enumerate(sorted(shown, key=lambda one: number(one, "timestamp"), reverse=True)):
        identity = wire.number_of(one, "mid") or wire.number_of(one, "messageId")
        if len(messages) + len(bad) >= left:
            return tuple(messages), tuple(bad), tuple(removals), count
        reading.there.add(identity)
        here = reading.here.get(identity)
        if wire.truth(one, "deleted"):
            removals += [Removal(place, str(identity))] if here is not None else []
            continue
        if wire.truth(one, "system") or identity in known.skipped or (here is not None and wire.revision(one) in here):
            continue
        try:
            ours = (number(one, "fromuid") or number(one, "fromUser", "uid")) == account.ours.id
            raw = await raw_of(account, f"chats/{room}/messages/{identity}") if ours else None
            message = wire.chat_of(one, room, case.subject, account.ours, raw)
        except ValueError as error:
            known.skipped.add(identity)
            bad.append(BadItem(str(identity), place, str(error)))
            continue
        if not known.unread or (here is not None and Marks.SEEN in here):
            message = replace(message, marks=message.marks | {Marks.SEEN})
        reading.took(message)
        messages.append(message)
    return tuple(messages), tuple(bad), tuple(removals), len(shown)


def _subject(about: Any, account: Account) -> str:
    """The room's name, else who is in it."""
    others = [
        wire.plain(text(one, "displayname")) or wire.plain(text(one, "username"))
        for one in entries(about, "users") if number(one, "uid") != account.ours.id
    ]  # fmt: skip
    named = wire.plain(text(entry(about), "roomName"))
    return named or f"Chat with {', '.join(filter(None, others)) or 'nobody'}"


def _bumped(room: dict[str, Any]) -> int:
    return number(room, "teaser", "timestamp") or number(room, "timestamp")


def _signature(room: dict[str, Any]) -> str:
    signed = [number(room, "teaser", "timestamp"), text(room, "teaser", "content"), number(room, "messageCount"),
              wire.truth(room, "unread"), text(room, "roomName")]  # fmt: skip
    return hashlib.blake2b(json.dumps(signed).encode(), digest_size=6).hexdigest()
