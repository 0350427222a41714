"""Which words of a text are to be spelt right, and what a speller says of them. Pure.

The speller speaks ispell's pipe protocol (``ispell -a``, its manual page: ``& word count offset: one, other`` where it
has something better, ``# word offset`` where it has nothing), as hunspell, enchant and aspell do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_SKIPPED = re.compile(
    r"```(?:[^`]|`(?!``))*(?:```|\Z)|`[^`\n]+`|\[\[[^\]\n]*\]\]|^[ \t]*>[^\n]*$|(?:https?://|mailto:|www\.)\S+|\S+@\S+|[\w./:-]*\d[\w./:-]*",
    re.MULTILINE,
)
_SIGNS = "\u0300-\u036f\u064b-\u065f\u0900-\u0963\u0970-\u0dff\u0e31-\u0e4e\u200c\u200d"  # belong to the letter before them
WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_SIGNS}]|['’-](?=[^\W\d_]))*")
"""A word as it is handed to a speller."""
_LEAST = 2
SUGGESTED = 7


def words(text: str, known: Iterable[str] = ()) -> tuple[tuple[int, int], ...]:
    """Where the words are that a speller can judge: not code, addresses, quotations, gaps, what has digits, or names.

    Args:
        known: words that are right, whatever a speller says: names of people here, and what was accepted.
    """
    skipped = [found.span() for found in _SKIPPED.finditer(text)]
    right = {one.casefold() for one in known}
    found: list[tuple[int, int]] = []
    place = 0
    for one in WORD.finditer(text):
        while place < len(skipped) and skipped[place][1] <= one.start():
            place += 1
        if place < len(skipped) and skipped[place][0] < one.end():
            continue
        word = one[0]
        if len(word) >= _LEAST and not word.isupper() and word.casefold() not in right:
            found.append(one.span())
    return tuple(found)


def dictionary(language: str, available: Iterable[str]) -> str:
    """The name of the dictionary for a language, or nothing: ``en_US`` or ``en_GB`` for ``en``.

    Args:
        language: as a tag; ``hi-latn`` and the like have none.
    """
    wanted = language.replace("-", "_")
    if not wanted or "_latn" in wanted.lower():
        return ""
    names = sorted(dict.fromkeys(available), key=lambda one: (not one.endswith("_US"), one))
    twice = f"{wanted}_{wanted}".lower()  # de_DE rather than de_AT
    first = [one for one in names if one.lower() in (wanted.lower(), twice)]
    return next(iter([*first, *(one for one in names if one.lower().startswith(f"{wanted.lower()}_"))]), "")


def read_answer(lines: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Misspelt words of a speller's answer, each with better ones, best first."""
    wrong: dict[str, tuple[str, ...]] = {}
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "#" and rest:
            wrong[rest.split(" ", 1)[0]] = ()
        elif kind in ("&", "?") and ":" in rest:
            facts, _, better = rest.partition(":")
            wrong[facts.split(" ", 1)[0]] = tuple(one.strip() for one in better.split(",") if one.strip())[:SUGGESTED]
    return wrong
