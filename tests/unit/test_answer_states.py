"""How far a public question is answered: derived from what is there, in words, and asked for in queries."""

from __future__ import annotations

import pytest

from agent_tui.domain.fold import MessageFacts, effective, server_case
from agent_tui.domain.matching import matches
from agent_tui.domain.model import (
    Address,
    Answer,
    Cached,
    Case,
    CaseState,
    Channel,
    Direction,
    Marks,
    Priority,
    RemoteCase,
    Role,
    Visibility,
)
from agent_tui.domain.operations import Entry, OperationState, Reply
from agent_tui.domain.query import parse
from agent_tui.widgets import words

TOPIC = RemoteCase(conversation="t1", public=True)


def post(number: int, role: Role, **more: object) -> MessageFacts:
    direction = Direction.OUT if more.pop("ours", False) else Direction.IN
    values: dict[str, object] = {"visibility": Visibility.PUBLIC, "automatic": False, "marks": frozenset(), **more}
    return MessageFacts(id=number, direction=direction, role=role, received_at=number, **values)  # type: ignore[arg-type]


ASKED = post(1, Role.CUSTOMER)
PEER = post(2, Role.PEER)
OURS = post(3, Role.AGENT, ours=True, marker="m3")


def answer_of(*posts: MessageFacts, remote: RemoteCase | None = TOPIC, returned: frozenset[str] = frozenset()) -> Answer:
    return server_case(remote, posts, None, returned).answer


@pytest.mark.parametrize(
    ("posts", "answer"),
    [
        ((ASKED,), Answer.NONE),
        ((ASKED, post(2, Role.CUSTOMER)), Answer.NONE),
        ((ASKED, PEER), Answer.UNVERIFIED),
        ((ASKED, PEER, OURS), Answer.STAFF),
        ((ASKED, post(2, Role.AGENT)), Answer.STAFF),
        ((ASKED, post(2, Role.BOT, automatic=True)), Answer.NONE),
        ((ASKED, post(2, Role.AGENT, ours=True, visibility=Visibility.NOTE)), Answer.NONE),
        ((ASKED, post(2, Role.AGENT, ours=True, visibility=Visibility.PRIVATE)), Answer.NONE),
        ((ASKED, post(2, Role.AGENT, ours=True, marks=frozenset({Marks.FAILED}))), Answer.NONE),
        ((post(1, Role.AGENT, ours=True), post(2, Role.AGENT, ours=True)), Answer.NONE),
    ],
)
def test_it_follows_from_who_has_written_for_all_to_see(posts, answer):
    assert answer_of(*posts) is answer


def test_the_servers_word_is_kept_where_it_knows_more():
    assert answer_of(ASKED, remote=RemoteCase(conversation="t1", public=True, answer=Answer.SOLVED)) is Answer.SOLVED
    assert answer_of(ASKED, remote=RemoteCase(conversation="t1", public=True, answer=Answer.UNVERIFIED)) is Answer.UNVERIFIED


def test_private_conversations_have_no_such_state():
    assert answer_of(ASKED, PEER, OURS, remote=RemoteCase(conversation="t1")) is Answer.NONE
    assert answer_of(ASKED, PEER, OURS, remote=None) is Answer.NONE


def test_an_answer_that_came_back_is_none():
    assert answer_of(ASKED, OURS, returned=frozenset({"m3"})) is Answer.NONE


def reply(state: OperationState, visibility: Visibility) -> Entry:
    operation = Reply(text="Look here.", visibility=visibility, marker="m", created_at=5, sender=Address(), to=(), seen=2)
    return Entry(id=1, group=1, case=1, source="forum", operation=operation, state=state, created_at=5, updated_at=5, reference="r")


@pytest.mark.parametrize(
    ("state", "visibility", "answer"),
    [
        (OperationState.QUEUED, Visibility.PUBLIC, Answer.STAFF),
        (OperationState.QUEUED, Visibility.PRIVATE, Answer.UNVERIFIED),
        (OperationState.UNKNOWN, Visibility.PUBLIC, Answer.UNVERIFIED),
        (OperationState.FAILED, Visibility.PUBLIC, Answer.UNVERIFIED),
    ],
)
def test_a_public_answer_on_its_way_counts_until_it_fails(state, visibility, answer):
    server = server_case(TOPIC, (ASKED, PEER), None)
    assert effective(server, [reply(state, visibility)], 10).answer is answer


def case(answer: Answer, *, public: bool = True, state: CaseState = CaseState.OPEN, waits: bool = True) -> Case:
    return Case(
        id=1, source="forum", channel=Channel.COMMUNITY, subject="", customer=Address(), state=state, assignee=None, tags=(),
        priority=Priority.NORMAL, unread=0, messages=1, waiting_since=1 if waits else None, due_at=None, updated_at=1,
        snoozed_until=None, cached=Cached.FULL, public=public, answer=answer,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (Answer.NONE, {"unanswered"}),
        (Answer.UNVERIFIED, {"unverified"}),
        (Answer.STAFF, {"staff", "unanswered"}),  # the asker waits again
        (Answer.SOLVED, {"solved", "unanswered"}),
    ],
)
def test_queries_part_the_states(answer, names):
    asked = ("unanswered", "unverified", "staff", "solved")
    assert {name for name in asked if matches(parse(f"is:{name}"), case(answer), "")} == names


def test_a_private_case_is_unanswered_while_its_customer_waits():
    assert matches(parse("is:unanswered"), case(Answer.NONE, public=False), "")
    assert not matches(parse("is:unanswered"), case(Answer.NONE, public=False, waits=False), "")


def test_the_state_column_says_how_far_a_public_question_is_answered():
    assert words.status(case(Answer.NONE))[0] == "unanswered"
    assert words.status(case(Answer.NONE), 7)[0] == "unansw."
    assert words.status(case(Answer.UNVERIFIED), 7)[0] == "peer?"
    assert words.status(case(Answer.STAFF, state=CaseState.WAITING))[0] == "staff"
    assert words.status(case(Answer.STAFF))[0] == "open"  # asked again
    assert words.status(case(Answer.SOLVED))[0] == "solved"
    assert words.status(case(Answer.SOLVED, state=CaseState.CLOSED))[0] == "closed"
    assert words.status(case(Answer.UNVERIFIED, public=False))[0] == "open"


def test_the_reader_says_it_in_a_sentence():
    assert [words.answer(case(answer))[0] for answer in Answer] == [
        "unanswered", "peer answered, not verified", "answered by staff", "solved",
    ]  # fmt: skip
    assert words.answer(case(Answer.NONE, public=False))[0] == ""
