"""A simulated NodeBB: real sockets on loopback, state that survives the server's restart.

It is built from the vendor's OpenAPI and from what is known of the program. It has the quirks that matter: showing a
topic marks it read; a user's posts are taken one at a time and some seconds apart, and refused with a 400 whose words
are in the user's language; posts may go to a queue with ``queued: true``; ``DELETE /topics/{tid}`` purges. Where the description shows one chat room,
the program answers with ``rooms``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from tests.servers.http_server import HttpServer, Request, Response, as_json
from tests.servers.nodebb_state import (
    Post,
    Queued,
    Room,
    Said,
    Topic,
    User,
    flag_json,
    flag_row,
    iso,
    pagination,
    post_json,
    queued_json,
    room_json,
    row_json,
    said_json,
    slim,
    tags_json,
)
from tests.servers.nodebb_world import WORDS, Denied, World, denied, ok

PER_PAGE, TOPICS, SAID = 20, 20, 50
POSTING_S = 0.02  # while one post of a user is taken


class Forum(World):
    """The service."""

    def __call__(self, request: Request) -> Response:
        with self.lock:
            try:
                for method, path, answer in ROUTES:
                    found = re.fullmatch(path, request.path)
                    if found is not None and method == request.method:
                        return answer(self, request, self._who(request), *found.groups())
                if request.path.startswith("/assets/uploads/"):
                    return self._file(request)
                raise denied(404, "Not Found")
            except Denied as error:
                return error.response

    def _who(self, request: Request) -> User:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == self.master:
            said = request.first("_uid")
            found = next((one for one in self.users.values() if str(one.uid) == said), None)
        else:
            found = self.users.get(self.tokens.get(token, ""))
        if found is None:
            raise Denied(as_json("not-authorized", 401) if not request.path.startswith("/api/v3") else
                         denied(401, "A valid login session was not found.").response)  # fmt: skip
        return found

    def _file(self, request: Request) -> Response:
        found = self.uploads.get(request.path)
        if found is None:
            raise denied(404, "Not Found")
        return Response(200, {"content-type": "application/octet-stream"}, found[1])

    def _topic(self, tid: str, viewer: User) -> Topic:
        topic = self.topics.get(int(tid))
        if topic is None or (topic.deleted and not viewer.moderator):
            raise denied(404, "Not Found")
        return topic

    def me(self, _request: Request, user: User) -> Response:
        return as_json({**user.json("displayname", "isLocal"), "isAdmin": False, "isGlobalModerator": user.moderator, "isModerator": user.moderator,
                        "isAdminOrGlobalModeratorOrModerator": user.moderator, "isSelf": True})  # fmt: skip

    def config(self, _request: Request, user: User) -> Response:
        return as_json({
            "siteTitle": "Tamarind &amp; Co", "minimumPostLength": self.shortest, "maximumPostLength": self.longest,
            "maximumChatMessageLength": self.longest_chat, "postsPerPage": PER_PAGE, "topicsPerPage": TOPICS, "uid": user.uid,
            "loggedIn": True, "disableChat": False, "usePagination": True, "topicPostSort": "newest_to_oldest",
        })  # fmt: skip

    def all_categories(self, _request: Request, _user: User) -> Response:
        return ok({"categories": [
            {"cid": cid, "name": name, "slug": f"{cid}/{slug}", "disabled": 0, "parentCid": 0, "order": cid}
            for cid, (slug, name) in self.categories.items()
        ]})  # fmt: skip

    def moderators(self, _request: Request, _user: User, _cid: str) -> Response:
        return as_json({"moderators": [{"uid": one.uid, "username": one.username} for one in self.users.values() if one.moderator]})

    def by_name(self, _request: Request, _user: User, name: str) -> Response:
        found = self.users.get(name.lower())
        if found is None:
            raise denied(404, "Not Found")
        return as_json(found.json("displayname", "isLocal"))

    def recent(self, request: Request, user: User) -> Response:
        cids = {int(one) for one in request.every("cid")}
        found = [one for one in self.topics.values() if (not cids or one.cid in cids) and (user.moderator or not one.deleted)]
        found.sort(key=lambda one: (one.last, one.tid), reverse=True)
        page, pages = int(request.first("page", "1")), max(1, -(-len(found) // TOPICS))
        if page > pages:
            raise denied(404, "Not Found")
        shown = found[(page - 1) * TOPICS : page * TOPICS]
        return as_json({"topics": [row_json(one, user) for one in shown], "topicCount": len(found), "nextStart": page * TOPICS,
                        "tids": [one.tid for one in shown], "pagination": pagination(page, pages)})  # fmt: skip

    def show(self, request: Request, user: User, tid: str) -> Response:
        topic = self._topic(tid, user)
        page, pages = int(request.first("page", "1")), max(1, -(-len(topic.posts) // PER_PAGE))
        if page > pages:
            raise denied(404, "Not Found")
        topic.read_by.add(user.uid)  # as showing the page does
        posts = list(topic.posts)
        if request.first("sort", "newest_to_oldest") == "newest_to_oldest":
            posts = [posts[0], *reversed(posts[1:])]
        shown = posts[(page - 1) * PER_PAGE : page * PER_PAGE]
        return as_json({
            **slim(topic), "tags": tags_json(topic.tags), "posts": [post_json(one, topic, user) for one in shown], "pagination": pagination(page, pages),
            "author": {
                key: topic.user.json("displayname", "isLocal")[key] for key in ("username", "userslug", "uid", "displayname", "isLocal")
            },
            "privileges": {"topics:reply": True, "isAdminOrMod": user.moderator}, "unreplied": len(topic.posts) < 2,
        })  # fmt: skip

    def pages(self, _request: Request, user: User, tid: str) -> Response:
        topic = self._topic(tid, user)
        return as_json({"pagination": pagination(1, max(1, -(-len(topic.posts) // PER_PAGE)))})

    def about(self, _request: Request, user: User, tid: str) -> Response:
        return ok(slim(self._topic(tid, user)))

    def index(self, _request: Request, user: User, pid: str) -> Response:
        post, topic = self._post(pid, user)
        return ok({"index": topic.posts.index(post)})

    def _post(self, pid: str, user: User) -> tuple[Post, Topic]:
        for topic in self.topics.values():
            for post in topic.posts:
                if post.pid == int(pid):
                    self._topic(str(topic.tid), user)
                    return post, topic
        raise denied(404, "Not Found")

    def raw(self, _request: Request, user: User, pid: str) -> Response:
        post, _ = self._post(pid, user)
        if post.deleted and not user.moderator:
            raise denied(404, "Not Found")
        return ok({"content": post.raw})

    def _may_post(self, user: User, content: str) -> None:
        if user.uid in self.posting:
            raise denied(400, WORDS["posting"])
        if len(content.strip()) < self.shortest:
            raise denied(400, WORDS["short"])
        wait = self.newcomer_ms if user.newcomer else self.delay_ms
        last = max([user.last_post, *(one.at for one in self.queue.values() if one.user is user)])
        if not user.moderator and self.now() - last < wait:
            raise denied(400, WORDS["too-soon"].format(wait // 1000))

    def _enqueue(self, user: User, content: str, **more: Any) -> Response:
        one = Queued(f"{'reply' if more.get('tid') else 'topic'}-{self.now()}{self.next_id()}", user, self.now(), content, **more)
        self.queue[one.id] = one
        body = {"id": one.id, "type": one.id.partition("-")[0], "queued": True, "message": "Dein Beitrag wartet auf Freigabe."}
        return as_json({"status": {"code": "ok", "message": "OK"}, "response": body}, 202 if "cid" in more else 200)

    def reply(self, request: Request, user: User, tid: str) -> Response:
        topic, said = self._topic(tid, user), request.json
        if topic.locked and not user.moderator:
            raise denied(400, WORDS["locked"])
        self._may_post(user, said["content"])
        if user.queued:
            return self._enqueue(user, said["content"], tid=topic.tid, to=said.get("toPid"))
        post = self.add(topic, user, said["content"], to=said.get("toPid"))
        found = post_json(post, topic, user)
        return ok({"toPid": post.to, **{key: found[key] for key in ("pid", "tid", "content", "uid", "timestamp", "timestampISO")},
                   "user": user.json("displayname", "isLocal"), "topic": {"tid": topic.tid, "cid": topic.cid}})  # fmt: skip

    def begin(self, request: Request, user: User) -> Response:
        said = request.json
        if said.get("cid") not in self.categories or not str(said.get("title", "")).strip():
            raise denied(400, WORDS["invalid"])
        self._may_post(user, said["content"])
        if user.queued:
            return self._enqueue(user, said["content"], cid=said["cid"], title=said["title"])
        topic = self.topic(user, said["title"], said["content"], category=said["cid"], tags=tuple(said.get("tags", ())))
        return ok({**row_json(topic, user), "mainPost": post_json(topic.posts[0], topic, user)})

    def one(self, _request: Request, user: User, pid: str) -> Response:
        post, topic = self._post(pid, user)
        found = post_json(post, topic, user)
        return ok({key: found[key] for key in ("pid", "uid", "tid", "content", "timestamp", "deleted", "edited")})

    def change(self, request: Request, user: User, pid: str) -> Response:
        post, topic = self._post(pid, user)
        if post.user is not user and not user.moderator:
            raise denied(403, WORDS["privileges"])
        self.edit(post, request.json["content"])
        return ok({"pid": post.pid, "tid": topic.tid, "content": post.raw, "edited": post.edited})

    def _moderate(self, user: User) -> None:
        if not user.moderator:
            raise denied(403, WORDS["privileges"])

    def lock_(self, request: Request, user: User, tid: str) -> Response:
        topic = self._topic(tid, user)
        self._moderate(user)
        self.lock_topic(topic, request.method == "PUT")
        return ok({})

    def state(self, request: Request, user: User, tid: str) -> Response:
        topic = self._topic(tid, user)
        self._moderate(user)
        topic.deleted = request.method == "DELETE"
        return ok({})

    def post_state(self, request: Request, user: User, pid: str) -> Response:
        post, _ = self._post(pid, user)
        if post.user is not user:
            self._moderate(user)
        post.deleted = request.method == "DELETE"
        return ok({})

    def read(self, request: Request, user: User, tid: str) -> Response:
        topic = self._topic(tid, user)
        (topic.read_by.add if request.method == "PUT" else topic.read_by.discard)(user.uid)
        return ok({})

    def tag(self, request: Request, user: User, tid: str) -> Response:
        topic, tags = self._topic(tid, user), request.json["tags"]
        self._moderate(user)
        topic.tags = list(dict.fromkeys([*topic.tags, *tags] if request.method == "PATCH" else tags))
        return ok(tags_json(topic.tags))

    def own(self, _request: Request, user: User, slug: str) -> Response:
        posts = [post for topic in self.topics.values() for post in topic.posts if post.user.slug == slug]
        posts.sort(key=lambda one: one.at, reverse=True)
        return as_json({"posts": [{"pid": one.pid, "tid": one.tid, "uid": one.user.uid, "timestamp": one.at,
                                   "timestampISO": iso(one.at)} for one in posts[:PER_PAGE]]})  # fmt: skip

    def own_topics(self, _request: Request, user: User, slug: str) -> Response:
        found = sorted((one for one in self.topics.values() if one.user.slug == slug), key=lambda one: one.at, reverse=True)
        return as_json({"topics": [row_json(one, user) for one in found[:TOPICS]]})

    # chats

    def _room(self, room: str, user: User) -> Room:
        found = self.rooms.get(int(room))
        if found is None or user not in found.users:
            raise denied(403, WORDS["privileges"]) if found else denied(404, "Not Found")
        return found

    def chats(self, request: Request, user: User) -> Response:
        found = [one for one in self.rooms.values() if user in one.users and one.said]
        found.sort(key=lambda one: max(said.at for said in one.said), reverse=True)
        start, per = int(request.first("start", "0")), int(request.first("perPage", "20"))
        return ok({"rooms": [room_json(one, user) for one in found[start : start + per]], "nextStart": start + per})

    def chat(self, _request: Request, user: User, room: str) -> Response:
        found = self._room(room, user)
        users = [
            {key: one.json("displayname")[key] for key in ("uid", "username", "displayname", "picture")} | {"isOwner": False}
            for one in found.users
        ]
        whole = {key: value for key, value in room_json(found, user).items() if key not in ("unread", "teaser", "lastUser")}
        return ok({**whole, "users": users, "isOwner": False, "canReply": True})

    def chat_messages(self, request: Request, user: User, room: str) -> Response:
        found = self._room(room, user)
        start = int(request.first("start", "0"))
        end = max(0, len(found.said) - start)
        shown = found.said[max(0, end - SAID) : end]
        return ok({"messages": [{**said_json(one, found, user), "index": n} for n, one in enumerate(shown)]})

    def _said(self, room: Room, mid: str) -> Said:
        found = next((one for one in room.said if one.mid == int(mid)), None)
        if found is None:
            raise denied(404, "Not Found")
        return found

    def chat_message(self, _request: Request, user: User, room: str, mid: str) -> Response:
        found = self._room(room, user)
        return ok(said_json(self._said(found, mid), found, user))

    def chat_raw(self, _request: Request, user: User, room: str, mid: str) -> Response:
        return ok({"content": self._said(self._room(room, user), mid).raw})

    def chat_edit(self, request: Request, user: User, room: str, mid: str) -> Response:
        found = self._room(room, user)
        said = self._said(found, mid)
        said.raw, said.edited = request.json["message"], self.now()
        return ok(said_json(said, found, user))

    def chat_delete(self, request: Request, user: User, room: str, mid: str) -> Response:
        self._said(self._room(room, user), mid).deleted = request.method == "DELETE"
        return ok({})

    def chat_send(self, request: Request, user: User, room: str) -> Response:
        found = self._room(room, user)
        said = self.say(found, user, request.json["message"])
        return ok({**said_json(said, found, user), "self": 1})

    def chat_begin(self, request: Request, user: User) -> Response:
        others = [one for one in self.users.values() if one.uid in request.json["uids"]]
        if not others:
            raise denied(400, WORDS["invalid"])
        made = self.room(user, *others)
        return ok({key: value for key, value in room_json(made, user).items() if key not in ("unread", "teaser", "lastUser", "users")})

    def chat_state(self, request: Request, user: User, room: str) -> Response:
        found = self._room(room, user)
        (found.read_by.discard if request.method == "PUT" else found.read_by.add)(user.uid)
        return ok({})

    # moderation

    def all_flags(self, _request: Request, user: User) -> Response:
        self._moderate(user)
        found = sorted(self.flags.values(), key=lambda one: one.at, reverse=True)
        return as_json({"flags": [flag_row(one) for one in found], "count": len(found), "pagination": pagination(1, 1)})

    def one_flag(self, request: Request, user: User, flag: str) -> Response:
        self._moderate(user)
        found = self.flags.get(int(flag))
        if found is None:
            raise denied(404, "Not Found")
        if request.method == "PUT":
            said = request.json
            found.state = said.get("state", found.state)
            if "assignee" in said:
                found.assignee = said["assignee"] or None
            return ok({"history": found.history})
        return ok(flag_json(found))

    def flag_note(self, request: Request, user: User, flag: str) -> Response:
        self._moderate(user)
        found, said = self.flags[int(flag)], request.json
        at = said.get("datetime") or self.now()
        found.notes = [one for one in found.notes if (one["datetime"], one["uid"]) != (at, user.uid)]
        found.notes.append({"uid": user.uid, "content": said["note"], "datetime": at, "datetimeISO": iso(at), "user": user.json("displayname")})
        return ok({"notes": found.notes, "history": found.history})

    def post_queue(self, _request: Request, user: User) -> Response:
        found = [one for one in self.queue.values() if user.moderator or one.user is user]
        return as_json({"posts": [queued_json(one, self.topics.get(one.tid or 0)) for one in found], "enabled": 1,
                        "canAccept": user.moderator, "pagination": pagination(1, 1)})  # fmt: skip

    def decide(self, request: Request, user: User, identity: str) -> Response:
        self._moderate(user)
        if identity not in self.queue:
            raise denied(400, WORDS["invalid"])
        self.review(identity, request.method == "POST")
        return ok({})

    def upload(self, request: Request, _user: User) -> Response:
        files = [one for one in request.form if one.filename]
        made = []
        for one in files:
            path = f"/assets/uploads/files/{self.now()}-{self.next_id()}.bin"
            self.uploads[path] = (one.filename, one.content)
            made.append({"url": path, "name": one.filename})
        return ok({"images": made})


Service = Callable[..., Response]
V3, N = "/api/v3", r"(\d+)"
ROUTES: tuple[tuple[str, str, Service], ...] = (
    ("GET", "/api/self", Forum.me), ("GET", "/api/config", Forum.config), ("GET", f"{V3}/categories", Forum.all_categories),
    ("GET", rf"/api/categories/{N}/moderators", Forum.moderators), ("GET", r"/api/user/username/([^/]+)", Forum.by_name),
    ("GET", "/api/recent", Forum.recent), ("GET", rf"/api/topic/{N}", Forum.show),
    ("GET", rf"/api/topic/pagination/{N}", Forum.pages), ("GET", rf"{V3}/topics/{N}", Forum.about),
    ("GET", rf"{V3}/posts/{N}/raw", Forum.raw), ("GET", rf"{V3}/posts/{N}/index", Forum.index),
    ("POST", rf"{V3}/topics/{N}", Forum.reply), ("POST", f"{V3}/topics", Forum.begin), ("PUT", rf"{V3}/posts/{N}", Forum.change),
    ("GET", rf"{V3}/posts/{N}", Forum.one),
    *((method, rf"{V3}/chats/{N}/messages/{N}", Forum.chat_delete) for method in ("POST", "DELETE")),
    ("GET", r"/api/user/([^/]+)/posts", Forum.own), ("GET", r"/api/user/([^/]+)/topics", Forum.own_topics),
    *((method, rf"{V3}/topics/{N}/lock", Forum.lock_) for method in ("PUT", "DELETE")),
    *((method, rf"{V3}/topics/{N}/state", Forum.state) for method in ("PUT", "DELETE")),
    *((method, rf"{V3}/topics/{N}/read", Forum.read) for method in ("PUT", "DELETE")),
    *((method, rf"{V3}/topics/{N}/tags", Forum.tag) for method in ("PUT", "PATCH")),
    *((method, rf"{V3}/posts/{N}/state", Forum.post_state) for method in ("PUT", "DELETE")),
    ("GET", f"{V3}/chats", Forum.chats), ("POST", f"{V3}/chats", Forum.chat_begin), ("GET", rf"{V3}/chats/{N}", Forum.chat),
    ("POST", rf"{V3}/chats/{N}", Forum.chat_send), ("GET", rf"{V3}/chats/{N}/messages", Forum.chat_messages),
    ("GET", rf"{V3}/chats/{N}/messages/{N}", Forum.chat_message), ("PUT", rf"{V3}/chats/{N}/messages/{N}", Forum.chat_edit),
    ("GET", rf"{V3}/chats/{N}/messages/{N}/raw", Forum.chat_raw),
    *((method, rf"{V3}/chats/{N}/state", Forum.chat_state) for method in ("PUT", "DELETE")),
    ("GET", "/api/flags", Forum.all_flags), *((method, rf"{V3}/flags/{N}", Forum.one_flag) for method in ("GET", "PUT")),
    ("POST", rf"{V3}/flags/{N}/notes", Forum.flag_note), ("GET", "/api/post-queue", Forum.post_queue),
    *((method, rf"{V3}/posts/queue/([\w-]+)", Forum.decide) for method in ("POST", "DELETE")),
    ("POST", "/api/post/upload", Forum.upload),
)  # fmt: skip


class NodebbServer(HttpServer):
    """The service on a port of its own.

    Args:
        now: milliseconds; the forum's clock.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self.forum = Forum(now)
        self._posting: set[str] = set()
        super().__init__(self._serve_one)

    async def _serve_one(self, request: Request) -> Response:
        if request.method != "POST" or not re.fullmatch(rf"{V3}/topics(/\d+)?", request.path):
            return await self._answered(request)
        whose = request.headers.get("authorization", "") + request.first("_uid")
        if whose in self._posting:
            return denied(400, WORDS["posting"]).response
        self._posting.add(whose)
        try:
            await asyncio.sleep(POSTING_S)
            return await self._answered(request)
        finally:
            self._posting.discard(whose)

    async def _answered(self, request: Request) -> Response:
        response = self.forum(request)
        while self.forum.held and request.method == "POST":  # noqa: ASYNC110 - done, and not said until a test lets it
            await asyncio.sleep(0.02)
        return response
