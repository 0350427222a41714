"""The views with their counts as lines: a column where there is room, one line where there is not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from agent_tui.domain.frozen import dataclass
from agent_tui.widgets.pieces import Line, Piece, arranged
from agent_tui.widgets.width import cells, clip, fit

COLUMN = 19
"""Cells of the column."""
Spans = list[tuple[int, int, str]]
"""First line or cell, the one after the last, and the view that stands there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One view: its id, title and number key, and the heading that it stands under."""

    id: str
    title: str
    number: str
    section: str = ""


def entries(views: Iterable[tuple[str, str]], sections: Mapping[str, str] | None = None) -> list[Entry]:
    """Views with the keys 1 to 9.

    Args:
        views: id and title of each.
        sections: headings by id.
    """
    under = sections or {}
    numbered = enumerate(views, 1)
    return [Entry(name, title, str(n) if n < 10 else "", under.get(name, "")) for n, (name, title) in numbered]


def amount(count: int, *, more: bool) -> str:
    """A count as it is shown; ``more``: there are at least so many."""
    return f"{count:,}{'+' if more else ''}" if count else ""


def column(
    shown: Sequence[Entry], counts: Mapping[str, int], current: str, width: int, height: int, *, partly: Collection[str] = ()
) -> tuple[list[Line], Spans]:
    """The column, and which lines lead where.

    Args:
        partly: ids of views of which more may be found.
    """
    blank: Line = ([(" " * width, "text")], "bar")
    lines: list[Line] = [(arranged([(" agent-tui", "muted")], width), "bar"), blank]
    spans: Spans = []
    section = ""
    for one in shown:
        if one.section != section:
            section = one.section
            lines.append((arranged([(clip(f"  {section}", width), "muted")], width), "bar"))
        here = one.id == current
        number = counts.get(one.id, 0)
        held = amount(number, more=one.id in partly)
        name = fit(one.title, width - 5 - cells(held))
        role = "strong+bold" if here else "text" if number else "muted"
        pieces: list[Piece] = [
            ("▌" if here else " ", "accent"),
            (f"{one.number or ' '} ", "muted"),
            (name, role),
            (f" {held} ", role),
        ]
        spans.append((len(lines), len(lines) + 1, one.id))
        lines.append((arranged(pieces, width), "cursor" if here else "bar"))
    return lines[:height] + [blank] * (height - len(lines)), spans


def one_line(
    shown: Sequence[Entry], counts: Mapping[str, int], current: str, width: int, right: Sequence[Piece],
    *, partly: Collection[str] = (),
) -> tuple[Line, Spans]:  # fmt: skip
    """The line, and which cells lead where: the views that hold something, the one shown always among them."""
    room = width - sum(cells(text) for text, _ in right) - 1
    kept = [one for one in shown if one.id == current or counts.get(one.id)]
    held = {one.id: amount(counts.get(one.id, 0), more=one.id in partly) for one in kept}
    parts = [(one, f" {one.number}·{one.title} {held[one.id]}".rstrip() + " ") for one in kept]
    here = next((index for index, (one, _) in enumerate(parts) if one.id == current), 0)
    first = 0
    while first < here and sum(cells(text) for _, text in parts[first : here + 1]) > room - 2:
        first += 1
    pieces: list[Piece] = [("…", "muted")] if first else []
    spans: Spans = []
    used = cells("…") if first else 0
    for one, text in parts[first:]:
        if used + cells(text) > room:
            pieces.append((clip("…", max(0, room - used)), "muted"))
            break
        spans.append((used, used + cells(text), one.id))
        pieces.append((text, "accent+bold+underline" if one.id == current else "muted"))
        used += cells(text)
    return (arranged(pieces, width, right), "bar"), spans
