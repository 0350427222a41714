"""The workstation as its user has it: a process of its own in a terminal of its own, driven by keys alone."""

from __future__ import annotations

import codecs
import contextlib
import copy
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pyte
import wcwidth

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0

KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "backspace": "\x7f", "up": "\x1b[A", "down": "\x1b[B",
    "right": "\x1b[C", "left": "\x1b[D", "pagedown": "\x1b[6~", "pageup": "\x1b[5~", "home": "\x1b[H", "end": "\x1b[F",
    "f2": "\x1bOQ", "f3": "\x1bOR",
}  # fmt: skip

Value = TypeVar("Value")


def until(condition: Callable[[], Value], what: str = "", seconds: float = PATIENCE_S, told: Callable[[], str] = str) -> Value:
    """What ``condition`` gives as soon as it is true.

    Args:
        what: is waited for, for the message.
        told: what there is instead, for the message.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"it never happened: {what}\n{told()}"
        time.sleep(0.05)
    return found


class Screen(pyte.Screen):
    """A terminal as real ones are, in two things that pyte does otherwise.

    A vowel sign that it takes for unprintable joins its letter, rather than taking the rest of the text with it. And a
    saved cursor can be gone back to more than once.
    """

    def restore_cursor(self) -> None:
        """Keep the place for the next time."""
        kept = self.savepoints[-1:]
        super().restore_cursor()
        self.savepoints += [copy.deepcopy(one) for one in kept]

    def save_cursor(self) -> None:
        """There is one place, not a stack of them."""
        self.savepoints.clear()
        super().save_cursor()

    def draw(self, data: str) -> None:
        plain = ""
        for character in data:
            if wcwidth.wcwidth(character) == 0 and not unicodedata.combining(character):
                super().draw(plain)
                plain = ""
                self._join(character)
            else:
                plain += character
        super().draw(plain)

    def _join(self, mark: str) -> None:
        line, place = self.buffer[self.cursor.y], max(0, self.cursor.x - 1)
        line[place] = line[place]._replace(data=line[place].data + mark)


def seen(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What can be seen of each cell: of a blank its ground alone."""
    return [
        [
            (" ", one.bg)
            if one.data == " " and not one.reverse and not one.underscore
            else (one.data, one.fg, one.bg, one.bold, one.italics, one.underscore, one.reverse)
            for one in (screen.buffer[y][x] for x in range(screen.columns))
        ]
        for y in range(screen.lines)
    ]


class Terminal:
    """A program in a pseudo-terminal.

    Args:
        command: to run.
        env: added to this process's own.
        size: columns and lines.
    """

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str] | None = None, size: tuple[int, int] = (140, 40)) -> None:
        columns, lines = size
        self._screen = Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        self._lock = threading.Lock()
        self.raw = bytearray()
        """Every byte that reached the terminal."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        kept |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(env or {})}
        self.process = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, env=kept, start_new_session=True, close_fds=True
        )
        os.close(slave)
        self._hung_up = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            try:
                ready, _, _ = select.select([self._master], [], [], 0.2)
                if self._hung_up.is_set():
                    return
                data = os.read(self._master, 65536) if ready else b""
            except OSError:
                return
            if not ready:
                continue
            if not data:
                return
            with self._lock:
                self.raw += data
                self._stream.feed(decoder.decode(data))

    # what is seen

    @property
    def text(self) -> str:
        """The screen, line by line."""
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def line(self, part: str) -> str:
        """The first line with these words, or an empty text."""
        return next((line for line in self.text.splitlines() if part in line), "")

    def sees(self, *parts: str, seconds: float = PATIENCE_S) -> str:
        """Wait until all of these words are on the screen; the screen."""
        until(lambda: all(part in self.text for part in parts), f"{parts} on the screen", seconds, lambda: self.text)
        return self.text

    def loses(self, part: str, seconds: float = PATIENCE_S) -> None:
        """Wait until these words are gone from the screen."""
        until(lambda: part not in self.text, f"{part!r} gone from the screen", seconds, lambda: self.text)

    # what is done

    def press(self, *keys: str) -> None:
        """Press keys, by name (``enter``, ``ctrl+s``) or as they are printed."""
        for key in keys:
            held = key.startswith("ctrl+")
            data = chr(ord(key.removeprefix("ctrl+").upper()) & 31) if held else KEYS.get(key, key)
            os.write(self._master, data.encode())
            if key == "escape":
                self._alone()

    def _alone(self) -> None:
        """An escape followed at once by another key would be read as one sequence."""
        time.sleep(0.15)

    def type(self, text: str) -> None:
        """Type text; a new line is the enter key."""
        self.press(*text.replace("\n", "\r"))

    # how it ends

    def ended(self, seconds: float = PATIENCE_S) -> int:
        """Wait for its end; the exit status."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it without a last word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def hang_up(self) -> None:
        """The window is closed, the connection breaks: the terminal is gone, and no signal says so."""
        self._hung_up.set()
        self._reader.join(5)
        os.close(self._master)

    def close(self) -> None:
        """End it, however it feels."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE_S)
        if not self._hung_up.is_set():
            with contextlib.suppress(OSError):
                os.close(self._master)
        self._reader.join(2)


def workstation(workspace: Path, *arguments: str, env: Mapping[str, str] | None = None, size: tuple[int, int] = (140, 40)) -> Terminal:
    """Open a workspace in a terminal."""
    return Terminal([sys.executable, "-m", "agent_tui", "--workspace", str(workspace), *arguments], env=env, size=size)
