"""Mail is read in a process of its own while much comes in: the same messages, and a mail that ends it stops nothing."""

from __future__ import annotations

import asyncio
import marshal
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain.model import (
    Address,
    Attachment,
    Author,
    BadItem,
    DeliveryReport,
    Direction,
    RemoteMessage,
    Role,
    Visibility,
)
from agent_tui.domain.packing import packed
from agent_tui.sources import registry
from agent_tui.sources.imap import plain, read, spare
from agent_tui.sources.imap.parser import Parser
from agent_tui.sources.imap.read import Letter, Letters, Reading
from tests.unit.mail_data import SHARED

ROOT = Path(__file__).resolve().parents[2]
OURS = frozenset({"support@example.com"})
READING = Reading(agent_addresses=OURS, implied={})
DEADLY = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from agent_tui.sources.imap import parser, read

def one(letter, folder, addresses):
    if b"deadly" in letter.raw:
        os._exit(9)
    return read.message(letter, folder, addresses)

parser.serve(sys.stdin.buffer, sys.stdout.buffer, one)
"""


def letter(number: int, raw: bytes) -> Letter:
    return Letter(raw=raw, ref=f"1:{number}", received_at=1_790_000_000_000 + number, marks=frozenset({"seen"}), size=len(raw))


def mail(number: int, text: str = "Where is it?") -> Letter:
    return letter(number, f"From: rina@customer.example\r\nMessage-ID: <{number}@x>\r\nSubject: Parcel\r\n\r\n{text}\r\n".encode())


def assert_kept_from(pid: int, secret: bytes) -> None:
    environment = Path(f"/proc/{pid}/environ")
    if environment.exists():
        assert secret not in environment.read_bytes()
        assert b"PATH=" in environment.read_bytes()


@pytest.fixture
async def parser():
    made = Parser(OURS)
    yield made
    await made.close()


async def test_it_makes_the_messages_that_reading_here_makes(parser: Parser) -> None:
    files = sorted((ROOT / "tests" / "data" / "mail").glob("*.eml"))
    if SHARED is not None:
        files += sorted((SHARED / "eml").rglob("*.eml"))[::7]
    fetched = Letters("INBOX", tuple(letter(number, path.read_bytes()) for number, path in enumerate(files, 1)))
    assert await parser.parse(fetched) == read.messages(fetched, READING)


async def test_headers_alone_large_mails_and_what_could_not_be_fetched_come_through(parser: Parser) -> None:
    bad = BadItem("1:9", "INBOX", "cannot be read")
    fetched = Letters("INBOX", (replace(mail(1), header_only=True), replace(mail(2), warning="cut", files=())), (bad,))
    chunk = await parser.parse(fetched)
    assert chunk == read.messages(fetched, READING)
    assert [one.complete for one in chunk.messages] == [False, True]
    assert chunk.messages[1].warning == "cut"
    assert chunk.bad == (bad,)
    assert (await parser.parse(Letters("INBOX", (), (bad,)))).bad == (bad,)


def test_every_field_of_a_message_and_of_a_letter_crosses() -> None:
    from dataclasses import fields

    whole = RemoteMessage(
        ref="1:2", container="INBOX", key="k#1", direction=Direction.OUT, visibility=Visibility.NOTE,
        author=Author("Asha", "asha@x.example", Role.BOT), received_at=3, sent_at=-4, subject="s\ud800", text="t", fresh_text="f",
        to=(Address("a", "b"), Address("c", "d")), cc=(Address("e", "f"),), reply_to=(Address("g", "h"),), conversation="c",
        thread_ids=("i", "j"), marker="m", marks=frozenset({"seen", "tag:x"}),
        attachments=(Attachment("n", "text/plain", -1, "1.2", "d", True),), headers=(("From", "x"), ("To", "y")),
        automatic=True, complete=False, html=True, warning="w", size=1 << 40,
        report=DeliveryReport("m", ("a@b", "c@d"), True, "no", True),
    )  # fmt: skip
    plainest = RemoteMessage(
        ref="", container="", key="", direction=Direction.IN, visibility=Visibility.PRIVATE, author=Author("", "", Role.CUSTOMER),
        received_at=0, sent_at=0,
    )  # fmt: skip
    for one in fields(RemoteMessage):  # a field that is added has to be told of in ``plain`` too
        assert getattr(whole, one.name) != getattr(plainest, one.name) or one.name == "packed", one.name
    for one in (whole, plainest):
        crossed = plain.message(marshal.loads(marshal.dumps(plain.of_message(one))))
        assert crossed == one
        assert crossed.packed == packed(one.text, one.fresh_text, one.headers)
    sent = letter(1, b"raw")
    full = replace(sent, header_only=True, files=whole.attachments, warning="w")
    for one in (sent, full):
        assert plain.letter(marshal.loads(marshal.dumps(plain.of_letter(one)))) == one
    assert len(fields(Letter)) == len(plain.of_letter(sent))


async def test_a_mail_that_ends_the_process_becomes_a_bad_item_and_the_others_are_read() -> None:
    parser = Parser(OURS, command=[sys.executable, "-c", DEADLY])
    try:
        chunk = await parser.parse(Letters("INBOX", (mail(1), mail(2, "deadly"), mail(3))))
        assert [one.ref for one in chunk.messages] == ["1:1", "1:3"]
        assert [(one.ref, one.container) for one in chunk.bad] == [("1:2", "INBOX")]
        assert [one.ref for one in (await parser.parse(Letters("INBOX", (mail(4),)))).messages] == ["1:4"]
    finally:
        await parser.close()


async def test_a_mail_that_ends_the_process_takes_none_of_another_request_with_it() -> None:
    parser = Parser(OURS, command=[sys.executable, "-c", DEADLY])
    requests = [
        Letters("INBOX", tuple(mail(10 * number + at, "deadly" if (number, at) in ((1, 2), (2, 0)) else "fine") for at in range(4)))
        for number in range(1, 5)
    ]
    try:
        chunks = await asyncio.gather(*map(parser.parse, requests))
    finally:
        await parser.close()
    assert [[one.ref for one in chunk.messages] for chunk in chunks] == [
        ["1:10", "1:11", "1:13"], ["1:21", "1:22", "1:23"], *([f"1:{10 * number + at}" for at in range(4)] for number in (3, 4)),
    ]  # fmt: skip
    assert [[one.ref for one in chunk.bad] for chunk in chunks] == [["1:12"], ["1:20"], [], []]


async def test_answers_belong_to_their_requests_however_many_are_asked_at_once(parser: Parser) -> None:
    requests = [Letters("INBOX", tuple(mail(100 * number + at, "x" * 3_000) for at in range(40))) for number in range(1, 9)]
    chunks = await asyncio.gather(*map(parser.parse, requests))
    assert [[one.ref for one in chunk.messages] for chunk in chunks] == [[one.ref for one in some.letters] for some in requests]


async def test_heavy_mails_are_read_a_few_at_a_time(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "AT_ONCE", 400)
    asked: list[int] = []
    ask = parser._ask
    monkeypatch.setattr(parser, "_ask", lambda folder, some: asked.append(len(some)) or ask(folder, some))
    fetched = Letters("INBOX", (*(mail(number) for number in range(1, 9)), mail(9, "x" * 1000), mail(10)))
    assert await parser.parse(fetched) == read.messages(fetched, READING)
    assert sum(asked) == 10
    assert len(asked) > 3
    assert asked[-2:] == [1, 1]


async def test_a_process_that_was_killed_in_between_is_started_again(parser: Parser) -> None:
    await parser.parse(Letters("INBOX", (mail(1),)))
    process = parser._process
    assert process is not None
    process.kill()
    process.wait()
    assert [one.ref for one in (await parser.parse(Letters("INBOX", (mail(2),)))).messages] == ["1:2"]
    assert parser._process is not process


async def test_closing_ends_the_process_and_secrets_never_reach_it(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_TUI_SECRET_SUPPORT_MAIL", "hunter2")
    await parser.parse(Letters("INBOX", (mail(1),)))
    process = parser._process
    assert process is not None
    assert_kept_from(process.pid, b"hunter2")
    await parser.close()
    assert process.poll() == 0
    await parser.close()


async def test_a_reader_that_was_started_ahead_is_the_one_that_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_TUI_SECRET_SUPPORT_MAIL", "hunter2")
    with registry.foreseeing({"imap"}, alone=False):
        (ahead,) = spare._waiting
        parser = Parser(OURS)
        try:
            assert [one.ref for one in (await parser.parse(Letters("INBOX", (mail(1),)))).messages] == ["1:1"]
            assert parser._process is ahead
            assert_kept_from(ahead.pid, b"hunter2")
        finally:
            await parser.close()
    assert ahead.poll() == 0


@pytest.mark.parametrize("alone", [False, True])
async def test_a_reader_gives_way_where_somebody_may_be_working(*, alone: bool) -> None:
    parser = Parser(OURS, alone=alone)
    try:
        await parser.parse(Letters("INBOX", (mail(1),)))
        assert parser._process is not None
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, parser._process.pid) == (ours if alone else min(19, ours + spare.NICE))
    finally:
        await parser.close()


def test_a_reader_started_ahead_that_nobody_needs_ends_and_a_dead_one_is_not_given() -> None:
    with registry.foreseeing({"imap", "demo"}, alone=False):
        (ahead,) = spare._waiting
    assert ahead.poll() is not None
    with registry.foreseeing({"imap"}, alone=False):
        (ahead,) = spare._waiting
        ahead.kill()
        ahead.wait()
        assert spare.take() is None
    with registry.foreseeing({"demo"}, alone=False):
        assert spare._waiting == []


def test_the_process_ends_when_its_engine_is_killed() -> None:
    script = (
        "import asyncio, os, sys\n"
        "from agent_tui.sources.imap.parser import Parser\n"
        "from agent_tui.sources.imap.read import Letter, Letters\n"
        "async def main():\n"
        "    parser = Parser(frozenset())\n"
        "    await parser.parse(Letters('INBOX', (Letter(raw=b'', ref='1:1', received_at=0, marks=frozenset(), size=0),)))\n"
        "    print(parser._process.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60, check=False)
    number = int(done.stdout)

    def lives() -> bool:
        try:
            return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    from tests.journeys.terminal import until

    until(lambda: not lives(), "the end of the process")
