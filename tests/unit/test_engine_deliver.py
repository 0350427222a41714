import itertools

import pytest

from agent_tui.domain.model import CaseState
from agent_tui.domain.operations import Merge, OperationState, SetState, Snooze, Tag
from agent_tui.sources.base import Receipt
from agent_tui.store import cases, threads
from tests.engine_bench import MINUTE, Bench

SENT, QUEUED, CONFLICT = OperationState.SENT, OperationState.QUEUED, OperationState.CONFLICT
UNKNOWN, FAILED, SENDING, HELD, DONE = (
    OperationState.UNKNOWN, OperationState.FAILED, OperationState.SENDING, OperationState.HELD, OperationState.DONE,
)


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path / "w", "mail", "chat", "forum")
    bench.customer()
    await bench.sync()
    yield bench
    await bench.stop()
    bench.close()


async def test_a_round_brings_what_is_new_and_takes_what_is_queued(bench):
    entry = bench.reply(bench.case())
    results = await bench.sync()
    assert results["mail"].ok
    assert results["mail"].delivered == 1
    assert bench.state(entry) is SENT
    assert bench.copies(entry) == 1
    assert bench.texts(bench.case()) == ["Where is my parcel?", "It is on its way."]


@pytest.mark.parametrize("step", ["pulled", "applied", "begun", "pushed", "acknowledged"])
@pytest.mark.parametrize("source", ["mail", "chat", "forum"])
async def test_an_engine_that_dies_at_any_step_sends_once_all_the_same(bench, step, source):
    if source != "mail":
        bench.customer(service=source)
        await bench.sync()
    entry = bench.reply(bench.case(source), source=source)
    await bench.sync(killed_at=step)
    assert bench.copies(entry) <= 1
    bench.time.pass_by(MINUTE)
    await bench.sync()
    assert bench.state(entry) is SENT
    assert bench.copies(entry) == 1


async def test_what_was_being_sent_is_never_sent_again_when_nobody_can_tell(bench):
    bench.server.stop_filing()
    entry = bench.reply(bench.case())
    await bench.sync(killed_at="pushed")
    assert bench.state(entry) is SENDING
    bench.server.erase(next(one for one in bench.server.messages("mailbox") if one.direction == "out"))
    bench.time.pass_by(MINUTE)
    for _ in range(3):
        await bench.sync()
    assert bench.state(entry) is UNKNOWN
    assert "files no copy" in bench.entry(entry).error
    assert bench.server.attempts(entry.reference) == 1


async def test_a_copy_that_turns_up_settles_what_nobody_could_tell(bench):
    bench.server.stop_filing()
    entry = bench.reply(bench.case())
    await bench.sync(killed_at="pushed")
    await bench.sync()
    assert bench.state(entry) is SENT
    assert bench.server.attempts(entry.reference) == 1


async def test_a_cut_connection_is_asked_about_and_not_believed_at_once(bench):
    bench.server.cut_before_commit()
    entry = bench.reply(bench.case())
    bench.start()
    await bench.until(lambda: bench.state(entry) is UNKNOWN)
    await bench.quiet()
    assert bench.state(entry) is UNKNOWN, "the server may still be at it"
    assert bench.copies(entry) == 0
    bench.time.pass_by(6_000)
    await bench.until(lambda: bench.state(entry) is SENT)
    assert bench.copies(entry) == 1


async def test_a_server_that_breaks_off_every_time_is_tried_ever_more_seldom(bench):
    theirs = bench.case()
    bench.customer("And mine?")
    await bench.sync()
    (mine,) = {number for (number,) in bench.store.cache.execute("SELECT case_id FROM messages")} - {theirs}
    bench.server.fail_next("reply", "OutcomeUnknown", words="500 internal error", times=7)
    entry = bench.reply(theirs)
    bench.start()
    waits: list[int] = []
    began = bench.time.at
    while len(waits) < 6:
        assert bench.time.at < began + 20 * MINUTE
        await bench.quiet()
        now = bench.entry(entry)
        if now.state is QUEUED and now.not_before > bench.time.at and now.not_before not in waits:
            waits.append(now.not_before)
            assert now.error == f"500 internal error (the server does not have it after {now.attempts} attempts)"
            assert bench.copies(entry) == 0
        bench.time.pass_by(1_000)
    apart = [later - sooner for sooner, later in itertools.pairwise(waits)]
    assert apart == sorted(apart)
    assert apart[-1] >= MINUTE
    other = bench.reply(mine)
    bench.engine._schedule.ring()
    await bench.until(lambda: bench.state(other) is SENT)
    assert bench.state(entry) is QUEUED, "what waits holds up its own case only"


