"""Fewer bytes, the same cells: what our painting and Textual's leave on a terminal is alike."""

from __future__ import annotations

import io

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from agent_tui.widgets import lines, width
from agent_tui.widgets.painting import codes
from agent_tui.widgets.pen import change

width.install()
COLUMNS = 40
COLOURS = st.sampled_from([None, "red", "#102030", "#a0b0c0", "default"])
STYLES = st.builds(
    Style, color=COLOURS, bgcolor=COLOURS, bold=st.booleans(), italic=st.booleans(), underline=st.booleans(), reverse=st.booleans()
)
TEXTS = st.text(st.sampled_from("ab é—x  "), max_size=6)
PIECES = st.lists(st.tuples(TEXTS, st.none() | STYLES), max_size=8)


def cells(painted: str) -> list[tuple[object, ...]]:
    """What a terminal shows: of a blank what can be seen of it."""
    screen = pyte.Screen(COLUMNS * 2, 1)
    pyte.Stream(screen).feed(painted)
    shown = []
    for at in range(COLUMNS * 2):
        one = screen.buffer[0][at]
        if one.data == " " and not one.reverse and not one.underscore:
            shown.append((" ", one.bg))
        else:
            shown.append((one.data, one.fg, one.bg, one.bold, one.italics, one.underscore, one.reverse))
    return shown


def painted_by_textual(strip: Strip, console: Console) -> str:
    return "".join(
        text if style is None else Strip.render_style(style, text, color_system=console._color_system) for text, style, _ in strip
    )


@given(PIECES, st.sampled_from(["truecolor", "256", "standard"]))
def test_a_terminal_shows_the_same(pieces: list[tuple[str, Style | None]], system: str) -> None:
    console = Console(file=io.StringIO(), color_system=system)
    strip = Strip([Segment(text, style) for text, style in pieces])
    ours = strip.render(console)
    assert cells(ours + "|") == cells(painted_by_textual(strip, console) + "|")
    assert len(ours) <= len(painted_by_textual(strip, console)) + 4


@given(PIECES, PIECES)
def test_only_what_differs_is_sent(before: list[tuple[str, Style | None]], after: list[tuple[str, Style | None]]) -> None:
    console = Console(file=io.StringIO(), color_system="truecolor")
    blank = Style(bgcolor="#102030")
    old, new = (Strip([Segment(text, style) for text, style in one]).adjust_cell_length(COLUMNS, blank) for one in (before, after))
    left, right = lines.difference(old, new, COLUMNS)
    assert 0 <= left < right <= COLUMNS
    update = ChopsUpdate([{0: new}], [(0, left, right)], [[COLUMNS]])
    assert cells(old.render(console) + update.render_segments(console)) == cells(new.render(console) + "\x1b[1;1H")


def test_a_change_says_no_more_than_it_must() -> None:
    console = Console(color_system="truecolor")
    system = console._color_system
    assert system is not None
    plain = codes(Style(color="#010203", bgcolor="#040506"), system)
    other = codes(Style(color="#070809", bgcolor="#040506"), system)
    bold = codes(Style(color="#070809", bgcolor="#040506", bold=True), system)
    nothing = ("", "", "")
    assert change(plain, plain) == ""
    assert change(plain, other) == "\x1b[38;2;7;8;9m"
    assert change(other, bold) == "\x1b[1m"
    assert change(bold, other) == "\x1b[22m"
    assert change(plain, nothing) == "\x1b[0m"
    assert change(nothing, bold) == "\x1b[1;38;2;7;8;9;48;2;4;5;6m"
