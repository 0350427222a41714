"""What a search finds; apart from the search itself, which is imported when something is searched for."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, Message


@dataclass(frozen=True, slots=True)
class Hit:
    """One message found.

    Args:
        snippet: one line of its text around what was found.
        spans: ``(start, end)`` offsets in ``snippet`` to mark.
    """

    message: Message
    case: Case
    snippet: str
    spans: tuple[tuple[int, int], ...]
