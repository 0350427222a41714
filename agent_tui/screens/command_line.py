"""The command line: any verb by its name, with what can follow it, and what was typed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.domain.commands.table import COMMANDS, command
from agent_tui.domain.commands.triage import suggestions
from agent_tui.domain.errors import AgentTuiError
from agent_tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from agent_tui.screens.base import DeskScreen

REMEMBERED = "command.history"
MOST = 100
SHORT = {"close": "done", "q": "back", "quit": "quit", "wq": "back", "h": "help"}
"""What other programs call our verbs."""


def history(screen: DeskScreen) -> tuple[str, ...]:
    """Lines typed before, newest last."""
    return tuple(line for line in screen.desk.recall(REMEMBERED).split("\n") if line)


def open_line(screen: DeskScreen, argument: str = "") -> None:
    """Ask for a line and carry it out, or carry out what was given."""
    names = tuple(one.id for one in screen.commands() if ":" not in one.id)

    def take(text: str) -> None:
        text = text.strip()
        if not text:
            return
        name, _, rest = text.partition(" ")
        name = SHORT.get(name, name)
        chosen = command(name) or next((one for one in COMMANDS if one.id in names and one.id.startswith(name)), None)
        if chosen is None or not screen.perform(chosen, rest.strip()):
            raise ValueError(f"no verb '{name}' here; {_nearest(name, names)}")
        _keep(screen, text)

    def choices(text: str) -> tuple[str, ...]:
        name, space, rest = text.partition(" ")
        return screen.completions(SHORT.get(name, name), rest) if space else suggestions(text, names)

    if argument:
        take(argument)
    else:
        screen.ask(Prompt(":", take, choices=choices, history=history(screen)))


def _keep(screen: DeskScreen, text: str) -> None:
    kept = [line for line in history(screen) if line != text]
    try:
        screen.desk.remember(REMEMBERED, "\n".join([*kept, text][-MOST:]))
    except AgentTuiError:  # a desk that cannot be written: the line was carried out, that is what was asked for
        return


def _nearest(name: str, names: tuple[str, ...]) -> str:
    import difflib

    near = difflib.get_close_matches(name, names, n=3)
    return f"did you mean {', '.join(near)}?" if near else "tab shows them"
