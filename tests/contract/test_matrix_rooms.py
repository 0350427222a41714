"""What is Matrix's own, on a real Synapse: invitations, threads, edits, receipts, encryption, files, notes, gaps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_tui.domain.capabilities import Finding
from agent_tui.domain.errors import OutcomeUnknown, Refused, TryLater
from agent_tui.domain.model import Address, Direction, Marks, Role, Visibility
from agent_tui.domain.operations import MarkRead, Moderate, Note, Reply
from agent_tui.sources.base import Found, Want
from agent_tui.sources.matrix.content import OURS
from agent_tui.sources.matrix.reading import INVITATION
from tests.contract.ledger import Ledger
from tests.contract.matrix_rig import MatrixRig
from tests.contract.steps import HINT_S, marker, opened, pull_all, strings, unsafe
from tests.servers.matrix import Synapse, start

pytestmark = pytest.mark.server("matrix")


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


def answer(rig: MatrixRig, text: str, *, visibility: Visibility = Visibility.PRIVATE, **more: Any) -> Reply:
    values = {"marker": marker(), "created_at": time.time_ns() // 1_000_000, "sender": rig.me, "to": (Address("", "@x:y"),)}
    return Reply(text=text, visibility=visibility, **(values | more))


def texts(ledger: Ledger, token: str) -> list[str]:
    return [m.text for m in ledger.of(token)]


# -- invitations


async def test_an_invitation_is_a_case_that_asks_and_accepting_it_brings_the_room(rig: MatrixRig) -> None:
    robin = rig.server.person("robin", shown="Robin Bell")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        await pull_all(source, ledger)
        room = robin.creates(rig.agent.user_id, name="Broken kettle")
        await pull_all(source, ledger)
        (asked,) = ledger.of(room)
        assert asked.author.name == "Robin Bell"
        assert "invites us into “Broken kettle”" in asked.text
        assert ledger.cases[room].subject == "Broken kettle"
        assert info.capabilities.carries("moderate")
        with pytest.raises(Refused, match="accept it"):
            await source.push(answer(rig, "too early"), ledger.case_ref(room), "reference-early")
        robin.says(room, "are you there?")
        await source.push(Moderate(place=(room, INVITATION), action="approve"), ledger.case_ref(room), "reference-accept")
        await source.push(Moderate(place=(room, INVITATION), action="approve"), ledger.case_ref(room), "reference-accept")
        await pull_all(source, ledger)
        assert texts(ledger, room) == ["are you there?"]
        with pytest.raises(Refused, match="not left"):
            await source.push(Moderate(place=(room, INVITATION), action="reject"), ledger.case_ref(room), "reference-late")


async def test_an_invitation_that_is_declined_is_gone(rig: MatrixRig) -> None:
    robin = rig.server.person("robin")
    room = robin.creates(rig.agent.user_id)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert len(ledger.of(room)) == 1
        await source.push(Moderate(place=(room, INVITATION), action="reject"), ledger.case_ref(room), "reference-no")
        await pull_all(source, ledger)
    assert ledger.of(room) == []
    assert rig.agent.call("GET", "/joined_rooms")["joined_rooms"] == []


async def test_those_who_are_named_come_in_by_themselves_with_all_they_said(make: Callable[..., MatrixRig]) -> None:
    rig = make(accept=("@robin-*:agents.test",))
    robin, stranger = rig.server.person("robin"), rig.server.person("mallory")
    room = robin.creates(rig.agent.user_id)
    for number in range(40):
        robin.says(room, f"line {number}")
    other = stranger.creates(rig.agent.user_id)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert texts(ledger, room) == [f"line {number}" for number in range(40)]
    assert [m.ref for m in ledger.of(other)] == [INVITATION]


# -- what changes


async def test_edits_redactions_and_reactions_are_shown_as_they_stand(rig: MatrixRig) -> None:
    room = rig.customer_writes("my kettel is broken")
    robin = rig.customers[room]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        (first,) = ledger.of(room)
        event = first.key
        robin.edits(room, event, "my kettle is broken")
        mistake = robin.says(room, "wrong room")
        thumb = rig.agent.reacts(room, event, "👍")
        robin.reacts(room, event, "🎉")
        await pull_all(source, ledger)
        assert texts(ledger, room)[:2] == ["my kettle is broken", "wrong room"]
        (line,) = [m for m in ledger.of(room) if m.author.role is Role.SYSTEM]
        assert "👍 Asha Rao" in line.text
        assert "🎉 Robin Bell" in line.text
        assert line.automatic
        assert Marks.SEEN in line.marks
        robin.redacts(room, mistake)
        rig.agent.redacts(room, thumb)
        await pull_all(source, ledger)
    assert "wrong room" not in texts(ledger, room)
    (line,) = [m for m in ledger.of(room) if m.author.role is Role.SYSTEM]
    assert "👍" not in line.text
    fresh = Ledger()
    async with opened(rig, fresh) as (source, _):
        await pull_all(source, fresh)
    assert fresh.messages == ledger.messages, "whoever comes later sees the same"


async def test_an_edit_by_somebody_else_changes_nothing(rig: MatrixRig) -> None:
    room = rig.customer_writes("I want my money back")
    (event,) = rig.agent.events(room)
    rig.agent.edits(room, event["event_id"], "never mind")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    assert texts(ledger, room) == ["I want my money back"]


async def test_kinds_of_messages(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    robin = rig.customers[room]
    (event,) = robin.events(room)
    quoted = f"> <{robin.user_id}> hello\n> there\n\nI mean it"
    robin.says(room, quoted, answers=event["event_id"])
    robin.says(room, "> not a quotation", answers=event["event_id"])
    robin.says(room, "we are open at nine", kind="m.notice")
    robin.says(room, "waves", kind="m.emote")
    robin.sends(room, {"msgtype": "m.location", "body": "here", "geo_uri": "geo:52.5,13.4"})
    robin.sends(room, {"msgtype": "com.example.odd", "body": "something odd"})
    robin.sends(room, {"call_id": "1", "version": "1", "lifetime": 1, "offer": {}, "party_id": "x"}, kind="m.call.invite")
    robin.sends(room, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEo"}, kind="m.room.encrypted")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    found = ledger.of(room)
    assert [m.text for m in found][1:7] == [
        "I mean it", "> not a quotation", "we are open at nine", "* Robin Bell waves", "here\ngeo:52.5,13.4", "something odd",
    ]  # fmt: skip
    assert [m.automatic for m in found] == [False, False, False, True, False, False, False, False, False]
    assert found[3].author.role is Role.BOT
    assert "unknown kind" in found[6].warning
    assert "called" in found[7].text
    assert "encrypted" in found[8].text
    assert found[8].warning


async def test_who_leaves_is_said(rig: MatrixRig) -> None:
    room = rig.customer_writes("bye")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.customers[room].leaves(room)
        await pull_all(source, ledger)
    assert texts(ledger, room) == ["bye", "Robin Bell is no longer in this room."]


# -- threads in a shared room


async def test_threads_of_a_shared_room_are_cases_of_their_own(make: Callable[..., MatrixRig], matrix_server: Synapse) -> None:
    robin, kim = matrix_server.person("robin", shown="Robin"), matrix_server.person("kim", shown="Kim")
    room = robin.creates(name="Support", public=True)
    rig = make(shared=(room,))
    for one in (kim, rig.agent):
        one.joins(room)
    first = robin.says(room, "the kettle leaks")
    second = kim.says(room, "where is my parcel?")
    kim.says(room, "mine too", thread=first)
    robin.says(room, "since yesterday", answers=first)
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        leaks, parcel = f"{room} {first}", f"{room} {second}"
        assert texts(ledger, leaks) == ["the kettle leaks", "mine too", "since yesterday"]
        assert [m.author.role for m in ledger.of(leaks)] == [Role.CUSTOMER, Role.PEER, Role.CUSTOMER]
        assert texts(ledger, parcel) == ["where is my parcel?"]
        assert (ledger.cases[leaks].subject, ledger.cases[leaks].public) == ("the kettle leaks", True)
        private = answer(rig, "psst")
        with pytest.raises(Refused, match="everybody"):
            await source.push(private, ledger.case_ref(leaks), "reference-private")
        told = answer(rig, "a new gasket is on its way", visibility=Visibility.PUBLIC)
        await source.push(told, ledger.case_ref(leaks), "reference-thread")
        await source.push(MarkRead(read=True), ledger.case_ref(leaks), "reference-read")
        await pull_all(source, ledger)
    assert texts(ledger, leaks)[-1] == "a new gasket is on its way"
    sent = [e for e in robin.events(room) if e["sender"] == rig.agent.user_id]
    assert [e["content"]["m.relates_to"]["event_id"] for e in sent] == [first]


# -- reading and typing


async def test_only_what_an_agent_had_on_the_screen_is_receipted(rig: MatrixRig) -> None:
    room = rig.customer_writes("one")
    robin = rig.customers[room]
    ledger = Ledger()

    def receipts() -> list[str]:
        seen = robin.syncs()["rooms"].get("join", {}).get(room, {}).get("ephemeral", {}).get("events", [])
        return [event for one in seen if one["type"] == "m.receipt" for event, kinds in one["content"].items()
                if rig.agent.user_id in kinds.get("m.read", {})]

    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        await pull_all(source, ledger)
        assert receipts() == [], "fetching is not reading"
        (first,) = ledger.of(room)
        robin.says(room, "two")
        await pull_all(source, ledger)
        receipt = await source.push(
            MarkRead(read=True, places=((room, first.ref),)), ledger.case_ref(room), "reference-read"
        )
        assert receipts() == [first.key]
        assert receipt.marks == {(room, first.ref): frozenset({Marks.SEEN})}
        await pull_all(source, ledger)
        assert [Marks.SEEN in m.marks for m in ledger.of(room)] == [True, False]
        rig.agent.reads(room, ledger.of(room)[-1].key)  # with another client
        await pull_all(source, ledger)
    assert [Marks.SEEN in m.marks for m in ledger.of(room)] == [True, True]


async def test_typing_both_ways(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    robin = rig.customers[room]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.typing
        await pull_all(source, ledger)
        hints = source.hints()
        assert await anext(hints)
        waiting = asyncio.ensure_future(anext(hints))
        await asyncio.sleep(0)
        await asyncio.to_thread(robin.types, room)
        async with asyncio.timeout(HINT_S):
            hint = await waiting
            while not hint.typing:
                hint = await anext(hints)
        assert (hint.container, hint.typing) == (room, "Robin Bell")
        await hints.aclose()  # type: ignore[attr-defined]
        robin.syncs()
        await source.typing(room, True)
        told = (await asyncio.to_thread(robin.syncs, timeout_ms=5000))["rooms"]["join"][room]["ephemeral"]["events"]
    assert [e["content"]["user_ids"] for e in told if e["type"] == "m.typing"][-1] != []


# -- encrypted rooms


async def test_an_encrypted_room_says_so_and_takes_no_reply(rig: MatrixRig) -> None:
    robin = rig.server.person("robin")
    room = robin.creates(rig.agent.user_id, encrypted=True)
    rig.agent.joins(room)
    robin.sends(room, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEo"}, kind="m.room.encrypted")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        (shown,) = ledger.of(room)
        assert "cannot be read here" in shown.text
        assert shown.direction is Direction.IN
        with pytest.raises(Refused, match="encrypted"):
            await source.push(answer(rig, "in the clear"), ledger.case_ref(room), "reference-clear")
    assert robin.events(room) == []


async def test_encryption_turned_on_a_moment_ago_is_not_overlooked(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        rig.customers[room].state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        with pytest.raises(Refused, match="encrypted"):
            await source.push(answer(rig, "in the clear"), ledger.case_ref(room), "reference-clear")


# -- sending


async def test_a_reply_with_files_is_completed_and_not_repeated(rig: MatrixRig) -> None:
    room = rig.customer_writes("send me the manual")
    folder = rig.workspace / "attachments"
    folder.mkdir()
    (folder / "one").write_bytes(b"first file")
    (folder / "two").write_bytes(bytes(range(256)))
    ledger = Ledger()
    files = (("one", "ম্যানুয়াল.txt", "text/plain"), ("two", "photo.png", "image/png"))
    told = answer(rig, "here it is", attachments=files)
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.attachment_limit == 5 * 1024 * 1024
        await pull_all(source, ledger)
        case = ledger.case_ref(room)
        rig.cable.proxies["http"].sent_up.clear()
        rig.cable.proxies["http"].cut_before = b'"part":1'
        with pytest.raises(OutcomeUnknown):
            await source.push(told, case, "reference-files")
    async with opened(rig, ledger) as (source, _):
        assert (await source.find(told, case, "reference-files")).found is Found.ABSENT
        await source.push(told, case, "reference-files")
        assert (await source.find(told, case, "reference-files")).found is Found.FOUND
        await pull_all(source, ledger)
    got = [e["content"] for e in rig.customers[room].events(room)[1:]]
    assert [one["body"] for one in got] == ["ম্যানুয়াল.txt", "photo.png", "here it is"]
    assert rig.customers[room].downloads(got[1]["url"]) == bytes(range(256))
    ours = [m for m in ledger.of(room) if m.direction is Direction.OUT]
    assert [m.marker for m in ours] == ["", "", told.marker]
    assert [m.automatic for m in ours] == [True, True, False]


@pytest.mark.parametrize("why", ["twelve hours", "another device"])
async def test_where_the_server_has_forgotten_transaction_ids_the_room_is_looked_at(rig: MatrixRig, tmp_path: Path, why: str) -> None:
    room = rig.customer_writes("hello")
    ledger = Ledger()
    hours = 13 if why == "twelve hours" else 0
    told = answer(rig, "only once", created_at=time.time_ns() // 1_000_000 - hours * 3_600_000)
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        first = await source.push(told, ledger.case_ref(room), "reference-old")
    rig.workspace = tmp_path / "elsewhere"  # so it is another device, to which no transaction id is known
    ledger.cursor = ledger.cursor if why == "another device" else ledger.cursor.replace("AGENTTUI", "OTHER")
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.find is Finding.EXACT
        await pull_all(source, ledger)
        again = await source.push(told, ledger.case_ref(room), "reference-old")
    assert again.remote_id == first.remote_id
    assert rig.copies(told.marker) == 1


async def test_what_was_taken_back_by_a_moderator_is_never_sent_again_by_itself(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    ledger = Ledger()
    told = answer(rig, "oops")
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        sent = await source.push(told, ledger.case_ref(room), "reference-gone")
        rig.agent.redacts(room, sent.remote_id)
        assert (await source.find(told, ledger.case_ref(room), "reference-gone")).found is Found.CANNOT_TELL


async def test_a_file_larger_than_the_server_takes_is_refused_before_it_leaves(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    folder = rig.workspace / "attachments"
    folder.mkdir()
    (folder / "big").write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        for files in ((("big", "big.bin", "application/octet-stream"),), (("../../etc/passwd", "x", "text/plain"),)):
            with pytest.raises(Refused):
                await source.push(answer(rig, "here", attachments=files), ledger.case_ref(room), "reference-big")
    assert rig.customers[room].texts(room) == ["hello"]


# -- notes


async def test_a_note_goes_to_the_room_for_notes_and_nowhere_else(make: Callable[..., MatrixRig], matrix_server: Synapse) -> None:
    asha = matrix_server.person("asha", shown="Asha Rao")
    notes = asha.creates(name="Notes")
    rig = make(notes_room=notes, agents=(asha.user_id,))
    asha.invites(notes, rig.agent.user_id)
    rig.agent.joins(notes)
    room = rig.customer_writes("hello")
    ledger = Ledger()
    note = Note(text="called twice before", marker=marker(), created_at=time.time_ns() // 1_000_000, author=rig.me)
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.carries("note")
        await pull_all(source, ledger)
        assert (await source.find(note, ledger.case_ref(room), "reference-note")).found is Found.ABSENT
        sent = await source.push(note, ledger.case_ref(room), "reference-note")
        assert (await source.find(note, ledger.case_ref(room), "reference-note")).found is Found.FOUND
        asha.says(notes, "and wrote a mail", answers=sent.remote_id)
        asha.says(notes, "lunch?")
        await pull_all(source, ledger)
        kept = [(m.text, m.visibility, m.marker) for m in ledger.of(room)][1:]
        assert kept == [("called twice before", Visibility.NOTE, note.marker), ("and wrote a mail", Visibility.NOTE, "")]
        assert rig.customers[room].texts(room) == ["hello"]
        assert f"https://matrix.to/#/{room.replace('!', '%21')}" in asha.texts(notes)[0]
        asha.invites(notes, rig.customers[room].user_id)
        rig.customers[room].joins(notes)
        with pytest.raises(Refused, match="would read it"):
            await source.push(note, ledger.case_ref(room), "reference-note-2")
    assert len(asha.texts(notes)) == 3


async def test_a_room_that_everybody_reads_is_no_room_for_notes(make: Callable[..., MatrixRig], matrix_server: Synapse) -> None:
    asha = matrix_server.person("asha")
    notes = asha.creates(public=True)
    rig = make(notes_room=notes)
    with pytest.raises(Refused, match="not in notes_room"):
        await rig.build(Ledger()).open()
    rig.agent.joins(notes)
    with pytest.raises(Refused, match="private"):
        await rig.build(Ledger()).open()


# -- trouble


async def test_a_gap_in_the_stream_is_filled_backwards(rig: MatrixRig) -> None:
    room = rig.customer_writes("line 0")
    robin = rig.customers[room]
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
    for number in range(1, 90):  # while nobody listens; more than one answer of the server holds
        robin.says(room, f"line {number}")
    (first,) = ledger.of(room)
    robin.edits(room, first.key, "line zero")
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger, budget=25)
    assert texts(ledger, room) == ["line zero", *(f"line {number}" for number in range(1, 90))]


async def test_a_sync_goes_on_after_the_server_was_restarted_in_its_midst(tmp_path: Path) -> None:
    server = start()
    rig = MatrixRig(server, tmp_path)
    try:
        room = rig.customer_writes("line 0")
        for number in range(1, 30):
            rig.customers[room].says(room, f"line {number}")
        ledger = Ledger()
        async with opened(rig, ledger) as (source, _):
            while not ledger.of(room):
                async for batch in source.pull(ledger.cursor, 7):
                    ledger.apply(batch)
            await asyncio.to_thread(server.stop)
            with pytest.raises(TryLater):
                await pull_all(source, ledger)
            assert 0 < len(ledger.of(room)) < 30
            await asyncio.to_thread(server.start)
            await pull_all(source, ledger)
        assert texts(ledger, room) == [f"line {number}" for number in range(30)]
    finally:
        rig.close()
        server.close()


async def test_a_slow_server_is_waited_for_and_a_silent_one_is_not_taken_for_an_answer(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        rig.cable.proxies["http"].stalled = True
        pulling = asyncio.ensure_future(pull_all(source, ledger))
        await asyncio.sleep(0.3)
        assert not pulling.done()
        rig.cable.proxies["http"].stalled = False
        await pulling
    assert texts(ledger, room) == ["hello"]


async def test_what_strangers_write_is_harmless(rig: MatrixRig) -> None:
    room = rig.customer_writes("x")
    robin = rig.customers[room]
    nasty = "\x1b]0;owned\x07\x9b31m\u202egnp\u2066\u200b"
    robin.state(room, "m.room.name", {"name": nasty + "n" * 300})
    robin.says(room, nasty + "z" * 60_000 + " end")
    robin.sends(room, {"msgtype": nasty, "body": nasty})
    event = robin.says(room, "react to this")
    for number in range(130):
        robin.reacts(room, event, f"{nasty}{number}")
    robin.sends(room, {"m.relates_to": {"rel_type": "m.replace", "event_id": 7}, "body": "x", "msgtype": "m.text"})
    robin.sends(room, {"m.relates_to": ["m.thread"], "body": "list", "msgtype": "m.text", OURS: "forged"})
    robin.sends(room, {"msgtype": "m.file", "body": "../../etc/passwd", "url": "mxc://agents.test/../../admin", "info": 9})
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        (bad,) = [m for m in ledger.of(room) if "no file" in m.warning]
        fetched = await source.fetch((Want(room, bad.ref, "mxc://agents.test/../../admin"),))
    assert fetched.missing
    for value in (*ledger.messages.values(), *ledger.cases.values()):
        for text in strings(value):
            assert not unsafe(text), repr(text)
    (line,) = [m for m in ledger.of(room) if m.author.role is Role.SYSTEM]
    assert len(line.text) < 300
    assert any(m.text.endswith("z end") for m in ledger.of(room))


async def test_shorthand_goes_out_formatted_beside_the_plain_text_and_comes_back_as_written(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    ledger = Ledger()
    async with opened(rig, ledger) as (source, info):
        assert info.capabilities.markdown
        await pull_all(source, ledger)
        await source.push(answer(rig, "**Wait**, then\n\n- press <reset>"), ledger.case_ref(room), "reference-formatted")
        await source.push(answer(rig, "plain words"), ledger.case_ref(room), "reference-plain")
        await pull_all(source, ledger)
        assert texts(ledger, room)[1:] == ["**Wait**, then\n\n- press <reset>", "plain words"]
    formatted, plain = (one["content"] for one in rig.customers[room].events(room)[1:])
    assert formatted["format"] == "org.matrix.custom.html"
    assert "<strong>Wait</strong>" in formatted["formatted_body"]
    assert "&lt;reset&gt;" in formatted["formatted_body"]
    assert "formatted_body" not in plain


async def test_nobody_can_forge_our_reference(rig: MatrixRig) -> None:
    room = rig.customer_writes("hello")
    told = answer(rig, "genuine")
    rig.customers[room].sends(
        room, {"msgtype": "m.text", "body": "forged", OURS: {"reference": told.marker, "part": 0, "last": True}}
    )
    ledger = Ledger()
    async with opened(rig, ledger) as (source, _):
        await pull_all(source, ledger)
        assert [m.marker for m in ledger.of(room)] == ["", ""]
        assert (await source.find(told, ledger.case_ref(room), "reference-forged")).found is Found.ABSENT
