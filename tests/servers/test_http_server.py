"""The switches of the simulated servers' common ground do what their names say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.servers.http_server import HttpServer, Request, Response, as_json, as_text


class Counter:
    """A service that remembers how often it was told to count."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, request: Request) -> Response:
        if request.method == "POST":
            self.count += 1
        if request.path == "/form":
            return as_json([[part.name, part.filename, part.content.hex()] for part in request.form])
        if request.path == "/pieces":
            return Response(body=pieces())
        return as_json({"count": self.count, "q": request.every("q")})


async def pieces() -> AsyncIterator[bytes]:
    for one in (b"one ", b"two ", b"three"):
        yield one
        await asyncio.sleep(0)


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def server(counter: Counter) -> Iterator[HttpServer]:
    server = HttpServer(counter)
    yield server
    server.close()


async def test_it_answers_on_one_connection_again_and_again(server: HttpServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        for number in range(3):
            answer = await client.get("/x", params={"q": ["a", str(number)]})
            assert answer.json() == {"count": 0, "q": ["a", str(number)]}
        assert (await client.get("/pieces")).text == "one two three"
    assert len(server.asked("GET", "/x")) == 3


async def test_it_reads_forms_with_files(server: HttpServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/form", data={"name": "ছবি"}, files={"files[]": ("ছবি.bin", b"\x00\xff")})
    assert answer.json() == [["name", "", "ছবি".encode().hex()], ["files[]", "ছবি.bin", "00ff"]]


@pytest.mark.parametrize("committed", [True, False])
async def test_an_answer_can_be_lost_before_or_after_it_was_done(
    server: HttpServer, counter: Counter, committed: bool
) -> None:
    server.fault(method="POST", path="/x", cut=True, committed=committed)
    async with httpx.AsyncClient(base_url=server.url) as client:
        with pytest.raises(httpx.TransportError):
            await client.post("/x")
        assert counter.count == int(committed)
        assert (await client.post("/x")).json()["count"] == 1 + int(committed)


async def test_another_answer_can_be_given_and_an_answer_can_break_off(server: HttpServer, counter: Counter) -> None:
    server.fault(answer=as_text("Retry later", 429), times=2)
    server.fault(half=True)
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert [(await client.post("/x")).status_code for _ in range(2)] == [429, 429]
        with pytest.raises(httpx.TransportError):
            await client.post("/x")
    assert counter.count == 1
    assert not server.faults


async def test_it_can_be_down_and_come_back_where_it_was(server: HttpServer) -> None:
    url = server.url
    async with httpx.AsyncClient(base_url=url) as client:
        await client.post("/x")
        server.stop()
        with pytest.raises(httpx.TransportError):
            await client.get("/x")
        server.start()
        assert (server.url, (await client.get("/x")).json()["count"]) == (url, 1)
