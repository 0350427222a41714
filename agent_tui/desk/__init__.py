"""The one facade that screens and commands call: synchronous, quick, and never in touch with a network."""

from __future__ import annotations

import time
from collections.abc import Callable

from agent_tui.desk.canned_figures import CannedFigures
from agent_tui.desk.chatting import Chatting
from agent_tui.desk.clipboard import Clipboard
from agent_tui.desk.community import Community
from agent_tui.desk.macros import Macros
from agent_tui.desk.peeking import Peeking
from agent_tui.desk.picturing import Picturing
from agent_tui.desk.previewing import Previewing
from agent_tui.desk.rulings import Rulings
from agent_tui.desk.spelling import Spelling
from agent_tui.desk.suggesting import Suggesting
from agent_tui.desk.translating import Translating
from agent_tui.workspace import Workspace


def wall_clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Desk(
    Macros, Community, Rulings, Chatting, Suggesting, CannedFigures, Translating, Spelling, Previewing, Peeking, Picturing,
    Clipboard,
):
    """Everything an agent can see and do, over the local store: reading, triage, writing, sending, policies.

    Args:
        workspace: settings and paths.
        now: milliseconds since the epoch.
        offline: never start or ask an engine.
        role: ``desk`` for the workstation, ``command`` for a command that ends.
    """

    def __init__(
        self, workspace: Workspace, *, now: Callable[[], int] = wall_clock, offline: bool = False, role: str = "desk"
    ) -> None:
        super().__init__(workspace, now=now, offline=offline, role=role)
