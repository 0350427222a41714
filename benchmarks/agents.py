"""What one agent's open workstation asks of its servers, and what two hundred of them would.

A real engine talks to a real Dovecot, a real Synapse and a simulated Discourse through a wire that counts what it asks;
the servers' processor time is their own. Agents do not know of each other, so two hundred ask two hundred times as much:
that is the simulation, and it says nothing of what a server does when it is overloaded.
"""

from __future__ import annotations

import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import first_sync
from benchmarks.machine import PYTHON, Report, busy
from benchmarks.terminal import cpu_of
from tests.servers import mail, matrix
from tests.servers.discourse import DiscourseServer
from tests.servers.process import LOOPBACK, Home

AGENTS = 200
SECONDS = 120
PATIENCE_S = 60.0  # for the first sync
EVERY_S = 10  # a customer writes
MAILS = 300
USER_KEY = "user-key-of-one-agent"
ASKS = re.compile(rb"^(?:(?:GET|POST|PUT|DELETE) /|[A-Z]+\d+ [A-Z]+)", re.MULTILINE)
"""The first line of a request over HTTP, or a tagged command over IMAP (RFC 3501, section 2.2.1)."""


class Wire:
    """The way to a server, with a count of what goes over it.

    Args:
        target: the server's port.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self.requests = self.bytes_down = self.open = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection((LOOPBACK, self._target))
            except OSError:
                return
            self.open += 1
            threading.Thread(target=self._up, args=(near, far), daemon=True).start()
            threading.Thread(target=self._down, args=(near, far), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(1 << 16):
                self.requests += len(ASKS.findall(data))
                far.sendall(data)
            far.shutdown(socket.SHUT_WR)
        self.open -= 1

    def _down(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(1 << 16):
                self.bytes_down += len(data)
                near.sendall(data)
            near.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


@dataclass(frozen=True)
class Service:
    """One kind of server.

    Args:
        name: as the table has it.
        port: of the server.
        source: the ``[[source]]`` table, with a place for the wire's port.
        secret: of the source.
        write: lets a customer write, given a number.
        spent: processor seconds of the server so far, or nothing where it is simulated.
        limit: what the server's makers allow, in words.
    """

    name: str
    port: int
    source: str
    secret: str
    write: Callable[[int], object]
    spent: Callable[[], float] | None
    limit: str


def spent_by(home: Home) -> float:
    """Processor seconds of the servers that live there, and of what they started."""
    total = 0.0
    for member in home.members():
        with suppress(OSError):  # ended since
            total += cpu_of(member)
    return total


def _observe(wire: Wire, service: Service, seconds: int, *, writing: bool) -> tuple[float, float, float]:
    """Requests a minute, kB a minute and milliseconds of the server's processor time a minute."""
    asked, down, before = wire.requests, wire.bytes_down, service.spent() if service.spent else 0.0
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        if writing:
            number += 1
            service.write(number)
        time.sleep(min(EVERY_S, max(0.0, end - time.monotonic())))
    minutes = seconds / 60
    spent = (service.spent() - before if service.spent else 0.0) * 1000
    return (wire.requests - asked) / minutes, (wire.bytes_down - down) / 1000 / minutes, spent / minutes


