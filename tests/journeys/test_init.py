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


def test_a_new_user_sets_up_inside_the_workstation_leaves_comes_back_and_sees_mail(mail_server: MailServer, tmp_path: Path) -> None:
    box = Mailbox(mail_server, tmp_path / "box", user=mail_server.fresh("desk"))
    box.append(box.mail("Where is my lamp, please?", Subject="A lamp that is late", Date="Sat, 28 Nov 2026 06:00:00 +0000"))
    home, space = tmp_path / "home", tmp_path / "w"
    (home / ".config" / "aerc").mkdir(parents=True)
    (home / "secret").write_text(mail_server.password)
    server = f"localhost:{mail_server.ports['imaps']}"
    (home / ".config" / "aerc" / "accounts.conf").write_text(
        f"[shop]\nsource = imaps://{box.user.replace('@', '%40')}@{server}\nfrom = Shop <{box.address}>\n"
        f"outgoing = smtps://{box.user.replace('@', '%40')}@localhost:{mail_server.ports['smtps']}\nsource-cred-cmd = cat {home}/secret\n"
    )
    environment = {"HOME": str(home), "SSL_CERT_FILE": str(mail_server.ca)}
    command = [sys.executable, "-m", "agent_tui", "--workspace", str(space)]
    terminal = Terminal(command, env=environment, size=(90, 30))
    try:
        terminal.sees("There is no workspace yet", "look around first")
        terminal.press("enter")
        for question, answer in (("Your name", "Asha Rao"), ("Your own e-mail", "asha@shop.example"), ("Languages", "")):
            terminal.sees(question)
            terminal.type(answer)
            terminal.press("enter")
        terminal.sees("Which of them to take over")
        terminal.press("escape")  # leave in the middle
        terminal.sees("Left; what was finished is in")
        terminal.press("enter")
        terminal.sees("No source yet: g + adds one.")
        terminal.press("g", "+")
        terminal.sees("Which of them to take over", "aerc")
        for question, answer in (
            ("Which of them", "1"), ("Is that right", ""), ("A short name", "shop"), ("Go on getting the password", ""),
        ):  # fmt: skip
            terminal.sees(question)
            terminal.type(answer)
            terminal.press("enter")
        terminal.sees("shop works", "Enter: that is all")
        terminal.press("enter")
        terminal.sees("enter goes on")
        terminal.press("enter")
        terminal.sees("A lamp that is late", "try 1/10", seconds=60)
        assert mail_server.password not in terminal.text
        terminal.press("ctrl+q")
        assert terminal.ended(60) == 0
    finally:
        terminal.close()
    assert [one.name for one in workspaces.load(space).sources] == ["shop"]
    assert mail_server.password not in (space / "workspace.toml").read_text()
