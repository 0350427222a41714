"""A live chat on Synapse while a first sync over IMAP runs: from the customer's words to the screen, from enter to the server.

The customer is a second client. One way is from the moment the homeserver took the customer's message (its own time on
the event) to the bytes of it on the terminal; the other from the enter key to the homeserver's answer to the engine, seen
on the wire between them. Only exchanges count that ended while the sync still ran. Most of both is the homeserver's own
time, so beside them stands what it makes the customer's client wait, which does nothing but send.
"""

from __future__ import annotations

import os
import queue
import socket
import sqlite3
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks import first_sync
from benchmarks.machine import PYTHON, Report, busy, median, percentile
from benchmarks.terminal import Terminal
from tests.servers import mail, matrix
from tests.servers.process import LOOPBACK

ROUNDS = 40
FEWEST = 20  # exchanges while the sync ran; fewer say nothing of the slowest
PATIENCE_S = 60.0
CHAT = """
[[source]]
name = "live-chat"
type = "matrix"
url = "{url}"
username = "{user}"
promise = {{ first_reply = "1m", next_reply = "2m" }}
"""


class _Wire:
    """The way to the homeserver, with a note of when it acknowledged each message that was sent over it.

    Args:
        target: the homeserver's port.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self.acknowledged: queue.SimpleQueue[float] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((LOOPBACK, self._target))
            except OSError:
                near.close()
                continue
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sending = threading.Event()
            threading.Thread(target=self._up, args=(near, far, sending), daemon=True).start()
            threading.Thread(target=self._down, args=(near, far, sending), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket, sending: threading.Event) -> None:
        with suppress(OSError):
            while data := near.recv(1 << 16):
                if data.startswith(b"PUT ") and b"/send/m.room.message/" in data.partition(b"\r\n")[0]:
                    sending.set()
                far.sendall(data)
            far.shutdown(socket.SHUT_WR)

    def _down(self, near: socket.socket, far: socket.socket, sending: threading.Event) -> None:
        with suppress(OSError):
            while data := far.recv(1 << 16):
                if sending.is_set():
                    sending.clear()
                    if data.startswith(b"HTTP/1.1 200"):
                        self.acknowledged.put(time.time())
                near.sendall(data)
            near.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


def _messages(folder: Path) -> int:
    cache = sqlite3.connect(f"file:{folder / 'cache.db'}?mode=ro", uri=True, timeout=10)
    try:
        return int(cache.execute("SELECT count(*) FROM messages").fetchone()[0])
    finally:
        cache.close()


def _painted(screen: Terminal, words: str) -> float:
    """When these words came to the terminal, in seconds since the epoch."""
    wanted = words.encode()
    end = time.perf_counter() + PATIENCE_S
    seen = b""
    while time.perf_counter() < end:
        data = screen.read(0.02)
        if data:
            seen = seen[-200:] + data
            if wanted in seen:
                return time.time() - (time.perf_counter() - screen.chunks[-1][0])
    raise RuntimeError(f"{words!r} was never painted")


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Seconds of one question and its answer.

    Args:
        bare: the customer's client, from sending to the server's acknowledgement.
        painted: from the server's taking the question to its words on the terminal.
        acknowledged: from enter to the server's acknowledgement of the answer.
    """

    bare: float
    painted: float
    acknowledged: float


def _round(screen: Terminal, robin: matrix.Person, room: str, wire: _Wire, number: int) -> _Exchange:
    asked = time.perf_counter()
    event = robin.says(room, f"Customer-{number:04}")
    bare = time.perf_counter() - asked
    painted = _painted(screen, f"Customer-{number:04}")
    taken = robin.call("GET", f"/rooms/{quote(room)}/event/{quote(event)}")["origin_server_ts"] / 1000
    for key in f"Answer-{number:04}":
        screen.key(key)
    entered = time.time()
    os.write(screen.master, b"\r")
    end = entered + PATIENCE_S
    while True:
        try:
            acknowledged = wire.acknowledged.get_nowait()
            break
        except queue.Empty:
            assert time.time() < end, screen.text()
            screen.read(0.01)
    return _Exchange(bare, painted - taken, acknowledged - entered)


def _exchanges(
    box: mail.MailServer, home: matrix.Synapse, wire: _Wire, mails: int, rounds: int
) -> tuple[list[_Exchange], str]:
    """Exchanges in a chat while that many mails are fetched for the first time, and how the sync went meanwhile."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "workspace"
        user = box.fresh()
        if mails:
            first_sync.fill(box, user, mails)
        agent = home.person(f"support-{mails}", shown="Asha Rao")
        robin = home.person(f"robin-{mails}", shown="Robin Bell")
        room = robin.creates(agent.user_id, name="Broken kettle")
        agent.joins(room)
        robin.says(room, "My kettle leaks.")
        first_sync.settings(box, user, folder)
        with (folder / "workspace.toml").open("a", encoding="utf-8") as settings:
            settings.write(CHAT.format(url=f"http://{LOOPBACK}:{wire.port}", user=agent.user_id))
        secrets = {"AGENT_TUI_SECRET_SUPPORT_MAIL": box.password, "AGENT_TUI_SECRET_LIVE_CHAT": matrix.PASSWORD}
        screen = Terminal([PYTHON, "-m", "agent_tui", "--workspace", str(folder)], environment=secrets)
        try:
            screen.ready("My kettle leaks", patience=PATIENCE_S)
            for key in ("\\", "source:live-chat", "\r", "\r", "r"):
                screen.key(key)
            screen.ready("REPLY", patience=PATIENCE_S)
            before, began = _messages(folder), time.perf_counter()
            after, times = before, []
            for number in range(rounds):
                one = _round(screen, robin, room, wire, number)
                after = _messages(folder)
                if mails and after >= mails:
                    break
                times.append(one)
            rate = (after - before) / (time.perf_counter() - began)
        finally:
            screen.close()
    if len(times) < FEWEST:
        raise RuntimeError(f"the sync ended after {len(times)} exchanges: give it more mails")
    return times, f"{after - before:,} mails came in during {len(times)} exchanges, {rate:,.0f}/s"


def measure(mails: int = 60_000, rounds: int = ROUNDS) -> Report:
    """A chat while a mailbox is fetched for the first time, and one while nothing is.

    Args:
        mails: in the mailbox; enough that the chat does not outlast the sync.
        rounds: exchanges in each chat.
    """
    report = Report(f"A live chat on Synapse while a first sync of {mails:,} mails over IMAP runs")
    box = mail.start()
    home = matrix.start()
    wire = _Wire(home.port)
    try:
        for label, count in (("without a sync", 0), ("while it runs", mails)):
            times, words = _exchanges(box, home, wire, count, rounds)
            for name, values, goal in (
                ("from the server's event to the painted words", [one.painted for one in times], "p95 300 ms"),
                ("from enter to the server's acknowledgement", [one.acknowledged for one in times], "p95 150 ms"),
                ("the same for a client that only sends", [one.bare for one in times], ""),
            ):
                figure = f"median {median(values) * 1000:.0f} ms, p95 {percentile(values, 95) * 1000:.0f} ms"
                report.add(f"{name}, {label}", figure, goal if count else "")
            if count:
                report.add("the sync meanwhile", words)
    finally:
        wire.close()
        home.close()
        box.close()
    report.add("machine meanwhile", busy())
    return report
