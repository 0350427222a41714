"""The contract over a real mailbox: Dovecot for reading, Postfix for sending, and a second client that looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.mail_rig import MailRig
from tests.contract.suite import SourceContract
from tests.servers.mail import MailServer

pytestmark = pytest.mark.server("mail")


class TestMailbox(SourceContract):
    """Dovecot with all it can."""

    @pytest.fixture
    def rig(self, mail_server: MailServer, tmp_path: Path) -> Iterator[MailRig]:
        rig = MailRig(mail_server, tmp_path / "workspace")
        yield rig
        rig.end()


