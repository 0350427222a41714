"""What a simulated Discourse remembers, and how it looks in JSON.

The shapes are those of the published OpenAPI (discourse_api_docs) and of the recorded answers of its clients; what
those leave out (pending posts, solved, assign, bookmarks, the review queue) is as current servers answer.
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

REGULAR, MODERATOR, SMALL, WHISPER = 1, 2, 3, 4
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def iso(at: int) -> str:
    """Milliseconds as the server writes them."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class User:
    id: int
    username: str
    name: str
    admin: bool = False
    moderator: bool = False
    whisperer: bool = False
    trust: int = 1
    groups: tuple[str, ...] = ()
    approve: bool = False  # every post waits for a moderator

    @property
    def staff(self) -> bool:
        return self.admin or self.moderator

    def basic(self) -> dict[str, Any]:
        return {"id": self.id, "username": self.username, "name": self.name, "avatar_template": "/letter/{size}.png"}


@dataclass
class Post:
    id: int
    topic: int
    number: int
    user: User
    raw: str
    created: int
    updated: int
    type: int = REGULAR
    version: int = 1
    reply_to: int | None = None
    deleted: bool = False
    cooked: str | None = None
    accepted: bool = False
    action: str = ""
    damaged: bool = False


@dataclass
class Topic:
    id: int
    title: str
    category: int | None
    user: User
    created: int
    bumped: int
    archetype: str = "regular"
    tags: list[str] = field(default_factory=list)
    closed: bool = False
    archived: bool = False
    read: dict[str, int] = field(default_factory=dict)  # user name -> number of the last post read
    visible: bool = True
    deleted: bool = False
    assignee: User | None = None
    allowed: set[str] = field(default_factory=set)  # user names of a private message
    groups: set[str] = field(default_factory=set)
    pinned: bool = False
    posts: list[Post] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-") or "topic"

    def stream(self, user: User) -> list[Post]:
        return [one for one in self.posts if not one.deleted and (one.type != WHISPER or user.whisperer)]


@dataclass
class Reviewable:
    id: int
    type: str  # ReviewableQueuedPost or ReviewableFlaggedPost
    created: int
    by: User
    topic: int | None
    raw: str
    post: int | None = None
    category: int | None = None
    title: str = ""
    type_of_post: int = REGULAR
    version: int = 0
    status: int = 0  # pending, approved, rejected, ignored
    reason: str = ""
    author: User | None = None  # of the post that was reported
    system: User | None = None  # who says that a post has to wait


def cook(raw: str) -> str:
    """As much of the Markdown as tests use; comments are not shown."""
    parts = []
    for block in re.split(r"\n{2,}", COMMENT.sub("", raw).strip()):
        text = html.escape(block, quote=False).replace("\n", "<br>\n")
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
        text = re.sub(r"(?<!\w)@(\w+)", r'<a class="mention" href="/u/\1">@\1</a>', text)
        parts.append(f"<p>{text}</p>")
    return "\n".join(parts)


def post_json(post: Post, viewer: User, topic: Topic, *, raw: bool, full: bool = False) -> dict[str, Any]:
    """One post as its serializer writes it.

    Args:
        raw: with its Markdown.
        full: as alone (``/posts/{id}.json``) rather than in a topic.
    """
    author = post.user
    if post.damaged:
        return {"id": post.id, "post_number": post.number, "post_type": post.type, "topic_id": topic.id, "cooked": None,
                "username": None, "created_at": "yesterday", "raw": None, "updated_at": 0}
    shown = {
        "id": post.id, "name": author.name, "username": author.username, "avatar_template": "/letter/{size}.png",
        "created_at": iso(post.created), "cooked": post.cooked if post.cooked is not None else cook(post.raw),
        "post_number": post.number, "post_type": post.type, "posts_count": len(topic.stream(viewer)),
        "updated_at": iso(post.updated), "reply_count": 0, "reply_to_post_number": post.reply_to, "quote_count": 0,
        "incoming_link_count": 0, "reads": 1, "readers_count": 0, "score": 0.2, "yours": author is viewer,
        "topic_id": topic.id, "topic_slug": topic.slug, "display_username": author.name, "primary_group_name": None,
        "flair_name": None, "flair_url": None, "flair_bg_color": None, "flair_color": None, "flair_group_id": None,
        "badges_granted": [], "version": post.version, "can_edit": viewer.staff or author is viewer,
        "can_delete": viewer.staff, "can_recover": False, "can_see_hidden_post": True, "can_wiki": viewer.staff,
        "read": author is viewer or post.number <= topic.read.get(viewer.username, 0), "user_title": None, "bookmarked": False,
        "actions_summary": [{"id": 2, "can_act": True}], "moderator": author.moderator, "admin": author.admin,
        "staff": author.staff, "user_id": author.id, "hidden": False, "trust_level": author.trust,
        "deleted_at": iso(post.updated) if post.deleted else None,
        "user_deleted": False, "edit_reason": None, "can_view_edit_history": True, "wiki": False,
        "reviewable_id": None if full else 0, "reviewable_score_count": 0, "reviewable_score_pending_count": 0,
        "post_url": f"/t/{topic.slug}/{topic.id}/{post.number}", "mentioned_users": [],
        "can_accept_answer": post.number > 1, "can_unaccept_answer": post.accepted, "accepted_answer": post.accepted,
    }  # fmt: skip
    if not full:
        shown |= {"link_counts": []}
        for name in ("posts_count", "flair_group_id", "badges_granted", "post_url", "mentioned_users"):
            shown.pop(name)
    else:
        shown.pop("read")
    if post.action:
        shown["action_code"] = post.action
    if raw:
        shown["raw"] = post.raw
    return shown


