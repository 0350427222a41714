"""Writes pieces of a line in their colours, in as few bytes as say it. Needs nothing of Rich or Textual."""

from __future__ import annotations

from agent_tui.widgets.signs import painted
from agent_tui.widgets.width import anchored, cells, is_certain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

Codes = tuple[str, str, str]
"""SGR parameters of the attributes, of the foreground and of the background; empty: the terminal's own."""

LONGEST = 2000
"""Characters of an address: longer ones are cut by terminals too."""
NOTHING: Codes = ("", "", "")
_ENDS = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
"""What ends an attribute; bold and dim end together."""
_DEFAULTS = ("39", "49")
"""The terminal's own foreground and background."""
BLANK = {"", "1", "2", "3", "1;3"}
"""Attributes that do not show on a space."""


_links = True


def use_links(environment: Mapping[str, str]) -> None:
    """Send links as such from now on, unless the terminal is one that would show their addresses as text."""
    global _links  # noqa: PLW0603 - what a terminal takes holds for the whole process
    _links = environment.get("TERM", "") not in {"linux", "dumb", ""}


def _escaped(address: str) -> str:
    """An address in printable ASCII, as OSC 8 wants it; nothing of it can end the sequence."""
    return "".join(
        one if " " < one < "\x7f" else "".join(f"%{byte:02X}" for byte in one.encode("utf-8", "replace")) for one in address
    )[:LONGEST]


def link_to(address: str) -> str:
    """What makes the text that follows lead somewhere (OSC 8), or nowhere where there is no address.

    Parts of one address are one link, wherever lines are broken.
    """
    if not _links:
        return ""
    if not address:
        return "\x1b]8;;\x1b\\"
    from zlib import crc32

    return f"\x1b]8;id={format(crc32(address.encode()), 'x')};{_escaped(address)}\x1b\\"


class Pen:
    """Begins and ends with the terminal's own colours."""

    def __init__(self) -> None:
        self._now = NOTHING
        self._parts: list[str] = []

    def write(self, text: str, wanted: Codes) -> None:
        """A piece; one whose width terminals may disagree about is anchored to its columns."""
        now, text = self._now, painted(text)
        if not (wanted[2] == now[2] and wanted[0] in BLANK and now[0] in BLANK and not text.strip(" ")):
            self._parts.append(change(now, wanted))
            self._now = wanted
        if text.isascii() or is_certain(text):
            self._parts.append(text)
        else:
            width = cells(text)
            self._parts.append(anchored(text, " " * width, width))

    def end(self) -> str:
        """All that was written."""
        self._parts.append(change(self._now, NOTHING))
        self._now = NOTHING
        return "".join(self._parts)


def change(before: Codes, after: Codes) -> str:
    """The sequence that leads from one look to another, the shorter of two; empty where there is nothing to say."""
    if before == after:
        return ""
    if after == NOTHING:
        return "\x1b[m"
    anew = ";".join(("0", *filter(None, after)))
    said = [] if before[0] == after[0] else _attributes(before[0].split(";"), after[0].split(";"))
    if said is None:
        return f"\x1b[{anew}m"
    for old, new, default in zip(before[1:], after[1:], _DEFAULTS, strict=True):
        if old != new:
            said.append(new or default)
    told = ";".join(said)
    return f"\x1b[{told if len(told) <= len(anew) else anew}m"


def _attributes(before: list[str], after: list[str]) -> list[str] | None:
    """What ends those that are no more and begins the others; None where not all of them can be ended."""
    gone = [one for one in before if one and one not in after]
    if any(one not in _ENDS for one in gone):
        return None
    ends = list(dict.fromkeys(_ENDS[one] for one in gone))
    return [*ends, *(one for one in after if one and (one not in before or _ENDS.get(one) in ends))]
