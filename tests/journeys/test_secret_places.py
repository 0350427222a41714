"""A secret that is used stands nowhere: no file of the workspace, no log, no report, no command line, no core."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests.journeys.terminal import ROOT, until, workstation

SECRET = "correct-horse-battery-staple-7"
SETTINGS = """
[agent]
name = "Asha Rao"
email = "support@shop.example"
[[source]]
name = "mail"
type = "imap"
address = "support@shop.example"
imap = "imap+insecure://127.0.0.1:{port}"
smtp = "smtp+insecure://127.0.0.1:{port}"
username = "support"
"""


class RepeatsSecrets:
    """A mail server that refuses every login and says the password back, as some do in their logs and errors."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.seen = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rwb") as stream:
            stream.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
            stream.flush()
            for raw in stream:
                self.seen += raw
                tag, _, command = raw.strip().partition(b" ")
                if command.upper().startswith(b"CAPABILITY"):
                    stream.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                else:
                    stream.write(tag + b" NO [AUTHENTICATIONFAILED] wrong password " + SECRET.encode() + b"\r\n")
                stream.flush()

    def close(self) -> None:
        self._listener.close()


def test_a_secret_is_written_nowhere(tmp_path: Path) -> None:
    server = RepeatsSecrets()
    folder = tmp_path / "w"
    folder.mkdir(0o700)
    (folder / "workspace.toml").write_text(SETTINGS.format(port=server.port), "utf-8")
    environment = {"AGENT_TUI_SECRET_MAIL": SECRET, "PYTHONPATH": str(ROOT), "AGENT_TUI_WORKSPACE": str(folder)}
    try:
        for command in (("sync",), ("sync", "--json"), ("source", "check"), ("source", "check", "--json"), ("doctor",)):
            done = subprocess.run([sys.executable, "-m", "agent_tui", *command], capture_output=True, check=False, env={**os.environ, **environment},
                                  cwd=tmp_path)  # fmt: skip
            assert done.returncode, command
            assert SECRET.encode() not in done.stdout + done.stderr, command
        assert SECRET.encode() in server.seen, "it was used"
        program = workstation(folder, env=environment)
        try:
            program.sees("mail", seconds=60)
            until(lambda: b"agent_tui" in _lines(program.process.pid), "the engine is there", 60)
            assert SECRET.encode() not in _lines(program.process.pid)
            program.press("ctrl+q")
            program.ended(60)
            assert SECRET.encode() not in bytes(program.raw)
        finally:
            program.close()
    finally:
        server.close()
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert {one.name for one in files} >= {"desk.db", "cache.db", "agent-tui.log"}
    assert [one for one in files if SECRET.encode() in one.read_bytes()] == []
    assert not list(tmp_path.rglob("core*"))


def _lines(process: int) -> bytes:
    """The command lines of a process and of what it started."""
    found = b""
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                parent = int((one / "stat").read_text().rpartition(")")[2].split()[1])
                if process in (parent, int(one.name)):
                    found += (one / "cmdline").read_bytes() + b"\n"
            except (OSError, IndexError, ValueError):
                continue
    return found
