"""Finding out what the forum has of a message of ours: waiting for a moderator, posted, or not there."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from agent_tui.domain.model import CaseRef
from agent_tui.domain.operations import Reply
from agent_tui.sources.answers import Forbidden, Missing, entries, number, text
from agent_tui.sources.base import FindAnswer, Found
from agent_tui.sources.nodebb import marker, wire
from agent_tui.sources.nodebb.account import WRITE, Account
from agent_tui.sources.nodebb.reading import raw_of

SKEW_MS = 15 * 60_000  # by which the forum's clock and ours may differ
NEWEST = 5  # topics or chats of ours that a new one is looked for in
MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """``answer`` with the message's key where it was found."""

    answer: FindAnswer
    key: str = ""


ABSENT = Seen(FindAnswer(Found.ABSENT, "it is neither in the forum nor waiting for a moderator"))
HIDDEN = Seen(FindAnswer(Found.CANNOT_TELL, "one of our posts there can no longer be read, and it may be this one"))


async def look(account: Account, operation: Reply, case: CaseRef) -> Seen:
    """Look where the message would be. First among what waits, then among what is posted: it goes that way only.

    Raises:
        TryLater, Refused, AuthenticationError
    """
    if case.conversation.startswith(wire.CHAT):
        return await _in_room(account, int(case.conversation.removeprefix(wire.CHAT)), operation)
    if operation.mode in ("new", "move") and operation.visibility.value == "private":
        return await _in_rooms(account, operation)
    if await _waits(account, operation.marker):
        return Seen(FindAnswer(Found.IN_REVIEW, "it waits for a moderator of the forum"))
    if operation.mode in ("new", "move"):
        return await _in_topics(account, operation)
    if not case.conversation.isdecimal():
        return Seen(FindAnswer(Found.CANNOT_TELL, "the case is no topic of the forum"))
    return await _in_topic(account, int(case.conversation), operation)


async def _waits(account: Account, mark: str) -> bool:
    try:
        found = entries(await account.get("api/post-queue"), "posts")
    except (Forbidden, Missing):  # the forum has no queue
        return False
    return any(marker.split(html.unescape(text(one, "data", "rawContent")))[1] == mark for one in found)


async def _in_topic(account: Account, topic: int, operation: Reply) -> Seen:
    """From the end of the topic back to before it was written."""
    place = f"api/topic/{topic}"
    pages = number(await account.get(f"api/topic/pagination/{topic}"), "pagination", "pageCount", default=1)
    hidden = False
    for page in range(max(1, pages), max(0, pages - MOST_PAGES), -1):
        posts = entries(await account.get(place, {"page": page, "sort": "oldest_to_newest"}), "posts")
        seen, unread = await _among(account, posts, operation, "posts/", "p")
        hidden = hidden or unread
        if seen is not None:
            return seen
        if _before(posts, operation):
            break
    return HIDDEN if hidden else ABSENT


async def _in_topics(account: Account, operation: Reply) -> Seen:
    found = entries(await account.get(f"api/user/{quote(account.ours.slug, safe='')}/topics"), "topics")
    newest = sorted(found, key=lambda one: number(one, "timestamp"), reverse=True)[:NEWEST]
    posts = [{"pid": wire.number_of(one, "mainPid"), "uid": account.ours.id, "timestamp": number(one, "timestamp"),
              "deleted": one.get("deleted")} for one in newest]  # fmt: skip
    seen, hidden = await _among(account, posts, operation, "posts/", "p")
    return seen or (HIDDEN if hidden else ABSENT)


async def _in_room(account: Account, room: int, operation: Reply) -> Seen:
    start = 0
    for _ in range(MOST_PAGES):
        found = entries(await account.get(f"{WRITE}chats/{room}/messages", {"start": start}), "messages")
        said = [{"pid": wire.number_of(one, "mid") or wire.number_of(one, "messageId"), "uid": number(one, "fromuid"),
                 "timestamp": number(one, "timestamp"), "deleted": one.get("deleted")} for one in found]  # fmt: skip
        seen, hidden = await _among(account, said, operation, f"chats/{room}/messages/", "m")
        if seen is not None:
            return seen
        if hidden:
            return HIDDEN
        if not found or _before(said, operation):
            break
        start += len(found)
    return ABSENT


async def _in_rooms(account: Account, operation: Reply) -> Seen:
    found = await account.get(f"{WRITE}chats", {"start": 0, "perPage": NEWEST})
    rooms = entries(found, "rooms") if isinstance(found, dict) else entries(found)
    for room in rooms[:NEWEST]:
        seen = await _in_room(account, wire.number_of(room, "roomId"), operation)
        if seen is not ABSENT:
            return seen
    return ABSENT


async def _among(
    account: Account, posts: list[dict[str, Any]], operation: Reply, path: str, key: str
) -> tuple[Seen | None, bool]:
    """Where ours is among some posts, and whether one of ours could not be read."""
    hidden = False
    for one in reversed(posts):
        if number(one, "uid") != account.ours.id or number(one, "timestamp") < operation.created_at - SKEW_MS:
            continue
        identity = wire.number_of(one, "pid")
        raw = await raw_of(account, f"{path}{identity}")
        hidden = hidden or raw is None
        if raw is not None and marker.split(raw)[1] == operation.marker:
            return Seen(FindAnswer(Found.FOUND, "it is in the forum"), f"{key}{identity}"), False
    return None, hidden


def _before(posts: Iterable[dict[str, Any]], operation: Reply) -> bool:
    """Whether some posts reach back to before the message was written."""
    times = [at for one in posts if (at := number(one, "timestamp"))]
    return bool(times) and min(times) < operation.created_at - SKEW_MS
