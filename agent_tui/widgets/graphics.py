"""Whether the terminal shows pictures: how it is asked, and what its answers say. Pure.

Sources: kitty's "Terminal graphics protocol" (a question with ``a=q``, answered where it is known); DA1, of which 4 is sixel,
XTSMGRAPHICS for the colours of one, and ``CSI 16 t`` as in xterm's control sequences.
"""

from __future__ import annotations

from agent_tui.domain import pictures
from agent_tui.domain.frozen import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE_S = 2.0
"""Without an answer by then it shows none."""
CELL = (10, 20)
"""Pixels of a cell where the terminal does not say."""
LARGEST = 1000
"""Pixels of a sixel picture each way: xterm cuts off the rest."""
_NUMBER = 31


@dataclass(frozen=True, slots=True)
class Graphics:
    """How a terminal shows pictures.

    Args:
        kitty, sixel: by which protocol.
        cell: width and height of a cell in pixels.
        colours: of a sixel picture.
    """

    kitty: bool = False
    sixel: bool = False
    cell: tuple[int, int] = CELL
    colours: int = pictures.COLOURS


_KITTY = f"\x1b_Gi={_NUMBER},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_COLOURS = f"\x1b[?1;3;{pictures.COLOURS}S\x1b[?1;1;0S"
"""Sets as many colours as are wanted, where the terminal has them, and asks how many there are."""
_SIZE, _FEATURES = "\x1b[16t", "\x1b[c"
_SIXEL = "4"


def question(environment: Mapping[str, str]) -> str:
    """What is asked.

    Args:
        environment: of the process. A multiplexer would pass pictures in kitty's protocol on, or not, to wherever the
            cursor of the terminal around it is; and Apple's terminal shows the question.
    """
    asks_kitty = not environment.keys() & {"TMUX", "STY"} and environment.get("TERM_PROGRAM") != "Apple_Terminal"
    return f"{_KITTY if asks_kitty else ''}{_SIZE}{_COLOURS}{_FEATURES}"


def is_yes(answer: str) -> bool:
    """Whether an answer in kitty's protocol says that a picture would be shown."""
    return answer == f"i={_NUMBER};OK"


def has_sixel(attributes: str) -> bool:
    """Whether sixel is among the features of DA1; the first number is the terminal's kind."""
    return _SIXEL in attributes.split(";")[1:]


def cell(answer: str) -> tuple[int, int] | None:
    """Width and height of a cell, of ``CSI 6 ; height ; width t``."""
    height, width = map(int, answer.split(";"))
    return (width, height) if 2 <= width <= 100 and 4 <= height <= 200 else None


def way(wanted: str, told: Graphics, *, colours: bool, blocks: bool) -> str:
    """How to show a picture.

    Args:
        wanted: by the settings; ``auto``: as well as can be.
        told: what the terminal has said.
        colours: there are any; blocks: its font has half blocks.
    """
    if wanted in pictures.WAYS:
        return wanted
    if not colours:
        return pictures.SHADES
    if told.kitty or told.sixel:
        return pictures.KITTY if told.kitty else pictures.SIXEL
    return pictures.BLOCKS if blocks else pictures.SHADES
