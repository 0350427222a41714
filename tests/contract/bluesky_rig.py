"""An account on the real network, its customers, and a cable between the source and the PDS that can be cut."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agent_tui.domain.errors import AuthenticationError
from agent_tui.domain.model import Address
from agent_tui.domain.settings import Url
from agent_tui.sources.base import Access, Mirror
from agent_tui.sources.bluesky import build
from agent_tui.sources.bluesky.settings import BlueskySettings
from agent_tui.sources.bluesky.source import BlueskySource
from agent_tui.sources.bluesky.wire import OURS
from tests.contract.rig import NewFile, View
from tests.servers.bluesky import PASSWORD, Network, Person
from tests.servers.cable import Cable
from tests.servers.process import LOOPBACK

NAME = "social"


class BlueskyRig:
    """One agent's account that nobody has used; customers mention it in posts."""

    can = frozenset({"offline", "cut"})

    def __init__(self, network: Network, workspace: Path, **settings: Any) -> None:
        self.network = network
        self.workspace = workspace
        self.agent = network.person("support", shown="Asha Rao")
        self.me = Address("Asha Rao", self.agent.handle)
        self.cable = Cable(http=network.ports["pds"])
        self.settings = {"messages": False, **settings}
        self.now = 0
        self.secret = self.password = PASSWORD
        self.customers: dict[str, Person] = {}
        self.names: dict[str, str] = {}

    def build(self, mirror: Mirror) -> BlueskySource:
        proxy = self.cable.proxies["http"]
        proxy.swallow_after = proxy.cut_before = b""
        proxy.sent_up.clear()
        source = build(
            Access(
                name=NAME,
                settings=BlueskySettings(
                    handle=self.agent.handle, url=Url(scheme="http", host=LOOPBACK, port=self.cable.ports["http"]), **self.settings
                ),
                secret=self._secret,
                now=lambda: self.now or time.time_ns() // 1_000_000,
                mirror=mirror,
                agent_addresses=frozenset({self.agent.handle}),
                workspace=self.workspace,
                downloads=self.workspace / "attachments",
            )
        )  # fmt: skip
        assert isinstance(source, BlueskySource)
        return source

    def _secret(self, part: str) -> str:
        assert not part
        if not self.password:
            raise AuthenticationError("no secret")
        return self.password

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        del subject
        assert not files
        text, name = text.replace("\0", ""), name.replace("\0", "")  # the app view's PostgreSQL loses a post with one
        if token:
            self.customers[token].posts(text, answers=self.posts(token)[-1])
        else:
            customer = self.network.person("robin", shown=name[:64])
            token = self.asks(customer, text)["uri"]
            self.names[token] = name
        self.network.settle()
        return token

    def asks(self, customer: Person, text: str) -> dict[str, str]:
        """A post that mentions the account without showing it, so that its words are just these."""
        feature = {"$type": "app.bsky.richtext.facet#mention", "did": self.agent.did}
        facet = {"index": {"byteStart": 0, "byteEnd": 1}, "features": [feature]}
        made = customer.posts(text, facets=[facet])
        self.customers[made["uri"]] = customer
        return made

    def customer(self, token: str) -> Address:
        return Address(self.names[token], self.customers[token].handle)

    def posts(self, token: str) -> list[dict[str, Any]]:
        """Every post of a thread as the customer sees it, oldest first."""
        return sorted(_posts(self.customers[token].thread(token)), key=lambda one: str(one["indexedAt"]))

    def view(self, token: str) -> View:
        self.network.settle()
        there = {one["uri"]: one["isRead"] for one in self.agent.notifications()}
        posts = self.posts(token)
        seen = [there[one["uri"]] for one in posts if one["uri"] in there]
        return View(texts=tuple(one["record"]["text"] for one in posts), seen=all(seen) and bool(seen))

    def ours(self, marker: str) -> list[dict[str, Any]]:
        """Records of our repository that belong to a message, in the order of their parts."""
        found = [one for one in self.agent.records() if one["value"].get(OURS, {}).get("reference") == marker]
        return sorted(found, key=lambda one: int(one["value"][OURS]["part"]))

    def copies(self, marker: str) -> int:
        parts = [one["value"][OURS] for one in self.ours(marker)]
        return sum(one["part"] == one["parts"] - 1 for one in parts)

    def erase(self, token: str) -> None:
        customer = self.customers[token]
        for post in self.posts(token):
            if post["author"]["did"] == customer.did:
                customer.deletes(post["uri"])
        self.network.settle()

    def offline(self, off: bool) -> None:
        (self.cable.cut if off else self.cable.mend)()

    def cut(self, *, committed: bool) -> None:
        proxy = self.cable.proxies["http"]
        proxy.sent_up.clear()
        if committed:
            proxy.swallow_after = b'"writes":'
        else:
            proxy.cut_before = b"com.atproto.repo.applyWrites HTTP"

    def close(self) -> None:
        self.cable.close()


def _posts(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "post" in node:
        yield node["post"]
    for one in node.get("replies", ()):
        yield from _posts(one)
