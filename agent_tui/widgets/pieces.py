"""Lines as pieces of text with their roles, before anything knows of colours or of Textual. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent_tui.widgets.width import cells, clip

Piece = tuple[str, str]
"""Text and its role."""
Line = tuple[Sequence[Piece], str]
"""The pieces of a whole line, and the ground they stand on."""


def arranged(pieces: Sequence[Piece], width: int, right: Sequence[Piece] = ()) -> list[Piece]:
    """Pieces on one line of exactly ``width`` cells; ``right`` stands at its end and is never pushed out."""
    line: list[Piece] = []
    reserved = min(width, sum(cells(text) for text, _ in right))
    room = width - reserved
    for text, role in pieces:
        if room <= 0:
            break
        text = clip(text, room)
        room -= cells(text)
        line.append((text, role))
    if room > 0:
        line.append((" " * room, "text"))
    room = reserved
    for text, role in right:
        text = clip(text, room)
        room -= cells(text)
        line.append((text, role))
    return line
