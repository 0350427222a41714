"""Fewer bytes, the same cells: what our painting and Textual's leave on a terminal is alike."""

from __future__ import annotations

import io
import unicodedata

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from agent_tui.widgets import painting, width
from agent_tui.widgets.painting import codes
from agent_tui.widgets.pen import NOTHING, change
from agent_tui.widgets.standing_cells import StandingCells
from tests.journeys.terminal import Screen, seen

width.install()
COLUMNS, LINES = 40, 3
COLOURS = st.sampled_from([None, "red", "#102030", "#a0b0c0", "default"])
STYLES = st.builds(
    Style, color=COLOURS, bgcolor=COLOURS, bold=st.booleans(), italic=st.booleans(), underline=st.booleans(), reverse=st.booleans(),
    link=st.sampled_from([None, None, "https://a.example/b"]),
)  # fmt: skip
TEXTS = st.text(st.sampled_from("ab é—x  "), max_size=6) | st.integers(1, 20).map(lambda number: " " * number)
PIECES = st.lists(st.tuples(TEXTS, st.none() | STYLES), max_size=8)
SCRIPTS = st.lists(st.sampled_from(["a", "漢", "নি", "আ", "ਮ", "ਰੀ", "👍🏽", "é", " ", "  ", " ি"]), max_size=8).map("".join)
LINE = st.lists(st.tuples(TEXTS | SCRIPTS, STYLES), max_size=6)
PAGE = st.lists(LINE, min_size=LINES, max_size=LINES)
GROUND = Style(bgcolor="#102030")


class Wider(Screen):
    """A terminal that gives vowel signs and their like a cell each, and emoji one."""

    def draw(self, data: str) -> None:
        for one in data:
            super().draw(one if one.isascii() or unicodedata.category(one) not in {"Mc", "Mn", "So", "Sk"} else "#")


def painted(*sequences: str, kind: type[pyte.Screen] = Screen, columns: int = COLUMNS, lines: int = LINES) -> list[list[tuple[object, ...]]]:
    screen = kind(columns, lines)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")
    for one in sequences:
        stream.feed(one)
    return seen(screen)


def console(system: str = "truecolor") -> Console:
    return Console(file=io.StringIO(), color_system=system)  # type: ignore[arg-type]


def painted_by_textual(strip: Strip, system: str) -> str:
    return "".join(
        text if style is None else Strip.render_style(style, text, color_system=console(system)._color_system)
        for text, style, _ in strip
    )


def strip_of(pieces: list[tuple[str, Style | None]]) -> Strip:
    return Strip([Segment(text, style) for text, style in pieces])


def page(lines: list[list[tuple[str, Style | None]]]) -> list[Strip]:
    return [strip_of(one).adjust_cell_length(COLUMNS, GROUND).simplify() for one in lines]


def whole(lines: list[Strip], on: Console) -> str:
    return LayoutUpdate([[one] for one in lines], Region(0, 0, COLUMNS, len(lines))).render_segments(on)


@given(PIECES, st.sampled_from(["truecolor", "256", "standard"]))
def test_a_terminal_shows_the_same(pieces: list[tuple[str, Style | None]], system: str) -> None:
    strip = strip_of(pieces)
    columns = max(1, strip.cell_length)
    ours = LayoutUpdate([[strip]], Region(0, 0, columns, 1)).render_segments(console(system))
    theirs = painted_by_textual(strip, system)
    assert painted(ours, columns=columns) == painted(theirs, columns=columns)
    assert len(ours) <= len(theirs) + 20  # the way there, and back to the terminal's own colours


@pytest.mark.parametrize("kind", [Screen, Wider])
@given(st.lists(PAGE, min_size=2, max_size=5), st.booleans())
def test_only_what_differs_is_sent_and_the_screen_is_as_if_all_were(kind, pages, everywhere) -> None:
    ours = console()
    sent = [whole(page(pages[0]), ours)]
    for one in map(page, pages[1:]):
        if everywhere:
            sent.append(whole(one, ours))
        else:
            chops = [{0: line} for line in one]
            spans = [(y, 0, COLUMNS) for y in range(LINES)]
            sent.append(ChopsUpdate(chops, spans, [[COLUMNS]] * LINES).render_segments(ours))
    assert painted(*sent, kind=kind) == painted(whole(page(pages[-1]), console()), kind=kind)
    assert whole(page(pages[-1]), ours) == ""


