"""What every part of the engine is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_tui.engine.clock import Clock
from agent_tui.engine.ledger import Ledger
from agent_tui.engine.precedence import Precedence
from agent_tui.log import Log
from agent_tui.performance import Figures

log = Log("engine")


def no_probe(step: str) -> None:
    """Nothing happens between two steps."""


class Freshness:
    """Which sources have not been looked at since the engine started or the machine slept.

    A reply that was held or scheduled before that may be out of date on any channel, so replies wait until every
    source has been pulled, or could not be reached, or has had ``patience_ms``.

    Args:
        clock: the engine's.
        patience_ms: longest wait for the others.
    """

    def __init__(self, clock: Clock, patience_ms: int = 10_000) -> None:
        self._clock = clock
        self._patience = patience_ms
        self._stale: set[str] = set()
        self._until = 0
        self.since = 0
        """Milliseconds: what was written earlier may be out of date, even in a live chat."""

    def spoil(self, sources: tuple[str, ...]) -> None:
        """Everything has to be looked at again.

        Args:
            sources: all of them.
        """
        self._stale = set(sources)
        self._until = self._clock.steady() + self._patience
        self.since = self._clock.now()

    def stale(self, source: str) -> bool:
        """Whether this source has to be looked at first."""
        return source in self._stale

    def seen(self, source: str) -> bool:
        """The source was looked at, or cannot be; True where it was the last one."""
        if source not in self._stale:
            return False
        self._stale.discard(source)
        return not self._stale

    def may_reply(self, source: str) -> bool:
        """Whether a reply of this source may go out."""
        return source not in self._stale and self.patience() <= 0

    def patience(self) -> int:
        """Milliseconds that replies still wait for other sources at most; 0: they do not."""
        return max(0, self._until - self._clock.steady()) if self._stale else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The engine's surroundings.

    Args:
        tell: an event for every client.
        poke: the search index has work, or the schedule has changed.
        look: looks whether the machine has slept; called before anything is delivered.
        precedence: who goes first on the loop.
        probe: called between steps with a step's name; tests stop the engine there.
        figures: get what rounds take; None: nobody wants them.
        chance: numbers from 0 to 1, for spreading retries.
    """

    ledger: Ledger
    clock: Clock
    freshness: Freshness
    chance: Callable[[], float]
    tell: Callable[[Mapping[str, Any]], None]
    poke: Callable[[], None]
    look: Callable[[], None]
    precedence: Precedence = field(default_factory=Precedence)
    probe: Callable[[str], None] = field(default=no_probe)
    figures: Figures | None = None
