"""A live chat on the real Synapse: its workspace, customers with a client of their own, and a cable that can be cut."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.journeys.scene import Scene
from tests.journeys.terminal import until
from tests.servers.cable import Cable
from tests.servers.matrix import PASSWORD, Person, Synapse

SETTINGS = """
[agent]
name = "Asha Rao"
email = "asha@example.com"

[[source]]
name = "live-chat"
type = "matrix"
url = "http://127.0.0.1:{port}"
username = "{user}"
promise = {{ first_reply = "1m", next_reply = "2m" }}
{more}
"""


@dataclass
class ChatScene(Scene):
    """One account on a homeserver with its workspace, and the customers who write to it."""

    server: Synapse  # type: ignore[assignment]
    agent: Person = field(init=False)

    def __post_init__(self) -> None:
        self.agent = self.server.person("support", shown="Asha Rao")
        self.cable = Cable(http=self.server.port)
        self.path.mkdir(mode=0o700)
        self.write_settings()

    def write_settings(self) -> None:
        settings = SETTINGS.format(port=self.cable.ports["http"], user=self.agent.user_id, more=self.more)
        (self.path / "workspace.toml").write_text(settings, encoding="utf-8")

    @property
    def env(self) -> dict[str, str]:
        return {"AGENT_TUI_SECRET_LIVE_CHAT": PASSWORD}

    def enters(self, shown: str = "Robin Bell", name: str = "Broken kettle") -> tuple[Person, str]:
        """A customer who has opened a room with us, and the room."""
        customer = self.server.person("robin", shown=shown)
        room = customer.creates(self.agent.user_id, name=name)
        self.agent.joins(room)
        return customer, room

    def answers(self, customer: Person, room: str, count: int = 1) -> list[str]:
        """What of ours the customer's client holds, as soon as there is so much."""

        def held() -> list[dict[str, Any]]:
            return [one for one in customer.events(room) if one["sender"] == self.agent.user_id]

        until(lambda: len(held()) >= count, f"{count} answers for the customer", told=lambda: self.terminals[-1].text)
        return [one["content"]["body"] for one in held()]


@contextlib.contextmanager
def chat_scene(server: Synapse, path: Path, **settings: str) -> Iterator[ChatScene]:
    """A scene that is cleared away afterwards."""
    made = ChatScene(server, path, **settings)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()
