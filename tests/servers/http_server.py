"""A small HTTP server on loopback for simulated services, with switches for everything that goes wrong on a network.

It runs on a thread with a loop of its own and real sockets, so tests may call it from anywhere. What the service
remembers is kept by the service: the server can be stopped and started on the same port, as in a restart.

A service is a function from ``Request`` to ``Response`` (``async def`` where it waits, as a long poll does). It is
called on the server's thread; a service that tests change from another thread holds a lock of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.parser
import email.policy
import inspect
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.servers.process import LOOPBACK

LONGEST_BODY = 256 * 1024 * 1024
START_S = 20.0


@dataclass(frozen=True)
class Part:
    """One field of a multipart form; ``filename`` is empty for a plain field."""

    name: str
    content: bytes
    filename: str = ""
    media_type: str = ""

    @property
    def text(self) -> str:
        return self.content.decode()


@dataclass(frozen=True)
class Request:
    """What a client asked. Header names are in lower case; ``path`` is decoded and has no query."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes = b""

    def first(self, name: str, default: str = "") -> str:
        """The first value of a name in the query."""
        return next((value for key, value in self.query if key == name), default)

    def every(self, name: str) -> list[str]:
        """All values of a name in the query."""
        return [value for key, value in self.query if key == name]

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> tuple[Part, ...]:
        """Fields of a form, ``multipart/form-data`` or ``application/x-www-form-urlencoded``."""
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            pairs = parse_qsl(self.body.decode(), keep_blank_values=True)
            return tuple(Part(name, value.encode()) for name, value in pairs)
        if not kind.startswith("multipart/form-data"):
            return ()
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        parts = []
        for one in message.iter_parts():
            content = one.get_payload(decode=True)
            assert isinstance(content, bytes)
            name = str(one.get_param("name", "", header="content-disposition"))
            parts.append(Part(name, content, one.get_filename() or "", one.get_content_type()))
        return tuple(parts)


Headers = Mapping[str, str]
Stream = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Response:
    """What the service answers.

    Args:
        body: bytes, or pieces that are sent one by one as chunks.
        takeover: after the head was sent the connection belongs to this function (a websocket).
    """

    status: int = 200
    headers: Headers = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] = b""
    takeover: Stream | None = None


def as_json(value: Any, status: int = 200, headers: Headers | None = None) -> Response:
    """A JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Response(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, body)


def as_text(text: str, status: int = 200, headers: Headers | None = None) -> Response:
    """A plain-text answer."""
    return Response(status, {"content-type": "text/plain; charset=utf-8", **(headers or {})}, text.encode())


def redirect(location: str, status: int = 302) -> Response:
    """Look there instead."""
    return Response(status, {"location": location})


@dataclass
class Fault:
    """One trouble; it happens to the next requests that match, as often as ``times`` says.

    Args:
        method, path: empty: any; ``path`` is a part of the request's path.
        answer: given instead of what the service says, or with ``committed`` after the service did it.
        cut: the connection ends without an answer.
        committed: whether the service carries the request out first.
        delay_s: waits so long before it goes on.
        half: sends only the first half of the answer, then ends the connection.
    """

    method: str = ""
    path: str = ""
    answer: Response | None = None
    cut: bool = False
    committed: bool = False
    delay_s: float = 0.0
    half: bool = False
    times: int = 1

    def meets(self, request: Request) -> bool:
        return self.method in ("", request.method) and self.path in request.path


Answer = Callable[[Request], Response | Awaitable[Response]]


class HttpServer:
    """Serves one function on a loopback port of its own.

    Args:
        answer: the service.
        port: 0: a free one; it stays the same over ``stop`` and ``start``.

    Attributes:
        faults: troubles to come, in order; each is used up.
        requests: everything that was asked, oldest first.
    """

    def __init__(self, answer: Answer, *, port: int = 0) -> None:
        self._answer = answer
        self.port = port
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="http-server", daemon=True)
        self._thread.start()
        self.start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def running(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._run(self._start())

    def stop(self) -> None:
        """End every connection and refuse new ones: the server is down."""
        self._run(self._stop())

    def close(self) -> None:
        """Stop for good."""
        if self._loop.is_closed():
            return
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        self._loop.close()

    def disconnect(self) -> None:
        """End every connection; new ones are welcome."""
        self._run(self._disconnect())

    def fault(self, **what: Any) -> Fault:
        """Arrange one trouble; see ``Fault``."""
        fault = Fault(**what)
        with self._lock:
            self.faults.append(fault)
        return fault

    def asked(self, method: str = "", path: str = "") -> list[Request]:
        """The requests so far whose path holds ``path``."""
        return [one for one in list(self.requests) if method in ("", one.method) and path in one.path]

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Run something on the server's loop, soon."""
        self._loop.call_soon_threadsafe(function, *arguments)

    # -- on the server's thread

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_S)

    async def _start(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, limit=1 << 20, reuse_address=True)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            for one in self._server.sockets:
                self._loop.remove_reader(one.fileno())
            for _ in range(5):  # a connection that is just being accepted would else stay open for ever, unserved
                await asyncio.sleep(0)
            self._server.close()
            self._server = None
        await self._disconnect()

    async def _disconnect(self) -> None:
        connections = dict(self._connections)
        for task, writer in connections.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError):
                while await self._one(reader, writer):
                    pass
        finally:
            del self._connections[task]
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False where the connection is at its end."""
        request = await _read(reader)
        if request is None:
            return False
        with self._lock:
            self.requests.append(request)
            fault = next((one for one in self.faults if one.meets(request)), None)
            if fault is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        response = None
        if fault is None or fault.committed or (fault.answer is None and not fault.cut):
            made = self._answer(request)
            response = await made if inspect.isawaitable(made) else made
        if fault is not None and fault.cut:
            writer.transport.abort()
            return False
        if fault is not None and fault.answer is not None:
            response = fault.answer
        assert response is not None
        return await _write(reader, writer, request, response, half=fault is not None and fault.half)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    line = await reader.readline()
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        length = int(headers.get("content-length", "0"))
        assert length <= LONGEST_BODY
        body = await reader.readexactly(length)
    parts = urlsplit(target)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, unquote(parts.path), query, headers, body)


async def _write(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request, response: Response, *, half: bool
) -> bool:
    whole = isinstance(response.body, bytes)
    headers = dict(response.headers)
    if response.takeover is None and response.status not in (204, 304):
        headers |= {"content-length": str(len(response.body))} if whole else {"transfer-encoding": "chunked"}  # type: ignore[arg-type]
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    head = f"HTTP/1.1 {response.status} {phrase}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(head.encode("latin-1") + b"\r\n")
    if response.takeover is not None:
        await writer.drain()
        await response.takeover(reader, writer)
        return False
    if isinstance(response.body, bytes):
        body = b"" if request.method == "HEAD" else response.body
        writer.write(body[: len(body) // 2] if half else body)
        await writer.drain()
        if half:
            writer.transport.abort()
            return False
    else:
        async for piece in response.body:
            if piece:
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    return request.headers.get("connection", "").lower() != "close"
