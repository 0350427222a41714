"""Words of a text in any script, for small libraries and checks that hold everything in memory.

Letters, digits and the marks that belong to them make a word, so that Bengali, Gurmukhi or Kannada words are not
cut at their vowel signs. Scripts that put no spaces between words give overlapping pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

# Han, kana, Thai, Lao, Khmer, Burmese: written without spaces.
SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

# What no text file needs and a terminal might obey: C0 but tab and line feed, C1, bidi overrides.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


_IN_WORDS = r"\p{L}\p{N}\p{M}\p{Co}"
_ASCII_WORD = re.compile("[a-z0-9]+")  # the same as below, in half the time


@cache
def _patterns() -> tuple[Any, Any]:
    import regex

    return regex.compile(f"[{_IN_WORDS}]+"), regex.compile(r"\p{Cf}+")


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


_ACCENT = re.compile("[\u0300-\u034e\u0350-\u036f]+")  # the combining marks below U+0370
_ACCENTED = re.compile("[\xc0-\u0587\u1e00-\u22ff\u2ada-\u2adc]")  # all that is one of these with a letter, and some more


def bare(word: str) -> str:
    """A folded word, or several, without accents: what people type who leave them out."""
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", word)))


def beginning_with(starts: Collection[str]) -> Callable[[str], list[str]]:
    """What finds the terms of a text that begin with one of a few letters, much sooner than ``terms`` cuts all of it.

    Args:
        starts: folded and without accents; not empty.

    Returns:
        A function from a text to its terms, as ``terms`` gives them but without accents, that begin so.
    """
    known = tuple(sorted(starts))
    pairs = {one for one in known if len(one) == 2 and SPACELESS.search(one)}
    others = tuple(one for one in known if one not in pairs)
    any_of = "|".join(map(re.escape, others))
    ascii_word = re.compile(rf"\b(?:{any_of})[a-z0-9]*", re.ASCII)

    @cache
    def patterns() -> tuple[Any, Any]:
        """Words that begin so, and whole runs in which something does."""
        import regex

        return (
            regex.compile(rf"(?<![{_IN_WORDS}])(?:{any_of})[{_IN_WORDS}]*"),
            regex.compile(rf"(?<![{_IN_WORDS}])[{_IN_WORDS}]*?(?:{any_of})[{_IN_WORDS}]*"),
        )

    def find(text: str) -> list[str]:
        plain = folded(text)
        if _ACCENTED.search(plain):
            plain = bare(plain)
        found = [one for one in pairs for _ in range(_occurrences(plain, one))]
        if not any(one in plain for one in others):
            return found
        if plain.isascii():
            return ascii_word.findall(plain.replace("_", " "))  # which is a letter only to ``re``
        if not SPACELESS.search(plain):
            return list(patterns()[0].findall(plain))
        cut = (_pairs(run) if SPACELESS.search(run) else [run] for run in patterns()[1].findall(plain))
        return found + [one for some in cut for one in some if one.startswith(others) and one not in pairs]

    return find


def _occurrences(text: str, part: str) -> int:
    """How often a part stands in a text, also where it overlaps itself."""
    number, at = 0, text.find(part)
    while at >= 0:
        number, at = number + 1, text.find(part, at + 1)
    return number
