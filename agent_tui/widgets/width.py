"""How many cells text takes in the terminal, in one place.

Rich, and Textual with it, count the vowel signs of Bengali, Gurmukhi, Kannada and their like as no cell at all;
tmux, xterm and terminals in browsers give each a cell of its own. Everything right of such text would be painted
in the wrong column. Two remedies, both put in before Textual starts:

* Rich's table is replaced by one that agrees with the terminal (spacing marks take a cell, emoji modifiers two,
  joiners none); ``Habits`` says in what terminals differ, and ``probes`` asks for it. What is painted before Rich is there
  counts by the same table.
* Text that terminals may still disagree about is painted into blank cells, and the column of what comes after it is said (see
  ``standing_cells``; in the first frame by a saved cursor). So a wrong guess never moves what comes after it.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from agent_tui.domain.cell_habits import Habits
from agent_tui.widgets.cell_table import MARKS, NONE, VERSION, WIDE
from agent_tui.widgets.clusters import clusters
from agent_tui.widgets.signs import is_sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rich.cells import CellTable

__all__ = ["Habits", "anchored", "cells", "clip", "clusters", "fit", "forget", "habits", "install", "is_certain", "use"]

PIECES = 1024
"""Texts whose width is remembered: those of a few screens. More would be kept for ever that nobody sees again."""
_ZWJ, _VS16 = "\u200d", "\ufe0f"
_SKIN_TONES = (0x1F3FB, 0x1F400)
_FLAG_LETTERS = (0x1F1E6, 0x1F200)
# What every terminal counts alike: Latin, Greek, Cyrillic, dashes and quotes, boxes, Kana, CJK, Hangul syllables.
_CERTAIN = (
    0x20, 0x7F, 0xA0, 0xAD, 0xAE, 0x300, 0x370, 0x483, 0x48A, 0x530, 0x1E00, 0x2000, 0x2010, 0x2016, 0x2018, 0x201F,
    0x2020, 0x2023, 0x2026, 0x2027, 0x2032, 0x2034, 0x2039, 0x203B, 0x20A0, 0x20C0, 0x2190, 0x2194, 0x2500, 0x25A1,
    0x25B2, 0x25B3, 0x25B6, 0x25B7, 0x25BC, 0x25BD, 0x25C0, 0x25C1, 0x25CF, 0x25D0, 0x2605, 0x2606,
    0x2713, 0x2714, 0x3001, 0x302A, 0x3041, 0x3097, 0x30A1, 0x30FB, 0x30FC, 0x30FD, 0x4E00, 0x9FA6, 0xAC00, 0xD7A4,
    0xFF01, 0xFF5F,
)  # fmt: skip


_habits = Habits()
_narrow: frozenset[str] = frozenset()
_installed = False


def habits() -> Habits:
    """What is counted by now."""
    return _habits


def use(wanted: Habits) -> None:
    """Count like this from now on, before Rich is there or after."""
    global _habits  # noqa: PLW0603 - what a terminal counts holds for the whole process
    _habits = wanted
    for kept in (_size, _cells, _sure, _is_certain):
        kept.cache_clear()
    if _installed:
        install()


def install() -> None:
    """Make Rich and Textual count the same. Call it before an App is made."""
    global _narrow, _installed  # noqa: PLW0603 - Rich's own tables are global to the process too
    import rich.cells

    table = _table()
    module: Any = rich.cells
    module.load_cell_table = lambda _version="auto": table
    module._cell_len = lambda text, _version="auto": _cells(text)
    module._split_graphemes = _split_graphemes
    _narrow = table.narrow_to_wide
    for kept in (rich.cells.get_character_cell_size, rich.cells.cached_cell_len, _size, _cells):
        kept.cache_clear()
    if not _installed:
        from agent_tui.widgets import painting

        painting.install()
        _installed = True


def forget() -> None:
    """Forget what Rich remembers of texts, where that is more than a few screens of them: it keeps four times as many."""
    import rich.cells

    if rich.cells.cached_cell_len.cache_info().currsize > PIECES:
        rich.cells.cached_cell_len.cache_clear()


def cells(text: str) -> int:
    """Cells that a text takes on one line."""
    return len(text) if text.isascii() else _cells(text)


@lru_cache(PIECES)
def _cells(text: str) -> int:
    """Code point by code point where the terminal's habits allow it, else cluster by cluster."""
    if not _habits.most and _ZWJ not in text and _VS16 not in text:
        return sum(map(_size, text))
    return sum(width for _start, _end, width in _split_graphemes(text)[0])


