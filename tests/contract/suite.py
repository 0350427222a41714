"""What every source promises (``agent_tui.sources.base``), checked against a real or a played server.

Subclass ``SourceContract`` in a test module and give it a fixture ``rig`` (see ``tests.contract.rig``).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import OutcomeUnknown, SourceError, TryLater, Unsupported
from agent_tui.domain.model import Address, Batch, CaseRef, CaseState, Direction, Priority, Visibility
from agent_tui.domain.operations import (
    KINDS,
    Assign,
    Delete,
    MarkRead,
    Merge,
    Note,
    Operation,
    Rejoin,
    Reply,
    SetCustomer,
    SetPriority,
    SetState,
    Snooze,
    Split,
    Star,
    Tag,
)
from agent_tui.sources.base import Found, Source, SourceInfo, Want
from tests.contract.ledger import Ledger
from tests.contract.rig import Rig, View

CREATED_AT = 1_790_000_000_000
FAR_AWAY = 4_000_000_000_000
ROUNDS = 200  # more pulls than any honest source needs to come to an end here
HINT_S = 20.0
HOSTILE = "Hi \x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b2J \u202egnp.exe\u202c \x00\x08\u2066x\u2069 end"
numbers = itertools.count(1)


def marker() -> str:
    return f"contract.{next(numbers)}.{id(object())}@tamarind.example"


@contextlib.asynccontextmanager
async def opened(rig: Rig, ledger: Ledger) -> AsyncIterator[tuple[Source, SourceInfo]]:
    source = rig.build(ledger)
    try:
        yield source, await source.open()
    finally:
        await source.close()


async def pull_all(source: Source, ledger: Ledger, budget: int = 1000) -> list[Batch]:
    """Rounds of pulling until the source has no more."""
    batches: list[Batch] = []
    for _ in range(ROUNDS):
        before = len(batches)
        async for batch in source.pull(ledger.cursor, budget):
            ledger.apply(batch)
            batches.append(batch)
        if len(batches) == before or not batches[-1].more:
            return batches
    pytest.fail(f"no end after {ROUNDS} rounds of pulling")


def reply(rig: Rig, capabilities: Capabilities, ledger: Ledger, token: str, text: str, mark: str = "") -> Reply:
    asked = [m for m in ledger.of(token) if m.direction is Direction.IN][-1]
    visibility = min(capabilities.visibilities - {Visibility.NOTE})
    return Reply(
        text=text,
        visibility=visibility,
        marker=mark or marker(),
        created_at=CREATED_AT,
        sender=rig.me,
        to=(rig.customer(token),),
        subject=f"Re: {asked.subject}",
        in_reply_to=asked.thread_ids[0] if asked.thread_ids else "",
        references=tuple(reversed(asked.thread_ids)),
        answered=(asked.container, asked.ref),
    )


def sample(kind: str) -> Operation:
    """Some operation of each kind, for refusing."""
    somebody = Address("Robin", "robin@mail.example")
    samples: dict[str, Operation] = {
        "reply": Reply(text="x", visibility=Visibility.PRIVATE, marker=marker(), created_at=1, sender=somebody, to=(somebody,)),
        "note": Note(text="x", marker=marker(), created_at=1, author=somebody),
        "state": SetState(state=CaseState.CLOSED),
        "snooze": Snooze(until=FAR_AWAY),
        "assign": Assign(assignee="x"),
        "tag": Tag(add=("x",)),
        "priority": SetPriority(priority=Priority.HIGH),
        "read": MarkRead(read=True),
        "star": Star(starred=True),
        "delete": Delete(),
        "merge": Merge(into=2),
        "split": Split(case=2, keys=("x",)),
        "rejoin": Rejoin(case=2),
        "customer": SetCustomer(customer=somebody),
    }
    return samples[kind]


def strings(value: Any) -> list[str]:
    """Every string anywhere inside a value."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [text for f in fields(value) for text in strings(getattr(value, f.name))]
    if isinstance(value, tuple | list | frozenset | set):
        return [text for one in value for text in strings(one)]
    return []


def unsafe(text: str) -> list[str]:
    return [
        f"U+{ord(c):04X}"
        for c in text
        if (unicodedata.category(c) == "Cc" and c not in "\n\t") or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ]


