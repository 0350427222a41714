"""New mail told by IDLE: from the server's telling to the line on the terminal.

A second connection idles too, and what it is told when stands for the floor: Dovecot gathers news for half a second.
"""

from __future__ import annotations

import queue
import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from benchmarks import first_sync
from benchmarks.machine import PYTHON, Report, busy, median, percentile
from benchmarks.terminal import Terminal
from tests.servers import mail

MAILS = 300
ROUNDS = 20
PATIENCE_S = 60.0
LETTER = """From: Robin Bell <robin{number}@outside.example>\r
To: support@shop.example\r
Subject: {subject}\r
Message-ID: <pushed-{number}@outside.example>\r
\r
It leaks.\r
"""


class _Idling:
    """A plain connection in IDLE that notes when it is told of a message."""

    def __init__(self, server: mail.MailServer, user: str) -> None:
        self._client = server.client(user)
        self._client.select("INBOX", readonly=True)
        self.told: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._client.send(b"IDLE1 IDLE\r\n")
        self._client.readline()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError, ValueError):
            while line := self._client.readline():
                if b" EXISTS" in line:
                    self.told.put(time.perf_counter())

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._client.sock.shutdown(socket.SHUT_RDWR)  # else closing waits for the thread that reads
            self._client.shutdown()


def _painted(screen: Terminal, words: str) -> float:
    end = time.perf_counter() + PATIENCE_S
    seen = b""
    while time.perf_counter() < end:
        data = screen.read(0.02)
        if data:
            seen = seen[-200:] + data
            if words.encode() in seen:
                return screen.chunks[-1][0]
    raise RuntimeError(f"{words!r} was never painted")


def measure(rounds: int = ROUNDS) -> Report:
    """Mail that comes while the list is open and nobody does anything.

    Args:
        rounds: how many mails, one after the other.
    """
    report = Report("New mail told by IDLE (Dovecot, TLS, loopback)")
    server = mail.start()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            user, folder = server.fresh(), Path(temporary) / "workspace"
            first_sync.fill(server, user, MAILS)
            first_sync.settings(server, user, folder)
            command = [PYTHON, "-m", "agent_tui", "--workspace", str(folder)]
            screen = Terminal(command, rows=60, environment={"AGENT_TUI_SECRET_SUPPORT_MAIL": server.password})
            idling = _Idling(server, user)
            try:
                screen.ready("up to date", patience=PATIENCE_S)
                screen.settle(1.0)
                floors, ours = [], []
                for number in range(rounds):
                    words = f"Pushed-{number:03}"
                    began = time.perf_counter()
                    server.append(user, "INBOX", [LETTER.format(number=number, subject=words).encode()])
                    painted = _painted(screen, words)
                    told = idling.told.get(timeout=PATIENCE_S)
                    floors.append(told - began)
                    ours.append(painted - told)
                    screen.settle(0.5)
            finally:
                idling.close()
                screen.close()
    finally:
        server.close()
    report.add("from the append to the server's telling a plain connection", f"median {median(floors) * 1000:.0f} ms")
    figure = f"median {median(ours) * 1000:.0f} ms, p95 {percentile(ours, 95) * 1000:.0f} ms"
    report.add("from there to the painted line", figure, "60 ms")
    report.add("machine meanwhile", busy())
    return report