@lru_cache(8192)
def _size(character: str) -> int:
    point = ord(character)
    if point < 0xA0 or (point < 0x300 and _habits.ambiguous == 1):
        return 0 if point < 0x20 or 0x7F <= point < 0xA0 else 1
    if bisect_right(MARKS, point) & 1:
        return _habits.marks
    if bisect_right(NONE, point) & 1:
        return 0
    if bisect_right(WIDE, point) & 1:
        return 2
    if bisect_right(_FLAG_LETTERS, point) & 1:
        return _habits.flag
    if bisect_right(_SKIN_TONES, point) & 1:
        return _habits.skin
    return _habits.ambiguous if _habits.ambiguous > 1 and _is_ambiguous(character) else 1


def clip(text: str, width: int) -> str:
    """At most ``width`` cells of a text, ending in ``…`` where something was left out; never half a cluster."""
    if len(text) <= width and text.isascii():
        return text
    if width <= 0:
        return ""
    if text.isascii():
        return text[: width - 1] + "…"
    if cells(text) <= width:
        return text
    kept: list[str] = []
    room = width - 1
    for cluster in clusters(text[: width * 8]):
        room -= cells(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + "…"


def fit(text: str, width: int, *, right: bool = False) -> str:
    """A text in exactly ``width`` cells, clipped or filled up with spaces."""
    text = clip(text, width)
    blank = " " * (width - cells(text))
    return blank + text if right else text + blank


def anchored(painted: str, blank: str, width: int) -> str:
    """Painted text between a saved and a restored cursor, which is then moved on by the cells reckoned with.

    Args:
        painted: with its colours; blank: as many spaces, in the same colours.
        width: cells.
    """
    # Text that is wider than reckoned does not spill into the next line: Textual turns autowrap off.
    return f"\x1b7{blank}\x1b8{painted}\x1b8\x1b[{width}C" if width else ""


def is_certain(text: str) -> bool:
    """Whether every terminal counts this text alike."""
    return text.isascii() or _is_certain(text)


@lru_cache(PIECES)
def _is_certain(text: str) -> bool:
    return all(map(_sure, text))


@lru_cache(8192)
def _sure(character: str) -> bool:
    return bool(bisect_right(_CERTAIN, ord(character)) & 1) and not (_habits.ambiguous > 1 and _is_ambiguous(character))


def _is_ambiguous(character: str) -> bool:
    """Signs of ours are none: they are painted in ASCII where such are wide."""
    from unicodedata import east_asian_width

    return not is_sign(character) and east_asian_width(character) == "A"


def _table() -> CellTable:
    """Our table as Rich has its own."""
    import rich.cells
    from rich._unicode_data import load

    kinds = ((NONE, 0), (WIDE, 2), (MARKS, _habits.marks), (_SKIN_TONES, _habits.skin), (_FLAG_LETTERS, _habits.flag))
    widths = [
        (start, end - 1, size) for edges, size in kinds for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    if _habits.ambiguous > 1:
        narrow = (point for point in range(0xA0, 0x10000) if not bisect_right(WIDE, point) & 1)
        widths += [(point, point, 2) for point in narrow if _size(chr(point)) == 2]
    return rich.cells.CellTable(VERSION, sorted(widths), load("auto").narrow_to_wide)


def _split_graphemes(text: str, unicode_version: str = "auto") -> tuple[list[tuple[int, int, int]], int]:
    """Spans of the clusters of a text, and its cells: what Rich crops and divides by."""
    del unicode_version
    spans: list[tuple[int, int, int]] = []
    total = end = 0
    for cluster in clusters(text):
        start, end = end, end + len(cluster)
        if _habits.joined and (_ZWJ in cluster or text[start - 1 : start] == _ZWJ):
            width = sum(_size(text[at]) for at in range(start, end) if not at or text[at - 1] != _ZWJ)
        else:
            width = _size(cluster) if len(cluster) == 1 else sum(map(_size, cluster))
        if _habits.most and width > _habits.most and not bisect_right(_FLAG_LETTERS, ord(cluster[0])) & 1:
            width = max(_habits.most, *map(_size, cluster))
        if _habits.selector and _VS16 in cluster and (cluster[0] in _narrow if _narrow else _size(cluster[0]) == 1):
            width += 1
        spans.append((start, end, width))
        total += width
    return spans, total
