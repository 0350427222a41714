"""A simulated Discourse and an account of ours on it, as the contract suite and the tests of the source want them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_tui.domain.model import Address
from agent_tui.domain.settings import Url
from agent_tui.sources.base import Access, Mirror, Source
from agent_tui.sources.discourse import build, marker
from agent_tui.sources.discourse.settings import DiscourseSettings
from tests.contract.rig import NewFile, View
from tests.servers.discourse import DiscourseServer
from tests.servers.discourse_state import SMALL, WHISPER, Topic
from tests.servers.process import LOOPBACK

START = 1_790_000_000_000
AGENTS = MappingProxyType({"asha": "asha@tamarind.example", "marek": "marek@tamarind.example"})
USER_KEY = "user-key-0123456789abcdef"


class ForumRig:
    """See ``tests.contract.rig.Rig``. A clock that moves a second with everything that is written.

    Args:
        key: ``admin`` or ``user``.
        private: whether customers write private messages rather than topics.
    """

    me = Address("Asha Rao", "support")
    can = frozenset({"offline", "cut", "damage", "files", "colleague"})

    def __init__(self, workspace: Path, key: str = "admin", *, private: bool = False, **settings: Any) -> None:
        self.workspace, self.key, self.private = workspace, key, private
        self.time = START
        self.server = DiscourseServer(lambda: self.time)
        self.forum = forum = self.server.forum
        forum.min_length = forum.min_private = 1
        self.support = forum.user("support", "Asha Rao", moderator=True, whisperer=True, groups=("helpdesk",))
        forum.user("asha", "Asha")
        self.marek = forum.user("marek", "Marek", moderator=True, whisperer=True)
        forum.user_keys[USER_KEY] = "support"
        self.secret = forum.admin_key if key == "admin" else USER_KEY
        self.settings = replace(
            DiscourseSettings(
                url=Url(scheme="http", host=LOOPBACK, port=self.server.port), username="support", key=key, categories=("support",),
                agents=AGENTS, requests_per_minute=6000,
            ), **settings,
        )  # fmt: skip

    def close(self) -> None:
        self.server.close()

    def build(self, mirror: Mirror) -> Source:
        return build(
            Access(
                name="forum", settings=self.settings, secret=lambda _: self.secret, now=lambda: self.time, mirror=mirror,
                agent_addresses=frozenset({"support"}), workspace=self.workspace, downloads=self.workspace / "attachments",
            )
        )  # fmt: skip

    def topic(self, token: str) -> Topic:
        return self.forum.topics[int(token)]

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        self.time += 1000
        robin = self.forum.user("robin", name, trust=4)
        for title, _, content in files:
            digest = hashlib.sha1(content).hexdigest()
            self.forum.uploads[digest] = (title, content)
            text += f"\n\n[{title.replace('[', '(').replace(']', ')')}|attachment](upload://{digest}.bin) ({len(content)} bytes)"
        if token:
            self.forum.add(self.topic(token), robin, text)
            return token
        return str(self.forum.topic(robin, subject, text, to=("support",) if self.private else ()).id)

    def customer(self, token: str) -> Address:
        return Address("Robin Bell", "robin")

    def view(self, token: str) -> View:
        topic = self.topic(token)
        there = [one for one in topic.posts if not one.deleted and one.type != SMALL] if not topic.deleted else []
        mark = self.forum.bookmarks.get(("support", topic.id))
        return View(
            texts=tuple(marker.split(one.raw)[0] for one in there), closed=topic.closed or topic.archived, spam=None if self.private else not topic.visible,
            tags=frozenset(topic.tags), assignee=AGENTS.get(topic.assignee.username) if topic.assignee else None,
            seen=topic.read.get("support", 0) >= max((one.number for one in there), default=0),
            snoozed=mark is not None, notes=tuple(marker.split(one.raw)[0] for one in there if one.type == WHISPER),
        )  # fmt: skip

    def copies(self, mark: str) -> int:
        comment = marker.comment(mark)
        return sum(comment in one.raw for topic in self.forum.topics.values() for one in topic.posts if not one.deleted)

    def erase(self, token: str) -> None:
        self.forum.erase(self.topic(token))

    def close_elsewhere(self, token: str) -> None:
        topic = self.topic(token)
        if topic.archetype == "private_message":
            topic.archived = True
        else:
            self.forum.close(topic, self.marek)

    def answer_elsewhere(self, token: str, text: str) -> None:
        self.time += 1000
        self.forum.add(self.topic(token), self.marek, text)

    def damage(self) -> None:
        topic = self.forum.topics[max(self.forum.topics)]
        self.forum.add(topic, self.forum.user("robin"), "unreadable", damaged=True)

    def offline(self, off: bool) -> None:
        (self.server.stop if off else self.server.start)()

    def cut(self, *, committed: bool) -> None:
        self.server.fault(method="POST", path="/posts.json", cut=True, committed=committed)

    def sent(self) -> list[dict[str, Any]]:
        """What was asked to be posted."""
        return [json.loads(one.body) for one in self.server.asked("POST", "/posts.json")]
