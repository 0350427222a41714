"""The newcomer's next key at the left of the status line, remembered with the desk, gone once all are learnt."""

from __future__ import annotations

from typing import Any

from agent_tui.domain.tour import LESSONS, Tour

REMEMBERED = "tour"
OVER = "That was the last of the ten. ? shows every key that works where you are."


class Lessons:
    """Where a newcomer is on the tour; in a demo workspace it starts by itself.

    Args:
        desk: which remembers it.
    """

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        kept = desk.recall(REMEMBERED)
        demo = any(one.type == "demo" for one in desk.workspace.sources)
        self.on = kept != "off" and (demo or bool(kept)) and not desk.read_only
        self.tour = Tour.read(kept)

    def performed(self, command: str) -> str:
        """Count a command; what is to be said when it was the last one, else nothing."""
        if not self.on or self.tour.over:
            return ""
        after = self.tour.after(command)
        if after is self.tour:
            return ""
        self.tour = after
        self._desk.remember(REMEMBERED, after.written)
        return OVER if after.over else ""

    def toggle(self) -> str:
        """Begin anew, or stop; in words what was done."""
        self.on = not self.on or self.tour.over
        if self.on:
            self.tour = Tour()
        self._desk.remember(REMEMBERED, self.tour.written or "start" if self.on else "off")
        return "The tour begins: the next key to try stands here" if self.on else "The tour is off"

    def shown(self, scope: str, keys: dict[str, str]) -> tuple[str, str, str] | None:
        """Number, keys and words of what to try next; None: nothing here.

        Args:
            scope: where one is.
            keys: the first key of each command that works there, by its id.
        """
        lesson = self.tour.next(scope, keys) if self.on else None
        if lesson is None:
            return None
        number = f"try {len(self.tour.learnt) + 1}/{len(LESSONS)}"
        return number, " ".join(keys[one] for one in lesson.commands if one in keys), lesson.words
