"""How wide this terminal draws text: taken from the settings, remembered, or asked of it; kept for the next start."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from agent_tui.domain.cell_habits import Habits
from agent_tui.domain.errors import AgentTuiError
from agent_tui.widgets import probes, signs, width

TERMINAL = probes.REMEMBERED


class Measuring:
    """What is known of the terminal.

    Args:
        desk: remembers it.
        environment: of the process, which names the terminal.
    """

    def __init__(self, desk: Any, environment: Mapping[str, str]) -> None:
        self._desk = desk
        self._environment = environment
        self._place = f"{TERMINAL}{probes.terminal(environment)}"
        wanted = desk.workspace.widths
        self._name, _ = probes.remembered(desk.recall(self._place))
        self._forced = wanted not in probes.ASKING
        habits, self.asks = probes.known(wanted, desk.recall(self._place))
        """Nothing is known yet."""
        self.use(habits)

    def use(self, habits: Habits) -> bool:
        """Count like this, and paint with the signs that go with it; whether anything is different now."""
        workspace = self._desk.workspace
        different = habits != width.habits()
        if different:
            width.use(habits)
        wide = habits.ambiguous > 1
        signs.use(signs.NONE if workspace.layout == "linear" else signs.choose(workspace.signs, self._environment, wide=wide))
        return different

    def named(self, name: str) -> Habits | None:
        """The terminal has said which one it is.

        Returns:
            what is remembered of it, where it is another one than was thought; ``asks`` says whether to ask it.
        """
        before, self._name = self._name, name
        if self._forced or (name == before and not self.asks):
            return None
        _, habits = probes.remembered(self._desk.recall(f"{TERMINAL}={name}"))
        self.asks = habits is None
        if habits is not None:
            self._remember(habits)
        return habits

    def told(self, habits: Habits) -> bool:
        """The terminal has said how wide it draws; whether anything is different now."""
        if self._forced:
            return False
        self.asks = False
        self._remember(habits)
        return self.use(habits)

    def _remember(self, habits: Habits) -> None:
        line = probes.to_remember(self._name, habits)
        with suppress(AgentTuiError, OSError):  # then the next start asks again
            for place in (self._place, *([f"{TERMINAL}={self._name}"] if self._name else [])):
                if self._desk.recall(place) != line:
                    self._desk.remember(place, line)
