"""The last line of the screen: what happened, what is being asked, and how the servers are.

Everything that has to be said is said here, so nothing ever covers text that is being typed.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells, clusters


class StatusLine(Lines):
    """Words on the left (or a prompt), the state of things on the right.

    Args:
        look: colours.
    """

    DEFAULT_CSS = "StatusLine { dock: bottom; height: 1; }"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="status")
        self.words: tuple[str, str] = ("", "text")
        self.hints: Sequence[tuple[str, str]] = ()
        self.lesson: tuple[str, str, str] | None = None
        """Number, keys and words of what a newcomer may try next; stands before the hints."""
        self.pending = ""
        self.standing: tuple[str, str] = ("", "muted")
        self.prompt: Prompt | None = None

    def paint(self, width: int, height: int) -> list[Strip]:
        """The one line."""
        del height
        if self.prompt is not None:
            return [self._paint_prompt(self.prompt, width)]
        right: list[Piece] = []
        if self.pending:
            right.append((f" {self.pending} … ", "accent+bold"))
        if self.standing[0]:
            right.append((f" {self.standing[0]} ", self.standing[1]))
        left: list[Piece] = [(" ", "text")]
        taken = sum(cells(text) for text, _ in right)
        if self.words[0]:
            left.append(self.words)
            if cells(self.words[0]) + taken + 2 > width and not self.pending:
                right = []  # what has just happened matters more than how the servers are
        else:
            if self.lesson is not None:
                number, keys, does = self.lesson
                left += [(f"{number} ", "muted"), (keys, "accent+bold"), (f" {does}", "text"), ("   ", "muted")]
                taken += sum(cells(text) for text, _ in left)
            for place, (key, title) in enumerate(fitting(self.hints, width - taken - 1)):
                left += [("   " if place else "", "muted"), (key, "accent"), (f" {title}", "muted")]
        return [strip_of(left, width, self.look, "bar", right)]

    def _paint_prompt(self, prompt: Prompt, width: int) -> Strip:
        if prompt.yes_no:
            return strip_of([(f" {prompt.label}", "accent+bold")], width, self.look, "bar", [(" y/n ", "accent+bold")])
        shown = "•" * len(prompt.text) if prompt.hidden else prompt.text
        before, after = shown[: prompt.cursor], shown[prompt.cursor :]
        ahead = clusters(after)
        under = ahead[0] if ahead else " "
        room = max(8, width - cells(prompt.label) - 4)
        while cells(before) >= room:
            before = before[len(clusters(before)[0]) :]
        pieces: list[Piece] = [(f" {prompt.label} ", "accent+bold"), (before, "strong")]
        left = strip_of(pieces, sum(cells(text) for text, _ in pieces), self.look, "bar")
        tail: list[Piece] = [("".join(ahead[1:]), "strong"), ("   ", "muted")]
        if prompt.error:
            tail = [*tail[:1], (f"   {prompt.error}", "late")]
        else:
            for index, offer in enumerate(prompt.offers[:12]):
                tail += [(offer, "accent+underline" if index == prompt.offered else "muted"), ("  ", "muted")]
        caret = strip_of([(under, "strong")], cells(under), self.look, "cursor" if self.look.reverse else "caret")
        rest = strip_of(tail, max(0, width - left.cell_length - caret.cell_length), self.look, "bar")
        return Strip.join([left, caret, rest]).adjust_cell_length(width)


def fitting(hints: Sequence[tuple[str, str]], width: int) -> Sequence[tuple[str, str]]:
    """The hints that fit, none of them cut. The last one always stays: it leads to all the others.

    Args:
        hints: keys and titles.
        width: cells there are.
    """
    room = [cells(key) + cells(title) + 4 for key, title in hints]
    kept = len(hints)
    while kept > 1 and sum(room[: kept - 1]) + room[-1] - 3 > width:
        kept -= 1
    return [*hints[: kept - 1], *hints[-1:]]
