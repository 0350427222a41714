"""Connecting to a real server: protected or not at all, and clear about why not."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.domain.errors import AuthenticationError, Refused, SourceError, TryLater
from agent_tui.domain.model import Direction
from agent_tui.sources.imap import smtp
from agent_tui.sources.imap.connection import Connection
from agent_tui.sources.imap.settings import Endpoint
from tests.contract.mailbox import Mailbox, settled
from tests.servers.mail import POOR
from tests.servers.process import certificate
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.server("mail")


async def refusal(box: Mailbox, **changes: object) -> SourceError:
    source = box.source(**changes)
    try:
        with pytest.raises(SourceError) as caught:
            await source.open()
        return caught.value
    finally:
        await source.close()


@pytest.mark.parametrize("kind", ["imap", "imaps"])
async def test_it_logs_in_over_tls_and_starttls(box: Mailbox, kind: str) -> None:
    box.append(box.mail("hello"))
    async with box.opened(imap=box.endpoint(kind)) as source:
        await box.pull(source)
    assert len(box.ledger.messages) == 1


@pytest.mark.parametrize("kind", ["submission", "smtps"])
async def test_it_sends_over_tls_and_starttls(box: Mailbox, kind: str) -> None:
    other = box.server.fresh()
    async with box.opened(smtp=box.endpoint(kind)) as source:
        await source.push(box.reply(to=[box.server.address(other)]), box.ledger.case_ref(""), "r")
    settled(box.server)
    assert len(box.held(user=other)) == 1


@pytest.mark.parametrize("kind", ["imap", "imaps"])
async def test_a_server_of_an_unknown_authority_is_refused(box: Mailbox, kind: str) -> None:
    error = await refusal(box, imap=box.endpoint(kind), ca_file=None)
    assert isinstance(error, Refused)
    assert "localhost" in str(error)
    assert "ca_file" in str(error)


@pytest.mark.parametrize("kind", ["submission", "smtps"])
async def test_a_sending_server_of_an_unknown_authority_is_refused(box: Mailbox, kind: str) -> None:
    settings = box.settings(smtp=box.endpoint(kind), ca_file=None)
    with pytest.raises(Refused, match=r"not trusted.*ca_file"):
        await smtp.check(settings, lambda _: box.server.password)


async def test_a_certificate_for_another_name_is_refused(box: Mailbox, tmp_path: Path) -> None:
    other, _certificate, _key = certificate(tmp_path / "tls", ["elsewhere.example"], [])
    assert isinstance(await refusal(box, ca_file=other), Refused)


async def test_a_ca_file_that_holds_no_certificates_is_named(box: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    error = await refusal(box, ca_file=tmp_path / "ca.pem")
    assert "ca.pem" in str(error)


async def test_plain_text_leaves_this_machine_in_no_case(box: Mailbox) -> None:
    error = await refusal(box, imap=Endpoint("mail.example.com", 143, "plain"))
    assert isinstance(error, Refused)
    assert "imaps://" in str(error)
    with pytest.raises(Refused, match=r"imaps:"):
        await smtp.check(box.settings(smtp=Endpoint("192.0.2.1", 25, "plain")), lambda _: "x")


async def test_a_disabled_login_is_honoured(box: Mailbox) -> None:
    async with Proxy(box.server.ports["imap"], source=POOR) as stranger:
        error = await refusal(box, imap=box.endpoint("plain", port=stranger.port))
        assert isinstance(error, Refused)
        assert "LOGINDISABLED" in str(error)
        assert box.server.password.encode() not in stranger.sent_up


async def test_a_wrong_password_is_an_authentication_error_that_says_what_to_do(box: Mailbox) -> None:
    error = await refusal(box, secret="wrong-password-123")
    assert isinstance(error, AuthenticationError)
    assert "localhost" in str(error)
    assert "agent-tui secret set" in str(error)
    with pytest.raises(AuthenticationError, match="agent-tui secret set"):
        await smtp.check(box.settings(), lambda _: "wrong-password-123")


async def test_a_token_logs_in_on_both_servers(box: Mailbox) -> None:
    other = box.server.fresh()
    async with box.opened(auth="xoauth2", secret=box.server.token(box.user)) as source:
        await source.push(box.reply(to=[box.server.address(other)]), box.ledger.case_ref(""), "r")
        await box.pull(source)
    settled(box.server)
    assert len(box.held(user=other)) == 1
    assert [m.direction for m in box.ledger.messages.values()] == [Direction.OUT]


async def test_a_token_that_has_run_out_is_an_authentication_error(box: Mailbox) -> None:
    token = box.server.token(box.user, lifetime=-600)
    error = await refusal(box, auth="xoauth2", secret=token)
    assert isinstance(error, AuthenticationError)
    assert token not in str(error)


async def test_a_secret_shows_nowhere(box: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cret-that-nobody-sees"
    source = box.source(secret=secret)
    with pytest.raises(AuthenticationError) as caught:
        await source.open()
    shown = "".join(traceback.format_exception(caught.value)) + repr(source) + repr(vars(source)) + caplog.text
    assert secret not in shown
    await source.close()
    async with box.opened() as source:
        client = source._reader._client
        assert client is not None
        assert not any(box.server.password in str(line) for line in client._imap._cmd_log.values())
    assert box.server.password not in caplog.text


async def test_a_port_where_nobody_listens_is_a_reason_to_try_later(box: Mailbox) -> None:
    error = await refusal(box, imap=Endpoint("localhost", 1, "tls"))
    assert isinstance(error, TryLater)
    assert "localhost:1" in str(error)


async def test_a_folder_that_is_not_there_is_named_with_those_that_are(box: Mailbox) -> None:
    error = await refusal(box, folders=("INBOX", "Suport"))
    assert isinstance(error, Refused)
    assert "'Suport'" in str(error)
    assert "INBOX" in str(error)


async def test_a_connection_that_broke_is_opened_again(box: Mailbox) -> None:
    async with Proxy(box.server.ports["imaps"]) as proxy, box.opened(imap=box.endpoint("imaps", port=proxy.port)) as source:
        await box.pull(source)
        proxy.drop()
        with pytest.raises(TryLater):
            await box.pull(source)
        box.append(box.mail("after"))
        await box.pull(source)
    assert [m.text.strip() for m in box.ledger.messages.values()] == ["after"]


async def test_a_server_that_says_nothing_any_more_is_noticed(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_tui.sources.imap.connection.READ_S", 0.5)
    async with Proxy(box.server.ports["imaps"]) as proxy, box.opened(imap=box.endpoint("imaps", port=proxy.port)) as source:
        proxy.stalled = True
        with pytest.raises(TryLater):
            await box.pull(source)
        proxy.stalled = False


async def test_a_poor_server_declares_less(box: Mailbox) -> None:
    imap = replace(box.endpoint("imaps"), host=POOR)
    source = box.source(imap=imap)
    info = await source.open()
    await source.close()
    assert not info.capabilities.live
    assert info.capabilities.limits
    assert info.capabilities.carries("tag")


async def test_without_smtp_nothing_can_be_sent(box: Mailbox) -> None:
    source = box.source(smtp=None)
    info = await source.open()
    await source.close()
    assert info.capabilities.read_only
    assert not info.capabilities.carries("reply")


async def test_closing_in_the_middle_of_a_command_returns(box: Mailbox) -> None:
    connection = Connection(box.settings(), lambda _: box.server.password, "test")
    await connection.run(lambda client: client.noop())
    await connection.close()
    with pytest.raises(TryLater):
        await connection.run(lambda client: client.noop())
