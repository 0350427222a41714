"""The list as it is in the store, as terminal sequences, before Rich's and Textual's larger parts are imported. Pure.

It says the same as Textual's first paint and stands in the same cells, so that the one follows the other unseen.
"""

from __future__ import annotations

from functools import lru_cache

from agent_tui.domain.views import VIEWS
from agent_tui.widgets import arrangement
from agent_tui.widgets.case_row import Flags, row
from agent_tui.widgets.pen import Codes, Pen, change
from agent_tui.widgets.pieces import Line, arranged
from agent_tui.widgets.view_lines import COLUMN, column, entries, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent_tui.domain.model import Case
    from agent_tui.widgets.theme import Look

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


def rows(width: int, height: int, *, policies: bool) -> int:
    """How many cases there is room for at a size; 0: too little to paint any."""
    places = arrangement.places(width, height, policies=policies)
    return places.list_height if places.list_height >= 1 and places.list_width >= 20 else 0


def first_frame(
    cases: Sequence[Case], counts: Mapping[str, int], look: Look, *, size: tuple[int, int], colours: str | None, now: int,
    left: Callable[[Case, int], int | None], policies: bool = False, saved: Sequence[tuple[str, ...]] = (),
    asks: str = "",
) -> str:  # fmt: skip
    """The inbox at its top.

    Args:
        cases: from the top of the inbox, as many as there is room for or there are.
        counts: cases of each view.
        look: colours by role.
        size: columns and lines of the terminal.
        colours: ``truecolor``, ``256`` or ``standard``; None: no colour at all, only bold and the like.
        now: milliseconds.
        left: working milliseconds left on a case's promise, or None.
        policies: there are some: room is left for their pane.
        saved: id, title and section of each saved view.
        asks: what the terminal is to draw and answer before, unseen.

    Returns:
        what is to be written to the terminal.
    """
    width, height = size
    places = arrangement.places(width, height, policies=policies)
    known = [(one.id, one.title) for one in VIEWS]
    views = entries([*known[:1], *((one[0], one[1]) for one in saved), *known[1:]], {one[0]: one[2] for one in saved})
    named = places.column
    lines: list[tuple[int, int, Line]] = []
    number = f"1 of {counts.get('inbox', len(cases)):,}"
    if named:
        shown, _ = column(views, counts, "inbox", COLUMN, height - 1)
        lines += [(0, y, line) for y, line in enumerate(shown)]
    else:
        line, _ = one_line(views, counts, "inbox", width, [(f"{number} ", "muted")])
        lines.append((0, 0, line))
    for place, case in enumerate(cases):
        line = row(case, places.list_width, Flags(cursor=place == 0), named=named, left=left(case, now), now=now)
        lines.append((places.list_left, places.list_top + place, line))
    said = f" {number}   {OPENING} " if named else f" {OPENING} "
    lines.append((0, height - 1, (arranged([], width, [(said, "muted")]), "bar")))
    parts = [_ALTERNATE, asks, change(("", "", ""), _codes(look, "text", "page", colours)), "\x1b[2J\x1b[0m"]
    for x, y, line in lines:
        parts.append(f"\x1b[{y + 1};{x + 1}H{_painted(line, look, colours)}")
    return "".join(parts)


def _painted(line: Line, look: Look, colours: str | None) -> str:
    pieces, ground = line
    pen = Pen()
    for text, role in pieces:
        pen.write(text, _codes(look, role, ground, colours))
    return pen.end()


def _codes(look: Look, role: str, ground: str, colours: str | None) -> Codes:
    name, *extra = role.split("+")
    marks = [code for word, code in (("bold", "1"), ("italic", "3"), ("underline", "4")) if word in extra]
    if look.reverse and ground == "cursor":
        return ";".join([*marks, "7"]), "", ""
    if colours is None:
        return ";".join(marks), "", ""
    return ";".join(marks), _colour(look.ink[name], 30, colours), _colour(look.grounds[ground], 40, colours)


@lru_cache(256)
def _colour(colour: str, base: int, colours: str) -> str:
    if colour == "default":
        return str(base + 9)
    if not colour.startswith("#"):
        return str(base + (60 if colour.startswith("bright_") else 0) + _NAMES.index(colour.removeprefix("bright_")))
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    if colours == "truecolor":
        return f"{base + 8};2;{red};{green};{blue}"
    return f"{base + 8};5;{nearest(red, green, blue)}"


def nearest(red: int, green: int, blue: int) -> int:
    """The number, of the 256, of the colour that Rich paints for one: a grey, or a place in the cube of 6 × 6 × 6."""
    most, least = max(red, green, blue) / 255, min(red, green, blue) / 255
    lightness = (most + least) / 2
    saturation = 0.0
    if most != least:
        saturation = (most - least) / (most + least if lightness <= 0.5 else 2.0 - most - least)
    if saturation < 0.15:
        grey = round(lightness * 25.0)
        return {0: 16, 25: 231}.get(grey, 231 + grey)
    steps = (round(one / 95 if one < 95 else 1 + (one - 95) / 40) for one in (red, green, blue))
    return 16 + sum(step * weight for step, weight in zip(steps, (36, 6, 1), strict=True))
