"""Settings of a NodeBB forum: pure, so that a workspace is read without importing anything that talks HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader, Url

CATEGORY = re.compile(r"\d+|[\w%.\-]+|\d+/[\w%.\-]+")
DEFAULT_HISTORY = "365d"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodebbSettings:
    """One account on one forum.

    Args:
        url: of the forum, with its folder where it is not at the top.
        username: who we are there.
        uid: for a master token: the number of the user that it acts as; 0: the secret is a user's own token.
        categories: numbers or slugs of the categories that are watched; none: all that the account sees.
        chats: whether private chats are watched.
        review: whether flags and the post queue are watched, where the account may see them.
        team: user names that are ours although they are no moderators.
        agents: user name of a colleague at the forum -> the address by which cases are assigned to them.
        close: what done does: ``topic`` locks the topic for everybody, ``local`` keeps it on this computer.
        history_ms: topics without anything new for longer are not fetched; None: all are.
        ca_file: private CA beside the system's, or None.
    """

    url: Url
    username: str
    uid: int = 0
    categories: tuple[str, ...] = ()
    chats: bool = True
    review: bool = True
    team: frozenset[str] = frozenset()
    agents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    close: str = "topic"
    history_ms: int | None = None
    ca_file: Path | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Ours, as every source names them."""
        return (self.username,) if self.username else ()


def channel(_settings: NodebbSettings) -> Channel:
    """A forum is always community."""
    return Channel.COMMUNITY


def read(table: TableReader) -> NodebbSettings:
    """The settings in a ``[[source]]`` table of type ``nodebb``; faults go to the reader."""
    return NodebbSettings(
        url=table.web_url("url", example="https://community.example.com") or Url(scheme="https", host="localhost", port=443),
        username=table.text("username", required=True, example="support"),
        uid=table.number("uid", 0, low=0, high=1 << 40),
        categories=_categories(table),
        chats=table.flag("chats", True),
        review=table.flag("review", True),
        team=frozenset(one.lower() for one in table.text_list("team", example='["asha", "marek"]')),
        agents=table.agents(),
        close=table.choice("close", ("topic", "local"), "topic"),
        history_ms=table.history_ms(DEFAULT_HISTORY),
        ca_file=table.path("ca_file", must_exist=True),
    )


def _categories(table: TableReader) -> tuple[str, ...]:
    found = table.text_list("categories", example='["2/support"]')
    for number, one in enumerate(found):
        if not CATEGORY.fullmatch(one):
            table.fault("categories", f'"{one}" is no category as its address shows it; write categories = ["2/support"]', number)
    return tuple(dict.fromkeys(found))
