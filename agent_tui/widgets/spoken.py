"""One case as a sentence, for programs that read the screen aloud: what matters first, and every state in words. Pure."""

from __future__ import annotations

from agent_tui.domain.model import Case, CaseState, Priority
from agent_tui.widgets import words
from agent_tui.widgets.pieces import Line, arranged


def sentence(case: Case, *, selected: bool, left: int | None, now: int) -> str:
    """What is said of a case.

    Args:
        selected: whether verbs act on it although the cursor is elsewhere.
        left: working milliseconds left on the promise, or None.
        now: milliseconds.
    """
    parts = ["selected" if selected else "", "unread" if case.unread else ""]
    if case.priority is not Priority.NORMAL:
        parts.append(f"{case.priority} priority")
    parts.append(case.customer.label or "nobody")
    parts.append(case.subject or "no subject")
    if case.state is CaseState.SNOOZED and case.snoozed_until is not None:
        parts.append(f"back in {span(case.snoozed_until - now)}")
    elif left is not None:
        parts.append(f"{span(-left)} late" if left < 0 else f"{span(left)} left")
    answer, _ = words.answer(case)
    parts += [
        str(case.channel), "public" if case.public else "", answer, str(case.state), case.notice,
        "reply on its way" if case.outgoing else "", "has a draft" if case.draft else "", "starred" if case.flagged else "",
        words.count(case.messages, "message") if case.messages > 1 else "", f"tags {' '.join(case.tags)}" if case.tags else "",
        f"assigned to {case.assignee}" if case.assignee else "", f"{span(now - case.updated_at)} ago",
    ]  # fmt: skip
    return ", ".join(filter(None, parts)) + "."


def line(case: Case, width: int, *, cursor: bool, selected: bool, left: int | None, now: int) -> Line:
    """The sentence as a line of the list; the cursor is where the terminal's own cursor stands."""
    said = sentence(case, selected=selected, left=left, now=now)
    return arranged([(said, "strong+bold" if case.unread else "text")], width), "cursor" if cursor else "page"


def span(milliseconds: int) -> str:
    """A length of time in whole words: ``3 hours``, ``1 minute``."""
    minutes = max(0, milliseconds) // 60_000
    if minutes < 1:
        return "less than a minute"
    for size, one in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return words.count(minutes // size, one)
    raise AssertionError(minutes)
