"""The workstation and its engine over a long day: four sources, steady traffic, and what the two processes use.

Mail goes through a real Dovecot and Postfix, Matrix through a real Synapse; Chatwoot and Discourse are simulated.
``make soak MINUTES=60`` prints what is written in docs/reliability.md.
"""

from __future__ import annotations

import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_tui.sources.demo.server import wall_clock
from tests.contract.mailbox import Mailbox
from tests.journeys import chat_scene, forum_scene, scene
from tests.journeys.terminal import Terminal, until, workstation
from tests.journeys.workplace import Workplace
from tests.servers import mail, matrix
from tests.servers.chatwoot import Chatwoot
from tests.servers.discourse import DiscourseServer

CHATWOOT = """
[[source]]
name = "desk"
type = "chatwoot"
url = "{url}"
account = {account}
promise = {{ first_reply = "6h" }}
"""
PEOPLE = 12
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Reading:
    """What a process uses. ``memory`` is what is its own (``RssAnon``), in KiB; ``cpu`` in seconds since its start."""

    at: float
    memory: int
    resident: int
    descriptors: int
    threads: int
    cpu: float


def read(pid: int) -> Reading:
    """Look at a process."""
    place = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines() if ":" in line)
    fields = (place / "stat").read_text().rpartition(")")[2].split()
    return Reading(
        time.monotonic(), int(status["RssAnon"].split()[0]), int(status["VmRSS"].split()[0]), len(list((place / "fd").iterdir())),
        int(status["Threads"]), (int(fields[11]) + int(fields[12])) / TICK,
    )  # fmt: skip


@dataclass
class Day(Workplace):
    """One workspace with four sources, its workstation, and those who write."""

    path: Path
    mail: mail.MailServer
    matrix: matrix.Synapse
    terminals: list[Terminal] = field(default_factory=list)
    said: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(1)
        self.box = Mailbox(self.mail, self.path, user=self.mail.fresh("support"))
        self.agent = self.matrix.person("support", shown="Asha Rao")
        self.chatwoot = Chatwoot(time.time)
        self.discourse = DiscourseServer(wall_clock)
        forum = self.discourse.forum
        forum.user("support", "Asha Rao", moderator=True, whisperer=True)
        forum.user_keys[forum_scene.USER_KEY] = "support"
        self.path.mkdir(mode=0o700)
        parts = (
            scene.SETTINGS.format(
                address=self.box.address, user=self.box.user, ca=self.mail.ca, undo="5s", more="", imap=self.mail.ports["imaps"],
                smtp=self.mail.ports["plain"],
            ),
            chat_scene.SETTINGS.format(port=self.matrix.port, user=self.agent.user_id, more="").partition("[[source]]")[2],
            forum_scene.SETTINGS.format(url=self.discourse.url).partition("[[source]]")[2] + "requests_per_day = 0\n",  # see ``Pace``
            CHATWOOT.format(url=self.chatwoot.server.url, account=self.chatwoot.account).partition("[[source]]")[2],
        )  # fmt: skip
        (self.path / "workspace.toml").write_text("\n[[source]]".join(parts), encoding="utf-8")
        rooms = []
        for number in range(PEOPLE):
            customer = self.matrix.person(f"robin{number}", shown=f"Robin {number}")
            rooms.append((customer, customer.creates(self.agent.user_id, name=f"Question {number}")))
            self.agent.joins(rooms[-1][1])
        self._rooms = itertools.cycle(rooms)
        self._desk = itertools.cycle([
            self.chatwoot.begin(self.chatwoot.contact(f"Kim {number}", f"kim{number}@mail.example"), mail_subject="A question").id
            for number in range(PEOPLE)
        ])  # fmt: skip
        self._topics = itertools.cycle([
            forum.topic(forum.user(f"ada{number}", f"Ada {number}"), f"Question {number} of the forum", "How is this done?")
            for number in range(PEOPLE)
        ])  # fmt: skip
        self._writers = itertools.cycle((self._mail, self._chat, self._ticket, self._post))

    def by_source(self) -> list[tuple[str, int]]:
        """How many messages are stored of each source."""
        counted = "SELECT s.name, count(*) FROM messages m JOIN sources s ON s.id = m.source_id GROUP BY 1"
        return [(name, number) for name, number in self.rows(counted, file="cache.db")]

    @property
    def env(self) -> dict[str, str]:
        """The secrets of the four accounts."""
        return {
            "AGENT_TUI_SECRET_SUPPORT_MAIL": self.mail.password, "AGENT_TUI_SECRET_LIVE_CHAT": matrix.PASSWORD,
            "AGENT_TUI_SECRET_FORUM": forum_scene.USER_KEY, "AGENT_TUI_SECRET_DESK": self.chatwoot.token,
        }  # fmt: skip

    def open(self) -> Terminal:
        """Open the workstation, and wait until it has read all four."""
        self.terminals.append(workstation(self.path, env=self.env))
        self.terminals[-1].sees("Inbox", "up to date", seconds=120)
        return self.terminals[-1]

    def somebody_writes(self) -> None:
        """One message, at each service in turn."""
        self.said += 1
        next(self._writers)(f"Message {self.said}: is there any news of my parcel? {'It is late. ' * self.chance.randrange(30)}")

    def works(self, terminal: Terminal) -> None:
        """The agent looks through the list, reads a case, and now and then answers one."""
        terminal.press(*"jjk")
        terminal.press("enter")
        terminal.press("j", "k", "u")
        if self.said % 8 == 0:
            terminal.press("r")
            terminal.type(f"It leaves today, number {self.said}.")
            terminal.press("escape")

    def _mail(self, text: str) -> None:
        who = f"rina{self.said % PEOPLE}@outside.example"
        self.mail.deliver(who, self.box.address, self.box.mail(text, sender=f"Rina <{who}>", Subject=f"Parcel {self.said // 20}"))

    def _chat(self, text: str) -> None:
        customer, room = next(self._rooms)
        customer.says(room, text)

    def _ticket(self, text: str) -> None:
        self.chatwoot.write(next(self._desk), text)

    def _post(self, text: str) -> None:
        topic = next(self._topics)
        self.discourse.forum.add(topic, topic.user, text)

    def close(self) -> None:
        """End everything that was started here."""
        self.leave()
        self.chatwoot.close()
        self.discourse.close()


