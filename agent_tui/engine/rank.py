"""Ranks clauses for the workstations, in a thread of the engine, and for commands: only these ever load a model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent_tui.workspace import Workspace

if TYPE_CHECKING:
    from agent_tui.knowledge.policies import PolicyLibrary


class Ranker:
    """Answers ``rank``.

    Args:
        workspace: whose policies.
        wait: answer only when everything that helps is ready, as a command does; the engine answers at once by
            full-text, and better as soon as it can.
    """

    def __init__(self, workspace: Workspace, *, wait: bool = False) -> None:
        self._workspace = workspace
        self._wait = wait
        self._library: PolicyLibrary | None = None
        self._one_at_a_time = threading.Lock()

    async def answer(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Look up the clauses that a question asks for; see ``knowledge.policy_wire.answer``.

        Raises:
            ValueError, TypeError: the question is of an odd shape.
        """
        return await asyncio.to_thread(self._rank, dict(message))

    def _rank(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        from agent_tui.knowledge.policy_wire import answer, to_wire

        with self._one_at_a_time:
            return to_wire(answer(self.library(), message))

    def library(self) -> PolicyLibrary:
        """The policies as they are now, with the models that are installed."""
        if self._library is None:
            from agent_tui.knowledge.policies import PolicyLibrary
            from agent_tui.knowledge.policy_meaning import Meaning
            from agent_tui.store.vectors import Vectors

            meaning = Meaning(Vectors(self._workspace), wait=self._wait)
            self._library = PolicyLibrary(self._workspace.policies, self._workspace.agent.languages, meaning or None)
        else:
            self._library.refresh()
        return self._library