def _agent(report: Report, service: Service, seconds: int) -> None:
    wire = Wire(service.port)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "workspace"
        folder.mkdir(mode=0o700)
        source = service.source.replace("WIRE", str(wire.port))
        (folder / "workspace.toml").write_text(f'[agent]\nname = "Asha"\nemail = "support@shop.example"\n{source}\n', "utf-8")
        engine = subprocess.Popen(
            [PYTHON, "-m", "agent_tui", "--workspace", str(folder), "sync", "--watch", "--json"],
            env={"PATH": "/usr/bin:/bin", "HOME": temporary, "AGENT_TUI_SECRET_ONE": service.secret},
            stdout=subprocess.DEVNULL,
        )
        try:
            last, quiet, end = -1, 0, time.monotonic() + PATIENCE_S
            while quiet < 5:  # the first sync is over
                if time.monotonic() > end:
                    raise RuntimeError(f"{service.name} was never read")
                time.sleep(1)
                quiet = quiet + 1 if wire.requests == last and last > 0 else 0
                last = wire.requests
            for label, writing in (("nobody writes", False), (f"a customer writes every {EVERY_S} s", True)):
                asked, down, spent = _observe(wire, service, seconds, writing=writing)
                cores = f", {spent * AGENTS / 60_000:.2f} cores of the server" if service.spent else ""
                report.add(
                    f"{service.name}, {label}: one agent; {AGENTS}",
                    f"{asked:.1f} requests and {down:.0f} kB a minute; {asked * AGENTS:,.0f} a minute, "
                    f"{wire.open * AGENTS:,} connections{cores}",
                    service.limit,
                )
        finally:
            engine.terminate()
            engine.wait()
            wire.close()


def measure(seconds: int = SECONDS) -> Report:
    """One agent beside each server.

    Args:
        seconds: each phase is watched.
    """
    report = Report(f"What an open workstation asks of its servers, and {AGENTS} of them would")
    box, home, forum = mail.start(), matrix.start(), DiscourseServer(lambda: time.time_ns() // 1_000_000)
    try:
        user = box.fresh()
        first_sync.fill(box, user, MAILS)
        agent, robin = home.person("support", shown="Asha"), home.person("robin", shown="Robin Bell")
        room = robin.creates(agent.user_id, name="Broken kettle")
        agent.joins(room)
        forum.forum.user("support", "Asha", moderator=True)
        forum.forum.user_keys[USER_KEY] = "support"
        topic = forum.forum.topic(forum.forum.user("robin"), "Broken kettle", "It leaks.")
        services = (
            Service(
                "IMAP (Dovecot)", box.ports["imap"],
                f'[[source]]\nname = "one"\ntype = "imap"\naddress = "support@shop.example"\nusername = "{user}"\n'
                f'imap = "imap+insecure://{LOOPBACK}:WIRE"\npromise = {{ first_reply = "6h", next_reply = "6h" }}',
                box.password, lambda number: box.append(user, "INBOX", [_letter(number)]), lambda: spent_by(box.home),
                "Dovecot: 10 connections for one user from one address, unless set higher",
            ),
            Service(
                "Matrix (Synapse)", home.port,
                f'[[source]]\nname = "one"\ntype = "matrix"\nurl = "http://{LOOPBACK}:WIRE"\nusername = "{agent.user_id}"\n'
                'promise = { first_reply = "1m", next_reply = "2m" }',
                matrix.PASSWORD, lambda number: robin.says(room, f"Still leaking, {number}"), lambda: spent_by(home.home),
                "Synapse limits what is sent, not what is read",
            ),
            Service(
                "Discourse (simulated), a user key each", forum.port,
                f'[[source]]\nname = "one"\ntype = "discourse"\nurl = "http://{LOOPBACK}:WIRE"\nusername = "support"\n'
                'key = "user"\npromise = { first_reply = "24h" }',
                USER_KEY, lambda number: forum.forum.add(topic, forum.forum.user("robin"), f"Still leaking, {number}"), None,
                "20 a minute and 2,880 a day for each user key; 200 a minute from one address",
            ),
        )  # fmt: skip
        for service in services:
            _agent(report, service, seconds)
    finally:
        forum.close()
        home.close()
        box.close()
    report.add("machine meanwhile", busy())
    return report


def _letter(number: int) -> bytes:
    return (
        f"From: Robin Bell <robin{number}@outside.example>\r\nTo: support@shop.example\r\nSubject: Kettle {number}\r\n"
        f"Message-ID: <agents-{number}-{time.time_ns()}@outside.example>\r\n\r\nIt leaks.\r\n"
    ).encode()
