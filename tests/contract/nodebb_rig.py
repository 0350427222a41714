"""A simulated NodeBB and an account of ours on it, as the contract suite and the tests of the source want them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_tui.domain.model import Address
from agent_tui.domain.settings import Url
from agent_tui.sources.base import Access, Mirror, Source
from agent_tui.sources.nodebb import build, marker
from agent_tui.sources.nodebb.settings import NodebbSettings
from tests.contract.rig import NewFile, View
from tests.servers.nodebb import NodebbServer
from tests.servers.nodebb_state import Room, Topic
from tests.servers.process import LOOPBACK

START = 1_790_000_000_000
AGENTS = MappingProxyType({"asha": "asha@tamarind.example", "marek": "marek@tamarind.example"})
TOKEN = "user-token-0123456789abcdef"


class NodebbRig:
    """See ``tests.contract.rig.Rig``. A clock that moves a second with everything that is written.

    Args:
        master: whether the account uses a master token.
        private: whether customers write in chats rather than topics.
    """

    me = Address("Asha Rao", "support")

    def __init__(self, workspace: Path, *, master: bool = False, private: bool = False, **settings: Any) -> None:
        self.workspace, self.private = workspace, private
        self.can = frozenset({"offline", "cut", "damage", "files"} | (set() if private else {"colleague"}))
        self.not_here = frozenset({"note", "assign"} | ({"state", "tag", "delete"} if private else set()))
        self.time = START
        self.server = NodebbServer(lambda: self.time)
        self.forum = forum = self.server.forum
        forum.shortest = 1
        self.support = forum.user("support", "Asha Rao", moderator=True)
        forum.user("asha", "Asha", moderator=True)
        self.marek = forum.user("marek", "Marek", moderator=True)
        forum.tokens[TOKEN] = "support"
        self.secret = forum.master if master else TOKEN
        self.settings = replace(
            NodebbSettings(
                url=Url(scheme="http", host=LOOPBACK, port=self.server.port), username="support",
                uid=self.support.uid if master else 0, categories=("2/support",), agents=AGENTS,
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

    def room(self, token: str) -> Room:
        return self.forum.rooms[int(token.removeprefix("chat-"))]

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        self.time += 1000
        robin = self.forum.user("robin", name)
        for title, _, content in files:
            path = f"/assets/uploads/files/{self.time}-{self.forum.next_id()}.bin"
            self.forum.uploads[path] = (title, content)
            text += f"\n\n[{title.replace('[', '(').replace(']', ')')}]({path})"
        if self.private:
            room = self.room(token) if token else self.forum.room(robin, self.support, name=subject)
            self.forum.say(room, robin, text)
            return f"chat-{room.id}"
        if token:
            self.forum.add(self.topic(token), robin, text)
            return token
        return str(self.forum.topic(robin, subject, text).tid)

    def customer(self, token: str) -> Address:
        return Address("Robin Bell", "robin")

    def view(self, token: str) -> View:
        if token.startswith("chat-"):
            room = self.room(token)
            said = tuple(marker.split(one.raw)[0] for one in room.said if not one.deleted)
            return View(texts=said, seen=self.support.uid in room.read_by)
        topic = self.topic(token)
        posts = () if topic.deleted and not topic.locked else tuple(
            marker.split(one.raw)[0] for one in topic.posts if not one.deleted
        )  # fmt: skip
        return View(
            texts=posts, closed=topic.locked, spam=topic.deleted and topic.locked, tags=frozenset(topic.tags),
            seen=self.support.uid in topic.read_by,
        )  # fmt: skip

    def copies(self, mark: str) -> int:
        there = [one.raw for topic in self.forum.topics.values() for one in topic.posts]
        there += [one.raw for room in self.forum.rooms.values() for one in room.said]
        return sum(marker.definition(mark) in one for one in there)

    def erase(self, token: str) -> None:
        if token.startswith("chat-"):
            del self.forum.rooms[self.room(token).id]
        else:
            self.forum.purge(self.topic(token))

    def close_elsewhere(self, token: str) -> None:
        self.time += 1000
        self.forum.lock_topic(self.topic(token))

    def answer_elsewhere(self, token: str, text: str) -> None:
        self.time += 1000
        self.forum.add(self.topic(token), self.marek, text)

    def damage(self) -> None:
        self.time += 1000
        if self.private:
            self.forum.say(self.forum.rooms[max(self.forum.rooms)], self.forum.user("robin"), "unreadable").at = 0
        else:
            self.forum.add(self.forum.topics[max(self.forum.topics)], self.forum.user("robin"), "unreadable", damaged=True)

    def offline(self, off: bool) -> None:
        (self.server.stop if off else self.server.start)()

    def cut(self, *, committed: bool) -> None:
        path = "/api/v3/chats/" if self.private else "/api/v3/topics/"
        self.server.fault(method="POST", path=path, cut=True, committed=committed)

    def sent(self) -> list[dict[str, Any]]:
        """What was asked to be posted."""
        return [json.loads(one.body) for one in self.server.asked("POST", "/api/v3/") if one.body]
