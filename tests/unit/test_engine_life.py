import asyncio
import json

import pytest

from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Batch
from agent_tui.domain.operations import OperationState
from agent_tui.engine import EngineRunning, run, supervisor
from agent_tui.engine.lock import EngineLock
from agent_tui.sources.base import Hint
from agent_tui.sources.demo.source import DemoSource
from tests.engine_bench import MINUTE, Bench

SENT, QUEUED, HELD = OperationState.SENT, OperationState.QUEUED, OperationState.HELD


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path / "w", "mail", "chat", undo_ms=15_000)
    bench.customer()
    yield bench
    await bench.stop()
    bench.close()


class Client:
    """Speaks to the engine's socket by hand."""

    async def connect(self, bench):
        self.reader, self.writer = await asyncio.open_unix_connection(str(bench.workspace.socket_path))
        return self

    def say(self, message):
        self.writer.write(json.dumps(message).encode() + b"\n")

    async def hear(self, wanted=lambda message: True):
        while True:
            message = json.loads(await asyncio.wait_for(self.reader.readline(), 10))
            if wanted(message):
                return message

    async def ask(self, **message):
        self.say({"id": 1, **message})
        return await self.hear(lambda one: one.get("id") == 1 and "progress" not in one)


@pytest.fixture
async def client(bench):
    bench.start()
    await bench.until(bench.workspace.socket_path.exists)
    client = await Client().connect(bench)
    await bench.quiet()
    yield client
    client.writer.close()


async def test_a_client_asks_for_a_round_and_gets_what_it_did(bench, client):
    bench.customer("Second")
    answer = await client.ask(ask="sync")
    results = {one["source"]: one for one in answer["result"]["sources"]}
    assert results["mail"]["ok"]
    assert results["mail"]["messages"] == 1
    assert bench.store.cache.execute("SELECT count(*) FROM messages").fetchone()[0] == 2


async def test_a_round_of_one_source_leaves_the_others_alone(bench, client):
    answer = await client.ask(ask="sync", sources=["chat"])
    assert [one["source"] for one in answer["result"]["sources"]] == ["chat"]
    answer = await client.ask(ask="sync", sources=["nowhere"])
    assert "nowhere" in answer["error"]


async def test_status_says_how_every_source_is(bench, client):
    answer = await client.ask(ask="status")
    assert {name: one["state"] for name, one in answer["result"]["sources"].items()} == {"mail": "idle", "chat": "idle"}


async def test_a_source_that_may_ask_nothing_for_a_while_says_why_until_it_may(bench, client, monkeypatch):
    go_on = asyncio.Event()

    async def pull(source, cursor, budget):
        yield Batch(cursor=cursor, more=True, held_back="used up for today")
        await go_on.wait()
        yield Batch(cursor=cursor)

    monkeypatch.setattr(DemoSource, "pull", pull)
    client.say({"id": 1, "ask": "sync", "sources": ["mail"]})
    told = await client.hear(lambda one: one.get("event") == "source" and one["error"])
    assert (told["state"], told["error"]) == ("pulling", "used up for today")
    go_on.set()
    await client.hear(lambda one: one.get("event") == "source" and one["state"] == "idle" and not one["error"])


async def test_everybody_hears_what_changed(bench, client):
    bench.customer("Second")
    bench.notices["mail"].set()
    event = await client.hear(lambda one: one.get("event") == "changed")
    assert event["cases"]


async def test_a_kick_sends_what_was_just_queued(bench, client):
    entry = bench.reply(bench.case())
    await client.ask(ask="kick")
    await bench.until(lambda: bench.state(entry) is SENT)


async def test_what_another_process_queued_is_seen_without_a_kick(bench, client):
    entry = bench.reply(bench.case())
    bench.time.pass_by(2_500)
    await bench.until(lambda: bench.state(entry) is SENT)


