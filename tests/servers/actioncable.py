"""The server's side of ActionCable over a websocket, as far as a simulated Chatwoot needs it (RFC 6455, Rails' ActionCable v1)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import struct
from typing import Any

from tests.servers.http_server import HttpServer, Request, Response


class Cable:
    """Those who listen.

    Args:
        server: that it is part of.
        identifier: what a good subscription says.
    """

    def __init__(self, server: HttpServer, identifier: dict[str, Any]) -> None:
        self.server = server
        self.identifier = identifier
        self.sockets: dict[asyncio.Queue[bytes], str] = {}

    def broadcast(self, message: dict[str, Any]) -> None:
        """To everybody who has subscribed now."""
        for queue, identifier in list(self.sockets.items()):
            frame = json.dumps({"identifier": identifier, "message": message})
            self.server.call(queue.put_nowait, frame.encode())

    def drop(self) -> None:
        """Ends every socket as a restart does."""
        for queue in list(self.sockets):
            self.server.call(queue.put_nowait, b'{"type":"disconnect","reason":"server_restart","reconnect":true}')
            self.server.call(queue.put_nowait, b"")

    def answer(self, request: Request) -> Response:
        """The handshake."""
        key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        headers = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": accept,
                   "sec-websocket-protocol": "actioncable-v1-json"}  # fmt: skip
        return Response(101, headers, takeover=self._talk)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        queue.put_nowait(b'{"type":"welcome"}')

        async def speak() -> None:
            while frame := await queue.get():
                writer.write(_head(len(frame)) + frame)
                await writer.drain()
            writer.transport.abort()

        speaking = asyncio.create_task(speak())
        try:
            while True:
                kind, text = await _frame(reader)
                if kind == 8:
                    return
                if kind == 9:
                    writer.write(bytes([0x8A, len(text)]) + text)
                elif kind == 1:
                    self._listen(queue, json.loads(text))
        finally:
            speaking.cancel()
            self.sockets.pop(queue, None)
            with contextlib.suppress(BaseException):
                await speaking

    def _listen(self, queue: asyncio.Queue[bytes], said: dict[str, Any]) -> None:
        if said.get("command") != "subscribe":
            return
        identifier = said["identifier"]
        good = json.loads(identifier) == self.identifier
        kind = "confirm_subscription" if good else "reject_subscription"
        queue.put_nowait(json.dumps({"type": kind, "identifier": identifier}).encode())
        if good:
            self.sockets[queue] = identifier


def _head(size: int) -> bytes:
    """The head of a text frame, unmasked."""
    if size < 126:
        return bytes([0x81, size])
    return struct.pack("!BBH", 0x81, 126, size) if size < 65536 else struct.pack("!BBQ", 0x81, 127, size)


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One whole frame of a client, unmasked (RFC 6455, section 5.2)."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    elif size == 127:
        (size,) = struct.unpack("!Q", await reader.readexactly(8))
    assert second & 0x80, "a client's frame has to be masked"
    mask = await reader.readexactly(4)
    content = await reader.readexactly(size)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))
