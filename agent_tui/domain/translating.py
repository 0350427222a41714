"""What a machine must not translate: addresses, numbers, names, code and gaps are locked before and put back after. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent_tui.domain.begun import QUOTE_HEAD
from agent_tui.domain.frozen import dataclass

_LOCKED = (
    QUOTE_HEAD.pattern,
    r"```(?:[^`]|`(?!``))*(?:```|\Z)|`[^`\n]+`",
    r"\[\[[^\]\n]*\]\]",
    r"^[ \t]*>[^\n]*$",
    r"(?:https?://|mailto:|www\.)[^\s<>\"']+",
    r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.,;:!?]+",
    r"(?<![A-Za-z\d])[#@$€£₹]?(?:[A-Za-z\d]+[-./:,_]){0,8}[A-Za-z]*\d[A-Za-z\d]*(?:[-./:,_][A-Za-z\d]+){0,8}[%€$£₹]?",
)
_MARK = re.compile(r"⟦\s*(\d+)\s*⟧")
_LEAST = 3  # letters of a name: shorter ones are words as well


@dataclass(frozen=True, slots=True)
class Locked:
    """A text with marks in place of what must stay as it is.

    Args:
        text: for the machine.
        pieces: what the marks ``⟦0⟧``, ``⟦1⟧``, … stand for.
    """

    text: str
    pieces: tuple[str, ...] = ()


def lock(text: str, names: Iterable[str] = (), whole: Iterable[str] = ()) -> Locked:
    """Put marks in place of code, gaps, quoted lines, addresses, whatever has digits, and names.

    Args:
        names: of people; each word of them is locked.
        whole: pieces that are not translated at all, such as a signature.
    """
    words = {word for name in names for word in name.split() if len(word) >= _LEAST}
    fixed = [re.escape(one) for one in sorted({one for one in whole if one.strip()}, key=len, reverse=True)]
    called = [rf"(?<!\w){re.escape(one)}(?!\w)" for one in sorted(words, key=len, reverse=True)]
    pattern = re.compile("|".join((*fixed, _MARK.pattern.replace("(", "(?:"), *_LOCKED, *called)), re.MULTILINE)
    pieces: list[str] = []

    def take(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return f"⟦{len(pieces) - 1}⟧"

    return Locked(pattern.sub(take, text), tuple(pieces))


def unlock(text: str, locked: Locked) -> str:
    """The translation with everything put back.

    Raises:
        ValueError: the machine lost or doubled something; the message says what.
    """
    met: list[int] = []

    def put(found: re.Match[str]) -> str:
        number = int(found[1])
        if number >= len(locked.pieces):
            return found[0]
        met.append(number)
        return locked.pieces[number]

    done = _MARK.sub(put, text)
    lost = [piece for number, piece in enumerate(locked.pieces) if number not in met]
    if lost:
        raise ValueError(f"the translation lost {', '.join(lost[:3])}; it is not used")
    if len(met) > len(locked.pieces):
        raise ValueError("the translation says a number or a name twice; it is not used")
    return done


def translates(text: str) -> bool:
    """Whether anything is left to translate once everything has been locked."""
    return any(one.isalpha() for one in _MARK.sub("", lock(text).text))
