"""What a source promises of pulling, fetching and hinting."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from agent_tui.domain.capabilities import Capabilities
from agent_tui.domain.errors import SourceError
from agent_tui.domain.model import Direction, Role, Visibility
from agent_tui.domain.operations import (
    KINDS,
)
from agent_tui.sources.base import Want
from tests.contract.ledger import Ledger
from tests.contract.rig import Rig
from tests.contract.steps import (
    HINT_S,
    HOSTILE,
    ROUNDS,
    opened,
    pull_all,
    strings,
    unsafe,
)


class ReadingContract:
    """Each test has a server of its own, or at least conversations of its own."""

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

    async def test_what_comes_in_during_the_first_pull_does_not_end_it(self, rig: Rig) -> None:
        tokens = [rig.customer_writes(f"question number {number}") for number in range(6)]
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            async for batch in source.pull(ledger.cursor, 2):
                ledger.apply(batch)
                break
            tokens.append(rig.customer_writes("in between"))
            await pull_all(source, ledger, budget=2)
        assert [token for token in tokens if not ledger.of(token)] == []

    async def test_a_message_that_changes_before_it_was_read_is_read(self, rig: Rig) -> None:
        if "colleague" not in rig.can:
            pytest.skip("no second program")
        ledger = Ledger()
        rig.customer_writes("before")
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            changed = rig.customer_writes("this one is closed at once")
            other = rig.customer_writes("this one is not")
            rig.close_elsewhere(changed)
            await pull_all(source, ledger, budget=1)
        assert ledger.view(changed).closed
        spoken = [[m for m in ledger.of(token) if m.author.role is not Role.SYSTEM] for token in (changed, other)]
        assert [len(one) for one in spoken] == [1, 1]

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

    async def test_every_message_says_who_can_read_it(self, rig: Rig) -> None:
        rig.customer_writes("hello")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, info):
            await pull_all(source, ledger)
            allowed = info.capabilities.visibilities | {Visibility.NOTE}
        assert {m.visibility for m in ledger.messages.values()} <= allowed
        assert ledger.messages

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
