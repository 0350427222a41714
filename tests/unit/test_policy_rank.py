"""The question which clauses fit, over the socket's shape and without an engine: the same answer, and never a wait."""

from __future__ import annotations

import threading

import pytest

from agent_tui.domain import wire
from agent_tui.engine.rank import Ranker
from agent_tui.knowledge import policy_wire
from agent_tui.knowledge.policies import PolicyLibrary, Turn
from tests.unit.workspaces import workspace

TURNS = (Turn("customer", "When are refunds paid?"), Turn("agent", "Within days."), Turn("draft", "About your gift card"))


@pytest.fixture
def made(tmp_path):
    found = workspace(tmp_path / "w")
    found.policies.mkdir()
    (found.policies / "returns.md").write_text("---\nid: returns\n---\n## Refunds\nPaid in five days.\n\n## Gift cards\nNever cash.\n")
    (found.policies / "returns.bn.md").write_text("---\nid: returns\nlanguage: bn\n---\n## টাকা ফেরত {#refunds}\nপাঁচ দিন।\n")
    return found


async def test_the_engine_and_the_library_answer_alike_and_the_answer_survives_the_wire(made):
    question = {"turns": policy_wire.turns_to_wire(TURNS), "also": ["returns#gift-cards", "gone#x"], "day": "2026-01-01"}
    sent = wire.decode(wire.encode({"ask": "rank", **question}))
    answered = wire.decode(wire.encode(await Ranker(made).answer(sent)))
    found = policy_wire.from_wire(answered)
    direct = policy_wire.answer(PolicyLibrary(made.policies, made.agent.languages), question)
    assert [(one.clause.id, one.score, one.sure) for one in found.suggestions] == [(one.clause.id, one.score, one.sure) for one in direct.suggestions]
    assert found.suggestions[0].clause.text == "Paid in five days."
    assert [one.id for one in found.also] == ["returns#gift-cards"]
    assert found.clauses == 3
    (hit, *_) = policy_wire.from_wire(await Ranker(made).answer({"search": "টাকা ফেরত"})).suggestions
    assert (hit.clause.title, hit.beside.language) == ("Refunds", "bn")


@pytest.mark.parametrize("question", [{"turns": 7}, {"turns": [["a"]]}, {"turns": [["a", "b"]], "limit": "x"}])
async def test_a_question_of_an_odd_shape_is_refused(made, question):
    with pytest.raises((TypeError, ValueError)):
        await Ranker(made).answer(question)


def test_an_answer_of_an_odd_shape_is_refused():
    for wrong in ({}, {"suggestions": [{}], "also": [], "clauses": 0, "version": 0}, {"suggestions": None, "also": [], "clauses": 1, "version": 1}):
        with pytest.raises(ValueError, match="no answer"):
            policy_wire.from_wire(wrong)


def test_without_an_engine_a_thread_answers_and_a_newer_question_takes_the_place_of_one_that_waits(made):
    from agent_tui.desk import Desk

    desk = Desk(made, offline=True)
    try:
        first, done = threading.Event(), threading.Event()
        answers = []

        def slow(_found):
            first.set()
            done.wait(30)

        desk.rank(TURNS, slow)
        assert first.wait(30)
        last = threading.Event()
        for number in range(5):
            desk.rank(TURNS, lambda found, number=number: (answers.append((number, found)), last.set()))
        done.set()
        assert last.wait(30)
        assert [number for number, _ in answers] == [4]
        assert answers[0][1].suggestions[0].clause.id == "returns#refunds"
    finally:
        desk.close()


def test_pins_belong_to_their_case_and_to_the_one_it_is_merged_into(made):
    from agent_tui.desk import Desk
    from agent_tui.store import apply as applying
    from tests.unit.workspaces import NOW, Clock, batch, mail

    desk = Desk(made, now=Clock(), offline=True)
    try:
        applying.apply(desk.store, "mail", batch(mail("a@x", at=NOW), mail("b@x", at=NOW, subject="Other", who="li@customer.example")))
        one, other = (case.id for case in desk.listing("state:new"))
        desk.pin(one, "returns#refunds", on=True)
        desk.pin(one, "returns#refunds", on=True)
        assert (desk.pinned(one), desk.pinned(other)) == (("returns#refunds",), ())
        desk.merge((one,), other)
        assert desk.pinned(other) == ("returns#refunds",)
        desk.pin(other, "returns#refunds", on=False)
        assert desk.pinned(one) == ()
    finally:
        desk.close()
