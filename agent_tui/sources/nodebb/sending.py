"""Posts and chat messages of ours: one after the other, in front of the right people, and never blindly twice.

NodeBB refuses a post while another of the same user is being taken, and one that comes too soon after the last. Both
are a 400 with words in the user's language, like any other refusal; so what it means is found out from what is there.
"""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from agent_tui.domain.errors import Conflict, OutcomeUnknown, Refused, TryLater, Unsupported
from agent_tui.domain.model import CaseRef, Visibility
from agent_tui.domain.operations import EditMessage, RemoveMessage, Reply
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.base import Found, Receipt
from agent_tui.sources.nodebb import looking, marker, wire
from agent_tui.sources.nodebb.account import WRITE, Account

SHOWN = 180  # characters of each side of a conflict
NEWCOMER_MS = 120_000  # between two posts of somebody new; 10 s later on, by default
WAIT_MS = 10_000


async def reply(account: Account, operation: Reply, case: CaseRef, downloads: Path) -> Receipt:
    """Post where it is meant to be read, and nowhere else.

    Raises:
        Unsupported, Refused, Conflict, TryLater, OutcomeUnknown, AuthenticationError
    """
    if operation.visibility not in (Visibility.PUBLIC, Visibility.PRIVATE):
        raise Unsupported("a reply is public or private; topics and chats have no notes")
    private = operation.visibility is Visibility.PRIVATE
    new = operation.mode in ("new", "move")
    room = _room(case)
    if not new and not room and not case.conversation.isdecimal():
        raise Refused("this case is no topic of the forum and no chat; nothing can be said in it")
    if not new and private and not room:
        raise Conflict("everybody can read this topic: a private reply is not posted in it")
    if not new and room and not private:
        raise Conflict("this is a private chat; what is meant for everybody is not said in it")
    words = operation.text
    for path, name, kind in operation.attachments:
        words += f"\n\n{await _upload(account, downloads, path, name, kind)}"
    signed = marker.sign(words, operation.marker)
    _measure(account, words, signed, chat=private)
    async with account.lock:
        if private:
            if new:
                room = await _begin_chat(account, operation)
            return await _post(account, operation, case, f"{WRITE}chats/{room}", {"message": signed})
        if new:
            return await _post(account, operation, case, f"{WRITE}topics", _topic(account, operation, signed))
        await _see(account, int(case.conversation))
        body: dict[str, Any] = {"content": signed}
        if answered := _answered(account, operation):
            body["toPid"] = answered
        return await _post(account, operation, case, f"{WRITE}topics/{case.conversation}", body)


def _room(case: CaseRef) -> int:
    name = case.conversation.removeprefix(wire.CHAT)
    return int(name) if case.conversation.startswith(wire.CHAT) and name.isdecimal() else 0


def _measure(account: Account, words: str, signed: str, *, chat: bool) -> None:
    """Refuse what the forum would, in words of ours."""
    longest = account.longest_chat if chat else account.longest
    if longest and len(signed) > longest:
        raise Refused(f"it has {len(words)} characters; the forum takes {longest - len(signed) + len(words)}")
    if not chat and len(words.strip()) < account.shortest:
        raise Refused(f"it has {len(words.strip())} characters; the forum wants at least {account.shortest}")


async def _see(account: Account, topic: int) -> None:
    try:
        raw = await account.get(f"{WRITE}topics/{topic}")
    except Missing:
        raw = None
    if raw is None:
        raise Conflict("the topic is no longer in the forum")
    if wire.truth(raw, "locked") and not account.ours.moderates:
        raise Conflict("the topic is locked; only moderators can write in it")


def _answered(account: Account, operation: Reply) -> int:
    """Number of the post that is answered, or 0 where it is the first of its topic."""
    place, reference = operation.answered or ("", "")
    if not reference.isdecimal() or not place.startswith("t/"):
        return 0
    for ref, marks in account.access.mirror.places(place):
        if ref == reference and f"{wire.PLACE}0" in marks:
            return 0
    return int(reference)


def _topic(account: Account, operation: Reply, words: str) -> dict[str, Any]:
    """A new topic, in the category that ``to`` names."""
    names = [one.address.removeprefix("#") or one.name for one in operation.to]
    category = account.category(names[0]) if len(names) == 1 else 0
    if not category:
        there = ", ".join(sorted(account.names.values())[:12])
        raise Refused(f"a topic is begun in one category, such as #{(names or ['support'])[0]}; there are: {there}")
    if not operation.subject.strip():
        raise Refused("a topic needs a subject")
    return {"cid": category, "title": operation.subject, "content": words}


async def _begin_chat(account: Account, operation: Reply) -> int:
    """A room with those who are to read it. An empty one that is left behind is seen by nobody."""
    uids = [await account.uid(one.address or one.name) for one in (*operation.to, *operation.cc)]
    try:
        made = await account.change("POST", f"{WRITE}chats", {"uids": uids})
    except OutcomeUnknown as error:  # nothing has been said yet
        raise TryLater(str(error)) from None
    room = wire.number_of(made, "roomId")
    if not room:
        raise TryLater("the forum did not say which chat it began")
    return room


