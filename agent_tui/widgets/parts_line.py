"""One line below the text, where posts are short: how much is left, and into which posts it will be parted."""

from __future__ import annotations

from textual.strip import Strip

from agent_tui.domain.posts import Part, Plan, PostLimits
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.words import count

_LAST_WORDS = 18  # characters of each post's end that are shown
_NEAR = 10  # percent of a limit that are left when it is said to be near


class PartsLine(Lines):
    """Characters and bytes left in the post under the cursor, and where the text is parted; hidden where nothing limits it.

    Args:
        look: colours.
    """

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="parts")
        self.plan: Plan | None = None
        self.limits: PostLimits | None = None
        self.current = 0
        self.display = False

    def show(self, plan: Plan | None, limits: PostLimits | None, offset: int = 0) -> None:
        """Show what a text becomes, or nothing.

        Args:
            offset: of the cursor in the text.
        """
        self.plan, self.limits = plan, limits
        self.display = plan is not None
        if plan is not None:
            self.current = next((place for place, one in enumerate(plan.parts) if offset <= one.end), len(plan.parts) - 1)
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The line."""
        del height
        plan, limits = self.plan, self.limits
        if plan is None or limits is None:
            return []
        if plan.faults:
            return [strip_of([(f" {plan.faults[0]}", "late")], width, self.look, "bar")]
        part = plan.parts[self.current]
        left: list[Piece] = [(" ", "muted"), *_left(part, limits)]
        if len(plan.parts) > 1:
            left += [(f" in {limits.what} {self.current + 1} of {len(plan.parts)}", "muted")]
            left += [("  ends: ", "muted"), *_ends(plan.parts)]
        elif plan.advice:
            left.append((f"  {plan.advice[0]}", "soon"))
        return [strip_of(left, width, self.look, "bar")]


def _left(part: Part, limits: PostLimits) -> list[Piece]:
    characters, size = limits.graphemes - part.graphemes, limits.size - part.size
    return [
        (count(characters, "character"), _role(characters, limits.graphemes)), (", ", "muted"),
        (f"{size:,} bytes", _role(size, limits.size)), (" left", "muted"),
    ]  # fmt: skip


def _role(left: int, limit: int) -> str:
    return "soon" if left * 100 < limit * _NEAR else "strong"


def _ends(parts: tuple[Part, ...]) -> list[Piece]:
    pieces: list[Piece] = []
    for place, one in enumerate(parts[:-1]):
        words = " ".join(one.text[-60:].split())
        cut = words[-_LAST_WORDS:].partition(" ")[2] or words[-_LAST_WORDS:]
        pieces += [(f"{'' if not place else ' '}…{cut}", "text"), (" |", "accent")]
    return pieces
