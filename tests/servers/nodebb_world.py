"""The people, topics, chats and flags of a simulated NodeBB, and what tests do with them behind its back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.servers.http_server import Response, as_json
from tests.servers.nodebb_state import Flag, Post, Queued, Room, Said, Topic, User, iso

WORDS = {
    "too-soon": "Du musst {} Sekunden warten, bevor du erneut schreiben kannst.", "posting": "Du schreibst bereits einen Beitrag.",
    "short": "Inhalt zu kurz.", "privileges": "Du verfügst nicht über ausreichende Berechtigungen.", "invalid": "Ungültige Daten",
    "locked": "Thema gesperrt",
}  # fmt: skip


class Denied(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def denied(status: int, words: str, code: str = "") -> Denied:
    codes = {400: "bad-request", 401: "not-authorised", 403: "forbidden", 404: "not-found"}
    return Denied(as_json({"status": {"code": code or codes[status], "message": words}, "response": {}}, status))


def ok(response: Any) -> Response:
    return as_json({"status": {"code": "ok", "message": "OK"}, "response": response})


class World:
    """What the service remembers. Tests call its methods from their own thread.

    Attributes:
        tokens: of one user each; ``master``: acts as whoever ``_uid`` names.
        delay_ms: between two posts of one user; ``newcomer_ms``: of a new one.
        posting: user numbers whose posting lock is held by somebody else.
        held: whether what is posted stays without an answer.
        hides_queue: whether the queue is not shown to those who wrote what is in it.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.master = "master-token-0123456789abcdef"
        self.tokens: dict[str, str] = {}
        self.users: dict[str, User] = {}
        self.categories = {2: ("support", "Support"), 3: ("lounge", "Lounge")}
        self.topics: dict[int, Topic] = {}
        self.rooms: dict[int, Room] = {}
        self.flags: dict[int, Flag] = {}
        self.queue: dict[str, Queued] = {}
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.delay_ms, self.newcomer_ms = 10_000, 120_000
        self.shortest, self.longest, self.longest_chat = 8, 32_767, 1_000
        self.posting: set[int] = set()
        self.held = False
        self._ids = 100

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

    def topic(self, user: User, title: str, raw: str, *, category: int = 2, tags: tuple[str, ...] = ()) -> Topic:
        with self.lock:
            topic = Topic(self.next_id(), category, title, user, self.now(), list(tags))
            self.topics[topic.tid] = topic
            self.add(topic, user, raw)
            return topic

    def add(self, topic: Topic, user: User, raw: str, **more: Any) -> Post:
        with self.lock:
            post = Post(self.next_id(), topic.tid, user, raw, self.now(), **more)
            topic.posts.append(post)
            topic.read_by = {user.uid}
            user.last_post = post.at
            return post

    def room(self, *users: User, name: str = "") -> Room:
        with self.lock:
            room = Room(self.next_id(), list(users), self.now(), name)
            self.rooms[room.id] = room
            return room

    def say(self, room: Room, user: User, raw: str, **more: Any) -> Said:
        with self.lock:
            said = Said(self.next_id(), user, raw, self.now(), **more)
            room.said.append(said)
            room.read_by = {user.uid}
            return said

    def lock_topic(self, topic: Topic, locked: bool = True) -> None:
        with self.lock:
            if topic.locked != locked:
                topic.locked = locked
                event = {"type": "lock" if locked else "unlock", "id": self.next_id(), "timestamp": self.now(),
                         "timestampISO": iso(self.now())}  # fmt: skip
                topic.posts[-1].events.append(event)

    def edit(self, post: Post, raw: str) -> None:
        with self.lock:
            post.raw, post.edited = raw, self.now()

    def purge(self, topic: Topic) -> None:
        with self.lock:
            del self.topics[topic.tid]

    def flag(self, post: Post, reporter: User, reason: str) -> Flag:
        with self.lock:
            flag = Flag(self.next_id(), post, reporter, reason, self.now())
            self.flags[flag.id] = flag
            return flag

    def review(self, identity: str, approve: bool) -> None:
        with self.lock:
            one = self.queue.pop(identity)
            if not approve:
                return
            if one.tid is not None:
                self.add(self.topics[one.tid], one.user, one.content, to=one.to)
            else:
                self.topic(one.user, one.title, one.content, category=one.cid or 2)
