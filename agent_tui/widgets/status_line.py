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
        if self.words[0]:
            left.append(self.words)
        else:
            for key, title in self.hints:
                left += [(key, "accent"), (f" {title}   ", "muted")]
        return [strip_of(left, width, self.look, "bar", right)]

    def _paint_prompt(self, prompt: Prompt, width: int) -> Strip:
        before, after = prompt.text[: prompt.cursor], prompt.text[prompt.cursor :]
        ahead = clusters(after)
        under = ahead[0] if ahead else " "
        room = max(8, width - cells(prompt.label) - 4)
        while cells(before) >= room:
            before = before[len(clusters(before)[0]) :]
        pieces: list[Piece] = [(f" {prompt.label} ", "accent+bold")]
        if not prompt.yes_no:
            pieces.append((before, "strong"))
        left = strip_of(pieces, sum(cells(text) for text, _ in pieces), self.look, "bar")
        tail: list[Piece] = [("".join(ahead[1:]), "strong"), ("   ", "muted")]
        if prompt.error:
            tail = [*tail[:1], (f"   {prompt.error}", "late")]
        else:
            for index, offer in enumerate(prompt.offers[:12]):
                tail += [(offer, "accent+underline" if index == prompt.offered else "muted"), ("  ", "muted")]
        if prompt.yes_no:
            return strip_of(pieces, width, self.look, "bar")
        caret = strip_of([(under, "strong")], cells(under), self.look, "cursor" if self.look.reverse else "caret")
        rest = strip_of(tail, max(0, width - left.cell_length - caret.cell_length), self.look, "bar")
        return Strip.join([left, caret, rest]).adjust_cell_length(width)
