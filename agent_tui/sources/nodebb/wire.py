"""NodeBB's JSON as values: topics, posts, chat messages, authors. Read leniently; every string is cleaned.

Fields are those of the published OpenAPI (4.15). Titles and names come escaped as HTML, posts as HTML; the Markdown of
our own posts is asked for apart.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from agent_tui.domain.model import Answer, Author, CaseState, Direction, Marks, RemoteMessage, Role, Visibility
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entries, entry, number, text
from agent_tui.sources.nodebb import marker
from agent_tui.sources.nodebb.rendered import files_of, text_of

REVISION, BY, PLACE = "rev:", "by:", "no:"  # marks of our own: when its text was changed last, who wrote it, where it stands
STAFF_GROUPS = frozenset({"administrators", "global-moderators"})
CHAT = "chat-"  # before a room's number: the conversation


class Unreadable(ValueError):
    """A post that cannot be shown; the text says why."""


def line(value: str) -> str:
    """A name or subject, harmless and on one line."""
    return clean(value, multiline=False).strip()


def plain(value: str) -> str:
    """A name or subject that came escaped as HTML."""
    return line(html.unescape(value))


def number_of(value: Any, key: str) -> int:
    """A number that some versions give as a text."""
    found = number(value, key)
    words = text(value, key)
    return found or (int(words) if words.isdecimal() and len(words) < 17 else 0)


def truth(value: Any, key: str) -> bool:
    """Yes or no, which NodeBB gives as either 1 and 0 or true and false."""
    found = value.get(key) if isinstance(value, dict) else None
    return found is True or found in (1, "1")


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Who we are at the forum.

    Args:
        id: number of the user; ``username``: in lower case; ``slug``: as in addresses.
        moderates: may lock topics and see flags, somewhere.
        team: user names that are ours as well, in lower case; ``staff``: numbers of users who moderate.
        base: address of the forum, for links within it.
    """

    id: int
    username: str
    name: str = ""
    slug: str = ""
    moderates: bool = False
    team: frozenset[str] = frozenset()
    staff: frozenset[int] = frozenset()
    base: str = ""

    def with_staff(self, staff: Iterable[int]) -> Ourselves:
        """The same, who knows these moderators."""
        return replace(self, staff=self.staff | frozenset(staff))

    def is_ours(self, user: dict[str, Any], uid: int) -> bool:
        """Whether somebody is one of us."""
        name = plain(text(user, "username")).lower()
        groups = {text(one, "slug").lower() for one in entries(user, "selectedGroups")}
        return uid == self.id or name in self.team or uid in self.staff or bool(groups & STAFF_GROUPS)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, without its posts.

    Args:
        asker: user number of who opened it; ``by_us``: one of us did.
        count: posts in it; ``pages``: pages of posts.
    """

    id: int
    category: int
    title: str
    asker: int
    by_us: bool
    locked: bool
    deleted: bool
    scheduled: bool
    tags: tuple[str, ...]
    count: int
    pages: int

    @property
    def container(self) -> str:
        """Where its messages are."""
        return container(self.id)


def container(topic: int) -> str:
    """The container of a topic's messages."""
    return f"t/{topic}"


def topic_of(raw: Any, ours: Ourselves) -> Topic:
    """``/api/topic/{tid}``."""
    asker = number(raw, "uid")
    return Topic(
        id=number(raw, "tid"), category=number(raw, "cid"),
        title=line(text(raw, "titleRaw")) or plain(text(raw, "title")), asker=asker,
        by_us=ours.is_ours(entry(raw, "author"), asker), locked=truth(raw, "locked"), deleted=truth(raw, "deleted"),
        scheduled=truth(raw, "scheduled"), tags=tags_of(raw), count=number(raw, "postcount"),
        pages=max(1, number(raw, "pagination", "pageCount", default=1)),
    )  # fmt: skip


def tags_of(raw: Any) -> tuple[str, ...]:
    """Names of a topic's tags."""
    return tuple(name for one in entries(raw, "tags") if (name := line(text(one, "value"))))


def locked_at(posts: Iterable[dict[str, Any]]) -> int:
    """When the topic was locked last, as its events among some posts say, in milliseconds; 0 where none does."""
    return max((
        number(event, "timestamp") for post in posts for event in entries(post, "events") if text(event, "type") == "lock"
    ), default=0)  # fmt: skip


