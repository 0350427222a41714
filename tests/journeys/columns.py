"""What must be true of the cells of a screen with every script on it, in whichever terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tests.journeys.scripts_scene import TEXTS

Row = list[str]
"""The letter of each cell; nothing in the second half of a wide one."""
TAIL = 23
"""Cells at the right end of a case's line, all of them plain."""


def letters(text: str) -> str:
    """The letters of other scripts in a text, without marks and emoji, of which terminals keep more or less."""
    return "".join(one for one in text if unicodedata.category(one) == "Lo" and ord(one) < 0xE000)


def cases(rows: Sequence[Row]) -> dict[tuple[str, bool], Row]:
    """The lines with cases: by script, and whether the script is the customer's name rather than the subject."""
    found: dict[tuple[str, bool], Row] = {}
    names = list(TEXTS)
    for row in rows:
        line = "".join(row)
        if not re.search(r"[●*]  (email|E) ", line):
            continue
        if (at := re.search(r"Order 10(\d\d)", line)) is not None:
            found[names[int(at[1])], True] = row
        elif (at := re.search(r"Customer (\d+)  ", line)) is not None:
            found[names[int(at[1])], False] = row
    return found


def assert_aligned(rows: Sequence[Row]) -> set[tuple[str, bool]]:
    """Columns begin in the same cell beside every script, and nothing covers the script; which lines were seen."""
    found = cases(rows)
    shown = "\n".join("".join(one or "▯" for one in row) for row in rows)
    assert len({tuple(row[-TAIL:]) for row in found.values()}) <= 1, shown
    starts = set()
    for (script, named), row in found.items():
        line, whole = "".join(row), letters(TEXTS[script])
        if named:
            at = next(x for x in range(len(row)) if "".join(row[x : x + 7]) == "Order 1")
            starts.add(at)
            name = "".join(row[:at])
            said = letters(name)
            assert said == whole or (said and whole.startswith(said) and ("…" in name or "~" in name)), f"{script}: {name!r}\n{shown}"
        else:
            assert letters(line).startswith(whole), f"{script}: {line!r}\n{shown}"
    assert len(starts) <= 1, shown
    return set(found)

