"""The lines above and below the messages of a case: what it is, and what there is still to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from textual.strip import Strip

from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Cached, Case, CaseState
from agent_tui.widgets import words
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells


class CaseHead(Lines):
    """Subject, and below it who, where, state, tags and promise.

    Args:
        look: colours.
        zone: for times.
    """

    DEFAULT_CSS = "CaseHead { height: 2; }"

    def __init__(self, look: Look, zone: tzinfo) -> None:
        super().__init__(look, id="case-head")
        self.zone = zone
        self.case: Case | None = None
        self.left: int | None = None
        self.now = 0
        self.active = False

    def paint(self, width: int, height: int) -> list[Strip]:
        """The two lines."""
        case = self.case
        if case is None:
            return [strip_of([], width, self.look, "bar")] * height
        mark = ("▌", "accent") if self.active else (" ", "text")
        right: list[Piece] = [(f" {case_code(case.id)} ", "muted")]
        star: list[Piece] = [("★ ", "soon")] if case.flagged else []
        first = strip_of(
            [mark, *star, (case.subject or "(no subject)", "strong+bold")], width, self.look, "bar", right
        )
        parts: list[Piece] = [mark, (case.customer.label or "nobody", "text")]
        if case.customer.address and case.customer.address != case.customer.label and width > 70:
            parts.append((f" <{case.customer.address}>", "muted"))
        parts.append((f"  {case.channel}", "muted"))
        if case.public:
            parts += [(", ", "muted"), ("public", "public+bold"), (", ", "muted"), words.answer(case)]
        text, role = words.status(replace(case, public=False, notice=""))
        parts.append((f"  {text}", role))
        if case.state is CaseState.SNOOZED and case.snoozed_until:
            parts.append((f" until {words.moment(case.snoozed_until, self.now, self.zone)}", "muted"))
        parts.append((f"  {case.assignee or 'unassigned'}", "muted"))
        if case.tags:
            parts.append(("  " + ", ".join(case.tags), "tag"))
        if case.cached is Cached.PARTIAL:
            parts.append(("  not all is here yet", "soon"))
        tail: list[Piece] = []
        if self.left is not None:
            text, standing = words.promise(self.left)
            role = {"late": "late+bold", "soon": "soon", "fine": "good"}[standing]
            tail = [(f" {text if standing == 'late' else text + ' left'} ", role)]
        return [first, strip_of(parts, width, self.look, "bar", tail)]


class CaseFoot(Lines):
    """One line that says what lies below, or why the case needs a look.

    Args:
        look: colours.
        view: the messages it speaks of.
    """

    def __init__(self, look: Look, view: MessageView) -> None:
        super().__init__(look, id="case-foot")
        self.view = view
        self.same: Sequence[Case] = ()
        """Cases that may be the same conversation."""
        self.merge_key = ""
        self.idea_key = ""
        """Of the verb that tags an idea, where the case reads like one; else empty."""

    def paint(self, width: int, height: int) -> list[Strip]:
        """The line."""
        del height
        view = self.view
        total = len(view.messages)
        if not total:
            return [Strip.blank(width, self.look.style("text"))]
        place = f" message {view.current + 1} of {total} "
        below = view.below
        pieces: list[Piece] = []
        if view.case is not None and view.case.notice:
            pieces = [(f" ! {view.case.notice}", "late")]
        elif below:
            pieces = [(f" ▼ {words.count(below, 'newer message')} below", "accent")]
        elif self.same and self.merge_key:
            other, more = self.same[0], len(self.same) - 1
            pieces = [(f" perhaps the same as {case_code(other.id)}{f' and {more} more' if more else ''}", "soon"),
                      (f"  {self.merge_key}", "accent"), (" merges", "muted")]  # fmt: skip
        elif self.idea_key:
            pieces = [(" reads like an idea", "soon"), (f"  {self.idea_key}", "accent"), (" tags it so", "muted")]
        elif not view.at_end:
            pieces = [(" ▼ more below", "muted")]
        rule = "─" * max(0, width - sum(cells(text) for text, _ in pieces) - cells(place) - 1)
        return [strip_of([*pieces, (" " if pieces else "", "text"), (rule, "faint")], width, self.look, "page",
                         [(place, "muted")])]  # fmt: skip
