"""Triage is folded at once, delivered later, and undone as one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Address, CaseState, Marks, Priority
from agent_tui.domain.operations import Assign, OperationState
from agent_tui.store import apply as applying
from agent_tui.store import delivery, fold, operations, sources, threads
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

CARRIED = frozenset({"state", "tag", "read", "reply", "assign", "priority", "star"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(workspace(tmp_path), now=clock, offline=True)
    sources.note_state(made.store, "mail", operations=CARRIED)
    applying.apply(
        made.store, "mail",
        batch(mail("a@x", subject="first", at=NOW - 5 * HOUR), mail("b@x", subject="second", at=NOW - 4 * HOUR)),
    )  # fmt: skip
    return made


def listed(desk: Desk, view: str = "inbox") -> list[str]:
    window = desk.window(view)
    return [window.row(place).subject for place in range(len(window))]


def first(desk: Desk) -> int:
    return desk.window("inbox").row(0).id


def snapshot(desk: Desk) -> list[tuple[object, ...]]:
    columns = "id, state, assignee, tags, priority, unread, messages, waiting_since, due_at, snoozed_until, bucket, sort1, sort2"
    stored = desk.store.cache.execute(f"SELECT {columns} FROM cases WHERE bucket < 9 ORDER BY id").fetchall()
    placed = desk.store.cache.execute("SELECT id, case_id FROM messages ORDER BY id").fetchall()
    return [*stored, *placed]


def test_the_case_whose_promise_breaks_first_comes_first(desk: Desk) -> None:
    assert listed(desk) == ["first", "second"]
    desk.set_priority([desk.window().row(1).id], Priority.HIGH)
    assert listed(desk) == ["first", "second"], "priority never outranks a promise"
    desk.set_priority([desk.window().row(1).id], Priority.URGENT)
    assert listed(desk) == ["second", "first"], "but urgent does"


def test_a_key_changes_the_list_before_any_server_knows(desk: Desk) -> None:
    done = desk.done([first(desk)])
    assert done.words == "Closed 1 case"
    assert listed(desk) == ["second"]
    assert listed(desk, "closed") == ["first"]
    assert [e.state for e in desk.outbox()] == [OperationState.QUEUED]


@pytest.mark.parametrize(
    "verb",
    [
        lambda d, c: d.done([c]),
        lambda d, c: d.spam([c]),
        lambda d, c: d.snooze([c], NOW + HOUR),
        lambda d, c: d.take([c]),
        lambda d, c: d.tag([c], add=["refund", "vip"]),
        lambda d, c: d.set_priority([c], Priority.LOW),
        lambda d, c: d.mark_read([c], True),
        lambda d, c: d.star([c], True),
        lambda d, c: d.merge([c], d.window().row(1).id),
        lambda d, c: d.set_customer(c, Address("Real", "real@customer.example")),
    ],
)
def test_undo_gives_back_what_was_and_redo_does_it_again(desk: Desk, verb) -> None:
    before = snapshot(desk)
    verb(desk, first(desk))
    after = snapshot(desk)
    assert desk.undo() is not None
    assert snapshot(desk) == before
    if desk.redo() is not None:
        assert snapshot(desk) == after
        assert desk.undo() is not None
        assert snapshot(desk) == before
    assert desk.undo() is None


def test_undo_of_what_has_reached_the_server_is_one_more_operation(desk: Desk) -> None:
    case = first(desk)
    desk.done([case])
    (entry,) = desk.outbox()
    delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))
    assert listed(desk, "closed") == ["first"]
    desk.undo()
    assert listed(desk) == ["first", "second"]
    (back,) = desk.outbox()
    assert back.kind == "state"


def test_bulk_is_one_group(desk: Desk) -> None:
    ids = [desk.window().row(place).id for place in range(2)]
    assert desk.done(ids).words == "Closed 2 cases"
    assert listed(desk) == []
    desk.undo()
    assert len(listed(desk)) == 2


def test_what_the_source_cannot_hold_is_done_here_and_says_so(desk: Desk) -> None:
    case = first(desk)
    desk.snooze([case], NOW + HOUR)
    assert desk.outbox() == ()
    assert desk.case(case).local == {"snoozed_until"}
    assert listed(desk, "snoozed") == ["first"]


def test_what_is_held_is_told_of_its_own_case(desk: Desk) -> None:
    one, other = (desk.window().row(place).id for place in range(2))
    entry = desk.send(desk.save_draft(replace(desk.draft(one), text="It left yesterday.")))
    desk.done([other])
    assert desk.held(one) == {entry.id: entry.held_until}
    assert entry.held_until > NOW
    assert desk.held(other) == {}
    desk.cancel(entry.id)
    assert desk.held(one) == {}


def test_of_many_local_decisions_only_the_last_of_each_case_counts(desk: Desk) -> None:
    sources.note_state(desk.store, "mail", operations=frozenset())
    ids = [desk.window().row(place).id for place in range(2)]
    desk.take(ids)
    desk.assign(ids, "ben")
    live = operations.select(desk.store, "live = 1 ORDER BY id")
    assert [(entry.case, entry.operation) for entry in live] == [(one, Assign(assignee="ben")) for one in ids]
    assert {desk.case(one).assignee for one in ids} == {"ben"}


def test_undo_of_many_takes_back_what_waits_and_reverses_what_has_left(desk: Desk) -> None:
    before = snapshot(desk)
    ids = [desk.window().row(place).id for place in range(2)]
    desk.done(ids)
    gone = operations.select(desk.store, "live = 1 ORDER BY id LIMIT 1")[0]
    delivery.acknowledge(desk.store, delivery.begin(desk.store, gone))
    desk.undo()
    assert [entry.case for entry in operations.select(desk.store, "state = 'queued'")] == [gone.case]
    assert [row[:11] for row in snapshot(desk)] == [row[:11] for row in before]


def test_a_snoozed_case_wakes_at_its_time_and_when_the_customer_writes(desk: Desk, clock: Clock) -> None:
    case, other = (desk.window().row(place).id for place in range(2))
    desk.snooze([case, other], NOW + HOUR)
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["b@x"], at=NOW)))
    assert desk.case(other).state is CaseState.NEW
    clock.tick(HOUR)
    assert fold.wake(desk.store, clock()) == (case,)
    assert desk.case(case).state is CaseState.NEW


def test_a_message_that_came_after_the_decision_opens_the_case(desk: Desk) -> None:
    case = first(desk)
    desk.done([case])
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW)))
    assert desk.case(case).state is CaseState.NEW


def test_refusal_returns_to_server_truth(desk: Desk) -> None:
    case = first(desk)
    desk.tag([case], add=["refund"])
    (entry,) = desk.outbox()
    delivery.fail(desk.store, delivery.begin(desk.store, entry), "no such keyword")
    assert desk.case(case).tags == ()


def test_an_acknowledged_action_does_not_flicker_until_its_effect_is_pulled(desk: Desk, clock: Clock) -> None:
    case = first(desk)
    desk.tag([case], add=["refund"])
    (entry,) = desk.outbox()
    delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))
    assert desk.case(case).tags == ("refund",)
    clock.tick(1000)
    message = mail("a@x", subject="first", at=NOW - 5 * HOUR, marks=["tag:refund"])
    applying.apply(desk.store, "mail", batch(message), began=clock())
    assert desk.case(case).tags == ("refund",)
    assert operations.live(desk.store, {case: case}) == {}


def test_merged_cases_are_one_and_come_apart_exactly(desk: Desk) -> None:
    one, two = (desk.window().row(place).id for place in range(2))
    desk.tag([one], add=["kept"])
    desk.merge([one], two)
    assert [m.subject for m in desk.thread(two).messages] == ["first", "second"]
    assert desk.case(one).id == two, "the old id still finds it"
    assert desk.case(two).tags == ("kept",), "what was decided goes with it"
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW)))
    assert desk.case(two).messages == 3
    desk.undo()
    assert desk.case(one).messages == 2
    assert desk.case(two).messages == 1


def test_a_rebuilt_cache_is_merged_and_split_again(tmp_path: Path, desk: Desk, clock: Clock) -> None:
    one, two = (desk.window().row(place).id for place in range(2))
    desk.merge([one], two)
    desk.close()
    desk.workspace.cache_path.unlink()
    again = Desk(desk.workspace, now=clock, offline=True)
    applying.apply(again.store, "mail", batch(mail("a@x", subject="first"), mail("b@x", subject="second")))
    assert threads.resolve(again.store, one) == threads.resolve(again.store, two)
    assert again.case(two).messages == 2


def test_split_messages_are_a_case_and_answers_follow_them(desk: Desk) -> None:
    case = first(desk)
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW - HOUR, subject="other matter")))
    other = desk.thread(case).messages[1]
    desk.split(case, [other.id])
    assert desk.case(case).messages == 1
    assert "other matter" in listed(desk)
    applying.apply(desk.store, "mail", batch(mail("d@x", answers=["c@x", "a@x"], at=NOW)))
    split = next(desk.window().row(p) for p in range(3) if desk.window().row(p).subject == "other matter")
    assert split.messages == 2
    desk.undo()
    assert desk.case(case).messages == 3
    with pytest.raises(UsageError):
        desk.split(case, [])


def test_marking_read_leaves_what_came_later_unread(desk: Desk) -> None:
    case = first(desk)
    newest = desk.thread(case).messages[-1].id
    applying.apply(desk.store, "mail", batch(mail("c@x", answers=["a@x"], at=NOW)))
    desk.mark_read([case], True, newest)
    assert desk.case(case).unread == 1


def test_another_clients_flag_and_ours_meet(desk: Desk) -> None:
    case = first(desk)
    desk.tag([case], add=["ours"])
    applying.apply(desk.store, "mail", batch(mail("a@x", subject="first", at=NOW - 5 * HOUR, marks=["tag:theirs", Marks.SEEN])))
    assert set(desk.case(case).tags) == {"ours", "theirs"}


def test_a_tag_is_one_word(desk: Desk) -> None:
    with pytest.raises(UsageError, match="one word"):
        desk.tag([first(desk)], add=["two words"])


def test_search_can_put_the_best_first(desk: Desk) -> None:
    applying.apply(
        desk.store, "mail",
        batch(
            mail("s1@x", subject="Refund", text="My refund, please. The refund is due.", at=NOW - 9 * HOUR),
            mail("s2@x", subject="Hello", text="A long letter about many things and the weather and a refund " + "more " * 60),
        ),
    )  # fmt: skip
    while search_index(desk):
        pass
    assert [h.message.key for h in desk.search("refund").hits] == ["s2@x", "s1@x"], "newest first"
    assert [h.message.key for h in desk.search("refund", best=True).hits] == ["s1@x", "s2@x"]


def search_index(desk: Desk) -> int:
    from agent_tui.store import indexing

    return indexing.index(desk.store)


def test_undone_things_are_done_again_in_their_order_and_can_be_undone_again(desk: Desk) -> None:
    case = desk.window("inbox").row(0)
    desk.tag((case.id,), add=("one",))
    desk.tag((case.id,), add=("two",))
    for _ in range(2):
        desk.undo()
        desk.undo()
        assert desk.case(case.id).tags == ()
        desk.redo()
        assert desk.case(case.id).tags == ("one",)
        desk.redo()
        assert desk.case(case.id).tags == ("one", "two")
    assert desk.redo() is None


def test_something_new_ends_what_could_be_redone_and_reading_does_not(desk: Desk) -> None:
    case = desk.window("inbox").row(0)
    desk.tag((case.id,), add=("one",))
    desk.undo()
    desk.mark_read((case.id,), True, quiet=True)
    desk.redo()
    assert desk.case(case.id).tags == ("one",), "opening a case is nothing new"
    desk.undo()
    desk.star((case.id,), True)
    assert desk.redo() is None
    desk.undo()
    desk.redo()
    assert desk.case(case.id).flagged
    assert desk.case(case.id).tags == (), "what was undone before stays so"
