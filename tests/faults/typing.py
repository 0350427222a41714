"""A workstation that is killed while somebody types in it, again and again, and what is left of the text.

It is the real program in a pseudo-terminal, opened anew after each kill over the same workspace. Every key is one of a
text that belongs to one case alone and whose beginnings all differ, so that what is on the disk says which keys are
missing, and in which case they landed.

Two things are compared with that. What stood on the screen: whoever sees a key there takes it for kept. And what the least
program has that there could be, which is given the same keys in a terminal of its own, does nothing but append each to a
file, and is killed at the same moment: on a busy machine that is late too, by as much as the machine is.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import pty
import random
import re
import select
import signal
import sys
import time
import tty
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyte

from agent_tui import app, opening
from agent_tui.desk import Desk
from agent_tui.domain.model import Channel, Promise
from agent_tui.screens import compose
from agent_tui.store import apply as applying
from agent_tui.store import sources
from agent_tui.workspace import Agent, SourceSettings, Workspace
from tests.journeys.terminal import Screen
from tests.unit.workspaces import HOUR, batch, mail

assert app
assert compose, "read here once, so that not every workstation has to"

CASES = 8
PROMISED_MS = 250
PATIENCE_S = 60
RHYTHM_S = (0.005, 0.05, 0.1, 0.15)  # between two keys: who types 150 words a minute, with some struck together

Place = tuple[int, str]
Pressed = list[tuple[str, float]]
ENV = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "", "LINES": ""}


@dataclass
class Typed:
    """What came of it. Times in milliseconds."""

    kills: int = 0
    keys: int = 0
    lost_keys: int = 0
    late: list[float] = field(default_factory=list)
    """For each kill: how long before it the first key was pressed that is not on the disk; 0 where all are."""
    least: list[float] = field(default_factory=list)
    """The same of the least program."""
    seen: int = 0
    """Keys that stood on the screen."""
    seen_lost: list[str] = field(default_factory=list)
    """Of these, what is not on the disk."""
    lost_drafts: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    whens: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """One line for people."""
        return (
            f"Typing: {self.kills} kills, {self.keys} keys; drafts lost {len(self.lost_drafts)}, in a wrong case {len(self.wrong)}; "
            f"of {self.seen} keys on the screen lost {len(self.seen_lost)}; lost keys {self.lost_keys}; oldest lost key before the kill: "
            f"{_spread(self.late)}; of the least program: {_spread(self.least)}; killed {dict(sorted(self.whens.items()))}"
        )


def _spread(late: list[float]) -> str:
    late = sorted(late)
    beyond = sum(one > PROMISED_MS for one in late)
    return (
        f"{late[-1]:.0f} ms (median {late[len(late) // 2]:.0f}, 99 % {late[len(late) * 99 // 100]:.0f}), "
        f"more than {PROMISED_MS} ms in {beyond}"
    )


@dataclass
class Written:
    """What was typed into one draft, and how much of it stood on the screen."""

    place: Place
    pressed: Pressed
    shown: int = 0

    @property
    def text(self) -> str:
        """What was typed."""
        return "".join(key for key, _ in self.pressed)


class Seen:
    """A terminal, and what stands on it."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.screen = Screen(80, 24)
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self, seconds: float) -> bytes:
        """What comes within this time, shown; nothing at the end of the program."""
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the program is gone
            return b""
        self._stream.feed(self._decoder.decode(data))
        return data

    def shows(self, typed: str) -> int:
        """How many keys of a text stand there; its first word makes it known."""
        there = _letters("".join(self.screen.display))
        known = len(typed[1:].partition(" ")[0]) + 1
        return next((n for n in range(len(typed), known - 1, -1) if typed[n - 1] != " " and _letters(typed[:n]) in there), 0)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", text)