@given(LINE, LINE, st.integers(0, COLUMNS - 1), st.integers(1, COLUMNS))
def test_a_part_of_a_line_is_painted_and_nothing_else(before, after, left, number) -> None:
    right = min(COLUMNS, left + number)
    old, new = page([before, []])[0], page([after, []])[0]
    ours = console()
    first = whole([old], ours)
    update = ChopsUpdate([{0: new}], [(0, left, right)], [[COLUMNS]]).render_segments(ours)
    both = Strip.join([old.crop(0, left), new.crop(left, right), old.crop(right, COLUMNS)])
    letters = "".join(text for strip in (old, new) for text, _, _ in strip)
    if width.is_certain(letters) and width.cells(letters) == len(letters):  # what is left of half a piece is the terminal's affair
        assert painted(first, update)[0] == painted(whole([both], console()))[0]
    again = ChopsUpdate([{0: new}], [(0, left, right)], [[COLUMNS]]).render_segments(ours)
    assert again == ""


def test_what_is_there_already_is_not_sent_until_something_else_may_be_there() -> None:
    ours = console()
    lines = page([[("Asha", Style(color="red"))], [], []])
    first = whole(lines, ours)
    assert whole(lines, ours) == ""
    painting.forget()
    assert whole(lines, ours) == first


def test_another_width_is_another_terminal() -> None:
    ours = console()
    lines = page([[("Asha", None)]])
    first = whole(lines, ours)
    wider = [one.adjust_cell_length(COLUMNS + 1, GROUND) for one in lines]
    assert LayoutUpdate([[one] for one in wider], Region(0, 0, COLUMNS + 1, 1)).render_segments(ours) != ""
    assert whole(lines, ours) == first


def test_a_letter_costs_little_more_than_itself() -> None:
    ours = console()
    style = Style(color="#d5d9e2", bgcolor="#15181e")
    whole(page([[("the parcel is l te", style)]]), ours)
    assert whole(page([[("the parcel is late", style)]]), ours) == "\x1b[1;16H\x1b[38;2;213;217;226;48;2;21;24;30ma\x1b[m"


def test_blanks_are_erased_in_their_colour_except_where_the_terminal_has_its_own() -> None:
    cell, blank = ("x", (("", "", "41"), "")), (" ", (("", "", "41"), ""))
    for environment, expected in (
        ({"TERM": "xterm-256color"}, "\x1b[H\x1b[41mx\x1b[K\x1b[m"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/x"}, "\x1b[H\x1b[41mx\x1b[K\x1b[m"),
        ({"TERM": "screen.xterm-256color"}, "\x1b[H\x1b[41mx" + " " * 29 + "\x1b[m"),
    ):
        assert StandingCells(environment).put([(0, 0, [cell, *[blank] * 29])], 30) == expected


def test_a_change_says_no_more_than_it_must() -> None:
    system = console()._color_system
    assert system is not None
    plain = codes(Style(color="#010203", bgcolor="#040506"), system)
    other = codes(Style(color="#070809", bgcolor="#040506"), system)
    bold = codes(Style(color="#070809", bgcolor="#040506", bold=True), system)
    both = codes(Style(color="#070809", bgcolor="#040506", bold=True, underline=True), system)
    assert change(plain, plain) == ""
    assert change(plain, other) == "\x1b[38;2;7;8;9m"
    assert change(other, bold) == "\x1b[1m"
    assert change(bold, other) == "\x1b[22m"
    assert change(both, bold) == "\x1b[24m"
    assert change(both, other) == "\x1b[22;24m"
    assert change(plain, ("", "", plain[2])) == "\x1b[39m"
    assert change(plain, NOTHING) == "\x1b[m"
    assert change(NOTHING, bold) == "\x1b[1;38;2;7;8;9;48;2;4;5;6m"


@given(st.lists(LINE, min_size=8, max_size=12), st.integers(1, 5), st.booleans(), st.lists(LINE, min_size=5, max_size=5))
def test_lines_that_have_only_moved_are_moved_by_the_terminal(lines, by, up, others) -> None:
    """Whatever moves and whatever comes in, the screen is as if all of it had been sent."""
    stood = page(lines)
    fresh = page(others)[:by]
    now = [stood[0], *(stood[1 + by : -1] + fresh if up else fresh + stood[1 : -1 - by]), stood[-1]]
    ours = console()
    first, second = whole(stood, ours), whole(now, ours)
    assert painted(first, second, lines=len(stood)) == painted(whole(now, console()), lines=len(stood))


def test_a_list_that_scrolls_by_a_line_sends_that_line() -> None:
    ours = console()
    lines = page([[(f"Case {number} of Asha, who waits", Style(color="red"))] for number in range(30)])
    whole(lines[:20], ours)
    sent = whole([lines[0], *lines[2:20], lines[20]], ours)
    assert len(sent) < 90
    assert "\x1b[2;20r" in sent
