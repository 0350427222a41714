"""From nothing to a list of mail by answering questions, on the real mail server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent_tui import workspace as workspaces
from tests.contract.mailbox import Mailbox
from tests.journeys.terminal import Terminal
from tests.servers.mail import MailServer

pytestmark = pytest.mark.server("mail")


def test_a_new_user_takes_an_account_over_and_sees_its_mail(mail_server: MailServer, tmp_path: Path) -> None:
    box = Mailbox(mail_server, tmp_path / "box", user=mail_server.fresh("support"))
    box.append(box.mail("Where is my parcel, please?", Subject="A parcel that is late", Date="Sat, 28 Nov 2026 06:00:00 +0000"))
    home, space = tmp_path / "home", tmp_path / "w"
    home.mkdir()
    (home / ".mbsyncrc").write_text(
        f"IMAPAccount shop\nHost localhost\nPort {mail_server.ports['imaps']}\nUser {box.address}\nTLSType IMAPS\n"
        f'CertificateFile {mail_server.ca}\nPassCmd "cat {home}/secret"\n'
    )
    (home / "secret").write_text(mail_server.password)
    command = [sys.executable, "-m", "agent_tui", "--workspace", str(space)]
    terminal = Terminal([*command, "init"], env={"HOME": str(home)})
    try:
        for question, answer in (
            ("Your name", "Asha Rao"),
            ("Your own e-mail", "asha@shop.example"),
            ("Languages", ""),
            ("Which of them", "1"),
            ("Is that right", "n"),  # mbsync sends nothing
            ("Server for reading", ""),
            ("Server for sending", f"smtps://localhost:{mail_server.ports['smtps']}"),
            ("User name", box.user),
            ("Is that right", ""),
            ("A short name", "shop"),
            ("Go on getting the password", ""),
        ):
            terminal.sees(question)
            terminal.type(answer)
            terminal.press("enter")
        terminal.sees("shop works", "Enter: that is all")
        terminal.press("enter")
        terminal.sees("shop: 1 fetched", "Open it with")
        assert terminal.ended() == 0
        assert [one.name for one in workspaces.load(space).sources] == ["shop"]
        assert mail_server.password not in (space / "workspace.toml").read_text()
    finally:
        terminal.close()
    opened = Terminal(command, env={"HOME": str(home)})
    try:
        opened.sees("A parcel that is late")
    finally:
        opened.close()