async def test_an_attachment_is_fetched_when_somebody_looks_at_it(bench, client):
    bench.server.customer_writes("mailbox", text="See the photo", files=[("photo.png", "image/png", b"PNG")])
    await client.ask(ask="sync")
    number, = bench.store.cache.execute("SELECT max(id) FROM messages").fetchone()
    from agent_tui.store import messages

    part = messages.get(bench.store, number).attachments[0].part
    answer = await client.ask(ask="want", message=number, part=part)
    digest = answer["result"]["digest"]
    assert (bench.workspace.attachments / digest[:2] / digest).read_bytes() == b"PNG"
    assert messages.get(bench.store, number).attachments[0].cached


async def test_what_is_not_there_is_said_and_harms_nothing(bench, client):
    assert "no such message" in (await client.ask(ask="want", message=5))["error"]
    assert "error" in await client.ask(ask="want")
    assert "error" in await client.ask(ask="want", message=[])
    assert "does not know" in (await client.ask(ask="dance"))["error"]
    assert (await client.ask(ask="ping"))["result"]["pid"]


async def test_stop_ends_it_in_good_order(bench, client):
    await client.ask(ask="stop")
    await asyncio.wait_for(bench.task, 10)
    assert not bench.workspace.socket_path.exists()


async def test_a_server_that_comes_back_is_found_again_by_itself(bench):
    bench.server.go_offline("mailbox")
    bench.start()
    await bench.quiet()
    line = bench.engine._lines["mail"]
    assert line.status.state == "offline"
    assert line.status.retry_at == bench.time.at + 1_000
    for wait in (1_000, 2_000, 4_000):
        before = line._backoff.failures
        bench.time.pass_by(wait)
        await bench.until(lambda before=before: line._backoff.failures == before + 1)
        await bench.quiet()
    bench.server.come_back("mailbox")
    bench.time.pass_by(8_000)
    await bench.until(lambda: line.status.state == "idle")
    assert bench.case()


async def test_sync_now_does_not_wait_for_the_next_try(bench):
    bench.server.go_offline("mailbox")
    bench.start()
    await bench.quiet()
    bench.server.come_back("mailbox")
    line = bench.engine._lines["mail"]
    result = await asyncio.wait_for(line.round(), 10)
    assert result.ok


async def test_a_refused_login_is_not_tried_again_until_somebody_asks(bench):
    bench.server.fail_next("open", "AuthenticationError", service="mailbox", words="535 no")
    bench.start()
    await bench.quiet()
    line = bench.engine._lines["mail"]
    assert (line.status.state, line.status.error) == ("login", "535 no")
    bench.time.pass_by(60 * MINUTE)
    await bench.quiet()
    assert line.status.state == "login"
    assert bench.engine._lines["chat"].status.state == "idle"
    assert (await asyncio.wait_for(line.round(), 10)).ok


async def test_a_source_with_a_mistake_in_it_stops_nobody(bench):
    class Broken:
        def __init__(self, source):
            self.source = source

        def __getattr__(self, name):
            return getattr(self.source, name)

        async def pull(self, cursor, budget):
            raise ZeroDivisionError
            yield

    results = await bench.sync(wrap=lambda name, source: Broken(source) if name == "chat" else source)
    assert results["mail"].ok
    assert not results["chat"].ok
    assert "ZeroDivisionError" in results["chat"].error


async def test_a_source_that_hangs_holds_up_no_other_and_not_the_end(bench, monkeypatch):
    monkeypatch.setattr(supervisor, "FAREWELL_S", 0.05)

    class Hanging:
        def __init__(self, source):
            self.source = source

        def __getattr__(self, name):
            return getattr(self.source, name)

        async def open(self):
            await asyncio.Event().wait()

    bench.start(wrap=lambda name, source: Hanging(source) if name == "chat" else source)
    await bench.until(lambda: bench.engine._lines["mail"].status.state == "idle")
    entry = bench.reply(bench.case())
    bench.engine._schedule.ring()
    await bench.quiet_one("mail")
    assert bench.state(entry) is QUEUED, "replies give the other sources a moment first"
    bench.time.pass_by(10_500)
    await bench.until(lambda: bench.state(entry) is SENT)
    await bench.stop()


