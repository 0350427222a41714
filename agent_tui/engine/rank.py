"""Ranks clauses for the workstations, in a thread of the engine: they never load an index or a model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from agent_tui.workspace import Workspace

LONGEST = 20_000  # characters of one message that are looked at
TURNS = 40


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
        """Rank the clauses for a conversation.

        Args:
            message: ``turns`` (pairs of speaker and text, oldest first), ``channel``, ``day``, ``limit``.

        Returns:
            ``suggestions``, and ``version``, which grows when the library changes.

        Raises:
            ValueError, TypeError: the question is of an odd shape.
        """
        return await asyncio.to_thread(self._rank, dict(message))

    def _rank(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        from agent_tui.knowledge.policies import PolicyLibrary
        from agent_tui.knowledge.policy_ranking import Turn
        from agent_tui.knowledge.policy_wire import suggestions_to_wire, turns_from_wire

        turns = [Turn(one.speaker, one.text[:LONGEST]) for one in turns_from_wire(message.get("turns", ()))[-TURNS:]]
        limit = max(1, min(20, int(message.get("limit", 10))))
        with self._one_at_a_time:
            if self._library is None:
                self._library = PolicyLibrary(self._workspace.policies, self._workspace.agent.languages)
            else:
                self._library.refresh()
            channel, day = str(message.get("channel", "")), str(message.get("day", ""))
            found = self._library.suggest(turns, limit, channel=channel, day=day)
            return {"suggestions": suggestions_to_wire(found), "version": self._library.version}
