"""Everything the fuzzer ever found is played again, and chance looks a little further each time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import CORPUS, TARGETS, mail, page, quoted, told, words

PIECES = st.sampled_from(
    [b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"=?utf-8?b?", b"?=", b"<table><tr><td>", b"<!--", b"> > ", b"On ",
     b" wrote:\n", b"{{ ", b" }}", b"{% for x in y %}", b'"', b"(", b" OR ", b"from:", b"---\n", b"# ", b"\x1b]8;;", b"\xe2\x80\xae", b"\n",
     b"\xe0\xa6\xac\xe0\xa6\xbe", b"begin 644 x\n", b"&#x1b;", b"\x9b", b"{", b"}", b":", b"[]", b"before:2026-13-40 "]
)  # fmt: skip
BYTES = st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=25).map(b"".join)
KEYS = st.sampled_from(
    ["id", "type", "content", "body", "sender", "user_id", "event_id", "msgtype", "m.relates_to", "m.new_content", "rel_type", "message_type", "content_attributes", "email", "to", "cc", "created_at", "attachments", "post_stream", "posts", "stream", "username", "raw", "cooked", "tags", "title", "details", "accepted_answer", "meta", "labels", "status", "author", "address", "name", "text", "sent_at", "direction", "visibility", "case", "subject", "url", "file_type", "data_url", "reply_to", "origin_server_ts"]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.floats(), st.text(max_size=8),
              st.sampled_from(["m.text", "m.image", "m.file", "\x1b[2J", "2026-01-01T00:00:00Z", "m.thread", "\u202e"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)), max_leaves=25,
)  # fmt: skip
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_the_fuzzer_found_is_played_again(name: str) -> None:
    for path in sorted((CORPUS / name).glob("*")):
        TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", sorted(set(TARGETS) - {"answers"}))
@QUIET
@given(data=BYTES)
def test_no_bytes_break_a_parser(name: str, data: bytes) -> None:
    TARGETS[name](data)


@QUIET
@given(st.dictionaries(KEYS, VALUES, max_size=12))
def test_no_answer_breaks_a_reader(value: dict[str, Any]) -> None:
    told(value)


POST: dict[str, Any] = {
    "uri": "at://did:plc:a/app.bsky.feed.post/1", "cid": "bafy", "indexedAt": "2026-01-01T00:00:00Z", "replyCount": 1,
    "author": {"did": "did:plc:a", "handle": "a.example", "displayName": "A", "labels": [{"val": "spam", "src": "did:plc:b"}]},
    "labels": [{"val": "!hide"}],
    "record": {"text": "Hello there", "createdAt": "2026-01-01T00:00:00Z", "reply": {"parent": {"uri": "at://x/y/z", "cid": "c"}, "root": {"uri": "at://x/y/z"}},
               "facets": [{"index": {"byteStart": 0, "byteEnd": 5}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "http://a.example"}]}],
               "embed": {"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:us/app.bsky.feed.post/2"}}},
    "embed": {"$type": "app.bsky.embed.external#view", "external": {"uri": "http://a.example", "title": "t", "description": "d"}},
}  # fmt: skip
NEAR: tuple[dict[str, Any], ...] = (
    POST,
    {"thread": {"post": POST, "parent": {"post": POST}, "replies": [{"post": POST, "replies": []}, {"blocked": True, "author": {"did": "did:plc:b"}}]}},
    {"pid": 7, "uid": 3, "timestamp": 1_790_000_000_000, "content": "<p>Hello</p>", "index": 1, "edited": 0, "deleted": 0, "titleRaw": "A topic", "tid": 4, "cid": 2,
     "user": {"username": "robin", "uid": 3, "displayname": "Robin", "selectedGroups": [{"slug": "administrators"}]}, "tags": [{"value": "a"}], "postcount": 2},
    {"mid": 9, "fromuid": 3, "fromUser": {"username": "robin", "uid": 3}, "timestamp": 1_790_000_000_000, "content": "<b>Hi</b>"},
)  # fmt: skip


@QUIET
@given(data=st.data())
def test_a_real_answer_with_something_else_in_one_place_breaks_no_reader(data: st.DataObject) -> None:
    value = copy.deepcopy(data.draw(st.sampled_from(NEAR)))
    place: Any = value
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not place[key] or not isinstance(place[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = data.draw(VALUES)
    told(value)


HUGE = (
    (page, b"<div>" * 100 + b"<b>x" , b"a line of words\n"),
    (page, b"", b"<td>"),
    (quoted, b"", b"> "),
    (quoted, b"", b"On Monday x wrote:\n> a\n"),
    (words, b"", b"\xe0\xa6\x95\xe0\xa7\x8d"),
    (words, b"", b"\x1b]0;x\x07"),
    (mail, b"Content-Type: text/plain\r\n\r\n", b"a"),
    (mail, b"Content-Type: multipart/mixed; boundary=x\r\n\r\n", b"--x\r\n\r\n"),
    (mail, b"Subject: ", b"=?utf-8?q?a?= "),
)  # fmt: skip


@pytest.mark.parametrize(("target", "head", "piece"), HUGE)
def test_ten_times_the_text_takes_about_ten_times_as_long(target: Callable[[bytes], None], head: bytes, piece: bytes) -> None:
    """By processor time, the least of three; a quadratic parser would take a hundred times as long."""

    def cost(size: int) -> float:
        data = head + piece * (size // len(piece))
        found = []
        for _ in range(3):
            start = time.process_time()
            target(data)
            found.append(time.process_time() - start)
        return min(found)

    assert cost(1_000_000) < 40 * max(cost(100_000), 0.002)
