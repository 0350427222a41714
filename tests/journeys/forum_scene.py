"""A desk that watches a simulated Discourse: its workspace, the people of the forum, and a moderator."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent_tui.sources.discourse import marker
from tests.journeys.terminal import Terminal, workstation
from tests.journeys.workplace import Workplace
from tests.servers.discourse import DiscourseServer
from tests.servers.discourse_state import Post, Topic

USER_KEY = "user-key-0123456789abcdef"
SETTINGS = """
[agent]
name = "Asha Rao"
email = "asha@example.com"

[[source]]
name = "forum"
type = "discourse"
url = "{url}"
username = "support"
key = "user"
categories = ["support"]
requests_per_minute = 3000
promise = {{ first_reply = "24h" }}
undo = "0s"
"""


@dataclass
class ForumScene(Workplace):
    """One account on one forum.

    Args:
        staff: whether the forum counts it among its staff.
        approve: whether its posts wait for a moderator.
    """

    path: Path
    staff: bool = True
    approve: bool = False
    server: DiscourseServer = field(init=False)
    terminals: list[Terminal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = DiscourseServer(lambda: time.time_ns() // 1_000_000)
        self.forum = self.server.forum
        self.forum.user("support", "Asha Rao", moderator=self.staff, whisperer=self.staff, approve=self.approve)
        self.forum.user_keys[USER_KEY] = "support"
        self.robin = self.forum.user("robin", "Robin Bell")
        self.path.mkdir(mode=0o700)
        (self.path / "workspace.toml").write_text(SETTINGS.format(url=self.server.url), "utf-8")

    @property
    def env(self) -> dict[str, str]:
        return {"AGENT_TUI_SECRET_FORUM": USER_KEY}

    def open(self, *, size: tuple[int, int] = (140, 40)) -> Terminal:
        """Open the workstation, and wait until it shows its list."""
        terminal = workstation(self.path, env=self.env, size=size)
        self.terminals.append(terminal)
        terminal.sees("Inbox")
        return terminal

    def ours(self, topic: Topic) -> list[Post]:
        """What the account has posted in a topic."""
        return [one for one in topic.posts if one.user.username == "support" and not one.deleted]

    def texts(self, topic: Topic) -> list[str]:
        """The same, as others read it."""
        return [marker.split(one.raw)[0] for one in self.ours(topic)]

    def drafts(self) -> list[str]:
        """Texts that are being written."""
        return [text for (text,) in self.rows("SELECT text FROM drafts WHERE state = 'open' ORDER BY id")]

    def close(self) -> None:
        self.forum.held = False
        self.leave()
        self.server.close()


@contextlib.contextmanager
def forum_scene(path: Path, **settings: bool) -> Iterator[ForumScene]:
    """A scene that is cleared away afterwards."""
    made = ForumScene(path, **settings)
    try:
        yield made
    finally:
        made.close()
