"""Setting a workspace up, inside the workstation: the questions of ``agent-tui init``, asked by a child process.

The child talks to servers, runs programs that print secrets and stores them; this process only shows its words and passes
answers on. It speaks JSON Lines: ``say``, ``ask`` (with ``default``), ``secret`` and ``done`` come from it, ``answer`` goes to
it. Closing its input is leaving: what was finished is kept, and the next time goes on behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from textual import events, work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from agent_tui.domain.wrapping import wrap
from agent_tui.widgets.lines import Lines, Piece, strip_of
from agent_tui.widgets.prompt import Outcome, Prompt
from agent_tui.widgets.status_line import StatusLine
from agent_tui.widgets.theme import Look
from agent_tui.widgets.width import cells

ROOT = str(Path(__file__).resolve().parents[2])
FAREWELL_S = 2.0
LIMIT = 1 << 20
"""Bytes of one line of the child's."""
HIDDEN_ANSWER = "(not shown)"


class Transcript(Lines):
    """What was said, asked and answered; the newest at the bottom."""

    DEFAULT_CSS = "Transcript { height: 1fr; }"

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="transcript")
        self.said: list[tuple[str, str]] = []

    def paint(self, width: int, height: int) -> list[Strip]:
        """As much as there is room for."""
        rows: list[Strip] = []
        for text, role in self.said:
            for line in text.split("\n"):
                parts = list(wrap(line, max(8, width - 4), cells)) or [(0, 0)]
                for start, end in parts:
                    pieces: list[Piece] = [("  ", "text"), (line[start:end].rstrip(), role)]
                    rows.append(strip_of(pieces, width, self.look))
        blank = strip_of([], width, self.look)
        return [blank, *rows][-height:] + [blank] * max(0, height - len(rows) - 1)


class SetupScreen(Screen[bool], inherit_bindings=False):
    """The dialogue. It ends with whether there is something new to open.

    Args:
        path: of the workspace; it need not be there yet.
        look: colours.
        welcome: what stands on top.
        arguments: for the child besides; tests name other homes by the environment.
    """

    DEFAULT_CSS = "SetupScreen { layout: vertical; }"

    def __init__(self, path: Path, look: Look, welcome: str = "", arguments: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._path = path
        self._arguments = arguments
        self.transcript = Transcript(look)
        self.status = StatusLine(look)
        self._child: asyncio.subprocess.Process | None = None
        self._over = self._left = self._on = False
        self._fine = False
        self._settings = path / "workspace.toml"
        self._before = self._stamp()
        if welcome:
            self.transcript.said += [(welcome, "text"), ("", "text")]

    def compose(self) -> ComposeResult:
        """What was said, and the question."""
        yield self.transcript
        yield self.status

    def on_mount(self) -> None:
        """Start asking."""
        self._converse()

    @work(exit_on_error=False)
    async def _converse(self) -> None:
        command = [sys.executable, "-m", "agent_tui", "--workspace", str(self._path), "init", "--lines", *self._arguments]
        known = os.environ.get("PYTHONPATH")
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{known}" if known else ROOT}
        try:
            child = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                env=environment, limit=LIMIT, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._ended(f"the questions could not be begun ({error.strerror}); run 'agent-tui init' in a shell")
            return
        self._child = child
        assert child.stdout is not None
        assert child.stderr is not None
        complaints = asyncio.create_task(child.stderr.read())
        try:
            while line := await child.stdout.readline():
                self._hear(json.loads(line))
        except ValueError:
            child.terminate()
        status = await child.wait()
        if child.stdin is not None:
            child.stdin.close()
        wrong = (await complaints).decode("utf-8", "replace").strip()
        self._fine = self._fine and not status
        self._ended(wrong.removeprefix("agent-tui: ") if status and wrong else "")

    def _hear(self, told: dict[str, str]) -> None:
        match told.get("type"):
            case "say":
                self._say(told.get("text", ""))
            case "ask":
                default = told.get("default", "")
                self._say(told.get("text", ""), "strong+bold")
                self._ask(f"[{default}] >" if default else ">", default, hidden=False)
            case "secret":
                self._say(told.get("text", ""), "strong+bold")
                self._ask(">", "", hidden=True)
            case "done":
                self._fine = True

    def _say(self, text: str, role: str = "text") -> None:
        self.transcript.said.append((text, role))
        self.transcript.repaint()

    def _ask(self, label: str, default: str, *, hidden: bool) -> None:
        def take(text: str) -> None:
            shown = HIDDEN_ANSWER if hidden else text or default
            self._say(f"  {shown}" if shown else "  (nothing)", "muted")
            self._send(text)

        self.status.prompt = Prompt(label, take, hidden=hidden)
        self.status.repaint()

    def _send(self, text: str) -> None:
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(ConnectionError, OSError, RuntimeError):  # it has ended, and says so itself
                self._child.stdin.write(json.dumps({"answer": text}).encode() + b"\n")

    def _leave(self) -> None:
        """Leave: the child ends, and says what was kept."""
        self.status.prompt = None
        if self._over:
            self.dismiss(self._stamp() != self._before)
        elif self._child is not None and self._child.stdin is not None:
            self._left = True
            self._child.stdin.close()
        self.status.repaint()

    def _ended(self, wrong: str) -> None:
        if not self.is_attached:
            return
        self._over = True
        self.status.prompt = None
        if wrong:
            self._say(wrong, "late")
        self.status.words = ("enter goes on", "accent") if self._fine else ("enter goes back; what was finished is kept", "soon")
        self.status.repaint()
        if self._on:
            self._leave()

    def _stamp(self) -> int:
        try:
            return self._settings.stat().st_mtime_ns
        except OSError:
            return 0

    async def on_key(self, event: events.Key) -> None:
        """Keys answer; esc leaves."""
        event.stop()
        prompt = self.status.prompt
        if self._over:
            if event.key in {"enter", "escape", "q", "ctrl+q", "ctrl+c"}:
                self._leave()
            return
        if self._left:
            self._on = self._on or event.key in {"enter", "escape", "q"}  # as soon as the child has ended
        elif event.key in {"escape", "ctrl+q", "ctrl+c", "ctrl+d"}:
            self._leave()
        elif prompt is not None:
            if prompt.feed(event.key, event.character) is Outcome.SUBMIT:
                self.status.prompt = None
                prompt.submit(prompt.text)
            self.status.repaint()

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted answers too, a secret above all."""
        event.stop()
        if self.status.prompt is not None:
            self.status.prompt.insert(event.text)
            self.status.repaint()

    async def on_unmount(self) -> None:
        """Whoever closes the terminal leaves no child behind."""
        child = self._child
        if child is not None and child.returncode is None:
            with contextlib.suppress(ProcessLookupError, TimeoutError):
                child.terminate()
                await asyncio.wait_for(child.wait(), FAREWELL_S)
