"""What a source promises of replies and notes: once, to whom they are meant for, and never in doubt unsaid."""

from __future__ import annotations

import contextlib
from dataclasses import fields

import pytest

from agent_tui.domain.errors import OutcomeUnknown, SourceError, TryLater, Unsupported
from agent_tui.domain.model import CaseRef, Direction, Visibility
from agent_tui.domain.operations import (
    KINDS,
    Note,
    Reply,
)
from agent_tui.sources.base import Found
from tests.contract.ledger import Ledger
from tests.contract.rig import Rig
from tests.contract.steps import (
    CREATED_AT,
    carried,
    marker,
    opened,
    pull_all,
    reply,
    sample,
    sure,
)


class WritingContract:
    """Each test has a server of its own, or at least conversations of its own."""

    @pytest.mark.parametrize("kind", sorted(KINDS))
    async def test_what_is_not_declared_is_refused_without_traffic(self, rig: Rig, kind: str) -> None:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            if info.capabilities.carries(kind):
                pytest.skip("declared")
            await pull_all(source, ledger)
            before = rig.view(token)
            if "offline" in rig.can:
                rig.offline(True)
            with pytest.raises(Unsupported):
                await source.push(sample(kind), ledger.case_ref(token), f"reference-{kind}")
            if "offline" in rig.can:
                rig.offline(False)
            assert rig.view(token) == before

    async def test_a_reply_arrives_once_and_comes_back_with_its_marker(self, rig: Rig) -> None:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            answer = reply(rig, info.capabilities, ledger, token, "নমস্কার, ನಮಸ್ಕಾರ and good day")
            receipt = await source.push(answer, ledger.case_ref(token), "reference-reply")
            assert receipt.remote_id
            await pull_all(source, ledger)
        assert rig.copies(answer.marker) == 1
        ours = [m for m in ledger.of(token) if m.direction is Direction.OUT]
        assert [(m.marker, m.visibility) for m in ours] == [(answer.marker, answer.visibility)]
        assert ours[0].text.strip() == answer.text
        assert ours[0].key == receipt.remote_id or not ours[0].conversation

    async def test_a_repeated_reference_is_one_message(self, rig: Rig) -> None:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            if not info.capabilities.idempotency_ms:
                pytest.skip("this server does not know a reference again")
            await pull_all(source, ledger)
            answer = reply(rig, info.capabilities, ledger, token, "once")
            first = await source.push(answer, ledger.case_ref(token), "reference-twice")
            second = await source.push(answer, ledger.case_ref(token), "reference-twice")
            assert first.remote_id == second.remote_id
        assert rig.copies(answer.marker) == 1

    async def test_find_tells_what_was_taken_from_what_was_not(self, rig: Rig) -> None:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            answer = reply(rig, info.capabilities, ledger, token, "found?")
            case = ledger.case_ref(token)
            expected = sure(info.capabilities, Found.ABSENT)
            assert (await source.find(answer, case, "reference-find")).found in expected
            assert rig.copies(answer.marker) == 0
            await source.push(answer, case, "reference-find")
            expected = sure(info.capabilities, Found.FOUND)
            assert (await source.find(answer, case, "reference-find")).found in expected
            assert rig.copies(answer.marker) == 1

    @pytest.mark.parametrize("committed", [True, False])
    async def test_a_cut_connection_is_never_taken_for_an_answer(self, rig: Rig, committed: bool) -> None:
        if "cut" not in rig.can:
            pytest.skip("this rig cannot cut a connection")
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            answer = reply(rig, info.capabilities, ledger, token, "cut")
            case = ledger.case_ref(token)
            rig.cut(committed=committed)
            with pytest.raises(OutcomeUnknown):
                await source.push(answer, case, "reference-cut")
        assert rig.copies(answer.marker) == int(committed)
        async with opened(rig, ledger) as (source, info):
            found = (await source.find(answer, case, "reference-cut")).found
        assert found in sure(info.capabilities, Found.FOUND if committed else Found.ABSENT)

    async def test_a_server_that_cannot_tell_says_so(self, rig: Rig) -> None:
        if "blind" not in rig.can:
            pytest.skip("this server can always tell")
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            answer = reply(rig, info.capabilities, ledger, token, "blind")
            rig.blind()
            told = await source.find(answer, ledger.case_ref(token), "reference-blind")
        assert told.found is Found.CANNOT_TELL
        assert told.why

    async def test_a_note_is_never_for_the_customer(self, rig: Rig) -> None:
        note = Note(text="only for us", marker=marker(), created_at=CREATED_AT, author=rig.me)
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            if not carried(rig, info.capabilities, "note"):
                pytest.skip("this server holds no notes")
            await pull_all(source, ledger)
            await source.push(note, ledger.case_ref(token), "reference-note")
            await pull_all(source, ledger)
        assert rig.view(token).notes == ("only for us",)
        ours = [m for m in ledger.of(token) if m.direction is Direction.OUT]
        assert [(m.visibility, m.marker) for m in ours] == [(Visibility.NOTE, note.marker)]

    async def test_a_visibility_that_the_source_does_not_have_is_refused(self, rig: Rig) -> None:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            for wrong in set(Visibility) - info.capabilities.visibilities:
                answer = reply(rig, info.capabilities, ledger, token, "not so")
                wrongly = Reply(**{f.name: getattr(answer, f.name) for f in fields(answer)} | {"visibility": wrong})
                with pytest.raises(Unsupported):
                    await source.push(wrongly, ledger.case_ref(token), f"reference-{wrong}")
                assert rig.copies(answer.marker) == 0

    async def test_a_server_that_is_away_is_a_reason_to_try_later(self, rig: Rig) -> None:
        if "offline" not in rig.can:
            pytest.skip("this rig cannot switch its server off")
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            answer = reply(rig, info.capabilities, ledger, token, "later")
            rig.offline(True)
            try:
                with pytest.raises((TryLater, OutcomeUnknown)):
                    await source.push(answer, ledger.case_ref(token), "reference-offline")
                with pytest.raises(TryLater):
                    await pull_all(source, ledger)
                with pytest.raises(TryLater):
                    async with opened(rig, ledger):
                        pass
            finally:
                rig.offline(False)
        assert rig.copies(answer.marker) == 0
        async with opened(rig, ledger) as (source, _):
            await source.push(answer, ledger.case_ref(token), "reference-offline")
        assert rig.copies(answer.marker) == 1

    async def test_an_operation_on_what_is_gone_ends_in_an_error_of_ours(self, rig: Rig) -> None:
        gone = CaseRef(id=1, conversation="no-such-conversation", places=(("INBOX", "1:999999"),), incoming=())
        async with opened(rig, Ledger()) as (source, info):
            for kind in sorted(info.capabilities.operations - {"reply"}):
                with contextlib.suppress(SourceError):  # anything else fails the test
                    await source.push(sample(kind), gone, f"reference-gone-{kind}")
