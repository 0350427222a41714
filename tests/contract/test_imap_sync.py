"""Pulling from a real mailbox: everything, once, newest first, and true to what happens there."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain.errors import TryLater
from agent_tui.domain.model import BadItem, Batch, Direction, Marks
from agent_tui.sources.base import Source
from agent_tui.sources.imap import read, wire
from agent_tui.sources.imap.connection import QuietClient
from tests.contract.ledger import Ledger
from tests.contract.mailbox import Mailbox
from tests.servers.letters import letters
from tests.servers.mail import POOR
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.server("mail")


def texts(box: Mailbox) -> set[str]:
    return {message.text.strip() for message in box.ledger.messages.values()}


def brought(batches: list[Batch]) -> int:
    return sum(len(batch.messages) for batch in batches)


async def test_a_first_sync_comes_in_batches_newest_first(box: Mailbox) -> None:
    box.append(*letters(250, box.address))
    async with box.opened() as source:
        batches = await box.pull(source)
    sizes = [len(batch.messages) for batch in batches if batch.messages]
    assert sizes == [100, 100, 50]
    uids = [int(m.ref.partition(":")[2]) for batch in batches for m in batch.messages]
    assert uids == sorted(uids, reverse=True)
    assert all(batch.backfill for batch in batches if batch.messages)
    assert [batch.more for batch in batches] == [True, True, True, False]
    assert batches[-2].done == batches[-2].total == 250


async def test_a_sync_that_is_killed_after_any_batch_goes_on_there(box: Mailbox) -> None:
    box.append(*letters(330, box.address))
    total = 0
    for _ in range(10):
        async with box.opened() as source:
            more = False
            async for batch in source.pull(box.ledger.cursor, 10_000):
                box.ledger.apply(batch)
                total += len(batch.messages)
                more = batch.more
                break
        if not more:
            break
    assert total == len(box.ledger.messages) == 330


async def test_new_mail_comes_before_the_rest_of_a_first_sync(box: Mailbox) -> None:
    box.append(*letters(250, box.address))
    async with box.opened() as source:
        await box.pull(source, budget=100)
        box.append(box.mail("brand new"))
        batches = await box.pull(source, budget=1)
        assert [m.text.strip() for batch in batches for m in batch.messages] == ["brand new"]
        assert not any(batch.backfill for batch in batches)
        assert batches[-1].more
        await box.pull(source)
    assert len(box.ledger.messages) == 251


async def test_answers_in_sent_come_with_their_questions(box: Mailbox) -> None:
    for number in range(3):
        box.append(*letters(100, box.address, seed=number + 1))
        box.append(box.mail(f"answer {number}", sender=box.address), folder="Sent")
    # Both folders were filled together, so neither may be read to its end before the other begins.
    async with box.opened() as source:
        batches = await box.pull(source, budget=150)
    assert {m.container for batch in batches for m in batch.messages} == {"INBOX", "Sent"}


async def test_our_own_answers_from_other_programs_count(box: Mailbox) -> None:
    box.append(box.mail("answered elsewhere", sender=box.address), folder="Sent")
    async with box.opened() as source:
        await box.pull(source)
    assert [(m.direction, m.container) for m in box.ledger.messages.values()] == [(Direction.OUT, "Sent")]


async def test_several_folders_with_names_in_any_script(box: Mailbox) -> None:
    box.append(box.mail("here"))
    with box.client() as client:
        client.create('"&CjgKPgowAkA-"')
    async with box.opened() as source:
        name = next(one for one in source._folders.names if not one.isascii())
    async with box.opened(folders=("INBOX", name)) as source:
        with box.client("&CjgKPgowAkA-") as client:
            client.append('"&CjgKPgowAkA-"', "", "", box.mail("there"))
        await box.pull(source)
    assert texts(box) == {"here", "there"}
    assert {container for container, _ in box.ledger.messages} == {"INBOX", name}


async def test_a_folder_that_was_rebuilt_is_read_again(box: Mailbox) -> None:
    box.append(box.mail("one"), box.mail("two"), folder="Support")
    async with box.opened(folders=("Support",)) as source:
        await box.pull(source)
        before = set(box.ledger.messages)
        with box.client() as client:
            client.delete("Support")
        await asyncio.sleep(1.1)  # UIDVALIDITY is a time in seconds
        box.append(box.mail("three"), folder="Support")
        await box.pull(source)
    assert texts(box) == {"three"}
    assert not before & set(box.ledger.messages)


async def test_a_folder_that_is_deleted_takes_its_messages_along(box: Mailbox) -> None:
    box.append(box.mail("one"), folder="Support")
    box.append(box.mail("stays"))
    async with box.opened(folders=("INBOX", "Support")) as source:
        await box.pull(source)
        with box.client() as client:
            client.delete("Support")
        await box.pull(source)
    assert texts(box) == {"stays"}


async def test_a_folder_no_longer_followed_is_forgotten(box: Mailbox) -> None:
    box.append(box.mail("one"), folder="Support")
    box.append(box.mail("stays"))
    async with box.opened(folders=("INBOX", "Support")) as source:
        await box.pull(source)
    async with box.opened() as source:
        await box.pull(source)
    assert texts(box) == {"stays"}


async def changed_elsewhere(box: Mailbox, source: Source) -> None:
    await box.pull(source)
    with box.client() as client:
        client.uid("STORE", "1", "+FLAGS", "(\\Seen $Closed refund)")
        client.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", "2")
        client.uid("STORE", "3", "+FLAGS", "(\\Deleted)")
    box.append(box.mail("four"))
    batches = await box.pull(source)
    assert brought(batches) == 1
    assert texts(box) == {"one", "four"}
    first = next(m for m in box.ledger.messages.values() if m.text.strip() == "one")
    assert first.marks == {Marks.SEEN, Marks.CLOSED, "tag:refund"}
    with box.client() as client:
        client.uid("STORE", "1", "-FLAGS", "(\\Seen $Closed refund)")
    batches = await box.pull(source)
    assert [len(batch.marks) for batch in batches if batch.marks] == [1]
    first = next(m for m in box.ledger.messages.values() if m.text.strip() == "one")
    assert first.marks == frozenset()
    assert await box.pull(source) == []


async def test_what_others_do_is_seen_by_modification_numbers(box: Mailbox) -> None:
    box.append(box.mail("one"), box.mail("two"), box.mail("three"))
    async with box.opened() as source:
        await changed_elsewhere(box, source)


async def test_what_others_do_is_seen_without_modification_numbers(box: Mailbox) -> None:
    box.append(box.mail("one"), box.mail("two"), box.mail("three"))
    async with box.opened(imap=replace(box.endpoint("imaps"), host=POOR), now=lambda: 1_000) as source:
        await changed_elsewhere(box, source)


async def test_without_modification_numbers_old_messages_are_compared_now_and_then(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_tui.sources.imap.pull.SCAN_NEWEST", 2)
    box.append(*(box.mail(f"number {n}") for n in range(6)))
    async with box.opened(imap=replace(box.endpoint("imaps"), host=POOR), now=lambda: box.time) as source:
        await box.pull(source)
        with box.client() as client:
            client.uid("STORE", "1,6", "+FLAGS", "(\\Seen)")
        await box.pull(source)
        seen = {m.ref.partition(":")[2] for m in box.ledger.messages.values() if Marks.SEEN in m.marks}
        assert seen == {"6"}
        box.time += 700_000
        await box.pull(source)
        seen = {m.ref.partition(":")[2] for m in box.ledger.messages.values() if Marks.SEEN in m.marks}
        assert seen == {"1", "6"}


async def test_a_lost_cursor_costs_time_and_nothing_else(box: Mailbox) -> None:
    box.append(*(box.mail(f"number {n}") for n in range(5)))
    async with box.opened() as source:
        await box.pull(source)
        before = box.ledger.state()
        with box.client() as client:
            client.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
            client.uid("EXPUNGE", "2")
        box.ledger.cursor = "damaged"
        batches = await box.pull(source)
        assert not any(removal.ref == "" for batch in batches for removal in batch.removals)
        await box.pull(source)
    assert len(box.ledger.messages) == 4
    assert before != box.ledger.state()


async def test_one_malformed_message_among_many_stops_nothing(box: Mailbox) -> None:
    bad = b"Content-Type: multipart/mixed; boundary=\r\nFrom: \xff\xff\r\nSubject: =?x?Z?=\r\n\r\n--\r\n\x80\x81"
    good = [box.mail(f"number {n}") for n in range(20)]
    box.append(*good[:10], bad, b"\r\n", b"no header at all", *good[10:])
    async with box.opened() as source:
        await box.pull(source)
    assert len(box.ledger.messages) == 23
    assert not box.ledger.bad
    assert {f"number {n}" for n in range(20)} <= texts(box)
    assert any(m.warning for m in box.ledger.messages.values())


async def test_an_answer_that_cannot_be_read_is_one_bad_item(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.append(*(box.mail(f"number {n}") for n in range(6)))
    real = read.wire.fetch

    def broken(client, which, items, **more):
        if "BODY.PEEK[]" in items and ("3" in which.split(",") or ":" in which):
            raise ValueError("an answer nobody understands")
        return real(client, which, items, **more)

    monkeypatch.setattr(read.wire, "fetch", broken)
    async with box.opened() as source:
        await box.pull(source)
    assert len(box.ledger.messages) == 5
    assert [item for item in box.ledger.bad.values() if isinstance(item, BadItem) and "understands" in item.reason]


async def test_a_large_message_comes_without_its_file(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "WHOLE_LIMIT", 20_000)
    raw = next(one for one in letters(60, box.address) if b"invoice.pdf" in one and len(one) > 30_000)
    box.append(raw)
    async with Proxy(box.server.ports["imap"]) as proxy, box.opened(imap=box.endpoint("plain", port=proxy.port)) as source:
        await box.pull(source)
    (large,) = box.ledger.messages.values()
    monkeypatch.undo()
    whole = Ledger()
    async with box.opened(mirror=whole) as source:
        async for batch in source.pull("", 10):
            whole.apply(batch)
    (full,) = whole.messages.values()
    assert large.text == full.text != ""
    assert (large.key, large.thread_ids, large.subject, large.author) == (full.key, full.thread_ids, full.subject, full.author)
    assert [(a.name, a.media_type, a.part) for a in large.attachments] == [(a.name, a.media_type, a.part) for a in full.attachments]
    assert abs(large.attachments[0].size - full.attachments[0].size) < 100
    assert large.size == full.size == len(raw)
    assert large.complete


async def test_headers_alone_where_that_is_wanted(box: Mailbox) -> None:
    box.append(box.mail("body"))
    async with box.opened(fetch="headers", fetch_ms=0, now=lambda: box.time + 60_000) as source:
        await box.pull(source)
    (message,) = box.ledger.messages.values()
    assert (message.complete, message.text, message.subject) == (False, "", "A question")


async def test_a_connection_lost_in_a_batch_loses_and_repeats_nothing(box: Mailbox, tmp_path: Path) -> None:
    box.append(*letters(300, box.address))
    async with Proxy(box.server.ports["imaps"]) as proxy, box.opened(imap=box.endpoint("imaps", port=proxy.port)) as source:
        proxy.drop()
        proxy.cut_down = 150_000
        with pytest.raises(TryLater):
            await box.pull(source)
        with contextlib.suppress(TryLater):
            await box.pull(source)
        proxy.cut_down = None
        await box.pull(source)
    assert len(box.ledger.messages) == 300


async def test_thousands_of_changes_come_in_windows(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_tui.sources.imap.wire.WINDOW", 50)
    box.append(*letters(230, box.address))
    async with box.opened() as source:
        await box.pull(source)
        with box.client() as client:
            client.uid("STORE", "1:230", "+FLAGS", "(\\Seen)")
        await box.pull(source)
    assert all(Marks.SEEN in m.marks for m in box.ledger.messages.values())


async def test_folders_in_which_nothing_has_happened_are_not_opened_again(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    select = wire.select

    def spied(client: QuietClient, folder: str, *, write: bool = False) -> wire.Selected:
        opened.append(folder)
        return select(client, folder, write=write)

    box.append(box.mail("one"), box.mail("two"))
    box.append(box.mail("answer", sender=box.address), folder="Sent")
    async with box.opened() as source:
        await box.pull(source)
        monkeypatch.setattr(wire, "select", spied)
        assert await box.pull(source) == []
        assert opened == []
        for change, folder in (
            (lambda: box.append(box.mail("three")), "INBOX"),
            (lambda: box.append(box.mail("second answer", sender=box.address), folder="Sent"), "Sent"),
            (lambda: _each(box, "INBOX", "STORE", "1", "+FLAGS", "\\Flagged"), "INBOX"),
            (lambda: _each(box, "Sent", "STORE", "1", "+FLAGS", "\\Deleted"), "Sent"),
        ):
            change()
            opened.clear()
            assert await box.pull(source)
            assert opened == [folder]
        opened.clear()
        assert await box.pull(source) == []
        assert opened == []


def _each(box: Mailbox, folder: str, command: str, *arguments: str) -> None:
    with box.client(folder) as client:
        assert client.uid(command, *arguments)[0] == "OK"
