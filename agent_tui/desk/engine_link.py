"""The clients' end of ``engine.sock``.

``EngineLink`` is for the workstation: a thread of its own holds the connection, starts an engine when none answers,
and hands over what it hears; no call waits. ``request`` and ``ring`` are for commands: one question, one answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent_tui.domain import wire
from agent_tui.domain.errors import AgentTuiError
from agent_tui.log import Log
from agent_tui.workspace import Workspace

Hear = Callable[[dict[str, Any]], None]

_CONNECT_AGAIN_S = 0.1  # while an engine is starting
_CONNECT_SELDOM_S = 1.0
_START_AGAIN_S = 5.0
_START_SELDOM_S = 60.0


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What the engine says of one source.

    Args:
        state: ``idle``, ``connecting``, ``pulling``, ``delivering``, ``offline``, ``login`` (the secret is wrong or
            missing), ``stopped`` or ``unknown``.
        done, total: messages of the round that is running; total 0 where not known.
        error: in plain words, empty if nothing is wrong.
        retry_at: milliseconds; when it tries again, or None.
        synced_at: milliseconds; when everything was last known to be here, or None.
    """

    state: str = "unknown"
    done: int = 0
    total: int = 0
    error: str = ""
    retry_at: int | None = None
    synced_at: int | None = None

    @property
    def busy(self) -> bool:
        """Whether something is going on that will end by itself."""
        return self.state in ("connecting", "pulling", "delivering")

    @property
    def words(self) -> str:
        """A few words for the status line."""
        match self.state:
            case "pulling":
                if self.total > self.done:
                    return f"fetching {self.done:,} of {self.total:,}"
                return f"fetching {self.done:,}" if self.done else "fetching"
            case "idle":
                return "up to date" if not self.error else self.error
            case "connecting" | "delivering":
                return self.state
            case "offline":
                return "offline"
            case "login":
                return "login refused"
            case "stopped":
                return self.error or "stopped"
            case _:
                return ""


def status_of(raw: Mapping[str, Any]) -> SourceStatus:
    """A status from a line of the engine; what is missing or odd is left out."""

    def number(key: str) -> int:
        value = raw.get(key)
        return value if isinstance(value, int) else 0

    return SourceStatus(
        state=str(raw.get("state", "unknown")), done=number("done"), total=number("total"),
        error=str(raw.get("error") or ""), retry_at=number("retry_at") or None, synced_at=number("synced_at") or None,
    )  # fmt: skip


@dataclass(slots=True)
class _Question:
    message: dict[str, Any]
    done: Hear | None
    progress: Hear | None


