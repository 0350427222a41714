"""The terminal's answers, told apart from the keys among which they come. Pure.

Sources: OSC 11, CPR, XTVERSION, DA1, XTSMGRAPHICS and ``CSI 16 t`` as in xterm's control sequences; reports of a changed colour
scheme (mode 2031) as in Contour's "Dark and Light mode detection"; kitty's graphics protocol.
"""

from __future__ import annotations

import re

from agent_tui.widgets import ground

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GROUND, POSITION, NAME, GRAPHICS = "ground", "position", "name", "graphics"
ATTRIBUTES, CELL, COLOURS = "attributes", "cell", "colours"
"""Dark or light; the cursor's column below the first line; the terminal's name and version; what it says to a picture in
kitty's protocol; its features (DA1), numbers parted by ``;``; height and width of a cell in pixels, parted by ``;``;
how many colours a sixel picture may have."""
LONGEST = 240
"""Characters of an answer: what is longer without an end is none."""
MISTAKABLE = 3
"""Characters that a person may have typed with Alt; more of an answer's beginning come from a terminal alone."""

Answer = tuple[str, str]
"""Its kind, and what it says."""

_END = r"(?:\x07|\x1b\\)"
_ANSWER = re.compile(
    rf"(?P<ground>\x1b\]11;(?:rgba?:[0-9a-fA-F]{{1,4}}/[0-9a-fA-F]{{1,4}}/[0-9a-fA-F]{{1,4}}(?:/[0-9a-fA-F]{{1,4}})?|#[0-9a-fA-F]{{6,12}}){_END}"
    r"|\x1b\[\?997;[12]n)"
    r"|\x1b\[(?:[2-9]|[1-9][0-9]{1,3});(?P<position>[0-9]{1,4})R"
    rf"|\x1bP>\|(?P<name>[^\x07\x1b]{{0,200}}){_END}"
    rf"|\x1b_G(?P<graphics>[^\x07\x1b]{{0,200}}){_END}"
    r"|\x1b\[\?(?P<attributes>[0-9;]{1,80})c"
    r"|\x1b\[\?1;0;(?P<colours>[0-9]{1,6})S"
    r"|\x1b\[6;(?P<cell>[0-9]{1,4};[0-9]{1,4})t"
)
_BEGUN = re.compile(
    r"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b]{0,60}\x1b?)?)?)?|P(?:>(?:\|[^\x07\x1b]{0,200}\x1b?)?)?|_(?:G[^\x07\x1b]{0,200}\x1b?)?"
    r"|\[(?:[0-9]{1,4}(?:;[0-9]{0,4}){0,2}|\?[0-9;]{0,80})?)\Z"
)


class Answers:
    """Takes the terminal's answers out of what it sends; everything else goes on to whoever reads keys."""

    def __init__(self) -> None:
        self._kept = ""

    def feed(self, text: str) -> tuple[str, list[Answer]]:
        """Some of what the terminal sent.

        Returns:
            what is no answer, and the answers in it.
        """
        text, self._kept = self._kept + text, ""
        if "\x1b" not in text:
            return text, []
        found = list(_found(text))
        if found:
            text = _ANSWER.sub("", text)
        begun = _BEGUN.search(text)
        if begun and len(begun[0]) <= LONGEST:
            self._kept, text = begun[0], text[: begun.start()]
        return text, found

    def flush(self) -> str:
        """What was kept because it began like an answer, and did not go on."""
        text, self._kept = self._kept, ""
        return text

    @property
    def waiting(self) -> bool:
        """Whether an answer has begun and not ended."""
        return bool(self._kept)

    @property
    def surely(self) -> bool:
        """Whether it is one, rather than a key that begins like it."""
        return len(self._kept) > MISTAKABLE


def _found(text: str) -> Iterator[Answer]:
    for one in _ANSWER.finditer(text):
        kind = one.lastgroup or ""
        yield kind, ground.of(one[0]) if kind == GROUND else one[kind]
