"""Bluesky where the network from npm cannot be made to behave so: tokens that end, limits, labels, blocks, odd answers.

The server here is simulated: its answers have the shapes of the lexicons and of what a real PDS was seen to answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_tests
from hypothesis import strategies as st

from agent_tui.domain.errors import AuthenticationError, OutcomeUnknown, Refused, TryLater
from agent_tui.domain.model import Address, Answer, CaseRef, Role, Visibility
from agent_tui.domain.operations import Reply
from agent_tui.domain.settings import Faults, TableReader, Url
from agent_tui.sources.base import Access, Found
from agent_tui.sources.bluesky import build, facets, picture, records, settings, thread, wire
from agent_tui.sources.bluesky.cursor import Cursor
from agent_tui.sources.bluesky.settings import BlueskySettings
from agent_tui.sources.bluesky.source import BlueskySource
from tests.contract.ledger import Ledger
from tests.contract.steps import pull_all
from tests.servers.http_server import HttpServer, Request, Response, as_json
from tests.servers.process import LOOPBACK

ME, ROBIN, PEER = "did:plc:support", "did:plc:robin", "did:plc:peer"
PASSWORD = "abcd-efgh-ijkl-mnop"
TIME = "2026-10-01T10:00:00.000Z"


def post(uri: str, text: str, *, author: str = ROBIN, parent: str = "", root: str = "", **view: Any) -> dict[str, Any]:
    """``app.bsky.feed.defs#postView``."""
    record: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": text, "createdAt": TIME, **view.pop("record", {})}
    if parent:
        record["reply"] = {"root": {"uri": root or parent, "cid": "c"}, "parent": {"uri": parent, "cid": "c"}}
    handle = author.rpartition(":")[2] + ".test"
    return {"uri": uri, "cid": "bafy", "author": {"did": author, "handle": handle}, "record": record, "indexedAt": TIME, **view}


def at(author: str, key: str) -> str:
    return f"at://{author}/app.bsky.feed.post/{key}"


MENTION = {"facets": [{"index": {"byteStart": 0, "byteEnd": 8},
                       "features": [{"$type": "app.bsky.richtext.facet#mention", "did": ME}]}]}  # fmt: skip
ASKED = at(ROBIN, "1")
OURS = thread.Ours(ME, "support.test", frozenset({"asha.test"}))


