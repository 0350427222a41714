"""A desk that watches a simulated Discourse: its workspace, the people of the forum, and a moderator."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent_tui.sources.discourse import marker
from tests.journeys.terminal import Terminal, until, workstation
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
class ForumScene:
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

    def open(self, *, size: tuple[int, int] = (140, 40)) -> Terminal:
        """Open the workstation, and wait until it shows its list."""
        terminal = workstation(self.path, env={"AGENT_TUI_SECRET_FORUM": USER_KEY}, size=size)
        self.terminals.append(terminal)
        terminal.sees("Inbox")
        return terminal

    def engine(self) -> int:
        """Process id of the engine, 0 while there is none."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.path / "engine.lock").read_text() or 0)
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                return pid
        return 0

    def kill_engine(self) -> None:
        """End the engine without a last word."""
        pid = until(self.engine, "an engine")
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.engine() != pid, "the engine's end")

    def ours(self, topic: Topic) -> list[Post]:
        """What the account has posted in a topic."""
        return [one for one in topic.posts if one.user.username == "support" and not one.deleted]

    def texts(self, topic: Topic) -> list[str]:
        """The same, as others read it."""
        return [marker.split(one.raw)[0] for one in self.ours(topic)]

    def states(self, kind: str = "reply") -> list[str]:
        """States of the operations of a kind, oldest first."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path / 'desk.db'}?mode=ro", uri=True, timeout=10)) as database:
            found = database.execute("SELECT state FROM operations WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        return [state for (state,) in found]

    def drafts(self) -> list[str]:
        """Texts that are being written."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path / 'desk.db'}?mode=ro", uri=True, timeout=10)) as database:
            return [text for (text,) in database.execute("SELECT text FROM drafts WHERE state = 'open' ORDER BY id")]

    def close(self) -> None:
        self.forum.held = False
        for terminal in self.terminals:
            terminal.close()
        if pid := self.engine():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.server.close()


@contextlib.contextmanager
def forum_scene(path: Path, **settings: bool) -> Iterator[ForumScene]:
    """A scene that is cleared away afterwards."""
    made = ForumScene(path, **settings)
    try:
        yield made
    finally:
        made.close()
