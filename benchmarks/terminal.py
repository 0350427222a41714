"""A program in a pseudo-terminal: keys go in, bytes and processor time come out.

What was painted is worked out afterwards from the bytes and the moment each came, so that watching does not slow
what is watched.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

TICKS = os.sysconf("SC_CLK_TCK")
_ANSWERS = (
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
    (re.compile(rb"\x1b\[\?u"), b"\x1b[?0u"),
)
PRIVATE = re.compile(
    r"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[P_].*?\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)", re.DOTALL
)


class Terminal:
    """A command in a terminal of its own.

    Args:
        command: what to run.
        rows, columns: size.
        spending: note with each piece of output what processor time the program had used.
        controlling: it is the program's controlling terminal, for programs that open /dev/tty. Starts a little later.
    """

    def __init__(
        self, command: Sequence[str], *, rows: int = 40, columns: int = 140, environment: Mapping[str, str] | None = None,
        spending: bool = False, controlling: bool = False,
    ) -> None:  # fmt: skip
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        given = {
            **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **(environment or {}),
        }  # fmt: skip
        given.pop("TMUX", None)
        given.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody starts a program that is compiled anew each time
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=given,
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if controlling else None,  # noqa: PLW1509 - no threads here
        )
        os.close(slave)
        self.chunks: list[tuple[float, bytes]] = []
        self._spending = spending
        self.spent: dict[float, float] = {}
        """Processor seconds by when they were read, in seconds from the start."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._fed = 0

    def read(self, seconds: float) -> bytes | None:
        """What comes within so many seconds, or None."""
        ready, _, _ = select.select([self.master], [], [], max(0.0, seconds))
        if not ready:
            return None
        try:
            data = os.read(self.master, 1 << 18)
        except OSError:
            return b""
        at = time.perf_counter()
        self.chunks.append((at, data))
        if self._spending:
            self.spent[at - self.started] = self.cpu()
        for question, answer in _ANSWERS:
            for _ in question.findall(data):
                os.write(self.master, answer)
        return data

    def feed(self, shown: Callable[[str], bool] | None = None) -> float | None:
        """Work out the screen; gives when ``shown`` (asked of the screen's text) first held."""
        found = None
        while self._fed < len(self.chunks):
            at, data = self.chunks[self._fed]
            self._fed += 1
            self._stream.feed(PRIVATE.sub("", self._decoder.decode(data)))
            if found is None and shown is not None and shown(self.text()):
                found = at
        return found

    def text(self) -> str:
        """The screen's lines."""
        rows = (self._screen.buffer[row] for row in range(self._screen.lines))  # pyte's own ``display`` stumbles over vowel signs
        return "\n".join("".join(row[place].data for place in range(self._screen.columns)) for row in rows)

    def ready(self, pattern: str, patience: float = 60) -> float:
        """Seconds from the start until the screen shows a pattern.

        Raises:
            RuntimeError: it never did.
        """
        wanted = re.compile(pattern)
        end = time.perf_counter() + patience
        while time.perf_counter() < end:
            data = self.read(0.25)
            if data is None or len(self.chunks) > self._fed + 30:
                at = self.feed(lambda text: wanted.search(text) is not None)
                if at is not None:
                    return at - self.started
            if data == b"":
                break
        raise RuntimeError(f"{pattern!r} was never shown:\n{self.text()}")

    def settle(self, quiet: float = 0.25, patience: float = 10) -> None:
        """Wait until nothing is painted any more."""
        end = time.perf_counter() + patience
        while time.perf_counter() < end:
            if not self.read(quiet):
                return

    def key(self, key: str, quiet: float = 0.04, patience: float = 5) -> tuple[float, int]:
        """Press a key: seconds until the last byte that it caused, and how many bytes."""
        while self.read(0):
            pass
        before = len(self.chunks)
        pressed = time.perf_counter()
        os.write(self.master, key.encode())
        wait = patience
        while self.read(wait):
            wait = quiet
        came = self.chunks[before:]
        return (came[-1][0] - pressed if came else patience), sum(len(data) for _, data in came)

    def until(self, key: str, words: str, patience: float = 10) -> tuple[float, float]:
        """Press a key: seconds until its words have been painted, and the program's processor seconds then.

        Raises:
            RuntimeError: they never were.
        """
        while self.read(0):
            pass
        pressed, seen = time.perf_counter(), b""
        os.write(self.master, key.encode())
        while (data := self.read(patience)) is not None and data:
            seen = seen[-200:] + data
            if words.encode() in seen:
                return self.chunks[-1][0] - pressed, self.cpu()
        raise RuntimeError(f"{words!r} was never painted")

    def cpu(self) -> float:
        """Processor seconds that the program itself (not its children) has used."""
        return cpu_of(self.process.pid)

    def close(self) -> None:
        """End it, and every process of its session that is still there."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


def cpu_of(number: int) -> float:
    """Processor seconds that a process has used, to the nanosecond where the kernel tells."""
    try:
        total = 0
        for task in Path(f"/proc/{number}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9
    except (OSError, ValueError):
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(number: int) -> tuple[float, float]:
    """``(resident, proportional)`` megabytes of a process."""
    text = Path(f"/proc/{number}/smaps_rollup").read_text()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:] if line.endswith("kB")}
    return kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024


def wakes_of(number: int) -> int:
    """How often a process has been woken up."""
    count = 0
    for task in Path(f"/proc/{number}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                count += int(line.split()[1])
    return count


def children_of(number: int) -> list[int]:
    """Its children."""
    found = []
    for task in Path(f"/proc/{number}/task").iterdir():
        found += [int(one) for one in (task / "children").read_text().split()]
    return found
