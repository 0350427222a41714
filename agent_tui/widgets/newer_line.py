"""One line above the text: what it is about, or that somebody wrote meanwhile. It is always there, so nothing moves."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip

from agent_tui.domain.model import Case, Message, Role
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.words import count, promise, span

_MINUTE = 60_000  # milliseconds


class NewerLine(Lines):
    """The case, or the newest message that its author has not seen.

    Args:
        look: colours.
        now: milliseconds.
    """

    def __init__(self, look: Look, now: Callable[[], int]) -> None:
        super().__init__(look, id="newer")
        self.now = now
        self.about: Case | None = None
        self.messages: tuple[Message, ...] = ()

    def show(self, messages: tuple[Message, ...]) -> None:
        """What came since the draft was begun, oldest first."""
        self.messages = messages
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The line."""
        del height
        fresh = self.messages
        if fresh:
            newest = fresh[-1]
            who = newest.author.label if newest.author.role is Role.CUSTOMER else f"{newest.author.label} (colleague)"
            pieces: list[Piece] = [(f" ▲ NEW from {who}", "soon+bold")]
            age = self.now() - newest.received_at
            pieces.append((", just now" if age < _MINUTE else f", {span(age)} ago", "soon"))
            if len(fresh) > 1:
                pieces.append((f", {count(len(fresh), 'message')}", "soon"))
            text = " ".join((newest.fresh_text or newest.text).split())[:400]
            return [strip_of([*pieces, (f": {text}", "strong")], width, self.look, "bar", [(" tab reads ", "accent")])]
        case = self.about
        if case is None:
            return [strip_of([(" New conversation", "muted")], width, self.look, "bar")]
        right: list[Piece] = []
        if case.due_at is not None:
            words, role = promise(case.due_at - self.now())
            right = [(f" {words} left " if role != "late" else f" {words} ", "good" if role == "fine" else role)]
        about: list[Piece] = [(f" {case.customer.label}", "strong"), (f" · {case.subject or 'no subject'}", "muted")]
        return [strip_of(about, width, self.look, "bar", right)]
