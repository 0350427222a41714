"""What ``sources.http`` and ``sources.answers`` promise every source, against real sockets and, where no server can be that odd, a transport."""

from __future__ import annotations

import asyncio
import email.utils
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from agent_tui.domain.errors import AuthenticationError, Conflict, OutcomeUnknown, Refused, TryLater
from agent_tui.domain.settings import Url
from agent_tui.sources import http as http_module
from agent_tui.sources.answers import Answer, Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.http import Credential, HttpClient
from agent_tui.sources.rate_limits import LONGEST_MS, wait_ms
from tests.servers.http_server import HttpServer, Request, Response, as_json, as_text, redirect
from tests.servers.process import LOOPBACK, certificate, free_ports

NOW = 1_790_000_000_000
TOKEN = "t0p-secret-token"


class Service:
    """Answers by path; ``done`` counts what was changed."""

    def __init__(self) -> None:
        self.answers: dict[str, Response] = {}
        self.done = 0

    def __call__(self, request: Request) -> Response:
        if request.method != "GET":
            self.done += 1
        return self.answers.get(request.path, as_json({"path": request.path}))


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def server(service: Service) -> Iterator[HttpServer]:
    server = HttpServer(service)
    yield server
    server.close()


def client(server: HttpServer, **more: object) -> HttpClient:
    base = Url(scheme="http", host=LOOPBACK, port=server.port, path="/api")
    return HttpClient(base, now=lambda: NOW, authorize=lambda: {"authorization": f"Bearer {TOKEN}"}, **more)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_path_is_below_the_base_and_goes_with_the_credential(server: HttpServer) -> None:
    http = client(server)
    answer = await http.get("/things", params={"page": 2})
    await http.close()
    await http.close()
    (asked,) = server.requests
    assert (asked.path, asked.query, asked.headers["authorization"]) == ("/api/things", (("page", "2"),), f"Bearer {TOKEN}")
    assert answer.json() == {"path": "/api/things"}


@pytest.mark.parametrize(
    ("status", "reading", "changing"),
    [
        (400, Refused, Refused), (401, AuthenticationError, AuthenticationError), (403, Forbidden, Forbidden),
        (404, Missing, Missing), (408, TryLater, TryLater), (409, Conflict, Conflict), (410, Missing, Missing),
        (412, Conflict, Conflict), (413, Refused, Refused), (422, Refused, Refused), (429, TryLater, TryLater),
        (500, TryLater, OutcomeUnknown), (502, TryLater, OutcomeUnknown), (503, TryLater, OutcomeUnknown),
        (504, TryLater, OutcomeUnknown), (307, Refused, Refused),
    ],
)  # fmt: skip
async def test_a_status_says_whether_anything_was_done(
    server: HttpServer, service: Service, status: int, reading: type[Exception], changing: type[Exception]
) -> None:
    service.answers["/api/x"] = as_json({"error": "no, \x1b[31mnot\u202e now"}, status)
    http = client(server)
    with pytest.raises(reading) as read:
        await http.get("x")
    with pytest.raises(changing) as changed:
        await http.change("POST", "x", json={})
    await http.close()
    assert type(read.value) is not OutcomeUnknown
    for caught in (read, changed):
        assert "no, not now" in str(caught.value)
    assert service.done == 1, "a change is asked for once"


@pytest.mark.parametrize("words", [f"bad token {TOKEN}", {"errors": [{"message": f"Bearer {TOKEN} is old"}]}])
async def test_a_credential_that_the_server_repeats_is_struck_out(server: HttpServer, service: Service, words: object) -> None:
    service.answers["/api/x"] = as_json(words, 401)
    http = client(server)
    with pytest.raises(AuthenticationError) as caught:
        await http.get("x")
    await http.close()
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value.answer)  # type: ignore[attr-defined]
    assert TOKEN not in repr(http) + repr(vars(http))
    assert "old" in str(caught.value) or "bad token" in str(caught.value)


def test_a_credential_shows_itself_to_nobody() -> None:
    kept = Credential(TOKEN)
    assert kept.reveal() == TOKEN
    assert TOKEN not in f"{kept} {kept!r} {[kept]} {kept:>20}"
    assert not Credential("")


async def test_a_change_whose_answer_is_lost_may_have_been_made(server: HttpServer, service: Service) -> None:
    http = client(server)
    for committed in (True, False):
        server.fault(cut=True, committed=committed)
        with pytest.raises(OutcomeUnknown):
            await http.change("POST", "x", json={})
    service.answers["/api/half"] = as_json({"long": "x" * 2000})
    server.fault(half=True)
    with pytest.raises(OutcomeUnknown):
        await http.change("POST", "half", json={})
    service.answers["/api/page"] = Response(200, {"content-type": "text/html"}, b"<h1>Log in to the train's network</h1>")
    with pytest.raises(OutcomeUnknown):
        (await http.change("POST", "page", json={})).json()
    with pytest.raises(TryLater):
        (await http.get("page")).json()
    await http.close()


