"""The lists that are watched: categories, tags, private messages and group inboxes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from agent_tui.sources.answers import entries, entry, number, text
from agent_tui.sources.discourse.settings import DiscourseSettings
from agent_tui.sources.discourse.wire import moment, tags_of


@dataclass(frozen=True, slots=True)
class Queue:
    """One list of topics. ``category`` is its number, or 0 where it is not of a category."""

    path: str
    category: int = 0
    tag: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One topic's line in a list. ``signature`` changes whenever the line does."""

    id: int
    bumped: int
    pinned: bool
    signature: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; ``last``: none comes after it."""

    rows: tuple[Row, ...]
    last: bool


_SIGNED = ("bumped_at", "posts_count", "highest_post_number", "closed", "archived", "visible", "title", "bookmarked",
           "last_read_post_number", "has_accepted_answer", "category_id", "archetype")  # fmt: skip


def queues_of(settings: DiscourseSettings, username: str, categories: Mapping[str, int]) -> tuple[Queue, ...]:
    """The lists to watch, in a lasting order. With nothing chosen, everything that the account sees."""
    user = quote(username, safe="")
    found = [
        Queue(f"c/{'/'.join(quote(part, safe='') for part in name.split('/'))}/{number}.json", category=number)
        for name, number in categories.items()
    ]
    found += [Queue(f"tag/{quote(name, safe='')}.json", tag=name) for name in settings.tags]
    if not found and not settings.groups:
        found.append(Queue("latest.json"))
    if settings.messages:
        found += [
            Queue(f"topics/private-messages{what}/{user}.json", private=True) for what in ("", "-archive")
        ]
    for name in settings.groups:
        inbox = f"topics/private-messages-group/{user}/{quote(name, safe='')}"
        found += [Queue(f"{inbox}.json", private=True), Queue(f"{inbox}/archive.json", private=True)]
    return tuple(found)


def page_of(raw: Any) -> Page:
    """A page of topics (``topic_list`` of ``latest.json`` and its relatives)."""
    found = entry(raw, "topic_list")
    rows = []
    for one in entries(found, "topics"):
        identity = number(one, "id")
        if identity > 0:
            bumped = moment(one.get("bumped_at")) or moment(one.get("last_posted_at")) or moment(one.get("created_at")) or 0
            pinned = one.get("pinned") is True or one.get("pinned_globally") is True
            rows.append(Row(identity, bumped, pinned, _signature(one)))
    return Page(tuple(rows), not text(found, "more_topics_url") or not rows)


def _signature(one: dict[str, Any]) -> str:
    signed = [one.get(key) for key in _SIGNED]
    signed += [sorted(tags_of(one)), text(one, "assigned_to_user", "username")]
    return hashlib.blake2b(json.dumps(signed, default=str).encode(), digest_size=6).hexdigest()
