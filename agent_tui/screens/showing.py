"""What the terminal shows pictures by."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent_tui.widgets import graphics
from agent_tui.widgets.graphics import Graphics


class Showing:
    """What the terminal shows pictures by: asked the first time that one is looked at.

    Args:
        wanted: by the settings.
        ask: asks the terminal; whether there is one to be asked.
        tell: writes sequences to it.
    """

    def __init__(
        self, wanted: str = "auto", ask: Callable[[], bool] = bool, tell: Callable[[str], object] = str
    ) -> None:
        self.wanted = wanted
        self.tell = tell
        self._ask = ask
        self._known: Graphics | None = None
        self._late = False
        self._waiting: list[Callable[[Graphics], None]] = []

    def when_known(self, then: Callable[[Graphics], None]) -> None:
        """Go on once the terminal has answered, or has had its time; and again if it answers after that."""
        if self._known is not None:
            then(self._known)
            return
        self._waiting.append(then)
        if self._late:
            then(Graphics())
        elif len(self._waiting) == 1:
            if self._ask():
                asyncio.get_running_loop().call_later(graphics.PATIENCE_S, self._give_up)
            else:
                self.told(Graphics())

    def _give_up(self) -> None:
        if self._known is None:
            self._late = True
            for then in tuple(self._waiting):
                then(Graphics())

    def told(self, known: Graphics) -> None:
        """The terminal has answered."""
        if self._known is None:
            self._known = known
            waiting, self._waiting = self._waiting, []
            for then in waiting:
                then(known)