async def test_a_reading_that_a_dead_connection_spoilt_is_tried_once_more(server: HttpServer) -> None:
    http = client(server)
    server.fault(cut=True)
    assert (await http.get("x")).status == 200
    server.fault(cut=True, times=2)
    with pytest.raises(TryLater):
        await http.get("x")
    await http.close()


async def test_a_server_that_is_silent_or_away(server: HttpServer) -> None:
    http = client(server)
    server.fault(delay_s=5, times=3)
    with pytest.raises(TryLater, match="did not answer"):
        await http.get("x", wait_s=0.05)
    with pytest.raises(OutcomeUnknown):
        await http.change("PUT", "x", json={}, wait_s=0.05)
    server.stop()
    with pytest.raises(TryLater, match="cannot be reached"):
        await http.get("x")
    with pytest.raises(TryLater, match="cannot be reached"):
        await http.change("PUT", "x", json={})
    await http.close()


async def test_redirects_are_followed_at_home_and_nowhere_else(server: HttpServer, service: Service) -> None:
    other = HttpServer(lambda _: as_text("stolen"))
    service.answers["/api/near"] = redirect("/api/there?x=1")
    service.answers["/api/far"] = redirect(f"{other.url}/x")
    service.answers["/api/round"] = redirect("/api/round")
    http = client(server)
    assert (await http.get("near", params={"y": "2"})).json() == {"path": "/api/there"}
    for path in ("far", "round"):
        with pytest.raises(Refused):
            await http.get(path)
    with pytest.raises(Refused):
        await http.change("POST", "near", json={})
    with pytest.raises(Refused):
        await http.get(f"{other.url}/x")
    await http.close()
    other.close()
    assert other.requests == []


async def test_files_may_lie_on_another_server_which_never_sees_the_credential(
    server: HttpServer, service: Service, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 5000
    other = HttpServer(lambda _: Response(200, {"content-type": "application/octet-stream"}, content))
    service.answers["/api/file"] = redirect(f"{other.url}/bucket/1")
    http = client(server)
    with pytest.raises(Refused):
        await http.save("file", tmp_path / "no")
    assert await http.save("file", tmp_path / "file", elsewhere=True) == len(content)
    assert (tmp_path / "file").read_bytes() == content
    assert "authorization" not in other.requests[0].headers
    with pytest.raises(Refused, match="larger than"):
        await http.save("file", tmp_path / "big", elsewhere=True, largest=1000)
    service.answers["/api/file"] = Response(200, {}, content)
    server.fault(half=True)
    with pytest.raises(TryLater):
        await http.save("file", tmp_path / "half")
    await http.close()
    other.close()
    assert names(tmp_path) == ["file"], "a file is there whole or not at all"


INSIDE = ("127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "0.0.0.0")


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("named", [False, True], ids=["by number", "by name"])
async def test_a_strangers_link_reaches_nothing_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, named: bool) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, content=b"secret")

    async def resolve(host: str) -> list[str]:
        return [inside] if host == "metadata.example" else ["93.184.215.14"]

    monkeypatch.setattr(http_module, "_resolve", resolve)
    http = HttpClient(Url(scheme="https", host="forum.example", port=443), now=lambda: 0, transport=httpx.MockTransport(answer))
    host = "metadata.example" if named else f"[{inside}]" if ":" in inside else inside
    with pytest.raises(Refused, match="inside a private network"):
        await http.save(f"https://{host}/latest/meta-data", tmp_path / "file", elsewhere=True)
    assert asked == []
    await http.save("https://files.example/a", tmp_path / "file", elsewhere=True)
    assert asked == ["files.example"]
    await http.close()


async def test_a_redirect_cannot_lead_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://169.254.169.254/latest"})

    async def resolve(_host: str) -> list[str]:
        return ["93.184.215.14"]

    monkeypatch.setattr(http_module, "_resolve", resolve)
    http = HttpClient(Url(scheme="https", host="forum.example", port=443), now=lambda: 0, transport=httpx.MockTransport(answer))
    with pytest.raises(Refused, match="inside a private network"):
        await http.save("file", tmp_path / "file", elsewhere=True)
    assert asked == ["forum.example"]
    await http.close()


async def test_an_account_inside_may_keep_its_files_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_host: str) -> list[str]:
        return ["10.0.0.5"]

    monkeypatch.setattr(http_module, "_resolve", resolve)
    http = HttpClient(Url(scheme="https", host="forum.intranet.example", port=443), now=lambda: 0,
                      transport=httpx.MockTransport(lambda _request: httpx.Response(200, content=b"file")))  # fmt: skip
    assert await http.save("https://files.intranet.example/a", tmp_path / "file", elsewhere=True) == 4
    await http.close()


