"""Writes ``agent_tui/widgets/cell_table.py`` from the tables of Rich (cells) and ``regex`` (which marks take room).

Not of Python, whose own tables are another Unicode's in every version.

``python docs/make_cell_table.py`` after either has been updated; a test says when it is due.
"""

from __future__ import annotations

from pathlib import Path

import regex
from rich._unicode_data import load

SPACING = regex.compile(r"\p{Mc}")
SKIN_TONES = range(0x1F3FB, 0x1F400)
HEAD = '''"""Cells of characters that do not take just one. Made by ``docs/make_cell_table.py``; do not edit.

Each table holds the first code point of a run and the one after its last, in turn: ``bisect_right(table, point) & 1``
says whether a code point is in it.
"""

'''


def tables() -> dict[str, tuple[int, ...]]:
    """``WIDE``, ``NONE`` and ``MARKS``: two cells, none, and spacing combining marks, which terminals disagree about."""
    found: dict[str, list[tuple[int, int]]] = {"WIDE": [], "NONE": [], "MARKS": []}
    for start, end, width in load("auto").widths:
        if start < 0xA0:  # control characters, which no text has
            continue
        for point in range(start, end + 1):
            mark = not width and end - start <= 5000 and SPACING.match(chr(point))
            name = "MARKS" if mark else {2: "WIDE", 0: "NONE"}.get(width, "")
            if not name or point in SKIN_TONES:
                continue
            runs = found[name]
            if runs and runs[-1][1] == point:
                runs[-1] = (runs[-1][0], point + 1)
            else:
                runs.append((point, point + 1))
    return {name: tuple(edge for run in runs for edge in run) for name, runs in found.items()}


def page() -> str:
    """The module's text."""
    parts = [HEAD, f'VERSION = "{load("auto").unicode_version}"\n']
    for name, edges in tables().items():
        lines, line = [], "   "
        for edge in edges:
            word = f" 0x{edge:X},"
            if len(line) + len(word) > 120:
                lines.append(line)
                line = "   "
            line += word
        parts.append(f"{name} = (\n" + "\n".join([*lines, line]) + "\n)  # fmt: skip\n")
    return "".join(parts)


if __name__ == "__main__":
    (Path(__file__).parents[1] / "agent_tui" / "widgets" / "cell_table.py").write_text(page(), encoding="utf-8")
