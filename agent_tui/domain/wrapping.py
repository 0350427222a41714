"""Breaking lines into rows of a terminal, by the cells their text takes and never inside a grapheme.

How wide a character is, is the terminal's affair: every function that needs to know takes a ``Measure``.
The one given here, ``cells``, counts as tmux and most terminals do: spacing combining marks (the vowel signs
of Indic scripts) take a cell of their own, wide characters two, a tab always ``TAB`` cells.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

Measure = Callable[[str], int]

TAB = 4  # cells of a tab, wherever it stands: rows then do not depend on where they begin
_ZERO_WIDTH_JOINER = "\u200d"
_NEVER_FIRST = frozenset("、。，．・：；？！）］｝〉》」』】〕ー々…‥")
_NEVER_LAST = frozenset("（［｛〈《「『【〔")
_SEAM = 70  # rows measured again after an edit before one is left short instead, out of sight
_LOOK_BACK = 64  # characters; no grapheme in real text is longer


@lru_cache(maxsize=8192)
def _code_point_cells(character: str) -> int:
    if character == "\t":
        return TAB
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cc", "Zl", "Zp"} or (category == "Cf" and character != "\xad"):
        return 0
    if "\u1160" <= character <= "\u11ff":  # vowels and finals of Hangul join the syllable before them
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cells(text: str) -> int:
    """Cells that text takes on a row."""
    if text.isascii() and text.isprintable():
        return len(text)
    total = 0
    joined = False
    for character in text:
        if joined:  # what a joiner ties to the character before it has no cells of its own
            joined = False
            continue
        joined = character == _ZERO_WIDTH_JOINER
        total += _code_point_cells(character)
    return total


@lru_cache(maxsize=1)
def _clusters() -> Any:
    import regex

    return regex.compile(r"\X", regex.DOTALL)


def graphemes(line: str) -> list[tuple[int, int]]:
    """``(start, end)`` of every user-perceived character of a line."""
    if line.isascii():
        return [(index, index + 1) for index in range(len(line))]
    return [match.span() for match in _clusters().finditer(line)]


def after(line: str, offset: int) -> int:
    """Where the grapheme at ``offset`` ends; the end of the line at its end."""
    if offset >= len(line):
        return len(line)
    if line.isascii():
        return offset + 1
    match = _clusters().match(line, offset)
    return int(match.end()) if match else offset + 1


def before(line: str, offset: int) -> int:
    """Where the grapheme that ends at (or holds) ``offset`` starts; 0 at the start."""
    if offset <= 1 or line.isascii():
        return max(0, offset - 1)
    start = _surely_boundary(line, offset - 1)
    while True:
        end = after(line, start)
        if end >= offset:
            return start
        start = end


def snap(line: str, offset: int) -> int:
    """The nearest grapheme boundary that is not behind ``offset``."""
    if offset <= 0 or offset >= len(line) or line.isascii():
        return max(0, min(offset, len(line)))
    start = before(line, offset)
    end = after(line, start)
    return end if end == offset else start


def _surely_boundary(line: str, offset: int) -> int:
    """A place at or before ``offset`` where a grapheme certainly begins."""
    lowest = max(0, offset - _LOOK_BACK)
    for index in range(offset, lowest, -1):
        if line[index].isascii() and line[index] != "\n":
            return index
    return lowest


def wrap(line: str, width: int, measure: Measure = cells) -> list[tuple[int, int]]:
    """Rows of one line (no line feed in it) as ``(start, end)`` offsets that follow on each other.

    Rows break after spaces and between wide characters, else anywhere between graphemes. Spaces at the end
    of a row hang: they belong to it and may stand outside ``width``. An empty line is one empty row.

    Args:
        line: text of one line.
        width: cells of a row; less than 2 counts as 2.
        measure: cells that a text takes.
    """
    return list(_rows(line, 0, max(2, width), measure))


def rewrap(  # noqa: PLR0917
    line: str, width: int, starts: list[int], at: int, removed: int, inserted: int, measure: Measure = cells,
) -> tuple[list[int], int, int, int]:  # fmt: skip
    """Where rows begin after an edit, measured again only where the edit can have changed them.

    In a line of thousands of words an edit may move every row behind it. After more rows than a screen shows one
    is left shorter than it could be, and what follows stays as it was.

    Args:
        line: text after the edit.
        width: as given to ``wrap``.
        starts: where the rows began before the edit; each ends where the next one begins.
        at: offset of the edit; removed, inserted: characters it took away and put there.

    Returns:
        Where they begin now; the first row that may differ; and how many old rows were replaced by how many new ones.
    """
    width = max(2, width)
    first = max(0, row_at(starts, at) - 2)
    delta = inserted - removed
    settled = at + inserted  # from here on the text is what it was
    fresh: list[int] = []
    for start, _ in _rows(line, starts[first], width, measure):
        if start > settled:
            old = row_at(starts, start - delta)
            same = starts[old] == start - delta
            if same or len(fresh) >= _SEAM:
                if not same:
                    fresh.append(start)  # a short row; from the next one on all is as it was
                    old += 1
                behind = [one + delta for one in starts[old:]] if delta else starts[old:]
                return starts[:first] + fresh + behind, first, old - first, len(fresh)
        fresh.append(start)
    return starts[:first] + fresh, first, len(starts) - first, len(fresh)


def row_at(starts: list[int], offset: int) -> int:
    """Index of the row that holds an offset; the start of a row belongs to that row."""
    return max(0, bisect_right(starts, offset) - 1)


def _rows(line: str, start: int, width: int, measure: Measure) -> Iterator[tuple[int, int]]:
    length = len(line)
    plain = line.isascii() and "\t" not in line
    while True:
        end = _plain_end(line, start, width) if plain else _measured_end(line, start, width, measure)
        yield start, end
        if end >= length:
            return
        start = end


def _plain_end(line: str, start: int, width: int) -> int:
    """Where the row that begins at ``start`` ends, where every character is one cell."""
    length = len(line)
    limit = start + width
    if limit >= length:
        return length
    if line[limit] == " ":  # the word ends with the row: its spaces hang
        return _skip_spaces(line, limit)
    space = line.rfind(" ", start, limit)
    return space + 1 if space >= 0 and line[start:space].strip(" ") else limit


def _skip_spaces(line: str, offset: int) -> int:
    while offset < len(line) and line[offset] == " ":
        offset += 1
    return offset


def _measured_end(line: str, start: int, width: int, measure: Measure) -> int:
    """Where the row that begins at ``start`` ends, grapheme by grapheme."""
    used = 0
    chance = -1  # the last place where the row may break
    words = False  # whether anything but spaces stands before that place
    previous = ""
    previous_wide = False
    for match in _clusters().finditer(line, start):
        cluster = match.group()
        place = match.start()
        if cluster in {" ", "\t", "\u3000"}:
            used += measure(cluster) if cluster != "\t" else TAB
            previous, previous_wide = " ", False
            continue
        taken = measure(cluster)
        ideograph = cluster >= "\u2e80" and _is_ideograph(cluster)
        if previous == " ":
            if words:
                chance = place
        elif place > start and (
            (previous_wide and previous not in _NEVER_LAST and cluster not in _NEVER_FIRST)
            or (ideograph and not previous_wide and taken > 1)
        ):
            chance = place
        if used + taken > width and place > start:
            return chance if chance > start else place
        used += taken
        words = True
        previous, previous_wide = cluster, ideograph
    return len(line)


def _is_ideograph(cluster: str) -> bool:
    """Whether a row may break beside it without a space: ideographs and kana, not emoji and not Hangul."""
    first = cluster[0]
    return "\u2e80" <= first <= "\ua4cf" or "\uf900" <= first <= "\ufaff" or "\uff01" <= first <= "\uff60"
