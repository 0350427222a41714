"""Lengths of time as people write them: ``15s``, ``6h``, ``14d``, ``1h30m``."""

from __future__ import annotations

import re

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
LONGEST_MS = 3650 * 86_400_000  # ten years: anything longer is a slip of the finger
EXAMPLES = '"15s", "30m", "6h" or "14d"'

_ONE = re.compile(r"(\d{1,6})(ms|[smhdw])")
_ALL = re.compile(r"(?:\d{1,6}(?:ms|[smhdw]))+")


def parse(text: str) -> int:
    """Milliseconds in a length of time; units are ``s m h d w`` and may be joined, as in ``1h30m``.

    Raises:
        ValueError: it is not one.
    """
    compact = text.strip().lower().replace(" ", "")
    if not _ALL.fullmatch(compact):
        raise ValueError(f'"{text}" is not a length of time; write a number and a unit, as in {EXAMPLES}')
    total: int = sum(int(number) * UNITS[unit] for number, unit in _ONE.findall(compact))
    if total > LONGEST_MS:
        raise ValueError(f'"{text}" is longer than ten years')
    return total


def words(length_ms: int) -> str:
    """The shortest exact way to write a length of time: ``90m`` comes back as ``1h30m``, 0 as ``0s``."""
    rest = max(0, length_ms)
    parts = []
    for unit in ("w", "d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
