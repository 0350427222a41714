"""Settings of a Discourse forum: pure, so that a workspace is read without importing anything that talks HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader, Url

NAME = re.compile(r"[\w.\-]+")
DEFAULT_HISTORY = "365d"
PER_MINUTE = {"admin": 60, "user": 20}
PER_DAY = {"admin": 0, "user": 2880}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscourseSettings:
    """One account on one forum.

    Args:
        url: of the forum, with its folder where it is not at the top.
        username: who we are there; everything is read and written as this user.
        key: ``admin`` (the secret is an API key made in the forum's administration) or ``user`` (a user API key).
        categories: slugs (or ``parent/child``) of the categories that are watched.
        tags: names of tags that are watched.
        groups: names of groups whose inbox is watched.
        messages: whether private messages to ``username`` are watched.
        review: whether flags and posts that wait for a moderator are watched, where the account may see them.
        team: user names that are ours although the forum does not call them staff.
        agents: user name of a colleague at the forum -> the address by which cases are assigned to them.
        close: what done does: ``topic`` closes the topic for everybody, ``local`` keeps it on this computer.
        history_ms: topics without anything new for longer are not fetched; None: all are.
        requests_per_minute: how often the forum may be asked, all sources with this key together.
        requests_per_day: the same for a day; 0: the minutes are the only limit.
        ca_file: private CA beside the system's, or None.
    """

    url: Url
    username: str
    key: str = "admin"
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    messages: bool = True
    review: bool = True
    team: frozenset[str] = frozenset()
    agents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    close: str = "topic"
    history_ms: int | None = None
    requests_per_minute: int = 60
    requests_per_day: int = 0
    ca_file: Path | None = None

    def link(self, conversation: str) -> str:
        """The address of a topic."""
        return f"{self.url.scheme}://{self.url.host}:{self.url.port}{self.url.path}/t/{conversation}".replace(":443/", "/")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Ours, as every source names them."""
        return (self.username,) if self.username else ()


def channel(_settings: DiscourseSettings) -> Channel:
    """A forum is always community."""
    return Channel.COMMUNITY


def read(table: TableReader) -> DiscourseSettings:
    """The settings in a ``[[source]]`` table of type ``discourse``; faults go to the reader."""
    key = table.choice("key", ("admin", "user"), "admin")
    return DiscourseSettings(
        url=table.web_url("url", example="https://forum.example.com") or Url(scheme="https", host="localhost", port=443),
        username=table.text("username", required=True, example="support"),
        key=key,
        categories=_names(table, "categories", '["support"]', slash=True),
        tags=_names(table, "tags", '["bug"]'),
        groups=_names(table, "groups", '["helpdesk"]'),
        messages=table.flag("messages", True),
        review=table.flag("review", True),
        team=frozenset(one.lower() for one in _names(table, "team", '["asha", "marek"]')),
        agents=table.agents(),
        close=table.choice("close", ("topic", "local"), "topic"),
        history_ms=table.history_ms(DEFAULT_HISTORY),
        requests_per_minute=table.number("requests_per_minute", PER_MINUTE[key], low=6, high=6000),
        requests_per_day=table.number("requests_per_day", PER_DAY[key], low=0, high=1_000_000),
        ca_file=table.path("ca_file", must_exist=True),
    )


def _names(table: TableReader, key: str, example: str, *, slash: bool = False) -> tuple[str, ...]:
    found = table.text_list(key, example=example)
    for number, one in enumerate(found):
        parts = one.split("/") if slash else [one]
        if not all(NAME.fullmatch(part) for part in parts):
            table.fault(key, f'"{one}" is no name as the forum\'s addresses show it; write for example {key} = {example}', number)
    return tuple(dict.fromkeys(found))
