"""How wide the terminal draws what terminals disagree about: the question, its answer, and both as words. Pure.

A few texts are drawn, each followed by the question where the cursor is (DSR 6). They stand on the second line, so that no
answer can be taken for a key: F3 with a modifier looks like an answer from the first. Which terminal it is, is asked as
well (XTVERSION), so that an answer holds for one version of one terminal.

Sources: DSR, CPR and XTVERSION (``CSI > q``) as in xterm's control sequences; East Asian Width as in Unicode's UAX 11.
"""

from __future__ import annotations

from agent_tui.domain.cell_habits import STANDARD, Habits, parse, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LINE = 2
"""The terminal's line that the texts are drawn on."""
TEXTS = (
    "কা",  # a letter and a vowel sign beside it
    "क्षि",  # two letters as one, and a vowel sign beside them
    "\U0001f469\u200d\U0001f4bb",  # a woman, joined to a laptop
    "\u2764\ufe0f",  # a heart, as emoji
    "\U0001f44d\U0001f3fd",  # a thumb with a skin tone
    "\U0001f1ee\U0001f1f3",  # the two letters of a flag
    "α",
)
NAME = "\x1b[>0q"
"""Asks which terminal it is."""
BROWSER = "textual"
"""What textual-serve calls the terminal in the browser; whatever else the environment says is of where the server was started."""
QUESTION = "\x1b[6n"
"""Where the cursor is."""
ASK = "".join(f"\x1b[{LINE};1H\x1b[K{text}{QUESTION}" for text in TEXTS) + f"\x1b[{LINE};1H\x1b[K"
"""Draws the texts one over the other and takes them away; the answer is as many cursor positions."""
REMEMBERED = "terminal."
"""Before the name of a terminal, as the environment has it, and ``=`` and its own name for itself: what is kept of it."""
ASKING = frozenset({"", "auto"})
"""What the settings say where the terminal is to be asked."""
PATIENCE_S = 10
"""What is answered later than this after the question is none: nobody waits for it meanwhile."""


def measured(columns: Sequence[int]) -> Habits | None:
    """What the terminal's answers say.

    Args:
        columns: the cursor's column after each of the texts, the leftmost being 1.

    Returns:
        None where they cannot be believed.
    """
    if len(columns) != len(TEXTS):
        return None
    mark, conjunct, joined, heart, thumb, flag, greek = (column - 1 for column in columns)
    if not (
        mark in {1, 2} and 1 <= conjunct <= 4 and 2 <= joined <= 5 and heart in {1, 2} and 2 <= thumb <= 4 and 1 <= flag <= 4
        and greek in {1, 2}
    ):  # fmt: skip
        return None
    marks = mark - 1
    return Habits(
        marks=marks, most=conjunct if conjunct < 2 + marks else 0, joined=joined == 2, selector=heart == 2, skin=thumb - 2,
        flag=2 if flag == 4 else 1, ambiguous=greek,
    )  # fmt: skip


def known(wanted: str, kept: str) -> tuple[Habits, bool]:
    """How wide text is drawn, and whether the terminal is to be asked.

    Args:
        wanted: of the settings.
        kept: what was remembered of the terminal.
    """
    if wanted == "standard":
        return STANDARD, False
    if wanted not in ASKING:
        return parse(wanted), False
    _, habits = remembered(kept)
    return habits or STANDARD, habits is None


def to_remember(name: str, habits: Habits) -> str:
    """A terminal's name and habits as one line."""
    return f"{words(habits)}\t{name}"


def remembered(kept: str) -> tuple[str, Habits | None]:
    """What ``to_remember`` made: name and habits; no habits where there is nothing, or what another version kept."""
    said, _, name = kept.partition("\t")
    try:
        return name, parse(said) if said else None
    except ValueError:
        return "", None


def terminal(environment: Mapping[str, str]) -> str:
    """What the environment calls the terminal: the name under which its answer is kept for the next start."""
    if environment.get("TERM_PROGRAM") == BROWSER:
        return BROWSER
    inside = "TMUX" in environment or "STY" in environment
    found = [environment.get("TERM", "")]
    names = ("TERM_PROGRAM", "TERM_PROGRAM_VERSION")
    if not inside or environment.get("TERM_PROGRAM") == "tmux":
        found += [environment.get(name, "") for name in names]
    if not inside:  # a multiplexer draws by itself; what it was started in is told of by these
        others = ("XTERM_VERSION", "VTE_VERSION", "KONSOLE_VERSION")
        found += [f"{name}={environment[name]}" for name in others if environment.get(name)]
    return " ".join(" ".join(found).split())[:200]