def topic_row(topic: Topic, viewer: User, marks: dict[int, dict[str, Any]], *, old_tags: bool) -> dict[str, Any]:
    """A topic in a list."""
    stream = topic.stream(viewer)
    row = {
        "id": topic.id, "title": topic.title, "fancy_title": html.escape(topic.title), "slug": topic.slug,
        "posts_count": len(stream), "reply_count": max(0, len(stream) - 1),
        "highest_post_number": max((one.number for one in stream), default=0), "image_url": None,
        "created_at": iso(topic.created), "last_posted_at": iso(topic.bumped), "bumped": True,
        "bumped_at": iso(topic.bumped), "archetype": topic.archetype, "unseen": False, "pinned": topic.pinned,
        "unpinned": None, "visible": topic.visible, "closed": topic.closed, "archived": topic.archived,
        "last_read_post_number": topic.read.get(viewer.username, 0),
        "bookmarked": topic.id in marks, "liked": None, "tags": tags_json(topic.tags, old=old_tags), "tags_descriptions": {},
        "like_count": 0, "views": 3, "category_id": topic.category, "featured_link": None, "has_summary": False,
        "excerpt": cook(stream[0].raw)[:200] if stream else "",
        "last_poster_username": stream[-1].user.username if stream else "", "pinned_globally": False,
        "has_accepted_answer": any(one.accepted for one in stream),
        "posters": [{"extras": "latest single", "description": "Original Poster", "user_id": topic.user.id, "primary_group_id": None}],
    }  # fmt: skip
    if topic.assignee is not None:
        row["assigned_to_user"] = topic.assignee.basic()
    if topic.archetype == "private_message":
        row |= {"allowed_user_count": len(topic.allowed), "participants": []}
    return row


def tags_json(tags: list[str], *, old: bool) -> list[Any]:
    """Plain names until 2026.01, objects since."""
    if old:
        return list(tags)
    return [{"id": int(hashlib.sha1(one.encode()).hexdigest()[:6], 16), "name": one, "slug": one} for one in tags]