class Pds:
    """Hands out tokens, knows which are good, and shows one mention."""

    def __init__(self) -> None:
        self.good: set[str] = set()
        self.logins: list[Any] = []
        self.refreshes = 0
        self.refresh_works = True
        self.count = 0
        self.headers: dict[str, str] = {}
        self.answers: dict[str, Response] = {}
        self.written: list[Any] = []

    def __call__(self, request: Request) -> Response:
        method = request.path.removeprefix("/xrpc/").partition("?")[0]
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if method in self.answers:
            return self.answers[method]
        if method == "com.atproto.server.createSession":
            self.logins.append(request.json)
            if request.json["password"] != PASSWORD:
                return as_json({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
            return as_json(self.tokens())
        if method == "com.atproto.server.refreshSession":
            self.refreshes += 1
            if not self.refresh_works or not token.startswith("refresh"):
                return as_json({"error": "ExpiredToken", "message": "Token has been revoked"}, 400)
            return as_json(self.tokens())
        if token not in self.good:
            return as_json({"error": "ExpiredToken", "message": "Token has expired"}, 400)
        if method == "app.bsky.notification.listNotifications":
            row = {**post(ASKED, "@support hello", record=MENTION), "reason": "mention", "isRead": False}
            return as_json({"notifications": [row]}, 200, self.headers)
        if method == "app.bsky.feed.getPostThread":
            return as_json({"thread": {"post": post(ASKED, "@support hello", record=MENTION), "replies": []}})
        if method == "app.bsky.feed.getPosts":
            return as_json({"posts": [post(ASKED, "@support hello")]})
        if method == "com.atproto.repo.getRecord":
            return as_json({"error": "RecordNotFound", "message": "Could not locate record"}, 400)
        if method == "com.atproto.repo.applyWrites":
            self.written.append(request.json)
            return as_json({"results": []})
        return as_json({"feed": []})

    def tokens(self) -> dict[str, Any]:
        self.count += 1
        self.good = {f"access-{self.count}"}
        return {"accessJwt": f"access-{self.count}", "refreshJwt": f"refresh-{self.count}", "did": ME, "handle": "support.test"}


@pytest.fixture
def pds() -> Pds:
    return Pds()


@pytest.fixture
def server(pds: Pds) -> Iterator[HttpServer]:
    server = HttpServer(pds)
    yield server
    server.close()


def source(server: HttpServer, tmp_path: Path, ledger: Ledger, **more: Any) -> BlueskySource:
    password = more.pop("password", PASSWORD)
    made = build(
        Access(
            name="social",
            settings=BlueskySettings(
                handle="support.test", messages=False, url=Url(scheme="http", host=LOOPBACK, port=server.port), **more
            ),
            secret=lambda _: password, now=lambda: time.time_ns() // 1_000_000, mirror=ledger, agent_addresses=frozenset(),
            workspace=tmp_path, downloads=tmp_path,
        )
    )  # fmt: skip
    assert isinstance(made, BlueskySource)
    return made


def reply(text: str = "yes", **more: Any) -> Reply:
    values: dict[str, Any] = {
        "text": text, "visibility": Visibility.PUBLIC, "marker": "marker-1", "created_at": 1_790_000_000_000, "sender": Address(),
        "to": (), "answered": (ASKED, ASKED), **more,
    }  # fmt: skip
    return Reply(**values)


CASE = CaseRef(id=1, conversation=ASKED, places=((ASKED, ASKED),), incoming=((ASKED, ASKED),))


# ---- sessions


async def test_an_expired_session_is_renewed_without_the_password(pds: Pds, server: HttpServer, tmp_path: Path) -> None:
    ledger = Ledger()
    one = source(server, tmp_path, ledger)
    await one.open()
    pds.good = set()
    await pull_all(one, ledger)
    assert (pds.refreshes, len(pds.logins)) == (1, 1)
    pds.good = set()
    receipt = await one.push(reply(), CASE, "r")
    assert receipt.remote_id
    assert (pds.refreshes, len(pds.logins), len(pds.written)) == (2, 1, 1)
    await one.close()


async def test_a_session_that_cannot_be_renewed_is_begun_anew(pds: Pds, server: HttpServer, tmp_path: Path) -> None:
    ledger = Ledger()
    one = source(server, tmp_path, ledger)
    await one.open()
    pds.good, pds.refresh_works = set(), False
    await pull_all(one, ledger)
    assert (pds.refreshes, len(pds.logins)) == (1, 2)
    assert ledger.of(ASKED)
    await one.close()


async def test_a_wrong_password_is_said_to_be_one(server: HttpServer, tmp_path: Path) -> None:
    one = source(server, tmp_path, Ledger(), password="wrong-wrong")
    with pytest.raises(AuthenticationError, match="does not accept the app password of support") as caught:
        await one.open()
    assert "wrong-wrong" not in str(caught.value)


async def test_an_account_that_asks_for_a_code_is_told_of_app_passwords(pds: Pds, server: HttpServer, tmp_path: Path) -> None:
    one = source(server, tmp_path, Ledger())
    body = {"error": "AuthFactorTokenRequired", "message": "A sign in code has been sent"}
    pds.answers["com.atproto.server.createSession"] = as_json(body, 401)
    with pytest.raises(AuthenticationError, match="app password"):
        await one.open()


# ---- limits


async def test_a_limit_says_when_to_come_back(pds: Pds, server: HttpServer, tmp_path: Path) -> None:
    one = source(server, tmp_path, Ledger())
    await one.open()
    headers = {"ratelimit-limit": "3000", "ratelimit-remaining": "0", "ratelimit-reset": str(int(time.time()) + 90)}
    body = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    pds.answers["com.atproto.repo.applyWrites"] = as_json(body, 429, headers)
    with pytest.raises(TryLater) as caught:
        await one.push(reply(), CASE, "r")
    assert caught.value.retry_after_ms is not None
    assert 80_000 < caught.value.retry_after_ms <= 90_000
    await one.close()


async def test_the_last_requests_of_a_window_are_kept_for_replies(pds: Pds, server: HttpServer, tmp_path: Path) -> None:
    ledger = Ledger()
    one = source(server, tmp_path, ledger)
    await one.open()
    reset = str(int(time.time()) + 60)
    pds.headers = {"ratelimit-limit": "3000", "ratelimit-remaining": "299", "ratelimit-reset": reset}
    with pytest.raises(TryLater, match="kept for replies"):
        await pull_all(one, ledger)
    assert (await one.push(reply(), CASE, "r")).remote_id
    await one.close()


async def test_a_server_in_trouble_leaves_a_reply_in_doubt(pds: Pds, server: HttpServer, tmp_path: Path) -> None:
    one = source(server, tmp_path, Ledger())
    await one.open()
    pds.answers["com.atproto.repo.applyWrites"] = as_json({"error": "InternalServerError"}, 500)
    with pytest.raises(OutcomeUnknown):
        await one.push(reply(), CASE, "r")
    assert (await one.find(reply(), CASE, "r")).found is Found.ABSENT
    await one.close()


# ---- what may not be answered


@pytest.mark.parametrize(
    ("view", "node", "words"),
    [
        ({"viewer": {"replyDisabled": True}}, {}, "limited who may answer"),
        (None, {"notFound": True}, "was deleted"),
        (None, {"blocked": True, "author": {"did": ROBIN, "viewer": {"blockedBy": True}}}, "its author blocks this account"),
        (None, {"blocked": True, "author": {"did": ROBIN, "viewer": {"blocking": "at://x"}}}, "this account blocks its author"),
    ],
)
async def test_a_reply_that_nobody_would_see_comes_back(
    pds: Pds, server: HttpServer, tmp_path: Path, view: Any, node: Any, words: str
) -> None:
    one = source(server, tmp_path, Ledger())
    await one.open()
    pds.answers["app.bsky.feed.getPosts"] = as_json({"posts": [post(ASKED, "x", **view)] if view else []})
    pds.answers["app.bsky.feed.getPostThread"] = as_json({"thread": node})
    with pytest.raises(Refused, match=words):
        await one.push(reply(), CASE, "r")
    assert pds.written == []
    await one.close()


# ---- threads


def node(view: dict[str, Any], *replies: dict[str, Any], parent: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"post": view, "replies": list(replies), **({"parent": parent} if parent else {})}


def test_a_case_begins_where_somebody_turns_to_us() -> None:
    theirs = post(at(PEER, "0"), "I like trains", author=PEER)
    asks = post(at(ROBIN, "1"), "ask @support", parent=theirs["uri"], record=MENTION)
    more = post(at(ROBIN, "2"), "really", parent=asks["uri"], root=theirs["uri"])
    found = thread.thread_of({"thread": node(more, parent=node(asks, parent=node(theirs)))})
    anchor = thread.anchor_of(found, OURS)
    assert anchor is not None
    assert anchor.uri == asks["uri"]


def test_answers_to_a_post_of_ours_are_cases_of_their_own() -> None:
    ours = post(at(ME, "0"), "We are open", author=ME)
    answer = post(at(ROBIN, "1"), "Until when?", parent=ours["uri"])
    found = thread.thread_of({"thread": node(answer, parent=node(ours))})
    anchor = thread.anchor_of(found, OURS)
    assert anchor is not None
    assert anchor.uri == answer["uri"]
    read = thread.read(found, OURS, {}, 0)
    shown = sorted(read.messages.values(), key=lambda one: one.received_at)
    assert [(one.text, one.automatic, one.author.role) for one in shown] == [
        ("We are open", True, Role.AGENT), ("Until when?", False, Role.CUSTOMER)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "when"),
    [("10:01:00", "10:01:00"), ("13:00:00", "10:01:09"), ("07:00:00", "10:00:00.001")],
    ids=["right", "clock ahead", "clock behind"],
)
def test_a_post_of_ours_is_as_old_as_we_wrote_it_and_not_as_late_as_the_network_showed_it(written: str, when: str) -> None:
    """What the customer wrote privately in between came after it, and is waiting for an answer."""
    record = {wire.OURS: {"reference": "marker-1", "part": 0, "parts": 1}, "createdAt": f"2026-10-01T{written}Z"}
    ours = post(at(ME, "1"), "I have written to you.", author=ME, parent=ASKED, record=record, indexedAt="2026-10-01T10:01:09Z")
    read = thread.read(thread.thread_of({"thread": node(post(ASKED, "@support?", record=MENTION), node(ours))}), OURS, {}, 0)
    (message,) = (one for one in read.messages.values() if one.author.role is Role.AGENT)
    assert message.received_at == wire.moment(f"2026-10-01T{when}Z")


def test_who_is_who_and_how_far_it_is_answered() -> None:
    asks = post(ASKED, "where is it? @support", record=MENTION)
    peer = post(at(PEER, "2"), "try again", author=PEER, parent=ASKED)
    colleague = post(at("did:plc:asha", "3"), "It is here", author="did:plc:asha", parent=ASKED)
    read = thread.read(thread.thread_of({"thread": node(asks, node(peer))}), OURS, {}, 0)
    assert read.case.answer is Answer.UNVERIFIED
    read = thread.read(thread.thread_of({"thread": node(asks, node(peer), node(colleague))}), OURS, {}, 0)
    assert read.case.answer is Answer.STAFF
    assert {one.text: one.author.role for one in read.messages.values()} == {
        "where is it? @support": Role.CUSTOMER, "try again": Role.PEER, "It is here": Role.AGENT
    }  # fmt: skip
    assert read.case.public


def test_the_posts_of_one_reply_are_one_message() -> None:
    def part(number: int, text: str, before: str = "") -> dict[str, Any]:
        ours = {"reference": "marker-1", "part": number, "parts": 3, "before": before}
        return post(at(ME, str(number)), text, author=ME, parent=ASKED, record={wire.OURS: ours})

    asks = post(ASKED, "@support?", record=MENTION)
    whole = node(asks, node(part(0, "one."), node(part(1, "two.", "\n\n"), node(part(2, "three", " ")))))
    read = thread.read(thread.thread_of({"thread": whole}), OURS, {}, 0)
    (message,) = (one for one in read.messages.values() if one.author.role is Role.AGENT)
    assert (message.text, message.marker, message.warning) == ("one.\n\ntwo. three", "marker-1", "")
    assert message.key == at(ME, "0")
    broken = node(asks, node(part(0, "one."), node(part(2, "three", " "))))
    read = thread.read(thread.thread_of({"thread": broken}), OURS, {}, 0)
    (message,) = (one for one in read.messages.values() if one.author.role is Role.AGENT)
    assert message.warning == "1 of its 3 posts are gone"


@pytest.mark.parametrize(("above", "words"), [({"notFound": True}, "was deleted"), ({"blocked": True, "author": {}}, "blocks")])
def test_what_is_missing_above_is_said(above: dict[str, Any], words: str) -> None:
    asks = post(ASKED, "@support?", record=MENTION, parent=at(PEER, "0"))
    read = thread.read(thread.thread_of({"thread": node(asks, parent=above)}), OURS, {}, 0)
    assert words in read.messages[ASKED].warning


def test_a_post_that_cannot_be_read_is_named_and_the_rest_is_shown() -> None:
    asks = post(ASKED, "@support?", record=MENTION)
    broken = post(at(PEER, "2"), "x", author=PEER)
    broken["record"]["text"] = 7
    found = thread.thread_of({"thread": node(asks, node(broken), node(post(at(PEER, "3"), "seen", author=PEER)))})
    assert [one.ref for one in found.bad] == [at(PEER, "2")]
    assert len(thread.read(found, OURS, {}, 0).messages) == 2


# ---- words


def test_links_say_where_they_lead() -> None:
    def spelled(said: str, uri: str) -> str:
        text = f"ਵੇਖੋ {said} ok"
        start = len("ਵੇਖੋ ".encode())
        facet = {"index": {"byteStart": start, "byteEnd": start + len(said.encode())},
                 "features": [{"$type": wire.LINK, "uri": uri}]}  # fmt: skip
        return wire.spelled(text, [facet])

    assert spelled("https://a.example/x", "https://a.example/x") == "ਵੇਖੋ https://a.example/x ok"
    assert spelled("a.example/long/pa...", "https://a.example/long/path") == "ਵੇਖੋ https://a.example/long/path ok"
    assert spelled("your bank", "https://evil.example") == "ਵੇਖੋ your bank (https://evil.example) ok"
    assert wire.spelled("x", [{"index": {"byteStart": 5, "byteEnd": 90}, "features": [{"$type": wire.LINK, "uri": "u"}]}]) == "x"


def test_labels_are_said_in_words() -> None:
    service = "did:plc:labels"
    on_post = [{"src": service, "val": "spam"}, {"src": ROBIN, "val": "nudity"}, {"src": service, "val": "!no-unauthenticated"},
               {"src": service, "val": "rude"}, {"src": service, "val": "rude", "neg": True}]  # fmt: skip
    words = wire.labels(on_post, [{"src": service, "val": "made-up"}], ROBIN)
    assert words == "labelled by moderators: spam; its author's account is labelled: made-up; labelled by its author: nudity"
    assert wire.labels([], [], ROBIN) == ""


def test_pictures_and_quotations_are_said_in_words() -> None:
    images = {"$type": "app.bsky.embed.images#view",
              "images": [{"fullsize": "https://cdn.example/1", "alt": "The meter"}, {"fullsize": "file:///etc/passwd", "alt": ""}]}  # fmt: skip
    quoted = {"$type": "app.bsky.embed.record#viewRecord", "author": {"did": PEER, "handle": "peer.test"}, "value": {"text": "a\nb"}}
    both = {"$type": "app.bsky.embed.recordWithMedia#view", "media": images, "record": {"record": quoted}}
    found = wire.post_of(post(ASKED, "Look", embed=both))
    assert found.shown == "Look\n\n[image: The meter]\n[image without a description]\n\npeer.test:\n> a\n> b"
    assert [(one.name, one.part) for one in found.attachments] == [("The meter.jpg", "https://cdn.example/1")]
    for kind, words in (("viewNotFound", "deleted"), ("viewBlocked", "blocks"), ("viewDetached", "took it out")):
        embed = {"$type": "app.bsky.embed.record#view", "record": {"$type": f"app.bsky.embed.record#{kind}"}}
        assert words in wire.post_of(post(ASKED, "Look", embed=embed)).shown


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(TIME) | st.just(ASKED),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["post", "record", "author", "did", "replies", "parent", "uri", "text", "indexedAt", "embed", "$type", "facets",
                         "index", "features", "labels", "images", "blocked", "reply", "root", wire.OURS, "viewer"]), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@settings_of_tests(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(json_values)
def test_no_answer_breaks_the_reading(value: Any) -> None:
    found = thread.thread_of({"thread": value})
    if found.post is not None:
        thread.read(found, OURS, {}, 0)


def test_places_of_facets_are_counted_in_bytes() -> None:
    text = "ਸਤ ਸ੍ਰੀ ਅਕਾਲ @robin.test, see https://a.example/ਪੰਨਾ. #ਮਦਦ @nobody.test"
    found = facets.facets(text, {"robin.test": ROBIN})
    raw = text.encode()
    said = [raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode() for one in found]
    assert said == ["@robin.test", "https://a.example/ਪੰਨਾ", "#ਮਦਦ"]
    assert [one["features"][0] for one in found] == [
        {"$type": wire.MENTION, "did": ROBIN}, {"$type": wire.LINK, "uri": "https://a.example/ਪੰਨਾ"},
        {"$type": facets.TAG, "tag": "ਮਦਦ"},
    ]  # fmt: skip


# ---- records


def test_keys_are_the_same_on_every_attempt_and_sort_as_the_parts_do() -> None:
    keys = records.keys("marker-1", 1_790_000_000_000, 25)
    assert keys == records.keys("marker-1", 1_790_000_000_000, 25)
    assert list(keys) == sorted(set(keys))
    assert keys[:3] == records.keys("marker-1", 1_790_000_000_000, 3)
    assert not set(keys) & set(records.keys("marker-2", 1_790_000_000_000, 25))
    assert all(len(one) == 13 and one[0] in "234567abcdefghij" and set(one) <= set(records.LETTERS) for one in keys)


def test_a_content_identifier_is_the_one_that_a_server_gives() -> None:
    record = {  # as a PDS answered it
        "$type": "app.bsky.feed.post", "text": "@agent1.test hello", "createdAt": "2026-11-28T07:50:49.398055Z",
        "facets": [{"index": {"byteEnd": 12, "byteStart": 0},
                    "features": [{"did": "did:plc:66hxm3hc4rqk5xpop47clvha", "$type": "app.bsky.richtext.facet#mention"}]}],
    }  # fmt: skip
    assert records.cid(record) == "bafyreial3bwhck5pr2t4tnyyjugzl42jf3pkof3mqqiwefuk5p6t3gybgq"


@pytest.mark.parametrize(
    ("value", "encoded"),  # RFC 8949, appendix A, as far as DAG-CBOR has it
    [
        (0, "00"), (23, "17"), (24, "1818"), (100, "1864"), (1000, "1903e8"), (1_000_000, "1a000f4240"),
        (1_000_000_000_000, "1b000000e8d4a51000"), (-1, "20"), (-100, "3863"), (False, "f4"), (True, "f5"), (None, "f6"),
        ("", "60"), ("ü", "62c3bc"), ([1, [2, 3]], "8201820203"), ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
        ({"bb": 1, "a": 2}, "a261610262626201"),
    ],
)  # fmt: skip
def test_records_are_encoded_as_the_standard_says(value: Any, encoded: str) -> None:
    assert records.cbor(value).hex() == encoded


def test_the_size_of_a_picture_is_read_from_its_head() -> None:
    assert picture.size(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0") == (640, 480)
    assert picture.size(b"GIF89a\x0a\0\x05\0") == (10, 5)
    assert picture.size(b"\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x11\x08\1\xe0\2\x80") == (640, 480)
    assert picture.size(b"RIFF....WEBPVP8X\0\0\0\0\0\0\0\0\x7f\2\0\xdf\1\0") == (640, 480)
    for damaged in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"nothing"):
        assert picture.size(damaged) is None


# ---- cursor and settings


def test_a_cursor_comes_back_as_it_was() -> None:
    state = Cursor(ME, True, {ASKED: (1, ASKED)}, {"o": 2}, {ASKED: (3, 4)}, {"t": 5}, {"s": 6}, {"p": True}, "log", {"c": 7}, ["x"])
    assert Cursor.load(state.dump(), ME) == state
    for words in ("", "{}", "[]", "7", '{"life": "did:plc:support"}', state.dump()):
        assert Cursor.load(words, "did:plc:other") == Cursor("did:plc:other")


def test_settings_say_what_is_wrong(tmp_path: Path) -> None:
    faults = Faults("workspace.toml", {})
    table = TableReader({"handle": "Support", "agents": ["asha"], "labelers": ["x"], "history": "long"}, faults, base=tmp_path)
    settings.read(table)
    words = "\n".join(faults.sorted())
    for one in ("is no handle", '"asha" is not a handle', '"x" is not a DID', 'must be "all" or a length of time'):
        assert one in words
    good = settings.read(TableReader({"handle": "@Support.Example.com"}, Faults("f", {}), base=tmp_path))
    assert (good.handle, good.url.host, good.addresses) == ("support.example.com", "bsky.social", ("support.example.com",))
