"""Writing to Chatwoot whatever happens on the way: once, to the customer only, and as written (simulated server)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_tui.domain.capabilities import Capabilities
from agent_tui.domain.errors import Conflict, OutcomeUnknown, Refused, TryLater
from agent_tui.domain.model import CaseState, Direction, Marks, MessageState, Priority, Visibility
from agent_tui.domain.operations import Assign, Note, OperationState, Reply, SetPriority, SetState, Snooze, Tag
from agent_tui.sources.base import Found, Source
from agent_tui.sources.chatwoot.source import CAPABILITIES
from agent_tui.store import apply as applying
from agent_tui.store import delivery, sources
from tests.contract.chatwoot_rig import ChatwootRig
from tests.contract.ledger import Ledger
from tests.contract.steps import CREATED_AT, marker, opened, pull_all, reply
from tests.servers.http_server import Request, Response, as_json
from tests.unit.workspaces import Clock, workspace

CAPS: Capabilities = CAPABILITIES
WORDS = "Business account is restricted from messaging users in this country."


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ChatwootRig]:
    rig = ChatwootRig(tmp_path)
    yield rig
    rig.there.close()


async def asked(rig: ChatwootRig, source: Source, ledger: Ledger, text: str) -> tuple[str, Reply]:
    """A customer's question, pulled, and an answer to it that has not left."""
    token = rig.customer_writes("hello")
    await pull_all(source, ledger)
    return token, reply(rig, CAPS, ledger, token, text)


def sent(rig: ChatwootRig) -> list[dict[str, Any]]:
    """What was posted as messages."""
    return [one.json for one in rig.there.server.asked("POST", "/messages")]


async def test_our_reference_travels_where_it_stops_no_delivery(rig: ChatwootRig) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        await source.push(answer, ledger.case_ref(token), "reference")
        note = Note(text="for us", marker=marker(), created_at=CREATED_AT, author=rig.me)
        await source.push(note, ledger.case_ref(token), "reference-2")
    first, second = sent(rig)
    assert "source_id" not in first
    assert first["content_attributes"] == {"agent_tui_id": answer.marker}
    assert (first["private"], second["private"]) == (False, True)
    assert [m.delivered for m in rig.there.of(int(token))[1:]] == [True, False]


@pytest.mark.parametrize("committed", [True, False])
async def test_a_422_is_believed_only_after_a_look(rig: ChatwootRig, committed: bool) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        no = as_json({"message": "Something is wrong", "attributes": ["content"]}, 422)
        rig.there.server.fault(method="POST", path="/messages", answer=no, committed=committed)
        if committed:
            receipt = await source.push(answer, ledger.case_ref(token), "reference")
            assert "Something is wrong" in receipt.warning
        else:
            with pytest.raises(Refused, match="Something is wrong"):
                await source.push(answer, ledger.case_ref(token), "reference")
    assert rig.copies(answer.marker) == int(committed)


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("committed", [True, False])
async def test_after_a_500_the_message_is_looked_for(rig: ChatwootRig, committed: bool, status: int) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        rig.there.server.fault(method="POST", path="/messages", answer=as_json({}, status), committed=committed)
        with pytest.raises(OutcomeUnknown):
            await source.push(answer, ledger.case_ref(token), "reference")
        found = await source.find(answer, ledger.case_ref(token), "reference")
    assert found.found is (Found.FOUND if committed else Found.ABSENT)


async def test_a_limit_on_sending_is_waited_out_and_nothing_was_sent(rig: ChatwootRig) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        rig.there.server.fault(method="POST", path="/messages", answer=Response(429))
        with pytest.raises(TryLater):
            await source.push(answer, ledger.case_ref(token), "reference")
        assert rig.copies(answer.marker) == 0
        await source.push(answer, ledger.case_ref(token), "reference")
    assert rig.copies(answer.marker) == 1


async def test_it_is_found_among_thousands_and_missed_only_when_it_is_not_there(rig: ChatwootRig) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        case = ledger.case_ref(token)
        for number in range(2500):
            rig.there.write(int(token), f"message {number}")
        assert (await source.find(answer, case, "reference")).found is Found.ABSENT
        await source.push(answer, case, "reference")
        for number in range(2500):
            rig.there.write(int(token), f"message {number}")
        assert (await source.find(answer, case, "reference")).found is Found.FOUND
        unanswered = replace(answer, answered=None)
        assert (await source.find(unanswered, rig.case(token), "reference")).found is Found.FOUND


async def test_where_a_message_of_ours_was_deleted_nobody_can_tell(rig: ChatwootRig) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        receipt = await source.push(answer, ledger.case_ref(token), "reference")
        rig.there.erase(int(receipt.remote_id))
        found = await source.find(answer, ledger.case_ref(token), "reference")
        gone = await source.find(answer, rig.case("99"), "reference")
    assert (found.found, gone.found) == (Found.CANNOT_TELL, Found.CANNOT_TELL)
    assert "deleted" in found.why


