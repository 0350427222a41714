"""The scripts a text is written in, as Unicode names its letters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_LINK = re.compile(r"\bhttps?://\S+|\bwww\.\S+|(?<![^\s@])[^\s@]{1,64}@[^\s@]{1,255}")


@lru_cache(maxsize=4096)
def script(character: str) -> str:
    """The script of a letter as Unicode names it, such as ``LATIN`` or ``GURMUKHI``; empty if it is none."""
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "").split(" ")[0]
    return "KANA" if name.startswith(("HIRAGANA", "KATAKANA")) else name


def scripts(texts: Iterable[str]) -> Counter[str]:
    """How many letters of each script there are; Han beside kana counts as kana (Japanese)."""
    found: Counter[str] = Counter()
    for text in texts:
        for character, count in Counter(_LINK.sub(" ", text)).items():
            name = script(character)
            if name:
                found[name] += count
    if found["KANA"] * 10 > found["CJK"]:
        found["KANA"] += found.pop("CJK", 0)
    return +found
