"""Bluesky's JSON as values: posts, people, labels. Read leniently; every string is cleaned.

Fields are those of the lexicons ``app.bsky.feed.defs``, ``app.bsky.embed.*`` and ``com.atproto.label.defs``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_tui.domain.model import Attachment
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entries, entry, number, text

OURS = "dev.agent_tui.message"  # a field of our own in a post, and a facet in a direct message: others ignore it
LINK, MENTION = "app.bsky.richtext.facet#link", "app.bsky.richtext.facet#mention"
NO_HANDLE = "handle.invalid"
LABELS = {
    "!hide": "hidden by moderators", "!warn": "moderators warn of it", "!takedown": "taken down", "porn": "adult content",
    "sexual": "sexual content", "nudity": "nudity", "graphic-media": "graphic media", "gore": "graphic media",
    "self-harm": "self-harm", "sensitive": "sensitive content", "threat": "threats", "rude": "rude", "spam": "spam",
    "scam": "scam", "impersonation": "impersonation", "misleading": "misleading", "intolerant": "intolerance",
    "extremist": "extremism", "illicit": "illicit", "security": "security concerns", "unsafe-link": "unsafe link",
    "misinformation": "misinformation", "needs-review": "waits for review by moderators",
}  # fmt: skip
UNSHOWN = frozenset({"!no-unauthenticated", "!no-promote"})  # say nothing about what is written


class Unreadable(ValueError):
    """A post that cannot be shown; the text says why."""


def line(value: str, longest: int = 300) -> str:
    """A name or subject, harmless and on one line."""
    return clean(value, multiline=False).strip()[:longest]


def moment(value: Any) -> int | None:
    """A datetime as milliseconds, or None."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def stamp(milliseconds: int) -> str:
    """Milliseconds as a datetime of the lexicon."""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote something.

    Args:
        address: the handle, or the DID of somebody whose handle does not hold.
    """

    did: str
    name: str
    address: str


def person_of(view: Any) -> Person:
    """``profileViewBasic`` and its relatives."""
    did, handle = line(text(view, "did")), line(text(view, "handle"))
    address = handle if handle and handle != NO_HANDLE else did
    return Person(did, line(text(view, "displayName"), 200) or address, address)


@dataclass(frozen=True, slots=True)
class Post:
    """One post.

    Args:
        uri, cid: what names it.
        indexed, created: milliseconds: when the network had it, and when it says that it was written.
        parent, root: ``(uri, cid)`` of what it answers and of what began the thread, or empty.
        mentions: DIDs; quoted: address of the post that it quotes, or empty.
        words: its own, with links in full; shown: with pictures and quotations.
        labels: in plain words.
        reference, part, parts, before: of a message of ours: its marker, the number of this part, how many there are, and the
            white space that was left out before it.
        replies: how many answer it.
    """

    uri: str
    cid: str
    author: Person
    indexed: int
    created: int
    parent: tuple[str, str]
    root: tuple[str, str]
    mentions: frozenset[str]
    quoted: str
    words: str
    shown: str
    attachments: tuple[Attachment, ...]
    labels: str
    reference: str = ""
    part: int = 0
    parts: int = 1
    before: str = ""
    replies: int = 0


def post_of(view: Any) -> Post:
    """``app.bsky.feed.defs#postView``.

    Raises:
        Unreadable: the text says why.
    """
    uri, record = text(view, "uri"), entry(view, "record")
    author = person_of(entry(view, "author"))
    indexed, created = moment(view.get("indexedAt")), moment(record.get("createdAt"))
    if not uri.startswith("at://") or not author.did:
        raise Unreadable("the network gives it without an address or an author")
    if indexed is None and created is None:
        raise Unreadable("the network gives it without a time")
    if not isinstance(record.get("text"), str):
        raise Unreadable("the network gives it without text")
    at = indexed if indexed is not None else created or 0
    facets = entries(record, "facets")
    words = clean(spelled(text(record, "text"), facets)).strip()
    beside, attachments = embedded(entry(view, "embed"), words)
    ours = entry(record, OURS)
    before = text(ours, "before")
    return Post(
        uri=line(uri), cid=line(text(view, "cid")), author=author, indexed=at, created=created if created is not None else at,
        parent=_ref(record, "parent"), root=_ref(record, "root"), mentions=mentions(facets),
        quoted=_quoted(entry(record, "embed")),
        words=words, shown="\n\n".join(filter(None, (words, *beside))), attachments=attachments,
        labels=labels(entries(view, "labels"), entries(view, "author", "labels"), author.did),
        reference=line(text(ours, "reference")), part=number(ours, "part", largest=1000),
        parts=max(1, number(ours, "parts", default=1, largest=1000)), before=before if before.isspace() else "",
        replies=number(view, "replyCount"),
    )  # fmt: skip


def _ref(record: dict[str, Any], which: str) -> tuple[str, str]:
    found = entry(record, "reply", which)
    return text(found, "uri"), text(found, "cid")


def mentions(facets: Iterable[dict[str, Any]]) -> frozenset[str]:
    """DIDs of whom a text mentions."""
    return frozenset(
        text(feature, "did") for facet in facets for feature in entries(facet, "features") if text(feature, "$type") == MENTION
    )


def spelled(words: str, facets: Iterable[dict[str, Any]]) -> str:
    """A text in which every link says where it leads. Places of facets are counted in bytes of UTF-8."""
    raw = words.encode("utf-8", "replace")
    found = []
    for facet in facets:
        start, end = number(facet, "index", "byteStart", default=-1), number(facet, "index", "byteEnd", default=-1)
        uri = next((text(one, "uri") for one in entries(facet, "features") if text(one, "$type") == LINK), "")
        if uri and 0 <= start < end <= len(raw):
            found.append((start, end, line(uri, 2000)))
    pieces, at = [], 0
    for start, end, uri in sorted(found):
        if start < at:
            continue
        said = raw[start:end].decode("utf-8", "replace")
        pieces += [raw[at:start].decode("utf-8", "replace"), _link(said, uri)]
        at = end
    return "".join(pieces) + raw[at:].decode("utf-8", "replace")


def _link(said: str, uri: str) -> str:
    """Words that show an address, whole or shortened, become the address; other words are followed by it."""
    bare = uri.partition("://")[2].rstrip("/")
    seen = said.strip().partition("://")[2] if "://" in said else said.strip()
    stem = seen.rstrip("…").rstrip(".").rstrip("/")
    if seen.rstrip("/") == bare or (seen.endswith(("…", "...")) and stem and bare.startswith(stem)):
        return uri
    return f"{said} ({uri})"


def _quoted(embed: dict[str, Any]) -> str:
    """The address of the post that a record quotes."""
    kind = text(embed, "$type")
    if kind == "app.bsky.embed.record":
        return text(embed, "record", "uri")
    return text(embed, "record", "record", "uri") if kind == "app.bsky.embed.recordWithMedia" else ""


def embedded(embed: dict[str, Any], words: str) -> tuple[list[str], tuple[Attachment, ...]]:
    """What stands beside a post's text, in words, and the pictures that can be fetched."""
    match text(embed, "$type").removeprefix("app.bsky.embed."):
        case "images#view":
            return _pictures(entries(embed, "images"))
        case "gallery#view":
            return _pictures(entries(embed, "items"))
        case "video#view":
            return [_named("video", text(embed, "alt"))], ()
        case "external#view":
            uri, title = line(text(embed, "external", "uri"), 2000), line(text(embed, "external", "title"))
            return ([] if uri and uri in words else ["\n".join(filter(None, (title, uri)))]), ()
        case "record#view":
            return [_quotation(entry(embed, "record"))], ()
        case "recordWithMedia#view":
            said, files = embedded(entry(embed, "media"), words)
            return [*said, _quotation(entry(embed, "record", "record"))], files
    return [], ()


