"""What is direct messages' own: a real PDS that forwards to a simulated chat service (see ``tests.servers.bluesky_chat``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain import posts
from agent_tui.domain.errors import Conflict, OutcomeUnknown, Refused
from agent_tui.domain.model import Address, CaseRef, Direction, Visibility
from agent_tui.domain.operations import MarkRead
from agent_tui.sources.base import Found
from tests.contract.bluesky_chat_rig import BlueskyChatRig
from tests.contract.ledger import Ledger
from tests.contract.steps import opened, pull_all, reply
from tests.servers.bluesky import Network

pytestmark = pytest.mark.server("bluesky")

LONG = "ਤੁਹਾਡਾ ਪਾਰਸਲ ਅੱਜ ਭੇਜਿਆ ਜਾਵੇਗਾ। ਕਿਰਪਾ ਕਰਕੇ ਥੋੜ੍ਹੀ ਉਡੀਕ ਕਰੋ। " * 60


@pytest.fixture
def rig(bluesky_network: Network, tmp_path: Path) -> Iterator[BlueskyChatRig]:
    rig = BlueskyChatRig(bluesky_network, tmp_path)
    yield rig
    rig.close()


async def asked(rig: BlueskyChatRig, text: str = "hello") -> tuple[str, Ledger]:
    token = rig.customer_writes(text)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    return token, ledger


async def test_a_conversation_is_private_and_a_stranger_s_is_a_request(rig: BlueskyChatRig) -> None:
    token, ledger = await asked(rig)
    (message,) = ledger.of(token)
    assert (message.visibility, message.warning) == (Visibility.PRIVATE, "an answer accepts this request to begin a conversation")
    assert (ledger.cases[token].public, ledger.cases[token].subject) == (False, "Conversation with Robin Bell")
    async with opened(rig, ledger) as (source, info):
        private = reply(rig, info.capabilities, ledger, token, "yes")
        with pytest.raises(Conflict, match="private"):
            await source.push(replace(private, visibility=Visibility.PUBLIC), ledger.case_ref(token), "r")
    assert rig.chat.texts(token.removeprefix("dm:")) == ["hello"]


async def test_posts_and_messages_come_in_one_pull_and_never_mix(rig: BlueskyChatRig) -> None:
    public = rig.asks(rig.network.person("kim"), "in public")["uri"]
    rig.names[public] = "kim"
    rig.network.settle()
    token, ledger = await asked(rig, "in private")
    assert [(m.text, m.visibility) for m in ledger.of(public)] == [("in public", Visibility.PUBLIC)]
    async with opened(rig, ledger) as (source, info):
        answer = reply(rig, info.capabilities, ledger, token, "for you alone")
        with pytest.raises(Conflict, match="everybody can read"):
            await source.push(answer, ledger.case_ref(public), "r")
        await source.push(answer, ledger.case_ref(token), "r")
    assert rig.agent.records() == []


async def test_a_long_message_becomes_several_and_goes_on_where_it_stopped(rig: BlueskyChatRig) -> None:
    token, ledger = await asked(rig)
    convo, count = token.removeprefix("dm:"), len(posts.split(LONG, posts.DIRECT))
    assert count == 3
    async with opened(rig, ledger) as (source, info):
        answer, case = reply(rig, info.capabilities, ledger, token, LONG), ledger.case_ref(token)
        rig.cable.proxies["http"].cut_before = b'"part":1'
        with pytest.raises(OutcomeUnknown):
            await source.push(answer, case, "r")
    assert [one["part"] for one in rig.marks(answer.marker)] == [0]
    async with opened(rig, ledger) as (source, _):
        assert (await source.find(answer, case, "r")).found is Found.ABSENT
        await source.push(answer, case, "r")
        assert (await source.find(answer, case, "r")).found is Found.FOUND
        await source.push(answer, case, "r")
        await pull_all(source, ledger)
    assert [one["part"] for one in rig.marks(answer.marker)] == [0, 1, 2]
    assert rig.chat.texts(convo)[1:] == [part.text for part in posts.split(LONG, posts.DIRECT)]
    ours = [m for m in ledger.of(token) if m.direction is Direction.OUT]
    assert [(m.marker, m.automatic) for m in ours] == [("", True), ("", True), (answer.marker, False)]


async def test_a_service_that_drops_our_mark_leaves_the_question_to_a_person(rig: BlueskyChatRig) -> None:
    rig.chat.keeps_facets = False
    token, ledger = await asked(rig)
    async with opened(rig, ledger) as (source, info):
        answer, case = reply(rig, info.capabilities, ledger, token, "once"), ledger.case_ref(token)
        assert (await source.find(answer, case, "r")).found is Found.ABSENT
        await source.push(answer, case, "r")
        found = await source.find(answer, case, "r")
        assert (found.found, found.why) == (
            Found.CANNOT_TELL, "a message of the same words is in the conversation, and it may be this one"
        )  # fmt: skip
        await pull_all(source, ledger)
    assert [m.marker for m in ledger.of(token) if m.direction is Direction.OUT] == [answer.marker]  # we saw its id


@pytest.mark.parametrize("mode", ["new", "move"])
async def test_a_conversation_can_be_begun(rig: BlueskyChatRig, mode: str) -> None:
    _, ledger = await asked(rig)
    kim = rig.network.person("kim", shown="Kim")
    rig.chat.knows(kim, rig.agent)
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.begins
        base = reply(rig, info.capabilities, ledger, next(iter(ledger.cases)), "Let us go on here")
        begun = replace(base, mode=mode, to=(Address("Kim", kim.handle),), marker="begun", answered=None)
        nowhere = CaseRef(id=2, conversation="")
        await source.push(begun, nowhere, "r")
        assert (await source.find(begun, nowhere, "r")).found is Found.FOUND
        with pytest.raises(Refused):
            await source.push(replace(begun, to=(Address("", "nobody.test"),), marker="other"), nowhere, "r")
        await pull_all(source, ledger)
    assert [m.text for m in ledger.messages.values() if m.marker == "begun"] == ["Let us go on here"]


async def test_what_is_deleted_is_gone_and_the_rest_stays(rig: BlueskyChatRig) -> None:
    token, ledger = await asked(rig, "one")
    rig.customer_writes("two", token=token)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.chat.deletes(token.removeprefix("dm:"), rig.agent.did, "one")
        await pull_all(source, ledger)
    assert [m.text for m in ledger.of(token)] == ["two"]


async def test_long_conversations_are_read_in_pages_and_on_from_where_it_stopped(rig: BlueskyChatRig) -> None:
    token = rig.customer_writes("message 0")
    for number in range(1, 25):
        rig.customer_writes(f"message {number}", token=token)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        async for batch in source.pull(ledger.cursor, 7):
            ledger.apply(batch)
    rig.customer_writes("message 25", token=token)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger, budget=7)
    assert [m.text for m in ledger.of(token)] == [f"message {number}" for number in range(26)]


async def test_what_was_read_is_told_as_far_as_it_was_read(rig: BlueskyChatRig) -> None:
    token, ledger = await asked(rig, "one")
    rig.customer_writes("two", token=token)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        first = next(place for place, m in ledger.messages.items() if m.text == "one")
        await source.push(MarkRead(read=True, places=(first,)), ledger.case_ref(token), "r")
        await pull_all(source, ledger)
    assert rig.chat.unread(token.removeprefix("dm:"), rig.agent.did) == 1
    assert {m.text: "seen" in m.marks for m in ledger.of(token)} == {"one": True, "two": False}


async def test_an_app_password_without_the_right_reads_posts_and_says_what_is_missing(rig: BlueskyChatRig) -> None:
    token = rig.customer_writes("unseen")
    public = rig.asks(rig.network.person("kim"), "seen")["uri"]
    rig.network.settle()
    rig.secret = rig.password = rig.agent.app_password()
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
    assert not ledger.of(token)
    assert ledger.of(public)
    assert info.capabilities.visibilities == {Visibility.PUBLIC}
    assert any("make an app password that allows them" in one for one in info.capabilities.limits)
