"""The engine: the only thing that talks to servers. It pulls changes in and delivers the outbox.

One engine runs per workspace, in a process of its own.
"""

from __future__ import annotations

from agent_tui.engine.lock import EngineRunning
from agent_tui.engine.status import SourceResult

__all__ = ["EngineRunning", "SourceResult"]
