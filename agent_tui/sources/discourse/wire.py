"""Discourse's JSON as values: topics, posts, authors. Read leniently; every string is cleaned.

Fields are those of the published OpenAPI; recordings of 2013 to 2024 lack some and have nulls where it allows none.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_tui.domain.model import Answer, Attachment, Author, CaseState, Direction, Marks, RemoteMessage, Role, Visibility
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entries, entry, number, text
from agent_tui.sources.discourse import marker
from agent_tui.sources.discourse.cooked import text_of

REGULAR, MODERATOR, SMALL, WHISPER = 1, 2, 3, 4
SYSTEM_USER = -1
REVISION, BY = "rev:", "by:"  # marks of our own: version of the text that is here, and who wrote it
POST_NUMBER = "no:"
_FILE = re.compile(
    r"(!?)\[([^\[\]\n]{0,300}?)\|([^\]\n|]{0,60})\]\(\s*(upload://[\w.\-]+|/uploads/[^\s)]+)\s*\)(?:\s*\([\d.,]+ \w+\))?"
)
_QUOTE = re.compile(r"\[quote(?:=([^\]\n]{0,200}))?\]\n?(.*?)\n?\[/quote\]\n?", re.DOTALL | re.IGNORECASE)
_COOKED_FILE = re.compile(r'<a[^>]*class="attachment"[^>]*href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
_COOKED_IMAGE = re.compile(r'<a[^>]*class="lightbox"[^>]*href="([^"]+)"[^>]*?(?:title="([^"]*)")?[^>]*>', re.DOTALL)


class Unreadable(ValueError):
    """A post that cannot be shown; the text says why."""


def line(value: str) -> str:
    """A name or subject, harmless and on one line."""
    return clean(value, multiline=False).strip()


def moment(value: Any) -> int | None:
    """RFC 3339 as milliseconds, or None."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Who we are at the forum.

    Args:
        id: number of the user; ``username``: in lower case.
        whispers: may read and write whispers.
        staff: an administrator or moderator.
        team: user names that are ours as well, in lower case.
    """

    id: int
    username: str
    name: str = ""
    whispers: bool = False
    staff: bool = False
    reviews: bool = False
    assigns: bool = False
    team: frozenset[str] = frozenset()

    def role(self, post: dict[str, Any], topic: Topic) -> Role:
        """What the author of a post is to us."""
        user = number(post, "user_id")
        name = text(post, "username").lower()
        if user == SYSTEM_USER or (number(post, "post_type", default=REGULAR) in (MODERATOR, SMALL) and user < 0):
            return Role.SYSTEM
        if user < 0:
            return Role.BOT
        if name == self.username or name in self.team:
            return Role.AGENT
        if any(post.get(key) is True for key in ("staff", "moderator", "admin", "group_moderator")):
            return Role.AGENT
        if topic.private or topic.by_us or user == topic.asker:
            return Role.CUSTOMER
        return Role.PEER


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, without its posts.

    Args:
        stream: ids of its posts in order.
        asker: user id of who opened it; ``by_us``: one of us did.
        reminder: ``(bookmark, milliseconds)`` of our reminder, or None.
        accepted: number within the topic of the post that is marked as the solution (0 where the forum does not say
            which), or None.
        hidden: it is in no list.
        read: number within the topic of the last post that the forum calls read for us, or None where it does not say.
    """

    id: int
    title: str
    private: bool
    stream: tuple[int, ...]
    asker: int
    by_us: bool
    closed: bool
    archived: bool
    tags: tuple[str, ...]
    assignee: str
    bookmark: int
    reminder: int | None
    accepted: int | None
    hidden: bool = False
    read: int | None = None

    @property
    def container(self) -> str:
        """Where its messages are."""
        return container(self.id)


def container(topic: int) -> str:
    """The container of a topic's messages."""
    return f"t/{topic}"


