"""Cells are counted as terminals count them, and what is uncertain is anchored."""

import io
import runpy
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

import agent_tui
from agent_tui.widgets import cell_table, width
from agent_tui.widgets.width import Habits, cells, clip, clusters, fit, install, is_certain, use


@pytest.fixture(autouse=True)
def _installed():
    install()
    yield
    use(Habits())


# Measured in tmux 3.3a: print at a line's start and ask where the cursor is.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", 5),
        ("ধন্যবাদ", 6),  # Bengali: a vowel sign of one cell, a virama of none
        ("ਗੁਰਪ੍ਰੀਤ", 6),  # Gurmukhi
        ("ಕಾವ್ಯ", 4),  # Kannada
        ("नमस्ते", 4),  # Devanagari
        ("请求書", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("👍🏽", 4),
        ("👩‍💻", 2),  # joined
        ("ক্‍ষ", 1),  # joined
        ("❤️", 1),
    ],
)
def test_cells_agree_with_the_terminal(text, expected):
    assert cells(text) == expected


def test_rich_and_textual_count_the_same_whatever_they_imported_before():
    from rich.cells import cell_len
    from textual._cells import cell_len as textual_cell_len

    assert cell_len("ধন্যবাদ") == textual_cell_len("ধন্যবাদ") == 6
    assert Strip([Segment("ধন্যবাদ")]).cell_length == 6


def test_habits_of_another_terminal_can_be_put_in():
    use(Habits(marks=0, joined=False, skin=0))
    assert cells("ধন্যবাদ") == 5
    assert cells("👩‍💻") == 4


def test_clipping_never_cuts_a_cluster_and_fitting_fills_exactly():
    text = "ਸਤ ਸ੍ਰੀ ਅਕਾਲ ਜੀ"
    for room in range(1, 20):
        clipped = clip(text, room)
        assert cells(clipped) <= room
        assert set(clusters(clipped.rstrip("…"))) <= set(clusters(text))
        assert cells(fit(text, room)) == room


def test_cropping_a_strip_keeps_its_width():
    strip = Strip([Segment("ধন্যবাদ আপনাকে 👍🏽 ok")])
    for cut in range(1, strip.cell_length):
        assert sum(cells(s.text) for s in strip.crop(0, cut)) == cut


def test_uncertain_text_is_painted_into_blank_cells_and_the_column_behind_it_is_said():
    console = Console(file=io.StringIO(), color_system="truecolor")
    strips = [Strip([Segment("ধন্যবাদ", Style(color="red")), Segment("|")]), Strip([Segment("plain…"), Segment("|")])]
    painted = LayoutUpdate([[one] for one in strips], Region(0, 0, 7, 2)).render_segments(console)
    assert painted == "\x1b[H\x1b[31m\x1b[6Xধন্যবাদ\x1b[7G\x1b[m|\r\nplain…|"


def test_what_is_certain():
    assert is_certain("Grüße, привет, 東京、ありがとう ▌●★✓")
    assert not is_certain("ধন্যবাদ")
    assert not is_certain("👍")
    assert width.is_certain("")


def test_the_table_is_what_rich_and_regex_know():
    """If not: one of them has learnt a newer Unicode; run ``python docs/make_cell_table.py``."""
    made = runpy.run_path(str(Path(agent_tui.__file__).parents[1] / "docs" / "make_cell_table.py"))["tables"]()
    assert made == {name: getattr(cell_table, name) for name in ("WIDE", "NONE", "MARKS")}


def test_rich_counts_every_character_as_we_do():
    from rich.cells import get_character_cell_size

    wrong = [point for point in range(0xA0, 0x20000) if cells(chr(point)) != get_character_cell_size(chr(point))]
    assert wrong == []


_INDIC = st.sampled_from(range(0x0900, 0x0D80, 0x80)).flatmap(lambda block: st.text(
    st.characters(min_codepoint=block, max_codepoint=block + 0x7F) | st.sampled_from(" aé,ক্षਮ"), max_size=12,
))  # fmt: skip
_ANY = st.text(
    st.characters(max_codepoint=0x700) | st.characters(min_codepoint=0x1100, max_codepoint=0x11FF)
    | st.sampled_from("\r\n\u200d\ufe0f👍🏽👩💻🇧🇩가각ㄱ中、。ーん…—→█"), max_size=12,
)  # fmt: skip


@given(_INDIC | _ANY)
def test_clusters_are_those_of_unicode(text):
    assert clusters(text) == regex.findall(r"\X", text)
