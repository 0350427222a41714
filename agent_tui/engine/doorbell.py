"""The engine's end of ``engine.sock``: many clients, none of which can slow or stop it.

A client that does not read misses events (and is told that it missed some); one that sends nonsense gets an error
line; one that sends a line without an end is cut off.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from agent_tui.domain import wire
from agent_tui.domain.errors import AgentTuiError

EVENTS_KEPT = 256  # lines that may wait for one client; later events are dropped, answers are not
ASKS_AT_ONCE = 32

Progress = Callable[[Mapping[str, Any]], None]
Answer = Callable[[Mapping[str, Any], Progress], Awaitable[Mapping[str, Any]]]


class _Client:
    """One connection: reads asks, writes lines as fast as the other side takes them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._lines: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._missed = False
        self._asks: set[asyncio.Task[None]] = set()

    def tell(self, message: Mapping[str, Any], *, droppable: bool) -> None:
        """Queue a line; never waits."""
        if droppable and len(self._lines) >= EVENTS_KEPT:
            self._missed = True
            return
        self._lines.append(wire.encode(message))
        self._filled.set()

    async def serve(self) -> None:
        """Until the client goes."""
        pump = asyncio.create_task(self._pump())
        try:
            await self._listen()
        finally:
            for task in (pump, *self._asks):
                task.cancel()
            await asyncio.gather(pump, *self._asks, return_exceptions=True)
            self._writer.transport.abort()

    async def _pump(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._lines:
                self._writer.write(self._lines.popleft())
                try:
                    await self._writer.drain()
                except OSError:
                    return
            if self._missed:
                self._missed = False
                self.tell({"event": "missed"}, droppable=False)

    async def _listen(self) -> None:
        while True:
            try:
                line = await self._reader.readline()
            except (OSError, ValueError):  # gone, or a line without an end
                return
            if not line.endswith(b"\n"):
                return
            if not line.strip():
                continue
            try:
                message = wire.decode(line)
            except ValueError as error:
                self.tell({"id": None, "error": f"not understood: {error}"}, droppable=True)
                continue
            if len(self._asks) >= ASKS_AT_ONCE:
                self.tell({"id": message.get("id"), "error": "too many questions at once"}, droppable=True)
                continue
            task = asyncio.create_task(self._reply(message))
            self._asks.add(task)
            task.add_done_callback(self._asks.discard)

    async def _reply(self, message: dict[str, Any]) -> None:
        number = message.get("id")

        def progress(value: Mapping[str, Any]) -> None:
            self.tell({"id": number, "progress": dict(value)}, droppable=True)

        try:
            result = await self._answer(message, progress)
        except AgentTuiError as error:
            self.tell({"id": number, "error": str(error)}, droppable=False)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:  # an ask of odd shape
            self.tell({"id": number, "error": f"not understood: {type(error).__name__}"}, droppable=False)
        else:
            self.tell({"id": number, "result": dict(result)}, droppable=False)


class Doorbell:
    """Listens at a workspace's socket.

    Args:
        address: where to listen (``Workspace.socket_path``).
        link: a link to it is left there for clients that cannot work it out, unless it is the same.
        answer: called for every ask with the message and a function that sends progress; gives the result.
    """

    def __init__(self, address: Path, link: Path, answer: Answer) -> None:
        self.address = address
        self._link = link
        self._answer = answer
        self._clients: set[_Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._identity: tuple[int, int] | None = None

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    async def open(self) -> None:
        """Listen. The caller holds the engine lock, so a socket that is there is left over and goes.

        Raises:
            OSError: it cannot be made there.
        """
        if self.address != self._link:
            _own_folder(self.address.parent)
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.address)
        self.address.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._welcome, str(self.address), limit=wire.LINE_LIMIT)
        finally:
            os.umask(before)
        facts = self.address.stat()
        self._identity = (facts.st_dev, facts.st_ino)

    async def close(self) -> None:
        """Hang up on everybody and take the socket away, if it is still ours."""
        if self._server is None:
            return
        ours = self._is_ours()
        self._server.close()  # from Python 3.13 on this takes the socket away
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._is_ours():
            self.address.unlink(missing_ok=True)
        if ours and self.address != self._link:
            self._link.unlink(missing_ok=True)
        self._server = None

    def _is_ours(self) -> bool:
        """Whether what is at the address is the socket that was made there."""
        try:
            facts = self.address.stat()
        except OSError:
            return False
        return (facts.st_dev, facts.st_ino) == self._identity

    def broadcast(self, event: Mapping[str, Any]) -> None:
        """Tell everybody; never waits, never fails."""
        for client in tuple(self._clients):
            client.tell(event, droppable=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(reader, writer, self._answer)
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(client)
        self._tasks.add(task)
        try:
            await client.serve()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._clients.discard(client)
            self._tasks.discard(task)


def _own_folder(folder: Path) -> None:
    """A directory that nobody else can write: made, or checked.

    Raises:
        PermissionError: it is somebody else's.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.getuid() or facts.st_mode & 0o022 or folder.is_symlink():
        raise PermissionError(f"{folder} can be changed by others; remove it or set XDG_RUNTIME_DIR")
