"""The people, topics and posts of a simulated Discourse, and what tests do with them behind its back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.servers.discourse_state import REGULAR, SMALL, WHISPER, Post, Reviewable, Topic, User, iso
from tests.servers.http_server import Response, as_json, as_text


class Denied(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def denied(status: int, *words: str, kind: str = "invalid_access", **more: Any) -> Denied:
    return Denied(as_json({"errors": list(words), "error_type": kind, **more}, status))


def too_many(wait: int = 12) -> Response:
    """429 as an action answers."""
    body = {"errors": ["Hai eseguito questa azione troppe volte."], "error_type": "rate_limit",
            "extras": {"wait_seconds": wait, "time_left": f"{wait} secondi"}}  # fmt: skip
    return as_json(body, 429, {"Retry-After": str(wait)})


def slow_down(wait: int = 8, code: str = "ip_10_secs_limit") -> Response:
    """429 as the middleware answers, before any action."""
    words = f"Slow down, too many requests from this IP address.\nPlease retry again in {wait} seconds.\nError code: {code}.\n"
    return as_text(words, 429, {"Retry-After": str(wait), "Discourse-Rate-Limit-Error-Code": code})


class World:
    """What the service remembers. Tests call its methods from their own thread.

    Attributes:
        admin_key: may act as anybody; ``user_keys``: of one user each.
        shows_raw: whether ``include_raw`` is heeded.
        old_tags: whether tags are plain names.
        admin_limit: requests a minute for all admin keys together, or 0 for none.
        held: whether what is posted stays without an answer.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.admin_key = "admin-key-0123456789abcdef"
        self.user_keys: dict[str, str] = {}
        self.users: dict[str, User] = {}
        self.categories = {4: ("support", "Support"), 5: ("lounge", "Lounge")}
        self.about: dict[int, int] = {}  # of a category, the topic that says what it is for
        self.topics: dict[int, Topic] = {}
        self.reviewables: dict[int, Reviewable] = {}
        self.bookmarks: dict[tuple[str, int], dict[str, Any]] = {}
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.shows_raw, self.old_tags = True, False
        self.min_length, self.min_private = 20, 10
        self.admin_limit, self.user_limit, self.user_day_limit = 0, 0, 0
        self.has_bus, self.has_assign, self.has_solved = True, True, True
        self.similar, self.held = True, False
        self._asked: dict[str, list[int]] = {}
        self._memo: dict[str, tuple[int, Response]] = {}
        self._ids = 100
        self._bus: list[tuple[int, str, Any]] = []
        self._closing = False
        self.user("system", "system", admin=True, moderator=True)
        self.users["system"].id = -1

    # -- for tests

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    def user(self, username: str, name: str = "", **more: Any) -> User:
        with self.lock:
            found = self.users.get(username.lower())
            if found is None:
                found = self.users[username.lower()] = User(self.next_id(), username, name or username.title())
            for key, value in more.items():
                setattr(found, key, value)
            if name:
                found.name = name
            return found

    def topic(
        self, user: User, title: str, raw: str, *, category: int | None = 4, tags: tuple[str, ...] = (),
        to: tuple[str, ...] = (), groups: tuple[str, ...] = (),
    ) -> Topic:  # fmt: skip
        """Somebody opens a topic, or with ``to`` or ``groups`` writes a private message."""
        with self.lock:
            now = self.now()
            private = bool(to or groups)
            topic = Topic(
                self.next_id(), title, None if private else category, user, now, now,
                archetype="private_message" if private else "regular", tags=list(tags),
                allowed={user.username.lower(), *(one.lower() for one in to)} if private else set(), groups=set(groups),
            )  # fmt: skip
            self.topics[topic.id] = topic
            self.add(topic, user, raw)
            return topic

    def add(self, topic: Topic, user: User, raw: str, **more: Any) -> Post:
        with self.lock:
            now = self.now()
            number = max((one.number for one in topic.posts), default=0) + 1
            post = Post(self.next_id(), topic.id, number, user, raw, now, now, **more)
            topic.posts.append(post)
            if topic.read.get(user.username, 0) == number - 1:
                topic.read[user.username] = number
            if post.type == REGULAR:
                topic.bumped = now
                topic.archived = topic.archived and topic.archetype != "private_message"  # back into every inbox
            self._publish(topic, post, "created")
            return post

    def close(self, topic: Topic, by: User, closed: bool = True) -> None:
        with self.lock:
            if topic.closed != closed:
                topic.closed = closed
                self.add(topic, by, "", type=SMALL, action="closed.enabled" if closed else "closed.disabled")

    def edit(self, post: Post, raw: str) -> None:
        with self.lock:
            post.raw, post.version, post.updated = raw, post.version + 1, self.now()
            self._publish(self.topics[post.topic], post, "revised")

    def erase(self, topic: Topic) -> None:
        with self.lock:
            topic.deleted = True
            self._say("/delete", {"topic_id": topic.id})

    def find_post(self, number: int) -> Post | None:
        return next((one for topic in self.topics.values() for one in topic.posts if one.id == number), None)

    def review(self, one: Reviewable, approve: bool) -> None:
        with self.lock:
            one.status, one.version = (1 if approve else 2), one.version + 1
            if approve and one.type == "ReviewableQueuedPost":
                if one.topic is None:
                    self.topic(one.by, one.title, one.raw, category=one.category)
                else:
                    self.add(self.topics[one.topic], one.by, one.raw)

    def flag(self, post: Post, by: User, reason: str) -> Reviewable:
        with self.lock:
            topic = self.topics[post.topic]
            made = Reviewable(
                self.next_id(), "ReviewableFlaggedPost", self.now(), by, topic.id, post.raw, post=post.id,
                category=topic.category, reason=reason, author=post.user,
            )  # fmt: skip
            self.reviewables[made.id] = made
            return made

    def wait(self, user: User, raw: str, topic: Topic | None, *, category: int | None = None, title: str = "") -> Reviewable:
        """A post that has to be looked at before others see it."""
        with self.lock:
            made = Reviewable(
                self.next_id(), "ReviewableQueuedPost", self.now(), user, topic.id if topic else None, raw,
                category=topic.category if topic else category, title=title, type_of_post=REGULAR, system=self.users["system"],
            )  # fmt: skip
            self.reviewables[made.id] = made
            return made

    # -- the message bus

    def _say(self, channel: str, data: Any) -> None:
        self._bus.append((len(self._bus) + 1, channel, data))

    def _publish(self, topic: Topic, post: Post, kind: str) -> None:
        data = {"id": post.id, "post_number": post.number, "type": kind, "user_id": post.user.id, "updated_at": iso(post.updated)}
        self._say(f"/topic/{topic.id}", data)
        if topic.archetype == "regular" and post.type != WHISPER:
            self._say("/latest", {"topic_id": topic.id, "message_type": "latest"})
        for name in topic.allowed:
            self._say(f"/private-message-topic-tracking-state/user/{self.users[name].id}", {"topic_id": topic.id})
