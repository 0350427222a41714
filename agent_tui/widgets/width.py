"""How many cells text takes in the terminal, in one place.

Rich, and Textual with it, count the vowel signs of Bengali, Gurmukhi, Kannada and their like as no cell at all;
tmux, xterm and terminals in browsers give each a cell of its own. Everything right of such text would be painted
in the wrong column. Two remedies, both put in before Textual starts:

* Rich's table is replaced by one that agrees with the terminal (spacing marks take a cell, emoji modifiers two,
  joiners none); ``Habits`` says in what terminals differ, and ``probe`` can ask the terminal itself.
* Text that terminals may still disagree about is painted between a saved and a restored cursor, after which the
  cursor is moved on by the cells that were reckoned with. So a wrong guess never moves what comes after it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import rich.cells

from agent_tui.domain.frozen import dataclass

if TYPE_CHECKING:
    from rich.console import Console
    from textual.strip import Strip

_ZWJ, _VS16 = "\u200d", "\ufe0f"
_SKIN_TONES = range(0x1F3FB, 0x1F400)

# What every terminal counts alike: Latin, Greek, Cyrillic, dashes and quotes, boxes, Kana, CJK, Hangul syllables.
_CERTAIN = re.compile(
    r"[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u2015\u2018-\u201e\u2020-\u2022"
    r"\u2026\u2032\u2033\u2039\u203a\u20a0-\u20bf\u2190-\u2193\u2500-\u259f\u25a0\u25b2\u25b6\u25bc\u25c0\u25cf\u2605"
    r"\u2713\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fa5\uac00-\ud7a3\uff01-\uff5e]*"
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a terminal counts what terminals disagree about. The defaults are tmux's.

    Args:
        marks: cells of a spacing combining mark.
        joined: whether what U+200D joins to the character before it takes no cells.
        selector: whether U+FE0F makes a narrow symbol wide.
        skin: cells that a skin tone adds to the emoji before it.
    """

    marks: int = 1
    joined: bool = True
    selector: bool = False
    skin: int = 2


_habits = Habits()
_narrow: frozenset[str] = frozenset()
_installed = False


def install(habits: Habits | None = None) -> None:
    """Make Rich and Textual count as the terminal does. Call it before an App is made; again to change habits."""
    global _installed  # noqa: PLW0603 - as below
    count(habits)
    if not _installed:
        from textual.strip import Strip

        Strip.render = _render  # type: ignore[method-assign]
        _installed = True


def count(habits: Habits | None = None) -> None:
    """Make Rich count as the terminal does: what can be done before Textual is there."""
    global _habits, _narrow  # noqa: PLW0603 - Rich's own tables are global to the process too
    _habits = habits or Habits()
    table = _table(_habits)
    module: Any = rich.cells
    module.load_cell_table = lambda _version="auto": table
    module._cell_len = _cell_len
    module.split_graphemes = _split_graphemes
    _narrow = table.narrow_to_wide
    rich.cells.get_character_cell_size.cache_clear()
    rich.cells.cached_cell_len.cache_clear()
    _is_certain.cache_clear()


def cells(text: str) -> int:
    """Cells that a text takes on one line."""
    return len(text) if text.isascii() else rich.cells.cell_len(text)


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
    for cluster in _cluster().findall(text[: width * 8]):
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


def clusters(text: str) -> list[str]:
    """What a reader takes for single characters; a text is never cut within one."""
    return list(text) if text.isascii() else _cluster().findall(text)


@cache
def _cluster() -> re.Pattern[str]:
    import regex  # late: a list of plain names is painted before it is needed

    found: re.Pattern[str] = regex.compile(r"\X")
    return found


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


@lru_cache(8192)
def _is_certain(text: str) -> bool:
    return _CERTAIN.fullmatch(text) is not None


def _table(habits: Habits) -> rich.cells.CellTable:
    original = rich.cells.CellTable
    from rich._unicode_data import load

    before = load("auto")
    widths: list[tuple[int, int, int]] = []
    for start, end, width in before.widths:
        if width or end - start > 5000:
            widths.append((start, end, width))
            continue
        run = start
        for point in range(start, end + 1):
            if unicodedata.category(chr(point)) == "Mc" or point in _SKIN_TONES:
                if run < point:
                    widths.append((run, point - 1, 0))
                widths.append((point, point, habits.skin if point in _SKIN_TONES else habits.marks))
                run = point + 1
        if run <= end:
            widths.append((run, end, 0))
    return original(before.unicode_version, widths, before.narrow_to_wide)


def _cell_len(text: str, unicode_version: str = "auto") -> int:
    """Cells of a text, code point by code point, with the terminal's habits for joiners and selectors."""
    size = rich.cells.get_character_cell_size
    if _ZWJ not in text and _VS16 not in text:
        return sum(map(size, text))
    return sum(width for _start, _end, width in _split_graphemes(text, unicode_version)[0])


def _split_graphemes(text: str, unicode_version: str = "auto") -> tuple[list[tuple[int, int, int]], int]:
    """Spans of the clusters of a text, and its cells: what Rich crops and divides by."""
    size = rich.cells.get_character_cell_size
    del unicode_version
    spans: list[tuple[int, int, int]] = []
    total = 0
    for found in _cluster().finditer(text):
        cluster = found[0]
        if _habits.joined and (_ZWJ in cluster or text[found.start() - 1 : found.start()] == _ZWJ):
            start, end = found.span()
            width = sum(size(text[at]) for at in range(start, end) if not at or text[at - 1] != _ZWJ)
        else:
            width = size(cluster) if len(cluster) == 1 else sum(map(size, cluster))
        if _habits.selector and _VS16 in cluster and cluster[0] in _narrow:
            width += 1
        spans.append((found.start(), found.end(), width))
        total += width
    return spans, total


def _render(self: Strip, console: Console) -> str:
    """``Strip.render``, with uncertain text anchored to its columns."""
    if self._render_cache is None:
        from rich.color import ColorSystem

        system = console._color_system or ColorSystem.TRUECOLOR
        parts: list[str] = []
        for text, style, control in self._segments:
            painted = text if style is None else self.render_style(style, text, color_system=system)
            if control or text.isascii() or _is_certain(text):
                parts.append(painted)
                continue
            width = rich.cells.cell_len(text)
            blank = " " * width if style is None else self.render_style(style, " " * width, color_system=system)
            parts.append(anchored(painted, blank, width))
        self._render_cache = "".join(parts)
    return self._render_cache
