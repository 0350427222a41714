"""A message that the server keeps back for a moderator: in review until it appears, or until it is refused."""

from __future__ import annotations

import pytest

from agent_tui.domain.model import Answer, CaseState
from agent_tui.domain.operations import AcceptAnswer, OperationState, Reply, SetState, dump, load
from agent_tui.sources.base import FindAnswer, Found, Receipt
from agent_tui.store import cases, delivery
from tests.engine_bench import MINUTE, Bench


class Moderated:
    """A forum that keeps replies back; a moderator may let them through."""

    def __init__(self, source, desk: dict) -> None:
        self._source, self._desk = source, desk

    def __getattr__(self, name):
        return getattr(self._source, name)

    async def push(self, operation, case, reference):
        if isinstance(operation, Reply):
            self._desk["pushed"] += 1
            if self._desk["answer"] is Found.IN_REVIEW:
                self._desk["kept"] = (operation, case, reference)
                return Receipt(in_review=True)
        return await self._source.push(operation, case, reference)

    async def find(self, operation, case, reference):
        self._desk["asked"] += 1
        return FindAnswer(self._desk["answer"])


@pytest.fixture
def desk():
    return {"pushed": 0, "asked": 0, "answer": Found.IN_REVIEW}


@pytest.fixture
async def bench(tmp_path, desk):
    bench = Bench(tmp_path / "w", "forum")
    bench.customer(service="forum")
    yield bench
    await bench.stop()
    bench.close()


def wrap(desk):
    return {"wrap": lambda _name, source: Moderated(source, desk)}


async def kept_back(bench, desk):
    await bench.sync(**wrap(desk))
    entry = bench.reply(bench.case("forum"), "A public answer.", source="forum")
    await bench.sync(**wrap(desk))
    assert bench.state(entry) is OperationState.IN_REVIEW
    return entry


async def test_it_stays_in_review_as_long_as_the_server_says_so_and_is_not_sent_again(bench, desk):
    entry = await kept_back(bench, desk)
    for _ in range(3):
        bench.time.pass_by(MINUTE)
        await bench.sync(**wrap(desk))
    assert bench.state(entry) is OperationState.IN_REVIEW
    assert (desk["pushed"], bench.copies(entry)) == (1, 0)


async def test_it_is_sent_when_it_appears(bench, desk):
    entry = await kept_back(bench, desk)
    desk["answer"] = Found.FOUND
    await bench.sync(**wrap(desk))
    assert bench.state(entry) is OperationState.SENT
    assert desk["pushed"] == 1


@pytest.mark.parametrize("local", [False, True], ids=["the forum closes", "closed here only"])
async def test_what_is_staged_behind_it_waits_until_it_is_really_sent(bench, desk, local):
    await bench.sync(**wrap(desk))
    case = bench.case("forum")
    entry = bench.reply(case, "A public answer.", source="forum")
    staged = bench.queue(case, SetState(state=CaseState.CLOSED, seen=1 << 60), source="forum", after=entry.id, local=local)
    await bench.sync(**wrap(desk))
    assert (bench.state(entry), bench.state(staged)) == (OperationState.IN_REVIEW, OperationState.QUEUED)
    assert delivery.next_due(bench.store) is None
    desk["answer"] = Found.FOUND
    await bench.sync(**wrap(desk))
    await bench.sync(**wrap(desk))
    assert (bench.state(entry), bench.state(staged)) == (OperationState.SENT, OperationState.DONE)


async def test_what_is_staged_behind_a_refused_one_does_not_happen(bench, desk):
    await bench.sync(**wrap(desk))
    case = bench.case("forum")
    entry = bench.reply(case, "A public answer.", source="forum")
    staged = bench.queue(case, SetState(state=CaseState.CLOSED, seen=1 << 60), source="forum", after=entry.id)
    await bench.sync(**wrap(desk))
    desk["answer"] = Found.ABSENT
    await bench.sync(**wrap(desk))
    await bench.sync(**wrap(desk))
    assert (bench.state(entry), bench.state(staged)) == (OperationState.FAILED, OperationState.QUEUED)
    shown = cases.get(bench.store, case)
    assert shown.state is not CaseState.CLOSED
    assert "not sent" in shown.notice


async def test_what_a_moderator_refused_comes_back_as_a_draft(bench, desk):
    entry = await kept_back(bench, desk)
    desk["answer"] = Found.ABSENT
    await bench.sync(**wrap(desk))
    assert bench.state(entry) is OperationState.FAILED
    assert "moderator" in bench.entry(entry).error
    assert "A public answer." in bench.drafts()
    assert desk["pushed"] == 1


async def test_a_server_that_cannot_tell_now_changes_nothing(bench, desk):
    entry = await kept_back(bench, desk)
    desk["answer"] = Found.CANNOT_TELL
    await bench.sync(**wrap(desk))
    assert bench.state(entry) is OperationState.IN_REVIEW


async def test_a_lost_answer_is_found_to_be_in_review(bench, desk):
    await bench.sync(**wrap(desk))
    entry = bench.reply(bench.case("forum"), "A public answer.", source="forum")
    await bench.sync(killed_at="pushed", **wrap(desk))
    assert bench.state(entry) is OperationState.SENDING
    bench.time.pass_by(MINUTE)
    await bench.sync(**wrap(desk))
    assert bench.state(entry) is OperationState.IN_REVIEW
    assert desk["pushed"] == 1


async def test_an_accepted_answer_is_seen_at_once_and_taken_back(bench, desk):
    await bench.sync(**wrap(desk))
    case = bench.case("forum")
    accept = AcceptAnswer(place=("help", "1"), accepted=True)
    assert load(accept.kind, dump(accept)) == accept
    for accepted, answer in ((True, Answer.SOLVED), (False, Answer.UNVERIFIED)):
        bench.queue(case, AcceptAnswer(place=("help", "1"), accepted=accepted), source="forum", local=True)
        await bench.sync(**wrap(desk))
        assert cases.get(bench.store, case).answer is answer