def role_of(user: dict[str, Any], uid: int, ours: Ourselves, topic: Topic | None) -> Role:
    """What the author of a post or chat message is to us; ``topic`` None: in a chat."""
    if ours.is_ours(user, uid):
        return Role.AGENT
    if uid <= 0:
        return Role.SYSTEM
    return Role.CUSTOMER if topic is None or topic.by_us or uid == topic.asker else Role.PEER


def message_of(post: dict[str, Any], topic: Topic, ours: Ourselves, raw: str | None) -> RemoteMessage:
    """A post.

    Args:
        raw: its Markdown, where it is ours and could be read.

    Raises:
        Unreadable: the text says why.
    """
    return _message(
        post, ours, raw, reference=str(number_of(post, "pid")), uid=number(post, "uid"), user=entry(post, "user"), topic=topic,
        place=topic.container, conversation=str(topic.id), subject=topic.title,
    )  # fmt: skip


def chat_of(one: dict[str, Any], room: int, subject: str, ours: Ourselves, raw: str | None) -> RemoteMessage:
    """A chat message, which only those in the room see.

    Raises:
        Unreadable: the text says why.
    """
    user = entry(one, "fromUser")
    uid = number(one, "fromuid") or number(user, "uid")
    return _message(
        one, ours, raw, reference=str(number_of(one, "mid") or number_of(one, "messageId")), uid=uid, user=user, topic=None,
        place=room_place(room), conversation=f"{CHAT}{room}", subject=subject,
    )  # fmt: skip


def room_place(room: int) -> str:
    """The container of a room's messages."""
    return f"chat/{room}"


def _message(
    one: dict[str, Any], ours: Ourselves, raw: str | None, *, reference: str, uid: int, user: dict[str, Any],
    topic: Topic | None, place: str, conversation: str, subject: str,
) -> RemoteMessage:  # fmt: skip
    at, content = number(one, "timestamp"), one.get("content")
    if reference == "0" or at <= 0:
        raise Unreadable("the forum gives it without number or time")
    if not isinstance(content, str) and raw is None:
        raise Unreadable("the forum gives it without text")
    role = role_of(user, uid, ours, topic)
    body, mark = marker.split(raw) if raw is not None else (text_of(str(content), ours.base), "")
    words = clean(body)
    name = plain(text(user, "username"))
    marks = {f"{REVISION}{number(one, 'edited')}", f"{BY}{role.value}"}
    if topic is not None:
        marks.add(f"{PLACE}{number(one, 'index')}")
    out = role is Role.AGENT
    return RemoteMessage(
        ref=reference, container=place, key=f"{'m' if topic is None else 'p'}{reference}", conversation=conversation,
        marker=line(mark) if uid == ours.id else "", direction=Direction.OUT if out else Direction.IN,
        visibility=Visibility.PRIVATE if topic is None else Visibility.PUBLIC,
        author=Author(plain(text(user, "displayname")) or name or "somebody who is gone", name, role),
        received_at=at, sent_at=at, subject=subject, text=words, fresh_text=words,
        marks=frozenset(marks | {Marks.SEEN} if out else marks), attachments=files_of(str(content or ""), ours.base),
        automatic=role is Role.SYSTEM, html=raw is None, size=len(words.encode("utf-8", "surrogatepass")),
    )  # fmt: skip


def revision(one: dict[str, Any]) -> str:
    """The mark of the text that a post has now."""
    return f"{REVISION}{number(one, 'edited')}"


def role_mark(marks: Iterable[str]) -> str:
    """Who wrote a stored message, as its marks say."""
    return next((one.removeprefix(BY) for one in marks if one.startswith(BY)), "")


def answer_of(topic: Topic, roles: Iterable[str]) -> Answer:
    """How far a public question is answered; NodeBB itself has no solutions.

    Args:
        roles: of everybody who wrote in it (``Role`` values).
    """
    there = set(roles)
    if Role.AGENT.value in there and not topic.by_us:
        return Answer.STAFF
    return Answer.UNVERIFIED if Role.PEER.value in there else Answer.NONE


def state_of(topic: Topic, *, asked_since_locking: bool) -> CaseState | None:
    """What the forum says of the case; None: nothing, so that its messages decide."""
    if topic.deleted and topic.locked:
        return CaseState.SPAM
    return CaseState.CLOSED if topic.locked and not asked_since_locking else None