async def test_cookies_are_not_kept(server: HttpServer, service: Service) -> None:
    service.answers["/api/x"] = as_json({}, headers={"set-cookie": "session=1; Path=/"})
    http = client(server)
    await http.get("x")
    await http.get("y")
    await http.close()
    assert "cookie" not in server.requests[1].headers


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def endless() -> object:
        while True:
            yield b" " * (1 << 20)

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))  # type: ignore[arg-type]
    http = HttpClient(Url(scheme="http", host=LOOPBACK, port=1), now=lambda: NOW, transport=transport)
    with pytest.raises(Refused, match="more than"):
        await http.get("x")
    await http.close()


def test_plain_http_is_for_this_machine() -> None:
    with pytest.raises(Refused, match="TLS"):
        HttpClient(Url(scheme="http", host="chat.example.com", port=80), now=lambda: NOW)


async def test_a_certificate_is_verified_always_and_a_private_authority_can_be_named(tmp_path: Path) -> None:
    authority, chain, key = certificate(tmp_path / "tls", ["localhost"], [LOOPBACK])
    (port,) = free_ports(1)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((LOOPBACK, port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = Url(scheme="https", host=LOOPBACK, port=port)
    strict = HttpClient(base, now=lambda: NOW)
    known = HttpClient(base, now=lambda: NOW, ca_file=authority)
    try:
        with pytest.raises(Refused, match="ca_file"):
            await strict.get("x")
        with pytest.raises(Refused, match="ca_file"):
            await strict.change("POST", "x", json={})
        assert (await known.get("x")).status == 200
        with pytest.raises(Refused, match="PEM"):
            HttpClient(base, now=lambda: NOW, ca_file=key.with_name("nothing.pem"))
    finally:
        await strict.close()
        await known.close()
        await asyncio.to_thread(server.shutdown)
        server.server_close()


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"retry-after": "7"}, b"", 7_000),
        ({"retry-after": "0.5"}, b"", 500),
        ({"retry-after": email.utils.formatdate(NOW / 1000 + 90, usegmt=True)}, b"", 90_000),
        ({"retry-after": email.utils.formatdate(NOW / 1000 - 90, usegmt=True)}, b"", 0),
        ({"retry-after": "99999999999"}, b"", LONGEST_MS),
        ({"retry-after": "soon"}, b"", None),
        ({}, json.dumps({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1234}).encode(), 1_234),
        ({}, json.dumps({"code": "RATE_LIMIT_HIT", "retry-after": 28.7}).encode(), 28_700),
        ({}, json.dumps({"error_type": "rate_limit", "extras": {"wait_seconds": 12, "time_left": "12 s"}}).encode(), 12_000),
        ({}, b"Retry later\n", None),
        ({}, b"limit exceeded", None),
        ({}, b"[" * 100_000, None),
        ({"x-ratelimit-reset": "12"}, b"limit exceeded", 12_000),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW // 1000 + 30)}, b"", 30_000),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": str(NOW // 1000 + 30)}, b"", None),
        ({"x-ratelimit-reset": "2026-09-21T14:13:25.000Z", "x-ratelimit-remaining": "0"}, b"", 5_000),
        ({}, b'{"retry_after_ms": NaN}', None),
        ({}, b'{"retry_after_ms": true}', None),
    ],
)
def test_every_way_to_say_when_to_come_back(headers: dict[str, str], body: bytes, wait: int | None) -> None:
    assert wait_ms(headers, body, NOW) == wait


async def test_a_wait_is_passed_on(server: HttpServer, service: Service) -> None:
    service.answers["/api/x"] = as_json({"error": "slow down", "retry_after_ms": 2500}, 429)
    service.answers["/api/y"] = as_text("abuse detected", 403, {"retry-after": "60"})
    http = client(server)
    for path, wait in (("x", 2500), ("y", 60_000)):
        with pytest.raises(TryLater) as caught:
            await http.change("POST", path, json={})
        assert caught.value.retry_after_ms == wait
    await http.close()


def test_json_is_read_without_trust() -> None:
    value = {"a": {"b": [1, {"c": "d"}, None]}, "n": 1.5, "big": 1e300, "t": True}
    assert entry(value, "a") == {"b": [1, {"c": "d"}, None]}
    assert entry(value, "a", "b") == entry(None) == entry([1], "x") == {}
    assert entries(value, "a", "b") == [{"c": "d"}]
    assert entries([1, {}]) == [{}]
    assert entries(None) == entries(value, "x", "y") == []
    assert (text(value, "a", "b"), text({"x": "y"}, "x"), text(None, "x")) == ("", "y", "")
    assert [number(value, key) for key in ("n", "big", "t", "missing")] == [1, 0, 0, 0]


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}", b"\xff\xfe"])
def test_what_is_not_json_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(TryLater):
        Answer(200, {}, body, url="x").json()
    with pytest.raises(OutcomeUnknown):
        Answer(200, {}, body, url="x", changing=True).json()
