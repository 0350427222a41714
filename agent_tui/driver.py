"""Textual's driver for a terminal on Unix, with what the workstation wants otherwise.

* It takes over a terminal that shows the first frame: paints over it rather than clearing it, and in the end gives back
  what the shell had set.
* It sleeps until a key comes. Textual's own looks ten times a second whether one has.
* It asks the terminal whether it is dark or light, which one it is and, where that is not known, how wide it draws text,
  and takes the answers out of the keys whenever they come. The first frame has asked for the widths already.
"""

from __future__ import annotations

import os
import select
import threading
import time
from codecs import getincrementaldecoder
from typing import Any

from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from agent_tui.domain import pictures
from agent_tui.domain.cell_habits import Habits
from agent_tui.opening import Early
from agent_tui.widgets import answers, graphics, ground, painting, probes
from agent_tui.widgets.graphics import Graphics

_ALTERNATE_SCREEN = "\x1b[?1049h"
_PIECE = 4096
_LOOK_AGAIN_MS = 20
"""While part of a sequence has come: a lone escape is known by nothing following it."""
_REST_OF_ANSWER_MS = 1000
"""While part of an answer has come that cannot be a key: a slow line may cut it anywhere."""


class _Ending(threading.Event):
    """The order to stop reading, which wakes the reader up.

    Args:
        descriptor: written to by it.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def set(self) -> None:
        """Stop."""
        super().set()
        os.write(self._descriptor, b"!")


class GroundTold(Message):
    """The terminal has said whether it is dark or light.

    Args:
        ground: ``dark`` or ``light``.
    """

    def __init__(self, ground: str) -> None:
        super().__init__()
        self.ground = ground


class NameTold(Message):
    """The terminal has said which one it is.

    Args:
        name: with its version.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class WidthsTold(Message):
    """The terminal has said how wide it draws text.

    Args:
        habits: of it.
    """

    def __init__(self, habits: Habits) -> None:
        super().__init__()
        self.habits = habits


class GraphicsTold(Message):
    """The terminal has said whether it shows pictures.

    Args:
        graphics: how.
    """

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self.graphics = graphics


class Asking(Driver):
    """Asks the terminal, and makes messages of its answers."""

    early: Early | None = None
    asks_widths = False
    """How wide the terminal draws text is not known yet."""
    _columns: list[int] = []  # noqa: RUF012 - replaced whenever it is asked
    _asked_until = 0.0
    _kitty = False
    _cell: tuple[int, int] | None = None
    _colours = pictures.COLOURS

    @property
    def may_ask(self) -> bool:
        """Whether the terminal is one that may be asked."""
        return os.environ.get("TERM") not in {"linux", "dumb"}

    @property
    def _asked_early(self) -> bool:
        return self.early is not None and self.early.asked

    def ask(self) -> None:
        """What is asked at every start."""
        if not self.may_ask:
            return
        self.write(ground.ASK + probes.NAME)
        if self.asks_widths and not self._asked_early:
            self.ask_widths()
        self.flush()

    def ask_widths(self) -> None:
        """Draw the texts; what stands on their line must be painted again."""
        self._expect()
        painting.forget()
        self.write(probes.ASK)
        self.flush()

    def ask_graphics(self) -> None:
        """Whether pictures are shown; every terminal answers the last of it."""
        self._kitty, self._cell, self._colours = False, None, pictures.COLOURS
        self.write(graphics.question(os.environ))
        self.flush()

    def _graphics_of(self, attributes: str) -> GraphicsTold:
        sixel = graphics.has_sixel(attributes)
        return GraphicsTold(Graphics(self._kitty, sixel, self._cell or graphics.CELL, self._colours))

    def _expect(self) -> None:
        self._columns, self._asked_until = [], time.monotonic() + probes.PATIENCE_S

    def hear(self, told: list[answers.Answer]) -> None:
        """Pass on what the terminal has answered."""
        for kind, said in told:
            if kind == answers.GROUND:
                self.send_message(GroundTold(said))
            elif kind == answers.NAME:
                self.send_message(NameTold(said))
            elif kind == answers.GRAPHICS:
                self._kitty = graphics.is_yes(said)
            elif kind == answers.CELL:
                self._cell = graphics.cell(said)
            elif kind == answers.COLOURS:
                self._colours = max(2, min(pictures.COLOURS, int(said)))
            elif kind == answers.ATTRIBUTES:
                self.send_message(self._graphics_of(said))
            elif kind == answers.POSITION and time.monotonic() < self._asked_until:
                self._columns.append(int(said))
                if len(self._columns) == len(probes.TEXTS):
                    self._asked_until = 0.0
                    if (habits := probes.measured(self._columns)) is not None:
                        self.asks_widths = False
                        self.send_message(WidthsTold(habits))


class TerminalDriver(Asking, LinuxDriver):
    """The driver."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        self.exit_event = _Ending(self._waker)

    def write(self, data: str) -> None:
        """To the terminal; the alternate screen is there already where the first frame stands on it."""
        if data == _ALTERNATE_SCREEN and self.early is not None and not self.early.taken:
            self.early.taken = True
        else:
            super().write(data)

    def start_application_mode(self) -> None:
        """As ever, and remember what the terminal was before the first frame."""
        if self._asked_early:  # the answers may be there before the one who reads them
            self._expect()
        painting.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.ask()
        if self.early is not None:
            self.attrs_before = self.early.before

    def stop_application_mode(self) -> None:
        """As ever; the terminal need not say any more when it changes."""
        self.write(ground.END)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Read keys and pass them on, until it is told to end."""
        parser = XTermParser(self._debug)
        answered = answers.Answers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        poller = select.poll()
        poller.register(self.fileno, select.POLLIN)
        poller.register(self._woken, select.POLLIN)
        while not self.exit_event.is_set():
            wait = _REST_OF_ANSWER_MS if answered.surely else _LOOK_AGAIN_MS
            pending = parser._timeout_time is not None or answered.waiting
            came = {one for one, _ in poller.poll(wait if pending else None)}
            if self._woken in came:
                os.read(self._woken, _PIECE)
                continue
            if self.fileno in came:
                try:
                    data = os.read(self.fileno, _PIECE)
                except OSError:
                    data = b""
                if not data:  # the terminal is gone: the end is on its way (see hangup)
                    time.sleep(0.1)
                    continue
                keys, told = answered.feed(decode(data))
                self.hear(told)
            else:
                keys = answered.flush()
            if keys:
                for event in parser.feed(keys):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)


BROWSER = "textual.drivers.web_driver:WebDriver"
"""What textual-serve sets ``TEXTUAL_DRIVER`` to."""


def driver_for(early: Early | None, *, asks_widths: bool = False) -> type[Driver] | None:
    """The driver to use; None where the environment names another.

    Args:
        early: the terminal with the first frame, or None where there was none.
        asks_widths: how wide the terminal draws text is not known yet.
    """
    named = os.environ.get("TEXTUAL_DRIVER", "")
    kind: type[Asking] = TerminalDriver
    if named == BROWSER:
        from agent_tui.driver_browser import BrowserDriver

        kind = BrowserDriver
    elif named:
        return None
    return type("Chosen", (kind,), {"early": early, "asks_widths": asks_widths})
