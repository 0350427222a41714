"""An agent's whole desk against a mailbox that others use too: in whatever order things happen, when all is quiet
the desk shows what a desk made new from the same server shows.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent_tui.desk import Desk
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import HIDDEN, Case, Priority
from agent_tui.domain.operations import PENDING, OperationState
from agent_tui.sources.demo.file import FILE_NAME
from tests.engine_bench import MINUTE, Bench

CASES = 3
STEPS = ("pulled", "applied", "begun", "pushed", "acknowledged", "found")
which = st.integers(0, CASES - 1)
tags = st.sampled_from(["refund", "vip", "ফেরত"])


def open_desk(bench: Bench) -> Desk:
    return Desk(bench.workspace, now=bench.time.now, offline=True)


def shown(desk: Desk) -> dict[frozenset[str], tuple[Any, ...]]:
    """What each case of the desk is, by the messages in it; nothing that is only local (ids, versions, and which of
    two messages of the same second stands first).
    """
    window = desk.window("all")
    found = {}
    for case in (window.row(place) for place in range(len(window))):
        thread = desk.thread(case.id)
        held = tuple(sorted((m.key, m.text, str(m.direction), m.unread) for m in thread.messages))
        found[frozenset(m.key for m in thread.messages)] = (*facts(case), held)
    return found


def facts(case: Case) -> tuple[Any, ...]:
    return (
        case.subject, case.customer, case.state, case.assignee, case.tags, case.priority, case.unread, case.messages,
        case.waiting_since, case.due_at, case.flagged, case.notice, case.outgoing, case.answer,
    )  # fmt: skip


def tally(desk: Desk) -> tuple[Counter[Any], Counter[Any]]:
    """Counts as they are kept, and counted anew."""
    cache = desk.store.cache
    kept = Counter({(b, a): n for b, a, n in cache.execute("SELECT bucket, assignee, cases FROM tally") if n})
    anew = Counter(cache.execute("SELECT bucket, coalesce(assignee, '') FROM cases").fetchall())
    return kept, anew


class DeskMachine(RuleBasedStateMachine):
    """An agent with every verb that the server can hold, a colleague at the same mailbox, customers, and bad luck."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(tempfile.mkdtemp(prefix="at-"))
        self.bench = Bench(self.path / "w", "mail", undo_ms=5_000)
        self.versions: dict[int, int] = {}

    @initialize()
    def begin(self) -> None:
        self.talks = [self.bench.customer(f"Question {number}") for number in range(CASES)]
        self.sync()
        self.desk = open_desk(self.bench)
        self.ids = [self._case(number) for number in range(CASES)]

    def _case(self, number: int) -> int:
        return next(c.id for c in self.desk.listing("is:unread OR -is:unread") if c.snippet == f"Question {number}")

    def sync(self, **more: Any) -> Any:
        return asyncio.run(self.bench.sync(**more))

    def teardown(self) -> None:
        try:
            if hasattr(self, "desk"):
                self.all_is_quiet()
                self.desk.close()
        finally:
            self.bench.close()
            shutil.rmtree(self.path)

    def act(self, verb: Callable[[], Any]) -> None:
        try:
            verb()
        except UsageError:  # it says why it cannot be done; nothing must have changed, which the invariants see
            pass

    # the agent

    @rule(one=which, verb=st.sampled_from(["done", "spam", "take"]))
    def decides(self, one: int, verb: str) -> None:
        self.act(lambda: getattr(self.desk, verb)([self.ids[one]]))

    @rule(one=which, tag=tags, on=st.booleans())
    def tags_it(self, one: int, tag: str, on: bool) -> None:
        self.act(lambda: self.desk.tag([self.ids[one]], **{"add" if on else "remove": [tag]}))

    @rule(one=which, handle=st.sampled_from([None, "marek@tamarind.example"]))
    def assigns_it(self, one: int, handle: str | None) -> None:
        self.act(lambda: self.desk.assign([self.ids[one]], handle))

    @rule(one=which, priority=st.sampled_from(Priority))
    def ranks_it(self, one: int, priority: Priority) -> None:
        self.act(lambda: self.desk.set_priority([self.ids[one]], priority))

    @rule(one=which, on=st.booleans())
    def stars_or_reads_it(self, one: int, on: bool) -> None:
        self.act(lambda: self.desk.star([self.ids[one]], on))
        self.act(lambda: self.desk.mark_read([self.ids[one]], not on))

    @rule(one=which, text=st.sampled_from(["Soon.", "পথে আছে।"]))
    def answers(self, one: int, text: str) -> None:
        self.bench.time.pass_by(1_000)
        self.act(lambda: self.desk.send(self.desk.save_draft(replace(self.desk.draft(self.ids[one]), text=text)), overrides=("repeat", "language")))

    @rule(back=st.booleans())
    def takes_back_or_does_again(self, back: bool) -> None:
        self.act(self.desk.undo if back else self.desk.redo)

    @rule()
    def opens_the_workstation_again(self) -> None:
        self.desk.close()
        self.desk = open_desk(self.bench)

    # everybody else

    @rule(one=which)
    def the_customer_writes(self, one: int) -> None:
        self.bench.customer("And now?", conversation=self.talks[one])

    @rule(one=which, mark=st.sampled_from(["tag:late", "flagged", "seen", "closed"]), on=st.booleans())
    def a_colleague_marks(self, one: int, mark: str, on: bool) -> None:
        self.bench.server.remote_marks("mailbox", self.talks[one], **{"add" if on else "remove": (mark,)})

    @rule(one=which)
    def a_colleague_answers(self, one: int) -> None:
        self.bench.time.pass_by(1_000)
        self.bench.server.colleague_answers("mailbox", self.talks[one], "I have it.")

    # bad luck and time

    @rule()
    def a_round(self) -> None:
        self.sync()

    @rule(step=st.sampled_from(STEPS), nth=st.integers(1, 2))
    def the_engine_dies(self, step: str, nth: int) -> None:
        self.sync(killed_at=step, nth=nth)

    @rule(step=st.sampled_from(["*", "pull", "reply", "state", "tag"]), error=st.sampled_from(["TryLater", "OutcomeUnknown", "Refused"]), after=st.booleans())
    def the_next_step_goes_wrong(self, step: str, error: str, after: bool) -> None:
        self.bench.server.fail_next(step, error, after=after and error == "OutcomeUnknown")

    @rule(jump=st.sampled_from([6_000, 10 * MINUTE, -3 * MINUTE]))
    def the_clock_moves(self, jump: int) -> None:
        if jump > 0:
            self.bench.time.pass_by(jump)
        else:
            self.bench.time.sleep(jump)

    # what holds at every moment

    @invariant()
    def counts_are_right(self) -> None:
        if hasattr(self, "desk"):
            kept, anew = tally(self.desk)
            assert kept == anew

    @invariant()
    def versions_only_grow(self) -> None:
        if hasattr(self, "desk"):
            now = dict(self.desk.store.cache.execute("SELECT id, version FROM cases"))
            assert all(now.get(case, version) >= version for case, version in self.versions.items())
            self.versions = now

    @invariant()
    def nothing_is_on_the_server_twice(self) -> None:
        sent = Counter(m.marker for m in self.bench.server.messages("mailbox") if m.direction == "out" and m.marker)
        assert not [marker for marker, copies in sent.items() if copies > 1]

    # and in the end

    def all_is_quiet(self) -> None:
        self.bench.server.file.database.execute("delete from faults")
        self.bench.time.sleep(5 * MINUTE)  # whatever the clock did, it is later now than it ever was
        for _ in range(12):
            self.bench.time.pass_by(10 * MINUTE)
            results = self.sync()
            assert all(one.ok for one in results.values())
            for entry in self.desk.outbox():  # the agent sees to what asks
                if entry.state is OperationState.CONFLICT:
                    self.act(lambda number=entry.id: self.desk.cancel(number))
                elif entry.state is OperationState.UNKNOWN:
                    self.act(lambda number=entry.id: self.desk.settle(number, arrived=False))
            for draft in self.desk.drafts():
                self.desk.discard_draft(draft.id)
            if not any(entry.state in PENDING for entry in self.desk.outbox()):
                break
        self.sync()
        assert [e for e in self.desk.outbox() if e.state in PENDING] == []
        other = Bench(self.path / "fresh", "mail")
        try:
            other.time.at = self.bench.time.at
            other.server.close()
            shutil.copy(self.bench.server.file.path, other.workspace.path / FILE_NAME)
            asyncio.run(other.sync())
            fresh = open_desk(other)
            here, there = shown(self.desk), shown(fresh)
            fresh.close()
            assert set(here) == set(there)
            assert {key: (value, there[key]) for key, value in here.items() if value != there[key]} == {}
        finally:
            other.close()