def _late(pressed: Pressed, kept: int, at: float) -> float:
    """How long before the kill the first key was pressed that was not kept; 0 where all were."""
    return (at - pressed[kept][1]) * 1000 if kept < len(pressed) else 0.0


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
        self._least = path.with_name("least")

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
        self._least.write_bytes(b"")
        other, echo = pty.fork()
        if other == 0:
            self._be_least()
        seen = Seen(master)
        way = chance.choice(("while typing", "while typing", "while leaving", "in the next case", "in the next case"))
        written: list[Written] = []
        try:
            self._reach(seen, b"Question")
            os.read(echo, 1)
            for place in chance.sample(range(CASES), 2 if way == "in the next case" else 1):
                if written:
                    os.write(master, b"\x1b")
                    self._reach(seen, b"Draft kept")
                kind = chance.choice(("reply", "reply", "note"))
                os.write(master, b"gg" + b"j" * place + (b"r" if kind == "reply" else b"n"))
                self._reach(seen, b"REPLY" if kind == "reply" else b"NOTE")
                written.append(Written((self.cases[place], kind), self._type(seen, echo)))
                written[-1].shown = seen.shows(written[-1].text)
            if way == "while leaving":
                os.write(master, b"\x1b")
            self._drink(seen, chance.uniform(0, 0.2))
            at = time.monotonic()
        finally:
            for one in (child, other):
                os.kill(one, signal.SIGKILL)
            for one in (child, other):
                os.waitpid(one, 0)
        while seen.read(0):  # what the terminal had been sent, somebody may have seen
            pass
        written[-1].shown = max(written[-1].shown, seen.shows(written[-1].text))
        os.close(master)
        os.close(echo)
        tally.kills += 1
        tally.whens[way] += 1
        pressed = [one for draft in written for one in draft.pressed]
        tally.least.append(_late(pressed, len(self._least.read_bytes()), at))
        self._look(written, at)

    def _type(self, seen: Seen, echo: int) -> Pressed:
        self._words += 1
        letters = (self.random.choice("abcdefg hijklm nopq") for _ in range(self.random.randint(1, 30)))
        pressed = []
        for one in f" w{self._words:04d} {''.join(letters)}.":
            pressed.append((one, time.monotonic()))
            for terminal in (seen.master, echo):
                os.write(terminal, one.encode())
            self._drink(seen, self.random.choice(RHYTHM_S))
        return pressed

    def _look(self, written: list[Written], at: float) -> None:
        """Compare what is on the disk with what was pressed."""
        tally = self.typed
        desk = Desk(self.workspace, offline=True)
        found = {(one.case, one.kind): one.text for one in desk.drafts()}
        desk.close()
        here = {one.place for one in written}
        for place, wanted in self.texts.items():
            if place not in here and found.get(place) != wanted:
                tally.lost_drafts.append(f"{place}: {found.get(place)!r} != {wanted!r}")
        tally.wrong.extend(f"{place}: {held!r}" for place, held in found.items() if place not in here | self.texts.keys())
        late = 0.0
        for one in written:
            place, pressed, text = one.place, one.pressed, one.text
            before, now = self.texts.get(place, ""), found.get(place, "")
            kept = len(pressed)
            if not now.startswith(before):
                tally.lost_drafts.append(f"{place}: {now!r} does not begin with {before!r}")
            elif not (before + text).startswith(now):
                tally.wrong.append(f"{place}: {now!r} is no beginning of {before + text!r}")
            else:
                kept = len(now) - len(before)
            tally.keys += len(pressed)
            tally.lost_keys += len(pressed) - kept
            late = max(late, _late(pressed, kept, at))
            tally.seen += one.shown
            tally.seen_lost.extend(text[kept : one.shown])
            if now:
                self.texts[place] = now
        tally.late.append(late)

    def _reach(self, seen: Seen, words: bytes) -> None:
        """Read until the terminal has been sent these bytes."""
        came = bytearray()
        end = time.monotonic() + PATIENCE_S
        while words not in came:
            assert time.monotonic() < end, f"{words!r} never came: {bytes(came)[-2000:]!r}"
            came += seen.read(0.5)

    def _drink(self, seen: Seen, seconds: float) -> None:
        """Read what the terminal is sent for this long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            seen.read(left)

    def _be_least(self) -> None:
        """Append each key to a file, and nothing else."""
        try:
            tty.setraw(0)
            file = os.open(self._least, os.O_WRONLY | os.O_APPEND)
            os.write(1, b"!")
            while True:
                os.write(file, os.read(0, 1024))
        finally:
            os._exit(3)

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
