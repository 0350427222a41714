"""A text taken apart into its sentences and the lines of its lists, as far as that is of use for comparing them. Pure."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?।。！？])\s+|\n+")
_MARKS = " \t#*-•"  # that a line of a list or a heading begins with
_SHORTEST = 3  # characters


def sentences(text: str) -> list[str]:
    """The sentences of a text in their order, and each line of a list as one; what is not even a short word is left out."""
    found = (one.strip(_MARKS) for one in _END.split(text))
    return [one for one in found if len(one) >= _SHORTEST]
