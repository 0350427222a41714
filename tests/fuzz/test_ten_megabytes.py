"""Ten megabytes of the worst that a stranger can write cost each reader less than two seconds of processor time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_tui.commands.setup import autoconfig
from agent_tui.domain import query, quotes, templates
from agent_tui.domain.text import clean, index_texts, snippet
from agent_tui.knowledge import canned_import, files, policy_files
from agent_tui.sources import html, mime
from agent_tui.sources.archive import lines
from agent_tui.sources.bluesky import wire as bluesky
from agent_tui.sources.chatwoot import read as chatwoot
from agent_tui.sources.discourse import cooked
from agent_tui.sources.discourse import wire as discourse
from agent_tui.sources.matrix import content as matrix
from agent_tui.sources.nodebb import rendered as nodebb

SIZE = 10_000_000
LIMIT_S = 2.0
WORD = 200
"""Pieces that stand for the beginning of a long run in the name of a test."""


def mail(data: bytes) -> None:
    message = mime.parse(data, container="INBOX", ref="1:1", received_at=1_790_000_000_000, agent_addresses={"a@shop.example"})
    for one in message.attachments[:3]:
        try:
            mime.part_bytes(data, one.part)
        except KeyError:
            continue


def page(data: bytes) -> None:
    clean(html.to_text(data.decode()))


def post(data: bytes) -> None:
    cooked.text_of(data.decode(), "https://forum.example")


def rendered(data: bytes) -> None:
    nodebb.text_of(data.decode(), "https://forum.example")


def quoted(data: bytes) -> None:
    quotes.quoted_spans(data.decode())
    quotes.fresh(data.decode())


def cleaned(data: bytes) -> None:
    clean(data.decode())
    snippet(data.decode())


def indexed(data: bytes) -> None:
    index_texts((data.decode(),))


def asked(data: bytes) -> None:
    with pytest.raises(query.QueryError, match="longer than"):
        query.parse(data.decode())


def template(data: bytes) -> None:
    try:
        templates.check(data.decode())
        templates.render(data.decode(), {})
    except templates.TemplateFault:
        pass


def library(data: bytes, folder: Path = Path("/nonexistent")) -> None:
    """Files of a library beyond a megabyte are left out; one of a megabyte costs less than ten do."""
    faults: list[Any] = []
    found = files.split("p.md", data[: files.LARGEST_FILE].decode("utf-8", "ignore"), faults)
    if found is not None:
        policy_files.read_clauses(found, faults)


def exported(data: bytes) -> None:
    try:
        canned_import.read(data, "replies.json", from_html=lambda text: text)
    except canned_import.ImportFault:
        pass


def configuration(data: bytes) -> None:
    autoconfig.read(data, "a@shop.example", "here")


def archived(data: bytes) -> None:
    try:
        value = lines.decode(data)
        lines.message(value, "1", "k", 1_790_000_000_000)
    except lines.BadLine:
        pass


def events(data: bytes) -> None:
    matrix.said({"content": {"msgtype": "m.text", "body": data.decode()}, "sender": "@a:b"}, "Robin")


def formatted(data: bytes) -> None:
    matrix.said({"content": {"msgtype": "m.text", "body": "x", "format": "org.matrix.custom.html", "formatted_body": data.decode()}}, "R")


def desk_answers(data: bytes) -> None:
    value = {"id": 1, "content": data.decode(), "message_type": 0, "created_at": 1_790_000_000, "sender": {"name": data.decode()[:WORD]}}
    try:
        chatwoot.message(value, chatwoot.around(value, "Website"))
    except chatwoot.Unreadable:
        pass


def forum_answers(data: bytes) -> None:
    ours = discourse.Ourselves(id=1, username="support")
    value = {"id": 5, "post_number": 1, "username": "a", "raw": data.decode(), "cooked": data.decode(), "created_at": "2026-01-01T00:00:00Z"}
    try:
        discourse.message_of(value, discourse.topic_of({"id": 1, "title": data.decode()[:WORD]}, ours), ours, "https://forum.example")
    except discourse.Unreadable:
        pass


def social_answers(data: bytes) -> None:
    text = data.decode()
    facets = [{"index": {"byteStart": at, "byteEnd": at + 3}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://x.example"}]}
              for at in range(0, 50_000, 5)]  # fmt: skip
    bluesky.spelled(text, facets)


Recipe = Callable[[], bytes]


def fill(piece: str, head: str = "", tail: str = "") -> Recipe:
    """Ten megabytes of a piece, made when they are wanted."""
    data = piece.encode()
    return lambda: head.encode() + data * ((SIZE - len(head) - len(tail)) // len(data)) + tail.encode()


HTML = {
    "words": fill("a line of words\n"), "cells": fill("<td>"), "boxes": fill("<div>"), "bold": fill("<b>x"),
    "links": fill('<a href="http://x.example/">y</a> '), "comments": fill("<!--"), "rows": fill("<tr><td>a</td><td>b</td></tr>", "<table>"),
    "quotes": fill("<blockquote>"), "paragraphs": fill("<p>hello there</p>"), "lists": fill("<ul><li>x"), "pictures": fill("<img alt=x>"),
    "preformatted": fill("x\n", "<pre>"), "entities": fill("&amp;&#x1b;"),
}  # fmt: skip
HEAD = "Subject: x\r\nFrom: a@b.example\r\n"
MAIL = {
    "one line": fill("a", f"{HEAD}\r\n"), "lines": fill("hello world again\r\n", f"{HEAD}\r\n"),
    "parts": fill("--x\r\n\r\n", f"{HEAD}Content-Type: multipart/mixed; boundary=x\r\n\r\n"),
    "messages in messages": fill("Content-Type: message/rfc822\r\n\r\n"), "encoded subject": fill("=?utf-8?q?a?= ", "Subject: "),
    "recipients": fill("a <a@b.example>, ", "To: "), "groups": fill("a:b;", "To: "), "open comments": fill("(", "From: "),
    "open quotes": fill('"\\', "From: "), "quotes": fill('"a" ', "From: "), "brackets": fill("<", "From: "), "references": fill("<a@b.example> ", "References: "),
    "folded references": fill("<a@b.example>\r\n ", "References: "), "fields": fill("X-A: b\r\n", HEAD),
    "received": fill("Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n", HEAD), "HTML": fill("<p>hello there</p>", f"{HEAD}Content-Type: text/html\r\n\r\n"),
    "base64": fill("aGVsbG8gd29ybGQgYWdhaW4gaGVsbG8gd29ybGQgYWdhaW4gaGVsbG8gd29y\r\n", f"{HEAD}Content-Transfer-Encoding: base64\r\n\r\n"),
    "quoted-printable": fill("=C3=A9", f"{HEAD}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"),
    "uuencoded": fill("begin 644 x\n#86%A\nend\n", f"{HEAD}\r\n"), "flowed": fill("> hello \r\n", f"{HEAD}Content-Type: text/plain; format=flowed\r\n\r\n"),
    "parameters": fill("; a=b", "Content-Type: text/plain"), "continued parameters": fill("; name*0=b", "Content-Type: text/plain"),
    "calendar": fill("BEGIN:VEVENT\r\nSUMMARY:x\r\n", f"{HEAD}Content-Type: text/calendar\r\n\r\n"),
    "report": fill("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n", f"{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"),
    "charset": fill("\u3042", f"{HEAD}Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n"),
}  # fmt: skip
QUOTES = {
    "one line": fill("> "), "lines": fill("> a line\n"), "openings": fill("On Monday x wrote:\n> a\n"), "plain": fill("hello world\n"), "blank": fill("\n"),
    "signatures": fill("-- \n"), "depth": fill(f"{'>' * 25} a\n"), "outlook": fill("-----Original Message-----\nFrom: a\n"), "fields": fill("From: a\nSent: b\nTo: c\nSubject: d\n\n"),
}  # fmt: skip
TEXT = {
    "Bengali": fill("কর্ম"), "titles": fill("\x1b]0;x\x07"), "open titles": fill("\x1b]0;"), "words": fill("hello world "), "Han": fill("請求書"), "accents": fill("é è "),
    "joiners": fill("\u200d"), "selectors": fill("\ufe0f"), "tags": fill("\U000e0041"), "escapes": fill("\x1b["), "piled accents": fill("\u0301"), "overrides": fill("\u202ea"),
    "numbers": lambda: " ".join(f"w{number}" for number in range(1_200_000)).encode(),
}  # fmt: skip
TEMPLATES = {"text": fill("hello world "), "names": fill("{{ a }} "), "open": fill("{{ "), "conditions": fill("{% if a %}"), "comments": fill("{# "), "sums": fill("1+", "{{ ", "1 }}")}
POLICIES = {"headings": fill("# h\ntext\n", "---\nid: x\n---\n"), "settings": fill("a: b\n", "---\n"), "brackets": fill("[", "---\na: "), "emphasis": fill("*a **b "), "lists": fill("- a\n  - b\n"), "ticks": fill("`a ``b ")}
CSV = fill('{"name":"a","text":"b"},', "[", '{"name":"a"}]')
ANSWERS = {"lines": fill("> hello\n"), "words": fill("hello "), "markup": fill("<p>hello</p>"), "escapes": fill("\x1b[31m")}
TABLE: dict[Callable[[bytes], None], dict[str, Recipe]] = {
    mail: MAIL, page: HTML, post: {name: HTML[name] for name in ("links", "paragraphs", "quotes", "lists", "rows")},
    rendered: {name: HTML[name] for name in ("links", "paragraphs", "quotes")},
    formatted: {name: HTML[name] for name in ("links", "paragraphs", "quotes")},
    quoted: QUOTES, cleaned: TEXT, indexed: TEXT, asked: {name: TEXT[name] for name in ("words", "titles")} | {"brackets": fill("("), "quotes": fill('"')}, template: TEMPLATES, library: POLICIES,
    events: ANSWERS, desk_answers: ANSWERS, forum_answers: ANSWERS, social_answers: ANSWERS,
    archived: {"lines": lambda: json.dumps({"text": "> hello\n" * 1_000_000}).encode(), "recipients": lambda: json.dumps({"text": "a", "to": ["a@b.example"] * 600_000}).encode(), "nested": fill("[")},
    exported: {"replies": CSV, "nested": fill("[")}, configuration: {"open": fill("<a>"), "closed": fill("<a></a>", "<clientConfig>")},
}  # fmt: skip
CASES = [pytest.param(target, recipe, id=f"{target.__name__}: {name}") for target, table in TABLE.items() for name, recipe in table.items()]


@pytest.mark.parametrize(("target", "recipe"), CASES)
def test_ten_megabytes_are_read_in_two_seconds(target: Callable[[bytes], None], recipe: Recipe) -> None:
    """The least of three tries, by processor time."""
    data = recipe()
    costs = []
    for _ in range(3):
        start = time.process_time()
        target(data)
        costs.append(time.process_time() - start)
        if costs[-1] < LIMIT_S:
            return
    pytest.fail(f"{min(costs):.1f} s of processor time")
