"""Posts of ours: written once, as one commit, under keys that are chosen before anything leaves."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from agent_tui.domain import posts
from agent_tui.domain.errors import Conflict, Refused, Unsupported
from agent_tui.domain.model import CaseRef, Visibility
from agent_tui.domain.operations import Reply
from agent_tui.domain.posts import Image, Part, Plan, PostLimits
from agent_tui.sources.answers import Missing, entries, entry, text
from agent_tui.sources.base import FindAnswer, Found, Receipt
from agent_tui.sources.bluesky import facets, picture, records
from agent_tui.sources.bluesky.records import POST
from agent_tui.sources.bluesky.session import Session
from agent_tui.sources.bluesky.wire import OURS, stamp

Ref = dict[str, str]
"""``com.atproto.repo.strongRef``: ``uri`` and ``cid``."""


def plan_of(reply: Reply, folder: Path, limits: PostLimits) -> Plan:
    """What a reply becomes.

    Raises:
        Refused: it cannot be sent as it is.
    """
    plan = posts.plan(reply.text, [(name, _size(folder, path, name)) for path, name, _ in reply.attachments], limits)
    if plan.faults:
        raise Refused("; ".join(plan.faults))
    return plan


def _file(folder: Path, path: str, name: str) -> Path:
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise Refused(f"the attachment '{name}' is not in the workspace")
    return file


def _size(folder: Path, path: str, name: str) -> int:
    try:
        return _file(folder, path, name).stat().st_size
    except OSError as error:
        raise Refused(f"the attachment '{name}' cannot be read: {error.strerror}") from None


async def post(session: Session, reply: Reply, case: CaseRef, folder: Path) -> Receipt:
    """Answer in a public thread. Parts that an earlier attempt left are not written again.

    Raises:
        Unsupported, Refused, Conflict, TryLater, OutcomeUnknown, AuthenticationError
    """
    if reply.visibility is Visibility.PRIVATE:
        raise Conflict("everybody can read this thread: a private reply is not posted in it")
    if reply.mode != "reply":
        raise Unsupported("only answers are posted from here")
    plan = plan_of(reply, folder, posts.PUBLIC)
    keys = records.keys(reply.marker, reply.created_at, len(plan.parts))
    there = await _there(session, keys, reply.marker)
    first = f"at://{session.did}/{POST}/{keys[0]}"
    if len(there) == len(keys):
        return Receipt(remote_id=first)
    root, parent = await _answered(session, reply, case)
    dids = await dids_of(session, plan.parts)
    embed = None
    if keys[0] not in there and plan.images:
        files = {name: (path, media) for path, name, media in reply.attachments}
        embed = await _embed(session, plan.images, files, folder)
    writes: list[dict[str, Any]] = []
    now, end = session.access.now(), 0
    for number, (key, part) in enumerate(zip(keys, plan.parts, strict=True)):
        if key in there:
            parent, end = there[key], part.end
            continue
        before = _gap(reply, plan, end, part.start) if number else ""
        ours = {"reference": reply.marker, "part": number, "parts": len(keys), **({"before": before} if before else {})}
        record: dict[str, Any] = {
            "$type": POST, "text": part.text, "createdAt": stamp(now + number), "reply": {"root": root, "parent": parent},
            OURS: ours,
        }  # fmt: skip
        if found := facets.facets(part.text, dids):
            record["facets"] = found
        if embed is not None and not number:
            record["embed"] = embed
        writes.append({"$type": "com.atproto.repo.applyWrites#create", "collection": POST, "rkey": key, "value": record})
        parent, end = {"uri": f"at://{session.did}/{POST}/{key}", "cid": records.cid(record)}, part.end
    await session.post("com.atproto.repo.applyWrites", {"repo": session.did, "writes": writes})
    return Receipt(remote_id=first)


def _gap(reply: Reply, plan: Plan, end: int, start: int) -> str:
    """The white space that was left out between two parts."""
    rest, _ = posts.described(reply.text, (one.name for one in plan.images))
    return rest[end:start]


async def _there(session: Session, keys: Iterable[str], reference: str) -> dict[str, Ref]:
    """Parts of a message that are in our repository, by key."""

    async def look(key: str) -> tuple[str, Any]:
        params = {"repo": session.did, "collection": POST, "rkey": key}
        try:
            return key, await session.get("com.atproto.repo.getRecord", params)
        except Missing:
            return key, None

    found = {}
    for key, raw in await asyncio.gather(*(look(one) for one in keys)):
        if raw is None:
            continue
        if text(raw, "value", OURS, "reference") != reference:
            raise Refused("another post of the account has the key of this one; write it again as a new reply")
        found[key] = {"uri": text(raw, "uri"), "cid": text(raw, "cid")}
    return found


async def _answered(session: Session, reply: Reply, case: CaseRef) -> tuple[Ref, Ref]:
    """What begins the thread, and the post that is answered, if an answer to it would be seen.

    Raises:
        Refused: it would not.
    """
    places = [*([reply.answered] if reply.answered else []), *reversed(case.incoming), *reversed(case.places)]
    uri = next((ref for _, ref in places if ref.startswith("at://")), "")
    if not uri:
        raise Refused("there is no post in this case that could be answered")
    raw = await session.get("app.bsky.feed.getPosts", {"uris": [uri]})
    view = next((one for one in entries(raw, "posts") if text(one, "uri") == uri), None)
    if view is None:
        raise Refused(await _why_hidden(session, uri))
    if entry(view, "viewer").get("replyDisabled") is True:
        raise Refused("its author has limited who may answer in this thread, and this account may not")
    parent = {"uri": uri, "cid": text(view, "cid")}
    above = entry(view, "record", "reply", "root")
    root = {"uri": text(above, "uri"), "cid": text(above, "cid")} if text(above, "uri") else parent
    return root, parent


async def _why_hidden(session: Session, uri: str) -> str:
    try:
        node = entry(await session.get("app.bsky.feed.getPostThread", {"uri": uri, "depth": 0, "parentHeight": 0}), "thread")
    except Missing:
        node = {}
    if node.get("blocked") is True:
        theirs = entry(node, "author", "viewer").get("blockedBy") is True
        return f"{'its author blocks this account' if theirs else 'this account blocks its author'}: an answer would not be seen"
    return "the post that it answers was deleted"


async def dids_of(session: Session, parts: Iterable[Part]) -> Mapping[str, str]:
    """DIDs of the handles that are mentioned; who does not exist is left out, and the words stay plain."""
    found = {}
    for handle in facets.all_handles(part.text for part in parts):
        try:
            raw = await session.get("com.atproto.identity.resolveHandle", {"handle": handle})
        except Refused:
            continue
        if did := text(raw, "did"):
            found[handle] = did
    return found


async def _embed(
    session: Session, images: Iterable[Image], files: Mapping[str, tuple[str, str]], folder: Path
) -> dict[str, Any]:
    """Pictures, brought to the server; a post that is never written leaves nothing that anybody sees."""
    shown = []
    for one in images:
        path, media = files[one.name]
        try:
            content = await asyncio.to_thread(_file(folder, path, one.name).read_bytes)
        except OSError as error:
            raise Refused(f"the attachment '{one.name}' cannot be read: {error.strerror}") from None
        kind = media if media.startswith("image/") else mimetypes.guess_type(one.name)[0] or "image/jpeg"
        blob = await session.upload(content, kind)
        size = picture.size(content)
        ratio = {"aspectRatio": {"width": size[0], "height": size[1]}} if size else {}
        shown.append({"image": blob, "alt": one.alt, **ratio})
    return {"$type": "app.bsky.embed.images", "images": shown}


async def find(session: Session, reply: Reply, folder: Path) -> FindAnswer:
    """Whether every part is in our repository: the server that keeps it always knows."""
    try:
        count = len(plan_of(reply, folder, posts.PUBLIC).parts)
    except Refused:  # a file is gone, which says nothing about what was sent
        count = 1
    keys = records.keys(reply.marker, reply.created_at, count)
    try:
        there = await _there(session, keys, reply.marker)
    except Refused as error:
        return FindAnswer(Found.ABSENT, str(error))
    if keys[-1] in there:
        return FindAnswer(Found.FOUND, "it is in the account's repository")
    if there:
        return FindAnswer(Found.ABSENT, f"{len(there)} of {count} posts are in the account's repository, the rest is not")
    return FindAnswer(Found.ABSENT, "it is not in the account's repository")