def _named(what: str, alt: str) -> str:
    alt = line(alt, 2000)
    return f"[{what}: {alt}]" if alt else f"[{what} without a description]"


def _pictures(found: list[dict[str, Any]]) -> tuple[list[str], tuple[Attachment, ...]]:
    words, files = [], []
    for place, one in enumerate(found, 1):
        alt, address = text(one, "alt"), line(text(one, "fullsize"), 2000)
        words.append(_named("image", alt))
        if address.startswith(("https://", "http://")):
            shown = line(alt.replace("/", " ").replace("\\", " "), 60).strip(". ") or f"image {place}"
            files.append(Attachment(f"{shown}.jpg", "image/jpeg", -1, address, inline=True))
    return ["\n".join(words)], tuple(files)


def _quotation(record: dict[str, Any]) -> str:
    match text(record, "$type").removeprefix("app.bsky.embed.record#"):
        case "viewRecord":
            said = clean(spelled(text(record, "value", "text"), entries(record, "value", "facets"))).strip()
            quoted = "\n".join(f"> {one}".rstrip() for one in said.split("\n"))
            return f"{person_of(entry(record, 'author')).name}:\n{quoted}"
        case "viewNotFound":
            return "[the quoted post was deleted]"
        case "viewBlocked":
            return "[the quoted post is by an account that blocks ours or that ours blocks]"
        case "viewDetached":
            return "[the author of the quoted post took it out of this one]"
    name = line(text(record, "displayName") or text(record, "name") or text(record, "record", "name"))
    return f"[{name}]" if name else "[something that cannot be shown here]"


def labels(on_post: list[dict[str, Any]], on_author: list[dict[str, Any]], author: str) -> str:
    """Moderation labels in plain words: what was labelled, by the author or by a service, and how."""
    own = _labels(one for one in on_post if text(one, "src") == author)
    post = _labels(one for one in on_post if text(one, "src") != author)
    account = _labels(one for one in on_author if text(one, "src") != author)
    said = (("labelled by moderators", post), ("its author's account is labelled", account), ("labelled by its author", own))
    return "; ".join(f"{what}: {words}" for what, words in said if words)


def _labels(found: Iterable[dict[str, Any]]) -> str:
    kept: dict[str, None] = {}
    for one in found:
        value = line(text(one, "val"), 60)
        if not value or value in UNSHOWN:
            continue
        if one.get("neg") is True:
            kept.pop(LABELS.get(value, value), None)
        else:
            kept[LABELS.get(value, value)] = None
    return ", ".join(kept)
