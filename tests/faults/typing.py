"""A workstation that is killed while somebody types in it, again and again, and what is left of the text.

It is the real program in a pseudo-terminal, opened anew after each kill over the same workspace. Every key is one of a
text that belongs to one case alone and whose beginnings all differ, so that what is on the disk says which keys are
missing, and in which case they landed.
"""

from __future__ import annotations

import contextlib
import os
import pty
import random
import select
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from agent_tui import app, opening
from agent_tui.desk import Desk
from agent_tui.domain.model import Channel, Promise
from agent_tui.screens import compose
from agent_tui.store import apply as applying
from agent_tui.store import sources
from agent_tui.workspace import Agent, SourceSettings, Workspace
from tests.unit.workspaces import HOUR, batch, mail

assert app
assert compose, "read here once, so that not every workstation has to"

CASES = 8
PROMISED_MS = 250
PATIENCE_S = 60

Place = tuple[int, str]
Written = tuple[Place, list[tuple[str, float]]]
ENV = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "", "LINES": ""}


@dataclass
class Typed:
    """What came of it. Times in milliseconds."""

    kills: int = 0
    keys: int = 0
    lost_keys: int = 0
    late: list[float] = field(default_factory=list)
    """For each kill: how long before it the first key was pressed that is not on the disk; 0 where all are."""
    lost_drafts: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    whens: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """One line for people."""
        late = sorted(self.late)
        beyond = sum(one > PROMISED_MS for one in late)
        return (
            f"Typing: {self.kills} kills, {self.keys} keys; drafts lost {len(self.lost_drafts)}, in a wrong case {len(self.wrong)}; "
            f"oldest lost key {late[-1]:.0f} ms before the kill (median {late[len(late) // 2]:.0f}, 99 % {late[len(late) * 99 // 100]:.0f}), "
            f"more than {PROMISED_MS} ms in {beyond}; lost keys {self.lost_keys}; killed {dict(sorted(self.whens.items()))}"
        )


class Typist:
    """Somebody who types, and a computer that fails them.

    Args:
        path: of the workspace to make.
        seed: the same texts again; when the kill comes depends on the machine.
    """

    def __init__(self, path: Path, *, seed: int) -> None:
        self.random = random.Random(seed)
        path.mkdir(parents=True)
        source = SourceSettings(
            name="mail", type="demo", channel=Channel.EMAIL, promise=Promise(6 * HOUR, 6 * HOUR), options=None
        )
        self.workspace = Workspace(path=path, agent=Agent(name="Asha Rao", email="asha@example.com"), sources=(source,))
        now = time.time_ns() // 1_000_000
        desk = Desk(self.workspace, offline=True)
        sources.note_state(desk.store, "mail", operations=frozenset({"reply", "note"}))
        letters = [
            mail(f"q{n}@x", at=now - HOUR + n * 1000, subject=f"Question {n}", who=f"person{n}@customer.example", text=f"Question {n}?")
            for n in range(CASES)
        ]
        applying.apply(desk.store, "mail", batch(*letters))
        self.cases = [one.id for one in desk.listing()]
        desk.close()
        self.texts: dict[Place, str] = {}
        """What has to be there, by case and kind."""
        self.typed = Typed()
        self._words = 0

    def go(self, kills: int) -> Typed:
        """So many workstations."""
        for _ in range(kills):
            self._session()
        return self.typed

    def _session(self) -> None:
        tally, chance = self.typed, self.random
        child, master = pty.fork()
        if child == 0:
            self._be_workstation()
        way = chance.choice(("while typing", "while typing", "while leaving", "in the next case", "in the next case"))
        written: list[Written] = []
        try:
            self._reach(master, b"Question")
            for place in chance.sample(range(CASES), 2 if way == "in the next case" else 1):
                if written:
                    os.write(master, b"\x1b")
                    self._reach(master, b"Draft kept")
                kind = chance.choice(("reply", "reply", "note"))
                os.write(master, b"gg" + b"j" * place + (b"r" if kind == "reply" else b"n"))
                self._reach(master, b"REPLY" if kind == "reply" else b"NOTE")
                written.append(((self.cases[place], kind), self._type(master)))
            if way == "while leaving":
                os.write(master, b"\x1b")
            self._drink(master, chance.uniform(0, 0.2))
            at = time.monotonic()
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(master)
        tally.kills += 1
        tally.whens[way] += 1
        self._look(written, at)

    def _type(self, master: int) -> list[tuple[str, float]]:
        self._words += 1
        letters = (self.random.choice("abcdefg hijklm nopq") for _ in range(self.random.randint(1, 40)))
        pressed = []
        for one in f" w{self._words:04d} {''.join(letters)}.":
            pressed.append((one, time.monotonic()))
            os.write(master, one.encode())
            self._drink(master, self.random.choice((0.002, 0.01, 0.04)))
        return pressed

    def _look(self, written: list[Written], at: float) -> None:
        """Compare what is on the disk with what was pressed."""
        tally = self.typed
        desk = Desk(self.workspace, offline=True)
        found = {(one.case, one.kind): one.text for one in desk.drafts()}
        desk.close()
        here = {place for place, _ in written}
        for place, wanted in self.texts.items():
            if place not in here and found.get(place) != wanted:
                tally.lost_drafts.append(f"{place}: {found.get(place)!r} != {wanted!r}")
        tally.wrong.extend(f"{place}: {held!r}" for place, held in found.items() if place not in here | self.texts.keys())
        late = 0.0
        for place, pressed in written:
            before, now, text = self.texts.get(place, ""), found.get(place, ""), "".join(key for key, _ in pressed)
            kept = len(pressed)
            if not now.startswith(before):
                tally.lost_drafts.append(f"{place}: {now!r} does not begin with {before!r}")
            elif not (before + text).startswith(now):
                tally.wrong.append(f"{place}: {now!r} is no beginning of {before + text!r}")
            else:
                kept = len(now) - len(before)
            tally.keys += len(pressed)
            tally.lost_keys += len(pressed) - kept
            if kept < len(pressed):
                late = max(late, (at - pressed[kept][1]) * 1000)
            if now:
                self.texts[place] = now
        tally.late.append(late)

    def _reach(self, master: int, words: bytes) -> None:
        """Read until the terminal has been sent these bytes."""
        seen = bytearray()
        end = time.monotonic() + PATIENCE_S
        while words not in seen:
            assert time.monotonic() < end, f"{words!r} never came: {bytes(seen)[-2000:]!r}"
            if select.select([master], [], [], 0.5)[0]:
                seen += os.read(master, 65536)

    def _drink(self, master: int, seconds: float) -> None:
        """Read what the terminal is sent for this long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([master], [], [], left)[0]:
                os.read(master, 65536)

    def _be_workstation(self) -> None:
        try:
            os.environ.update(ENV)
            sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
            opening.open_workstation(self.workspace, offline=True)
        except BaseException:  # the child must never go on as a second test run
            import traceback

            with contextlib.suppress(OSError):
                traceback.print_exc()
            os._exit(3)
        os._exit(0)