TestDesk = DeskMachine.TestCase
TestDesk.settings = settings(
    max_examples=15, stateful_step_count=20, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@given(data=st.data())
@settings(max_examples=15, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
def test_joining_and_parting_cases_is_taken_back_without_a_trace(data: st.DataObject) -> None:
    """Any merges and splits, undone one by one (the desk opened anew between), give back the same cases, and who is whom."""
    path = Path(tempfile.mkdtemp(prefix="at-"))
    bench = Bench(path / "w", "mail")
    try:
        for number in range(3):
            talk = bench.customer(f"Question {number}")
            for again in range(data.draw(st.integers(0, 2))):
                bench.customer(f"Once more {number} {again}", conversation=talk)
        asyncio.run(bench.sync())
        desk = open_desk(bench)
        desk.tag([desk.listing()[0].id], add=["vip"])
        asyncio.run(bench.sync())  # what is delivered while cases are one is delivered to all of it
        before, rows, known = shown(desk), visible(desk), people(desk)
        done = 0
        for _ in range(data.draw(st.integers(1, 4))):
            cases = sorted(desk.listing(), key=lambda case: min(m.text for m in desk.thread(case.id).messages))
            one = cases.pop(data.draw(st.integers(0, len(cases) - 1)))
            thread = desk.thread(one.id).messages
            if len(thread) > 1 and data.draw(st.booleans()):
                places = data.draw(st.sets(st.integers(0, len(thread) - 1), min_size=1, max_size=len(thread) - 1))
                bench.time.pass_by(1)
                desk.split(one.id, [thread[place].id for place in sorted(places)])
            elif cases:
                desk.merge([one.id], cases[data.draw(st.integers(0, len(cases) - 1))].id)
            else:
                continue
            done += 1
            kept, anew = tally(desk)
            assert kept == anew
            if data.draw(st.booleans()):
                asyncio.run(bench.sync())
        for _ in range(done):
            if data.draw(st.booleans()):
                desk.close()
                desk = open_desk(bench)
            assert desk.undo() is not None
        assert visible(desk) == rows
        assert shown(desk) == before
        assert people(desk) == known
        desk.close()
    finally:
        bench.close()
        shutil.rmtree(path)


def people(desk: Desk) -> dict[int, object]:
    """By case, who its customer is on every channel, with the evidence, and their journey."""
    known = {case.id: desk.person(case.id) for case in desk.listing()}
    return {number: (one.name, one.handles, one.perhaps, [case.id for case in one.cases]) for number, one in known.items()}


def visible(desk: Desk) -> list[tuple[int, int]]:
    """Which message is in which case."""
    return desk.store.cache.execute(
        "SELECT m.id, m.case_id FROM messages m JOIN cases c ON c.id = m.case_id WHERE c.bucket != ? ORDER BY m.id", (HIDDEN,)
    ).fetchall()
