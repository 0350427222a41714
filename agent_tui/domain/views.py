"""The lists there are."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """One list of cases (or drafts, or outbox items): its id, what it is called, the key after ``g``."""

    id: str
    title: str
    key: str


VIEWS = (
    View("inbox", "Inbox", "i"),
    View("mine", "Mine", "m"),
    View("unassigned", "Unassigned", "u"),
    View("waiting", "Waiting", "w"),
    View("snoozed", "Snoozed", "s"),
    View("closed", "Closed", "c"),
    View("drafts", "Drafts", "d"),
    View("outbox", "Outbox", "o"),
    View("spam", "Spam", ""),
    View("all", "All", ""),
)
