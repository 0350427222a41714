"""What a mail's bytes become."""

from agent_tui.domain.model import Direction
from agent_tui.sources.mime import parse


def read(raw: bytes, **more):
    return parse(raw, container="INBOX", ref="1:1", received_at=1_700_000_000_000, **more)


def test_an_ordinary_mail_is_read():
    message = read(
        b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nTo: support@example.com\r\nSubject: Hello\r\n"
        b"Message-ID: <a@x>\r\nIn-Reply-To: <b@x>\r\nReferences: <c@x> <b@x>\r\n"
        b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nHi there\r\n"
    )
    assert (message.author.name, message.author.address) == ("Jürgen", "j@example.com")
    assert message.text == "Hi there"
    assert message.thread_ids == ("a@x", "b@x", "c@x")
    assert message.sent_at == 1_700_000_000_000
    assert message.direction is Direction.IN
    assert message.warning == ""


def test_mail_from_our_own_address_is_ours():
    message = read(b"From: Us <Support@Example.com>\n\nx", agent_addresses=frozenset({"support@example.com"}))
    assert message.direction is Direction.OUT
