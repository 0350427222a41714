"""Direct messages: the account, its customers and the PDS are real, the chat service behind the PDS is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_tui.sources.bluesky.wire import OURS
from tests.contract.bluesky_rig import BlueskyRig
from tests.contract.rig import NewFile, View
from tests.servers.bluesky import Network
from tests.servers.bluesky_chat import ChatService


class BlueskyChatRig(BlueskyRig):
    """Customers write direct messages."""

    def __init__(self, network: Network, workspace: Path, **settings: Any) -> None:
        self.chat = ChatService(network)
        super().__init__(network, workspace, messages=True, chat=self.chat.did, **settings)
        self.secret = self.password = self.agent.app_password(privileged=True)

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        del subject
        assert not files
        customer = self.customers[token] if token else self.network.person("robin", shown=name.replace("\0", "")[:64])
        if not token:
            self.network.settle()
        made = f"dm:{self.chat.says(customer, self.agent, text)}"
        self.customers[made] = customer
        self.names.setdefault(made, name)
        return made

    def view(self, token: str) -> View:
        convo = token.removeprefix("dm:")
        return View(texts=tuple(self.chat.texts(convo)), seen=not self.chat.unread(convo, self.agent.did))

    def marks(self, marker: str) -> list[dict[str, Any]]:
        """What messages of ours with a marker say of themselves."""
        sent = [one for convo in self.chat.conversations() for one in self.chat.sent(convo, self.agent.did)]
        features = [feature for one in sent for facet in one.get("facets", ()) for feature in facet["features"]]
        return [one for one in features if one["$type"] == OURS and one["reference"] == marker]

    def copies(self, marker: str) -> int:
        return sum(one["part"] == one["parts"] - 1 for one in self.marks(marker))

    def erase(self, token: str) -> None:
        self.chat.leaves(token.removeprefix("dm:"), self.agent.did)

    def cut(self, *, committed: bool) -> None:
        proxy = self.cable.proxies["http"]
        proxy.sent_up.clear()
        if committed:
            proxy.swallow_after = b'"parts":'
        else:
            proxy.cut_before = b"chat.bsky.convo.sendMessage HTTP"

    def close(self) -> None:
        super().close()
        self.chat.close()