@dataclass
class Soak:
    """What came of it, by process."""

    minutes: float
    said: int = 0
    stored: int = 0
    busy: dict[str, list[Reading]] = field(default_factory=lambda: {"workstation": [], "engine": []})
    idle: dict[str, float] = field(default_factory=dict)
    """Share of a core, in per cent, while nobody writes and no key is pressed."""

    def growth(self, who: str, what: str) -> tuple[float, float]:
        """After the first quarter, and at the end: the median of a tenth of the readings."""
        readings = [float(getattr(one, what)) for one in self.busy[who]]
        warm = readings[len(readings) // 4 :]
        tenth = max(1, len(warm) // 10)
        return statistics.median(warm[:tenth]), statistics.median(warm[-tenth:])

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.minutes:g} minutes, {self.said} messages written by customers, {self.stored} stored"
        for who, readings in self.busy.items():
            first, last = self.growth(who, "memory")
            whole, files, threads = (self.growth(who, what) for what in ("resident", "descriptors", "threads"))
            spent = (readings[-1].cpu - readings[0].cpu) / (readings[-1].at - readings[0].at) * 100
            yield (
                f"{who}: own memory {first / 1024:.1f} -> {last / 1024:.1f} MiB ({(last / first - 1) * 100:+.1f} %), resident "
                f"{whole[0] / 1024:.1f} -> {whole[1] / 1024:.1f} MiB, descriptors {files[0]:.0f} -> {files[1]:.0f}, "
                f"threads {threads[0]:.0f} -> {threads[1]:.0f}, processor {spent:.1f} % of a core busy, {self.idle[who]:.2f} % idle"
            )


def soak(day: Day, minutes: float, *, every_s: float = 4.0, idle_s: float = 120.0, rest_s: float = 30.0) -> Soak:
    """Work for so long, then do nothing.

    Args:
        every_s: from one message to the next, and from one reading to the next.
        idle_s: how long nobody does anything while the processor is watched.
        rest_s: before that, for what is put off until it is quiet.
    """
    found = Soak(minutes)
    terminal = day.open()
    pids = {"workstation": terminal.process.pid, "engine": until(day.engine, "an engine")}
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        began = time.monotonic()
        day.somebody_writes()
        day.works(terminal)
        for who, pid in pids.items():
            found.busy[who].append(read(pid))
        time.sleep(max(0.0, every_s - (time.monotonic() - began)))
    terminal.press("escape", "g", "i")
    time.sleep(rest_s)
    before = {who: read(pid) for who, pid in pids.items()}
    time.sleep(idle_s)
    for who, pid in pids.items():
        now = read(pid)
        found.idle[who] = (now.cpu - before[who].cpu) / (now.at - before[who].at) * 100
    assert day.engine() == pids["engine"], "another engine had to be started"
    found.said = day.said

    def stored() -> bool:
        found.stored = day.rows("SELECT count(*) FROM messages", file="cache.db")[0][0]
        return found.stored == found.said + PEOPLE  # the forum's topics began with one each

    until(stored, "everything stored", seconds=60, told=lambda: str(day.by_source()))
    return found


@contextmanager
def day(path: Path, mail_server: mail.MailServer, matrix_server: matrix.Synapse) -> Iterator[Day]:
    """A day that is cleared away afterwards."""
    made = Day(path, mail_server, matrix_server)
    try:
        yield made
    finally:
        made.close()


def main(arguments: list[str]) -> None:
    """Run it for as many minutes as the first argument says."""
    minutes = float(arguments[0]) if arguments else 60.0
    with tempfile.TemporaryDirectory(prefix="agent-tui-soak-") as folder:
        servers: list[Any] = []
        try:
            servers.append(mail.start())
            servers.append(matrix.start())
            with day(Path(folder) / "w", *servers) as made:
                print(*soak(made, minutes).lines(), sep="\n")
        finally:
            for one in servers:
                one.close()


if __name__ == "__main__":
    main(sys.argv[1:])
