"""The Textual application: opens the desk, shows the inbox, hands keys to screens, looks for changes."""

from __future__ import annotations

import gc
from typing import Any

from textual import events
from textual.app import App
from textual.filter import Monochrome, NoColor

from agent_tui.domain.commands.keys import Keymap, bind
from agent_tui.domain.commands.table import COMMANDS
from agent_tui.screens.base import Bench, DeskScreen
from agent_tui.screens.inbox import InboxScreen
from agent_tui.widgets import theme, width
from agent_tui.workspace import Workspace

POLL_SECONDS = 0.25


class Workstation(App[int], inherit_bindings=False):
    """The workstation.

    Args:
        desk: the facade over the store; closed by whoever opened it.
        keymap: the command table with the workspace's keys.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: $background; }"

    def __init__(self, desk: Any, keymap: Keymap | None = None) -> None:
        super().__init__()
        self.desk = desk
        workspace: Workspace = desk.workspace
        self.keymap = keymap or bind(COMMANDS, workspace.keys)
        for look in theme.LOOKS.values():
            self.register_theme(look.theme())
        look = theme.choose(workspace.theme, colours=self.console.color_system, no_colour=self.no_color)
        self.theme = look.name
        if self.no_color:  # Textual chose a filter before it knew the theme: grey, where no colour at all was asked for
            self._filters[:] = [NoColor() if isinstance(one, Monochrome) else one for one in self._filters]
        zone = Bench.zone_of(workspace.hours.timezone if workspace.hours is not None else "")
        self.bench = Bench(desk, self.keymap, look, zone)
        self._beats = 0

    def on_mount(self) -> None:
        """Show the inbox; what has been loaded by then is left out of every later collection."""
        self.push_screen(InboxScreen(self.bench))
        self.set_interval(POLL_SECONDS, self._beat)
        self.call_after_refresh(self._settled)

    def _settled(self) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        gc.enable()
        screen = self._shown()
        if screen is None:
            return
        if self.desk.read_only:
            screen.say(self.desk.read_only, "late")
        elif self.keymap.faults:
            more = f" (and {len(self.keymap.faults) - 1} more)" if len(self.keymap.faults) > 1 else ""
            screen.say(f"{self.keymap.faults[0]}{more}", "late")

    def _beat(self) -> None:
        """Four times a second: has another process, or the engine, changed anything?"""
        screen = self._shown()
        if screen is None:
            return
        changed = self.desk.poll()
        if changed:
            screen.changed(changed)
        self._beats += 1
        if self._beats % 4 == 0:
            screen.second()

    def _shown(self) -> DeskScreen | None:
        """The screen on top; None while the app is coming up or going down, when there is none."""
        stack = self.screen_stack
        return stack[-1] if stack and isinstance(stack[-1], DeskScreen) else None

    async def on_event(self, event: events.Event) -> None:
        """Keys go to the screen's commands first, past Textual's search for bindings."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            screen = self._shown()
            if screen is not None and screen.feed_key(event):
                return
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            screen = self._shown()
            if screen is not None and screen.feed_paste(event):
                return
        await super().on_event(event)

    def set_look(self, name: str) -> None:
        """Change to another look."""
        look = theme.LOOKS[name]
        self.theme = look.name
        self.bench.look = look
        for screen in self.screen_stack:
            if isinstance(screen, DeskScreen):
                screen.set_look(look)


def run(workspace: Workspace, *, offline: bool = False) -> int:
    """Open a workspace and work in it.

    Args:
        workspace: its settings.
        offline: start no engine; everything works on what is here.

    Returns:
        The exit status.
    """
    from agent_tui.desk import Desk

    width.install()
    desk = Desk(workspace, offline=offline)
    try:
        if not offline:
            desk.engine.start()
        workstation = Workstation(desk)
        return workstation.run() or workstation.return_code or 0
    finally:
        desk.close()
