"""The list as it is in the store, as terminal sequences, before Rich's and Textual's larger parts are imported. Pure.

It says the same as Textual's first paint and stands in the same cells, so that the one follows the other unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from agent_tui.domain.model import Case
from agent_tui.widgets import arrangement
from agent_tui.widgets.case_row import Flags, row
from agent_tui.widgets.pieces import Line, arranged
from agent_tui.widgets.theme import Look
from agent_tui.widgets.view_lines import COLUMN, Entry, column, one_line
from agent_tui.widgets.width import anchored, cells, is_certain

OPENING = "opening"
"""What the end of the status line says meanwhile."""

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ALTERNATE = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""The alternate screen, no cursor, no wrapping: as Textual sets them."""


def colours_of(environment: Mapping[str, str]) -> str | None:
    """What Rich takes the terminal for: ``truecolor``, ``256``, ``standard``, or None where it paints none."""
    term = environment.get("TERM", "").strip().lower()
    if term in {"dumb", "unknown"}:
        return None
    if environment.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return "truecolor"
    return {"kitty": "256", "256color": "256"}.get(term.rpartition("-")[2], "standard")


def first_frame(
    cases: Callable[[int], Sequence[Case]], counts: Mapping[str, int], views: Sequence[Entry], look: Look, *,
    size: tuple[int, int], colours: str | None, now: int, left: Callable[[Case, int], int | None],
    policies: bool = False,
) -> str:  # fmt: skip
    """The inbox at its top.

    Args:
        cases: gives so many cases from the top of the inbox.
        counts: cases of each view.
        views: the views that the inbox names.
        look: colours by role.
        size: columns and lines of the terminal.
        colours: ``truecolor``, ``256`` or ``standard``; None: no colour at all, only bold and the like.
        now: milliseconds.
        left: working milliseconds left on a case's promise, or None.
        policies: there are some: room is left for their pane.

    Returns:
        what is to be written to the terminal; empty where there is nothing to show.
    """
    width, height = size
    places = arrangement.places(width, height, policies=policies)
    found = cases(places.list_height)
    if not found or places.list_height < 1 or places.list_width < 20:
        return ""
    named = places.column
    lines: list[tuple[int, int, Line]] = []
    number = f"1 of {counts.get('inbox', len(found)):,}"
    if named:
        shown, _ = column(views, counts, "inbox", COLUMN, height - 1)
        lines += [(0, y, line) for y, line in enumerate(shown)]
    else:
        line, _ = one_line(views, counts, "inbox", width, [(f"{number} ", "muted")])
        lines.append((0, 0, line))
    for place, case in enumerate(found):
        line = row(case, places.list_width, Flags(cursor=place == 0), named=named, left=left(case, now), now=now)
        lines.append((places.list_left, places.list_top + place, line))
    said = f" {number}   {OPENING} " if named else f" {OPENING} "
    lines.append((0, height - 1, (arranged([], width, [(said, "muted")]), "bar")))
    page = _sgr(look, "text", "page", colours)
    parts = [_ALTERNATE, page, "\x1b[2J"]
    for x, y, line in lines:
        parts.append(f"\x1b[{y + 1};{x + 1}H{_painted(line, look, colours)}")
    return "".join(parts) + "\x1b[0m"


def _painted(line: Line, look: Look, colours: str | None) -> str:
    pieces, ground = line
    parts = []
    for text, role in pieces:
        codes = _sgr(look, role, ground, colours)
        if is_certain(text):
            parts.append(f"{codes}{text}")
        else:
            width = cells(text)
            parts.append(codes + anchored(text, " " * width, width))
    return "".join(parts)


def _sgr(look: Look, role: str, ground: str, colours: str | None) -> str:
    name, *extra = role.split("+")
    codes = ["0", *(code for word, code in (("bold", "1"), ("italic", "3"), ("underline", "4")) if word in extra)]
    if look.reverse and ground == "cursor":
        codes.append("7")
    elif colours is not None:
        codes += [_colour(look.ink[name], 30, colours), _colour(look.grounds[ground], 40, colours)]
    return f"\x1b[{';'.join(codes)}m"


@lru_cache(256)
def _colour(colour: str, base: int, colours: str) -> str:
    if colour == "default":
        return str(base + 9)
    if not colour.startswith("#"):
        return str(base + (60 if colour.startswith("bright_") else 0) + _NAMES.index(colour.removeprefix("bright_")))
    if colours == "truecolor":
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return f"{base + 8};2;{red};{green};{blue}"
    from rich.color import Color, ColorSystem  # what Textual will paint: Rich's own nearest of the 256

    return ";".join(Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_ansi_codes(foreground=base == 30))
