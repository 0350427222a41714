"""How a terminal counts cells where terminals disagree, as a value and as words."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Habits:
    """How a terminal counts what terminals disagree about. The defaults are tmux's.

    Args:
        marks: cells of a spacing combining mark.
        joined: whether what U+200D joins to the character before it takes no cells.
        selector: whether U+FE0F makes a narrow symbol wide.
        skin: cells that a skin tone adds to the emoji before it.
        most: cells that a cluster takes at most; 0: as many as its characters.
        flag: cells of each of the two letters of a flag.
        ambiguous: cells of what is wide in East Asian fonts and narrow in others (Unicode's East Asian Width, class A):
            Greek, Cyrillic, quotation marks, lines.
    """

    marks: int = 1
    joined: bool = True
    selector: bool = False
    skin: int = 2
    most: int = 0
    flag: int = 1
    ambiguous: int = 1


STANDARD = Habits()
EXAMPLE = "marks=1 joined=0 selector=0 skin=2 most=0 flag=1 ambiguous=1"
_RANGES = {"marks": "01", "joined": "01", "selector": "01", "skin": "012", "most": "012", "flag": "12", "ambiguous": "12"}


def words(habits: Habits) -> str:
    """Habits as they are kept, and as the setting ``widths`` takes them."""
    values = (habits.marks, habits.joined, habits.selector, habits.skin, habits.most, habits.flag, habits.ambiguous)
    return " ".join(f"{name}={int(value)}" for name, value in zip(_RANGES, values, strict=True))


def parse(text: str) -> Habits:
    """What ``words`` made; what is left out is as tmux has it.

    Raises:
        ValueError: it says something else, in words.
    """
    given: dict[str, int] = {}
    for word in text.split():
        name, _, number = word.partition("=")
        if name not in _RANGES:
            raise ValueError(f"'{name}' is nothing that terminals differ in; known are {', '.join(_RANGES)}")
        if len(number) != 1 or number not in _RANGES[name]:
            raise ValueError(f"{name} is {' or '.join(_RANGES[name])}, not '{number}'")
        given[name] = int(number)
    return Habits(
        marks=given.get("marks", 1), joined=bool(given.get("joined", 1)), selector=bool(given.get("selector", 0)),
        skin=given.get("skin", 2), most=given.get("most", 0), flag=given.get("flag", 1), ambiguous=given.get("ambiguous", 1),
    )  # fmt: skip
