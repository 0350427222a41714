"""Triage on a real mailbox, seen through a second client; files on demand; news by IDLE."""

from __future__ import annotations

import asyncio
import email
import time
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from agent_tui.domain.errors import Refused, TryLater, Unsupported
from agent_tui.domain.identifiers import first_message_id
from agent_tui.domain.model import CaseRef, CaseState, Marks, Priority
from agent_tui.domain.operations import Assign, Delete, MarkRead, Operation, SetPriority, SetState, Star, Tag
from agent_tui.sources.base import Hint, Receipt, Source, Want
from tests.contract.mailbox import Mailbox
from tests.servers.letters import letters
from tests.servers.mail import POOR
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.server("mail")
FIRST, SECOND = "first@outside.example", "second@outside.example"


async def conversation(box: Mailbox, source: Source) -> CaseRef:
    """Two messages of a customer, pulled."""
    box.append(
        box.mail("one", Message_ID=f"<{FIRST}>"), box.mail("two", Message_ID=f"<{SECOND}>", answers=FIRST),
        box.mail("another", Message_ID="<other@outside.example>"),
    )  # fmt: skip
    await box.pull(source)
    return box.ledger.case_ref(FIRST)


async def twice(source: Source, operation: Operation, case: CaseRef) -> Receipt:
    receipt = await source.push(operation, case, "reference")
    await source.push(operation, case, "reference")
    return receipt


async def test_reading_is_for_what_was_on_the_screen(box: Mailbox) -> None:
    async with box.opened() as source:
        case = await conversation(box, source)
        await twice(source, MarkRead(read=True, places=case.places[:1]), case)
        assert box.flags(FIRST) == {"\\Seen"}
        assert box.flags(SECOND) == frozenset()
        await twice(source, MarkRead(read=True), case)
        assert box.flags(SECOND) == {"\\Seen"}
        await twice(source, MarkRead(read=False), case)
        assert (box.flags(FIRST), box.flags(SECOND)) == ({"\\Seen"}, frozenset())
    assert box.flags("other@outside.example") == frozenset()


async def test_what_came_later_stays_unread_and_open(box: Mailbox) -> None:
    async with box.opened() as source:
        box.append(box.mail("one", Message_ID=f"<{FIRST}>"))
        await box.pull(source)
        upto = first_message_id(box.ledger.of(FIRST)[0].received_at) | 63
        await asyncio.sleep(1.1)  # servers keep the time of arrival in seconds
        box.append(box.mail("two", Message_ID=f"<{SECOND}>", answers=FIRST))
        await box.pull(source)
        case = box.ledger.case_ref(FIRST)
        await twice(source, MarkRead(read=True, upto=upto), case)
        await twice(source, SetState(state=CaseState.CLOSED, seen=upto), case)
    assert box.flags(FIRST) == {"\\Seen", "$Closed"}
    assert box.flags(SECOND) == frozenset()


async def test_assignee_and_priority_are_one_each(box: Mailbox) -> None:
    async with box.opened() as source:
        case = await conversation(box, source)
        await twice(source, Assign(assignee="Asha Rao"), case)
        await twice(source, Assign(assignee="ਗੁਰਪ੍ਰੀਤ"), case)
        await twice(source, SetPriority(priority=Priority.URGENT), case)
        await twice(source, SetPriority(priority=Priority.LOW), case)
        await box.pull(source)
        assert {m.marks for m in box.ledger.of(FIRST)} == {frozenset({"assignee:ਗੁਰਪ੍ਰੀਤ", "priority:low"})}
        await twice(source, SetPriority(priority=Priority.NORMAL), case)
        await twice(source, Assign(assignee=None), case)
    assert box.flags(FIRST) == box.flags(SECOND) == frozenset()


async def test_a_receipt_tells_the_marks_that_are_there_now(box: Mailbox) -> None:
    async with box.opened() as source:
        case = await conversation(box, source)
        with box.client() as client:
            client.uid("STORE", "2", "+FLAGS", "(\\Seen)")
        receipt = await source.push(Star(starred=True), case, "reference")
    assert receipt.marks == {case.places[1]: frozenset({Marks.SEEN, Marks.FLAGGED})}


async def test_a_tag_too_long_for_the_server_is_refused_in_plain_words(box: Mailbox) -> None:
    async with box.opened() as source:
        case = await conversation(box, source)
        with pytest.raises(Refused, match="too long"):
            await source.push(Tag(add=("x" * 60,)), case, "reference")


