import asyncio
import json
import stat

import pytest

from agent_tui.domain import wire
from agent_tui.domain.errors import UsageError
from agent_tui.engine.doorbell import EVENTS_KEPT, Doorbell


async def answer(message, progress):
    if message.get("ask") == "ping":
        progress({"half": True})
        return {"pong": message["value"]}
    if message.get("ask") == "wait":
        await asyncio.Event().wait()
    raise UsageError("no such question")


@pytest.fixture
async def bell(tmp_path):
    bell = Doorbell(tmp_path / "engine.sock", tmp_path / "engine.sock", answer)
    await bell.open()
    yield bell
    await bell.close()


async def connect(bell):
    return await asyncio.open_unix_connection(str(bell.address))


async def line(reader):
    return json.loads(await asyncio.wait_for(reader.readline(), 5))


async def test_a_question_gets_its_progress_and_its_answer(bell):
    reader, writer = await connect(bell)
    writer.write(b'{"id":7,"ask":"ping","value":3}\n')
    assert await line(reader) == {"id": 7, "progress": {"half": True}}
    assert await line(reader) == {"id": 7, "result": {"pong": 3}}
    writer.close()


async def test_only_its_owner_may_connect(bell):
    assert stat.S_IMODE(bell.address.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "nonsense",
    [b"\xff\xfe\x00\n", b"[]\n", b"{\n", b'"ask"\n', b'{"ask":null}\n', b'{"id":{"a":[]},"ask":["ping"]}\n',
     b'{"id":1,"ask":"ping"}\n', b"[" * 100_000 + b"\n", b"1" * 5000 + b"\n"],
)
async def test_nonsense_is_answered_with_an_error_and_harms_nobody(bell, nonsense):
    reader, writer = await connect(bell)
    writer.write(nonsense)
    while True:
        answer = await line(reader)
        if "progress" not in answer:
            break
    assert "error" in answer
    writer.write(b'{"id":2,"ask":"ping","value":1}\n')
    assert (await line(reader))["id"] == 2
    writer.close()


async def test_a_line_without_an_end_cuts_its_sender_off_and_nobody_else(bell):
    good_reader, good_writer = await connect(bell)
    reader, writer = await connect(bell)

    async def endless():
        for _ in range(64):
            writer.write(b"x" * (wire.LINE_LIMIT // 4))
            await writer.drain()
        await reader.readexactly(1)

    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(endless(), 10)
    good_writer.write(b'{"id":1,"ask":"ping","value":1}\n')
    assert (await line(good_reader))["id"] == 1
    good_writer.close()


async def test_a_client_that_never_reads_holds_up_nobody_and_learns_that_it_missed_something(bell):
    slow_reader, slow_writer = await connect(bell)
    reader, writer = await connect(bell)
    writer.write(b'{"id":1,"ask":"ping","value":1}\n')
    await line(reader)
    await line(reader)
    while bell.clients < 2:  # noqa: ASYNC110 - accepted by the loop's next turns
        await asyncio.sleep(0)
    event = {"event": "changed", "cases": list(range(2000))}
    heard = 0
    for number in range(EVENTS_KEPT + 200):
        bell.broadcast({**event, "number": number})
        heard += (await line(reader))["number"] == number
    assert heard == EVENTS_KEPT + 200
    numbers = []
    while True:
        message = await line(slow_reader)
        if message["event"] == "missed":
            break
        numbers.append(message["number"])
    assert numbers == sorted(numbers)
    assert len(numbers) < EVENTS_KEPT + 200
    slow_writer.close()
    writer.close()


async def test_a_question_that_takes_long_does_not_hold_up_the_next(bell):
    reader, writer = await connect(bell)
    writer.write(b'{"id":1,"ask":"wait"}\n{"id":2,"ask":"ping","value":1}\n')
    assert (await line(reader))["id"] == 2
    writer.close()


async def test_a_socket_left_behind_is_replaced_and_ours_goes_with_us(tmp_path):
    path = tmp_path / "engine.sock"
    first = Doorbell(path, path, answer)
    await first.open()
    second = Doorbell(path, path, answer)
    await second.open()
    await first.close()
    assert path.exists(), "the newer engine's socket stays"
    await second.close()
    assert not path.exists()


async def test_where_the_path_is_too_long_clients_find_the_socket_by_a_link(tmp_path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    real = tmp_path / "agent-tui-run" / "abc.sock"
    bell = Doorbell(real, workspace / wire.NAME, answer)
    await bell.open()
    assert wire.find(workspace, tmp_path / "elsewhere") == real
    assert stat.S_IMODE(real.parent.stat().st_mode) == 0o700
    await bell.close()
    assert wire.find(workspace, tmp_path / "elsewhere") == tmp_path / "elsewhere"


async def test_a_runtime_directory_that_others_can_write_is_refused(tmp_path):
    folder = tmp_path / "agent-tui-run"
    folder.mkdir()
    folder.chmod(0o777)
    bell = Doorbell(folder / "abc.sock", tmp_path / wire.NAME, answer)
    with pytest.raises(PermissionError):
        await bell.open()
