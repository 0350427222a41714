"""What a draft carries besides its text: to whom it goes, its subject, its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.strip import Strip

from agent_tui.domain.model import Address, Draft
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.theme import Look
from agent_tui.widgets.words import size

_FREE_SUBJECT = ("new", "forward", "move")


class RecipientLine(Lines):
    """Up to three lines above the text: recipients, subject, files; none for a note without files.

    Args:
        look: colours.
        file_size: bytes of a file by its path, -1 where it is gone.
    """

    DEFAULT_CSS = "RecipientLine { height: auto; }"

    def __init__(self, look: Look, file_size: Callable[[str], int] | None = None) -> None:
        super().__init__(look, id="recipients")
        self.draft: Draft | None = None
        self.file_size = file_size or size_of
        self.keys: dict[str, str] = {}
        self._shown = -1

    def show(self, draft: Draft) -> None:
        """Show another draft, or the same after a change."""
        self.draft = draft
        rows = len(self._rows())
        if rows != self._shown:
            self._shown = rows
            self.styles.height = rows
            self.display = rows > 0
            self._strips = []
            self.refresh(layout=True)
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The lines."""
        del height
        return [strip_of(pieces, width, self.look, "page", right) for pieces, right in self._rows()]

    def _rows(self) -> list[tuple[list[Piece], list[Piece]]]:
        draft = self.draft
        if draft is None:
            return []
        rows: list[tuple[list[Piece], list[Piece]]] = []
        if draft.kind != "note":
            people: list[Piece] = [("  To  ", "muted"), *_people(draft.to)]
            if not draft.to and not draft.cc and not draft.bcc:
                people.append(("nobody yet", "late"))
            for label, addresses in (("cc", draft.cc), ("bcc", draft.bcc)):
                if addresses:
                    people += [(f"   {label}  ", "muted"), *_people(addresses)]
            rows.append((people, self._key("compose.recipients")))
        if draft.kind in _FREE_SUBJECT:
            subject: Piece = (draft.subject, "strong") if draft.subject else ("no subject yet", "soon")
            rows.append(([("  Subject  ", "muted"), subject], self._key("compose.subject")))
        if draft.attachments:
            rows.append((self._files(draft.attachments), self._key("compose.attach")))
        return rows

    def _key(self, name: str) -> list[Piece]:
        key = self.keys.get(name)
        return [(f" {key} ", "faint")] if key else []

    def _files(self, paths: tuple[str, ...]) -> list[Piece]:
        pieces: list[Piece] = [("  Files  ", "muted")]
        total = 0
        for path in paths:
            amount = self.file_size(path)
            total += max(0, amount)
            known = amount >= 0
            pieces.append((Path(path).name, "strong" if known else "late"))
            pieces.append((f" {size(amount)}   " if known else " is gone   ", "muted" if known else "late"))
        if len(paths) > 1:
            pieces.append((f"together {size(total)}", "muted"))
        return pieces


def _people(addresses: tuple[Address, ...]) -> list[Piece]:
    pieces: list[Piece] = []
    for one in addresses:
        if pieces:
            pieces.append((", ", "muted"))
        pieces.append((one.label, "strong"))
        if one.name and one.address and one.name != one.address:
            pieces.append((f" <{one.address}>", "muted"))
    return pieces


def size_of(path: str) -> int:
    """Bytes of a file, -1 where it can't be looked at."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return -1
