"""The simulated Discourse against the vendor's own description of its answers.

The published OpenAPI does not validate the vendor's recordings (nulls, fields of plugins), so what is checked is what
a client may rely on: every field that it requires is there and has a declared type, or null. The recordings are read
by the source too, so that it is not only held against this server.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.discourse import DiscourseServer
from tests.servers.discourse_state import Topic

SHARED = Path(__file__).parents[3] / "shared" / "services" / "discourse"
NOW = 1_790_000_000_000
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
# Described by what one recording happened to hold: a null where there is a number or a yes, a number where there is null.
APART = {"reply_to_post_number", "category_id", "bookmarked"}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the vendor's published files are not here")


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return json.loads(gzip.decompress((SHARED / "openapi.json.gz").read_bytes()))["paths"]


@pytest.fixture
def server() -> Iterator[DiscourseServer]:
    server = DiscourseServer(lambda: NOW)
    forum = server.forum
    forum.user("support", "Asha", admin=True, whisperer=True)
    yield server
    server.close()


@pytest.fixture
def topic(server: DiscourseServer) -> Topic:
    topic = server.forum.topic(server.forum.user("robin", "Robin Bell"), "It does not sync", "Why does `sync` fail here?")
    server.forum.add(topic, server.forum.user("lena"), "Did you try turning it off and on?")
    return topic


def client(server: DiscourseServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"Api-Key": server.forum.admin_key, "Api-Username": "support"})


def faults(value: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """Where a value is not what a schema requires; null is let through, as the recordings do."""
    if path.rpartition(".")[2] in APART or not schema:
        return []
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if value is not None and kinds:
        good = any(kind == "null" or isinstance(value, TYPES[kind]) for kind in kinds if kind in TYPES)
        if not good or (isinstance(value, bool) and "boolean" not in kinds):
            return [f"{path}: {value!r} is not {kinds}"]
    found = []
    if isinstance(value, dict):
        found += [f"{path}.{name} is missing" for name in schema.get("required", []) if name not in value]
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                found += faults(value[name], inner, f"{path}.{name}".strip("."))
    if isinstance(value, list):
        for one in value:
            found += faults(one, schema.get("items", {}), f"{path}.[]".strip("."))
    return found


def schema_of(described: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    return described[path][method]["responses"]["200"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("get", "/t/{id}.json", "/t/{topic}.json"), ("get", "/t/{id}/posts.json", "/t/{topic}/posts.json?post_ids[]={post}"),
        ("get", "/posts/{id}.json", "/posts/{post}.json"), ("get", "/latest.json", "/latest.json"),
        ("get", "/c/{slug}/{id}.json", "/c/support/4.json"),
        ("get", "/topics/private-messages/{username}.json", "/topics/private-messages/support.json"),
        ("get", "/topics/private-messages-sent/{username}.json", "/topics/private-messages-sent/support.json"),
        ("get", "/site/basic-info.json", "/site/basic-info.json"),
    ],
)  # fmt: skip
def test_readings_have_what_the_vendor_describes(server, described, topic, method, path, asked):
    server.forum.topic(server.forum.user("robin"), "A private matter", "Only for you", to=("support",))
    with client(server) as http:
        answer = http.get(asked.format(topic=topic.id, post=topic.posts[1].id))
    assert answer.status_code == 200
    assert faults(answer.json(), schema_of(described, method, path)) == []


def test_changes_answer_what_the_vendor_describes(server, described, topic):
    with client(server) as http:
        made = http.post("/posts.json", json={"raw": "An answer that is long enough", "topic_id": topic.id}).json()
        assert faults(made, schema_of(described, "post", "/posts.json")) == []
        changed = http.put(f"/posts/{made['id']}.json", json={"post": {"raw": "Another answer, long enough"}}).json()
        assert faults(changed, schema_of(described, "put", "/posts/{id}.json")) == []
        closed = http.put(f"/t/{topic.id}/status.json", json={"status": "closed", "enabled": "true"}).json()
        assert faults(closed, schema_of(described, "put", "/t/{id}/status.json")) == []
        tagged = http.put(f"/t/-/{topic.id}.json", json={"tags": ["bug"]}).json()
        assert faults(tagged, schema_of(described, "put", "/t/-/{id}.json")) == []
        file = {"file": ("a.txt", b"hello", "text/plain")}
        uploaded = http.post("/uploads.json", data={"type": "composer", "synchronous": "true"}, files=file).json()
        assert faults(uploaded, schema_of(described, "post", "/uploads.json")) == []


def test_the_check_itself_finds_what_is_wrong(described):
    wanted = schema_of(described, "get", "/t/{id}.json")
    found = faults({"id": "7", "post_stream": {"posts": [{}], "stream": 3}}, wanted)
    assert any("id: '7'" in one for one in found)
    assert any("stream: 3" in one for one in found)
    assert any("posts.[].cooked is missing" in one for one in found)


def test_errors_have_the_shapes_of_the_program(server, topic):
    shapes = json.loads((SHARED / "protocol_examples.json").read_text())
    robin = server.forum.user("robin")
    server.forum.user_keys["k"] = "robin"
    headers = {"User-Api-Key": "k"}
    with httpx.Client(base_url=server.url, headers=headers) as http:
        body = {"raw": "Exactly the same words again", "topic_id": topic.id}
        assert http.post("/posts.json", json=body).status_code == 200
        similar = http.post("/posts.json", json=body)
        assert similar.status_code == shapes["422 create _shape"]["status"]
        assert similar.json().keys() == shapes["422 create _shape"]["body"].keys()
        robin.approve = True
        kept = http.post("/posts.json", json={**body, "raw": "Something that has to wait"})
        assert kept.json() == shapes["200 enqueued for review _shape"]["body"]
        conflict = http.put(f"/posts/{topic.posts[0].id}.json", json={"post": {"raw": "x", "original_text": "y"}})
        assert conflict.status_code == shapes["409 edit conflict _shape"]["status"]
        assert conflict.json()["errors"]
        server.forum.user_limit = 1
        limited = http.get("/latest.json")
        assert limited.status_code == shapes["429 application _shape"]["status"]
        assert limited.json().keys() == shapes["429 application _shape"]["body"].keys()
        assert limited.headers["retry-after"] == str(limited.json()["extras"]["wait_seconds"])


def test_an_admin_key_s_post_is_known_again_for_two_minutes(server, topic):
    body = {"raw": "The same answer in the same words", "topic_id": topic.id}
    with client(server) as http:
        first, second = (http.post("/posts.json", json=body).json() for _ in range(2))
    assert first["id"] == second["id"]


def test_the_message_bus_tells_places_then_messages(server, topic):
    shapes = json.loads((SHARED / "protocol_examples.json").read_text())["message_bus poll"]
    with client(server) as http:
        (status,) = http.post("/message-bus/abc/poll", json={"/latest": -1, "__seq": 1}).json()
        assert status.keys() == shapes["status_message"].keys()
        assert status["channel"] == shapes["status_message"]["channel"]
        place = status["data"]["/latest"]
        assert http.post("/message-bus/abc/poll?dlp=t", json={"/latest": place, "__seq": 2}).json() == []
        server.forum.add(topic, server.forum.user("robin"), "Still broken")
        (told,) = http.post("/message-bus/abc/poll", json={"/latest": place, "__seq": 3}).json()
        assert told.keys() == shapes["response"][0].keys()
        assert told["message_id"] > place


def test_what_it_remembers_outlives_a_restart(server, topic):
    server.stop()
    with pytest.raises(httpx.ConnectError), client(server) as http:
        http.get("/latest.json")
    server.start()
    with client(server) as http:
        assert [one["id"] for one in http.get("/latest.json").json()["topic_list"]["topics"]] == [topic.id]
