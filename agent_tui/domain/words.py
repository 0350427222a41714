"""Words of a text in any script, for small libraries and checks that hold everything in memory.

Letters, digits and the marks that belong to them make a word, so that Bengali, Gurmukhi or Kannada words are not
cut at their vowel signs. Scripts that put no spaces between words give overlapping pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

# Han, kana, Thai, Lao, Khmer, Burmese: written without spaces.
SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

# What no text file needs and a terminal might obey: C0 but tab and line feed, C1, bidi overrides.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


_ASCII_WORD = re.compile("[a-z0-9]+")  # the same as below, in half the time


@cache
def _patterns() -> tuple[Any, Any]:
    import regex

    return regex.compile(r"[\p{L}\p{N}\p{M}\p{Co}]+"), regex.compile(r"\p{Cf}+")


def folded(text: str) -> str:
    """One form for all spellings of the same characters: compatibility forms, case and joiners folded."""
    if text.isascii():
        return text.casefold()
    return str(_patterns()[1].sub("", unicodedata.normalize("NFKC", text))).casefold()


def tokens(text: str) -> list[str]:
    """The folded words of a text in order; a run in a script without spaces is one word."""
    return _words(folded(text))


def _words(plain: str) -> list[str]:
    return _ASCII_WORD.findall(plain) if plain.isascii() else list(_patterns()[0].findall(plain))


def terms(text: str) -> list[str]:
    """Like ``tokens``, with runs in scripts without spaces as overlapping pairs of characters."""
    plain = folded(text)
    listed = _words(plain)
    if plain.isascii() or not SPACELESS.search(plain):
        return listed
    found: list[str] = []
    for token in listed:
        if SPACELESS.search(token):
            found.extend(_pairs(token))
        else:
            found.append(token)
    return found


def _pairs(token: str) -> list[str]:
    if len(token) < 3:
        return [token]
    return [token[i : i + 2] for i in range(len(token) - 1)]


def bare(word: str) -> str:
    """A folded word without accents: what people type who leave them out."""
    if word.isascii():
        return word
    kept = (c for c in unicodedata.normalize("NFD", word) if not (unicodedata.combining(c) and c < "\u0370"))
    return unicodedata.normalize("NFC", "".join(kept))
