"""Posts of ours: replies, whispers, private messages, edits."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from typing import Any

from agent_tui.domain.errors import Conflict, OutcomeUnknown, Refused, TryLater, Unsupported
from agent_tui.domain.model import CaseRef, Visibility
from agent_tui.domain.operations import EditMessage, Note, RemoveMessage, Reply
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Forbidden, Missing, entry, number, text
from agent_tui.sources.base import Found, Receipt
from agent_tui.sources.discourse import looking, marker, wire
from agent_tui.sources.discourse.account import Account
from agent_tui.sources.discourse.triage import topic_in

SHOWN = 180  # characters of each side of a conflict


async def reply(account: Account, operation: Reply, case: CaseRef, downloads: Path) -> Receipt:
    """Post where it is meant to be read, and nowhere else.

    Raises:
        Unsupported, Refused, Conflict, TryLater, OutcomeUnknown, AuthenticationError
    """
    if operation.visibility not in (Visibility.PUBLIC, Visibility.PRIVATE):
        raise Unsupported("a reply is public or private; a note is a whisper")
    body: dict[str, Any] = {}
    if operation.mode == "new" and operation.visibility is Visibility.PUBLIC:
        names = [one.address.removeprefix("#") for one in operation.to]
        if not operation.subject.strip():
            raise Refused("a topic needs a subject")
        body |= {"title": operation.subject, "category": await account.category(names[0] if len(names) == 1 else "")}
    elif operation.mode in ("new", "move"):
        names = [one.address or one.name for one in (*operation.to, *operation.cc)]
        body |= {"title": operation.subject or "Your question", "archetype": "private_message",
                 "target_recipients": ",".join(names)}  # fmt: skip
    else:
        body |= {"topic_id": _topic(case)}
        raw = await _checked(account, _topic(case), operation.visibility)
        answered = _number(account, operation, raw)
        if answered > 1:
            body |= {"reply_to_post_number": answered}
    words = operation.text
    for path, name, kind in operation.attachments:
        words += f"\n\n{await _upload(account, downloads, path, name, kind)}"
    return await _post(account, operation, case, {"raw": marker.sign(words, operation.marker), **body})


async def note(account: Account, operation: Note, case: CaseRef) -> Receipt:
    """Whisper: only those with the right to whisper see it. What comes out as anything else is taken back at once.

    Raises:
        Unsupported: the case is a report, of which the forum keeps no notes.
        Refused, TryLater, OutcomeUnknown, AuthenticationError
    """
    body = {"topic_id": topic_in(case), "whisper": "true", "raw": marker.sign(operation.text, operation.marker)}
    return await _post(account, operation, case, body)


def _topic(case: CaseRef) -> int:
    if not case.conversation.isdecimal():
        raise Refused("this case is no topic of the forum; nothing can be said in it")
    return int(case.conversation)


async def _checked(account: Account, topic: int, visibility: Visibility) -> Any:
    """The topic, if what is meant to be private or public would be that in it: a topic can be turned into the other."""
    try:
        raw = await account.get(f"t/{topic}.json")
    except Missing:
        raise Refused("the topic is no longer in the forum") from None
    private = text(raw, "archetype") == "private_message"
    if private and visibility is Visibility.PUBLIC:
        raise Conflict("the topic is a private message now; look at it again")
    if not private and visibility is Visibility.PRIVATE:
        raise Conflict("everybody can read this topic: a private reply is not posted in it")
    return raw


def _number(account: Account, operation: Reply, raw: Any) -> int:
    """Number of the post that is answered, or 0."""
    if operation.answered is None:
        return 0
    place, reference = operation.answered
    for post in wire.posts_of(raw):
        if str(number(post, "id")) == reference:
            return number(post, "post_number")
    for ref, marks in account.access.mirror.places(place):
        if ref == reference:
            found = next((one.removeprefix(wire.POST_NUMBER) for one in marks if one.startswith(wire.POST_NUMBER)), "")
            return int(found) if found.isdecimal() else 0
    return 0


async def _post(account: Account, operation: Reply | Note, case: CaseRef, body: dict[str, Any]) -> Receipt:
    try:
        made = await account.change("POST", "posts.json", body)
    except (Missing, Forbidden):
        raise
    except Refused:
        # "Too similar", in whatever language, may mean that an earlier attempt was carried out: look, never repeat.
        seen = await _seen(account, operation, case)
        if seen is not None:
            return seen
        raise
    if text(made, "action") == "enqueued":
        return Receipt(in_review=True)
    post = entry(made, "post") or entry(made)
    identity = number(post, "id")
    if not identity:
        raise OutcomeUnknown("the forum answered without the post that it made")
    if isinstance(operation, Note) and number(post, "post_type", default=wire.REGULAR) != wire.WHISPER:
        await account.change("DELETE", f"posts/{identity}.json")
        raise Refused("the forum made a public post of a note; it was deleted at once. Whispers are not enabled there")
    return Receipt(remote_id=str(identity))


async def _seen(account: Account, operation: Reply | Note, case: CaseRef) -> Receipt | None:
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


async def _upload(account: Account, downloads: Path, path: str, name: str, kind: str) -> str:
    """Bring a file to the forum; the Markdown that shows it. The same file gets the same address again."""
    content = await asyncio.to_thread(_content, downloads, path, name)
    media = kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
    try:
        made = await account.change(
            "POST", "uploads.json", data={"type": "composer", "upload_type": "composer", "synchronous": "true"},
            files={"file": (name, content, media)},
        )  # fmt: skip
    except OutcomeUnknown as error:  # nothing has been said yet, and an upload that is not used is nobody's
        raise TryLater(str(error)) from None
    place = text(made, "short_url") or text(made, "url")
    if not place:
        raise TryLater(f"the forum did not take the attachment '{name}'")
    shown = name.replace("[", "(").replace("]", ")").replace("|", "-")
    if media.startswith("image/"):
        return f"![{shown}|{number(made, 'width', default=1)}x{number(made, 'height', default=1)}]({place})"
    return f"[{shown}|attachment]({place}) ({len(content)} bytes)"


def _content(downloads: Path, path: str, name: str) -> bytes:
    folder = downloads.resolve()
    file = (folder / path).resolve()
    if not file.is_relative_to(folder):
        raise Refused(f"the attachment '{name}' is not in the workspace")
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"the attachment '{name}' cannot be read: {error.strerror}") from error


async def edit(account: Account, operation: EditMessage) -> Receipt:
    """Change a post, unless somebody else has: then both texts are shown.

    Raises:
        Conflict: it says something else than when the edit was begun.
        Refused, TryLater, OutcomeUnknown, AuthenticationError
    """
    place, reference = operation.place
    if not place.startswith("t/") or not reference.isdecimal():
        raise Refused("this is no post of the forum")
    path = f"posts/{reference}.json"
    stored = text(await account.get(path), "raw")
    words, mark = marker.split(stored)
    written = operation.text if _same(words, operation.original) else wire.unreadable(words, operation.text)
    if _same(words, written):
        return Receipt(remote_id=reference)  # an earlier attempt was carried out
    if not _same(words, operation.original) and not _same(wire.readable(words), operation.original):
        raise _conflict(words, operation.text)
    changed = marker.sign(written, mark) if mark else written
    body = {"raw": changed, "original_text": stored, "edit_reason": operation.reason}
    try:
        await account.change("PUT", path, {"post": body})
    except Conflict:
        now = marker.split(text(await account.get(path), "raw"))[0]
        raise _conflict(now, operation.text) from None
    return Receipt(remote_id=reference)


async def remove(account: Account, operation: RemoveMessage) -> Receipt:
    """Delete a post as its author or a moderator may, or recover it. The first one of a topic is the topic.

    Raises:
        Refused, TryLater, OutcomeUnknown, AuthenticationError
    """
    place, reference = operation.place
    if not place.startswith("t/") or not reference.isdecimal():
        raise Refused("this is no post of the forum")
    try:
        post = await account.get(f"posts/{reference}.json")
    except Missing:
        if operation.removed:
            return Receipt()
        raise Refused("the forum no longer has this post") from None
    if number(post, "post_number") == 1:
        raise Refused("the first post of a topic is deleted with the topic only")
    gone = bool(text(post, "deleted_at")) or post.get("user_deleted") is True
    if gone is operation.removed:
        return Receipt()
    if operation.removed:
        await account.change("DELETE", f"posts/{reference}.json")
    else:
        await account.change("PUT", f"posts/{reference}/recover.json")
    return Receipt()


def _same(one: str, other: str) -> bool:
    return clean(one).strip() == clean(other).strip()


def _conflict(theirs: str, ours: str) -> Conflict:
    return Conflict(f"somebody else has changed it: it now says “{_short(theirs)}”; yours was “{_short(ours)}”")


def _short(words: str) -> str:
    line = wire.line(words)
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
