"""Engines that are killed while they fetch, again and again, from servers on which others go on working.

What one leaves behind is what the next one finds, and now and then the power went too: the last commits of
``cache.db`` and ``search.db`` are cut off anywhere, or lost, or the file itself is. At the end the workspace has to hold
what one that was never interrupted would have fetched.
"""

from __future__ import annotations

import itertools
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from agent_tui.domain.model import Marks, Promise
from agent_tui.sources.base import Access, Mirror, Source
from agent_tui.sources.demo import build
from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.server import DemoServer
from agent_tui.sources.demo.settings import DemoSettings
from agent_tui.store import indexing, messages
from agent_tui.store.database import Store
from agent_tui.workspace import Agent, SourceSettings, Workspace
from tests.engine_bench import CHANNELS, SERVICES
from tests.faults import process
from tests.faults.mirror import differences, mirrored
from tests.faults.power import cut_log

STEP_MS = 60_000
LONGEST_S = 0.4  # before a kill at any moment; a round takes about a quarter of that
WORD = re.compile(r"\bw\d+x\b")  # in every text, and in no other
JUMPS_MS = (-3 * 3_600_000, 3 * 3_600_000)


class World(Protocol):
    """Servers on which something happens."""

    def workspace(self, path: Path) -> Workspace:
        """A workspace that fetches from them."""
        ...

    def build(self, name: str, mirror: Mirror) -> Source:
        """One of its sources."""
        ...

    def happens(self, chance: random.Random) -> None:
        """Customers and colleagues do something."""
        ...

    def at(self, milliseconds: int) -> None:
        """It is this late there."""
        ...


