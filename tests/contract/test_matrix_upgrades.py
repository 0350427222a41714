"""Rooms that go on elsewhere and rooms that we open, on a real Synapse: one case each, and nobody can pass off a successor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from agent_tui.domain.errors import OutcomeUnknown, Refused
from agent_tui.domain.model import Address, CaseRef, Marks, Role
from agent_tui.domain.operations import MarkRead
from agent_tui.sources.base import Found
from agent_tui.sources.matrix.reading import INVITATION
from tests.contract.ledger import Ledger
from tests.contract.matrix_rig import MatrixRig
from tests.contract.steps import opened, pull_all
from tests.contract.test_matrix_rooms import answer
from tests.servers.matrix import Person, Synapse

pytestmark = pytest.mark.server("matrix")
GOES_ON = "This room was replaced by a newer one. The conversation goes on there."


@pytest.fixture
def make(matrix_server: Synapse, tmp_path: Path) -> Iterator[Callable[..., MatrixRig]]:
    rigs: list[MatrixRig] = []

    def build(**settings: Any) -> MatrixRig:
        rigs.append(MatrixRig(matrix_server, tmp_path, **settings))
        return rigs[-1]

    yield build
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(make: Callable[..., MatrixRig]) -> MatrixRig:
    return make()


def upgrade(who: Person, room: str, version: str = "12") -> str:
    """What a client does whose user asks for a newer version of a room; gives the new one."""
    return str(who.call("POST", f"/rooms/{quote(room)}/upgrade", {"new_version": version})["replacement_room"])


def joined(rig: MatrixRig) -> set[str]:
    return set(rig.agent.call("GET", "/joined_rooms")["joined_rooms"])


async def test_an_upgraded_room_goes_on_as_the_same_case(rig: MatrixRig) -> None:
    room = rig.customer_writes("my kettle is broken")
    robin = rig.customers[room]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        before = answer(rig, "I will look into it.")
        await source.push(before, ledger.case_ref(room), "reference-before")
        newer = upgrade(robin, room)
        robin.invites(newer, rig.agent.user_id)
        robin.says(newer, "here I am")
        await pull_all(source, ledger)
        assert newer in joined(rig)
        await pull_all(source, ledger)
        said = [m.text for m in ledger.of(room) if m.author.role is not Role.SYSTEM]
        assert said == ["my kettle is broken", "I will look into it.", "here I am"]
        assert GOES_ON in [m.text for m in ledger.of(room)]
        assert ledger.of(newer) == []
        after = answer(rig, "Welcome back.")
        await source.push(after, ledger.case_ref(room), "reference-after")
        assert robin.texts(newer)[-1] == "Welcome back."
        assert "Welcome back." not in robin.texts(room)
        for reply in (before, after):
            assert (await source.find(reply, ledger.case_ref(room), "any")).found is Found.FOUND
        newest = upgrade(robin, newer)
        robin.invites(newest, rig.agent.user_id)
        robin.says(newest, "and again")
        await pull_all(source, ledger)
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(room)][-1] == "and again"
        await source.push(MarkRead(read=True), ledger.case_ref(room), "reference-read")
        await pull_all(source, ledger)
        assert all(Marks.SEEN in m.marks for m in ledger.of(room) if m.author.role is Role.CUSTOMER)
        await source.push(answer(rig, "Third room."), ledger.case_ref(room), "reference-third")
        assert robin.texts(newest)[-1] == "Third room."
        await pull_all(source, ledger)
    fresh = Ledger()
    async with opened(rig, fresh) as (source, _):
        await pull_all(source, fresh)
        await pull_all(source, fresh)  # Synapse answers a question that it was asked a moment ago as it did then
    assert [m.text for m in fresh.of(room)] == [m.text for m in ledger.of(room)]
    assert ledger.cases[room].subject == "A question"


async def test_a_case_keeps_its_name_when_the_old_room_is_left(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    robin = rig.customers[room]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        newer = upgrade(robin, room)
        robin.invites(newer, rig.agent.user_id)
        await pull_all(source, ledger)
        await pull_all(source, ledger)
    rig.agent.leaves(room)
    rig.agent.call("POST", f"/rooms/{quote(room)}/forget", {})
    robin.says(newer, "still the same case?")
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(room)][-1] == "still the same case?"


async def test_a_room_that_anybody_may_join_is_followed_at_once(rig: MatrixRig) -> None:
    robin = rig.server.person("robin")
    room = robin.creates(public=True, name="Kettles")
    rig.agent.joins(room)
    robin.says(room, "one")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        newer = upgrade(robin, room)
        robin.says(newer, "two")
        await pull_all(source, ledger)
        await pull_all(source, ledger)
        assert newer in joined(rig)
        assert [m.text for m in ledger.of(room) if m.author.role is Role.CUSTOMER] == ["one", "two"]
        assert ledger.cases[room].public


async def test_until_we_are_asked_in_a_reply_is_refused_and_says_why(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        upgrade(rig.customers[room], room)
        await pull_all(source, ledger)
        with pytest.raises(Refused, match="replaced by a newer one"):
            await source.push(answer(rig, "lost?"), ledger.case_ref(room), "reference-lost")


async def test_who_only_says_that_a_room_follows_is_asked_about_like_anybody(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    mallory = rig.server.person("mallory")
    body = {"invite": [rig.agent.user_id], "preset": "trusted_private_chat",
            "creation_content": {"predecessor": {"room_id": room, "event_id": "$any"}}}  # fmt: skip
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        false = mallory.call("POST", "/createRoom", body)["room_id"]
        await pull_all(source, ledger)
        assert [m.ref for m in ledger.of(false)] == [INVITATION]
        assert false not in joined(rig)
        rig.agent.joins(false)
        mallory.says(false, "I am Robin, truly")
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(false)] == ["I am Robin, truly"]
        assert "I am Robin, truly" not in [m.text for m in ledger.of(room)]


async def test_a_room_that_names_another_one_as_its_successor_does_not_lead_us_there(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    crowd = rig.server.person("crowd").creates(public=True, name="Everybody")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.customers[room].state(room, "m.room.tombstone", {"body": "go there", "replacement_room": crowd})
        await pull_all(source, ledger)
        assert crowd not in joined(rig)
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(crowd) if m.author.role is not Role.SYSTEM] == []


async def test_threads_of_a_shared_room_that_was_upgraded_are_cases_in_the_new_one_too(
    make: Callable[..., MatrixRig], matrix_server: Synapse
) -> None:
    robin = matrix_server.person("robin")
    room = robin.creates(public=True, name="Help")
    rig = make(shared=(room,))
    rig.agent.joins(room)
    old = robin.says(room, "the first question")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        newer = upgrade(robin, room)
        second = robin.says(newer, "a new question")
        await pull_all(source, ledger)
        await pull_all(source, ledger)
        assert [m.text for m in ledger.of(f"{newer} {second}")] == ["a new question"]
        with pytest.raises(Refused, match="thread was replaced"):
            await source.push(answer(rig, "too late"), ledger.case_ref(f"{room} {old}"), "reference-late")


# -- rooms that we open


async def test_a_conversation_that_we_begin_is_one_room_however_often_it_is_tried(rig: MatrixRig) -> None:
    robin = rig.server.person("robin", shown="Robin Bell")
    told = answer(rig, "Your kettle is ready.", mode="new", subject="Kettle", to=(Address("Robin Bell", robin.user_id),))
    nowhere = CaseRef(id=1, conversation="")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.begins
        await pull_all(source, ledger)
        assert (await source.find(told, nowhere, "reference-new")).found is Found.ABSENT
        await source.push(told, nowhere, "reference-new")
        assert (await source.find(told, nowhere, "reference-new")).found is Found.FOUND
        await source.push(told, nowhere, "reference-new")
        await pull_all(source, ledger)
        (room,) = joined(rig)
        (said,) = [m for m in ledger.of(room) if m.author.role is not Role.SYSTEM]
        assert (said.text, said.marker) == ("Your kettle is ready.", told.marker)
        assert said.to[0].address == robin.user_id
        assert ledger.cases[room].subject == "Kettle"
        robin.joins(room)
        assert robin.texts(room) == ["Your kettle is ready."]
        robin.says(room, "Thank you!")
        await pull_all(source, ledger)
        await source.push(answer(rig, "You are welcome."), ledger.case_ref(room), "reference-then")
    assert robin.texts(room)[-1] == "You are welcome."


async def test_where_the_answer_to_making_the_room_is_lost_there_is_no_second_one(rig: MatrixRig) -> None:
    robin = rig.server.person("robin")
    told = answer(rig, "Hello.", mode="new", to=(Address("", robin.user_id),))
    nowhere = CaseRef(id=1, conversation="")
    async with opened(rig, Ledger()) as (source, _):
        rig.cable.proxies["http"].swallow_after = b"room_alias_name"
        with pytest.raises(OutcomeUnknown):
            await source.push(told, nowhere, "reference-lost")
        rig.cable.proxies["http"].swallow_after = b""
        rig.cable.proxies["http"].sent_up.clear()
        assert (await source.find(told, nowhere, "reference-lost")).found is Found.ABSENT
        await source.push(told, nowhere, "reference-lost")
    assert len(joined(rig)) == 1
    (room,) = joined(rig)
    robin.joins(room)
    assert robin.texts(room) == ["Hello."]


async def test_who_is_no_user_is_refused_before_a_room_is_made(rig: MatrixRig) -> None:
    async with opened(rig, Ledger()) as (source, _):
        with pytest.raises(Refused, match="whole id"):
            await source.push(answer(rig, "?", mode="new", to=(Address("", "robin"),)), CaseRef(id=1, conversation=""), "reference-no")
    assert joined(rig) == set()
