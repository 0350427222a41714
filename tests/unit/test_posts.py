"""Single messages: the answer to a question, what waits for a moderator, other words for what was said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.commands.triage import moderation_question
from agent_tui.domain.errors import StopError, UsageError
from agent_tui.domain.model import Answer, Author, CaseState, Channel, Marks, RemoteCase, RemoteMessage, Role, Visibility
from agent_tui.domain.operations import EditMessage, Moderate, OperationState, RemoveMessage
from agent_tui.store import apply as applying
from agent_tui.store import delivery, operations, sources
from tests.unit.workspaces import HOUR, NOW, SUPPORT, Clock, batch, mail, workspace

CARRIED = frozenset({"reply", "solution"})
NAMES = {Role.CUSTOMER: "robin", Role.PEER: "lena", Role.AGENT: "support"}


def post(number: int, role: Role, text: str, *marks: str, visibility: Visibility = Visibility.PUBLIC) -> RemoteMessage:
    """A post of topic 7."""
    return mail(
        f"p{number}", ref=str(number), container="t/7", conversation="7", text=text, at=NOW - 5 * HOUR + number * 1000,
        author=Author(NAMES[role].title(), NAMES[role], role), visibility=visibility, marks=marks, ours=role is Role.AGENT,
        thread_ids=(), subject="It does not sync", marker="",
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(workspace(tmp_path, "forum", channel=Channel.COMMUNITY), now=Clock(), offline=True)
    sources.note_state(made.store, "forum", operations=CARRIED)
    posts = (
        post(1, Role.CUSTOMER, "Why does it not sync?"),
        post(2, Role.PEER, "Restart it."),
        post(3, Role.AGENT, "A whisper.", visibility=Visibility.NOTE),
        post(4, Role.PEER, "No: update it."),
    )
    case = RemoteCase(conversation="7", subject="It does not sync", public=True, answer=Answer.UNVERIFIED)
    applying.apply(made.store, "forum", batch(*posts, cases=(case,)))
    return made


def case(desk: Desk) -> int:
    return desk.window("all").row(0).id


def ids(desk: Desk) -> list[int]:
    return [one.id for one in desk.thread(case(desk)).messages]


def marked(desk: Desk) -> list[str]:
    return [one.text for one in desk.thread(case(desk)).messages if one.solution]


def queued(desk: Desk) -> list[tuple[str, bool]]:
    return [(one.operation.place[1], one.operation.accepted) for one in operations.outbox(desk.store)]


def test_the_answer_is_marked_before_any_server_knows_and_unmarked_the_same_way(desk):
    desk.solution(case(desk), ids(desk)[1])
    assert marked(desk) == ["Restart it."]
    assert desk.case(case(desk)).answer is Answer.SOLVED
    assert queued(desk) == [("2", True)]
    assert desk.undo().words == "Undone: Marked the answer: 1 case"
    assert (marked(desk), queued(desk)) == ([], [])
    assert desk.case(case(desk)).answer is Answer.UNVERIFIED


def test_the_same_key_takes_the_mark_off_again(desk):
    desk.solution(case(desk), ids(desk)[1])
    desk.solution(case(desk), ids(desk)[1])
    assert marked(desk) == []
    assert queued(desk) == [("2", True), ("2", False)]


def test_a_better_answer_takes_the_mark_over_and_undo_gives_it_back(desk):
    applying.apply(desk.store, "forum", batch(post(2, Role.PEER, "Restart it.", Marks.SOLUTION)))
    assert marked(desk) == ["Restart it."]
    desk.solution(case(desk), ids(desk)[3])
    assert marked(desk) == ["No: update it."]
    (entry,) = operations.outbox(desk.store)
    delivery.acknowledge(desk.store, entry)
    desk.undo()
    assert marked(desk) == ["Restart it."]
    assert queued(desk) == [("2", True)]


@pytest.mark.parametrize(
    ("place", "why"), [(0, "is the question itself"), (2, "that everybody can read"), (99, "has no such message")]
)
def test_what_cannot_be_the_answer_says_why(desk, place, why):
    number = ids(desk)[place] if place < 4 else 12345
    with pytest.raises(UsageError, match=why):
        desk.solution(case(desk), number)
    assert queued(desk) == []


def test_asking_for_what_is_so_already_changes_nothing(desk):
    with pytest.raises(UsageError, match="is not marked as the answer"):
        desk.solution(case(desk), ids(desk)[1], accepted=False)
    desk.solution(case(desk), ids(desk)[1], accepted=True)
    with pytest.raises(UsageError, match="already marked"):
        desk.solution(case(desk), ids(desk)[1], accepted=True)


def test_a_service_without_such_marks_is_named(desk):
    sources.note_state(desk.store, "forum", operations=frozenset({"reply"}))
    with pytest.raises(UsageError, match="forum does not mark answers"):
        desk.solution(case(desk), ids(desk)[1])


# -- what waits for a moderator


def waiting(number: int, mark: str) -> tuple[RemoteMessage, RemoteCase]:
    """Something that waits, as a case of its own."""
    message = mail(
        f"r{number}", ref=str(number), container="review", conversation=f"review-{number}", at=NOW - number * 1000, thread_ids=(),
        visibility=Visibility.NOTE, author=Author("lena", "lena", Role.SYSTEM), automatic=True, marks=(mark,), marker="",
        subject=mark,
    )  # fmt: skip
    return message, RemoteCase(conversation=f"review-{number}", subject=mark, tags=frozenset({"review"}))


@pytest.fixture
def queue(desk) -> Desk:
    sources.note_state(desk.store, "forum", operations=CARRIED | {"moderate"})
    both = [waiting(1, Marks.QUEUED), waiting(2, Marks.REPORTED)]
    applying.apply(desk.store, "forum", batch(*(one for one, _ in both), cases=tuple(case for _, case in both)))
    return desk


def named(desk: Desk, subject: str) -> int:
    return next(one.id for one in desk.listing() if one.subject == subject)


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_decision_closes_what_waited_and_can_be_taken_back_until_it_has_left(queue, action):
    case = named(queue, Marks.QUEUED)
    assert queue.waits([case]) == {Marks.QUEUED}
    queue.moderate([case], action)
    assert queue.case(case).state is CaseState.CLOSED
    assert [one.operation for one in operations.outbox(queue.store)] == [Moderate(place=("review", "1"), action=action)]
    queue.undo()
    assert queue.case(case).state is CaseState.NEW
    assert operations.outbox(queue.store) == ()


def test_only_a_report_is_ignored(queue):
    queue.moderate([named(queue, Marks.REPORTED)], "ignore")
    with pytest.raises(UsageError, match="only a report can be ignored"):
        queue.moderate([named(queue, Marks.QUEUED)], "ignore")


def test_what_waits_for_nothing_says_so(queue):
    with pytest.raises(UsageError, match="nothing to accept or decline"):
        queue.waits([named(queue, "It does not sync")])


@pytest.mark.parametrize(
    ("action", "what", "number", "question"),
    [
        ("approve", {Marks.QUEUED}, 1, "Let this post appear for everybody?"),
        ("reject", {Marks.QUEUED}, 3, "Refuse 3 posts for good?"),
        ("approve", {Marks.REPORTED}, 1, "Agree with this report? The forum may then hide what was reported."),
        ("ignore", {Marks.REPORTED}, 1, "Ignore this report?"),
        ("approve", {Marks.REPORTED, Marks.QUEUED}, 2, "Approve 2 posts and reports?"),
        ("approve", {"invitation"}, 1, ""),
    ],
)
def test_what_is_asked_before_a_decision(action, what, number, question):
    assert moderation_question(action, frozenset(what), number) == question


# -- saying something else


def ours(desk: Desk, text: str = "Restrat it.", number: int = 5) -> int:
    """A reply of this account, as it was pulled."""
    sources.note_state(desk.store, "forum", operations=CARRIED | {"edit", "remove"})
    post_ = replace(post(number, Role.AGENT, text), author=Author("Asha", SUPPORT, Role.AGENT))
    applying.apply(desk.store, "forum", batch(post_))
    return next(one.id for one in desk.thread(case(desk)).messages if one.text == text)


def texts(desk: Desk) -> list[str]:
    return [one.text for one in desk.thread(case(desk)).messages]


def test_an_edit_shows_at_once_and_is_taken_back_as_a_draft(desk):
    draft = desk.edit_draft(case(desk), ours(desk))
    assert (draft.text, draft.visibility, draft.kind) == ("Restrat it.", Visibility.PUBLIC, "edit")
    entry = desk.send(desk.save_draft(replace(draft, text="Restart it.")))
    assert entry.operation == EditMessage(place=("t/7", "5"), text="Restart it.", original="Restrat it.", draft=entry.operation.draft)
    assert texts(desk)[-1] == "Restart it."
    desk.undo()
    assert texts(desk)[-1] == "Restrat it."
    (back,) = desk.drafts()
    assert (back.text, back.edits) == ("Restart it.", ("t/7", "5", "Restrat it."))
    assert desk.edit_draft(case(desk), ours(desk)).id == back.id


def test_an_edit_that_somebody_forestalled_comes_back_and_is_compared_anew(desk):
    number = ours(desk)
    draft = desk.save_draft(replace(desk.edit_draft(case(desk), number), text="Restart it."))
    entry = desk.send(draft)
    delivery.fail(desk.store, entry, "it now says “Switch it off.”; yours was “Restart it.”")
    assert texts(desk)[-1] == "Restrat it."
    (back,) = desk.drafts()
    assert (back.kind, back.text, back.returned) == ("edit", "Restart it.", entry.id)
    assert "Switch it off." in back.error
    ours(desk, "Switch it off.")  # as it is pulled
    again = desk.send(back)
    assert again.operation.original == "Switch it off."
    assert desk.entry(entry.id).state is OperationState.CANCELLED


def test_what_the_server_took_is_over_and_its_draft_too(desk):
    draft = desk.save_draft(replace(desk.edit_draft(case(desk), ours(desk)), text="Restart it."))
    entry = desk.send(draft)
    delivery.acknowledge(desk.store, entry)
    assert desk.drafts() == ()
    assert texts(desk)[-1] == "Restart it.", "until it is pulled"
    delivery.settle(desk.store, "forum", NOW * 2)
    assert texts(desk)[-1] == "Restrat it.", "then what the server says"


def test_an_edit_upon_an_edit_begins_with_the_words_of_the_first(desk):
    number = ours(desk)
    desk.send(desk.save_draft(replace(desk.edit_draft(case(desk), number), text="Restart it.")))
    second = desk.edit_draft(case(desk), number)
    assert (second.text, second.edits) == ("Restart it.", ("t/7", "5", "Restart it."))


def test_an_edit_made_by_a_command_comes_back_too(desk):
    entry = desk.send(replace(desk.edit_draft(case(desk), ours(desk)), text="Restart it."))
    delivery.fail(desk.store, entry, "no")
    (back,) = desk.drafts()
    assert (back.kind, back.visibility, back.edits) == ("edit", Visibility.PUBLIC, ("t/7", "5", "Restrat it."))


def test_guards_look_at_an_edit_as_at_any_public_text(desk):
    draft = replace(desk.edit_draft(case(desk), ours(desk)), text="Call me at [[number]].")
    with pytest.raises(StopError):
        desk.send(draft)


@pytest.mark.parametrize("place", [0, 1])
def test_only_ones_own_message_is_changed(desk, place):
    ours(desk)
    with pytest.raises(UsageError, match="message of your own"):
        desk.edit_draft(case(desk), ids(desk)[place])


def test_a_service_that_cannot_change_anything_says_so(desk):
    number = ours(desk)
    sources.note_state(desk.store, "forum", operations=CARRIED)
    with pytest.raises(UsageError, match="forum cannot change what was sent"):
        desk.edit_draft(case(desk), number)


def test_a_deleted_message_is_out_of_sight_at_once_and_undo_brings_it_back(desk):
    ours(desk)
    number = ids(desk)[1]
    desk.remove(case(desk), number)
    assert "Restart it." not in texts(desk)
    (entry,) = operations.outbox(desk.store)
    delivery.acknowledge(desk.store, entry)
    desk.undo()
    assert "Restart it." in texts(desk)
    assert [one.operation for one in operations.outbox(desk.store)] == [RemoveMessage(place=("t/7", "2"), removed=False)]


def test_the_first_message_is_not_deleted_alone(desk):
    ours(desk)
    with pytest.raises(UsageError, match="delete the case instead"):
        desk.remove(case(desk), ids(desk)[0])
