"""Reads the steps of docs/tutorial.md: what to press, and what is seen then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TUTORIAL = Path(__file__).parent / "tutorial.md"
HEAD = "| press | you see |"


@dataclass(frozen=True)
class Step:
    """One line of a table.

    Args:
        chapter: the heading above it.
        keys: names of keys, in order; empty where text is typed.
        text: what is typed.
        seen: words that the screen shows then.
    """

    chapter: str
    keys: tuple[str, ...]
    text: str
    seen: tuple[str, ...]


def steps() -> list[Step]:
    """Every step, in order."""
    found, chapter, inside = [], "", False
    for line in TUTORIAL.read_text("utf-8").splitlines():
        if line.startswith("## "):
            chapter = line[3:]
        inside = line == HEAD or (inside and line.startswith("|"))
        cells = line.strip("| ").split(" | ", 1)
        if inside and line != HEAD and not line.startswith("|---"):
            typed = re.fullmatch(r"\*\*(.+)\*\*", cells[0])
            keys = () if typed else tuple(re.findall(r"`([^`]+)`", cells[0]))
            found.append(Step(chapter, keys, typed[1] if typed else "", tuple(re.findall("“(.+?)”", cells[1]))))
    return found
