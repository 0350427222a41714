"""Sending through a real server, and losing the connection at every place where that can happen."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from agent_tui.domain.errors import OutcomeUnknown, Refused, TryLater
from agent_tui.domain.model import Address, Direction, Marks
from agent_tui.sources.base import Found, Receipt, Source
from agent_tui.sources.imap.settings import Endpoint
from tests.contract.mailbox import Mailbox, settled
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.server("mail")


@pytest.fixture
def other(box: Mailbox) -> str:
    return box.server.fresh("customer")


async def push(box: Mailbox, source: Source, text: str = "Good day", **changes: Any) -> Receipt:
    return await source.push(box.reply(text, **changes), box.ledger.case_ref(""), "reference")


def markers(box: Mailbox, folder: str = "INBOX", *, user: str = "") -> list[str]:
    return [marker for marker, _flags, _raw in box.held(folder, user=user)]


async def test_an_answer_arrives_is_filed_once_and_marks_what_it_answers(box: Mailbox, other: str) -> None:
    box.append(box.mail("question"))
    async with box.opened() as source:
        await box.pull(source)
        asked = next(iter(box.ledger.messages.values()))
        reply = box.reply(
            "নমস্কার\n\n> question\n\nਸਤ ਸ੍ਰੀ ਅਕਾਲ", to=[box.server.address(other)], in_reply_to=asked.marker,
            references=(asked.marker,), answered=(asked.container, asked.ref),
        )  # fmt: skip
        receipt = await source.push(reply, box.ledger.case_ref(asked.marker), "reference")
        assert receipt.warning == ""
        assert receipt.marks == {(asked.container, asked.ref): frozenset({Marks.ANSWERED})}
        assert (await source.find(reply, box.ledger.case_ref(asked.marker), "reference")).found is Found.FOUND
        await box.pull(source)
    settled(box.server)
    assert markers(box, user=other) == [reply.marker]
    sent = box.held("Sent")
    assert [(marker, flags) for marker, flags, _raw in sent] == [(reply.marker, {"\\Seen"})]
    message = email.message_from_bytes(sent[0][2], policy=email.policy.default)
    assert message["In-Reply-To"] == f"<{asked.marker}>"
    assert box.flags(asked.marker) == {"\\Answered"}
    ours = [m for m in box.ledger.messages.values() if m.direction is Direction.OUT]
    assert [m.marker for m in ours] == [reply.marker]


async def test_a_copy_that_is_there_already_is_not_filed_again(box: Mailbox, other: str) -> None:
    reply = box.reply(to=[box.server.address(other)])
    box.append(box.mail("filed by the server", Message_ID=f"<{reply.marker}>"), folder="Sent")
    async with box.opened() as source:
        await source.push(reply, box.ledger.case_ref(""), "reference")
    assert markers(box, "Sent") == [reply.marker]


async def test_no_copy_in_sent_is_a_warning_and_not_a_failure(box: Mailbox, other: str) -> None:
    async with Proxy(box.server.ports["imaps"]) as proxy, box.opened(imap=box.endpoint("imaps", port=proxy.port)) as source:
        await proxy.__aexit__()
        receipt = await push(box, source, to=[box.server.address(other)])
    assert "Sent" in receipt.warning
    settled(box.server)
    assert len(markers(box, user=other)) == 1


async def test_blind_copies_arrive_and_show_nowhere(box: Mailbox, other: str) -> None:
    hidden = box.server.fresh("hidden")
    async with box.opened() as source:
        await push(box, source, to=[box.server.address(other)], bcc=(Address("", box.server.address(hidden)),))
    settled(box.server)
    assert len(markers(box, user=hidden)) == 1
    assert hidden.encode() not in box.held(user=other)[0][2].partition(b"\r\n\r\n")[0].split(b"Delivered-To")[0]


async def test_an_attachment_travels_whole(box: Mailbox, other: str) -> None:
    content = bytes(range(256)) * 1000
    async with box.opened() as source:
        folder = box.folder / "attachments"
        folder.mkdir(exist_ok=True)
        (folder / "abc").write_bytes(content)
        await push(box, source, to=[box.server.address(other)], attachments=(("abc", "ਬਿੱਲ.pdf", "application/pdf"),))
    settled(box.server)
    message = email.message_from_bytes(box.held(user=other)[0][2], policy=email.policy.default)
    assert [(one.get_filename(), one.get_content()) for one in message.iter_attachments()] == [("ਬਿੱਲ.pdf", content)]


async def test_an_attachment_that_has_gone_is_refused_before_anything_is_sent(box: Mailbox, other: str) -> None:
    async with box.opened() as source:
        with pytest.raises(Refused, match="attachment"):
            await push(box, source, to=[box.server.address(other)], attachments=(("gone", "x.pdf", "application/pdf"),))


async def test_some_recipients_refused_are_named_with_the_words_of_the_server(box: Mailbox, other: str) -> None:
    refused = box.server.address("nobody7")
    async with box.opened() as source:
        receipt = await push(box, source, to=[box.server.address(other), refused], cc=(Address("", "full@agents.test"),))
    assert refused in receipt.warning
    assert "550" in receipt.warning
    assert "this mailbox is full" in receipt.warning
    settled(box.server)
    assert len(markers(box, user=other)) == 1
    assert len(markers(box, "Sent")) == 1


async def test_all_recipients_refused_is_a_refusal_that_names_them(box: Mailbox) -> None:
    async with box.opened() as source:
        with pytest.raises(Refused, match=r"User unknown") as caught:
            await push(box, source, to=["nobody1@agents.test", "nobody2@agents.test"])
        assert not isinstance(caught.value, TryLater)
        assert caught.value.recipients == ("nobody1@agents.test", "nobody2@agents.test")
    assert markers(box, "Sent") == []


async def test_not_now_is_a_reason_to_try_later(box: Mailbox) -> None:
    async with box.opened() as source:
        with pytest.raises(TryLater, match=r"450.*try again later"):
            await push(box, source, to=["later@agents.test"])


async def test_a_sender_that_is_not_ours_is_refused_in_the_words_of_the_server(box: Mailbox, other: str) -> None:
    async with box.opened() as source:
        with pytest.raises(Refused, match="not owned"):
            await push(box, source, to=[box.server.address(other)], sender=Address("", "boss@agents.test"))


async def test_what_is_too_big_is_refused_before_it_is_sent(box: Mailbox, other: str) -> None:
    async with Proxy(box.server.ports["plain"]) as proxy, box.opened(smtp=box.endpoint("plain", port=proxy.port)) as source:
        with pytest.raises(Refused, match=r"MB"):
            await push(box, source, "x" * 6_000_000, to=[box.server.address(other)])
        assert len(proxy.sent_up) < 10_000


async def test_an_address_in_another_script_travels(box: Mailbox) -> None:
    async with box.opened() as source:
        receipt = await push(box, source, to=["ਗਾਹਕ@agents.test"])
    assert receipt.warning == ""
    settled(box.server)
    assert "SMTPUTF8" not in receipt.warning


@pytest.mark.parametrize(
    "place", [b"EHLO", b"AUTH", b"MAIL FROM", b"RCPT TO", b"DATA\r\n", b"Message-ID:", b"\r\n\r\n"]
)
async def test_a_connection_lost_before_the_final_dot_is_certainly_not_sent(box: Mailbox, other: str, place: bytes) -> None:
    async with Proxy(box.server.ports["plain"]) as proxy, box.opened(smtp=box.endpoint("plain", port=proxy.port)) as source:
        proxy.cut_before = place
        with pytest.raises(TryLater):
            await push(box, source, to=[box.server.address(other)])
    settled(box.server)
    assert markers(box, user=other) == []
    assert markers(box, "Sent") == []


async def test_a_connection_lost_in_the_middle_of_a_large_message_is_certainly_not_sent(box: Mailbox, other: str) -> None:
    async with Proxy(box.server.ports["plain"]) as proxy, box.opened(smtp=box.endpoint("plain", port=proxy.port)) as source:
        proxy.cut_up = 400_000
        with pytest.raises(TryLater):
            await push(box, source, "long line of text\n" * 100_000, to=[box.server.address(other)])
    settled(box.server)
    assert markers(box, user=other) == []


async def lost_answer(box: Mailbox, other: str, **faults: Any) -> tuple[str, Found, str]:
    """Send and lose the answer to the final dot: the marker, and what ``find`` then says."""
    faulty = Proxy(box.server.ports["plain"], **faults)
    async with faulty as proxy, box.opened(smtp=box.endpoint("plain", port=proxy.port)) as source:
        source.answer_s = 1.0
        reply = box.reply(to=[box.server.address(other)])
        with pytest.raises(OutcomeUnknown):
            await source.push(reply, box.ledger.case_ref(""), "reference")
        answer = await source.find(reply, box.ledger.case_ref(""), "reference")
    settled(box.server)
    return reply.marker, answer.found, answer.why


async def test_an_answer_that_is_lost_leaves_it_unknown_though_it_was_sent(box: Mailbox, other: str) -> None:
    marker, found, why = await lost_answer(box, other, swallow_after=b"\r\n.\r\n")
    assert markers(box, user=other) == [marker]
    assert found is Found.CANNOT_TELL
    assert "twice" in why
    assert markers(box, "Sent") == []


async def test_an_answer_that_never_comes_leaves_it_unknown(box: Mailbox, other: str) -> None:
    _marker, found, _why = await lost_answer(box, other, swallow_after=b"\r\n.\r\n", stall_instead=True)
    assert found is Found.CANNOT_TELL


async def test_a_final_dot_that_is_lost_leaves_it_unknown_though_it_was_not_sent(box: Mailbox, other: str) -> None:
    _marker, found, _why = await lost_answer(box, other, cut_before=b"\r\n.\r\n")
    assert markers(box, user=other) == []
    assert found is Found.CANNOT_TELL


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_copy_to_ourselves_settles_what_was_unknown(box: Mailbox, other: str, arrived: bool) -> None:
    fault = {"swallow_after": b"\r\n.\r\n"} if arrived else {"cut_before": b"\r\n.\r\n"}
    async with Proxy(box.server.ports["plain"], **fault) as proxy:
        changes: dict[str, Any] = {"smtp": box.endpoint("plain", port=proxy.port), "confirm_bcc_self": True}
        async with box.opened(now=lambda: box.time, **changes) as source:
            reply = box.reply(to=[box.server.address(other)])
            with pytest.raises(OutcomeUnknown):
                await source.push(reply, box.ledger.case_ref(""), "reference")
            settled(box.server)
            if arrived:
                assert (await source.find(reply, box.ledger.case_ref(""), "reference")).found is Found.FOUND
                return
            with pytest.raises(TryLater) as early:
                await source.find(reply, box.ledger.case_ref(""), "reference")
            assert early.value.retry_after_ms
            box.time += early.value.retry_after_ms
            assert (await source.find(reply, box.ledger.case_ref(""), "reference")).found is Found.ABSENT


async def test_a_bounce_after_the_server_took_it_is_a_report_of_our_message(box: Mailbox) -> None:
    async with box.opened() as source:
        reply = box.reply(to=["gone@agents.test"])
        receipt = await source.push(reply, box.ledger.case_ref(""), "reference")
        assert receipt.warning == ""
        settled(box.server)
        await box.pull(source)
    reports = [m.report for m in box.ledger.messages.values() if m.report is not None]
    assert [(one.marker, one.recipients, one.failed) for one in reports] == [(reply.marker, ("gone@agents.test",), True)]
    assert "User doesn't exist" in reports[0].words


@dataclass
class Script:
    """A sending server that says what a test wants: ``(what the client's line begins with, answer)``."""

    answers: dict[str, str]
    after_dot: str = "250 2.0.0 taken"
    lines: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Endpoint]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, family=socket.AF_INET)
        async with server:
            yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1], "plain")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 scripted\r\n")
        body = False
        while line := (await reader.readline()).decode():
            self.lines.append(line.rstrip("\r\n"))
            if body:
                if line == ".\r\n":
                    body = False
                    writer.write(f"{self.after_dot}\r\n".encode())
                continue
            default = {"EHLO": "250-scripted\r\n250 PIPELINING", "DATA": "354 go on", "QUIT": "221 bye"}
            chosen = next((text for start, text in self.answers.items() if line.startswith(start)), None)
            answer = chosen or default.get(line[:4], "250 ok")
            body = answer.startswith("354")
            writer.write(f"{answer}\r\n".encode())
        writer.close()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (Script({"MAIL": "451 4.3.0 busy"}), TryLater),
        (Script({"MAIL": "550 5.7.1 go away"}), Refused),
        (Script({"RCPT": "421 4.3.2 closing"}), TryLater),
        (Script({"DATA": "451 4.3.0 busy"}), TryLater),
        (Script({"DATA": "554 5.5.1 no"}), Refused),
        (Script({}, after_dot="452 4.3.1 no room"), TryLater),
        (Script({}, after_dot="550 5.7.1 spam"), Refused),
        (Script({}, after_dot="999 what"), OutcomeUnknown),
    ],
)
async def test_every_answer_is_told_apart(box: Mailbox, script: Script, expected: type[Exception]) -> None:
    async with script.running() as endpoint, box.opened(smtp=endpoint) as source:
        with pytest.raises(expected) as caught:
            await push(box, source, to=["x@agents.test"])
    assert type(caught.value) is expected
    said = next((text for text in (*script.answers.values(), script.after_dot) if not text.startswith("250")), "")
    assert said[4:] in str(caught.value)


async def test_a_server_without_smtputf8_is_told_nothing_it_cannot_carry(box: Mailbox) -> None:
    script = Script({})
    async with script.running() as endpoint, box.opened(smtp=endpoint) as source:
        with pytest.raises(Refused, match="SMTPUTF8"):
            await push(box, source, to=["ਗਾਹਕ@agents.test"])
    assert not any(line.startswith("MAIL") for line in script.lines)


async def test_a_line_that_is_a_dot_arrives_as_one(box: Mailbox) -> None:
    script = Script({})
    async with script.running() as endpoint, box.opened(smtp=endpoint) as source:
        await push(box, source, "before\n.\n..\nafter", to=["x@agents.test"])
    body = script.lines[script.lines.index("DATA") + 1 :]
    assert body.count(".") == 1
    assert ".." in body
    assert "..." in body


async def test_a_server_that_offers_no_starttls_gets_no_secret(box: Mailbox) -> None:
    script = Script({})
    async with script.running() as endpoint, box.opened(smtp=replace(endpoint, security="starttls")) as source:
        with pytest.raises(Refused, match="STARTTLS"):
            await push(box, source, to=["x@agents.test"])
    assert not any(re.match("AUTH|MAIL", line) for line in script.lines)