async def test_actions_that_break_off_every_time_do_not_spin(bench):
    bench.server.fail_next("state", "OutcomeUnknown", words="500 internal error", times=9)
    closed = bench.queue(bench.case(), SetState(state=CaseState.CLOSED))
    bench.start()
    await bench.until(lambda: "after 2 attempts" in bench.entry(closed).error)
    await bench.quiet()
    assert bench.entry(closed).attempts == 2
    other = bench.reply(bench.case())
    bench.engine._schedule.ring()
    await bench.until(lambda: bench.state(other) is SENT)
    assert bench.state(closed) is QUEUED


async def test_a_lost_answer_is_found_at_the_server(bench):
    bench.server.cut_after_commit()
    entry = bench.reply(bench.case())
    await bench.sync()
    assert bench.state(entry) is SENT
    assert bench.copies(entry) == 1


async def test_a_customer_who_wrote_meanwhile_stops_the_reply(bench):
    entry = bench.reply(bench.case())
    conversation = bench.server.messages("mailbox")[0].conversation
    bench.customer("Never mind, it has come!", conversation=conversation)
    await bench.sync()
    assert bench.state(entry) is CONFLICT
    assert "wrote again" in bench.entry(entry).error
    assert bench.copies(entry) == 0


async def test_a_colleague_who_answered_stops_the_reply(bench):
    entry = bench.reply(bench.case())
    conversation = bench.server.messages("mailbox")[0].conversation
    bench.time.pass_by(1_000)
    bench.server.colleague_answers("mailbox", conversation, "It will come tomorrow.")
    await bench.sync()
    assert bench.state(entry) is CONFLICT
    assert bench.copies(entry) == 0


async def test_in_a_live_chat_both_may_write_at_once(bench):
    conversation = bench.customer(service="chat")
    bench.start()
    await bench.quiet()
    case = bench.case("chat")
    bench.time.pass_by(1_000)
    entry = bench.reply(case, source="chat")
    bench.customer("Hello??", service="chat", conversation=conversation)
    bench.engine._schedule.ring()
    await bench.until(lambda: bench.state(entry) is SENT)


async def test_what_was_to_be_sent_later_is_asked_about_where_the_customer_has_written_again_also_in_a_chat(bench):
    conversation = bench.customer(service="chat")
    bench.start()
    await bench.quiet()
    entry = bench.reply(bench.case("chat"), source="chat", not_before=bench.time.at + 60 * MINUTE)
    bench.customer("Solved, thank you", service="chat", conversation=conversation)
    bench.engine._schedule.ring()
    bench.time.pass_by(59 * MINUTE)
    await bench.quiet()
    assert bench.copies(entry) == 0, "never early"
    bench.time.pass_by(2 * MINUTE)
    bench.engine._schedule.ring()
    await bench.until(lambda: bench.state(entry) is CONFLICT)
    assert bench.copies(entry) == 0


async def test_what_was_to_be_sent_later_goes_at_its_time_where_nothing_has_happened(bench):
    bench.customer(service="chat")
    bench.start()
    await bench.quiet()
    entry = bench.reply(bench.case("chat"), source="chat", not_before=bench.time.at + 60 * MINUTE)
    bench.time.pass_by(61 * MINUTE)
    bench.engine._schedule.ring()
    await bench.until(lambda: bench.state(entry) is SENT)


async def test_a_refusal_gives_the_text_back_with_the_servers_words(bench):
    bench.server.fail_next("reply", "Refused", words="550 no such user")
    entry = bench.reply(bench.case(), "My careful answer")
    results = await bench.sync()
    assert bench.state(entry) is FAILED
    assert results["mail"].failed == 1
    assert "550 no such user" in bench.entry(entry).error
    assert bench.drafts() == ["My careful answer"]


async def test_what_waits_for_a_reply_runs_after_it_and_only_then(bench):
    case = bench.case()
    bench.server.fail_next("reply", "Refused", words="550 no")
    first = bench.reply(case)
    staged = bench.queue(case, SetState(state=CaseState.CLOSED), after=first.id)
    await bench.sync()
    assert bench.state(staged) in (QUEUED, OperationState.CANCELLED)
    assert bench.server.messages("mailbox")[0].marks.isdisjoint({"closed"})
    second = bench.reply(case)
    staged = bench.queue(case, SetState(state=CaseState.CLOSED), after=second.id)
    await bench.sync()
    assert (bench.state(second), bench.state(staged)) == (SENT, DONE)
    assert "closed" in bench.server.messages("mailbox")[0].marks


