"""Where the parts of the inbox stand at a size: list and case take turns, or share the screen. Pure."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass
from agent_tui.widgets.view_lines import COLUMN

NAMED_FROM = 120
"""Columns from which the views stand in a column and each row names its channel."""
PANE_LINES = 30
BESIDE_FROM = 180
BELOW_PERCENT = 40
"""Share of the list's height, with the case below it."""
BESIDE_PERCENT = 55
"""Share of the list's width, with the case beside it."""
POLICY_FROM = 140
"""Columns from which the policy pane stands beside everything else; below that it takes the place of it."""


def layout(width: int, height: int, *, linear: bool = False) -> str:
    """``alone``, ``below`` or ``beside``: where the case stands. ``linear``: never beside anything."""
    if linear or width < NAMED_FROM or height < PANE_LINES:
        return "alone"
    return "beside" if width >= BESIDE_FROM else "below"


def policy_columns(width: int) -> int:
    """How wide the policy pane is where it stands beside everything else."""
    return 52 if width >= 200 else 42


@dataclass(frozen=True, slots=True)
class Places:
    """Cells of the list, and whether the views are a column rather than a line."""

    column: bool
    list_left: int
    list_top: int
    list_width: int
    list_height: int


def places(width: int, height: int, *, policies: bool = False) -> Places:
    """Where the list stands.

    Args:
        width, height: of the terminal.
        policies: there are some, so their pane opens by itself where there is room.
    """
    named = width >= NAMED_FROM
    left, top = (COLUMN, 0) if named else (0, 1)
    across, down = width - left, height - 1 - top
    if policies and width >= POLICY_FROM:
        across -= policy_columns(width)
    match layout(width, height):
        case "below":
            down = down * BELOW_PERCENT // 100
        case "beside":
            across = across * BESIDE_PERCENT // 100
    return Places(named, left, top, across, down)