@dataclass
class Kills:
    """What came of it."""

    rounds: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    power: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    wrong: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One line for people."""
        return (
            f"{name}: {sum(self.killed.values())} engines killed in {self.rounds} rounds while {self.messages} messages came in; "
            f"{len(self.wrong)} differences to a fresh sync; killed {dict(sorted(self.killed.items()))}; "
            f"power {dict(sorted(self.power.items()))}"
        )


class Syncing:
    """Engines against a world.

    Args:
        path: for the workspaces.
        seed: the same changes and kinds of death again.
    """

    def __init__(self, world: World, path: Path, *, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.clock = time.time_ns() // 1_000_000
        self.path = path
        self.workspace = world.workspace(path / "w")
        self.kills = Kills()

    def go(self, kills: int) -> Kills:
        """Until so many engines were killed."""
        while sum(self.kills.killed.values()) < kills:
            for _ in range(self.random.randint(1, 4)):
                self._later()
                self.world.happens(self.random)
            self._one_round()
        self._later()
        self._whole(self.workspace)
        fresh = self.world.workspace(self.path / "fresh")
        self._whole(fresh)
        here, there = (self._read(one) for one in (self.workspace, fresh))
        self.kills.messages = sum(what[0] == "message" for what in there)
        self.kills.wrong = differences(here, there)
        return self.kills

    def _later(self) -> None:
        self.clock += STEP_MS
        self.world.at(self.clock)

    def _one_round(self) -> None:
        kills = self.kills
        kills.rounds += 1
        at = self.clock + (self.random.choice(JUMPS_MS) if self.random.random() < 0.1 else 0)  # this computer's clock is wrong
        if self.random.random() < 0.5:
            died = process.engine(self.workspace, at, self.world.build, after_s=self.random.uniform(0, LONGEST_S))
            kills.killed["at any moment"] += bool(died)
        else:
            step = self.random.choice(("pulled", "applied"))
            died = process.engine(self.workspace, at, self.world.build, die_at=step, nth=self.random.randint(1, 6))
            kills.killed[f"when {step}"] += bool(died)
        if died and self.random.random() < 0.25:
            self._power_cut()

    def _power_cut(self) -> None:
        """The disk has less of ``cache.db`` and ``search.db`` than the system believed (``synchronous=NORMAL``)."""
        for path in (self.workspace.cache_path, self.workspace.search_path):
            if self.random.random() < 0.05:
                for end in ("", "-wal", "-shm"):
                    path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
                self.kills.power["file lost"] += 1
            elif cut_log(path, self.random):
                self.kills.power["log cut short"] += 1

    def _whole(self, workspace: Workspace) -> None:
        for _ in range(3):
            assert process.engine(workspace, self.clock, self.world.build) == 0
            self._later()

    def _read(self, workspace: Workspace) -> dict[object, object]:
        store = Store.open(workspace, role="command", now=lambda: self.clock)
        try:
            assert store.cache.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert indexing.unindexed(store) == 0
            found = mirrored(store)
            store.index.execute("INSERT INTO message_index (message_index) VALUES ('integrity-check')")
            for number, source, key in store.cache.execute(
                "SELECT m.id, s.name, m.key FROM messages m JOIN sources s ON s.id = m.source_id WHERE m.gone = 0"
            ).fetchall():
                word = WORD.search(messages.get(store, number).text)
                if word:
                    found["index", source, key] = [
                        one == number
                        for (one,) in store.index.execute("SELECT rowid FROM message_index WHERE message_index MATCH ?", (word[0],))
                    ]
            return found
        finally:
            store.close()


class DemoWorld:
    """The demo's mailbox, chat and forum."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)
        self._now = 0
        self._server = DemoServer(path / FILE_NAME, now=lambda: self._now)
        self._talks: list[tuple[str, str]] = []
        self._said = itertools.count(1)

    def workspace(self, path: Path) -> Workspace:
        path.mkdir(parents=True)
        return Workspace(
            path=path, agent=Agent(name="Asha Rao", email="asha@tamarind.example"),
            sources=tuple(
                SourceSettings(
                    name=name, type="demo", channel=CHANNELS[name], promise=Promise(6 * 3_600_000, 6 * 3_600_000), undo_ms=0,
                    options=DemoSettings(service=service, address="help@tamarind.example"),
                )
                for name, service in SERVICES.items()
            ),
        )  # fmt: skip

    def build(self, name: str, mirror: Mirror) -> Source:
        return build(Access(
            name=name, settings=DemoSettings(service=SERVICES[name], address="help@tamarind.example"), secret=lambda _part="": "",
            now=lambda: self._now, mirror=mirror, agent_addresses=frozenset({"help@tamarind.example"}), workspace=self._path,
            downloads=self._path,
        ))  # fmt: skip

    def at(self, milliseconds: int) -> None:
        self._now = milliseconds

    def happens(self, chance: random.Random) -> None:
        server = self._server
        what = chance.choice(("new", "new", "again", "again", "many", "colleague", "state", "mark", "change", "erase"))
        service, talk = chance.choice(self._talks) if self._talks else ("", "")
        if what in ("new", "many") or not talk:
            for _ in range(chance.randint(20, 120) if what == "many" and chance.random() < 0.1 else 1):
                service = chance.choice(tuple(SERVICES.values()))
                self._talks.append((service, server.customer_writes(service, text=self._words()).conversation))
        elif what == "again":
            server.customer_writes(service, talk, self._words())
        elif what == "colleague":
            server.colleague_answers(service, talk, self._words(), note=service == "chat" and chance.random() < 0.3)
        elif what == "state":
            server.remote_state(service, talk, chance.choice(("closed", "open")))
        elif what == "mark" and service == "mailbox":
            server.remote_marks(service, talk, add=[chance.choice((Marks.SEEN, "tag:refund", "tag:vip"))], remove=["tag:late"])
        elif what == "change" and service == "chat":
            server.remote_change(service, talk, tags={chance.choice(("refund", "vip", "late"))})
        elif what == "erase":
            kept = server.messages(service, talk)
            if len(kept) > 1:
                server.erase(kept[-1])

    def end(self) -> None:
        """Let go of the servers."""
        self._server.close()

    def _words(self) -> str:
        return f"Where is my parcel? Number w{next(self._said)}x."
