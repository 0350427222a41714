"""The Textual application: opens the desk, shows the inbox, hands keys to screens, looks for changes."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.filter import Monochrome, NoColor
from textual.screen import Screen
from textual.timer import Timer

from agent_tui import hangup, log, performance, running
from agent_tui.domain.commands.keys import Keymap, bind
from agent_tui.domain.commands.presets import PRESETS
from agent_tui.domain.commands.table import COMMANDS, saved_commands
from agent_tui.domain.errors import AgentTuiError
from agent_tui.driver import Asking, GraphicsTold, GroundTold, NameTold, WidthsTold, driver_for
from agent_tui.opening import Early
from agent_tui.screens.announcing import Announcing
from agent_tui.screens.base import Bench, DeskScreen
from agent_tui.screens.chats import ChatVerbs
from agent_tui.screens.inbox import InboxScreen
from agent_tui.screens.measuring import Measuring
from agent_tui.screens.showing import Showing
from agent_tui.widgets import painting, pen, theme, width
from agent_tui.workspace import Workspace

SAMPLED = 4  # of so many keys one is timed: to know when it is painted costs a message
POLL_SECONDS = 0.25
SLOW = 4  # times as long between two looks while nobody is at the keys and the engine tells of what changes
SHORT_REST, LONG_REST = 8, 120  # beats without a key: then garbage is collected, which would make a key wait
TIDY_EVERY = 240  # beats, a minute: then all garbage is collected at a short rest too
SHOW_CURSOR = "\x1b[?25h"
LOOK_AGAIN_S = 0.04  # after the last look: the engine may tell of a dozen changes at once


class Workstation(App[int], inherit_bindings=False):
    """The workstation.

    Args:
        desk: the facade over the store; closed by whoever opened it.
        keymap: the command table with the workspace's keys.
        early: the terminal with the first frame, or None where there was none.
        begin: called when the list has been painted for the first time.
        news: what to say then, where there is anything to say.
        figures: get what start and keys take.
        started: this process was started to show the list, and nothing was asked before.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: $background; }"

    def __init__(
        self, desk: Any, keymap: Keymap | None = None, early: Early | None = None, begin: Callable[[], None] | None = None,
        news: Callable[[], str] = str, *, figures: performance.Figures | None = None, started: bool = False,
    ) -> None:  # fmt: skip
        self._measuring = Measuring(desk, os.environ)
        super().__init__(driver_class=driver_for(early, asks_widths=self._measuring.asks))
        self.desk = desk
        self._begin = begin
        self._news = news
        self._figures = figures
        self._started = started
        self._keys = 0
        self.crash: Exception | None = None
        """What it broke on."""
        workspace: Workspace = desk.workspace
        self.keymap = keymap or keymap_of(workspace)
        for look in theme.LOOKS.values():
            self.register_theme(look.theme())
        look = self._look(desk.recall("ground") or theme.told_ground(os.environ))
        self.theme = look.name
        pen.use_links(os.environ)
        if self.no_color:  # Textual chose a filter before it knew the theme: grey, where no colour at all was asked for
            self._filters[:] = [NoColor() if isinstance(one, Monochrome) else one for one in self._filters]
        zone = Bench.zone_of(workspace.hours.timezone if workspace.hours is not None else "")
        self.bench = Bench(desk, self.keymap, look, zone)
        self.bench.showing = Showing(workspace.pictures, self._ask_graphics, self._draw_over)
        self._beats = 0
        self._pace = 1  # beats from one look to the next
        self._looking: Timer | None = None
        self._looked_at = 0.0  # by the loop's clock
        self._has_room = False  # the list is shorter than the screen: of a new account each mail is waited for
        self._look_soon: asyncio.TimerHandle | None = None
        self._tidied = 0
        self._rested: int | None = None
        """Beats since the last key; None where nothing was pressed since all garbage was collected."""
        self._typed: list[events.Event] | None = []
        """Keys that came before there was a list; they mean what they will be seen to do."""
        self._announcing = Announcing(desk, self._tell_terminal)

    def get_default_screen(self) -> InboxScreen:
        """The inbox, and no empty screen below it that would be laid out and painted first."""
        return InboxScreen(self.bench)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Paint; in a linear layout the terminal's own cursor then stands at what is meant."""
        shown = self._shown()
        if shown is not None and shown.linear and shown.is_mounted:
            self.cursor_position = shown.caret_now()
        super()._display(screen, renderable)

    def on_mount(self) -> None:
        """Look for changes from now on."""
        if self.desk.workspace.layout == "linear":
            self._tell_terminal(SHOW_CURSOR)
        self._looking = self.set_interval(POLL_SECONDS, self._beat)
        loop, context = asyncio.get_running_loop(), copy_context()

        def hear(event: dict[str, Any]) -> None:  # in the link's thread
            if event.get("event") == "changed" and (self._has_room or not event.get("bulk")):
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(self._told, context=context)

        self.desk.engine.events = hear
        self.call_after_refresh(self._settled)

    async def _settled(self) -> None:
        if self._figures is not None and self._started and (took := performance.since_start_ms()) is not None:
            self._figures.add(performance.START, took)
        if self._begin is not None:
            self._begin()
        typed, self._typed = self._typed or [], None
        for event in typed:
            await self.on_event(event)
        screen = self._shown()
        if isinstance(screen, InboxScreen):
            screen.begin()
            self._has_room = screen.list.has_room
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        gc.enable()
        with suppress(AgentTuiError, OSError):  # what the next first frame needs can be remembered another time
            self.desk.remember_start()
        if screen is None:
            return
        news = self._news()
        if self.desk.read_only or news:
            screen.say(self.desk.read_only or news, "late")
        elif self.keymap.faults:
            more = f" (and {len(self.keymap.faults) - 1} more)" if len(self.keymap.faults) > 1 else ""
            screen.say(f"{self.keymap.faults[0]}{more}", "late")

    def _told(self) -> None:
        """The engine says that it has changed something that somebody may be waiting for: look at once."""
        if self._look_soon is None and self.is_running:
            loop = asyncio.get_running_loop()
            self._look_soon = loop.call_at(self._looked_at + LOOK_AGAIN_S, self._show_changes)

    def _show_changes(self) -> DeskScreen | None:
        """Show what another process, or the engine, has changed; gives the screen on top."""
        if self._look_soon is not None:
            self._look_soon.cancel()
            self._look_soon = None
        self._looked_at = asyncio.get_running_loop().time()
        screen = self._shown()
        changed = self.desk.poll() if screen is not None and self.is_running else frozenset()
        if screen is not None and changed:
            screen.changed(changed)
            self._has_room = isinstance(screen, InboxScreen) and screen.list.has_room
            if "cache" in changed:
                self._announce(screen)
        return screen

    def _beat(self) -> None:
        """Four times a second: what nobody has told of, and clocks. Once a second is enough while nothing is pressed."""
        screen = self._show_changes()
        if screen is None:
            return
        self._beats += self._pace
        if self._beats % 4 < self._pace:
            screen.second()
            self._announcing.show_title()
        self._tidy()
        self._keep_pace(SLOW if self._rested is None and self.desk.engine.state == "up" else 1)

    def _keep_pace(self, pace: int) -> None:
        """Look every so many beats from now on."""
        if pace != self._pace and self._looking is not None:
            self._pace = pace
            self._looking.stop()
            self._looking = self.set_interval(POLL_SECONDS * pace, self._beat)

    def _tidy(self) -> None:
        """Screens that were left are rings of objects, which reference counts do not free.

        Those that came and went since the last rest are found in milliseconds; the rest takes some tens of them, which a
        busy day gives only now and then.
        """
        if self._rested is None:
            return
        self._rested += 1
        if self._rested not in (SHORT_REST, LONG_REST):
            return
        if self._figures is not None and self._figures.due():
            self._figures.save()
        if self._rested == LONG_REST:
            self._rested = None
        elif self._beats < self._tidied + TIDY_EVERY:
            gc.collect(1)
            return
        self._tidied = self._beats
        width.forget()
        gc.collect()

    def _announce(self, screen: DeskScreen) -> None:
        """Say by sound or notification that somebody has written, as the settings want it."""
        trouble = self._announcing.look(screen.case_at_hand() if isinstance(screen, ChatVerbs) else None)
        if trouble:
            screen.say(trouble, "late")

    def _tell_terminal(self, sequences: str) -> None:
        if self._driver is not None:
            self._driver.write(sequences)
            self._driver.flush()

    def _draw_over(self, sequences: str) -> None:
        """Sequences that draw: what is painted next goes over it, so that it is seen no more."""
        painting.forget()
        self._tell_terminal(sequences)

    def on_unmount(self) -> None:
        """Give the terminal its title back."""
        if self._look_soon is not None:
            self._look_soon.cancel()
        self._announcing.end()

    def _shown(self) -> DeskScreen | None:
        """The screen on top; None while the app is coming up or going down, when there is none."""
        stack = self.screen_stack
        return stack[-1] if stack and isinstance(stack[-1], DeskScreen) else None

    async def on_event(self, event: events.Event) -> None:
        """Keys go to the screen's commands first, past Textual's search for bindings."""
        if self._typed is not None and isinstance(event, events.Key | events.Paste):
            self._typed.append(event)
            return
        if isinstance(event, events.Resize):
            painting.forget()  # terminals move their lines, or clear them
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._rested = 0
            self._keep_pace(1)
            self._keys += 1
            if self._figures is not None and self._keys % SAMPLED == 0:
                self.call_after_refresh(self._painted, event.time)
            screen = self._shown()
            if screen is not None and screen.feed_key(event):
                screen.look_at_drill()
                return
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            screen = self._shown()
            if screen is not None and screen.feed_paste(event):
                return
        await super().on_event(event)

    def _painted(self, pressed: float) -> None:
        """What a key changed is on the screen.

        Args:
            pressed: when it came, in seconds of the monotonic clock.
        """
        if self._figures is not None:
            self._figures.add(performance.KEY, (time.monotonic() - pressed) * 1000)

    def _look(self, told: str) -> theme.Look:
        """The look that the settings want, where the terminal is dark or light as it was told."""
        return theme.choose(
            self.desk.workspace.theme, colours=self.console.color_system, no_colour=self.no_color, ground=told
        )

    def on_ground_told(self, event: GroundTold) -> None:
        """Follow the terminal, now and at the next start's first frame."""
        look = self._look(event.ground)
        if look is not self.bench.look and self.desk.workspace.theme in theme.AUTO:
            self.set_look(look.name)
        if event.ground != self.desk.recall("ground"):
            with suppress(AgentTuiError, OSError):  # then the next start asks again
                self.desk.remember("ground", event.ground)
                self.desk.remember_start()

    def on_name_told(self, event: NameTold) -> None:
        """It may be another terminal than the environment says."""
        habits = self._measuring.named(event.name)
        if habits is not None:
            self._measuring.use(habits)
            self.set_look(self.bench.look.name)
        elif self._measuring.asks and isinstance(self._driver, Asking) and not self._driver.asks_widths:
            self._driver.ask_widths()
            self.refresh(repaint=True, layout=True)

    def on_widths_told(self, event: WidthsTold) -> None:
        """Lay out by how wide the terminal draws, now and from the next start's first frame on."""
        if self._measuring.told(event.habits):
            self.set_look(self.bench.look.name)

    def _ask_graphics(self) -> bool:
        if not isinstance(self._driver, Asking) or not self._driver.may_ask:
            return False
        self._driver.ask_graphics()
        return True

    def on_graphics_told(self, event: GraphicsTold) -> None:
        """How pictures are shown here."""
        self.bench.showing.told(event.graphics)

    def _handle_exception(self, error: Exception) -> None:
        """A fault of ours: its report, and the end. Textual's own would show what variables hold: customers' words."""
        if self.crash is None:
            self.crash = error
            log.Log("crash").crash("the workstation crashed", error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        if self.crash is not None:
            self.panic(
                f"agent-tui: stopped by a fault of its own ({type(self.crash).__name__}); what was written is kept, the "
                "report is in the log, see 'agent-tui where'"
            )

    def set_look(self, name: str) -> None:
        """Change to another look."""
        look = theme.LOOKS[name]
        self.theme = look.name
        self.bench.look = look
        for screen in self.screen_stack:
            if isinstance(screen, DeskScreen):
                screen.set_look(look)


def keymap_of(workspace: Workspace) -> Keymap:
    """The command table with a workspace's saved views and keys."""
    saved = saved_commands(workspace.views)
    chosen = {**workspace.keys, **{one.id: one.keys for one in saved if one.keys}}
    return bind((*COMMANDS, *saved), chosen, PRESETS.get(workspace.preset))


def run(
    desk: Any, early: Early | None = None, *, mark: running.Run | None = None, news: Callable[[], str] = str,
    drill: tuple[int | None, Callable[[int], None]] | None = None, started: bool = False,
) -> int:  # fmt: skip
    """Work at a desk.

    Args:
        desk: closed by whoever opened it.
        early: the terminal with the first frame, or None where there was none.
        mark: of this process; gets the report of a crash.
        news: what to say once the list stands.
        drill: begin with one: milliseconds of the best before, and what keeps a better one.
        started: see ``Workstation``.

    Returns:
        The exit status.
    """
    width.install()
    begin = None
    if not desk.offline:
        desk.engine.state = "connecting"  # as it will in a moment: starting a process takes time from the first paint
        if desk.counts()["all"]:
            begin = desk.engine.start
        else:  # a new account: until something has come there is nothing that this could delay
            desk.engine.start()
    figures = performance.Figures(desk.workspace.path)
    workstation = Workstation(desk, early=early, begin=begin, news=news, figures=figures, started=started)
    if drill is not None:
        from agent_tui.screens.drill import Exercise

        workstation.bench.exercise = Exercise(desk, *drill)
    if sys.__stdin__ is not None and (sys.__stdin__.isatty() or "TEXTUAL_DRIVER" in os.environ):  # or a pipe from a server
        hangup.watch(sys.__stdin__.fileno())
    try:
        status = workstation.run() or workstation.return_code or 0
    finally:
        figures.save()
    if mark is not None and workstation.crash is not None:
        mark.crashed(workstation.crash)
    return status
