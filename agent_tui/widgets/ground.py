"""Whether the terminal is dark or light: how it is asked, and what its answers say. Pure.

Sources: OSC 11 as in xterm's control sequences ("Change VT100 text background color"); reports of a changed colour scheme
(mode 2031, ``CSI ? 997 ; 1 n`` for dark, ``2`` for light) as in Contour's "Dark and Light mode detection", which kitty,
Ghostty and tmux follow.
"""

from __future__ import annotations

import re

DARK, LIGHT = "dark", "light"
ASK = "\x1b]11;?\x1b\\\x1b[?2031h"
END = "\x1b[?2031l"

_COLOUR = re.compile(
    r"\x1b\]11;(?:rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?|#([0-9a-fA-F]{6,12}))"
    r"|\x1b\[\?997;([12])n"
)


def of(answer: str) -> str:
    """``dark`` or ``light``, as an answer tells; empty where it tells of none."""
    found = _COLOUR.match(answer)
    return _ground(found) if found else ""


def _ground(found: re.Match[str]) -> str:
    if found[5]:
        return DARK if found[5] == "1" else LIGHT
    parts = found.groups()[:3] if found[1] else tuple(found[4][at : at + len(found[4]) // 3] for at in _thirds(found[4]))
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in parts if part)
    return LIGHT if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else DARK


def _thirds(digits: str) -> range:
    return range(0, len(digits) // 3 * 3, len(digits) // 3)
