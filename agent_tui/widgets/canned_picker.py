"""Canned replies to choose from, the chosen one shown as it would read in this case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from textual.strip import Strip

from agent_tui.domain.wrapping import wrap
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells

_BESIDE = 100  # columns from which the preview stands beside the list
_ROWS = 9


class Offer(Protocol):
    """A canned reply, as far as a list shows it."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def shortcut(self) -> str:
        """A short word for it."""

    @property
    def language(self) -> str:
        """Its language, or nothing."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Words it is filed under."""


class CannedPicker(Lines):
    """A list with a preview; keys are fed to it by the screen.

    Args:
        look: colours.
        title: what is offered; hint: which keys do what.
    """

    DEFAULT_CSS = "CannedPicker { height: 9; display: none; }"

    def __init__(self, look: Look, *, title: str = "Canned", hint: str = "enter inserts, esc back") -> None:
        super().__init__(look, id=f"{title.lower().replace(' ', '-')}-picker")
        self.title = title
        self.hint = hint
        self.query_text = ""
        self.inline = False
        self.offers: Sequence[Offer] = ()
        self.index = 0
        self.preview = ""
        self.warning = ""
        self.variant = ""
        self.notes: Mapping[str, str] = {}

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return bool(self.display)

    @property
    def chosen(self) -> Offer | None:
        """The reply under the cursor."""
        return self.offers[self.index] if self.index < len(self.offers) else None

    def open(self, *, inline: bool) -> None:
        """Show it; ``inline``: what it looks for is being typed in the text itself."""
        self.inline = inline
        self.query_text = ""
        self.display = True

    def close(self) -> None:
        """Hide it."""
        self.display = False
        self.offers = ()

    def offer(self, offers: Sequence[Offer], notes: Mapping[str, str] | None = None) -> None:
        """Show other replies, the first one chosen.

        Args:
            notes: why some of them stand where they do, by their names.
        """
        self.offers = offers
        self.notes = notes or {}
        self.index = 0

    def move(self, by: int) -> None:
        """Choose another one; the ends hold."""
        self.index = max(0, min(len(self.offers) - 1, self.index + by))

    def paint(self, width: int, height: int) -> list[Strip]:
        """Title, list, preview."""
        look = self.look
        count = f" {self.index + 1} of {len(self.offers)} " if self.offers else " nothing matches "
        title: list[Piece] = [(f" {self.title} ", "accent+bold")]
        if self.inline:
            title.append((f" {self.hint.replace('esc back', 'esc keeps what was typed')}", "muted"))
        else:
            title += [(f" {self.query_text}", "strong"), ("▏", "accent")]
            title.append((f" type to search, {self.hint}", "muted") if not self.query_text else ("", "muted"))
        lines = [strip_of(title, width, look, "bar", [(count, "muted")])]
        room = max(1, height - 1)
        if width >= _BESIDE:
            left = width * 2 // 5
            rows, preview = self._rows(left, room), self._preview(width - left, room)
            pairs = zip(rows, preview, strict=True)
            lines.extend(Strip.join(pair) for pair in pairs)
        else:
            listed = min(4, room // 2, max(1, len(self.offers)))
            lines += self._rows(width, listed) + self._preview(width, room - listed)
        return lines

    def _rows(self, width: int, room: int) -> list[Strip]:
        first = max(0, min(self.index - room // 2, len(self.offers) - room))
        rows = []
        for place in range(first, first + room):
            if place >= len(self.offers):
                rows.append(strip_of([], width, self.look))
                continue
            one = self.offers[place]
            here = place == self.index
            pieces: list[Piece] = [("▌" if here else " ", "accent"), (one.name, "strong+bold" if here else "text")]
            if one.shortcut:
                pieces.append((f"  /{one.shortcut}", "accent"))
            note = self.notes.get(one.name, "")
            if note:
                pieces.append((f"  {note}", "good"))
            about = " ".join(("", *(f"#{tag}" for tag in one.tags[:3])))
            right: list[Piece] = [(f" {one.language} ", "muted")] if one.language else []
            room_left = width - sum(cells(text) for text, _ in (*pieces, *right))
            if cells(about) < room_left:
                pieces.append((f" {about}", "muted"))
            rows.append(strip_of(pieces, width, self.look, "cursor" if here else "page", right))
        return rows

    def _preview(self, width: int, room: int) -> list[Strip]:
        rows: list[Strip] = []
        if self.variant:
            rows.append(strip_of([(f" {self.variant}", "muted")], width, self.look, "bar"))
        if self.warning:
            rows.append(strip_of([(f" {self.warning}", "soon")], width, self.look, "bar"))
        for line in self.preview.split("\n"):
            if len(rows) >= room:
                break
            for start, end in wrap(line, max(4, width - 3), cells):
                rows.append(strip_of([(" │ ", "faint"), *with_gaps(line[start:end].rstrip())], width, self.look, "bar"))
        rows += [strip_of([(" │ ", "faint")], width, self.look, "bar")] * (room - len(rows))
        return rows[:room]


def with_gaps(text: str) -> list[Piece]:
    """Text whose gaps stand out."""
    pieces: list[Piece] = []
    while "[[" in text:
        before, _, rest = text.partition("[[")
        inside, closed, text = rest.partition("]]")
        pieces += [(before, "text"), (f"[[{inside}{closed}", "soon+bold")]
    return [*pieces, (text, "text")]
