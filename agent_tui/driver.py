"""Textual's driver for a terminal on Unix, with what the workstation wants otherwise.

* It takes over a terminal that shows the first frame: paints over it rather than clearing it, and in the end gives back
  what the shell had set.
* It sleeps until a key comes. Textual's own looks ten times a second whether one has.
* It asks the terminal once whether it is dark or light, and takes the answer out of the keys whenever it comes.
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

from agent_tui.opening import Early
from agent_tui.widgets import ground

_ALTERNATE_SCREEN = "\x1b[?1049h"
_PIECE = 4096
_LOOK_AGAIN_MS = 20
"""While part of a sequence has come: a lone escape is known by nothing following it."""


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


class TerminalDriver(LinuxDriver):
    """The driver."""

    early: Early | None = None

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
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if os.environ.get("TERM") not in {"linux", "dumb"}:
            self.write(ground.ASK)
            self.flush()
        if self.early is not None:
            self.attrs_before = self.early.before

    def stop_application_mode(self) -> None:
        """As ever; the terminal need not say any more when it changes."""
        self.write(ground.END)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Read keys and pass them on, until it is told to end."""
        parser = XTermParser(self._debug)
        answers = ground.Answers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        poller = select.poll()
        poller.register(self.fileno, select.POLLIN)
        poller.register(self._woken, select.POLLIN)
        while not self.exit_event.is_set():
            pending = parser._timeout_time is not None or answers.waiting
            came = {one for one, _ in poller.poll(_LOOK_AGAIN_MS if pending else None)}
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
                keys, told = answers.feed(decode(data))
                if told:
                    self.send_message(GroundTold(told))
            else:
                keys = answers.flush()
            if keys:
                for event in parser.feed(keys):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)


def driver_for(early: Early | None) -> type[Driver] | None:
    """The driver to use; None where the environment names another.

    Args:
        early: the terminal with the first frame, or None where there was none.
    """
    if "TEXTUAL_DRIVER" in os.environ:
        return None

    class Chosen(TerminalDriver):
        """The driver for this terminal."""

    Chosen.early = early
    return Chosen
