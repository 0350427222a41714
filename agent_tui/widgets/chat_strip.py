"""The chats that the agent holds, on one line: who waits, for how long yet, and how many more there are."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.strip import Strip

from agent_tui.domain import chats
from agent_tui.domain.chats import ChatSettings, Standing
from agent_tui.domain.model import Case
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells, clip

SOON_MS = 30_000
NAMES = (14, 9, 6, 4)  # cells for a name, at most; from the second on everything is said shorter


class ChatStrip(Lines):
    """One line; it takes none while no chat is held.

    Args:
        look: colours.
        now: milliseconds.
        left: working milliseconds left on the promise of a case, or None.
        settings: limit and idle time.
    """

    DEFAULT_CSS = "ChatStrip { height: 1; display: none; }"

    def __init__(
        self, look: Look, now: Callable[[], int], left: Callable[[Case, int], int | None], settings: ChatSettings
    ) -> None:
        super().__init__(look, id="chats")
        self.now = now
        self.left = left
        self.settings = settings
        self.standing = Standing()
        self.here: int | None = None
        self.chosen: Callable[[int], None] = lambda _place: None
        self._spans: list[tuple[int, int, int]] = []

    def show(self, standing: Standing, here: int | None) -> None:
        """Show these chats.

        Args:
            here: id of the chat at hand, or None.
        """
        self.standing, self.here = standing, here
        if self.display != bool(standing.mine):
            self.display = bool(standing.mine)
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The line."""
        del height
        now = self.now()
        right = self._queue()
        room = width - sum(cells(text) for text, _ in right) - 2
        parts: list[list[Piece]] = []
        for name in NAMES:  # the longest names with which every chat is on the line
            parts = [self._part(place, case, now, name) for place, case in enumerate(self.standing.mine)]
            if sum(cells(text) for part in parts for text, _ in part) <= room:
                break
        pieces: list[Piece] = []
        self._spans = []
        used = 0
        for place, part in enumerate(parts):
            wide = sum(cells(text) for text, _ in part)
            if used + wide > room:
                pieces.append(("…", "muted"))
                break
            self._spans.append((used, used + wide, place))
            pieces += part
            used += wide
        return [strip_of(pieces, width, self.look, "bar", right)]

    def _part(self, place: int, case: Case, now: int, name: int) -> list[Piece]:
        here = case.id == self.here
        part: list[Piece] = [
            (f"{'▌' if here else ' '}{place + 1} ", "accent+bold" if here else "muted"),
            (clip(case.customer.label or "somebody", name), "strong+bold" if here else "text"),
        ]
        if case.unread:
            part.append((f" {case.unread}", "accent+bold"))
        words, role = self._wait(case, now, short=name < NAMES[0])
        return [*part, (f" {words} " if words else " ", role)]

    def _wait(self, case: Case, now: int, *, short: bool) -> tuple[str, str]:
        if case.notice:
            return "!" if short else "! look", "late"
        if case.waiting_since is None:
            silent = chats.idle(case, now, self.settings)
            return (f"idle {silent // 60_000}m", "soon") if silent is not None else ("", "muted")
        left = self.left(case, now)
        if left is None:
            return seconds(now - case.waiting_since), "text"
        if left < 0:
            return f"-{seconds(-left)}" if short else f"{seconds(-left)} late", "late+bold"
        return f"{seconds(left)}{'' if short else ' left'}", "soon" if left < SOON_MS else "good"

    def _queue(self) -> list[Piece]:
        standing, limit = self.standing, self.settings.limit
        if not standing.queue:
            return []
        full = bool(limit) and len(standing.mine) >= limit
        return [(f"{standing.queue} more wait{'s' if standing.queue == 1 else ''}", "soon"),
                (f", {limit} are enough " if full else " ", "muted")]  # fmt: skip

    def on_click(self, event: events.Click) -> None:
        """A click goes to the chat."""
        for start, end, place in self._spans:
            if start <= event.x < end:
                self.chosen(place)


def seconds(length_ms: int) -> str:
    """A short time in the unit that counts: ``48s``, ``3m``, ``2h``."""
    whole = max(0, length_ms) // 1000
    if whole < 120:
        return f"{whole}s"
    return f"{whole // 60}m" if whole < 7200 else f"{whole // 3600}h"