async def spam_and_back(box: Mailbox, source: Source, *, tells: bool) -> None:
    case = await conversation(box, source)
    receipt = await twice(source, SetState(state=CaseState.SPAM), case)
    assert len(box.held("Junk")) == 2
    assert [marker for marker, flags, _ in box.held() if "\\Deleted" not in flags] == ["other@outside.example"]
    if tells:
        assert receipt.moved is not None
        assert set(receipt.moved) == set(case.places)
        assert receipt.marks is not None
        assert all(Marks.SPAM in receipt.marks[there] for there in receipt.moved.values())
    await box.pull(source)
    case = box.ledger.case_ref(FIRST)
    assert {container for container, _ in case.places} == {"Junk"}
    await twice(source, SetState(state=CaseState.OPEN), case)
    await box.pull(source)
    assert {(m.container, m.marks) for m in box.ledger.of(FIRST)} == {("INBOX", frozenset())}
    assert len(box.ledger.messages) == 3


async def test_spam_moves_and_comes_back(box: Mailbox) -> None:
    async with box.opened() as source:
        await spam_and_back(box, source, tells=True)


async def test_a_server_that_cannot_move_copies_and_hides(box: Mailbox) -> None:
    async with box.opened(imap=replace(box.endpoint("imaps"), host=POOR)) as source:
        await spam_and_back(box, source, tells=False)
        assert len(box.held()) == 5  # nothing was expunged


async def test_done_moves_to_the_archive_where_that_is_wanted(box: Mailbox) -> None:
    async with box.opened(archive=True) as source:
        case = await conversation(box, source)
        await twice(source, SetState(state=CaseState.CLOSED), case)
        assert len(box.held("Archive")) == 2
        await box.pull(source)
        case = box.ledger.case_ref(FIRST)
        assert all(Marks.CLOSED in m.marks for m in box.ledger.of(FIRST))
        await twice(source, SetState(state=CaseState.OPEN), case)
    assert len(box.held("Archive")) == 0
    assert len(box.held()) == 3


async def test_deleting_moves_to_the_bin_and_expunges_nothing_else(box: Mailbox) -> None:
    async with box.opened() as source:
        case = await conversation(box, source)
        with box.client() as client:
            client.uid("STORE", "3", "+FLAGS", "(\\Deleted)")
        await source.push(Delete(), case, "reference")
    assert len(box.held("Trash")) == 2
    assert [marker for marker, _, _ in box.held()] == ["other@outside.example"]


async def test_a_bin_that_is_missing_is_made(box: Mailbox) -> None:
    async with box.opened(imap=replace(box.endpoint("imaps"), host=POOR)) as source:
        source._folders = replace(source._folders, trash="")
        case = await conversation(box, source)
        await source.push(Delete(), case, "reference")
    assert len(box.held("Trash")) == 2


async def test_what_somebody_else_moved_meanwhile_is_left_alone(box: Mailbox) -> None:
    async with box.opened() as source:
        case = await conversation(box, source)
        with box.client() as client:
            client._simple_command("UID", "MOVE", "1", "Archive")
        receipt = await source.push(SetState(state=CaseState.SPAM), case, "reference")
    assert receipt.moved is not None
    assert set(receipt.moved) == {case.places[1]}


async def test_places_from_before_a_folder_was_rebuilt_touch_nothing(box: Mailbox) -> None:
    async with box.opened() as source:
        await conversation(box, source)
        stale = CaseRef(id=1, conversation="", places=(("INBOX", "1:1"),), incoming=(("INBOX", "1:1"),))
        with pytest.raises(TryLater):
            await source.push(Star(starred=True), stale, "reference")
    assert all(flags == frozenset() for _, flags, _ in box.held())


async def test_without_keywords_the_rest_stays_local(box: Mailbox) -> None:
    async with box.opened() as source:
        source._keywords = False
        case = await conversation(box, source)
        for operation in (Tag(add=("x",)), Assign(assignee="x"), SetState(state=CaseState.CLOSED)):
            with pytest.raises(Unsupported):
                await source.push(operation, case, "reference")


# -- files and whole messages on demand --------------------------------------------------------------------------


