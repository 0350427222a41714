"""What is fuzzed: for each parser, a function of bytes that fails where a promise is broken.

A parser may refuse (with the error it says it raises) and may say less; it may not break, and what it gives may hold
nothing that steers a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_tui.commands.setup import autoconfig
from agent_tui.domain import query, quotes, templates
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.model import Attachment
from agent_tui.domain.text import clean, index_texts, search_terms, snippet
from agent_tui.knowledge import files, policy_files, policy_import
from agent_tui.settings_file import parse as parse_settings
from agent_tui.sources import html, mime
from agent_tui.sources.archive import lines
from agent_tui.sources.bluesky import thread as bluesky_thread
from agent_tui.sources.bluesky import wire as bluesky
from agent_tui.sources.chatwoot import read as chatwoot
from agent_tui.sources.discourse import wire as discourse
from agent_tui.sources.matrix import content as matrix
from agent_tui.sources.nodebb import wire as nodebb
from tests.contract.steps import unsafe

CORPUS = Path(__file__).parent / "corpus"
FACTS: Mapping[str, Any] = MappingProxyType(
    {"customer": {"first_name": "Rina", "name": "Rina Das"}, "agent": {"name": "Asha"}, "case": {"subject": "A parcel"}}
)


def safe(value: Any) -> None:
    """No text anywhere in a value steers a terminal."""
    if isinstance(value, str):
        assert unsafe(value) == [], value[:200]
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            if not (isinstance(value, Attachment) and one.name == "part"):
                safe(getattr(value, one.name))
    elif isinstance(value, dict):
        for key, one in value.items():
            safe(key)
            safe(one)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            safe(one)


def must(held: object) -> None:
    """A promise about an error."""
    assert held


def mail(data: bytes) -> None:
    """A whole mail, and each of its parts."""
    message = mime.parse(data, container="INBOX", ref="1:1", received_at=1_790_000_000_000, agent_addresses={"a@shop.example"})
    safe(message)
    for one in message.attachments:
        try:
            mime.part_bytes(data, one.part)
        except KeyError:
            continue


def page(data: bytes) -> None:
    """HTML of a mail or a post; its readers clean what comes out."""
    safe(clean(html.to_text(_text(data))))


def quoted(data: bytes) -> None:
    """Quoted history: its spans lie in the text, in order, and what is fresh was in the text."""
    text = clean(_text(data))
    last = 0
    for start, end, *_ in quotes.quoted_spans(text):
        assert last <= start <= end <= len(text)
        last = end
    held = set(text.split("\n"))
    assert all(line in held or line.strip() in {one.strip() for one in held} for line in quotes.fresh(text).split("\n"))


def asked(data: bytes) -> None:
    """A query: its fault points into it, and a good one written out is the same query."""
    text = _text(data)
    try:
        found = query.parse(text)
    except query.QueryError as error:
        must(error.message and 0 <= error.position <= len(text))
        return
    again = query.parse(query.to_text(found))
    assert again.root == found.root, (text, query.to_text(found))


def template(data: bytes) -> None:
    """A canned reply's text."""
    text = _text(data)
    try:
        templates.check(text)
        templates.names(text)
        templates.render(text, FACTS)
    except templates.TemplateFault as fault:
        must(fault.message)


def policy(data: bytes) -> None:
    """A policy file."""
    faults: list[Any] = []
    read = files.split("p.md", _text(data), faults)
    if read is not None:
        for clause in policy_files.read_clauses(read, faults):
            assert clause.id.startswith(f"{clause.policy}#")
    policy_import.html_to_markdown(_text(data))


def words(data: bytes) -> None:
    """Text that is cleaned, shortened, indexed and looked for."""
    text = _text(data)
    safe(clean(text))
    safe(snippet(text))
    index_texts((text, text[::-1]))
    search_terms(text)
    assert clean(clean(text)) == clean(text)


def settings(data: bytes, folder: Path = Path("/nonexistent")) -> None:
    """A published mail configuration; settings that are no TOML say where."""
    autoconfig.read(data, "a@shop.example", "here")
    try:
        parse_settings(folder / "workspace.toml")
    except WorkspaceError as error:
        must(error.faults)


def answers(data: bytes) -> None:
    """What a server says in JSON."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    told(value)


def told(value: Any) -> None:
    """The same as a value: every reader of every vendor, whatever it was meant for."""
    record = value if isinstance(value, dict) else {"value": value}
    safe(matrix.said(record, "Robin"))
    for ask in (matrix.redacted, matrix.replaces, matrix.reacts_to, matrix.redacts, matrix.thread, matrix.answers, matrix.is_message):
        ask(record)
    try:
        safe(chatwoot.message(record, chatwoot.around(record, "Website")))
    except chatwoot.Unreadable:
        pass
    ours = discourse.Ourselves(id=1, username="support")
    topic = discourse.topic_of(record, ours)
    try:
        safe(discourse.message_of(record, topic, ours, "https://forum.example"))
    except discourse.Unreadable:
        pass
    us = nodebb.Ourselves(id=1, username="support", base="https://forum.example")
    for raw in (None, "words"):
        try:
            safe(nodebb.message_of(record, nodebb.topic_of(record, us), us, raw))
            safe(nodebb.chat_of(record, 1, "A chat", us, raw))
        except nodebb.Unreadable:
            pass
    safe(bluesky.person_of(record))
    try:
        safe(bluesky.post_of(record))
    except bluesky.Unreadable:
        pass
    thread = bluesky_thread.thread_of(record)
    if thread.post is not None:
        safe(list(bluesky_thread.read(thread, bluesky_thread.Ours("did:plc:us", "support.example"), {}, 0).messages.values()))
    safe(thread.bad)
    try:
        safe(lines.message(record, "1", "k", 1_790_000_000_000))
        safe(lines.case(record))
    except lines.BadLine:
        pass


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


TARGETS: Mapping[str, Callable[[bytes], None]] = MappingProxyType(
    {one.__name__: one for one in (mail, page, quoted, asked, template, policy, words, settings, answers)}
)
