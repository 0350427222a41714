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
_NOTHING: Codes = ("", "", "")
_ENDS = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27"}
"""What ends one attribute that stands alone."""
_BLANK = {"", "1", "2", "3", "1;3"}
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


class Pen:
    """Begins and ends with the terminal's own colours."""

    def __init__(self) -> None:
        self._now = _NOTHING
        self._parts: list[str] = []

    def write(self, text: str, wanted: Codes) -> None:
        """A piece; one whose width terminals may disagree about is anchored to its columns."""
        now, text = self._now, painted(text)
        if not (wanted[2] == now[2] and wanted[0] in _BLANK and now[0] in _BLANK and not text.strip(" ")):
            self._parts.append(change(now, wanted))
            self._now = wanted
        if text.isascii() or is_certain(text):
            self._parts.append(text)
        else:
            width = cells(text)
            self._parts.append(anchored(text, " " * width, width))

    def link(self, text: str, wanted: Codes, address: str) -> None:
        """A piece that leads somewhere (OSC 8); parts of one address are one link, wherever lines are broken."""
        if not _links:
            self.write(text, wanted)
            return
        from zlib import crc32

        known = format(crc32(address.encode()), "x")
        self._parts.append(f"\x1b]8;id={known};{_escaped(address)}\x1b\\")
        self.write(text, wanted)
        self._parts.append("\x1b]8;;\x1b\\")

    def as_it_is(self, text: str) -> None:
        """What brings its own sequences."""
        self._parts += (change(self._now, _NOTHING), painted(text))
        self._now = _NOTHING

    def end(self) -> str:
        """All that was written."""
        self._parts.append(change(self._now, _NOTHING))
        self._now = _NOTHING
        return "".join(self._parts)


def change(before: Codes, after: Codes) -> str:
    """The sequence that leads from one look to another; empty where there is nothing to say."""
    if before == after:
        return ""
    if after == _NOTHING or (before[1] and not after[1]) or (before[2] and not after[2]):
        return f"\x1b[{';'.join(('0', *filter(None, after)))}m"
    said = [new for old, new in zip(before[1:], after[1:], strict=True) if new != old]
    if before[0] != after[0]:
        if before[0] and before[0] not in _ENDS:
            return f"\x1b[{';'.join(('0', *filter(None, after)))}m"
        said = [*filter(None, (_ENDS.get(before[0], ""), after[0])), *said]
    return f"\x1b[{';'.join(said)}m"
