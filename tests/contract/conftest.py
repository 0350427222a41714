"""Lets the shared suite's assertions explain themselves, as those in test modules do; and the mailbox of IMAP's."""

from pathlib import Path

import pytest

from tests.servers.mail import MailServer

pytest.register_assert_rewrite(
    *(f"tests.contract.{name}" for name in ("steps", "ledger", "reading", "writing", "triage", "mailbox"))
)

from tests.contract.mailbox import Mailbox  # noqa: E402 - after its assertions have been taken note of


@pytest.fixture
def box(mail_server: MailServer, tmp_path: Path) -> Mailbox:
    """A mailbox nobody has used."""
    return Mailbox(mail_server, tmp_path / "workspace")
