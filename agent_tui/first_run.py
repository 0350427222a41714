"""What ``agent-tui`` shows where there is no workspace yet: set one up, or look around first."""

from __future__ import annotations

import os
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult
from textual.strip import Strip

from agent_tui.screens.setup import SetupScreen
from agent_tui.widgets import signs, theme, width
from agent_tui.widgets.lines import Lines, strip_of
from agent_tui.widgets.theme import Look

SET_UP, DEMO = "set-up", "demo"
WELCOME = (
    "Every answer is kept as soon as a source is whole. esc leaves at any time; the next start goes on from there.\n"
    "Passwords go into the system's keyring or stay in the program that prints them, never into a file."
)


class Choice(Lines):
    """The two ways to begin."""

    DEFAULT_CSS = "Choice { height: 1fr; }"

    def __init__(self, look: Look, path: Path) -> None:
        super().__init__(look, id="choice")
        self._path = path

    def paint(self, width: int, height: int) -> list[Strip]:
        """From the upper third on."""
        lines = [
            [("agent-tui", "strong+bold")],
            [("One inbox for e-mail, chat and community, by keys, also offline.", "text")],
            [],
            [("There is no workspace yet in ", "muted"), (str(self._path), "muted")],
            [],
            [("  enter  ", "accent+bold"), ("set one up: an address is asked for, servers are found and tested", "text")],
            [("  d      ", "accent+bold"), ("look around first: a demo with sample cases, no account needed", "text")],
            [("  q      ", "accent+bold"), ("leave", "text")],
        ]
        blank = strip_of([], width, self.look)
        rows = [strip_of([("    ", "text"), *one], width, self.look) for one in lines]
        return ([blank] * max(1, (height - len(rows)) // 3) + rows + [blank] * height)[:height]


class FirstRun(App[str], inherit_bindings=False):
    """Ends with ``set-up`` where there is a workspace now, ``demo``, or nothing.

    Args:
        path: where the workspace is to be.
        wanted: the theme; there are no settings that could name one.
        arguments: for the child that asks.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: $background; }"

    def __init__(self, path: Path, *, wanted: str = "auto", arguments: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._path = path
        self._arguments = arguments
        for look in theme.LOOKS.values():
            self.register_theme(look.theme())
        ground = theme.told_ground(os.environ)
        self.look = theme.choose(wanted, colours=self.console.color_system, no_colour=self.no_color, ground=ground)
        self.theme = self.look.name
        signs.use(signs.choose("auto", os.environ))

    def compose(self) -> ComposeResult:
        """The choice."""
        yield Choice(self.look, self._path)

    def on_key(self, event: events.Key) -> None:
        """Begin, look around, or leave."""
        match event.key:
            case "enter" | "i" | "y":
                self.push_screen(SetupScreen(self._path, self.look, WELCOME, self._arguments), self._set_up)
            case "d":
                self.exit(DEMO)
            case "q" | "escape" | "ctrl+q" | "ctrl+c":
                self.exit("")

    def _set_up(self, there_is: bool | None) -> None:
        if there_is:
            self.exit(SET_UP)


def begin(path: Path) -> str:
    """Ask how to begin.

    Returns:
        ``set-up``: there is a workspace now; ``demo``; or nothing.
    """
    width.install()
    return FirstRun(path).run() or ""