class SourceContract:
    """The suite. Each test has a server of its own, or at least conversations of its own."""

    async def test_it_says_who_it_is_and_closes_twice(self, rig: Rig) -> None:
        source = rig.build(Ledger())
        info = await source.open()
        assert isinstance(info.capabilities, Capabilities)
        assert info.account
        assert info.capabilities.operations <= set(KINDS)
        await source.close()
        await source.close()

    async def test_a_secret_is_in_no_representation(self, rig: Rig) -> None:
        if not rig.secret:
            pytest.skip("this account has no secret")
        async with opened(rig, Ledger()) as (source, info):
            for shown in (repr(source), str(source), repr(info), repr(vars(source) if hasattr(source, "__dict__") else "")):
                assert rig.secret not in shown

    async def test_the_first_pull_brings_everything_newest_first(self, rig: Rig) -> None:
        tokens = [rig.customer_writes(f"question number {n}") for n in range(5)]
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            batches = await pull_all(source, ledger)
        for number, token in enumerate(tokens):
            assert [f"question number {number}" in m.text for m in ledger.of(token)] == [True]
        arrived: dict[str, list[int]] = {}
        for batch in batches:
            in_batch: dict[str, list[int]] = {}
            for message in batch.messages:
                in_batch.setdefault(message.container, []).append(message.received_at)
            for container, times in in_batch.items():
                arrived.setdefault(container, []).append(max(times))
        for times in arrived.values():
            assert times == sorted(times, reverse=True)

    async def test_a_small_budget_brings_the_newest_message_before_the_oldest(self, rig: Rig) -> None:
        tokens = [rig.customer_writes(f"question number {n}") for n in range(6)]
        ledger = Ledger()
        order: list[str] = []
        async with opened(rig, ledger) as (source, _):
            for _ in range(ROUNDS):
                more = False
                async for batch in source.pull(ledger.cursor, 2):
                    ledger.apply(batch)
                    more = batch.more
                    order += [t for t in tokens if t not in order and ledger.of(t)]
                if not more:
                    break
        assert set(order) == set(tokens)
        assert order.index(tokens[-1]) < order.index(tokens[0])

    async def test_reading_can_stop_after_any_batch_and_go_on_with_a_new_source(self, rig: Rig) -> None:
        for number in range(7):
            rig.customer_writes(f"question number {number}")
        straight, broken = Ledger(), Ledger()
        async with opened(rig, straight) as (source, _):
            await pull_all(source, straight)
        for _ in range(ROUNDS):
            more = False
            async with opened(rig, broken) as (source, _):
                async for batch in source.pull(broken.cursor, 2):
                    broken.apply(batch)
                    more = batch.more
                    break  # killed here
            if not more:
                break
        assert broken.state() == straight.state()

    async def test_any_batch_may_come_twice(self, rig: Rig) -> None:
        token = rig.customer_writes("first")
        for number in range(3):
            rig.customer_writes(f"another {number}")
        ledger = Ledger()
        before: list[Ledger] = []
        async with opened(rig, ledger) as (source, _):
            for step in range(2):
                for _ in range(ROUNDS):
                    more = False
                    async for batch in source.pull(ledger.cursor, 2):
                        before.append(ledger.copy())
                        ledger.apply(batch)
                        more = batch.more
                    if not more:
                        break
                if not step:
                    rig.customer_writes("second", token=token)
        for then in before:
            again = ledger.copy()
            again.cursor = then.cursor
            async with opened(rig, again) as (source, _):
                await pull_all(source, again, budget=3)
            assert again.state() == ledger.state()

    async def test_keys_and_places_do_not_change(self, rig: Rig) -> None:
        for number in range(3):
            rig.customer_writes(f"question number {number}")
        seen = []
        for _ in range(2):
            ledger = Ledger()
            async with opened(rig, ledger) as (source, _):
                await pull_all(source, ledger)
            seen.append({place: (m.key, m.conversation, m.thread_ids) for place, m in ledger.messages.items()})
        assert seen[0] == seen[1]
        assert all(key for key, _, _ in seen[0].values())

    async def test_a_later_pull_brings_what_is_new_and_not_the_rest(self, rig: Rig) -> None:
        for number in range(4):
            rig.customer_writes(f"question number {number}")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            token = rig.customer_writes("something new")
            batches = await pull_all(source, ledger)
            brought = [m for batch in batches for m in batch.messages]
            assert [m.text.strip() for m in brought] == ["something new"]
            assert ledger.of(token)
            assert not [m for batch in await pull_all(source, ledger) for m in batch.messages]

    async def test_an_answer_joins_its_conversation(self, rig: Rig) -> None:
        token = rig.customer_writes("first")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            rig.customer_writes("second", token=token)
            await pull_all(source, ledger)
        assert [m.text.split()[0] for m in ledger.of(token)] == ["first", "second"]

    async def test_one_bad_item_does_not_stop_the_rest(self, rig: Rig) -> None:
        if "damage" not in rig.can:
            pytest.skip("nothing on this server can be damaged")
        before = rig.customer_writes("before")
        rig.damage()
        after = rig.customer_writes("after")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
        assert ledger.of(before)
        assert ledger.of(after)
        assert all(item.reason for item in ledger.bad.values())
        assert ledger.bad or any(m.warning for m in ledger.messages.values())

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
            expected = _sure(info.capabilities, Found.ABSENT)
            assert (await source.find(answer, case, "reference-find")).found in expected
            assert rig.copies(answer.marker) == 0
            await source.push(answer, case, "reference-find")
            expected = _sure(info.capabilities, Found.FOUND)
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
        assert found in _sure(info.capabilities, Found.FOUND if committed else Found.ABSENT)

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

    async def _do(self, rig: Rig, kind: str, *operations: Operation) -> list[tuple[View, View]]:
        """Push operations of a kind one after the other, each twice; after each, how server and pull see it."""
        token = rig.customer_writes("hello")
        ledger = Ledger()
        views = []
        async with opened(rig, ledger) as (source, info):
            if not info.capabilities.carries(kind):
                pytest.skip(f"this server holds no '{kind}'")
            await pull_all(source, ledger)
            for operation in operations:
                reference = f"reference-{kind}-{next(numbers)}"
                for _ in range(1 if kind in ("note", "delete") else 2):
                    await source.push(operation, ledger.case_ref(token), reference)
                    await pull_all(source, ledger)
                views.append((rig.view(token), ledger.view(token)))
        return views

    async def test_closing_and_opening_again(self, rig: Rig) -> None:
        views = await self._do(rig, "state", SetState(state=CaseState.CLOSED), SetState(state=CaseState.OPEN))
        assert [(there.closed, here.closed) for there, here in views] == [(True, True), (False, False)]

    async def test_spam_and_back(self, rig: Rig) -> None:
        views = await self._do(rig, "state", SetState(state=CaseState.SPAM), SetState(state=CaseState.OPEN))
        assert [(there.spam, here.spam) for there, here in views] == [(True, True), (False, False)]

    async def test_a_customer_who_writes_again_opens_a_closed_case(self, rig: Rig) -> None:
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            if not info.capabilities.carries("state"):
                pytest.skip("this server holds no state")
            await pull_all(source, ledger)
            await source.push(SetState(state=CaseState.CLOSED), ledger.case_ref(token), "reference-close")
            rig.customer_writes("one more thing", token=token)
            await pull_all(source, ledger)
        assert ledger.view(token).closed is False

    async def test_tags(self, rig: Rig) -> None:
        views = await self._do(rig, "tag", Tag(add=("refund", "vip")), Tag(add=("late",), remove=("vip",)))
        expected = [{"refund", "vip"}, {"refund", "late"}]
        assert [there.tags for there, _ in views] == expected
        assert [here.tags for _, here in views] == expected

    async def test_assigning_and_nobody(self, rig: Rig) -> None:
        handles = ("asha@tamarind.example", "marek@tamarind.example", None)
        views = await self._do(rig, "assign", *(Assign(assignee=handle) for handle in handles))
        assert [there.assignee or None for there, _ in views] == list(handles)
        assert [here.assignee or None for _, here in views] == list(handles)

    async def test_priority(self, rig: Rig) -> None:
        views = await self._do(rig, "priority", SetPriority(priority=Priority.URGENT), SetPriority(priority=Priority.LOW))
        assert [(there.priority, here.priority) for there, here in views] == [("urgent", "urgent"), ("low", "low")]

    async def test_read_and_unread(self, rig: Rig) -> None:
        views = await self._do(rig, "read", MarkRead(read=True), MarkRead(read=False))
        assert [(there.seen, here.seen) for there, here in views] == [(True, True), (False, False)]

    async def test_star_and_none(self, rig: Rig) -> None:
        views = await self._do(rig, "star", Star(starred=True), Star(starred=False))
        assert [(there.starred, here.starred) for there, here in views] == [(True, True), (False, False)]

    async def test_snoozing_and_waking(self, rig: Rig) -> None:
        views = await self._do(rig, "snooze", Snooze(until=FAR_AWAY), Snooze(until=1))
        assert [(there.snoozed, here.snoozed) for there, here in views] == [(True, True), (False, False)]

    async def test_deleting(self, rig: Rig) -> None:
        views = await self._do(rig, "delete", Delete())
        assert [(there.texts, here.texts) for there, here in views] == [((), ())]

    async def test_a_note_is_never_for_the_customer(self, rig: Rig) -> None:
        note = Note(text="only for us", marker=marker(), created_at=CREATED_AT, author=rig.me)
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            if not info.capabilities.carries("note"):
                pytest.skip("this server holds no notes")
            await pull_all(source, ledger)
            await source.push(note, ledger.case_ref(token), "reference-note")
            await pull_all(source, ledger)
        assert rig.view(token).notes == ("only for us",)
        ours = [m for m in ledger.of(token) if m.direction is Direction.OUT]
        assert [(m.visibility, m.marker) for m in ours] == [(Visibility.NOTE, note.marker)]

    async def test_every_message_says_who_can_read_it(self, rig: Rig) -> None:
        rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            allowed = info.capabilities.visibilities | {Visibility.NOTE}
        assert {m.visibility for m in ledger.messages.values()} <= allowed
        assert ledger.messages

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

    async def test_what_another_program_does_is_seen(self, rig: Rig) -> None:
        if "colleague" not in rig.can:
            pytest.skip("no second program")
        token = rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            rig.answer_elsewhere(token, "answered by a colleague")
            rig.close_elsewhere(token)
            await pull_all(source, ledger)
        ours = [m.text.strip() for m in ledger.of(token) if m.direction is Direction.OUT]
        assert ours == ["answered by a colleague"]
        assert ledger.view(token).closed

    async def test_what_is_taken_away_is_gone(self, rig: Rig) -> None:
        kept, lost = rig.customer_writes("stays"), rig.customer_writes("goes")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            assert ledger.of(lost)
            rig.erase(lost)
            await pull_all(source, ledger)
            assert not ledger.of(lost)
            assert ledger.of(kept)

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

    async def test_nothing_from_outside_can_steer_a_terminal(self, rig: Rig) -> None:
        files = [("evil\x1b]0;x\x07\u202egnp.txt", "text/plain", b"harmless")] if "files" in rig.can else []
        token = rig.customer_writes(HOSTILE, name=HOSTILE, subject=HOSTILE, files=files)
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            places = [(m.container, m.ref) for m in ledger.of(token)]
            fetched = await source.fetch(tuple(Want(*place) for place in places))
        assert places
        for value in (*ledger.messages.values(), *ledger.cases.values(), *fetched.messages):
            for text in strings(value):
                assert not unsafe(text), repr(text)
        for message in ledger.of(token):
            assert "end" in message.text
            assert "\n" not in message.subject + message.author.name
            assert all("/" not in a.name and a.name for a in message.attachments)

    async def test_attachments_are_fetched_as_they_were(self, rig: Rig) -> None:
        if "files" not in rig.can:
            pytest.skip("this server carries no files")
        content = bytes(range(256)) * 40
        token = rig.customer_writes("see attached", files=[("ছবি photo.bin", "application/octet-stream", content)])
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            (message,) = ledger.of(token)
            (attachment,) = message.attachments
            assert attachment.name == "ছবি photo.bin"
            want = Want(message.container, message.ref, attachment.part)
            fetched = await source.fetch((want, Want(message.container, "999999:999999")))
        assert fetched.parts is not None
        path = fetched.parts[message.container, message.ref, attachment.part]
        assert path.read_bytes() == content
        assert (message.container, "999999:999999") in fetched.missing

    async def test_a_message_is_fetched_whole(self, rig: Rig) -> None:
        token = rig.customer_writes("all of it")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            (message,) = ledger.of(token)
            fetched = await source.fetch((Want(message.container, message.ref),))
        assert [(m.key, m.text.strip(), m.complete) for m in fetched.messages] == [(message.key, "all of it", True)]

    async def test_a_change_is_hinted_at(self, rig: Rig) -> None:
        rig.customer_writes("before")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            if not info.capabilities.live:
                pytest.skip("this source is polled")
            await pull_all(source, ledger)
            token = ""
            hints = source.hints()
            waiting = asyncio.ensure_future(anext(hints))
            try:
                async with asyncio.timeout(HINT_S):
                    await asyncio.sleep(0.2)
                    token = rig.customer_writes("now")
                    while not ledger.of(token):
                        await waiting
                        await pull_all(source, ledger)
                        if not ledger.of(token):
                            waiting = asyncio.ensure_future(anext(hints))
            finally:
                waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, SourceError):
                    await waiting
                await hints.aclose()  # type: ignore[attr-defined]
        assert ledger.of(token)

    async def test_an_operation_on_what_is_gone_ends_in_an_error_of_ours(self, rig: Rig) -> None:
        gone = CaseRef(id=1, conversation="no-such-conversation", places=(("INBOX", "1:999999"),), incoming=())
        async with opened(rig, Ledger()) as (source, info):
            for kind in sorted(info.capabilities.operations - {"reply"}):
                with contextlib.suppress(SourceError):  # anything else fails the test
                    await source.push(sample(kind), gone, f"reference-gone-{kind}")


def _sure(capabilities: Capabilities, truth: Found) -> set[Found]:
    """The answers that ``find`` may give where ``truth`` is so."""
    if capabilities.find is Finding.EXACT:
        return {truth}
    return {truth, Found.CANNOT_TELL} if capabilities.find is Finding.WHERE_FILED else {Found.CANNOT_TELL}
