"""A desk over the demo's three services: the same program, servers that are one file, customers played by the test."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.make import make_workspace
from agent_tui.sources.demo.server import DemoServer, Kept
from tests.journeys.terminal import Terminal, workstation
from tests.journeys.workplace import Workplace


def wall_clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass
class DemoScene(Workplace):
    """A demo workspace in which nobody writes but those whom the test lets write.

    Args:
        path: of the workspace.
        undo: how long a reply is held, on every service.
    """

    path: Path
    undo: str = "0s"
    server: DemoServer = field(init=False)
    terminals: list[Terminal] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_workspace(self.path, wall_clock(), live=False)
        self.path.chmod(0o700)
        settings = self.path / "workspace.toml"
        lines = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("undo")]
        settings.write_text(
            "\n".join(f'{line}\nundo = "{self.undo}"' if line == 'type = "demo"' else line for line in lines), "utf-8"
        )
        self.server = DemoServer(self.path / FILE_NAME)

    def open(
        self, *, size: tuple[int, int] = (140, 40), people: tuple[str, ...] = ("Gordon Pike", "Dana Whitlock", "disk_dora")
    ) -> Terminal:
        """Open the workstation, and wait until it shows these people: by themselves, somebody of each service."""
        terminal = workstation(self.path, size=size)
        self.terminals.append(terminal)
        terminal.sees(*people, "up to date")
        return terminal

    def texts(self, service: str, conversation: str, *, ours: bool = True) -> list[str]:
        """What the server holds of a conversation: our own words, or the customer's."""
        return [one.text for one in self.kept(service, conversation) if (one.direction == "out") is ours]

    def kept(self, service: str, conversation: str) -> tuple[Kept, ...]:
        """Messages that the server holds of a conversation."""
        return self.server.messages(service, conversation)

    def drafts(self) -> list[tuple[str, str]]:
        """``(kind, text)`` of what is being written, without the signature."""
        found = self.rows("SELECT kind, text FROM drafts WHERE state = 'open' ORDER BY id")
        return [(kind, text.removesuffix("Asha, Tamarind Works").rstrip("\n")) for kind, text in found]

    def close(self) -> None:
        self.leave()
        self.server.close()


@contextlib.contextmanager
def demo_scene(path: Path, **settings: str) -> Iterator[DemoScene]:
    """A scene that is cleared away afterwards."""
    made = DemoScene(path, **settings)
    try:
        yield made
    finally:
        made.close()
