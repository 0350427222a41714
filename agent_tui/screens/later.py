"""Questions whose answers come in another thread."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable
from typing import Any

from agent_tui.screens.base import DeskScreen


class Later(DeskScreen):
    """A screen that asks without waiting."""

    _questions: dict[str, int]

    def later(self, ask: Callable[[Callable[[Any], None]], None], show: Callable[[Any], None], kind: str = "") -> None:
        """Ask something; a later question makes its answer void.

        Args:
            ask: gets the function that takes the answer, in whatever thread.
            show: gets the answer, in this one.
            kind: only a later question of the same kind makes this one's answer void.
        """
        questions = self.__dict__.setdefault("_questions", {})
        number = questions[kind] = questions.get(kind, 0) + 1

        def arrived(found: Any) -> None:
            if number == questions[kind]:
                show(found)

        ask(self.here(arrived))

    def here(self, show: Callable[[Any], None]) -> Callable[[Any], None]:
        """A function that may be called in any thread, and has ``show`` called in this one while the screen is there."""
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def arrived(found: Any) -> None:
            if self.is_attached:
                show(found)

        def take(found: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
                loop.call_soon_threadsafe(arrived, found, context=context)

        return take
