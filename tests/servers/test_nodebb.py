"""The simulated NodeBB against the vendor's own description of its answers (4.15.1).

The description is a bundle of files that refer to each other, and requires almost nothing; so what is checked is that
every field that is answered is described, with a declared type or null.
"""

from __future__ import annotations

import gzip
import json
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.nodebb import NodebbServer

SHARED = Path(__file__).parents[3] / "shared" / "services" / "nodebb"
NOW = 1_790_000_000_000
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
LOOSE = {
    # Described as a text in the list of flags and as a number in the flag itself, where the program gives either.
    "assignee",
}  # fmt: skip

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the vendor's published files are not here")


class Bundle:
    """The published files, by path."""

    def __init__(self) -> None:
        self.files: dict[str, Any] = json.loads(gzip.decompress((SHARED / "openapi_bundle.json.gz").read_bytes()))

    def answer(self, api: str, file: str, method: str, status: str = "200") -> tuple[dict[str, Any], str]:
        path = f"public/openapi/{api}/{file}.yaml"
        return self.files[path][method]["responses"][status]["content"]["application/json"]["schema"], path

    def follow(self, schema: dict[str, Any], base: str) -> tuple[dict[str, Any], str]:
        while "$ref" in schema:
            place, _, inner = schema["$ref"].partition("#")
            base = posixpath.normpath(posixpath.join(posixpath.dirname(base), place)) if place else base
            schema = self.files[base]
            for key in filter(None, inner.split("/")):
                schema = schema[key]
        return schema, base

    def properties(self, schema: dict[str, Any], base: str) -> dict[str, tuple[dict[str, Any], str]]:
        schema, base = self.follow(schema, base)
        found = {name: (one, base) for name, one in schema.get("properties", {}).items()}
        for kind in ("allOf", "oneOf", "anyOf"):
            for one in schema.get(kind, ()):
                for name, inner in self.properties(one, base).items():
                    found.setdefault(name, inner)
        return found

    def faults(self, value: Any, schema: dict[str, Any], base: str, where: str = "") -> Iterator[str]:
        schema, base = self.follow(schema, base)
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if value is None or where.rpartition(".")[2] in LOOSE:
            return
        if kinds and not any(isinstance(value, TYPES[kind]) for kind in kinds if kind in TYPES):
            yield f"{where}: {value!r} is not {kinds}"
            return
        if isinstance(value, bool) and kinds and "boolean" not in kinds:
            yield f"{where}: a yes or no for {kinds}"
        properties = self.properties(schema, base)
        if isinstance(value, dict) and properties:
            for name, one in value.items():
                if name not in properties:
                    yield f"{where}.{name} is not described"
                else:
                    yield from self.faults(one, *properties[name], f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for one in value:
                yield from self.faults(one, schema["items"], base, f"{where}[]")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle()


@pytest.fixture
def server() -> Iterator[NodebbServer]:
    server = NodebbServer(lambda: NOW)
    forum = server.forum
    forum.tokens["token"] = "support"
    forum.user("support", "Asha", moderator=True)
    robin = forum.user("robin", "Robin Bell", group="Global Moderators")
    topic = forum.topic(robin, "It does not sync", "Why does `sync` fail **here**?", tags=("bug",))
    forum.add(topic, forum.user("lena"), "Did you try turning it off and on?")
    forum.lock_topic(topic)
    forum.say(forum.room(forum.user("support"), robin), robin, "psst")
    forum.flag(topic.posts[0], robin, "spam")
    forum._enqueue(robin, "it waits", tid=topic.tid)
    yield server
    server.close()


READS = [
    ("/api/self", "read", "self"), ("/api/config", "read", "config"), ("/api/recent", "read", "recent"),
    ("/api/v3/categories", "write", "categories"), ("/api/topic/{tid}", "read", "topic/topic_id"),
    ("/api/topic/pagination/{tid}", "read", "topic/pagination/topic_id"), ("/api/v3/topics/{tid}", "write", "topics/tid"),
    ("/api/v3/posts/{pid}", "write", "posts/pid"),
    ("/api/v3/posts/{pid}/raw", "write", "posts/pid/raw"), ("/api/v3/posts/{pid}/index", "write", "posts/pid/index"),
    ("/api/user/robin/posts", "read", "user/userslug/posts"), ("/api/user/robin/topics", "read", "user/userslug/topics"),
    ("/api/user/username/robin", "read", "user/username/username"), ("/api/flags", "read", "flags"),
    ("/api/v3/flags/{flag}", "write", "flags/flagId"), ("/api/post-queue", "read", "post-queue"),
    ("/api/v3/chats/{room}", "write", "chats/roomId"), ("/api/v3/chats/{room}/messages", "write", "chats/roomId/messages"),
    ("/api/v3/chats/{room}/messages/{mid}", "write", "chats/roomId/messages/mid"),
    ("/api/v3/chats/{room}/messages/{mid}/raw", "write", "chats/roomId/messages/mid/raw"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "api", "file"), READS, ids=[one[0] for one in READS])
def test_what_is_answered_is_described(server, bundle, path, api, file):
    forum = server.forum
    (topic,), (room,), (flag,) = forum.topics.values(), forum.rooms.values(), forum.flags.values()
    where = path.format(tid=topic.tid, pid=topic.posts[0].pid, room=room.id, mid=room.said[0].mid, flag=flag.id)
    answer = httpx.get(f"{server.url}{where}", headers={"authorization": "Bearer token"})
    assert answer.status_code == 200
    schema, base = bundle.answer(api, file, "get")
    assert list(bundle.faults(answer.json(), schema, base)) == []


def test_what_is_written_has_the_described_form(bundle, server):
    topic = next(iter(server.forum.topics.values()))
    headers = {"authorization": "Bearer token"}
    for method, path, file, body in (
        ("POST", f"topics/{topic.tid}", "topics/tid", {"content": "long enough", "toPid": topic.posts[0].pid}),
        ("POST", "topics", "topics", {"cid": 2, "title": "Open today", "content": "until 18:00", "tags": ["news"]}),
        ("PUT", f"topics/{topic.tid}/tags", "topics/tid/tags", {"tags": ["bug"]}),
        ("POST", f"flags/{next(iter(server.forum.flags))}/notes", "flags/flagId/notes", {"note": "seen", "datetime": NOW}),
    ):
        said = bundle.files[f"public/openapi/write/{file}.yaml"][method.lower()]["requestBody"]["content"]["application/json"]
        assert body.keys() <= bundle.properties(said["schema"], f"public/openapi/write/{file}.yaml").keys(), file
        answer = httpx.request(method, f"{server.url}/api/v3/{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        schema, base = bundle.answer("write", file, method.lower())
        assert list(bundle.faults(answer.json(), schema, base)) == [], file


def test_an_error_has_the_described_form(bundle, server):
    answer = httpx.post(f"{server.url}/api/v3/topics", json={"cid": 99, "title": "", "content": ""},
                        headers={"authorization": "Bearer token"})  # fmt: skip
    assert answer.status_code == 400
    assert answer.json()["status"]["code"] == "bad-request"
    path = "public/openapi/components/schemas/Error.yaml"
    assert list(bundle.faults(answer.json(), bundle.files[path]["Error"], path)) == []