async def test_what_a_source_cannot_hold_stays_here_and_is_done(bench):
    entry = bench.queue(bench.case(), Snooze(until=bench.time.at + MINUTE))
    await bench.sync()
    assert bench.state(entry) is DONE
    assert bench.entry(entry).local


async def test_a_server_that_is_away_costs_nothing_but_time(bench):
    bench.server.go_offline()
    entry = bench.reply(bench.case())
    results = await bench.sync()
    assert not results["mail"].ok
    assert results["mail"].error
    assert bench.state(entry) is QUEUED
    bench.server.come_back()
    await bench.sync()
    assert bench.state(entry) is SENT
    assert bench.copies(entry) == 1


async def test_one_dead_source_holds_up_no_other(bench):
    bench.customer(service="forum")
    await bench.sync()
    bench.server.go_offline("mailbox")
    stuck, free = bench.reply(bench.case()), bench.reply(bench.case("forum"), source="forum")
    results = await bench.sync()
    assert (results["mail"].ok, results["forum"].ok) == (False, True)
    assert (bench.state(stuck), bench.state(free)) == (QUEUED, SENT)


async def test_one_stuck_case_holds_up_no_other_and_is_tried_again(bench):
    first = bench.case()
    bench.customer("Another question", conversation="")
    await bench.sync()
    second = next(case for (case,) in bench.store.cache.execute("SELECT DISTINCT case_id FROM messages") if case != first)
    bench.server.fail_next("reply", "TryLater", words="450 greylisted")
    stuck, behind = bench.reply(first), bench.reply(first, "And another thing")
    free = bench.reply(second)
    bench.start()
    await bench.until(lambda: bench.state(free) is SENT)
    await bench.quiet()
    assert (bench.state(stuck), bench.state(behind)) == (QUEUED, QUEUED)
    assert "greylisted" in bench.entry(stuck).error
    bench.time.pass_by(3_000)
    await bench.until(lambda: bench.state(behind) is SENT)
    ours = [one.text for one in bench.server.messages("mailbox") if one.direction == "out" and one.marker != free.operation.marker]
    assert ours == ["It is on its way.", "And another thing"]


async def test_the_undo_window_passes_before_anything_leaves(bench):
    entry = bench.reply(bench.case(), hold=15_000)
    bench.start()
    await bench.quiet()
    bench.time.pass_by(14_000)
    await bench.quiet()
    assert bench.state(entry) is HELD
    bench.time.pass_by(1_500)
    await bench.until(lambda: bench.state(entry) is SENT)


async def test_a_reply_for_later_waits_for_its_time(bench):
    entry = bench.reply(bench.case(), not_before=bench.time.at + 60 * MINUTE)
    bench.start()
    await bench.quiet()
    bench.time.pass_by(59 * MINUTE)
    await bench.quiet()
    assert bench.copies(entry) == 0
    bench.time.pass_by(2 * MINUTE)
    await bench.until(lambda: bench.state(entry) is SENT)


async def test_after_suspend_everything_is_looked_at_before_anything_held_goes_out(bench):
    conversation = bench.customer(service="chat")
    bench.start()
    await bench.quiet()
    chat, mail = bench.case("chat"), bench.case()
    held = [bench.reply(chat, source="chat", hold=20_000), bench.reply(mail, hold=20_000)]
    bench.engine._schedule.ring()
    await bench.quiet()
    bench.server.customer_writes("chat", conversation, "Solved, thank you", at=bench.time.at + 60 * MINUTE)
    bench.server.customer_writes(
        "mailbox", bench.server.messages("mailbox")[0].conversation, "Solved", at=bench.time.at + 60 * MINUTE
    )
    bench.time.sleep(120 * MINUTE)
    bench.engine._schedule.ring()
    await bench.until(lambda: all(bench.state(one) is CONFLICT for one in held))
    assert [bench.copies(one) for one in held] == [0, 0]


async def test_taken_back_in_the_last_moment_is_not_sent(bench):
    from agent_tui.store import delivery

    entry = bench.reply(bench.case())

    def take_back(step):
        if step == "applied":
            delivery.cancel(bench.store, bench.entry(entry))

    bench.start(probe=take_back)
    bench.customer("More", service="mailbox")
    await bench.until(lambda: bench.state(entry) is OperationState.CANCELLED)
    await bench.quiet()
    assert bench.copies(entry) == 0


async def test_triage_of_many_cases_is_delivered(bench):
    case = bench.case()
    entries = [bench.queue(case, Tag(add=(f"t{number}",))) for number in range(5)]
    results = await bench.sync()
    assert results["mail"].delivered == 5
    assert all(bench.state(one) is DONE for one in entries)
    assert {f"tag:t{number}" for number in range(5)} <= bench.server.messages("mailbox")[0].marks


