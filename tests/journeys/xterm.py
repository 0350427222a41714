"""A program in xterm, on a display that nobody sees; what stands in each cell is asked of xterm itself.

xterm shows what is written to a pseudo-terminal of ours (``-S``), so the test stands between the program and its terminal: it
passes on what each says to the other, and asks for the cells in between (DECRQCRA, as terminals' own tests do).
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import tty
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.distribution.needs import needs
from tests.journeys.terminal import ROOT, until

_ANSWER = re.compile(rb"\x1bP([0-9]+)!~([0-9A-F]{4,8})\x1b\\")
_BEGUN = re.compile(rb"\x1b(?:P[0-9!~A-F]*\x1b?)?\Z")
_RAW = "55"
"""``checksumExtension``: the character itself, without what its colours add, with what is combined with it (ctlseqs, XTCHECKSUM)."""


class Display:
    """An X server without a screen."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="display-")
        told, tells = os.pipe()
        self._process = subprocess.Popen(
            [needs("Xvfb"), "-displayfd", str(tells), "-screen", "0", "1600x1000x24", "-fbdir", self._folder, "-nolisten", "tcp"],
            pass_fds=[tells], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(tells)
        number = b""
        while not number.endswith(b"\n"):  # it writes twice
            ready, _, _ = select.select([told], [], [], 60)
            assert ready, "Xvfb did not start"
            number += (more := os.read(told, 64))
            assert more, "Xvfb ended"
        self.name = f":{number.decode().strip()}"
        os.close(told)

    def colours(self) -> Counter[tuple[int, int, int]]:
        """How many of its pixels have each colour."""
        image = Path(self._folder, "Xvfb_screen0").read_bytes()  # as xwd writes them: XWDFile.h
        head = struct.unpack(">25I", image[:100])
        width, height, line = head[4], head[5], head[12]
        start = head[0] + head[19] * 12
        found: Counter[tuple[int, int, int]] = Counter()
        for y in range(height):
            row = image[start + y * line : start + y * line + width * 4]
            found.update(zip(row[2::4], row[1::4], row[0::4], strict=True))  # blue comes first
        return found

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)


class XTerm:
    """One window with a program in it.

    Args:
        display: of ``Display``.
        size: columns and lines.
        options: more of xterm's own.
    """

    def __init__(self, display: str, size: tuple[int, int], *options: str) -> None:
        self.size = size
        self._outer, self._line = pty.openpty()
        tty.setraw(self._line)
        columns, lines = size
        resources = ("allowWindowOps: true", "disallowedWindowOps:", f"checksumExtension: {_RAW}", "utf8: 2", "scrollBar: false")
        given = [word for one in resources for word in ("-xrm", f"*{one}")]
        # A home of its own, so that nobody's own settings count.
        self._home = tempfile.mkdtemp(prefix="xterm-")
        self._xterm = subprocess.Popen(
            [needs("xterm"), "-u8", "-geometry", f"{columns}x{lines}", *given, *options, f"-S{os.ttyname(self._line)}/{self._outer}"],
            pass_fds=[self._outer], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "DISPLAY": display, "HOME": self._home, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        os.close(self._outer)
        until(lambda: self._said(0.2).endswith(b"\n"), "xterm's window", 60)  # it begins with the number of its window
        self._program: subprocess.Popen[bytes] | None = None
        self._sums: dict[int, str] = {}
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def _said(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._line], [], [], seconds)
        return os.read(self._line, 65536) if ready else b""

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a program in it."""
        inner, slave = pty.openpty()
        columns, lines = self.size
        import fcntl
        import termios

        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR", "TMUX", "TERM_PROGRAM"}}
        self._program = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
        os.close(slave)
        self._inner = inner
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._show, self._answer)]
        for one in self._threads:
            one.start()

    def _show(self) -> None:
        """What the program paints goes to xterm."""
        while not self._ended.is_set():
            ready, _, _ = select.select([self._inner], [], [], 0.2)
            try:
                data = os.read(self._inner, 65536) if ready else b""
            except OSError:  # it has ended
                return
            with self._lock:
                while data:
                    data = data[os.write(self._line, data) :]

    def _answer(self) -> None:
        """What xterm says goes to the program; checksums are ours."""
        kept = b""
        while not self._ended.is_set():
            kept += self._said(0.2)
            for number, found in _ANSWER.findall(kept):
                self._sums[int(number)] = found.decode()
            kept = _ANSWER.sub(b"", kept)
            begun = _BEGUN.search(kept) if len(kept) < 60 else None
            rest = kept[begun.start() :] if begun else b""  # nobody types into its window: no escape comes alone
            if kept != rest:
                os.write(self._inner, kept[: len(kept) - len(rest)])
            kept = rest

    def rows(self) -> list[list[str]]:
        """What stands in each cell of every line: the first letter of it; nothing in the second half of a wide one."""
        columns, lines = self.size
        self._sums.clear()
        for y in range(lines):  # all are asked for before the answer to any is waited for
            asked = "".join(f"\x1b[{y * columns + x + 1};1;{y + 1};{x + 1};{y + 1};{x + 1}*y" for x in range(columns)).encode()
            with self._lock:
                while asked:
                    asked = asked[os.write(self._line, asked) :]
        number = columns * lines
        until(lambda: len(self._sums) >= number, "every cell", 60, lambda: f"{len(self._sums)} of {number} came")
        return [[_letter(int(self._sums[y * columns + x + 1], 16)) for x in range(columns)] for y in range(lines)]

    def settled(self) -> list[list[str]]:
        """Every line, once they have stayed as they are."""
        before = self.rows()
        while (now := self.rows()) != before:
            before = now
        return now

    def wait(self, words: str) -> None:
        """Until some plain words stand in a line."""
        until(lambda: any(words in "".join(row) for row in self.rows()), words, 120,
              lambda: "\n".join("".join(one or "·" for one in row) for row in self.rows()))  # fmt: skip

    def press(self, keys: str) -> None:
        """Keys as they are typed."""
        os.write(self._inner, keys.encode())

    def close(self) -> None:
        """End both."""
        self._ended.set()
        for one in self._threads:
            one.join(10)
        for process in filter(None, (self._program, self._xterm)):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)
        os.close(self._line)
        if self._program is not None:
            os.close(self._inner)
        shutil.rmtree(self._home, ignore_errors=True)


def _letter(number: int) -> str:
    return chr(number) if 0x20 <= number < 0x110000 and number != 0xFFFF else ""