def topic_json(
    topic: Topic, viewer: User, marks: dict[int, dict[str, Any]], *, raw: bool, chunk: int, old_tags: bool
) -> dict[str, Any]:
    """``/t/{id}.json``: the first chunk of posts and the ids of all."""
    stream = topic.stream(viewer)
    accepted = next((one for one in stream if one.accepted), None)
    archived = topic.archived and topic.archetype == "private_message"
    mark = marks.get(topic.id)
    row = topic_row(topic, viewer, marks, old_tags=old_tags)
    shared = ("id", "title", "fancy_title", "posts_count", "created_at", "views", "reply_count", "like_count",
              "last_posted_at", "visible", "closed", "archived", "archetype", "slug", "category_id", "featured_link",
              "pinned_globally", "image_url", "unpinned", "pinned", "highest_post_number", "tags", "tags_descriptions",
              "has_summary", "bookmarked", "last_read_post_number")  # fmt: skip
    whole = {name: row[name] for name in shared} | {
        "post_stream": {
            "posts": [post_json(one, viewer, topic, raw=raw) for one in stream[:chunk]],
            "stream": [one.id for one in stream],
        },
        "timeline_lookup": [], "suggested_topics": [], "word_count": 10, "deleted_at": None, "user_id": topic.user.id,
        "pinned_at": None, "pinned_until": None, "slow_mode_seconds": 0, "draft": None, "draft_key": f"topic_{topic.id}",
        "draft_sequence": 0, "deleted_by": None, "has_deleted": False, "actions_summary": [], "chunk_size": chunk,
        "bookmarks": [mark] if mark else [], "topic_timer": None, "message_bus_last_id": 0, "participant_count": 1,
        "show_read_indicator": False, "thumbnails": None, "slow_mode_enabled_until": None,
        "details": {
            "can_edit": True, "notification_level": 1, "can_move_posts": viewer.staff, "can_delete": viewer.staff,
            "can_remove_allowed_users": False, "can_create_post": True, "can_reply_as_new_topic": True,
            "can_convert_topic": True, "can_review_topic": viewer.staff, "can_close_topic": viewer.staff,
            "can_archive_topic": viewer.staff, "can_split_merge_topic": viewer.staff, "can_edit_staff_notes": viewer.staff,
            "can_toggle_topic_visibility": viewer.staff, "can_pin_unpin_topic": viewer.staff,
            "can_moderate_category": viewer.staff, "can_remove_self_id": viewer.id,
            "created_by": topic.user.basic(), "last_poster": (stream[-1].user if stream else topic.user).basic(),
            "participants": [],
        },
    }  # fmt: skip
    if topic.archetype == "private_message":
        whole |= {"archived": False, "message_archived": archived}
    if accepted is not None:
        whole["accepted_answer"] = {"post_number": accepted.number, "username": accepted.user.username, "excerpt": ""}
    if topic.assignee is not None:
        whole["assigned_to_user"] = topic.assignee.basic()
    return whole


def reviewables_json(ones: list[Reviewable], topics: dict[int, Topic]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Things for moderators as in ``/review.json``, and what stands beside them: tables of everything that they name by id."""
    beside: dict[str, Any] = {"__rest_serializer": "1", "meta": {"types": {"created_by": "user", "target_created_by": "user"}}}
    return [_reviewable(one, beside, topics.get(one.topic or 0)) for one in ones], beside


def _reviewable(one: Reviewable, beside: dict[str, Any], topic: Topic | None) -> dict[str, Any]:
    queued = one.type == "ReviewableQueuedPost"
    if queued:
        bundles = {"approve_post": ["approve_post_closed" if topic and topic.closed else "approve_post"],
                   f"{one.id}-reject-post": ["reject_post", "revise_and_reject_post", "delete_user"]}  # fmt: skip
    else:
        bundles = {f"{one.id}-agree": ["agree_and_keep", "delete_and_agree"], f"{one.id}-disagree": ["disagree"],
                   f"{one.id}-ignore": ["ignore_and_do_nothing"]}  # fmt: skip
    written = one.by if queued else one.author
    made, score = one.by if not queued else one.system, one.id * 10

    def add(table: str, row: dict[str, Any]) -> None:
        if row not in beside.setdefault(table, []):
            beside[table].append(row)

    for user in (made, written):
        if user is not None:
            add("users", user.basic())
    if topic is not None:
        add("topics", {"id": topic.id, "title": topic.title, "fancy_title": topic.title, "slug": topic.slug, "closed": topic.closed})
    add("score_types", {"id": score + 1, "title": one.reason or "Watched words", "icon": ""})
    add("reviewable_scores", {"id": score, "score": 5.0, "reason": None, "score_type_id": score + 1, "status": 0})
    for name, actions in bundles.items():
        add("bundled_actions", {"id": name, "icon": "", "label": "", "action_ids": [f"{one.id}-{action}" for action in actions]})
        for action in actions:
            add("actions", {"id": f"{one.id}-{action}", "server_action": action, "label": action, "icon": ""})
    return {
        "id": one.id, "type": one.type, "category_id": one.category, "created_at": iso(one.created), "can_edit": queued,
        "status": one.status, "version": one.version, "score": 5.0, "target_created_by_trust_level": 1,
        "created_by_id": made.id if made else None, "target_created_by_id": written.id if written else None,
        "reviewable_score_ids": [score], "bundled_action_ids": list(bundles), "editable_fields": [],
        **({"topic_id": one.topic} if one.topic else {"removed_topic_id": None}),
        **({"payload": {"raw": one.raw, "title": one.title} if one.title else {"raw": one.raw}} if queued
           else {"raw": one.raw, "post_id": one.post}),
    }  # fmt: skip