async def test_where_the_server_tells_nothing_it_is_asked_every_minute(bench):
    from dataclasses import replace

    class Silent:
        def __init__(self, source):
            self.source = source

        def __getattr__(self, name):
            return getattr(self.source, name)

        async def open(self):
            info = await self.source.open()
            return replace(info, capabilities=replace(info.capabilities, live=False))

    bench.start(wrap=lambda name, source: Silent(source))
    await bench.quiet()
    bench.customer("Second")
    bench.time.pass_by(MINUTE)
    await bench.until(lambda: bench.store.cache.execute("SELECT count(*) FROM messages").fetchone()[0] == 2)


async def test_notices_that_end_are_taken_up_again_and_nothing_falls_between(bench):
    heard = []

    class Forgetful:
        def __init__(self, source):
            self.source = source

        def __getattr__(self, name):
            return getattr(self.source, name)

        async def hints(self):
            heard.append(1)
            yield Hint()

    bench.start(wrap=lambda name, source: Forgetful(source) if name == "mail" else source)
    await bench.quiet()
    bench.customer("Second")
    bench.time.pass_by(1_500)
    await bench.until(lambda: bench.store.cache.execute("SELECT count(*) FROM messages").fetchone()[0] == 2)
    await bench.until(lambda: len(heard) >= 2)


async def test_a_case_wakes_when_its_time_has_come(bench):
    from agent_tui.domain.operations import Snooze
    from agent_tui.store import cases, fold, messages

    await bench.sync()
    case = bench.case()
    seen, _ = messages.newest_ids(bench.store, case)
    bench.queue(case, Snooze(until=bench.time.at + 10 * MINUTE, seen=seen), local=True)
    fold.refold(bench.store, (case,), bench.time.at)
    assert cases.get(bench.store, case).state == "snoozed"
    bench.start()
    await bench.quiet()
    bench.time.pass_by(10 * MINUTE + 1)
    await bench.until(lambda: cases.get(bench.store, case).state != "snoozed")


async def test_when_the_workstation_goes_a_held_reply_is_still_delivered_and_then_it_ends(bench, monkeypatch):
    alive = True
    monkeypatch.setattr(supervisor, "parent_lives", lambda parent, child: alive)
    await bench.sync()
    entry = bench.reply(bench.case(), hold=15_000)
    later = bench.reply(bench.case(), not_before=bench.time.at + 600 * MINUTE)
    bench.start(parent=4)
    await bench.quiet()
    alive = False
    bench.time.pass_by(1_000)
    await bench.quiet()
    assert bench.state(entry) is HELD
    bench.time.pass_by(15_000)
    await bench.until(lambda: bench.state(entry) is SENT)
    bench.time.pass_by(500)
    await asyncio.wait_for(bench.task, 10)
    assert bench.state(later) is QUEUED


async def test_an_engine_whose_parent_has_gone_does_not_stay_for_a_dead_server(bench, monkeypatch):
    alive = True
    monkeypatch.setattr(supervisor, "parent_lives", lambda parent, child: alive)
    await bench.sync()
    bench.server.go_offline()
    bench.reply(bench.case())
    bench.start(parent=4)
    await bench.quiet()
    alive = False
    for _ in range(80):
        bench.time.pass_by(1_000)
        await asyncio.sleep(0.002)
    await asyncio.wait_for(bench.task, 10)


async def test_one_engine_for_one_workspace(bench):
    lock = EngineLock(bench.workspace.lock_path)
    with pytest.raises(EngineRunning, match="already runs"):
        run(bench.workspace)
    lock.release()


def test_a_source_that_is_not_there_is_a_mistake_of_the_user(tmp_path):
    bench = Bench(tmp_path / "w", "mail")
    with pytest.raises(UsageError, match="nowhere"):
        run(bench.workspace, sources=("nowhere",), now=bench.time.now)
    bench.close()


def test_a_whole_round_through_the_front_door(tmp_path):
    bench = Bench(tmp_path / "w", "mail")
    bench.customer()
    progress = []
    result, = run(bench.workspace, now=bench.time.now, on_progress=progress.append)
    assert result.ok
    assert result.messages == 1
    assert {"pulling", "idle"} <= {one["state"] for one in progress}
    assert not bench.workspace.socket_path.exists()
    from agent_tui.store import indexing

    assert indexing.index(bench.store) == 0, "everything is in the index when the command ends"
    bench.close()