async def _post(account: Account, operation: Reply, case: CaseRef, path: str, body: dict[str, Any]) -> Receipt:
    try:
        made = await account.change("POST", path, body)
    except (Missing, Forbidden):
        raise
    except Refused as error:
        # An earlier attempt may have been carried out, or another post of ours be too near: look, never repeat.
        seen = await _seen(account, operation, case)
        if seen is not None:
            return seen
        wait = await _too_soon(account)
        if wait:
            raise TryLater(f"the forum takes no other post of this account yet ({error})", retry_after_ms=wait) from None
        raise
    found = made[0] if isinstance(made, list) and made else made
    if wire.truth(found, "queued"):
        return Receipt(in_review=True)
    for key, name in (("pid", "p"), ("mainPid", "p"), ("mid", "m"), ("messageId", "m")):
        if identity := wire.number_of(found, key):
            return Receipt(remote_id=f"{name}{identity}")
    raise OutcomeUnknown("the forum answered without the post that it made")


async def _seen(account: Account, operation: Reply, case: CaseRef) -> Receipt | None:
    try:
        seen = await looking.look(account, operation, case)
    except (TryLater, Refused):
        return None
    match seen.answer.found:
        case Found.FOUND:
            return Receipt(remote_id=seen.key)
        case Found.IN_REVIEW:
            return Receipt(in_review=True)
        case _:
            return None


async def _too_soon(account: Account) -> int:
    """Milliseconds until a post may be tried again, where one of ours is so new that the forum may have refused for that."""
    now = account.access.now()
    times: list[int] = []
    try:
        posts = entries(await account.get(f"api/user/{quote(account.ours.slug, safe='')}/posts"), "posts")
        times += [number(one, "timestamp") for one in posts]
        waiting = entries(await account.get("api/post-queue"), "posts")
        times += [number(one, "data", "timestamp") for one in waiting if number(one, "user", "uid") == account.ours.id]
    except (TryLater, Refused):
        pass
    age = now - max(times, default=0)
    return max(1_000, WAIT_MS - age) if -NEWCOMER_MS < age < NEWCOMER_MS else 0


async def _upload(account: Account, downloads: Path, path: str, name: str, kind: str) -> str:
    """Bring a file to the forum; the Markdown that shows it."""
    content = await asyncio.to_thread(_content, downloads, path, name)
    media = kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
    try:
        made = await account.change("POST", "api/post/upload", files={"files[]": (name, content, media)})
    except OutcomeUnknown as error:  # nothing has been said yet, and an upload that is not used is nobody's
        raise TryLater(str(error)) from None
    place = next((text(one, "url") for one in entries(entry(made), "images")), "")
    if not place:
        raise TryLater(f"the forum did not take the attachment '{name}'")
    shown = name.replace("[", "(").replace("]", ")")
    where = quote(urlsplit(place).path, safe="/%") if "://" not in place else place
    return f"{'!' if media.startswith('image/') else ''}[{shown}]({where})"


def _content(downloads: Path, path: str, name: str) -> bytes:
    folder = downloads.resolve()
    file = (folder / path).resolve()
    if not file.is_relative_to(folder):
        raise Refused(f"the attachment '{name}' is not in the workspace")
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"the attachment '{name}' cannot be read: {error.strerror}") from error


# -- what was said before


def path_of(place: tuple[str, str]) -> str:
    """Where a post or chat message is in the write API.

    Raises:
        Refused: it is neither.
    """
    container, reference = place
    if reference.isdecimal() and container.startswith("t/"):
        return f"{WRITE}posts/{reference}"
    if reference.isdecimal() and container.startswith("chat/"):
        return f"{WRITE}chats/{container.removeprefix('chat/')}/messages/{reference}"
    raise Refused("this is no post of the forum")


async def edit(account: Account, operation: EditMessage) -> Receipt:
    """Change a post, unless somebody else has: then both texts are shown.

    NodeBB takes no text to compare with, so it is compared right before.

    Raises:
        Conflict: it says something else than when the edit was begun.
        Refused, TryLater, OutcomeUnknown, AuthenticationError
    """
    path = path_of(operation.place)
    stored = text(entry(await account.get(f"{path}/raw")), "content")
    words, mark = marker.split(stored)
    receipt = Receipt(remote_id=f"{'p' if operation.place[0].startswith('t/') else 'm'}{operation.place[1]}")
    if _same(words, operation.text):
        return receipt  # an earlier attempt was carried out
    if not _same(words, operation.original):
        raise Conflict(
            f"somebody else has changed it: it now says “{_short(words)}”; yours was “{_short(operation.text)}”"
        )
    changed = marker.sign(operation.text, mark) if mark else operation.text
    _measure(account, operation.text, changed, chat=operation.place[0].startswith("chat/"))
    key = "message" if operation.place[0].startswith("chat/") else "content"
    await account.change("PUT", path, {key: changed})
    return receipt


async def remove(account: Account, operation: RemoveMessage) -> Receipt:
    """Delete a post or chat message in the way that can be taken back, or restore it. Nothing is ever purged."""
    path = path_of(operation.place)
    chat = operation.place[0].startswith("chat/")
    try:
        stands = await account.get(path)
    except Missing:
        if operation.removed:
            return Receipt()
        raise Refused("the forum no longer has this post") from None
    if wire.truth(stands, "deleted") is operation.removed:
        return Receipt()
    if not chat and number(await account.get(f"{WRITE}topics/{operation.place[0][2:]}"), "mainPid") == int(operation.place[1]):
        raise Refused("the first post of a topic is deleted with the topic only")
    method = "DELETE" if operation.removed else "POST" if chat else "PUT"
    await account.change(method, path if chat else f"{path}/state")
    return Receipt()


def _same(one: str, other: str) -> bool:
    return clean(one).strip() == clean(other).strip()


def _short(words: str) -> str:
    line = wire.line(words)
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
