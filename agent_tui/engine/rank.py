"""Ranks clauses for the workstations, in a thread of the engine: they never load an index or a model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from agent_tui.workspace import Workspace


class Ranker:
    """Answers ``rank``.

    Args:
        workspace: whose policies.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._library: Any = None
        self._one_at_a_time = threading.Lock()

    async def answer(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Look up the clauses that a question asks for; see ``knowledge.policy_wire.answer``.

        Raises:
            ValueError, TypeError: the question is of an odd shape.
        """
        return await asyncio.to_thread(self._rank, dict(message))

    def _rank(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        from agent_tui.knowledge.policies import PolicyLibrary
        from agent_tui.knowledge.policy_wire import answer, to_wire

        with self._one_at_a_time:
            if self._library is None:
                self._library = PolicyLibrary(self._workspace.policies, self._workspace.agent.languages)
            else:
                self._library.refresh()
            return to_wire(answer(self._library, message))