def topic_of(raw: Any, ours: Ourselves, staff: Iterable[str] = ()) -> Topic:
    """``/t/{id}.json``.

    Args:
        staff: user names (lower case) known to be staff from the topic's posts.
    """
    stream = entry(raw, "post_stream").get("stream")
    creator = text(raw, "details", "created_by", "username").lower()
    mark = next((one for one in entries(raw, "bookmarks") if text(one, "bookmarkable_type") == "Topic"), {})
    asker = number(raw, "user_id") or number(raw, "details", "created_by", "id")
    return Topic(
        id=number(raw, "id"),
        title=line(text(raw, "title")),
        private=text(raw, "archetype") == "private_message",
        stream=tuple(one for one in stream if isinstance(one, int)) if isinstance(stream, list) else (),
        asker=asker,
        by_us=creator == ours.username or creator in ours.team or creator in frozenset(staff),
        closed=raw.get("closed") is True,
        hidden=raw.get("visible") is False,
        archived=raw.get("archived") is True or raw.get("message_archived") is True,
        tags=tags_of(raw),
        assignee=line(text(raw, "assigned_to_user", "username")) or line(text(raw, "assigned_to_group", "name")),
        bookmark=number(mark, "id"),
        reminder=moment(mark.get("reminder_at")),
        accepted=_accepted(raw),
        read=number(raw, "last_read_post_number") if "last_read_post_number" in raw else None,
    )


def _accepted(raw: Any) -> int | None:
    answer = entry(raw, "accepted_answer")
    if answer:
        return number(answer, "post_number")
    return next((number(one, "post_number") for one in posts_of(raw) if one.get("accepted_answer") is True), None)


def tags_of(raw: Any) -> tuple[str, ...]:
    """Names of tags, which are plain texts until 2026.01 and objects since."""
    found = raw.get("tags") if isinstance(raw, dict) else None
    names = (one.get("name") if isinstance(one, dict) else one for one in found) if isinstance(found, list) else ()
    return tuple(line(one) for one in names if isinstance(one, str) and one)


def posts_of(raw: Any) -> list[dict[str, Any]]:
    """The posts that an answer brought."""
    return entries(raw, "post_stream", "posts")


def staff_of(raw: Any) -> frozenset[str]:
    """User names, in lower case, of who is staff among the posts of an answer."""
    return frozenset(
        text(one, "username").lower() for one in posts_of(raw)
        if any(one.get(key) is True for key in ("staff", "moderator", "admin"))
    )  # fmt: skip


def message_of(post: dict[str, Any], topic: Topic, ours: Ourselves, base: str) -> RemoteMessage:
    """A post.

    Raises:
        Unreadable: the text says why.
    """
    created = moment(post.get("created_at"))
    raw, cooked = post.get("raw"), post.get("cooked")
    if created is None or not isinstance(post.get("username"), str):
        raise Unreadable("the forum gives it without author or time")
    if not isinstance(raw, str) and not isinstance(cooked, str):
        raise Unreadable("the forum gives it without text")
    role = ours.role(post, topic)
    mine = text(post, "username").lower() == ours.username
    body, mark = marker.split(raw) if isinstance(raw, str) else (text_of(str(cooked), base), "")
    # A moderator's post type says who may read it; anything but a whisper is as public as its topic.
    whisper = number(post, "post_type", default=REGULAR) == WHISPER
    words = clean(readable(body) if isinstance(raw, str) else body)
    author = Author(line(text(post, "name")) or line(text(post, "username")), line(text(post, "username")), role)
    out = role is Role.AGENT
    marks = {f"{REVISION}{number(post, 'version', default=1)}", f"{POST_NUMBER}{number(post, 'post_number')}"}
    if not whisper:
        marks.add(f"{BY}{role.value}")
    read = post.get("read") is True or (topic.read is not None and number(post, "post_number") <= topic.read)
    if read or out:
        marks.add(Marks.SEEN)
    if post.get("accepted_answer") is True:
        marks.add(Marks.SOLUTION)
    reference = str(number(post, "id"))
    return RemoteMessage(
        ref=reference, container=topic.container, key=reference, conversation=str(topic.id),
        marker=line(mark) if mine else "",
        direction=Direction.OUT if out else Direction.IN,
        visibility=Visibility.NOTE if whisper else Visibility.PRIVATE if topic.private else Visibility.PUBLIC,
        author=author, received_at=created, sent_at=created, subject=topic.title, text=words, fresh_text=words,
        marks=frozenset(marks), attachments=files_of(str(raw) if isinstance(raw, str) else str(cooked)),
        automatic=role in (Role.SYSTEM, Role.BOT), html=not isinstance(raw, str),
        size=len(words.encode("utf-8", "surrogatepass")),
    )  # fmt: skip


