"""A thread of posts becomes a case: which of them concern us, who is who in it, and what is shown above it.

A case begins at the first post that turns to us: one that mentions the account, answers a post of it or quotes one. What
stands above that post is shown as context and counts for nothing; everything below it belongs to the case. So a thousand
people who answer one announcement of ours are a thousand cases, and a customer's thread with ten peers in it is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent_tui.domain.model import Answer, Author, BadItem, Direction, Marks, RemoteCase, RemoteMessage, Role, Visibility
from agent_tui.sources.answers import entries, entry, text
from agent_tui.sources.bluesky.records import did_of
from agent_tui.sources.bluesky.wire import Post, Unreadable, line, post_of

CONTEXT = "context:"
BLOCK = "blocked:"
CONTEXT_POSTS = 6  # shown above a case
REVISION, BY = "rev:", "by:"  # marks of our own: which version of a message is here, and who wrote it
SEEN = frozenset({Marks.SEEN})
SUBJECT = 100
TOPS = {
    "deleted": "the post that it answers was deleted",
    "blocked": "the post that it answers is by an account that blocks ours or that ours blocks",
}


@dataclass(frozen=True, slots=True)
class Ours:
    """Who is one of us.

    Args:
        did: of the account; handles: of colleagues, in lower case.
    """

    did: str
    handle: str
    handles: frozenset[str] = frozenset()

    def wrote(self, post: Post) -> bool:
        """Whether a post is ours."""
        return post.author.did == self.did or post.author.address.lower() in self.handles


@dataclass(slots=True)
class Thread:
    """What ``getPostThread`` gave.

    Args:
        above: what the post answers, the oldest first, as far up as can be seen.
        top: why it ends there: empty (it is the beginning), ``deleted`` or ``blocked``.
        post: the post that was asked for; None: it cannot be seen.
        below: everything that answers it.
        blocked: DIDs of authors in it who block us, or whom we block.
        deeper: posts whose answers are still to be asked for.
    """

    above: list[Post] = field(default_factory=list)
    top: str = ""
    post: Post | None = None
    below: list[Post] = field(default_factory=list)
    blocked: dict[str, bool] = field(default_factory=dict)
    deeper: list[str] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)


def thread_of(raw: Any) -> Thread:
    """``app.bsky.feed.defs#threadViewPost`` and what may stand in its place."""
    thread = Thread()
    node = entry(raw, "thread")
    thread.post = _post(thread, node)
    if thread.post is None:
        return thread
    above = entry(node, "parent")
    while above:
        found = _post(thread, above)
        if found is None:
            thread.top = "blocked" if above.get("blocked") is True else "deleted"
            break
        thread.above.insert(0, found)
        above = entry(above, "parent")
    _below(thread, node)
    return thread


def _below(thread: Thread, node: dict[str, Any]) -> None:
    waiting = [(node, thread.post)]
    while waiting:
        at, post = waiting.pop()
        answers = entries(at, "replies")
        if post is not None and not answers and "replies" not in at and post.replies:
            thread.deeper.append(post.uri)
        for one in answers:
            found = _post(thread, one)
            if found is not None:
                thread.below.append(found)
                waiting.append((one, found))


def _post(thread: Thread, node: dict[str, Any]) -> Post | None:
    if node.get("blocked") is True:
        thread.blocked[text(node, "author", "did")] = bool(entry(node, "author", "viewer").get("blockedBy"))
        return None
    view = entry(node, "post")
    if not view:
        return None
    try:
        return post_of(view)
    except Unreadable as error:
        uri = line(text(view, "uri")) or "?"
        thread.bad.append(BadItem(uri, line(text(view, "record", "reply", "root", "uri")) or uri, str(error)))
        return None


def anchor_of(thread: Thread, ours: Ours) -> Post | None:
    """The post at which the case begins that a thread's post is in, or None where nothing in it turns to us."""
    chain = [*thread.above, *([thread.post] if thread.post else [])]
    return next((post for post in chain if turns_to_us(post, ours)), None)


def turns_to_us(post: Post, ours: Ours) -> bool:
    """Whether somebody else says something to us."""
    if ours.wrote(post):
        return False
    return ours.did in post.mentions or ours.did in (did_of(post.parent[0]), did_of(post.quoted))


@dataclass(slots=True)
class Read:
    """What a thread came to.

    Args:
        messages: of the case, by ref.
        posts: every post in it, by address, with the ref of the message that it is in.
    """

    messages: dict[str, RemoteMessage]
    case: RemoteCase
    posts: dict[str, str]


