"""Lines that have only moved up or down: the terminal moves them itself, in some twenty bytes (DECSTBM with DL or IL). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

_FEWEST = 4
"""Lines that must have moved: fewer are as soon written again."""

Line = Sequence[tuple[str, object] | None]


def scrolled(old: Mapping[int, Line], new: Mapping[int, Line]) -> tuple[int, int, int] | None:
    """Which lines to move, and how far.

    Args:
        old: whole lines as they stand; new: whole lines as they are to be. By number.

    Returns:
        the first and the last line of those among which they move, and by how many they move up; None where too few do.
    """
    changed = [y for y, line in new.items() if old.get(y) != line]
    if len(changed) < _FEWEST:
        return None
    stood: dict[str, int] = {}
    for y in new:
        words = _words(old.get(y, ()))
        if words.strip():
            stood[words] = -1 if words in stood else y
    moved = [(y, found - y) for y in changed if (found := stood.get(_words(new[y]), -1)) >= 0 and old[found] == new[y]]
    if not moved:
        return None
    ((by, number),) = Counter(by for _, by in moved).most_common(1)
    places = [y for y, one in moved if one == by]
    top, last = min(*places, *(y + by for y in places)), max(*places, *(y + by for y in places))
    between = range(top, last + 1)
    if number < _FEWEST or not all(y in new for y in between):
        return None
    torn = sum(old.get(y) == new[y] and bool(_words(new[y]).strip()) for y in between)
    return (top, last, by) if number > 2 * torn else None


def _words(line: Line) -> str:
    return "".join(one[0] for one in line if one is not None)
