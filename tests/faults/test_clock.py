"""A clock that is set back or ahead: nothing waits for a time that the clock will reach in hours, nothing leaves twice."""

from __future__ import annotations

import asyncio

import pytest

from agent_tui.domain.model import CaseState
from agent_tui.domain.operations import OperationState, SetState
from agent_tui.store import cases
from tests.engine_bench import MINUTE, Bench

HOURS = 60 * MINUTE


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path / "w", "mail", "chat")
    bench.customer()
    bench.customer(service="chat")
    asyncio.run(bench.sync())
    yield bench
    bench.close()


@pytest.mark.parametrize("jump", [-3 * HOURS, 3 * HOURS])
@pytest.mark.parametrize("cut", ["cut_after_commit", "cut_before_commit"])
@pytest.mark.parametrize("source", ["mail", "chat"])
def test_a_reply_in_doubt_is_settled_at_once_whatever_the_clock_says(bench, jump, cut, source):
    entry = bench.reply(bench.case(source), source=source)
    getattr(bench.server, cut)()
    asyncio.run(bench.sync(killed_at="pushed"))
    bench.time.sleep(jump)
    for _ in range(2):
        bench.time.pass_by(MINUTE)
        asyncio.run(bench.sync())
    assert bench.state(entry) is OperationState.SENT
    assert bench.copies(entry) == 1


def test_a_held_reply_leaves_after_its_undo_window_and_not_when_the_old_clock_says_so(bench):
    entry = bench.reply(bench.case(), hold=15_000)
    bench.time.sleep(-3 * HOURS)
    asyncio.run(bench.sync())
    assert bench.state(entry) is OperationState.HELD
    bench.time.pass_by(16_000)
    asyncio.run(bench.sync())
    assert bench.state(entry) is OperationState.SENT


async def test_what_was_put_off_is_tried_again_by_an_engine_that_sees_the_clock_set_back(bench):
    bench.server.fail_next("reply", "TryLater")
    entry = bench.reply(bench.case())
    bench.start()
    try:
        await bench.quiet()
        assert bench.state(entry) is OperationState.QUEUED
        bench.time.sleep(-3 * HOURS)
        for _ in range(20):
            bench.time.pass_by(MINUTE)
            await bench.quiet()
        assert bench.state(entry) is OperationState.SENT
    finally:
        await bench.stop()


def test_what_is_to_leave_at_a_time_of_day_keeps_that_time(bench):
    at = bench.time.at + HOURS
    entry = bench.reply(bench.case(), not_before=at)
    bench.time.sleep(-3 * HOURS)
    bench.time.pass_by(MINUTE)
    asyncio.run(bench.sync())
    assert bench.entry(entry).not_before == at


def test_the_server_has_the_last_word_after_the_clock_was_set_back(bench):
    case = bench.case("chat")
    bench.queue(case, SetState(state=CaseState.CLOSED), source="chat")
    asyncio.run(bench.sync())
    bench.time.sleep(-3 * HOURS)
    bench.server.remote_state("chat", bench.server.messages("chat")[0].conversation, "open")
    for _ in range(3):
        bench.time.pass_by(MINUTE)
        asyncio.run(bench.sync())
    assert cases.get(bench.store, case).state is not CaseState.CLOSED