async def test_where_the_same_words_of_ours_are_there_without_a_reference_nobody_can_tell(rig: ChatwootRig) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "It left {{ today }}")
        rig.there.answer_as(2, int(token), answer.text)
        assert (await source.find(answer, ledger.case_ref(token), "reference")).found is Found.ABSENT
        rig.there.answer_as(1, int(token), answer.text)
        assert (await source.find(answer, ledger.case_ref(token), "reference")).found is Found.CANNOT_TELL


@pytest.mark.parametrize(
    "text",
    [
        "Write {{ user.name }} there, and {% raw %} too.",
        "Dear {{contact.name}}",
        "`{{ a }}` but {{ b }} and ```\n{% c %}\n```",
        "one ` only and {{ d }}",
        "`{% endraw %}` {{ e }}",
        "{{{ f }}} {%%} {{",
    ],
)
async def test_what_is_written_arrives_as_written(rig: ChatwootRig, text: str) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, text)
        receipt = await source.push(answer, ledger.case_ref(token), "reference")
        await pull_all(source, ledger)
    (ours,) = [m for m in ledger.of(token) if m.direction is Direction.OUT]
    assert ours.text == text
    assert receipt.warning == ""


async def test_a_text_that_came_out_otherwise_is_said(rig: ChatwootRig) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        made = {"id": 9, "content": "something else", "private": False}
        rig.there.server.fault(method="POST", path="/messages", answer=as_json(made))
        assert "changed the text" in (await source.push(answer, ledger.case_ref(token), "reference")).warning
        note = Note(text="for us", marker=marker(), created_at=CREATED_AT, author=rig.me)
        public = {"id": 10, "content": "for us", "private": False}
        rig.there.server.fault(method="POST", path="/messages", answer=as_json(public))
        assert "customer may have got it" in (await source.push(note, ledger.case_ref(token), "reference")).warning


async def test_files_go_with_a_reply_and_the_token_goes_nowhere_else(rig: ChatwootRig) -> None:
    (rig.workspace / "attachments").mkdir()
    (rig.workspace / "attachments" / "a").write_bytes(b"\x00\xffpdf")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "see {{ attached }}")
        answer = replace(answer, attachments=(("a", "চালান.pdf", "application/pdf"),))
        await source.push(answer, ledger.case_ref(token), "reference")
        await pull_all(source, ledger)
        assert (await source.find(answer, ledger.case_ref(token), "reference")).found is Found.FOUND
        (ours,) = [m for m in ledger.of(token) if m.direction is Direction.OUT]
        assert (ours.marker, ours.text) == (answer.marker, "see {{ attached }}")
        (attachment,) = ours.attachments
        assert (attachment.name, attachment.media_type, attachment.size) == ("চালান.pdf", "application/pdf", 5)
        from agent_tui.sources.base import Want

        want = Want(ours.container, ours.ref, attachment.part)
        fetched = await source.fetch((want,))
        assert fetched.parts is not None
        assert fetched.parts[want.container, want.ref, want.part].read_bytes() == b"\x00\xffpdf"
        outside = replace(answer, attachments=(("../../etc/passwd", "x", "text/plain"),))
        with pytest.raises(Refused, match="not in the workspace"):
            await source.push(outside, ledger.case_ref(token), "reference")
    assert rig.there.storage.requests
    assert rig.there.leaks == []
    assert rig.copies(answer.marker) == 1


async def test_what_chatwoot_would_not_take_is_refused_without_asking_it(rig: ChatwootRig) -> None:
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        token, answer = await asked(rig, source, ledger, "hello")
        wrong = [
            replace(answer, text="x" * 150_001), replace(answer, cc=answer.to), replace(answer, mode="new"),
            replace(answer, mode="forward"), replace(answer, attachments=(("a", "a", "a/a"),) * 16),
        ]  # fmt: skip
        for one in wrong:
            with pytest.raises(Refused):
                await source.push(one, ledger.case_ref(token), "reference")
        assert sent(rig) == []
        with pytest.raises(Conflict):
            await source.push(answer, rig.case("99"), "reference")
        with pytest.raises(Conflict):
            await source.push(answer, rig.case("not a number"), "reference")


# --- triage ---------------------------------------------------------------------------------------------------------


