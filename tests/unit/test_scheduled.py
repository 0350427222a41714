"""A reply that is to leave later, and what is done to its case meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.operations import Entry, OperationState
from agent_tui.store import apply as applying
from agent_tui.store import case_facts, delivery, sources
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

UNDO = 15_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(workspace(tmp_path), now=clock, offline=True)
    sources.note_state(made.store, "mail", operations=frozenset({"state", "reply", "read", "delete"}))
    applying.apply(made.store, "mail", batch(mail("a@x", at=NOW - HOUR)))
    return made


def case_of(desk: Desk) -> int:
    return desk.window("all").row(0).id


def scheduled(desk: Desk, text: str = "It left yesterday, Rina.", hours: int = 3) -> Entry:
    draft = desk.save_draft(replace(desk.draft(case_of(desk)), text=text))
    return desk.send(draft, at=desk.now() + hours * HOUR)


def why(desk: Desk, entry: Entry) -> str:
    """What the engine would say at its time."""
    found = desk.entry(entry.id)
    assert found is not None
    return case_facts.newer_than_seen(desk.store, found)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda desk: desk.done((case_of(desk),)), "you closed the case"),
        (lambda desk: desk.spam((case_of(desk),)), "you filed the case as spam"),
        (lambda desk: desk.delete((case_of(desk),)), "you deleted the case"),
    ],
)
def test_what_is_done_with_its_case_is_told_here_and_holds_it_back_at_its_time(desk: Desk, act, words: str) -> None:
    entry = scheduled(desk)
    assert (desk.overtaken((case_of(desk),)), why(desk, entry)) == ((), "")
    act(desk)
    ((found, said),) = desk.overtaken((entry.case,))
    assert (found.id, said) == (entry.id, f"{words} after this reply was scheduled")
    assert why(desk, entry) == said


def test_a_close_that_was_taken_back_and_a_snooze_are_no_reason(desk: Desk) -> None:
    entry = scheduled(desk)
    desk.done((case_of(desk),))
    desk.undo()
    assert desk.overtaken((entry.case,)) == ()
    desk.snooze((case_of(desk),), desk.now() + HOUR)
    assert (desk.overtaken((entry.case,)), why(desk, entry)) == ((), "")


def test_what_is_written_meanwhile_leaves_at_once_and_the_one_for_later_is_asked_about(desk: Desk, clock: Clock) -> None:
    entry = scheduled(desk)
    second = desk.send(desk.save_draft(replace(desk.draft(case_of(desk), fresh=True), text="A word more, Rina.")))
    assert [one.id for one, _ in desk.overtaken((entry.case,))] == [entry.id]
    clock.tick(UNDO)
    assert [one.id for one in delivery.due(desk.store, clock())] == [second.id]
    delivery.acknowledge(desk.store, delivery.begin(desk.store, second))
    assert "you wrote again" in why(desk, entry)
    clock.tick(4 * HOUR)
    assert [one.id for one in delivery.due(desk.store, clock())] == [entry.id]


def test_one_in_conflict_does_not_hold_up_what_was_written_after_it(desk: Desk, clock: Clock) -> None:
    entry = scheduled(desk)
    clock.tick(4 * HOUR)
    delivery.conflict(desk.store, entry, "you wrote again")
    second = desk.send(desk.save_draft(replace(desk.draft(case_of(desk), fresh=True), text="A word more, Rina.")))
    clock.tick(UNDO)
    assert [one.id for one in delivery.due(desk.store, clock())] == [second.id]


def test_two_for_later_leave_one_after_the_other(desk: Desk, clock: Clock) -> None:
    first = scheduled(desk)
    draft = desk.save_draft(replace(desk.draft(case_of(desk), fresh=True), text="A word more, Rina."))
    second = desk.send(draft, at=desk.now() + 3 * HOUR)
    clock.tick(4 * HOUR)
    assert [one.id for one in delivery.due(desk.store, clock())] == [first.id]
    delivery.acknowledge(desk.store, delivery.begin(desk.store, first))
    assert [one.id for one in delivery.due(desk.store, clock())] == [second.id]
    assert (why(desk, second), desk.overtaken((first.case,))) == ("", ())


def test_what_goes_out_all_the_same_is_asked_about_again_only_after_another_move(desk: Desk) -> None:
    entry = scheduled(desk)
    desk.done((case_of(desk),))
    desk.let_go(entry)
    assert (desk.overtaken((entry.case,)), why(desk, entry)) == ((), "")
    desk.reopen((case_of(desk),))
    desk.done((case_of(desk),))
    assert "you closed the case" in why(desk, entry)


def test_one_that_was_held_back_goes_when_its_author_says_so(desk: Desk, clock: Clock) -> None:
    entry = scheduled(desk)
    desk.done((case_of(desk),))
    clock.tick(4 * HOUR)
    delivery.conflict(desk.store, entry, why(desk, entry))
    assert desk.retry(entry.id).state is OperationState.QUEUED
    assert why(desk, entry) == ""
    assert entry.id in [one.id for one in delivery.due(desk.store, clock())]


def test_a_reply_within_its_undo_window_is_not_for_later(desk: Desk, clock: Clock) -> None:
    entry = desk.send(desk.save_draft(replace(desk.draft(case_of(desk)), text="It left yesterday, Rina.")))
    desk.done((case_of(desk),))
    assert (desk.overtaken((entry.case,)), why(desk, entry)) == ((), "")
    clock.tick(UNDO)
    assert [one.id for one in delivery.due(desk.store, clock()) if one.kind == "reply"] == [entry.id]


def test_the_outbox_says_when_it_leaves_and_not_how_long_it_is_held(desk: Desk) -> None:
    from types import SimpleNamespace

    from agent_tui.commands import outbox

    entry = scheduled(desk)
    assert entry.state is OperationState.HELD
    assert "(leaves at 2025-10-09T11:53:20.000Z)" in outbox.line(SimpleNamespace(desk=desk), entry)
