"""A TCP proxy that loses connections where a test wants it to."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from tests.servers.process import LOOPBACK


@dataclass
class Proxy:
    """Forwards to one port. Set the faults before or while connections are open.

    Args:
        target: port of the real server.
        source: address to connect from (another loopback address makes the server see a stranger).
        cut_up: close both sides once this many bytes have come from the client; those bytes still pass.
        cut_down: the same for bytes from the server.
        swallow_after: once the client has sent this text, everything up to its end passes and nothing the
            server says comes back; the connection then closes. With ``b"\\r\\n.\\r\\n"``: the final dot of a message
            arrives, its answer does not.
        cut_before: close both sides when this text comes from the client, without passing it on.
        times: how many connections these faults still cut; then they are over. None: they last.
        stalled: while true nothing passes in either direction.
    """

    target: int
    source: str = LOOPBACK
    host: str = LOOPBACK
    cut_up: int | None = None
    cut_down: int | None = None
    swallow_after: bytes = b""
    cut_before: bytes = b""
    times: int | None = None
    stalled: bool = False
    stall_instead: bool = False
    port: int = 0
    connections: int = 0
    sent_up: bytearray = field(default_factory=bytearray)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def listen(self, port: int = 0) -> None:
        """Begin, on a port of its own or the one given."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Proxy:
        await self.listen()
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def drop(self) -> None:
        """Close every open connection now, as a network that goes away does not: with a FIN."""
        for task in self._tasks:
            task.cancel()

    def calm(self) -> None:
        """Lose nothing any more."""
        self.swallow_after = self.cut_before = b""
        self.cut_up = self.cut_down = self.times = None
        self.sent_up.clear()

    def _has_cut(self) -> None:
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.calm()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.target, local_addr=(self.source, 0))
        except OSError:
            writer.close()
            self._tasks.discard(task)
            return
        state = _Passing()
        pumps = [
            asyncio.create_task(self._up(reader, far_writer, state)),
            asyncio.create_task(self._down(far_reader, writer, state)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if state.swallowing:
                await asyncio.sleep(0.3)  # what has been passed must reach the server and be answered into the void
        except asyncio.CancelledError:
            pass  # dropped by the test: asyncio's streams would report it as a fault
        finally:
            for pump in pumps:
                pump.cancel()
            for side in (writer, far_writer):
                with contextlib.suppress(Exception):
                    side.close()
            self._tasks.discard(task)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: _Passing) -> None:
        while data := await reader.read(65536):
            await self._while_stalled()
            state.up += len(data)
            self.sent_up += data
            if self.cut_before and self.cut_before in self.sent_up:
                self._has_cut()
                return
            if self.cut_up is not None and state.up >= self.cut_up:
                most = len(data) - (state.up - self.cut_up)
                self._has_cut()
                writer.write(data[:most])
                await writer.drain()
                return
            if self.swallow_after and self.swallow_after in self.sent_up:
                state.swallowing = True
                self._has_cut()
                writer.write(data)
                await writer.drain()
                if self.stall_instead:
                    await asyncio.sleep(3600)
                return
            writer.write(data)
            await writer.drain()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: _Passing) -> None:
        while data := await reader.read(65536):
            await self._while_stalled()
            if state.swallowing:
                continue
            state.down += len(data)
            if self.cut_down is not None and state.down >= self.cut_down:
                most = len(data) - (state.down - self.cut_down)
                self._has_cut()
                writer.write(data[:most])
                await writer.drain()
                return
            writer.write(data)
            await writer.drain()
        if state.swallowing:
            await asyncio.sleep(3600)

    async def _while_stalled(self) -> None:
        while self.stalled:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # a field is simplest for tests to set


@dataclass
class _Passing:
    up: int = 0
    down: int = 0
    swallowing: bool = False