class EngineLink:
    """Keeps the workstation in touch with the engine.

    Callbacks are called in the link's thread: a screen passes them on (``App.call_from_thread``) or sets a flag.

    Args:
        workspace: whose engine.
        start_engine: start one when none answers.
        command: what starts an engine; by default this program's ``sync --watch``.
    """

    def __init__(
        self, workspace: Workspace, *, start_engine: bool = True, command: tuple[str, ...] | None = None
    ) -> None:
        self.events: Hear | None = None
        """Called with every event of the engine, and ``{"event": "link", "state": …}`` when ``state`` changes."""
        self.state = "off"
        """``off``, ``connecting`` or ``up``."""
        self.trouble = ""
        """Why no engine could be started, in plain words."""
        self._workspace = workspace
        self._start_engine = start_engine
        self._command = command
        self._sources: dict[str, SourceStatus] = {}
        self._questions: dict[int, _Question] = {}
        self._number = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._closing: asyncio.Event | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._starts = 0
        self._guard = threading.Lock()

    @property
    def sources(self) -> Mapping[str, SourceStatus]:
        """What is known of each source."""
        return self._sources

    def start(self) -> None:
        """Connect, and go on doing so until ``close``. Returns at once."""
        if self._thread is not None:
            return
        self.state = "connecting"
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="engine-link", daemon=True)
        self._thread.start()
        ready.wait(5)

    def close(self) -> None:
        """Hang up. The engine notices that its parent has gone and ends by itself when its work is done."""
        loop, thread = self._loop, self._thread
        if loop is not None and thread is not None and self._closing is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._closing.set)
            thread.join(2)
        self._thread = None
        self.state = "off"

    def ask(self, what: str, *, done: Hear | None = None, progress: Hear | None = None, **fields: Any) -> bool:
        """Ask the engine something, without waiting.

        Args:
            what: ``sync``, ``status``, ``want``, ``kick``, ``ping``, ``typing``, ``rank`` or ``stop``.
            done: gets the result, or ``{"error": …}``.
            progress: gets every progress line.
            fields: what the question needs (``sources=[…]``, ``message=…, part=…``).

        Returns:
            False where no engine is connected; nothing will come of it then.
        """
        with self._guard:
            loop = self._loop
            if loop is None or self.state != "up":
                return False
            self._number += 1
            number = self._number
            message = {"id": number, "ask": what, **fields}
            self._questions[number] = _Question(message, done, progress)
        try:
            loop.call_soon_threadsafe(self._send, message)
        except RuntimeError:  # the loop has ended
            return False
        return True

    def kick(self) -> None:
        """Tell the engine that the outbox has work."""
        self.ask("kick")

    # --- in the thread -----------------------------------------------------------------------------------------

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self._main(ready))

    async def _main(self, ready: threading.Event) -> None:
        self._closing = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        ready.set()
        try:
            while not self._closing.is_set():
                try:
                    reader, writer = await asyncio.open_unix_connection(
                        str(wire.find(self._workspace.path, self._workspace.socket_path)), limit=wire.LINE_LIMIT
                    )
                except OSError:
                    self._change("connecting")
                    self._maybe_start()
                    young = time.monotonic() - self._started < _START_AGAIN_S and self._starts
                    await self._pause(_CONNECT_AGAIN_S if young else _CONNECT_SELDOM_S)
                    continue
                await self._talk(reader, writer)
                await self._pause(_CONNECT_AGAIN_S)
        finally:
            self._loop = None

    async def _pause(self, seconds: float) -> None:
        assert self._closing is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._closing is not None
        since = time.monotonic()
        self._writer = writer
        self.trouble = ""
        self._change("up")
        self.ask("status", done=self._learn)
        closing = asyncio.create_task(self._closing.wait())
        listening = asyncio.create_task(self._listen(reader))
        await asyncio.wait((closing, listening), return_when=asyncio.FIRST_COMPLETED)
        for task in (closing, listening):
            task.cancel()
        await asyncio.gather(closing, listening, return_exceptions=True)
        self._writer = None
        writer.transport.abort()
        if time.monotonic() - since > _START_SELDOM_S:
            self._starts = 0  # it lived: the next one need not wait
        self._change("connecting")
        with self._guard:
            open_questions = tuple(self._questions.values())
            self._questions.clear()
        for question in open_questions:
            _call(question.done, {"error": "the engine ended before it answered"})

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await reader.readline()
            except (OSError, ValueError):
                return
            if not line:
                return
            try:
                message = wire.decode(line)
            except ValueError:
                continue
            self._hear(message)

    def _hear(self, message: dict[str, Any]) -> None:
        if "event" in message:
            if message["event"] == "source":
                self._sources = {**self._sources, str(message.get("name")): status_of(message)}
            elif message["event"] == "missed":
                self.ask("status", done=self._learn)
            self._tell(message)
            return
        number = message.get("id")
        if not isinstance(number, int):
            return
        with self._guard:
            question = self._questions.get(number)
            if question is not None and "progress" not in message:
                del self._questions[number]
        if question is None:
            return
        if "progress" in message:
            _call(question.progress, message["progress"])
        else:
            _call(question.done, {"error": message["error"]} if "error" in message else message.get("result") or {})

    def _learn(self, result: dict[str, Any]) -> None:
        listed = result.get("sources")
        if isinstance(listed, dict):
            self._sources = {str(name): status_of(raw) for name, raw in listed.items() if isinstance(raw, dict)}
            self._tell({"event": "status"})

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is not None:
            self._writer.write(wire.encode(message))

    def _change(self, state: str) -> None:
        if self.state == state:
            return
        with self._guard:
            self.state = state
        if state != "up":
            self._sources = {name: replace(one, state="unknown") for name, one in self._sources.items()}
        self._tell({"event": "link", "state": state})

    def _tell(self, event: dict[str, Any]) -> None:
        _call(self.events, event)

    def _maybe_start(self) -> None:
        if not self._start_engine:
            return
        if self._child is not None:
            status = self._child.poll()
            if status is None:
                return
            self.trouble = f"the engine ended with status {status}; {self._workspace.log_path} says why"
            self._child = None
        wait = min(_START_AGAIN_S * 2 ** max(0, self._starts - 1), _START_SELDOM_S) if self._starts else 0
        if time.monotonic() - self._started < wait:
            return
        self._starts += 1
        self._started = time.monotonic()
        try:
            self._child = spawn(self._workspace, command=self._command)
        except OSError as error:
            self.trouble = f"the engine cannot be started: {error}"


