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
from tests.journeys.terminal import ROOT, Terminal, workstation

ATTACKS = (
    "\x1b]52;c;UFdORUQ=\x07", "\x9d52;c;UFdORUQ=\x9c", "\x1b]8;;http://pwned.example\x1b\\click\x1b]8;;\x1b\\", "\x1b]0;PWNED\x07", "\x1b]777;notify;PWNED;x\x07",
    "\x1b[7777;7777H", "\x9b7777;7777H", "\x1b[?7777h", "\x1bP7777q\x1b\\", "\x1b_7777\x1b\\", "\x1bc", "\x0e", "\x07", "\x08\x08", "\r7777",
    "\u202e7777\u202c", "\u2066x\u2069", "\u200b", "\u200e", "\u2060", "\ufeff", "\U000e0041", "\u0085", "\x00", "\x7f", "$(touch pwned)", "`touch pwned`", "; touch pwned",
)  # fmt: skip
HOSTILE = "".join(f"a{one}b" for one in ATTACKS)
SUBJECT = f"Zebra {HOSTILE}"
# What the program itself has no reason to send, whatever it shows. A terminal is also told by C1 controls in UTF-8.
NEVER = {
    "the clipboard": re.compile(r"(?:\x1b\]|\x9d)52;[^\x07\x1b]*UFdORUQ"), "a link": re.compile(r"(?:\x1b\]|\x9d)8;[^;]*;http://pwned"), "the title": re.compile(r"(?:\x1b\]|\x9d)[012];[^\x07]*PWNED"),
    "a notification": re.compile(r"(?:\x1b\]|\x9d)(?:9|99|777);[^\x07]*PWNED"), "the cursor": re.compile(r"(?:\x1b\[|\x9b)\??7777"), "a device control": re.compile(r"\x1b[P_^X]7777"),
    "a reset": re.compile(r"\x1bc"), "a C1 control": re.compile(r"[\x80-\x9f]"), "direction": re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]"),
    "the invisible": re.compile(r"[\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]"), "the bell or another font": re.compile(r"(?<!\x1b)[\x00\x0e\x0f\x7f]"),
}  # fmt: skip


def looked_at(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    for what, pattern in NEVER.items():
        found = pattern.search(text)
        assert found is None, f"{what}: {text[max(0, found.start() - 40) : found.end() + 40]!r}"


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
        f"From: =?utf-8?q?Eve{_quoted(HOSTILE)}?= <eve@pwned.example>\r\nTo: support@shop.example\r\nMessage-ID: <1@pwned.example>\r\n"
        f"Subject: =?utf-8?q?{_quoted(SUBJECT)}?=\r\nX-Mailer: =?utf-8?q?{_quoted(HOSTILE)}?=\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
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


def _quoted(text: str) -> str:
    return "".join(f"={byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


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


COMMANDS = (("list",), ("list", "is:unanswered"), ("search", "zebra"), ("outbox",), ("source", "list"), ("doctor", "--offline"), ("where",), ("policy", "check"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_on_a_terminal_show_attacks_as_nothing(folder: Path, command: tuple[str, ...]) -> None:
    _on_a_terminal(folder, *command)


def test_every_case_is_shown_and_exported_clean(folder: Path) -> None:
    found = run(folder, "search", "zebra", "--json", cwd=folder.parent)
    codes = sorted({json.loads(one)["case"] for one in found.stdout.splitlines()})
    assert len(codes) >= 4
    for code in codes:
        assert b"Zebra" in _on_a_terminal(folder, "show", code)
        _on_a_terminal(folder, "export", code, "--format", "md")
        _on_a_terminal(folder, "do", code, "close")
    for line in found.stdout.splitlines():
        looked_at("".join(_strings(json.loads(line))).encode())


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in _strings(one)]
    return [text for one in value for text in _strings(one)] if isinstance(value, list) else []


def _on_a_terminal(folder: Path, *command: str) -> bytes:
    program = Terminal([sys.executable, "-m", "agent_tui", "--workspace", str(folder), *command], size=(120, 200))
    try:
        program.ended(60)
        program._reader.join(10)
        raw = bytes(program.raw)
    finally:
        program.close()
    looked_at(raw)
    return raw


def test_what_is_looked_for_would_be_found() -> None:
    for what, pattern in NEVER.items():
        assert pattern.search(HOSTILE), what
