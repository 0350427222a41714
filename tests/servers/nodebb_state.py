"""What a simulated NodeBB remembers, and how it looks in JSON.

The shapes are those of the published OpenAPI (4.15.1), against which ``tests/servers/test_nodebb.py`` holds them. Titles
and names are escaped, posts are HTML made from Markdown, ``1`` and ``0`` stand where other services have yes and no.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True})


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def escaped(text: str) -> str:
    """As ``validator.escape`` does."""
    return html.escape(text, quote=True).replace("/", "&#x2F;").replace("\\", "&#x5C;").replace("`", "&#96;")


def rendered(text: str) -> str:
    return str(MARKDOWN.render(text))


@dataclass
class User:
    uid: int
    username: str
    name: str
    moderator: bool = False
    queued: bool = False  # every post waits for a moderator
    newcomer: bool = False
    group: str = ""
    last_post: int = 0

    @property
    def slug(self) -> str:
        return self.username.lower().replace(" ", "-")

    def json(self, *more: str) -> dict[str, Any]:
        """What stands everywhere, and what is named."""
        found: dict[str, Any] = {
            "uid": self.uid, "username": escaped(self.username), "userslug": self.slug, "picture": None,
            "icon:text": self.username[:1].upper(), "icon:bgColor": "#f44336",
        }  # fmt: skip
        shown = {"displayname": escaped(self.name), "isLocal": True, "reputation": 0, "postcount": 1, "status": "online"}
        return {**found, **{name: shown[name] for name in more}}

    def groups(self) -> list[dict[str, Any]]:
        slug = self.group.lower().replace(" ", "-")
        shown = {"name": self.group, "slug": slug, "labelColor": "#000", "textColor": "#fff", "icon": "", "userTitle": ""}
        return [shown] if self.group else []


@dataclass
class Post:
    pid: int
    tid: int
    user: User
    raw: str
    at: int
    deleted: bool = False
    edited: int = 0
    to: int | None = None
    damaged: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Topic:
    tid: int
    cid: int
    title: str
    user: User
    at: int
    tags: list[str] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    locked: bool = False
    deleted: bool = False
    read_by: set[int] = field(default_factory=set)

    @property
    def last(self) -> int:
        return max((one.at for one in self.posts if not one.deleted), default=self.at)


@dataclass
class Said:
    mid: int
    user: User
    raw: str
    at: int
    deleted: bool = False
    system: bool = False
    edited: int = 0


@dataclass
class Room:
    id: int
    users: list[User]
    at: int
    name: str = ""
    said: list[Said] = field(default_factory=list)
    read_by: set[int] = field(default_factory=set)


@dataclass
class Flag:
    id: int
    post: Post
    reporter: User
    reason: str
    at: int
    state: str = "open"
    assignee: int | None = None
    notes: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Queued:
    id: str
    user: User
    at: int
    content: str
    tid: int | None = None
    cid: int | None = None
    title: str = ""
    to: int | None = None


def post_json(post: Post, topic: Topic, viewer: User) -> dict[str, Any]:
    hidden = post.deleted and not viewer.moderator and post.user is not viewer
    index = topic.posts.index(post)
    found: dict[str, Any] = {
        "pid": post.pid, "uid": post.user.uid, "tid": post.tid, "timestamp": post.at, "timestampISO": iso(post.at),
        "content": "[[topic:post-is-deleted]]" if hidden else rendered(post.raw), "sourceContent": None, "votes": 0, "upvotes": 0,
        "downvotes": 0, "deleted": int(post.deleted), "edited": post.edited, "editedISO": iso(post.edited) if post.edited else "",
        "index": index, "user": {**post.user.json("displayname", "isLocal"), "selectedGroups": post.user.groups()}, "events": post.events, "topicOwnerPost": post.user is topic.user,
        "selfPost": post.user is viewer, "attachments": [], "uploads": [],
    }  # fmt: skip
    if post.damaged:
        del found["content"], found["timestamp"]
    return found


def slim(topic: Topic) -> dict[str, Any]:
    return {
        "tid": topic.tid, "uid": topic.user.uid, "cid": topic.cid, "title": escaped(topic.title), "titleRaw": topic.title,
        "slug": f"{topic.tid}/topic", "mainPid": topic.posts[0].pid, "postcount": len(topic.posts), "viewcount": 1,
        "postercount": 1, "followercount": 0, "scheduled": False, "deleted": int(topic.deleted), "deleterUid": 0,
        "locked": int(topic.locked), "pinned": 0, "timestamp": topic.at, "timestampISO": iso(topic.at),
        "lastposttime": topic.last, "lastposttimeISO": iso(topic.last), "upvotes": 0, "downvotes": 0, "votes": 0, "thumbs": [],
        "numThumbs": 0,
    }  # fmt: skip


def tags_json(tags: list[str]) -> list[dict[str, Any]]:
    return [{"value": one, "valueEscaped": escaped(one), "score": 1} for one in tags]


def row_json(topic: Topic, viewer: User) -> dict[str, Any]:
    found = slim(topic)
    found |= {"user": topic.user.json("displayname"), "tags": tags_json(topic.tags)[:], "unread": viewer.uid not in topic.read_by, "isOwner": topic.user is viewer,
              "ignored": False, "followed": False, "bookmark": None, "unreplied": len(topic.posts) < 2, "icons": []}  # fmt: skip
    return found


def pagination(page: int, pages: int) -> dict[str, Any]:
    def step(number: int) -> dict[str, Any]:
        return {"page": number, "active": number != page}

    return {"currentPage": page, "pageCount": pages, "prev": step(max(1, page - 1)), "next": step(min(pages, page + 1)),
            "first": step(1), "last": step(pages), "rel": [], "pages": []}  # fmt: skip


def said_json(said: Said, room: Room, viewer: User) -> dict[str, Any]:
    return {
        "content": rendered(said.raw), "timestamp": said.at, "timestampISO": iso(said.at), "fromuid": said.user.uid,
        "roomId": room.id, "deleted": int(said.deleted), "system": int(said.system), "edited": said.edited,
        "editedISO": iso(said.edited) if said.edited else "", "mid": said.mid, "messageId": said.mid, "isOwner": False,
        "self": int(said.user is viewer), "newSet": False, "fromUser": {**said.user.json("displayname", "isLocal"), "deleted": False},
    }  # fmt: skip


def room_json(room: Room, viewer: User) -> dict[str, Any]:
    there = [one for one in room.said if not one.deleted]
    last = there[-1] if there else None
    users = [one.json("displayname") for one in room.users if one is not viewer]
    return {
        "roomId": room.id, "roomName": escaped(room.name), "groupChat": len(room.users) > 2, "public": False,
        "userCount": len(room.users), "messageCount": len(room.said), "groups": [], "timestamp": room.at, "notificationSetting": 1,
        "joinLeaveMessages": 0, "unread": viewer.uid not in room.read_by, "users": users, "usernames": "",
        "lastUser": users[0] if users else {}, "teaser": last and {
            "fromuid": last.user.uid, "content": escaped(last.raw[:50]), "timestamp": last.at, "timestampISO": iso(last.at),
            "user": last.user.json(),
        },
    }  # fmt: skip


def flag_row(flag: Flag) -> dict[str, Any]:
    return {
        "flagId": flag.id, "state": flag.state, "heat": 1, "type": "post", "targetId": flag.post.pid,
        "targetUid": flag.post.user.uid, "datetime": flag.at, "datetimeISO": iso(flag.at), "labelClass": "info",
        "target_readable": f"Post {flag.post.pid}", "assignee": None if flag.assignee is None else str(flag.assignee),
    }  # fmt: skip


def flag_json(flag: Flag) -> dict[str, Any]:
    post = flag.post
    reporter = flag.reporter.json("displayname", "isLocal")
    return {
        "flagId": flag.id, "state": flag.state, "type": "post", "targetId": post.pid, "targetUid": post.user.uid,
        "datetime": flag.at, "datetimeISO": iso(flag.at), "target_readable": f"Post {post.pid}", "assignee": flag.assignee,
        "target": {"pid": post.pid, "tid": post.tid, "uid": post.user.uid, "content": rendered(post.raw), "user": post.user.json()},
        "reports": [{"value": escaped(flag.reason), "timestamp": flag.at, "timestampISO": iso(flag.at), "reporter": reporter}],
        "history": flag.history, "notes": flag.notes,
    }  # fmt: skip


def queued_json(one: Queued, topic: Topic | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "content": rendered(one.content), "rawContent": escaped(one.content), "title": escaped(one.title), "uid": one.user.uid,
        "timestamp": one.at, "timestampISO": iso(one.at), "fromQueue": False, "tags": [], "toPid": one.to,
    }  # fmt: skip
    if one.tid is not None:
        data["tid"] = one.tid
    if one.cid is not None:
        data["cid"] = one.cid
    return {
        "id": one.id, "uid": one.user.uid, "type": "reply" if one.tid is not None else "topic", "canEdit": True, "data": data,
        "user": one.user.json(),
        "topic": {"cid": topic.cid, "title": escaped(topic.title), "titleRaw": topic.title} if topic else {"cid": one.cid or 0},
    }  # fmt: skip
