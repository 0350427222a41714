"""The weather of the communities that have rules of their own for what is posted: a queue, a lock, threads of several posts."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from agent_tui.domain.model import Channel
from agent_tui.sources.base import Mirror, Source
from agent_tui.sources.bluesky.wire import OURS
from agent_tui.sources.nodebb import marker
from tests.contract.bluesky_rig import BlueskyRig
from tests.contract.nodebb_rig import NodebbRig
from tests.faults.storm import Storm
from tests.faults.weathers import ROUND_BYTES, Trouble, calm, http_troubles, passing
from tests.servers.bluesky import Network, Person
from tests.servers.nodebb_world import WORDS, denied

PEOPLE = 4
LONG = "Your parcel left us today, and this is how it goes on. ನಿಮ್ಮ ಪಾರ್ಸೆಲ್ ಇಂದು ಹೊರಡುತ್ತದೆ. ਤੁਹਾਡਾ ਪਾਰਸਲ ਰਾਹ ਵਿੱਚ ਹੈ। "


class LongStorm(Storm):
    """Every third reply is too long for one post."""

    def words(self) -> str:
        """The usual words, and more of them."""
        more = LONG * self.random.randrange(4, 12) if self.random.randrange(3) == 0 else ""
        return f"{super().words()}{more and ' '}{more}".strip()


class NodebbWeather:
    """The simulated NodeBB; customers open topics. Now and then posts wait for a moderator, who lets most of them through."""

    name, channel, blind = "community", Channel.COMMUNITY, False

    def __init__(self, path: Path) -> None:
        self.rig = rig = NodebbRig(path)
        self.me, self.build = rig.me, rig.build
        self._chance = random.Random(11)
        post = "/api/v3/topics/"
        self.troubles: dict[str, Trouble] = {
            **http_troubles(rig.server, post),
            "another post is being taken": lambda _: self._refused("posting", 2),
            "too soon after the last": lambda _: self._refused("too-soon", 2),
            "waits for a moderator": lambda _: self._queue(),
            "waits, and the answer is lost": lambda _: self._queue(lost=True),
        }

    def _refused(self, words: str, times: int) -> None:
        self.rig.server.fault(method="POST", path="/api/v3/topics/", answer=denied(400, WORDS[words]).response, times=times)

    def _queue(self, *, lost: bool = False) -> None:
        self.rig.support.queued = True
        if lost:
            self.rig.cut(committed=True)

    def customer_writes(self, text: str) -> None:
        self.rig.customer_writes(text)

    def clear(self) -> None:
        rig = self.rig
        rig.server.faults.clear()
        rig.server.start()
        rig.support.queued = False
        for waiting in list(rig.forum.queue):
            rig.forum.review(waiting, self._chance.randrange(4) > 0)

    def at(self, milliseconds: int) -> None:
        self.rig.time = milliseconds

    def delivered(self) -> Counter[str]:
        posts = [one.raw for topic in self.rig.forum.topics.values() for one in topic.posts if not one.deleted]
        return Counter(mark for _, mark in map(marker.split, posts) if mark)

    def end(self) -> None:
        self.rig.close()


class BlueskyWeather:
    """The real network from npm; customers mention the account. What counts as delivered are whole threads."""

    name, channel, blind = "social", Channel.SOCIAL, False

    def __init__(self, network: Network, path: Path) -> None:
        self.rig = rig = BlueskyRig(network, path)
        self.me = rig.me
        self.proxy = proxy = rig.cable.proxies["http"]
        self.away = False
        self._people: list[Person] = []
        cuts: dict[str, Trouble] = {
            "answer lost": lambda _: rig.cut(committed=True),
            "request lost": lambda _: rig.cut(committed=False),
            "cut within what it says": lambda chance: setattr(proxy, "cut_down", chance.randrange(ROUND_BYTES)),
            "cut within what it is told": lambda chance: setattr(proxy, "cut_up", chance.randrange(ROUND_BYTES)),
            "session not renewed": lambda _: setattr(proxy, "cut_before", b"com.atproto.server.createSession HTTP"),
        }
        self.troubles = {**passing([proxy], cuts), "server away": lambda _: self._go_away()}

    def _go_away(self) -> None:
        self.rig.offline(True)
        self.away = True

    def build(self, mirror: Mirror) -> Source:
        return self.rig.build(mirror)

    def customer_writes(self, text: str) -> None:
        """Of ``PEOPLE`` customers, the one whose turn it is: an account takes the network a second."""
        if len(self._people) < PEOPLE:
            token = self.rig.customer_writes(text, name=f"Robin Bell {len(self._people)}")
            self._people.append(self.rig.customers[token])
        else:
            self._people.append(self._people.pop(0))
            self.rig.asks(self._people[-1], text)
            self.rig.network.settle()

    def clear(self) -> None:
        if self.away:
            self.rig.offline(False)
            self.away = False
        calm(self.proxy)

    def at(self, milliseconds: int) -> None:
        self.rig.now = milliseconds

    def delivered(self) -> Counter[str]:
        """As the repository has it, in which everybody reads: a message counts as often as its commonest part, and not at all where one is missing."""
        parts: dict[str, Counter[int]] = {}
        whole: dict[str, int] = {}
        for record in self.rig.agent.records():
            ours = record["value"].get(OURS)
            if ours is not None:
                parts.setdefault(ours["reference"], Counter())[int(ours["part"])] += 1
                whole[ours["reference"]] = int(ours["parts"])
        return Counter(
            {mark: max(there.values()) if len(there) == whole[mark] else 0 for mark, there in parts.items()}
        )  # fmt: skip

    def end(self) -> None:
        self.rig.close()
