"""What strangers write in any field never steers the terminal, the clipboard or a shell: every byte that arrives is looked at."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.server import DemoServer
from tests.journeys.attacks import HOSTILE, NEVER, SUBJECT, looked_at, on_a_terminal, quoted
from tests.journeys.terminal import ROOT, workstation


def run(folder: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AGENT_TUI_WORKSPACE": str(folder)}
    return subprocess.run([sys.executable, "-m", "agent_tui", *arguments], capture_output=True, text=True, check=False, env=environment, cwd=cwd)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which a mailbox, a chat, a forum and an archive hold nothing but attacks."""
    home = tmp_path_factory.mktemp("hostile")
    path = home / "w"
    done = run(path, "demo", "--dir", str(path), "--no-open", cwd=home)
    assert not done.returncode, done.stderr
    server = DemoServer(path / FILE_NAME, now=lambda: time.time_ns() // 1_000_000)
    for service in ("mailbox", "chat", "forum"):
        server.customer_writes(service, "", HOSTILE, name=f"Eve{HOSTILE}", address="eve@pwned.example", subject=SUBJECT,
                               files=((f"bill{HOSTILE}.pdf", "application/pdf", b"%PDF-"),))  # fmt: skip
    mail = (
        f"From: =?utf-8?q?Eve{quoted(HOSTILE)}?= <eve@pwned.example>\r\nTo: support@shop.example\r\nMessage-ID: <1@pwned.example>\r\n"
        f"Subject: =?utf-8?q?{quoted(SUBJECT)}?=\r\nX-Mailer: =?utf-8?q?{quoted(HOSTILE)}?=\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
        f"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{HOSTILE}<a href='http://pwned.example/{HOSTILE}'>x</a>"
        f'\r\n--x\r\nContent-Type: application/pdf; name="bill{HOSTILE}.pdf"\r\n\r\n%PDF\r\n--x--\r\n'
    )  # fmt: skip
    (home / "a.eml").write_bytes(mail.encode("utf-8", "surrogateescape"))
    line = {"id": "1", "case": f"c{HOSTILE}", "case_subject": SUBJECT, "text": HOSTILE, "subject": SUBJECT, "author": {"name": f"Eve{HOSTILE}", "address": f"e{HOSTILE}@x"},
            "sent_at": "2026-03-02T10:00:00Z", "to": [{"name": HOSTILE, "address": "a@b.example"}], "tags": [f"t{HOSTILE}"], "attachments": [{"name": HOSTILE, "media_type": HOSTILE, "size": 5}]}  # fmt: skip
    (home / "b.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    (home / f"{'c' + chr(27) + ']0;PWNED' + chr(7)}.eml").write_bytes(EmailMessage().as_bytes() + b"Subject: x\r\n\r\ny")
    imported = run(path, "import", str(home), "--source", "old", cwd=home)
    assert imported.returncode == 0, imported.stderr
    looked_at((imported.stdout + imported.stderr).encode())
    synced = run(path, "sync", cwd=home)
    assert synced.returncode == 0, synced.stderr
    looked_at((synced.stdout + synced.stderr).encode())
    return path


def test_the_workstation_shows_attacks_as_nothing(folder: Path) -> None:
    program = workstation(folder, "--offline", size=(120, 40))
    try:
        program.sees("offline")
        program.press("/")
        program.type("zebra\n")
        program.sees("Zebra")
        for _ in range(6):
            program.press("enter")
            program.press("H", "Q", "O", "escape", "y", "Y", "P", "L", "escape", "escape", "j")
        program.press("r", "escape", "f", "escape", "ctrl+k", "escape", ":", "escape", "?", "escape")
        program.press("g", "c", "escape", "g", "i", "G")
        program.sees("offline")
        program.press("ctrl+q")
        program.ended(60)
        raw = bytes(program.raw)
    finally:
        program.close()
    # What is copied on purpose (y, Y) goes to the clipboard as base64: it must be clean as well.
    import base64

    for copied in re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", raw):
        said = base64.b64decode(copied)
        looked_at(said)
        assert b"\x1b" not in said
        assert b"\n" not in said
    looked_at(re.sub(rb"\x1b\]52;c;[A-Za-z0-9+/=]*(?:\x07|\x1b\\)", b"", raw))
    assert b"Zebra" in raw
    assert not list(folder.parent.rglob("pwned"))


def test_a_program_of_the_agents_own_gets_text_without_attacks_and_no_shell_reads_it(folder: Path, tmp_path: Path) -> None:
    program = workstation(folder, "--offline", size=(120, 40))
    try:
        program.sees("offline", "Gordon Pike")
        program.press("/")
        program.type("zebra\n")
        program.loses("Gordon Pike")
        program.sees("Zebra")
        program.type(f":pipe tee {tmp_path / 'message'}\n")
        program.sees("tee ended with status 0; enter goes back")
        program.press("enter")
        program.sees("tee is done")
        program.press("enter", "|")
        program.sees("pipe this message to tee")
        program.press("ctrl+c")
        program.type(":pipe stat -c mode-%a-$(touch{}pwned) {}\n")
        program.sees("mode-600-$(touch{}pwned)", "stat ended with status 0")
        program.press("enter")
        program.sees("stat is done")
        program.type(":pipe no-such-program\n")
        program.sees("there is no program no-such-program")
        raw = bytes(program.raw)
    finally:
        program.close()
    looked_at(raw)
    message = (tmp_path / "message").read_bytes()  # what was found are messages
    assert message.startswith(b"From: Eve")
    assert b"a$(touch pwned)b" in message
    looked_at(message)
    assert not list(folder.parent.rglob("pwned"))


COMMANDS = (("list",), ("list", "is:unanswered"), ("search", "zebra"), ("outbox",), ("source", "list"), ("doctor", "--offline"), ("where",), ("policy", "check"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_on_a_terminal_show_attacks_as_nothing(folder: Path, command: tuple[str, ...]) -> None:
    on_a_terminal(folder, *command)


def test_every_case_is_shown_and_exported_clean(folder: Path) -> None:
    found = run(folder, "search", "zebra", "--json", cwd=folder.parent)
    codes = sorted({json.loads(one)["case"] for one in found.stdout.splitlines()})
    assert len(codes) >= 4
    for code in codes:
        assert b"Zebra" in on_a_terminal(folder, "show", code)
        on_a_terminal(folder, "export", code, "--format", "md")
        on_a_terminal(folder, "do", code, "close")
    for line in found.stdout.splitlines():
        looked_at("".join(_strings(json.loads(line))).encode())


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in _strings(one)]
    return [text for one in value for text in _strings(one)] if isinstance(value, list) else []


def test_what_is_looked_for_would_be_found() -> None:
    for what, pattern in NEVER.items():
        assert pattern.search(HOSTILE), what
