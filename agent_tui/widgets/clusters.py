"""What a reader takes for single characters (extended grapheme clusters, Unicode UAX 29).

The common scripts are done here; what they do not cover (Hangul letters, flags, joined emoji, signs that belong to
what follows) goes to ``regex``, which costs the start more than all the rest of drawing a list.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category

_LINKERS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
"""Signs that join consonants to one cluster (Indic_Conjunct_Break = Linker); other scripts have none."""
_JOINING = frozenset({0x0900, 0x0980, 0x0A80, 0x0B00, 0x0C00, 0x0D00})
"""Blocks of the scripts that have them. A block has its consonants at the same places."""
_SIMPLE, _CONSONANT, _MARK, _SPACING, _LINKER, _OTHER = range(6)


def clusters(text: str) -> list[str]:
    """The clusters of a text, in order; a text is never cut within one."""
    if text.isascii() and "\r" not in text:
        return list(text)
    found: list[str] = []
    joined = False  # a linker has come, and only marks after it: a consonant belongs to it
    for character in text:
        kind = _kind(character)
        if kind == _SIMPLE:
            found.append(character)
            joined = False
        elif kind == _CONSONANT:
            if joined and _block(found[-1][0]) == _block(character):
                found[-1] += character
            elif joined:
                return _by_regex(text)
            else:
                found.append(character)
            joined = False
        elif kind == _OTHER or not found or found[-1] < " ":
            return _by_regex(text)
        else:
            found[-1] += character
            if kind == _LINKER:
                if _SPACING in map(_kind, found[-1]):
                    return _by_regex(text)
                joined = True
            elif kind == _SPACING and joined:
                return _by_regex(text)
    return found


def _block(character: str) -> int:
    return ord(character) & ~0x7F


@lru_cache(4096)
def _kind(character: str) -> int:
    point = ord(character)
    if character in _LINKERS:
        return _LINKER
    if 0x20 <= point < 0x7F or (0xA0 <= point < 0x300 and point != 0xAD) or 0x3001 <= point < 0x302A or 0x3041 <= point < 0x3099:
        return _SIMPLE
    if 0x30A0 <= point < 0x3100 or 0x4E00 <= point < 0xA000 or 0x370 <= point < 0x483 or 0x48A <= point < 0x530:
        return _SIMPLE
    if 0x1E00 <= point < 0x2000 or 0x2010 <= point < 0x2028 or 0x2190 <= point < 0x2200 or 0x2500 <= point < 0x2600:
        return _SIMPLE
    if 0x300 <= point < 0x370:
        return _MARK if category(character) == "Mn" else _OTHER
    if not 0x0900 <= point < 0x0D4E:  # up to Malayalam, whose U+0D4E belongs to what follows
        return _OTHER
    match category(character):
        case "Mn":
            return _MARK
        case "Mc":
            return _SPACING
        case "Cn":
            return _OTHER
    block = _block(character)
    if block in _JOINING:
        place = point - block
        if 0x15 <= place <= 0x39 or point == 0x0D3A:
            return _CONSONANT
        if place >= 0x58 and category(character) == "Lo":
            return _OTHER
    return _SIMPLE


def _by_regex(text: str) -> list[str]:
    import regex

    found: list[str] = regex.findall(r"\X", text)
    return found