async def test_a_file_is_fetched_in_pieces_and_decoded(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_tui.sources.imap.parts.PIECE", 10_000)
    raw = next(one for one in letters(80, box.address) if b"invoice.pdf" in one and len(one) > 60_000)
    box.append(raw)
    async with box.opened() as source:
        await box.pull(source)
        (message,) = box.ledger.messages.values()
        (file,) = message.attachments
        fetched = await source.fetch((Want(message.container, message.ref, file.part), Want("INBOX", "1:1", "2")))
    assert fetched.parts is not None
    path = fetched.parts[message.container, message.ref, file.part]
    assert path.parent == box.folder / "attachments"
    assert path.stat().st_size == file.size
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == _pdf(raw)
    assert fetched.missing == (("INBOX", "1:1"),)


def _pdf(raw: bytes) -> bytes:
    return next(part.get_payload(decode=True) for part in email.message_from_bytes(raw).walk() if part.get_filename())


async def test_a_message_of_which_only_the_header_is_here_is_completed(box: Mailbox) -> None:
    box.append(box.mail("the body"))
    async with box.opened(fetch="headers", fetch_ms=0, now=lambda: box.time + 60_000) as source:
        await box.pull(source)
        (message,) = box.ledger.messages.values()
        fetched = await source.fetch((Want(message.container, message.ref), Want("INBOX", "1:999")))
    assert [(m.text.strip(), m.complete, m.key) for m in fetched.messages] == [("the body", True, message.key)]
    assert fetched.missing == (("INBOX", "1:999"),)


async def test_fifty_megabytes_pass_without_being_held(box: Mailbox) -> None:
    line = b"QUJD" * 19 + b"\r\n"
    head = (
        b"From: robin@outside.example\r\nMessage-ID: <big@outside.example>\r\nSubject: big\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\n'
        b'Content-Type: application/zip; name="all.zip"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: attachment; filename="all.zip"\r\n\r\n'
    )
    box.append(head + line * (50_000_000 // len(line)) + b"--b--\r\n")
    async with box.opened() as source:
        tracemalloc.start()
        await box.pull(source)
        (message,) = box.ledger.messages.values()
        assert message.text.strip() == "see the file"
        fetched = await source.fetch((Want(message.container, message.ref, message.attachments[0].part),))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert fetched.parts is not None
    (path,) = fetched.parts.values()
    assert path.stat().st_size == 50_000_000 // len(line) * 57
    assert peak < 12_000_000


# -- news --------------------------------------------------------------------------------------------------------


async def next_hint(hints: Any, folder: str) -> Hint:
    async with asyncio.timeout(15):
        while True:
            hint = await anext(hints)
            if hint.container == folder:
                return hint


async def test_new_mail_is_announced(box: Mailbox) -> None:
    async with box.opened() as source:
        hints = source.hints()
        await next_hint(hints, "INBOX")  # the folder as it is when watching begins
        asyncio.get_running_loop().call_later(0.3, box.append, box.mail("news"))
        began = time.monotonic()
        await next_hint(hints, "INBOX")
        assert time.monotonic() - began < 5
        asyncio.get_running_loop().call_later(0.3, lambda: box.append(box.mail("ours"), folder="Sent"))
        await next_hint(hints, "Sent")
        await hints.aclose()


async def test_idle_is_issued_again_and_misses_nothing_between(box: Mailbox) -> None:
    async with Proxy(box.server.ports["imap"]) as proxy, box.opened(imap=box.endpoint("plain", port=proxy.port)) as source:
        source.reissue_s = 0.3
        hints = source.hints()
        await next_hint(hints, "INBOX")
        await asyncio.sleep(1.5)
        assert proxy.sent_up.count(b" IDLE\r\n") >= 4
        box.append(box.mail("news"))
        await next_hint(hints, "INBOX")
        await hints.aclose()


async def test_a_watch_that_is_cut_off_ends_with_an_error(box: Mailbox) -> None:
    async with Proxy(box.server.ports["imaps"]) as proxy, box.opened(imap=box.endpoint("imaps", port=proxy.port)) as source:
        hints = source.hints()
        await next_hint(hints, "INBOX")
        proxy.drop()
        with pytest.raises(TryLater):
            await next_hint(hints, "nowhere")


async def test_a_server_without_idle_is_asked_now_and_then(box: Mailbox) -> None:
    async with box.opened(imap=replace(box.endpoint("imaps"), host=POOR)) as source:
        source.poll_s = 0.05
        hints = source.hints()
        assert await anext(hints) == Hint()
        assert await anext(hints) == Hint()
        await hints.aclose()

