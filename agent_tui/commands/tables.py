"""Rows of text for people, cut to the terminal's width."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Sequence

from agent_tui.domain import durations

MINUTE = 60_000


def cells(text: str) -> int:
    """Columns that a terminal takes for a text, well enough for a table."""
    width = 0
    for one in text:
        category = unicodedata.category(one)
        if category in ("Mn", "Me", "Cf"):
            continue
        width += 2 if unicodedata.east_asian_width(one) in ("W", "F") else 1
    return width


def cut(text: str, width: int) -> str:
    """A text of exactly ``width`` columns: cut with an ellipsis, or filled with spaces."""
    text = text.replace("\n", " ")
    if cells(text) > width:
        kept, used = "", 0
        for one in text:
            step = cells(one)
            if used + step > width - 1:
                break
            kept, used = kept + one, used + step
        text = kept + "…"
    return text + " " * (width - cells(text))


def row(values: Sequence[str], widths: Sequence[int]) -> str:
    """One row. The last value takes what is left on a terminal, and all it needs in a pipe."""
    fixed = "  ".join(cut(value, width) for value, width in zip(values, widths, strict=False))
    if len(values) <= len(widths):
        return fixed.rstrip()
    if sys.stdout.isatty():
        left = shutil.get_terminal_size().columns - cells(fixed) - 2
        return f"{fixed}  {cut(values[-1], max(left, 10))}".rstrip()
    return f"{fixed}  {values[-1]}".rstrip()


def span(length_ms: int) -> str:
    """A length of time in its two largest units: ``5h20m``, ``3d``."""
    rounded = max(0, length_ms) // MINUTE * MINUTE
    if rounded == 0:
        return "0m"
    if rounded >= 2 * 86_400_000:
        return f"{rounded // 86_400_000}d"
    return durations.words(rounded)
