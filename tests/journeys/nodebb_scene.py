"""A desk that watches a simulated NodeBB: its workspace, the people of the forum, and a moderator."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent_tui.sources.nodebb import marker
from tests.journeys.terminal import Terminal, workstation
from tests.journeys.workplace import Workplace
from tests.servers.nodebb import NodebbServer
from tests.servers.nodebb_state import Topic

TOKEN = "user-token-0123456789abcdef"
SETTINGS = """
[agent]
name = "Asha Rao"
email = "asha@example.com"

[[source]]
name = "community"
type = "nodebb"
url = "{url}"
username = "support"
categories = ["2/support"]
agents = {{ support = "asha@example.com" }}
promise = {{ first_reply = "24h" }}
undo = "0s"
"""


@dataclass
class NodebbScene(Workplace):
    """One account on one forum.

    Args:
        moderates: whether the account may.
        queued: whether its posts wait for a moderator.
    """

    path: Path
    moderates: bool = True
    queued: bool = False
    server: NodebbServer = field(init=False)
    terminals: list[Terminal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = NodebbServer(lambda: time.time_ns() // 1_000_000)
        self.forum = self.server.forum
        self.support = self.forum.user("support", "Asha Rao", moderator=self.moderates, queued=self.queued)
        self.forum.tokens[TOKEN] = "support"
        self.robin = self.forum.user("robin", "Robin Bell")
        self.path.mkdir(mode=0o700)
        (self.path / "workspace.toml").write_text(SETTINGS.format(url=self.server.url), "utf-8")

    @property
    def env(self) -> dict[str, str]:
        return {"AGENT_TUI_SECRET_COMMUNITY": TOKEN}

    def open(self, *, size: tuple[int, int] = (140, 40)) -> Terminal:
        """Open the workstation, and wait until it shows its list."""
        terminal = workstation(self.path, env=self.env, size=size)
        self.terminals.append(terminal)
        terminal.sees("Inbox")
        return terminal

    def texts(self, topic: Topic) -> list[str]:
        """What the account has posted in a topic, as others read it."""
        return [marker.split(one.raw)[0] for one in topic.posts if one.user is self.support and not one.deleted]

    def drafts(self) -> list[str]:
        """Texts that are being written."""
        return [text for (text,) in self.rows("SELECT text FROM drafts WHERE state = 'open' ORDER BY id")]

    def close(self) -> None:
        self.forum.held = False
        self.leave()
        self.server.close()


@contextlib.contextmanager
def nodebb_scene(path: Path, **settings: bool) -> Iterator[NodebbScene]:
    """A scene that is cleared away afterwards."""
    made = NodebbScene(path, **settings)
    try:
        yield made
    finally:
        made.close()