async def test_a_refused_login_when_sending_stops_sending_and_not_reading(bench):
    bench.server.fail_next("reply", "AuthenticationError", words="535 wrong password")
    entry = bench.reply(bench.case())
    bench.start()
    await bench.until(lambda: "535" in bench.entry(entry).error)
    await bench.quiet()
    assert bench.state(entry) is QUEUED
    assert bench.engine._lines["mail"].status.state == "idle"
    assert "login refused" in bench.engine._lines["mail"].status.error
    bench.customer("Second question")
    bench.notices["mail"].set()
    await bench.until(lambda: bench.store.cache.execute("SELECT count(*) FROM messages").fetchone()[0] == 2)
    assert bench.state(entry) is QUEUED
    bench.engine._lines["mail"].round()
    await bench.until(lambda: bench.state(entry) in (SENT, CONFLICT))


async def test_sync_now_tries_again_what_a_server_put_off_and_leaves_what_is_for_later(bench):
    case = bench.case()
    bench.server.fail_next("reply", "TryLater", words="450 greylisted")
    put_off = bench.reply(case)
    await bench.sync()
    assert bench.state(put_off) is QUEUED
    results = await bench.sync()
    assert bench.state(put_off) is SENT
    assert results["mail"].waiting == 0
    scheduled = bench.reply(case, not_before=bench.time.at + MINUTE)
    results = await bench.sync()
    assert bench.copies(scheduled) == 0
    assert results["mail"].waiting == 1


class Deaf:
    """A server that says yes and does nothing, and has nothing new."""

    def __init__(self, source) -> None:
        self._source = source

    def __getattr__(self, name):
        return getattr(self._source, name)

    async def push(self, operation, case, reference):
        return Receipt()

    async def pull(self, cursor, budget):
        for nothing in ():
            yield nothing


async def test_what_the_server_acknowledged_and_never_did_is_as_the_server_says_after_the_next_round(bench):
    """Also where that round brings nothing, because nothing else has changed there."""
    case = bench.case()
    bench.queue(case, SetState(state=CaseState.CLOSED, seen=1 << 60))
    await bench.sync(wrap=lambda _name, source: Deaf(source))
    assert cases.get(bench.store, case).state is CaseState.CLOSED
    bench.time.pass_by(60_000)
    await bench.sync(wrap=lambda _name, source: Deaf(source))
    assert cases.get(bench.store, case).state is CaseState.NEW


async def two_chats_as_one(bench):
    """Two conversations of one customer on one server, joined by an agent."""
    talks = [bench.customer(service="chat", text=words) for words in ("My box is dead.", "Me again, still dead.")]
    await bench.sync()
    first, second = (bench.case("chat", one) for one in talks)
    bench.queue(second, Merge(into=first), source="chat", local=True)
    threads.merge(bench.store, second, first)
    return talks, first


@pytest.mark.parametrize("killed_at", ["", "begun", "pushed", "acknowledged"])
async def test_what_is_decided_about_two_chats_that_were_joined_is_told_to_both(bench, killed_at):
    talks, case = await two_chats_as_one(bench)
    entry = bench.queue(case, SetState(state=CaseState.CLOSED), source="chat")
    if killed_at:
        await bench.sync(killed_at=killed_at)
        bench.time.pass_by(MINUTE)
    await bench.sync()
    assert bench.state(entry) is DONE
    assert [bench.server.talk("chat", one).state for one in talks] == ["closed", "closed"]
    assert cases.get(bench.store, case).state is CaseState.CLOSED


async def test_one_of_two_joined_chats_that_the_server_refuses_is_a_warning_and_the_other_is_told(bench):
    talks, case = await two_chats_as_one(bench)
    bench.server.fail_next("state", "Refused", service="chat", words="this chat was removed")
    entry = bench.queue(case, SetState(state=CaseState.CLOSED), source="chat")
    await bench.sync()
    assert bench.state(entry) is DONE
    assert "this chat was removed" in bench.entry(entry).error
    assert sorted(bench.server.talk("chat", one).state for one in talks) == ["closed", "open"]


async def test_one_of_two_joined_conversations_that_has_no_such_thing_does_not_keep_the_other_from_being_told(bench):
    talks, case = await two_chats_as_one(bench)
    bench.server.fail_next("state", "Unsupported", service="chat", words="a report has no state")
    entry = bench.queue(case, SetState(state=CaseState.CLOSED), source="chat")
    await bench.sync()
    assert bench.state(entry) is DONE
    assert sorted(bench.server.talk("chat", one).state for one in talks) == ["closed", "open"]
