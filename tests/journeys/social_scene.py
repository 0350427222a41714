"""A desk on the real Bluesky network: its workspace, customers with clients of their own, and a cable that can be cut."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_tui.sources.bluesky.wire import OURS
from tests.journeys.scene import Scene
from tests.servers.bluesky import SECRET, Network, Person
from tests.servers.bluesky_chat import ChatService
from tests.servers.cable import Cable

SETTINGS = """
[agent]
name = "Asha Rao"
email = "asha@example.com"

[[source]]
name = "social"
type = "bluesky"
url = "http://127.0.0.1:{port}"
handle = "{handle}"
chat = "{chat}"
promise = {{ first_reply = "2h" }}
undo = "0s"
"""


@dataclass
class SocialScene(Scene):
    """One account with its workspace, and the customers who turn to it. Direct messages are kept by a simulated service."""

    server: Network  # type: ignore[assignment]
    agent: Person = field(init=False)

    def __post_init__(self) -> None:
        self.agent = self.server.person("support", shown="Asha Rao")
        self.robin = self.server.person("robin", shown="Robin Bell")
        self.chat = ChatService(self.server)
        self.cable = Cable(http=self.server.ports["pds"])
        self.password = self.agent.app_password(privileged=True)
        self.secret = SECRET
        self.path.mkdir(mode=0o700)
        self.write_settings()

    def write_settings(self) -> None:
        settings = SETTINGS.format(port=self.cable.ports["http"], handle=self.agent.handle, chat=self.chat.did)
        (self.path / "workspace.toml").write_text(settings, encoding="utf-8")

    @property
    def env(self) -> dict[str, str]:
        return {"AGENT_TUI_SECRET_SOCIAL": self.password}

    def asks(self, text: str) -> dict[str, str]:
        """Robin mentions the account in a post."""
        made = self.robin.posts(f"@{self.agent.handle} {text}", mentions=[self.agent])
        self.server.settle()
        return made

    def restart(self, secret: str = SECRET) -> None:
        """Stop the server and start it again; with another secret it knows no session any more."""
        self.server.stop()
        self.secret = secret
        self.server.restart(secret)

    def ours(self) -> list[dict[str, Any]]:
        """What the account has posted, as its repository has it, oldest first."""
        return [one["value"] for one in self.agent.records() if OURS in one["value"]]

    def texts(self) -> list[str]:
        return [one["text"] for one in self.ours()]

    def close(self) -> None:
        super().close()
        self.chat.close()
        if self.secret != SECRET:
            self.restart()


@contextlib.contextmanager
def social_scene(server: Network, path: Path, **settings: str) -> Iterator[SocialScene]:
    """A scene that is cleared away afterwards."""
    made = SocialScene(server, path, **settings)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()
