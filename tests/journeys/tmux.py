"""A program in tmux: a terminal that counts cells by itself, and tells what stands in which."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.journeys.terminal import ROOT, until
from tests.servers.fixtures import NOT_INSTALLED
from tests.servers.process import REQUIRE, ServerMissing, programs, required

SHELLS_OWN = ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TMUX")


class Tmux:
    """A tmux server of its own with one pane.

    Args:
        folder: for its socket and what the pane's shell writes.
        size: columns and lines.
    """

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        try:
            (program,) = programs("tmux", package="tmux")
        except ServerMissing as missing:
            if required():
                pytest.fail(f"{missing}, and {REQUIRE} is set")
            pytest.skip(f"{NOT_INSTALLED}: {missing}")
        self._tmux = [program, "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self.size = size

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a command; the terminal's settings before and after it are kept in ``before`` and ``after``."""
        columns, lines = self.size
        folder = Path(self._tmux[2]).parent
        given = " ".join(f"{name}={shlex.quote(value)}" for name, value in {"PYTHONPATH": str(ROOT), **environment}.items())
        cleared = " ".join(f"-u {name}" for name in SHELLS_OWN)
        script = (
            f"stty -a >{folder}/before; env {cleared} {given} {shlex.join(command)}; stty -a >{folder}/after; "
            "echo ended here; exec sleep 600"
        )
        self._ask("new-session", "-d", "-x", str(columns), "-y", str(lines), "sh", "-c", script)
        self._ask("set", "-g", "status", "off")
        self._ask("resize-window", "-x", str(columns), "-y", str(lines))

    def lines(self, *, colours: bool = False) -> list[str]:
        """The lines of the pane with their spaces; with ``colours`` also the sequences that paint them so."""
        return self._ask("capture-pane", "-p", "-N", *(["-e"] if colours else [])).split("\n")[: self.size[1]]

    def wait(self, words: str) -> None:
        """Until some words stand in the pane."""
        until(lambda: any(words in line for line in self.lines()), words, 60, lambda: "\n".join(self.lines()))

    def settled(self) -> list[str]:
        """The lines once they stay as they are for a while."""
        before, since = self.lines(), time.monotonic()
        while time.monotonic() < since + 1:
            if (now := self.lines()) != before:
                before, since = now, time.monotonic()
            time.sleep(0.1)
        return before

    def press(self, *keys: str) -> None:
        """Keys by tmux's names."""
        self._ask("send-keys", *keys)

    def scribble(self, words: str, line: int) -> None:
        """Write over the pane, as any program may that knows of the terminal."""
        Path(self._ask("display", "-p", "#{pane_tty}").strip()).write_text(f"\x1b7\x1b[{line}H{words}\x1b8")

    def close(self) -> None:
        """End the server with everything in it."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _ask(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=False)
        assert not done.returncode, f"tmux {words[0]}: {done.stderr}"
        return done.stdout