async def test_labels_of_colleagues_stay_and_a_race_is_seen(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    case = rig.there.conversations[int(token)]
    case.labels = ["theirs"]
    async with opened(rig, Ledger()) as (source, _):
        await source.push(Tag(add=("ours",)), rig.case(token), "reference")
        assert case.labels == ["theirs", "ours"]
        count = len(rig.there.server.asked("POST", "/labels"))
        await source.push(Tag(add=("ours",)), rig.case(token), "reference")
        assert len(rig.there.server.asked("POST", "/labels")) == count  # nothing to change, nothing written

        def overwritten(request: Request) -> Response:
            response = rig.there.answer(request)
            if request.method == "POST" and request.path.endswith("/labels"):
                case.labels = ["theirs", "newer"]
            return response

        rig.there.server._answer = overwritten
        with pytest.raises(TryLater, match="at the same moment"):
            await source.push(Tag(add=("more",)), rig.case(token), "reference")
        rig.there.server._answer = rig.there.answer
        await source.push(Tag(add=("more",)), rig.case(token), "reference")
    assert case.labels == ["theirs", "newer", "more"]


async def test_snoozing_assigning_and_priority_are_what_colleagues_see(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    case = rig.there.conversations[int(token)]
    async with opened(rig, Ledger()) as (source, _):
        until = int(rig.time * 1000) + 3_600_000
        await source.push(Snooze(until=until), rig.case(token), "reference")
        assert (case.status, case.snoozed_until) == ("snoozed", until // 1000)
        await source.push(Assign(assignee="Marek Novak"), rig.case(token), "reference")
        assert case.assignee == rig.there.agents[1]
        with pytest.raises(Refused, match=r"no agent nobody@x.*asha@tamarind.example"):
            await source.push(Assign(assignee="nobody@x"), rig.case(token), "reference")
        await source.push(SetPriority(priority=Priority.NORMAL), rig.case(token), "reference")
        assert case.priority == "medium"
        await source.push(SetState(state=CaseState.SPAM), rig.case(token), "reference")
        assert (case.status, case.labels) == ("resolved", ["spam"])
        await source.push(SetState(state=CaseState.OPEN), rig.case(token), "reference")
        assert (case.status, case.labels, case.assignee) == ("open", [], rig.there.agents[0])


# --- delivery that fails later ---------------------------------------------------------------------------------------


async def test_a_delivery_that_fails_later_turns_the_message_and_gives_the_text_back(
    rig: ChatwootRig, tmp_path: Path
) -> None:
    from agent_tui.desk import Desk

    clock = Clock(int(rig.time * 1000))
    desk = Desk(workspace(tmp_path / "w", "desk"), now=clock, offline=True)
    sources.note_state(desk.store, "desk", operations=CAPS.operations)
    from agent_tui.store.mirror import StoreMirror

    mirror = StoreMirror(desk.store, "desk")
    token = rig.customer_writes("hello")

    async def pulled(source: Source) -> None:
        row = desk.store.cache.execute("SELECT cursor FROM sources WHERE name = 'desk'").fetchone()
        async for batch in source.pull(row[0] or "" if row else "", 1000):
            applying.apply(desk.store, "desk", batch)

    async with opened(rig, mirror) as (source, _):  # type: ignore[arg-type]
        await pulled(source)
        (case,) = [desk.window("all").row(at) for at in range(len(desk.window("all")))]
        draft = desk.save_draft(replace(desk.draft(case.id), text="it left today"))
        desk.send(draft)
        clock.tick(60_000)
        (entry,) = delivery.due(desk.store, clock())
        begun = delivery.begin(desk.store, entry)
        from agent_tui.store import case_facts

        receipt = await source.push(begun.operation, case_facts.case_ref(desk.store, case.id, begun.source), begun.reference)
        delivery.acknowledge(desk.store, begun, remote_id=receipt.remote_id)
        await pulled(source)
        assert desk.case(case.id).state is CaseState.WAITING
        assert desk.drafts() == ()

        rig.time += 60
        rig.there.deliver(int(receipt.remote_id), "failed", WORDS)
        for _ in range(2):  # a second look says nothing new
            await pulled(source)
            (message,) = [m for m in desk.thread(case.id).messages if m.direction is Direction.OUT]
            assert message.state is MessageState.FAILED
            assert WORDS in message.warning
            assert WORDS in message.error
            now = desk.case(case.id)
            assert now.notice == "reply not sent"
            assert now.waiting_since is not None
            (back,) = desk.drafts()
            assert (back.text, WORDS in back.error) == ("it left today", True)
            rig.customer_writes("still there?", token=token)
    assert [one.state for one in (delivery.operations.get(desk.store, entry.id),) if one] == [OperationState.FAILED]
    desk.close()


async def test_a_colleagues_message_that_failed_is_no_answer_until_it_arrives(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    message = rig.there.answer_as(2, int(token), "from the other screen")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.there.deliver(message.id, "failed", WORDS)
        await pull_all(source, ledger)
        failed = ledger.of(token)[-1]
        rig.there.deliver(message.id, "delivered")
        await pull_all(source, ledger)
        arrived = ledger.of(token)[-1]
    assert Marks.FAILED in failed.marks
    assert WORDS in failed.warning
    assert Marks.FAILED not in arrived.marks
    assert arrived.warning == ""
    assert failed.visibility is Visibility.PRIVATE
