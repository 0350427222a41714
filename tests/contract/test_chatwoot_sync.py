"""Reading Chatwoot whatever happens on the way: nothing is missed, nothing comes twice (simulated server)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from agent_tui.domain.errors import AuthenticationError, Refused, TryLater
from agent_tui.domain.model import Batch, CaseState, Marks, Role, Visibility
from agent_tui.domain.operations import Assign, MarkRead
from agent_tui.sources.base import Hint, ShowsTyping, Source
from tests.contract.chatwoot_rig import START_S, ChatwootRig
from tests.contract.ledger import Ledger
from tests.contract.steps import opened, pull_all
from tests.servers.http_server import Response, as_json, as_text, redirect

HINT_S = 20.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ChatwootRig]:
    rig = ChatwootRig(tmp_path)
    yield rig
    rig.there.close()


def many(rig: ChatwootRig, count: int, *, a_second: int = 7, token: str = "") -> tuple[str, list[str]]:
    """A conversation of many messages, several in each second, with those of others in between."""
    token = token or rig.customer_writes("message 0")
    for at in range(1, count):
        if at % a_second == 0:
            rig.time += 1
            next(rig.there.numbers)
        rig.there.write(int(token), f"message {at}")
    return token, [str(one.id) for one in rig.there.of(int(token))]


def keys(ledger: Ledger, token: str) -> list[str]:
    return sorted((m.key for m in ledger.of(token)), key=int)


def assert_seconds_in_order(batches: list[Batch]) -> None:
    """Messages of one second are told apart by the order in which they come, so that has to be the order of writing."""
    come: dict[tuple[str, int], list[int]] = {}
    for batch in batches:
        for message in batch.messages:
            come.setdefault((message.container, message.received_at), []).append(int(message.key))
    assert [one for one in come.values() if one != sorted(one)] == []


async def test_messages_of_one_second_keep_their_order(rig: ChatwootRig) -> None:
    for count, budget in ((3, 1000), (19, 1000), (57, 1000), (500, 1000), (300, 30)):
        many(rig, count)
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            batches = await pull_all(source, ledger, budget=budget)
        assert len(ledger.messages) == len(rig.there.messages)
        assert_seconds_in_order(batches)


async def test_ten_thousand_messages_come_whole_and_newest_first(rig: ChatwootRig) -> None:
    token, every = many(rig, 10_000)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        before = len(rig.there.server.requests)
        batches = await pull_all(source, ledger)
    assert keys(ledger, token) == every
    assert all(len(one.messages) <= 100 for one in batches)
    newest = [int(batch.messages[-1].key) for batch in batches if batch.messages]
    assert newest == sorted(newest, reverse=True)
    assert_seconds_in_order(batches)
    assert len(rig.there.server.requests) - before < 60


async def test_a_server_that_restarts_in_the_middle_is_read_on_where_it_was(rig: ChatwootRig) -> None:
    token, every = many(rig, 900)
    others = [rig.customer_writes(f"another {n}") for n in range(40)]
    ledger = Ledger()
    for _ in range(200):
        more = True
        async with opened(rig, ledger) as (source, _):
            with contextlib.suppress(TryLater):
                async for batch in source.pull(ledger.cursor, 150):
                    ledger.apply(batch)
                    more = batch.more
                    rig.there.server.stop()
        rig.there.server.start()
        if not more:
            break
    assert keys(ledger, token) == every
    assert all(ledger.of(one) for one in others)


async def test_a_long_conversation_that_goes_on_while_it_is_read_is_read_to_its_beginning(rig: ChatwootRig) -> None:
    rig.customer_writes("older than all")
    token, _ = many(rig, 700)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        async for batch in source.pull("", 100):
            ledger.apply(batch)
            break
        rig.customer_writes("one more", token=token)
        await pull_all(source, ledger, budget=100)
    assert keys(ledger, token) == [str(one.id) for one in rig.there.of(int(token))]
    assert len(ledger.messages) == len(rig.there.messages)


async def test_a_conversation_that_goes_from_the_list_hides_no_other(rig: ChatwootRig) -> None:
    tokens = [rig.customer_writes(f"question {n}") for n in range(90)]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        async for batch in source.pull("", 60):
            ledger.apply(batch)
        for gone in tokens[-30:]:
            del rig.there.conversations[int(gone)]
        await pull_all(source, ledger)
    assert [one for one in tokens[:60] if not ledger.of(one)] == []


async def test_what_is_committed_late_under_an_earlier_number_is_seen(rig: ChatwootRig) -> None:
    token = rig.customer_writes("first")
    reserved = next(rig.there.numbers)
    rig.customer_writes("second", token=token)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        late = rig.there.write(int(token), "late")
        rig.there.messages[reserved] = rig.there.messages.pop(late.id)
        rig.there.messages[reserved].id = reserved
        await pull_all(source, ledger)
    assert sorted(m.text for m in ledger.of(token)) == ["first", "late", "second"]


async def test_messages_of_one_second_are_all_brought_by_a_change_too(rig: ChatwootRig) -> None:
    token = rig.customer_writes("message 0")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        many(rig, 1500, a_second=1200, token=token)
        batches = await pull_all(source, ledger)
    assert keys(ledger, token) == [str(one.id) for one in rig.there.of(int(token))]
    assert sum(len(one.messages) for one in batches) == 1499


async def test_a_killed_catch_up_leaves_no_hole(rig: ChatwootRig) -> None:
    token = rig.customer_writes("message 0")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    many(rig, 500, token=token)
    for _ in range(100):
        more = True
        async with opened(rig, ledger) as (source, _):
            async for batch in source.pull(ledger.cursor, 1000):
                ledger.apply(batch)
                more = batch.more
                break
        if not more:
            break
    assert keys(ledger, token) == [str(one.id) for one in rig.there.of(int(token))]


async def test_after_a_long_absence_the_list_is_walked(rig: ChatwootRig) -> None:
    tokens = [rig.customer_writes(f"question {n}") for n in range(60)]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    rig.time += 3 * 86_400
    for token in tokens[:30]:
        rig.customer_writes("again", token=token)
    rig.time += 3 * 86_400
    async with opened(rig, ledger) as (source, _):
        batches = await pull_all(source, ledger)
    assert [m.text for batch in batches for m in batch.messages] == ["again"] * 30
    within = [int(one.first("updated_within")) for one in rig.there.server.requests if one.first("updated_within")]
    assert max(within) < 86_400 + 600


async def test_every_state_of_a_conversation_is_known(rig: ChatwootRig) -> None:
    tokens = [rig.customer_writes("hello") for _ in range(4)]
    until = START_S + 9000
    for token, status in zip(tokens, ("open", "resolved", "pending", "snoozed"), strict=True):
        rig.there.set_status(int(token), status, until=until)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    states = [(ledger.cases[one].state, ledger.cases[one].snoozed_until) for one in tokens]
    assert states == [
        (CaseState.OPEN, None), (CaseState.CLOSED, None), (CaseState.SNOOZED, None), (CaseState.SNOOZED, int(until * 1000)),
    ]  # fmt: skip


async def test_only_the_inboxes_that_were_named_are_followed(rig: ChatwootRig) -> None:
    kept, other = rig.customer_writes("kept"), rig.customer_writes("other")
    rig.there.conversations[int(other)].inbox = rig.there.inboxes[1]
    for chosen in ((1,), ("tamarind WEBSITE",)):
        rig.inboxes = chosen
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            await pull_all(source, ledger)
            rig.customer_writes("more", token=other)
            rig.customer_writes("more", token=kept)
            await pull_all(source, ledger)
        assert ledger.of(kept)
        assert not ledger.of(other)
    rig.inboxes = ("Nowhere",)
    with pytest.raises(Refused, match=r"Nowhere.*Tamarind website \(1\)"):
        async with opened(rig, Ledger()):
            pass


async def test_activities_and_greetings_are_no_answer_and_no_question(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    rig.there.set_status(int(token), "pending")
    rig.there._add(rig.there.conversations[int(token)], 3, "Give the team a way to reach you.", None)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    _, activity, greeting = ledger.of(token)
    assert (activity.author.role, activity.visibility, activity.automatic) == (Role.SYSTEM, Visibility.NOTE, True)
    assert Marks.SEEN in activity.marks
    assert (greeting.author.role, greeting.automatic) == (Role.BOT, True)


async def test_who_the_customer_is_stands_with_what_they_wrote(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    (message,) = ledger.of(token)
    assert (message.author.name, message.author.address) == ("Robin Bell", "robin@mail.example")
    assert ("Phone", "+919999999999") in message.headers


async def test_what_colleagues_have_read_is_read_here(rig: ChatwootRig) -> None:
    token, _ = many(rig, 150)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert not any(Marks.SEEN in m.marks for m in ledger.of(token))
        case = ledger.case_ref(token)
        receipt = await source.push(MarkRead(read=True), case, "reference")
        assert receipt.marks == dict.fromkeys(case.incoming, frozenset({Marks.SEEN}))
        await pull_all(source, ledger)
    assert all(Marks.SEEN in m.marks for m in ledger.of(token))


async def test_a_conversation_that_was_deleted_goes_when_something_touches_it(rig: ChatwootRig) -> None:
    token, kept = rig.customer_writes("goes"), rig.customer_writes("stays")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        del rig.there.conversations[int(token)]
        with pytest.raises(Refused):
            await source.push(Assign(assignee=None), ledger.case_ref(token), "reference")
        await pull_all(source, ledger)
    assert not ledger.of(token)
    assert ledger.of(kept)


# --- a server that has its own ideas --------------------------------------------------------------------------------

LATER = format_datetime(datetime.fromtimestamp(START_S + 90, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (as_text("Retry later", 429), 60_000),  # rack-attack: nothing said
        (as_text("Retry later\n", 429, {"retry-after": "7"}), 7_000),
        (as_text("Retry later", 429, {"retry-after": "0.5"}), 500),
        (as_text("Retry later", 429, {"retry-after": LATER}), 89_000),
        (as_json({"error": "slow down"}, 429), 60_000),
        (Response(429), 60_000),
    ],
)
async def test_a_limit_is_waited_out_in_whatever_shape_it_comes(rig: ChatwootRig, answer: Response, wait: int) -> None:
    rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        rig.there.server.fault(path="/conversations", answer=answer)
        with pytest.raises(TryLater) as caught:
            await pull_all(source, ledger)
        assert caught.value.retry_after_ms == wait
        await pull_all(source, ledger)
    assert ledger.messages


@pytest.mark.parametrize(
    "answer",
    [as_text("<html>Log in to the hotel</html>", 200, {"content-type": "text/html"}), redirect("https://hotel.example/"),
     as_text("bad gateway", 502), as_json([], 500), Response(503)],
)  # fmt: skip
async def test_what_is_not_chatwoots_own_answer_is_no_answer(rig: ChatwootRig, answer: Response) -> None:
    rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        rig.there.server.fault(path="/conversations", answer=answer)
        with pytest.raises((TryLater, Refused)):
            await pull_all(source, ledger)
        assert not ledger.messages
        await pull_all(source, ledger)
    assert ledger.messages


async def test_a_slow_server_and_one_that_breaks_off_are_read_all_the_same(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        rig.there.server.fault(path="/conversations", delay_s=0.3, times=2)
        rig.there.server.fault(path="/messages", half=True)
        await pull_all(source, ledger)
    assert ledger.of(token)


async def test_a_token_that_was_renewed_is_taken_up_on_the_way(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.there.token = "tok-2-also-secret"
        with pytest.raises(AuthenticationError, match="underscores_in_headers"):
            await pull_all(source, ledger)
        rig.secret = rig.there.token
        rig.customer_writes("more", token=token)
        await pull_all(source, ledger)
    assert len(ledger.of(token)) == 2


async def test_a_401_for_one_thing_is_not_taken_for_a_bad_token(rig: ChatwootRig) -> None:
    token = rig.customer_writes("hello")
    words = {"error": "You are not authorized to do this action"}
    async with opened(rig, Ledger()) as (source, _):
        rig.there.server.fault(method="POST", path="/assignments", answer=as_json(words, 401))
        with pytest.raises(Refused, match="member of the inbox"):
            await source.push(Assign(assignee=None), rig.case(token), "reference")


async def test_a_wrong_account_and_a_server_that_is_none_are_said_in_words(rig: ChatwootRig) -> None:
    rig.there.server.fault(path="/profile", answer=as_json({"hello": "world"}))
    with pytest.raises(Refused, match="check url"):
        async with opened(rig, Ledger()):
            pass
    rig.account = 8
    with pytest.raises(Refused, match="in no account 8 but in 7"):
        async with opened(rig, Ledger()):
            pass


# --- hostile words --------------------------------------------------------------------------------------------------


async def test_a_line_of_a_megabyte_and_invisible_letters_are_read(rig: ChatwootRig) -> None:
    token = rig.customer_writes("x" * 1_000_000)
    rig.customer_writes("a\u200b\u202eb\u2066\u00ad\ufeffc\x1b[2J\x9b3Jd", token=token)
    rig.there.of(int(token))[0].content_attributes["email"] = {"subject": ["not", "text"], "to": 7, "text_content": "?"}
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert [len(m.text) for m in ledger.of(token)] == [1_000_000, 4]


# --- live news ------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def listening(rig: ChatwootRig, source: Source):
    """Hints as they come, in a queue; begins when the server has taken the subscription."""
    heard: asyncio.Queue[Hint] = asyncio.Queue()

    async def listen() -> None:
        async for hint in source.hints():
            heard.put_nowait(hint)

    task = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(HINT_S):
            await heard.get()
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_events_are_hints_however_often_and_in_whatever_order_they_come(rig: ChatwootRig) -> None:
    token = rig.customer_writes("first")
    ledger, straight = Ledger(), Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        async with listening(rig, source) as heard, asyncio.timeout(HINT_S):
            rig.there.mute_cable = True
            made = [rig.there.write(int(token), f"message {n}") for n in range(5)]
            for message in [*reversed(made), *made]:
                rig.there.broadcast("message.created", rig.there.event(message))
            for _ in range(10):
                assert (await heard.get()).container == token
                await pull_all(source, ledger)
    async with opened(rig, straight) as (source, _):
        await pull_all(source, straight)
    assert ledger.state() == straight.state()
    assert len(ledger.of(token)) == 6


async def test_what_passes_while_nobody_listens_is_pulled(rig: ChatwootRig) -> None:
    token = rig.customer_writes("first")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        async with listening(rig, source) as heard, asyncio.timeout(HINT_S):
            rig.there.mute_cable = True
            rig.customer_writes("in the gap", token=token)
            rig.there.mute_cable = False
            rig.there.cable.drop()
            await heard.get()  # it looks by itself as soon as the connection is gone
            await pull_all(source, ledger)
    assert [m.text for m in ledger.of(token)] == ["first", "in the gap"]


async def test_a_customer_is_seen_typing_and_a_colleague_is_not(rig: ChatwootRig) -> None:
    token = rig.customer_writes("first")
    async with opened(rig, Ledger()) as (source, _):
        async with listening(rig, source) as heard, asyncio.timeout(HINT_S):
            colleague = {"id": 2, "name": "Marek", "type": "user"}
            data = {"conversation": {"id": int(token)}, "user": colleague}
            rig.there.broadcast("conversation.typing_on", data)
            rig.there.broadcast("presence.update", {"users": {}})
            rig.there.type_as_customer(int(token))
            hint = await heard.get()
        assert isinstance(source, ShowsTyping)
        await source.typing(token, True)
    assert (hint.container, hint.typing) == (token, "Robin Bell")
    assert rig.there.typing == [(int(token), "on", False)]


async def test_reading_elsewhere_is_seen_when_the_cable_names_the_conversation(rig: ChatwootRig) -> None:
    token = rig.customer_writes("first")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        async with listening(rig, source) as heard, asyncio.timeout(HINT_S):
            case = rig.there.conversations[int(token)]
            case.agent_last_seen_at = rig.time
            rig.there.broadcast("conversation.read", rig.there.show(case))
            await heard.get()
            await pull_all(source, ledger)
    assert all(Marks.SEEN in m.marks for m in ledger.of(token))


async def test_without_a_websocket_it_looks_again_and_again(rig: ChatwootRig, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent_tui.sources.chatwoot import source as module

    monkeypatch.setattr(module, "WITHOUT_NEWS_S", 0.01)
    rig.there.server.fault(path="/cable", answer=Response(403), times=1000)
    async with opened(rig, Ledger()) as (source, _), listening(rig, source) as heard, asyncio.timeout(HINT_S):
        for _ in range(30):
            assert await heard.get() == Hint()
