"""Everything that may happen to a mailbox, an outbox and an engine, in any order: nothing is lost or sent twice."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent_tui.domain.model import CaseState
from agent_tui.domain.operations import OperationState, SetState, Tag
from agent_tui.store import cases, delivery, messages
from tests.engine_bench import MINUTE, Bench

STEPS = st.sampled_from(["pulled", "applied", "begun", "pushed", "acknowledged", "found"])
OVER = {OperationState.SENT, OperationState.FAILED, OperationState.CANCELLED}


class Machine(RuleBasedStateMachine):
    """One mailbox (which delivers twice what it is given twice) or chat, its outbox, and engines that come and go."""

    service, source = "mailbox", "mail"

    @initialize()
    def begin(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="at-"))
        self.bench = Bench(self.path / "w", self.source)
        self.replies: list = []
        self.conversation = self.bench.customer(service=self.service)
        self.run_engine()

    def run_engine(self, **more):
        return asyncio.run(self.bench.sync(**more))

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            try:
                self.settle_everything()
            finally:
                self.bench.close()
                shutil.rmtree(self.path)

    # what may happen

    @rule()
    def a_round(self) -> None:
        self.run_engine()

    @rule(step=STEPS, nth=st.integers(1, 3))
    def the_engine_dies(self, step: str, nth: int) -> None:
        self.run_engine(killed_at=step, nth=nth)

    @rule(milliseconds=st.sampled_from([1_000, 6_000, MINUTE, 10 * MINUTE]))
    def time_passes(self, milliseconds: int) -> None:
        self.bench.time.pass_by(milliseconds)

    @rule(text=st.sampled_from(["Hello?", "Any news?", "ধন্যবাদ"]))
    def the_customer_writes(self, text: str) -> None:
        self.bench.customer(text, service=self.service, conversation=self.conversation)

    @precondition(lambda self: len(self.replies) < 6)
    @rule(hold=st.sampled_from([0, 0, 15_000]), staged=st.booleans())
    def the_agent_replies(self, hold: int, staged: bool) -> None:
        self.bench.time.pass_by(1_000)
        case = self.bench.case(self.source)
        entry = self.bench.reply(case, f"Answer {len(self.replies)}", source=self.source, hold=hold)
        self.replies.append(entry)
        if staged:
            self.bench.queue(case, SetState(state=CaseState.CLOSED), source=self.source, after=entry.id)

    @rule(tag=st.sampled_from(["refund", "late"]), on=st.booleans())
    def the_agent_tags(self, tag: str, on: bool) -> None:
        operation = Tag(add=(tag,)) if on else Tag(remove=(tag,))
        self.bench.queue(self.bench.case(self.source), operation, source=self.source)

    @precondition(lambda self: self.replies)
    @rule(data=st.data())
    def the_agent_takes_one_back(self, data) -> None:
        entry = data.draw(st.sampled_from(self.replies))
        delivery.cancel(self.bench.store, self.bench.entry(entry))

    @rule(where=st.sampled_from(["cut_after_commit", "cut_before_commit"]))
    def the_next_answer_is_lost(self, where: str) -> None:
        getattr(self.bench.server, where)()

    @rule(error=st.sampled_from(["TryLater", "Refused", "AuthenticationError"]), step=st.sampled_from(["reply", "pull", "find", "open"]))
    def the_next_step_goes_wrong(self, error: str, step: str) -> None:
        self.bench.server.fail_next(step, error)

    @rule()
    def the_server_goes_away(self) -> None:
        self.bench.server.go_offline()

    @rule()
    def the_server_comes_back(self) -> None:
        self.bench.server.come_back()

    # what must always be true

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        for entry in getattr(self, "replies", ()):
            assert self.bench.copies(entry) <= 1

    @invariant()
    def nothing_is_called_sent_that_was_not(self) -> None:
        for entry in getattr(self, "replies", ()):
            state = self.bench.state(entry)
            if state is OperationState.SENT:
                assert self.bench.copies(entry) == 1
            if state in (OperationState.CANCELLED, OperationState.HELD, OperationState.FAILED, OperationState.CONFLICT):
                assert self.bench.copies(entry) == 0

    @invariant()
    def no_text_is_lost(self) -> None:
        if not getattr(self, "replies", ()):
            return
        drafts = self.bench.drafts()
        for entry in self.replies:
            state = self.bench.state(entry)
            if state in (OperationState.FAILED, OperationState.CANCELLED):
                assert entry.operation.text in drafts

    def settle_everything(self) -> None:
        """With all troubles over, every reply comes to an end that its author knows of."""
        self.bench.server.file.database.execute("delete from faults")
        self.bench.server.come_back()
        for _ in range(len(self.replies) + 3):
            self.bench.time.pass_by(10 * MINUTE)
            results = self.run_engine()
        assert all(one.ok for one in results.values())
        blocked = False
        for entry in self.replies:
            state = self.bench.state(entry)
            blocked = blocked or state is OperationState.CONFLICT
            assert state in OVER or blocked, state
        kept = self.bench.server.messages(self.service)
        case = cases.get(self.bench.store, self.bench.case(self.source))
        assert case.messages >= len(kept)
        texts = self.bench.texts(case.id)
        assert sorted(texts) == sorted(one.text for one in kept)


class ChatMachine(Machine):
    """The same over a chat, which knows a reference again."""

    service, source = "chat", "chat"


class SyncMachine(RuleBasedStateMachine):
    """Colleagues and customers change a chat at the server while an agent does triage here and engines die.

    When the dust has settled both sides are the same, and what the agent did last has been done.
    """

    @initialize()
    def begin(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="at-"))
        self.bench = Bench(self.path / "w", "chat")
        self.conversations = [self.bench.customer(service="chat") for _ in range(2)]
        asyncio.run(self.bench.sync())

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            try:
                self.both_sides_agree()
            finally:
                self.bench.close()
                shutil.rmtree(self.path)

    which = st.integers(0, 1)
    tags = st.sampled_from(["refund", "late", "vip"])

    def case(self, which: int) -> int:
        return self.bench.case("chat", self.conversations[which])

    @rule()
    def a_round(self) -> None:
        asyncio.run(self.bench.sync())

    @rule(step=STEPS, nth=st.integers(1, 3))
    def the_engine_dies(self, step: str, nth: int) -> None:
        asyncio.run(self.bench.sync(killed_at=step, nth=nth))
        self.bench.time.pass_by(MINUTE)

    @rule(which=which, tag=tags)
    def a_colleague_tags(self, which: int, tag: str) -> None:
        old = self.bench.server.talk("chat", self.conversations[which]).tags
        self.bench.server.remote_change("chat", self.conversations[which], tags=old ^ {tag})

    @rule(which=which, state=st.sampled_from(["closed", "open"]))
    def a_colleague_closes_or_opens(self, which: int, state: str) -> None:
        self.bench.server.remote_state("chat", self.conversations[which], state)

    @rule(which=which, note=st.booleans())
    def a_colleague_writes(self, which: int, note: bool) -> None:
        self.bench.time.pass_by(1_000)
        self.bench.server.colleague_answers("chat", self.conversations[which], "One moment", note=note)

    @rule(which=which)
    def a_customer_writes(self, which: int) -> None:
        self.bench.customer("And?", service="chat", conversation=self.conversations[which])

    @rule(which=which)
    def a_message_disappears(self, which: int) -> None:
        kept = self.bench.server.messages("chat", self.conversations[which])
        if len(kept) > 1:
            self.bench.server.erase(kept[-1])

    @rule(which=which, tag=tags, on=st.booleans())
    def the_agent_tags(self, which: int, tag: str, on: bool) -> None:
        self.bench.time.pass_by(1_000)
        self.bench.queue(self.case(which), Tag(add=(tag,)) if on else Tag(remove=(tag,)), source="chat")

    @rule(which=which, state=st.sampled_from([CaseState.CLOSED, CaseState.OPEN]))
    def the_agent_closes_or_opens(self, which: int, state: CaseState) -> None:
        self.bench.time.pass_by(1_000)
        self.bench.queue(self.case(which), SetState(state=state), source="chat")

    @rule(error=st.sampled_from(["TryLater", "Refused", "OutcomeUnknown"]), after=st.booleans(),
          step=st.sampled_from(["tag", "state", "pull", "open"]))  # fmt: skip
    def the_next_step_goes_wrong(self, error: str, step: str, after: bool) -> None:
        self.bench.server.fail_next(step, error, after=after)

    def both_sides_agree(self) -> None:
        server = self.bench.server
        server.file.database.execute("delete from faults")
        for _ in range(4):
            self.bench.time.pass_by(10 * MINUTE)
            results = asyncio.run(self.bench.sync())
        assert results["chat"].ok, results
        assert not results["chat"].waiting
        for which, conversation in enumerate(self.conversations):
            talk, case = server.talk("chat", conversation), cases.get(self.bench.store, self.case(which))
            assert set(case.tags) == talk.tags
            assert (case.state is CaseState.CLOSED) == (talk.state == "closed"), (case.state, talk.state)
            present = self.bench.store.cache.execute(  # what left the server is kept here, marked as gone
                "SELECT id FROM messages WHERE case_id = ? AND gone = 0 ORDER BY id", (case.id,)
            ).fetchall()
            texts = [messages.get(self.bench.store, number).text for (number,) in present]
            assert texts == [one.text for one in server.messages("chat", conversation)]


PROFILE = settings(
    max_examples=20, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
TestMailbox = Machine.TestCase
TestMailbox.settings = PROFILE
TestChat = ChatMachine.TestCase
TestChat.settings = PROFILE
TestSync = SyncMachine.TestCase
TestSync.settings = PROFILE
