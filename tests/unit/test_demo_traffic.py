"""The demo's customers: who writes when, what comes back, and what goes wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_tui.domain.errors import AuthenticationError, OutcomeUnknown, Refused, TryLater, Unsupported
from agent_tui.domain.model import Address, Batch, CaseRef, CaseState, RemoteMessage, Visibility
from agent_tui.domain.operations import Reply, SetState
from agent_tui.sources.base import Access, Source
from agent_tui.sources.demo import build
from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.make import make_workspace
from agent_tui.sources.demo.server import DemoServer
from agent_tui.sources.demo.settings import DemoSettings

NOW = 1_790_000_000_000
US = Address("Asha Rao", "help@tamarind.example")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now

    def pass_seconds(self, seconds: int, server: DemoServer, step: int = 1) -> None:
        for _ in range(0, seconds, step):
            self.now += 1000 * step
            server.pass_time()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Iterator[DemoServer]:
    make_workspace(tmp_path, clock())
    with DemoServer(tmp_path / FILE_NAME, now=clock) as one:
        yield one


def source(tmp_path: Path, clock: Clock, service: str) -> Source:
    return build(
        Access(
            name=service, settings=DemoSettings(service=service, address=US.address), secret=lambda _: "",
            now=clock, mirror=None, agent_addresses=frozenset({US.address}), workspace=tmp_path,  # type: ignore[arg-type]
            downloads=tmp_path / "attachments",
        )
    )  # fmt: skip


def reply(text: str = "hello", to: str = "robin@mail.example", **more) -> Reply:
    values = {
        "text": text, "visibility": Visibility.PRIVATE, "marker": "one@tamarind.example", "created_at": NOW,
        "sender": US, "to": (Address("", to),), "subject": "Re: hello",
    }  # fmt: skip
    return Reply(**(values | more))


async def everything(one: Source, cursor: str = "") -> tuple[list[RemoteMessage], list[Batch]]:
    batches = [batch async for batch in one.pull(cursor, 1000)]
    return [m for batch in batches for m in batch.messages], batches


def count(server: DemoServer) -> int:
    return sum(len(server.messages(service)) for service in ("mailbox", "chat", "forum"))


def test_nothing_happens_while_the_clock_stands(server: DemoServer) -> None:
    before = count(server)
    server.pass_time()
    assert count(server) == before


def test_customers_keep_writing_gently_and_without_end(server: DemoServer, clock: Clock) -> None:
    before = count(server)
    clock.pass_seconds(300, server, step=5)
    first = count(server) - before
    assert 4 <= first <= 15
    clock.pass_seconds(3 * 3600, server, step=30)
    later = count(server) - before - first
    assert later > 40
    clock.pass_seconds(3600, server, step=30)
    assert 8 <= count(server) - before - first - later <= 20


def test_nobody_writes_while_nobody_looks(server: DemoServer, clock: Clock) -> None:
    clock.pass_seconds(30, server)
    before = count(server)
    clock.now += 5 * 3_600_000
    from agent_tui.sources.demo import traffic

    traffic.opened(server.file, clock())
    server.pass_time()
    assert count(server) == before
    clock.pass_seconds(120, server)
    assert count(server) > before


async def test_a_chat_customer_is_seen_typing_and_answers_within_forty_seconds(
    server: DemoServer, clock: Clock, tmp_path: Path
) -> None:
    chat = source(tmp_path, clock, "chat")
    await chat.open()
    said = reply(text="Please hold the button for ten seconds.")
    await chat.push(said, CaseRef(id=1, conversation="C2391"), "r1")
    hints = chat.hints()
    await anext(hints)
    before = len(server.messages("chat", "C2391"))
    typing_at = 0
    for second in range(1, 45):
        clock.pass_seconds(1, server)
        if not typing_at and server.file.row("select 1 from typing where container = 'C2391'"):
            typing_at = second
        if len(server.messages("chat", "C2391")) > before:
            break
    assert 20 <= second <= 40
    assert 0 < typing_at < second
    seen = [await anext(hints) for _ in range(3)]
    assert ("C2391", "Imelda Cruz") in [(hint.container, hint.typing) for hint in seen]
    assert server.messages("chat", "C2391")[-1].text == "Okay, holding it now. How long po?"
    await chat.close()


def test_hushed_customers_are_quiet(server: DemoServer, clock: Clock) -> None:
    server.hush()
    before = count(server)
    clock.pass_seconds(600, server, step=10)
    assert count(server) == before


async def test_a_customer_quotes_what_is_answered_by_mail(server: DemoServer, clock: Clock, tmp_path: Path) -> None:
    mail = source(tmp_path, clock, "mailbox")
    await mail.open()
    found, _ = await everything(mail)
    (start,) = [m for m in found if m.subject == "Start here: ten keys"]
    answer = reply(text="My first reply.", in_reply_to=start.marker, references=(start.marker,))
    await mail.push(answer, CaseRef(id=1, conversation=""), "r1")
    clock.pass_seconds(25, server)
    last = server.messages("mailbox", "start-here")[-1]
    assert last.direction == "in"
    assert "> My first reply." in last.text
    found, _ = await everything(mail)
    (back,) = [m for m in found if m.marker == last.marker]
    assert "My first reply." not in back.fresh_text
    assert answer.marker in back.thread_ids
    await mail.close()


async def test_mail_to_a_domain_that_does_not_exist_is_taken_and_comes_back(
    server: DemoServer, clock: Clock, tmp_path: Path
) -> None:
    mail = source(tmp_path, clock, "mailbox")
    await mail.open()
    answer = reply(to="petr@typo.invalid")
    assert (await mail.push(answer, CaseRef(id=1, conversation=""), "r1")).remote_id == answer.marker
    _, batches = await everything(mail)
    clock.pass_seconds(10, server)
    found, _ = await everything(mail, batches[-1].cursor)
    (report,) = [m.report for m in found if m.report]
    assert (report.marker, report.recipients, report.failed) == (answer.marker, ("petr@typo.invalid",), True)
    await mail.close()


async def test_a_refused_recipient_is_named_and_the_others_get_it(
    server: DemoServer, clock: Clock, tmp_path: Path
) -> None:
    mail = source(tmp_path, clock, "mailbox")
    await mail.open()
    with pytest.raises(Refused, match="550") as caught:
        await mail.push(reply(to="refused@mail.example"), CaseRef(id=1, conversation=""), "r1")
    assert caught.value.recipients == ("refused@mail.example",)
    assert server.copies("one@tamarind.example") == 0
    both = reply(cc=(Address("", "refused@mail.example"),))
    receipt = await mail.push(both, CaseRef(id=1, conversation=""), "r2")
    assert "refused@mail.example" in receipt.warning
    assert server.copies("one@tamarind.example") == 1
    await mail.close()


async def test_a_mailbox_delivers_twice_what_it_is_given_twice(
    server: DemoServer, clock: Clock, tmp_path: Path
) -> None:
    mail = source(tmp_path, clock, "mailbox")
    await mail.open()
    for _ in range(2):
        await mail.push(reply(), CaseRef(id=1, conversation=""), "r1")
    assert server.copies("one@tamarind.example") == 2
    assert server.attempts("r1") == 2
    await mail.close()


async def test_a_fault_waits_in_the_file_for_whoever_comes_next(
    server: DemoServer, clock: Clock, tmp_path: Path
) -> None:
    server.fail_next("reply", "TryLater", service="mailbox", words="451 try again")
    server.fail_next("open", "AuthenticationError", service="forum")
    mail, forum = source(tmp_path, clock, "mailbox"), source(tmp_path, clock, "forum")
    with pytest.raises(AuthenticationError):
        await forum.open()
    await forum.close()
    await mail.open()
    with pytest.raises(TryLater, match="451 try again"):
        await mail.push(reply(), CaseRef(id=1, conversation=""), "r1")
    assert server.copies("one@tamarind.example") == 0
    await mail.push(reply(), CaseRef(id=1, conversation=""), "r1")
    assert server.copies("one@tamarind.example") == 1
    server.cut_after_commit()
    with pytest.raises(OutcomeUnknown):
        await mail.push(reply(marker="two@tamarind.example"), CaseRef(id=1, conversation=""), "r2")
    assert server.copies("two@tamarind.example") == 1
    await mail.close()


def test_an_error_that_does_not_exist_cannot_be_arranged(server: DemoServer) -> None:
    with pytest.raises(ValueError, match="no error"):
        server.fail_next("reply", "KeyError")


async def test_an_attachment_from_outside_the_workspace_is_never_sent(
    server: DemoServer, clock: Clock, tmp_path: Path
) -> None:
    mail = source(tmp_path, clock, "mailbox")
    await mail.open()
    (tmp_path / "attachments").mkdir()
    (tmp_path / "attachments" / "ab").write_bytes(b"fine")
    sent = reply(attachments=(("ab", "note.txt", "text/plain"),))
    await mail.push(sent, CaseRef(id=1, conversation=""), "r1")
    assert server.messages("mailbox")[-1].files == ("note.txt",)
    for path in ("../workspace.toml", "/etc/hostname", "missing"):
        with pytest.raises(Refused):
            await mail.push(reply(attachments=((path, "x", "text/plain"),)), CaseRef(id=1, conversation=""), "r2")
    await mail.close()


async def test_messages_of_one_instant_are_all_read(server: DemoServer, clock: Clock, tmp_path: Path) -> None:
    written = {server.customer_writes("forum", text=f"question {number}").ref for number in range(7)}
    forum = source(tmp_path, clock, "forum")
    await forum.open()
    cursor, read = "", set()
    for _ in range(100):
        batches = [batch async for batch in forum.pull(cursor, 2)]
        read |= {m.ref for batch in batches for m in batch.messages}
        cursor = batches[-1].cursor
    assert written <= read
    await forum.close()


async def test_servers_made_anew_are_read_anew(server: DemoServer, clock: Clock, tmp_path: Path) -> None:
    forum = source(tmp_path, clock, "forum")
    await forum.open()
    before, batches = await everything(forum)
    server.file.set_meta("life", "another")
    again, second = await everything(forum, batches[-1].cursor)
    assert {m.ref for m in again} == {m.ref for m in before}
    assert second[0].removals
    await forum.close()


async def test_a_topic_tells_how_far_it_is_answered(server: DemoServer, clock: Clock, tmp_path: Path) -> None:
    forum = source(tmp_path, clock, "forum")
    await forum.open()
    _, batches = await everything(forum)
    answers = {case.conversation: str(case.answer) for batch in batches for case in batch.cases}
    assert (answers["643"], answers["641"], answers["638"], answers["631"]) == (
        "none", "unverified", "staff", "solved",
    )  # fmt: skip
    assert all(case.public for batch in batches for case in batch.cases)
    await forum.close()


async def test_a_snoozed_chat_wakes_when_its_time_comes(server: DemoServer, clock: Clock) -> None:
    assert server.talk("chat", "C2379").state == "snoozed"
    clock.now += 21 * 3_600_000
    server.pass_time()
    assert server.talk("chat", "C2379").state == "open"


async def test_what_a_chat_cannot_do_is_said_before_anything_is_sent(
    server: DemoServer, clock: Clock, tmp_path: Path
) -> None:
    chat = source(tmp_path, clock, "chat")
    await chat.open()
    with pytest.raises(Unsupported):
        await chat.push(reply(visibility=Visibility.PUBLIC), CaseRef(id=1, conversation="C2391"), "r1")
    with pytest.raises(Refused):
        await chat.push(reply(mode="new"), CaseRef(id=1, conversation=""), "r2")
    await chat.push(SetState(state=CaseState.CLOSED), CaseRef(id=1, conversation="C2391"), "r3")
    server.customer_writes("chat", "C2391", "one more thing")
    assert server.talk("chat", "C2391").state == "open"
    await chat.close()
