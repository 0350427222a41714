"""The verb that shows earlier cases with the same problem."""

from __future__ import annotations

from agent_tui.domain.model import Case
from agent_tui.screens.base import DeskScreen


class AlikeVerbs(DeskScreen):
    """For the screen with list and case."""

    def focused_case(self) -> Case | None:
        """The case that verbs mean."""
        raise LookupError("a screen with cases says which")

    def _go_to(self, found: tuple[int, int] | None) -> None:
        """Open a case at a message; the screen says how."""

    def do_similar(self, argument: str = "") -> None:
        """Earlier cases with the same problem."""
        del argument
        case = self.focused_case()
        if case is None:
            self.say("There is no case here")
            return
        from agent_tui.screens.similar import SimilarScreen

        self.app.push_screen(SimilarScreen(self.bench, case), self._go_to)