def readable(raw: str) -> str:
    """Markdown with its files and pictures by their names."""
    named = _FILE.sub(lambda found: f"[{found[2] or 'picture'}]", raw)
    # Beyond the last end no quotation can end: thousands of beginnings there would each be followed to the last character.
    last = named.lower().rfind("[/quote]") + len("[/quote]\n")
    return _QUOTE.sub(_quoted, named[:last]) + named[last:]


def unreadable(raw: str, text: str) -> str:
    """Readable text that was changed, as Markdown again: the files and quotations of ``raw`` that are still in it.

    What is no longer there is taken away, and what was changed within a quotation stays as it was written.
    """
    named = _FILE.sub(lambda found: f"[{found[2] or 'picture'}]", raw)
    for quote in _QUOTE.finditer(named):
        text = _put_back(text, _quoted(quote).rstrip("\n"), quote[0].rstrip("\n"))
    for file in _FILE.finditer(raw):
        text = _put_back(text, f"[{file[2] or 'picture'}]", file[0])
    return text


def _put_back(text: str, shown: str, written: str) -> str:
    """The first place where something is shown as a reader sees it, as it was written."""
    before, there, after = text.partition(shown)
    return f"{before}{written}{after}" if there else text


def _quoted(found: re.Match[str]) -> str:
    """A quotation as Markdown has it, under the name of who said it."""
    who = (found[1] or "").strip('"').split(",")[0].strip()
    lines = "\n".join(f"> {one}".rstrip() for one in found[2].strip().split("\n"))
    return f"{who}:\n{lines}\n" if who else f"{lines}\n"


def files_of(body: str) -> tuple[Attachment, ...]:
    """Files and pictures that a post (Markdown or HTML) holds; ``part`` is their address below the forum."""
    found: dict[str, Attachment] = {}
    for picture, name, kind, place in _FILE.findall(body):
        if picture or kind.strip() == "attachment":
            _add(found, place.replace("upload://", "/uploads/short-url/"), name, inline=bool(picture))
    for place, name in _COOKED_FILE.findall(body):
        _add(found, place, re.sub(r"<[^>]*>", "", name), inline=False)
    for place, name in _COOKED_IMAGE.findall(body):
        _add(found, place, name, inline=True)
    return tuple(found.values())


def _add(found: dict[str, Attachment], place: str, name: str, *, inline: bool) -> None:
    place = line(place)
    if not place.startswith("/uploads/"):  # elsewhere is a link: nothing is fetched from where a stranger says
        return
    shown = line(name.replace("\\", "/").rsplit("/", 1)[-1]) or line(place.rsplit("/", 1)[-1]) or "unnamed"
    kind = mimetypes.guess_type(shown)[0] or mimetypes.guess_type(place)[0] or "application/octet-stream"
    found.setdefault(place, Attachment(shown, kind, -1, place, inline=inline))


def answer_of(topic: Topic, roles: Iterable[str]) -> Answer:
    """How far a public question is answered.

    Args:
        roles: of everybody who wrote in it for all to see (``Role`` values).
    """
    if topic.private:
        return Answer.NONE
    there = set(roles)
    if topic.accepted is not None:
        return Answer.SOLVED
    if Role.AGENT.value in there and not topic.by_us:
        return Answer.STAFF
    return Answer.UNVERIFIED if Role.PEER.value in there else Answer.NONE


def state_of(topic: Topic, now: int, *, asked_since_closing: bool, asked_since_snoozing: bool) -> CaseState | None:
    """What the forum says of the case; None: nothing, so that its messages decide."""
    if topic.closed and topic.hidden:
        return CaseState.SPAM
    if (topic.closed or topic.archived) and not asked_since_closing:
        return CaseState.CLOSED
    if topic.reminder is not None and topic.reminder > now and not asked_since_snoozing:
        return CaseState.SNOOZED
    return None
