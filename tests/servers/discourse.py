"""A simulated Discourse: real sockets on loopback, state that survives the server's restart.

It is built from the vendor's OpenAPI and recordings and from what is known of the program (see
``tests/servers/test_discourse.py``, which holds its answers against that). It has the quirks that matter: an admin
key's posts are remembered for two minutes, the same text within five minutes is "too similar" unless one is staff, posts
may wait with ``200 enqueued``, closed topics refuse, whispers need a right, tags replace.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from tests.servers.discourse_state import (
    MODERATOR,
    REGULAR,
    SMALL,
    WHISPER,
    Post,
    Topic,
    User,
    iso,
    post_json,
    reviewables_json,
    topic_json,
    topic_row,
)
from tests.servers.discourse_world import Denied, World, denied, too_many
from tests.servers.http_server import HttpServer, Request, Response, as_json

CHUNK = 20
PER_PAGE = 30
MEMO_MS = 120_000
SIMILAR_MS = 300_000
POLL_S = 25.0
PER_REVIEW = 10


class Forum(World):
    """The service."""

    async def _poll(self, request: Request) -> Response:
        wanted: dict[str, int] = {name: at for name, at in request.json.items() if name.startswith("/")}
        last = {channel: max((n for n, c, _ in self._bus if c == channel), default=0) for channel in wanted}
        fresh = {channel: last[channel] for channel, at in wanted.items() if at == -1}
        if fresh:
            return as_json([{"global_id": -1, "message_id": -1, "channel": "/__status", "data": fresh}])
        end = asyncio.get_running_loop().time() + (0 if request.first("dlp") == "t" else POLL_S)
        while True:
            found = [
                {"global_id": n, "message_id": n, "channel": c, "data": d}
                for n, c, d in self._bus[-100:] if c in wanted and n > wanted[c]
            ]  # fmt: skip
            if found or asyncio.get_running_loop().time() >= end:
                return as_json(found)
            await asyncio.sleep(0.02)

    # -- HTTP

    async def __call__(self, request: Request) -> Response:
        try:
            with self.lock:
                user, admin = self._who(request)
                if request.path.startswith("/message-bus/"):
                    if not self.has_bus:
                        raise denied(403, "no")
                elif not request.path.endswith(".json") and not request.path.startswith("/uploads/"):
                    return Response(200, {"content-type": "text/html"}, b"<!doctype html><title>Forum</title>")
                else:
                    answer = self._answer(request, user, admin)
            if request.path.startswith("/message-bus/"):
                return await self._poll(request)
            while self.held and request.method == "POST":  # noqa: ASYNC110 - done, and not said until a test lets it
                await asyncio.sleep(0.02)
            return answer
        except Denied as no:
            return no.response

    def _who(self, request: Request) -> tuple[User, bool]:
        key, secret = request.headers.get("api-key", ""), request.headers.get("user-api-key", "")
        if key:
            user = self.users.get(request.headers.get("api-username", "").lower())
            if key != self.admin_key or user is None:
                raise denied(403, "La chiave API non è valida.")
            self._count("admin", self.admin_limit)
            return user, True
        if secret in self.user_keys:
            self._count(secret, self.user_limit, self.user_day_limit)
            return self.users[self.user_keys[secret].lower()], False
        raise denied(403, "Devi accedere.", kind="not_logged_in")

    def _count(self, who: str, limit: int, day_limit: int = 0) -> None:
        """Every request of a key, those to the message bus too, as the forum's own ``RateLimiter`` does."""
        now = self.now()
        asked = [at for at in self._asked.get(who, []) if at > now - (86_400_000 if day_limit else 60_000)]
        recent = [at for at in asked if at > now - 60_000]
        for most, found, span in ((day_limit, asked, 86_400_000), (limit, recent, 60_000)):
            if most and len(found) >= most:
                raise Denied(too_many(max(1, (found[0] + span - now) // 1000)))
        self._asked[who] = [*asked, now]

    def _answer(self, request: Request, user: User, admin: bool) -> Response:
        for method, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                return handler(self, request, user, admin, *found.groups())
        raise denied(404, "La pagina richiesta non esiste.", kind="not_found")

    def _visible(self, number: str, user: User) -> Topic:
        topic = self.topics.get(int(number))
        if topic is None or topic.deleted:
            raise denied(404, "not here", kind="not_found")
        mine = user.admin or user.username.lower() in topic.allowed or set(user.groups) & topic.groups
        if topic.archetype == "private_message" and not mine:
            raise denied(403, "not yours")
        return topic

    def _post(self, number: str, user: User) -> tuple[Post, Topic]:
        post = self.find_post(int(number))
        if post is None or (post.deleted and not user.staff and post.user is not user) or (post.type == WHISPER and not user.whisperer):
            raise denied(404, "not here", kind="not_found")
        return post, self._visible(str(post.topic), user)

    def _marks(self, user: User) -> dict[int, dict[str, Any]]:
        return {topic: mark for (name, topic), mark in self.bookmarks.items() if name == user.username}

    def _list(self, request: Request, user: User, topics: list[Topic]) -> Response:
        shown = sorted((t for t in topics if not t.deleted and t.visible), key=lambda t: (t.pinned, t.bumped, t.id), reverse=True)
        page = int(request.first("page", "0"))
        rows = shown[page * PER_PAGE : (page + 1) * PER_PAGE]
        listed = {
            "can_create_topic": True, "draft": None, "draft_key": "new_topic", "draft_sequence": 0, "per_page": PER_PAGE,
            "topics": [topic_row(t, user, self._marks(user), old_tags=self.old_tags) for t in rows], "top_tags": [],
        }  # fmt: skip
        if len(shown) > (page + 1) * PER_PAGE:
            listed["more_topics_url"] = f"{request.path.removesuffix('.json')}?page={page + 1}"
        return as_json({"users": [t.user.basic() for t in rows], "primary_groups": [], "topic_list": listed})

    def session(self, _request: Request, user: User, _admin: bool) -> Response:
        return as_json({"current_user": {
            **user.basic(), "admin": user.admin, "moderator": user.moderator, "staff": user.staff, "whisperer": user.whisperer,
            "trust_level": user.trust, "can_review": user.staff, "can_assign": self.has_assign and user.staff,
            "groups": [{"id": n, "name": one} for n, one in enumerate(user.groups, 41)],
        }})  # fmt: skip

    def basic_info(self, _request: Request, _user: User, _admin: bool) -> Response:
        return as_json({
            "logo_url": "", "logo_small_url": "", "apple_touch_icon_url": "", "favicon_url": "", "title": "Tamarind community",
            "description": "", "header_primary_color": "333333", "header_background_color": "ffffff", "login_required": False,
            "locale": "it", "include_in_discourse_discover": False, "mobile_logo_url": "",
        })  # fmt: skip

    def site(self, _request: Request, _user: User, _admin: bool) -> Response:
        return as_json({
            "post_types": {"regular": REGULAR, "moderator_action": MODERATOR, "small_action": SMALL, "whisper": WHISPER},
            "categories": [
                {"id": number, "slug": slug, "name": name, "read_restricted": False, "topic_count": 0, "position": number}
                for number, (slug, name) in self.categories.items()
            ],
        })  # fmt: skip

    def category(self, request: Request, user: User, _admin: bool, _slug: str, number: str) -> Response:
        if int(number) not in self.categories:
            raise denied(404, "no", kind="not_found")
        return self._list(request, user, [t for t in self.topics.values() if t.category == int(number)])

    def show_category(self, _request: Request, _user: User, _admin: bool, number: str) -> Response:
        if int(number) not in self.categories:
            raise denied(404, "no", kind="not_found")
        slug, name = self.categories[int(number)]
        about = self.about.get(int(number))
        return as_json({"category": {
            "id": int(number), "slug": slug, "name": name, "read_restricted": False, "topic_count": 0, "position": int(number),
            "topic_url": f"/t/about-the-{slug}-category/{about}" if about else None,
        }})  # fmt: skip

    def tag(self, request: Request, user: User, _admin: bool, name: str) -> Response:
        return self._list(request, user, [t for t in self.topics.values() if name in t.tags and t.archetype == "regular"])

    def latest(self, request: Request, user: User, _admin: bool) -> Response:
        return self._list(request, user, [t for t in self.topics.values() if t.archetype == "regular"])

    def private(self, request: Request, user: User, _admin: bool, archive: str, name: str) -> Response:
        return self._list(request, user, [
            t for t in self.topics.values() if t.archetype == "private_message" and name.lower() in t.allowed
            and t.archived is bool(archive) and any(one.user.username.lower() != name.lower() for one in t.posts)
        ])  # fmt: skip

    def private_sent(self, request: Request, user: User, _admin: bool, name: str) -> Response:
        return self._list(request, user, [
            t for t in self.topics.values() if t.archetype == "private_message" and t.user.username.lower() == name.lower()
        ])

    def group_inbox(
        self, request: Request, user: User, _admin: bool, _name: str, group: str, archive: str | None
    ) -> Response:
        if group not in user.groups and not user.admin:
            raise denied(403, "not yours")
        return self._list(request, user, [t for t in self.topics.values() if group in t.groups and t.archived is bool(archive)])

    def show(self, request: Request, user: User, _admin: bool, number: str) -> Response:
        topic = self._visible(number, user)
        raw = self.shows_raw and bool(request.first("include_raw"))
        return as_json(topic_json(topic, user, self._marks(user), raw=raw, chunk=CHUNK, old_tags=self.old_tags))

    def posts_of(self, request: Request, user: User, _admin: bool, number: str) -> Response:
        topic = self._visible(number, user)
        wanted = {int(one) for one in request.every("post_ids[]")}
        raw = self.shows_raw and bool(request.first("include_raw"))
        found = [post_json(one, user, topic, raw=raw) for one in topic.stream(user) if one.id in wanted]
        return as_json({"post_stream": {"posts": found}, "id": topic.id})

    def one_post(self, _request: Request, user: User, _admin: bool, number: str) -> Response:
        post, topic = self._post(number, user)
        return as_json(post_json(post, user, topic, raw=True, full=True))

    def pending(self, _request: Request, user: User, _admin: bool, name: str) -> Response:
        if name.lower() != user.username.lower() and not user.staff:
            raise denied(404, "no", kind="not_found")
        return as_json({"pending_posts": [
            {"id": one.id, "raw_text": one.raw, "topic_id": one.topic, "created_at": iso(one.created), "title": one.title,
             "category_id": one.category, "created_by_id": one.by.id, "username": one.by.username}
            for one in self.reviewables.values()
            if one.type == "ReviewableQueuedPost" and one.status == 0 and one.by.username.lower() == name.lower()
        ]})  # fmt: skip

    def create(self, request: Request, user: User, admin: bool) -> Response:
        body = request.json or {}
        said = json.dumps([sorted((str(k), str(v)) for k, v in body.items()), user.id, request.headers.get("user-agent")])
        memo = hashlib.sha1(said.encode()).hexdigest()
        if admin and memo in self._memo and self._memo[memo][0] > self.now() - MEMO_MS:
            return self._memo[memo][1]
        answer = self._create(body, user)
        if admin:
            self._memo[memo] = (self.now(), answer)
        return answer

    def _create(self, body: dict[str, Any], user: User) -> Response:
        raw = str(body.get("raw") or "")
        private = body.get("archetype") == "private_message"
        topic = None if not body.get("topic_id") else self._visible(str(body["topic_id"]), user)
        private = private or (topic is not None and topic.archetype == "private_message")
        refused = lambda words: as_json({"action": "create_post", "errors": [words]}, 422)  # noqa: E731
        least = self.min_private if private else self.min_length
        if len(re.sub(r"<!--.*?-->", "", raw, flags=re.DOTALL).strip()) < least:
            return refused(f"Il corpo è troppo corto (minimo {least} caratteri)")
        whisper = str(body.get("whisper", "")).lower() == "true"
        if whisper and not user.whisperer:
            raise denied(403, "invalid_whisper_access")
        if topic is not None and topic.closed and not user.staff and user.trust < 4:
            return refused("L'argomento è chiuso")
        recent = self.now() - SIMILAR_MS
        mine = [p for t in self.topics.values() for p in t.posts if p.user is user and p.created > recent]
        kept = [r for r in self.reviewables.values() if r.by is user and r.created > recent]
        if self.similar and not user.staff and any(one.raw == raw for one in (*mine, *kept)):
            return refused("Il corpo è troppo simile a ciò che hai scritto di recente")
        if user.approve and not private:
            self.wait(user, raw, topic, category=body.get("category"), title=str(body.get("title", "")))
            return as_json({"action": "enqueued", "success": True, "pending_count": 1})
        if topic is None:
            if private:
                people = [one.strip() for one in str(body.get("target_recipients", "")).split(",") if one.strip()]
                if not people or any(one.lower() not in self.users for one in people):
                    return refused("Devi selezionare un utente valido.")
                topic = self.topic(user, str(body.get("title")), raw, to=tuple(people))
            else:
                topic = self.topic(user, str(body.get("title")), raw, category=int(body.get("category", 4)))
            post = topic.posts[0]
        else:
            number = body.get("reply_to_post_number")
            post = self.add(topic, user, raw, type=WHISPER if whisper else REGULAR, reply_to=int(number) if number else None)
        shown = post_json(post, user, topic, raw=True, full=True) | {"draft_sequence": 1}
        if str(body.get("nested_post", "")).lower() == "true":
            return as_json({"success": True, "action": "create_post", "post": shown})
        return as_json(shown)

    def change_post(self, request: Request, user: User, _admin: bool, number: str) -> Response:
        post, topic = self._post(number, user)
        if not user.staff and post.user is not user:
            raise denied(403, "not yours")
        said = request.json["post"]
        if said.get("original_text") not in (None, post.raw):
            raise denied(409, "Conflitto di modifica", kind="edit_conflict")
        if said["raw"] != post.raw:
            self.edit(post, said["raw"])
        return as_json({"post": post_json(post, user, topic, raw=True, full=True) | {"draft_sequence": 1}})

    def delete_post(self, _request: Request, user: User, _admin: bool, number: str) -> Response:
        post, _ = self._post(number, user)
        if post.deleted or (not user.staff and post.user is not user):
            raise denied(403, "not yours, or gone")
        post.deleted = True
        return Response(200, {"content-type": "text/plain"}, b"")

    def created_by(self, request: Request, user: User, _admin: bool, name: str) -> Response:
        mine = [one for one in self.topics.values() if one.user.username.lower() == name.lower() and one.archetype == "regular"]
        return self._list(request, user, mine)

    def timings(self, request: Request, user: User, _admin: bool) -> Response:
        said = request.json
        topic = self._visible(str(said["topic_id"]), user)
        there = {one.number for one in topic.stream(user)}
        topic.read[user.username] = max([topic.read.get(user.username, 0), *(int(one) for one in said["timings"] if int(one) in there)])
        return Response(200, {"content-type": "text/plain"}, b"")

    def unread(self, request: Request, user: User, _admin: bool, number: str) -> Response:
        topic = self._visible(number, user)
        before = [one.number for one in topic.stream(user)][:-1] if request.first("last") else []
        topic.read[user.username] = max(before, default=0)
        return Response(200, {"content-type": "text/plain"}, b"")

    def recover(self, _request: Request, user: User, _admin: bool, number: str) -> Response:
        post, topic = self._post(number, user)
        if not user.staff and post.user is not user:
            raise denied(403, "not yours")
        post.deleted = False
        return as_json(post_json(post, user, topic, raw=True, full=True))

    def status(self, request: Request, user: User, _admin: bool, number: str) -> Response:
        topic = self._visible(number, user)
        if not user.staff:
            raise denied(403, "staff only")
        enabled = str(request.json["enabled"]).lower() == "true"
        if request.json["status"] == "visible":
            topic.visible = enabled
        else:
            assert request.json["status"] == "closed"
            self.close(topic, user, enabled)
        return as_json({"success": "OK", "topic_status_update": None})

    def archive_message(self, _request: Request, user: User, _admin: bool, number: str, what: str) -> Response:
        topic = self._visible(number, user)
        topic.archived = what == "archive-message"
        return as_json({"success": "OK"})

    def tags(self, request: Request, user: User, _admin: bool, number: str) -> Response:
        topic = self._visible(number, user)
        given = request.json.get("tags", [])
        names = [str(one["name"] if isinstance(one, dict) else one).lower().replace(" ", "-") for one in given]
        topic.tags = list(dict.fromkeys(names))
        row = topic_row(topic, user, {}, old_tags=self.old_tags)
        return as_json({"basic_topic": {name: row[name] for name in ("id", "title", "fancy_title", "slug", "posts_count")}})

    def assign(self, request: Request, user: User, _admin: bool) -> Response:
        if not self.has_assign:
            raise denied(404, "no", kind="not_found")
        said = request.json
        topic = self._visible(str(said["target_id"]), user)
        whom = self.users.get(str(said.get("username", "")).lower())
        if whom is None:
            return as_json({"error": "Non può essere assegnato"}, 400)
        topic.assignee = whom
        return as_json({"success": "OK"})

    def unassign(self, request: Request, user: User, _admin: bool) -> Response:
        self._visible(str(request.json["target_id"]), user).assignee = None
        return as_json({"success": "OK"})

    def accept(self, request: Request, user: User, _admin: bool) -> Response:
        return self._solve(request, user, accepted=True)

    def unaccept(self, request: Request, user: User, _admin: bool) -> Response:
        return self._solve(request, user, accepted=False)

    def _solve(self, request: Request, user: User, *, accepted: bool) -> Response:
        if not self.has_solved:
            raise denied(404, "no", kind="not_found")
        post, topic = self._post(str(request.json["id"]), user)
        if not user.staff and topic.user is not user:
            raise denied(403, "not yours")
        for one in topic.posts:
            one.accepted = one.accepted and one is not post and not accepted
        post.accepted = accepted
        return as_json({"success": "OK"})

    def bookmark(self, request: Request, user: User, _admin: bool) -> Response:
        said = request.json
        assert said["bookmarkable_type"] == "Topic"
        topic = self._visible(str(said["bookmarkable_id"]), user)
        if (user.username, topic.id) in self.bookmarks:
            return as_json({"failed": "FAILED", "errors": ["già nei segnalibri"]}, 400)
        number = self.next_id()
        self.bookmarks[user.username, topic.id] = {
            "id": number, "bookmarkable_id": topic.id, "bookmarkable_type": "Topic", "name": said.get("name"),
            "reminder_at": said.get("reminder_at"), "auto_delete_preference": 0,
        }  # fmt: skip
        return as_json({"success": "OK", "id": number})

    def change_bookmark(self, request: Request, user: User, _admin: bool, number: str) -> Response:
        for (name, _), mark in self.bookmarks.items():
            if name == user.username and mark["id"] == int(number):
                mark["reminder_at"] = request.json.get("reminder_at")
                return as_json({"success": "OK"})
        raise denied(404, "no", kind="not_found")

    def drop_bookmark(self, _request: Request, user: User, _admin: bool, number: str) -> Response:
        for place, mark in list(self.bookmarks.items()):
            if place[0] == user.username and mark["id"] == int(number):
                del self.bookmarks[place]
        return as_json({"success": "OK", "topic_bookmarked": False})

    def upload(self, request: Request, _user: User, _admin: bool) -> Response:
        fields = {part.name: part for part in request.form}
        file = fields["file"]
        digest = hashlib.sha1(file.content).hexdigest()
        self.uploads[digest] = (file.filename, file.content)
        ending = file.filename.rpartition(".")[2]
        return as_json({
            "id": len(self.uploads), "url": f"/uploads/default/{digest}.{ending}", "original_filename": file.filename,
            "filesize": len(file.content), "width": 1, "height": 1, "thumbnail_width": 1, "thumbnail_height": 1,
            "extension": ending, "short_url": f"upload://{digest}.{ending}", "short_path": f"/uploads/short-url/{digest}.{ending}",
            "retain_hours": None, "human_filesize": "1 KB",
        })  # fmt: skip

    def download(self, request: Request, _user: User, _admin: bool, digest: str) -> Response:
        if digest not in self.uploads:
            raise denied(404, "no", kind="not_found")
        return Response(200, {"content-type": "application/octet-stream"}, self.uploads[digest][1])

    def reviews(self, request: Request, user: User, _admin: bool) -> Response:
        if not user.staff:
            raise denied(403, "staff only")
        open_ = [one for one in self.reviewables.values() if one.status == 0]
        offset = int(request.first("offset", "0"))
        rows, beside = reviewables_json(open_[offset : offset + PER_REVIEW], self.topics)
        return as_json({"reviewables": rows, **beside, "meta": {**beside["meta"], "total_rows_reviewables": len(open_)}})

    def one_review(self, _request: Request, user: User, _admin: bool, number: str) -> Response:
        one = self.reviewables.get(int(number))
        if not user.staff or one is None:
            raise denied(404, "no", kind="not_found")
        shown, beside = reviewables_json([one], self.topics)
        return as_json({"reviewable": shown[0], **beside})

    def perform(self, request: Request, user: User, _admin: bool, number: str, action: str) -> Response:
        one = self.reviewables.get(int(number))
        if not user.staff or one is None:
            raise denied(404, "no", kind="not_found")
        if not request.first("version"):
            raise denied(422, "missing version")
        if int(request.first("version")) != one.version or one.status:
            raise denied(409, "qualcun altro")
        if action not in [row["server_action"] for row in reviewables_json([one], self.topics)[1]["actions"]]:
            raise denied(403, "no such action")
        if action == "ignore_and_do_nothing":
            one.status, one.version = 3, one.version + 1
        else:
            self.review(one, action.startswith(("approve", "agree")))
        return as_json({"reviewable_perform_result": {"success": True, "version": one.version}})


ROUTES: list[tuple[str, str, Callable[..., Response]]] = [
    ("GET", r"/session/current\.json", Forum.session),
    ("GET", r"/site/basic-info\.json", Forum.basic_info),
    ("GET", r"/site\.json", Forum.site),
    ("GET", r"/c/([^/]+)/(\d+)\.json", Forum.category),
    ("GET", r"/c/(\d+)/show\.json", Forum.show_category),
    ("GET", r"/tag/([^/]+)\.json", Forum.tag),
    ("GET", r"/latest\.json", Forum.latest),
    ("GET", r"/topics/private-messages(-archive)?/([^/]+)\.json", Forum.private),
    ("GET", r"/topics/created-by/([^/]+)\.json", Forum.created_by),
    ("GET", r"/topics/private-messages-sent/([^/]+)\.json", Forum.private_sent),
    ("GET", r"/topics/private-messages-group/([^/]+)/([^/]+?)(/archive)?\.json", Forum.group_inbox),
    ("GET", r"/t/(\d+)\.json", Forum.show),
    ("GET", r"/t/(\d+)/posts\.json", Forum.posts_of),
    ("GET", r"/posts/(\d+)\.json", Forum.one_post),
    ("GET", r"/posts/([^/]+)/pending\.json", Forum.pending),
    ("POST", r"/posts\.json", Forum.create),
    ("PUT", r"/posts/(\d+)\.json", Forum.change_post),
    ("DELETE", r"/posts/(\d+)\.json", Forum.delete_post),
    ("POST", r"/topics/timings\.json", Forum.timings),
    ("DELETE", r"/t/(\d+)/timings\.json", Forum.unread),
    ("PUT", r"/posts/(\d+)/recover\.json", Forum.recover),
    ("PUT", r"/t/(\d+)/status\.json", Forum.status),
    ("PUT", r"/t/(\d+)/(archive-message|move-to-inbox)\.json", Forum.archive_message),
    ("PUT", r"/t/-/(\d+)\.json", Forum.tags),
    ("PUT", r"/assign/assign\.json", Forum.assign),
    ("PUT", r"/assign/unassign\.json", Forum.unassign),
    ("POST", r"/solution/accept\.json", Forum.accept),
    ("POST", r"/solution/unaccept\.json", Forum.unaccept),
    ("POST", r"/bookmarks\.json", Forum.bookmark),
    ("PUT", r"/bookmarks/(\d+)\.json", Forum.change_bookmark),
    ("DELETE", r"/bookmarks/(\d+)\.json", Forum.drop_bookmark),
    ("POST", r"/uploads\.json", Forum.upload),
    ("GET", r"/uploads/(?:short-url|default)/([0-9a-f]+)\.\w+", Forum.download),
    ("GET", r"/review\.json", Forum.reviews),
    ("GET", r"/review/(\d+)\.json", Forum.one_review),
    ("PUT", r"/review/(\d+)/perform/(\w+)\.json", Forum.perform),
]


class DiscourseServer(HttpServer):
    """The simulated forum on a port of its own."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.forum = Forum(now)
        super().__init__(self.forum)
