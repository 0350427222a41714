"""Matrix where Synapse cannot be made to behave so: tokens that end, limits in every shape, old servers, and odd answers.

The server here is simulated: its answers are those of the specification's examples (client-server API, v1.19).
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_tui.domain.errors import AuthenticationError, OutcomeUnknown, Refused, TryLater
from agent_tui.domain.model import Address, CaseRef, Visibility
from agent_tui.domain.operations import Reply
from agent_tui.domain.settings import Faults, TableReader, Url
from agent_tui.sources.base import Access
from agent_tui.sources.matrix import build, settings
from agent_tui.sources.matrix.content import said, without_fallback
from agent_tui.sources.matrix.cursor import Cursor, Gap
from agent_tui.sources.matrix.settings import MatrixSettings
from agent_tui.sources.matrix.source import MatrixSource
from tests.contract.ledger import Ledger
from tests.contract.steps import pull_all
from tests.servers.http_server import HttpServer, Request, Response, as_json, as_text
from tests.servers.process import LOOPBACK

ME = "@support:example.com"
ROOM = "!room:example.com"
PASSWORD = "correct horse"


class Homeserver:
    """Hands out tokens, knows which are good, and keeps what was sent by transaction id."""

    def __init__(self) -> None:
        self.good: set[str] = set()
        self.logins: list[Any] = []
        self.refreshes = 0
        self.refresh_works = True
        self.soft = True
        self.sent: dict[str, str] = {}
        self.count = 0

    def __call__(self, request: Request) -> Response:
        path = request.path.removeprefix("/_matrix/client")
        if path == "/versions":
            return as_json({"versions": ["v1.1", "v1.15"]})
        if path == "/v3/login":
            return self.login(request.json)
        if path == "/v3/refresh":
            self.refreshes += 1
            if not self.refresh_works:
                return as_json({"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid refresh token"}, 401)
            return as_json(self.token())
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.good:
            return as_json({"errcode": "M_UNKNOWN_TOKEN", "error": "Token has expired", "soft_logout": self.soft}, 401)
        return self.known(request, path)

    def token(self) -> dict[str, Any]:
        self.count += 1
        self.good = {f"token-{self.count}"}
        return {"access_token": f"token-{self.count}", "refresh_token": f"refresh-{self.count}", "expires_in_ms": 300_000}

    def login(self, body: Any) -> Response:
        self.logins.append(body)
        if body["password"] != PASSWORD:
            return as_json({"errcode": "M_FORBIDDEN", "error": "Invalid username or password"}, 403)
        return as_json({**self.token(), "user_id": ME, "device_id": body["device_id"]})

    def known(self, request: Request, path: str) -> Response:
        if path == "/v3/account/whoami":
            return as_json({"user_id": ME, "device_id": "GIVEN"})
        if path == "/v1/media/config":
            return as_json({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}, 404)
        if path == "/v3/sync":
            return as_json({"next_batch": "s1", "rooms": {"join": {}}})
        if "/send/" in path:
            self.sent.setdefault(path, f"$event-{len(self.sent)}")
            return as_json({"event_id": self.sent[path]})
        return as_json({"errcode": "M_NOT_FOUND", "error": "not found"}, 404)


@pytest.fixture
def homeserver() -> Homeserver:
    return Homeserver()


@pytest.fixture
def server(homeserver: Homeserver) -> Iterator[HttpServer]:
    server = HttpServer(homeserver)
    yield server
    server.close()


def source_of(server: HttpServer, workspace: Path, *, secret: str = PASSWORD, name: str = "live-chat", **more: Any) -> MatrixSource:
    source = build(
        Access(
            name=name, settings=MatrixSettings(url=Url(scheme="http", host=LOOPBACK, port=server.port), username=ME, **more),
            secret=lambda _: secret, now=lambda: time.time_ns() // 1_000_000, mirror=Ledger(),
            agent_addresses=frozenset({ME}), workspace=workspace, downloads=workspace / "attachments",
        )
    )  # fmt: skip
    assert isinstance(source, MatrixSource)
    return source


def a_reply() -> Reply:
    now = time.time_ns() // 1_000_000 + 60_000
    return Reply(text="hello", visibility=Visibility.PRIVATE, marker="m1", created_at=now, sender=Address("", ME), to=())


CASE = CaseRef(id=1, conversation=ROOM)


async def test_a_token_that_has_ended_is_renewed_and_the_change_made_once(
    server: HttpServer, homeserver: Homeserver, tmp_path: Path
) -> None:
    source = source_of(server, tmp_path)
    await source.open()
    first = await source.push(a_reply(), CASE, "reference-1")
    homeserver.good.clear()
    again = await source.push(a_reply(), CASE, "reference-1")
    await source.close()
    assert (homeserver.refreshes, len(homeserver.logins)) == (1, 1)
    assert again.remote_id == first.remote_id
    assert len(homeserver.sent) == 1


@pytest.mark.parametrize("soft", [True, False])
async def test_where_it_cannot_be_renewed_the_same_device_logs_in_again(
    server: HttpServer, homeserver: Homeserver, tmp_path: Path, soft: bool
) -> None:
    homeserver.soft, homeserver.refresh_works = soft, False
    source = source_of(server, tmp_path)
    await source.open()
    homeserver.good.clear()
    await source.push(a_reply(), CASE, "reference-1")
    await source.close()
    later = source_of(server, tmp_path)  # the engine starts again
    await later.open()
    await later.close()
    elsewhere = source_of(server, tmp_path / "other")
    await elsewhere.open()
    await elsewhere.close()
    devices = [one["device_id"] for one in homeserver.logins]
    assert len(set(devices[:3])) == 1
    assert devices[3] != devices[0]


async def test_a_wrong_secret_is_said_so(server: HttpServer, homeserver: Homeserver, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="Invalid username or password"):
        await source_of(server, tmp_path, secret="wrong").open()
    with pytest.raises(AuthenticationError):
        await source_of(server, tmp_path, secret="old-token", auth="token").open()
    homeserver.good = {"good-token"}
    source = source_of(server, tmp_path, secret="good-token", auth="token")
    info = await source.open()
    assert info.account == ME
    homeserver.good.clear()
    with pytest.raises(AuthenticationError, match="store a new one"):
        await pull_all(source, Ledger())
    await source.close()
    homeserver.good = {"good-token"}
    other = source_of(server, tmp_path, secret="good-token", auth="token")
    object.__setattr__(other._settings, "username", "@sales:example.com")
    with pytest.raises(AuthenticationError, match="belongs to"):
        await other.open()


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (as_json({"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests", "retry_after_ms": 2000}, 429), 2_000),
        (as_json({"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests"}, 429, {"retry-after": "3"}), 3_000),
        (as_json({"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests"}, 429), None),
        (as_text("slow down", 429, {"retry-after": "4"}), 4_000),  # a proxy before the homeserver
    ],
)
async def test_a_limit_in_every_shape_is_a_reason_to_wait(
    server: HttpServer, homeserver: Homeserver, tmp_path: Path, answer: Response, wait: int | None
) -> None:
    source = source_of(server, tmp_path)
    await source.open()
    for path in ("/send/", "/sync"):
        server.fault(path=path, answer=answer)
        asking = pull_all(source, Ledger()) if path == "/sync" else source.push(a_reply(), CASE, "reference-1")
        with pytest.raises(TryLater) as caught:
            await asking
        assert caught.value.retry_after_ms == wait
    await source.close()
    assert homeserver.sent == {}


async def test_a_server_that_breaks_off_in_a_send_is_looked_at_before_anything_else(
    server: HttpServer, homeserver: Homeserver, tmp_path: Path
) -> None:
    source = source_of(server, tmp_path)
    await source.open()
    for what in ({"cut": True, "committed": True}, {"answer": as_text("bad gateway", 502)}, {"half": True}):
        server.fault(path="/send/", **what)
        with pytest.raises(OutcomeUnknown):
            await source.push(a_reply(), CASE, "reference-1")
    await source.close()
    assert len(homeserver.sent) == 1


async def test_no_secret_and_no_token_is_in_any_representation(server: HttpServer, tmp_path: Path) -> None:
    source = source_of(server, tmp_path)
    await source.open()
    session = source._session
    assert session is not None
    shown = repr(source) + repr(vars(source)) + repr(session) + repr(vars(session)) + repr(vars(session.http))
    for secret in (PASSWORD, "token-1", "refresh-1"):
        assert secret not in shown
    await source.close()


async def test_what_is_no_homeserver_is_said_so(tmp_path: Path) -> None:
    server = HttpServer(lambda _: as_text("not here", 404))
    with pytest.raises(Refused, match="base_url"):
        await source_of(server, tmp_path).open()
    server.close()


async def test_a_token_of_sync_that_the_server_does_not_know_begins_anew(
    server: HttpServer, homeserver: Homeserver, tmp_path: Path
) -> None:
    source = source_of(server, tmp_path)
    await source.open()
    server.fault(path="/sync", answer=as_json({"errcode": "M_UNKNOWN", "error": "Invalid stream token"}, 400))
    ledger = Ledger(cursor=Cursor(since="s999", device="X").dump())
    await pull_all(source, ledger)
    await source.close()
    assert Cursor.load(ledger.cursor).since == "s1"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"next_batch": 7, "rooms": []}', b'{"next_batch": "s", "rooms": {"join": {"!x": 5, "!y": null}}}'])
async def test_an_answer_of_odd_shape_is_read_as_far_as_it_goes(server: HttpServer, tmp_path: Path, body: bytes) -> None:
    source = source_of(server, tmp_path)
    await source.open()
    server.fault(path="/sync", answer=Response(200, {}, body), times=1)
    ledger = Ledger()
    await pull_all(source, ledger)
    assert ledger.messages == {}
    await source.close()


def test_a_cursor_comes_back_and_nonsense_is_the_beginning() -> None:
    cursor = Cursor("s1", (Gap("!a", "t1", "s0", 5, 3), Gap("!b", "t2")), "DEVICE", 7, 9)
    assert Cursor.load(cursor.dump()) == cursor
    assert cursor.next_gap() == cursor.gaps[0]
    assert cursor.filled(cursor.gaps[0]).gaps == cursor.gaps[1:]
    for words in ("", "nonsense", "[]", "{}", '{"since": "s"}', '{"since":"s","gaps":[[1]],"device":"","device_since":0,"done":0}'):
        assert Cursor.load(words) == Cursor()


def test_only_a_quotation_is_taken_off_a_reply() -> None:
    assert without_fallback("> <@a:b> hello\n> more\n\nanswer\n> mine") == "answer\n> mine"
    assert without_fallback("> * <@a:b> waves\n\nanswer") == "answer"
    assert without_fallback("> mine\n\ntext") == "> mine\n\ntext"


@pytest.mark.parametrize(
    "content",
    [{}, {"msgtype": "m.text"}, {"msgtype": "m.text", "body": 5}, {"msgtype": 5, "body": "x"}, {"msgtype": "m.image", "body": "x"},
     {"msgtype": "m.file", "body": "x", "file": {"url": "mxc://a/b"}}, {"msgtype": "m.file", "body": "x", "url": "https://evil/x"}],
)  # fmt: skip
def test_what_cannot_be_shown_is_said(content: dict[str, Any]) -> None:
    shown = said({"type": "m.room.message", "content": content, "sender": "@a:b"}, "Robin")
    assert shown.warning
    assert shown.attachments == ()


def test_settings_name_every_fault() -> None:
    values = {
        "url": "http://chat.example.com", "username": "support", "accept": ["everybody"], "shared": ["support", "#x:y"],
        "notes_room": "#x:y", "agents": ["asha"], "auth": "magic",
    }  # fmt: skip
    faults = Faults("f.toml", {})
    settings.read(TableReader(values, faults, base=Path("/w")))
    keys = {words.split(": ")[1] for _, words in faults.found}
    assert keys == {"url", "username", "accept", "shared", "notes_room", "agents", "auth"}


# -- long rooms, many reactions, and a stream that repeats itself


def spoken(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "m.room.message", "event_id": f"$e{number}", "sender": "@robin:example.com",
        "origin_server_ts": 1_790_000_000_000 + number * 1000, "content": {"msgtype": "m.text", "body": f"line {number}"}, **more,
    }  # fmt: skip


class LongRoom(Homeserver):
    """One room whose past has ``length`` messages, and whose first message has reactions without an end."""

    def __init__(self, length: int = 0, news: list[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self.length = length
        self.news = news or []
        self.pages: list[int] = []
        self.reactions = 0

    def known(self, request: Request, path: str) -> Response:
        if path == "/v3/sync":
            if not request.first("since"):
                timeline = {"events": [spoken(self.length)], "limited": True, "prev_batch": "p"} if self.length else {"events": []}
                return as_json({"next_batch": "s1", "rooms": {"join": {ROOM: {"timeline": timeline}}}})
            news, self.news = self.news, []
            rooms = {"join": {ROOM: {"timeline": {"events": news, "limited": False}}}} if news else {}
            return as_json({"next_batch": "s2" if news else request.first("since"), "rooms": rooms})
        if path.endswith("/messages"):
            limit, newest = int(request.first("limit")), request.first("from")
            self.pages.append(limit)
            at = self.length if newest == "s1" else int(newest.removeprefix("t"))
            chunk = [spoken(number) for number in range(at, max(0, at - limit), -1)]
            return as_json({"chunk": chunk, **({"end": f"t{at - limit}"} if at > limit else {})})
        if "/relations/" in path:
            self.reactions += 1
            relation = {"rel_type": "m.annotation", "event_id": "$e1", "key": "+1"}
            chunk = [
                {"type": "m.reaction", "event_id": f"$r{self.reactions}.{n}", "sender": f"@p{n}:example.com", "origin_server_ts": 5,
                 "content": {"m.relates_to": relation}}
                for n in range(100)
            ]  # fmt: skip
            return as_json({"chunk": chunk, "next_batch": "further"})
        if "/event/" in path:
            return as_json(spoken(int(path.rpartition("$e")[2])))
        return super().known(request, path)


async def test_a_room_of_ten_thousand_messages_comes_in_pages(tmp_path: Path) -> None:
    room = LongRoom(10_000)
    server = HttpServer(room)
    source, ledger, largest = source_of(server, tmp_path), Ledger(), 0
    await source.open()
    cursors = 0
    while True:
        more = False
        async for batch in source.pull(ledger.cursor, 2_000):
            ledger.apply(batch)
            largest, cursors, more = max(largest, len(batch.messages)), max(cursors, len(batch.cursor)), batch.more
        if not more:
            break
    await source.close()
    server.close()
    assert [m.text for m in ledger.of(ROOM)] == [f"line {number}" for number in range(1, 10_001)]
    assert max(room.pages) <= 100
    assert len(room.pages) <= 101
    assert largest <= 100
    assert cursors < 400


async def test_reactions_without_an_end_are_one_short_line(tmp_path: Path) -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$e1", "key": "+1"}
    news = [{**spoken(n), "type": "m.reaction", "content": {"m.relates_to": relation}} for n in range(2, 90)]
    room = LongRoom(0, [spoken(1), *news])
    server = HttpServer(room)
    source, ledger = source_of(server, tmp_path), Ledger()
    await source.open()
    await pull_all(source, ledger, budget=2_000)
    await pull_all(source, ledger, budget=2_000)
    await source.close()
    server.close()
    lines = [m.text for m in ledger.of(ROOM) if m.automatic]
    assert all(len(one) < 300 for one in lines)
    assert len(lines) <= 1
    assert room.reactions <= 12


class Crowd(LongRoom):
    """One message with 100,000 reactions, in pages as the specification says."""

    many = 100_000

    def known(self, request: Request, path: str) -> Response:
        if path == "/v3/sync" and not request.first("since"):
            timeline = {"events": [self.reaction(self.many)], "limited": True, "prev_batch": "p"}
            return as_json({"next_batch": "s1", "rooms": {"join": {ROOM: {"timeline": timeline}}}})
        if path.endswith("/messages"):
            limit, newest = int(request.first("limit")), request.first("from")
            self.pages.append(limit)
            at = self.many + 1 if newest == "s1" else int(newest.removeprefix("t"))
            chunk = [self.reaction(n - 1) if n > 1 else spoken(1) for n in range(at, max(0, at - limit), -1)]
            return as_json({"chunk": chunk, **({"end": f"t{at - limit}"} if at > limit else {})})
        if "/relations/" in path:
            self.reactions += 1
            at = int(request.first("from") or self.many)
            chunk = [self.reaction(n) for n in range(at, max(0, at - 100), -1)]
            return as_json({"chunk": chunk, **({"next_batch": str(at - 100)} if at > 100 else {})})
        return super().known(request, path)

    def reaction(self, number: int) -> dict[str, Any]:
        relation = {"rel_type": "m.annotation", "event_id": "$e1", "key": ("👍", "🎉")[number % 2]}
        return {"type": "m.reaction", "event_id": f"$r{number}", "sender": f"@p{number}:example.com",
                "origin_server_ts": 1_790_000_010_000 + number, "content": {"m.relates_to": relation}}  # fmt: skip


async def test_a_hundred_thousand_reactions_to_one_message_are_one_line_and_are_counted_once(tmp_path: Path) -> None:
    room = Crowd()
    server = HttpServer(room)
    source, ledger = source_of(server, tmp_path), Ledger()
    await source.open()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await pull_all(source, ledger, budget=2_000)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    await source.close()
    server.close()
    assert [m.text for m in ledger.of(ROOM)] == ["line 1", "🎉 150+ · 👍 150+  to “line 1”"]
    assert len(room.pages) == 1_001
    assert room.reactions == 3, "of one message 300 reactions are asked for, however many pages they fill"
    assert grown < 40_000, "kilobytes; all of them at once would be far more"


async def test_a_line_of_a_megabyte_from_a_server_that_keeps_no_limit_is_read_and_cut(tmp_path: Path) -> None:
    long = {"content": {"msgtype": "m.text", "body": "\x1b[2J" + "ಕ" * 1_000_000}}
    room = LongRoom(0, [spoken(1), spoken(2, **long), spoken(3)])
    server = HttpServer(room)
    source, ledger = source_of(server, tmp_path), Ledger()
    await source.open()
    await pull_all(source, ledger)
    await pull_all(source, ledger)
    await source.close()
    server.close()
    first, second, third = (m.text for m in ledger.of(ROOM))
    assert (first, third) == ("line 1", "line 3")
    assert 100_000 < len(second) <= 200_000
    assert "\x1b" not in second


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2, 1, 3), (2, 2, 1, 3, 3)])
async def test_events_that_come_twice_or_out_of_order_make_no_difference(tmp_path: Path, order: tuple[int, ...]) -> None:
    server = HttpServer(LongRoom(0, [spoken(number) for number in order]))
    source, ledger = source_of(server, tmp_path), Ledger()
    await source.open()
    await pull_all(source, ledger)
    await pull_all(source, ledger)
    await source.close()
    server.close()
    assert [m.text for m in ledger.of(ROOM)] == ["line 1", "line 2", "line 3"]