def _call(hear: Hear | None, message: dict[str, Any]) -> None:
    """A mistake in a listener is its own: the link goes on."""
    if hear is None:
        return
    try:
        hear(message)
    except Exception as error:
        Log("desk.engine_link").crash("a listener broke off", error)


def spawn(workspace: Workspace, *, command: tuple[str, ...] | None = None) -> subprocess.Popen[bytes]:
    """Start an engine as a child of this process, in a session of its own: ctrl+c in the terminal is not for it.

    What it writes to its standard error goes to the log: a terminal program paints there.

    Args:
        workspace: whose engine.
        command: another command line.

    Raises:
        OSError: it cannot be started.
    """
    root = Path(__file__).resolve().parents[2]
    environment = dict(os.environ)
    if root.name not in ("site-packages", "dist-packages"):
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), environment.get("PYTHONPATH", ""))))
    line = command or (
        sys.executable, "-P", "-m", "agent_tui", "--workspace", str(workspace.path),
        "sync", "--watch", "--parent", str(os.getpid()),
    )  # fmt: skip
    log = os.open(workspace.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(  # the engine outlives this function, and may outlive this process
            line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=environment,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
    finally:
        os.close(log)


def request(
    workspace: Workspace, what: str, *, timeout: float | None = None, progress: Hear | None = None, **fields: Any
) -> dict[str, Any] | None:
    """Ask the running engine and wait for its answer.

    Args:
        workspace: whose engine.
        what: see ``EngineLink.ask``.
        timeout: seconds without any line before giving up; None waits as long as the engine lives.
        progress: gets every progress line.
        fields: what the question needs.

    Returns:
        The result, or None where no engine runs.

    Raises:
        AgentTuiError: the engine says no, ends before it answers, or says nothing in time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(timeout)
        try:
            line.connect(str(wire.find(workspace.path, workspace.socket_path)))
            line.sendall(wire.encode({"id": 1, "ask": what, **fields}))
        except OSError:
            return None
        with line.makefile("rb") as answers:
            while True:
                try:
                    raw = answers.readline(wire.LINE_LIMIT)
                except TimeoutError as error:
                    raise AgentTuiError(f"the engine of {workspace.path} does not answer; see its log") from error
                except OSError:
                    raw = b""
                if not raw.endswith(b"\n"):
                    raise AgentTuiError(f"the engine of {workspace.path} ended before it answered; try again")
                message = wire.decode(raw)
                if message.get("id") != 1:
                    continue
                if "error" in message:
                    raise AgentTuiError(str(message["error"]))
                if "result" in message:
                    return dict(message["result"])
                if progress is not None and "progress" in message:
                    progress(message["progress"])


def ring(workspace: Workspace) -> bool:
    """Tell the engine, if one runs, that the outbox has work. Never waits and never fails; True: it was told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(0.2)
        try:
            line.connect(str(wire.find(workspace.path, workspace.socket_path)))
            line.sendall(wire.encode({"id": 1, "ask": "kick"}))
            line.recv(64)  # an engine that has answered has read it
        except OSError:
            return False
    return True