def read(thread: Thread, ours: Ours, seen: Mapping[str, bool], seen_at: int) -> Read:
    """The case that begins with a thread's post.

    Args:
        seen: what Bluesky's notifications say of posts, by address.
        seen_at: what is not among them counts as seen where it is older, in milliseconds.
    """
    anchor = thread.post
    assert anchor is not None
    messages: dict[str, RemoteMessage] = {}
    posts: dict[str, str] = {}
    for post in thread.above[-CONTEXT_POSTS:]:
        one = _context(post, anchor, ours)
        messages[one.ref] = one
    roles: set[Role] = set()
    indexed = {post.uri: post.indexed for post in (anchor, *thread.below)}
    for parts in _joined([anchor, *thread.below], ours):
        role = _role(parts[0], anchor, ours)
        roles.add(role)
        unread = not all(seen.get(part.uri, part.indexed < seen_at) for part in parts)
        one = _message(parts, anchor, role, thread.top if parts[0] is anchor else "", seen=not unread)
        if parts[0].reference and parts[0].author.did == ours.did:
            one = replace(one, received_at=_written(parts[0], indexed.get(parts[0].parent[0])))
        messages[one.ref] = one
        posts.update({part.uri: one.ref for part in parts})
    answer = Answer.STAFF if Role.AGENT in roles else Answer.UNVERIFIED if Role.PEER in roles else Answer.NONE
    subject = line(anchor.words.partition("\n")[0], SUBJECT) or f"A post of {anchor.author.name}"
    case = RemoteCase(conversation=anchor.uri, subject=subject, public=True, answer=answer)
    return Read(messages, case, posts)


def _written(post: Post, answered: int | None) -> int:
    """When a post of ours was written, by our own clock: the network may show it seconds later, and what a customer said
    meanwhile in another conversation of the case came after it. Never before what it answers, whatever our clock says.

    Args:
        answered: when the network had the post that it answers; None: not known.
    """
    return post.indexed if answered is None else min(post.indexed, max(post.created, answered + 1))


def _joined(posts: Iterable[Post], ours: Ours) -> Iterator[tuple[Post, ...]]:
    """Posts, those together that are one message of ours: its parts in order."""
    whole: dict[str, list[Post]] = {}
    for post in posts:
        if post.reference and post.parts > 1 and post.author.did == ours.did:
            whole.setdefault(post.reference, []).append(post)
        else:
            yield (post,)
    for parts in whole.values():
        yield tuple(sorted(parts, key=lambda one: one.part))


def _role(post: Post, anchor: Post, ours: Ours) -> Role:
    if ours.wrote(post):
        return Role.AGENT
    return Role.CUSTOMER if post.author.did == anchor.author.did else Role.PEER


def _message(parts: tuple[Post, ...], anchor: Post, role: Role, top: str, *, seen: bool) -> RemoteMessage:
    first, out = parts[0], role is Role.AGENT
    words = "".join(f"{one.before if place else ''}{one.words}" for place, one in enumerate(parts))
    beside = [one.shown.removeprefix(one.words).strip() for one in parts]
    shown = "\n\n".join(filter(None, (words, *beside)))
    gone = first.parts - len(parts) if first.reference else 0
    missing = f"{gone} of its {first.parts} posts are gone" if gone > 0 else ""
    warning = "; ".join(dict.fromkeys(filter(None, (*(one.labels for one in parts), missing, TOPS.get(top, "")))))
    headers = (("Posts", str(len(parts))),) if len(parts) > 1 else ()
    files = tuple(file for one in parts for file in one.attachments)
    facts = (shown, warning, str(files), first.author.name, first.author.address, role.value)
    digest = hashlib.blake2b("\0".join(facts).encode("utf-8", "replace"), digest_size=6).hexdigest()
    return RemoteMessage(
        ref=first.uri, container=anchor.uri, key=first.uri, conversation=anchor.uri,
        direction=Direction.OUT if out else Direction.IN, visibility=Visibility.PUBLIC,
        author=Author(first.author.name, first.author.address, role), received_at=first.indexed, sent_at=first.created,
        text=shown, fresh_text=shown, marker=first.reference if out else "",
        marks=frozenset({f"{REVISION}{digest}", f"{BY}{role.value}", *(SEEN if seen or out else ())}),
        attachments=files, headers=headers, warning=warning, size=len(shown.encode("utf-8", "replace")),
    )  # fmt: skip


def _context(post: Post, anchor: Post, ours: Ours) -> RemoteMessage:
    """What stands above a case. The same post may stand above many, so its key says above which."""
    name, out = f"{CONTEXT}{post.uri}", ours.wrote(post)
    return RemoteMessage(
        ref=name, container=anchor.uri, key=f"{name} {anchor.uri}", conversation=anchor.uri,
        direction=Direction.OUT if out else Direction.IN, visibility=Visibility.PUBLIC,
        author=Author(post.author.name, post.author.address, Role.AGENT if out else Role.PEER),
        received_at=min(post.indexed, anchor.indexed - 1), sent_at=post.created, text=post.shown, fresh_text=post.shown,
        marks=SEEN, attachments=post.attachments, automatic=True, warning=post.labels,
    )  # fmt: skip


def block_notice(did: str, who: str, anchor: str, at: int, *, by_them: bool) -> RemoteMessage:
    """A line that says that somebody in the case and we no longer reach each other."""
    words = f"{who} blocks this account: what is posted now does not reach them." if by_them else f"This account blocks {who}."
    return RemoteMessage(
        ref=f"{BLOCK}{did}", container=anchor, key=f"{BLOCK}{did} {anchor}", conversation=anchor, direction=Direction.IN,
        visibility=Visibility.PUBLIC, author=Author("Bluesky", "", Role.SYSTEM), received_at=at, sent_at=at, text=words,
        fresh_text=words, marks=SEEN, automatic=True,
    )  # fmt: skip

