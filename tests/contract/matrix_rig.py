"""An account on the real Synapse, its customers, and a cable between the source and the server that can be cut."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_tui.domain.errors import AuthenticationError
from agent_tui.domain.model import Address
from agent_tui.domain.settings import Url
from agent_tui.sources.base import Access, Mirror
from agent_tui.sources.matrix import build
from agent_tui.sources.matrix.content import NOTE, OURS
from agent_tui.sources.matrix.settings import MatrixSettings
from agent_tui.sources.matrix.source import MatrixSource
from tests.contract.rig import NewFile, View
from tests.servers.cable import Cable
from tests.servers.matrix import PASSWORD, Person, Synapse
from tests.servers.process import LOOPBACK

NOW = 1_790_000_000_000


class MatrixRig:
    """One agent's account that nobody has used, and rooms of this test only."""

    secret = PASSWORD
    can = frozenset({"offline", "cut", "damage", "files"})

    def __init__(self, server: Synapse, workspace: Path, *, now: int = 0, **settings: Any) -> None:
        self.server = server
        self.workspace = workspace
        self.agent = server.person("support", shown="Asha Rao")
        self.me = Address("Asha Rao", self.agent.user_id)
        self.cable = Cable(http=server.port)
        self.settings = settings
        self.now = now
        self.password = PASSWORD
        self.customers: dict[str, Person] = {}
        self.names: dict[str, str] = {}
        self._timeouts = itertools.count(1)

    def build(self, mirror: Mirror) -> MatrixSource:
        proxy = self.cable.proxies["http"]
        proxy.swallow_after = proxy.cut_before = b""
        proxy.sent_up.clear()
        source = build(
            Access(
                name="live-chat",
                settings=MatrixSettings(
                    url=Url(scheme="http", host=LOOPBACK, port=self.cable.ports["http"]), username=self.agent.user_id,
                    **self.settings,
                ),
                secret=self._secret,
                now=self._now,
                mirror=mirror,
                agent_addresses=frozenset({self.agent.user_id}),
                workspace=self.workspace,
                downloads=self.workspace / "attachments",
            )
        )  # fmt: skip
        assert isinstance(source, MatrixSource)
        return source

    def _now(self) -> int:
        return self.now or time.time_ns() // 1_000_000

    def _secret(self, part: str) -> str:
        if not self.password:
            raise AuthenticationError("no secret")
        assert not part
        return self.password

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        if not token:
            customer = self.server.person("robin", shown=name)
            token = customer.creates(self.agent.user_id, name=subject)
            self.agent.joins(token)
            self.customers[token] = customer
            self.names[token] = name
        customer = self.customers[token]
        if not files:
            customer.says(token, text)
        for file_name, media_type, content in files:
            info = {"size": len(content), "mimetype": media_type}
            uri = customer.uploads("file", media_type, content)
            customer.sends(token, {"msgtype": "m.file", "body": text, "filename": file_name, "url": uri, "info": info})
        return token

    def customer(self, token: str) -> Address:
        return Address(self.names[token], self.customers[token].user_id)

    def view(self, token: str) -> View:
        return View(texts=tuple(self.customers[token].texts(token)), seen=self._seen(token), notes=self._notes(token))

    def _seen(self, room: str) -> bool:
        """What another device of the agent's account is told when it asks for the first time."""
        params = {"full_state": "true", "timeout": str(next(self._timeouts))}  # the same question is answered from a cache
        joined = self.agent.call("GET", "/sync", params=params)["rooms"]["join"][room]
        unread = [e["content"] for e in joined["account_data"]["events"] if e["type"] == "m.marked_unread"]
        if unread and unread[-1].get("unread"):
            return False
        incoming = [e["event_id"] for e in self.agent.events(room) if e["sender"] != self.agent.user_id]
        receipts = [e["content"] for e in joined["ephemeral"]["events"] if e["type"] == "m.receipt"]
        return any(self.agent.user_id in one.get(incoming[-1], {}).get("m.read", {}) for one in receipts)

    def _notes(self, room: str) -> tuple[str, ...] | None:
        place = self.settings.get("notes_room")
        if not place:
            return None
        held = [one["content"].get(NOTE, {}) for one in self.agent.events(place)]
        return tuple(one["text"] for one in held if one.get("conversation") == room)

    def copies(self, marker: str) -> int:
        return sum(
            event["content"].get(OURS, {}).get("reference") == marker and event["content"][OURS].get("last", False)
            for room, customer in self.customers.items()
            for event in customer.events(room)
        )

    def erase(self, token: str) -> None:
        customer = self.customers[token]
        for event in customer.events(token):
            if event["content"]:
                customer.redacts(token, event["event_id"])

    def damage(self) -> None:
        token = self.customer_writes("something to look at")
        self.customers[token].sends(token, {"msgtype": "m.image", "body": "broken.png", "url": 7, "info": "none"})

    def offline(self, off: bool) -> None:
        (self.cable.cut if off else self.cable.mend)()

    def cut(self, *, committed: bool) -> None:
        proxy = self.cable.proxies["http"]
        proxy.sent_up.clear()
        if committed:
            proxy.swallow_after = b'"last":true'
        else:
            proxy.cut_before = b"/send/m.room.message/"

    def close(self) -> None:
        self.cable.close()
