"""Whether the terminal is dark or light: how it is asked, and its answers in what it sends. Pure.

Sources: OSC 11 as in xterm's control sequences ("Change VT100 text background color"); reports of a changed colour scheme
(mode 2031, ``CSI ? 997 ; 1 n`` for dark, ``2`` for light) as in Contour's "Dark and Light mode detection", which kitty,
Ghostty and tmux follow.
"""

from __future__ import annotations

import re

DARK, LIGHT = "dark", "light"
ASK = "\x1b]11;?\x1b\\\x1b[?2031h"
END = "\x1b[?2031l"
LONGEST = 64
"""Characters of an answer: what is longer without an end is none."""

_ANSWER = re.compile(
    r"\x1b\]11;(?:rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?|#([0-9a-fA-F]{6,12}))"
    r"(?:\x07|\x1b\\)|\x1b\[\?997;([12])n"
)
_BEGUN = re.compile(r"(?:\x1b\](?:1(?:1(?:;[^\x07\x1b]{0,60}\x1b?)?)?)?|\x1b\[(?:\?(?:9(?:9(?:7(?:;[12]?)?)?)?)?)?)\Z")


class Answers:
    """Takes the terminal's answers out of what it sends; everything else goes on to whoever reads keys."""

    def __init__(self) -> None:
        self._kept = ""

    def feed(self, text: str) -> tuple[str, str]:
        """Some of what the terminal sent.

        Returns:
            what is no answer, and the ground that the last answer in it tells of, or nothing.
        """
        text, self._kept = self._kept + text, ""
        ground = ""

        def take(found: re.Match[str]) -> str:
            nonlocal ground
            ground = _ground(found)
            return ""

        text = _ANSWER.sub(take, text)
        begun = _BEGUN.search(text)
        if begun and len(begun[0]) <= LONGEST:
            self._kept, text = begun[0], text[: begun.start()]
        return text, ground

    def flush(self) -> str:
        """What was kept because it began like an answer, and did not go on."""
        text, self._kept = self._kept, ""
        return text

    @property
    def waiting(self) -> bool:
        """Whether an answer has begun and not ended."""
        return bool(self._kept)


def _ground(found: re.Match[str]) -> str:
    if found[5]:
        return DARK if found[5] == "1" else LIGHT
    parts = found.groups()[:3] if found[1] else tuple(found[4][at : at + len(found[4]) // 3] for at in _thirds(found[4]))
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in parts if part)
    return LIGHT if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else DARK


def _thirds(digits: str) -> range:
    return range(0, len(digits) // 3 * 3, len(digits) // 3)
