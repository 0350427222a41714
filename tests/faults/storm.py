"""A storm over one source: every reply goes out through trouble, and at the end the server's copies are counted.

Each engine is a process of its own that is really killed, or finds its connection cut, its server gone or lying. What a
run leaves behind meets the next one's trouble. When the weather is fair again, whatever can be settled has to be.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from agent_tui.desk import Desk
from agent_tui.domain.errors import StopError
from agent_tui.domain.model import Address, CaseState, Channel, Promise
from agent_tui.domain.operations import PENDING, OperationState, Reply
from agent_tui.sources.base import Mirror, Source
from agent_tui.store import operations
from agent_tui.workspace import Agent, SourceSettings, Workspace
from tests.faults import process

TOGETHER = 4
CASES = 12  # conversations that the replies go to
STEP_MS = 600_000  # between two engines: whatever was put off is due again
FAIR_ROUNDS = 12
WRONG_MS = 3 * 3_600_000
OWN: Mapping[str, Callable[[random.Random], dict[str, Any]]] = {  # what this computer does to the engine
    "clock ahead": lambda _chance: {"wrong_ms": WRONG_MS},
    "clock behind": lambda _chance: {"wrong_ms": -WRONG_MS},
    "suspended": lambda chance: {"pause_s": chance.uniform(0, 0.3)},
}


class Weather(Protocol):
    """One server and the troubles it can have.

    Attributes:
        name: of the source.
        channel: what kind.
        me: who answers.
        troubles: by name, what brings each about for the next request or connection that it fits.
        blind: whether the server cannot always tell if it has taken a message.
    """

    name: str
    channel: Channel
    me: Address
    troubles: Mapping[str, Callable[[random.Random], None]]
    blind: bool

    def build(self, mirror: Mirror) -> Source:
        """A source for the account."""
        ...

    def customer_writes(self, text: str) -> None:
        """A customer begins a conversation."""
        ...

    def clear(self) -> None:
        """Everything works again."""
        ...

    def at(self, milliseconds: int) -> None:
        """It is this late."""
        ...

    def delivered(self) -> Counter[str]:
        """How many copies of each marker customers have."""
        ...


@dataclass
class Tally:
    """What came of it."""

    sends: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    doubled: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    falsely_sent: list[int] = field(default_factory=list)
    unexplained: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    doubtful: int = 0
    """Replies after whose last byte, and before whose answer was written down, something happened."""

    def line(self, name: str) -> str:
        """One line for people."""
        return (
            f"{name}: {self.sends} replies through {sum(self.troubles.values())} troubles; doubled {len(self.doubled)}, lost {len(self.lost)}, "
            f"falsely sent {len(self.falsely_sent)}, unknown left {len(self.unknown)} of {self.doubtful} in doubt; "
            f"states {dict(self.states)}; troubles {dict(sorted(self.troubles.items()))}"
        )


class Storm:
    """The engine against a server in bad weather.

    Args:
        path: of the workspace to make.
        seed: the same storm again; only what the machine's timing decides differs.
    """

    def __init__(self, weather: Weather, path: Path, *, seed: int) -> None:
        self.weather = weather
        self.random = random.Random(seed)
        self.clock = time.time_ns() // 1_000_000
        path.mkdir(parents=True, exist_ok=True)
        source = SourceSettings(
            name=weather.name, type="demo", channel=weather.channel, promise=Promise(first_reply=6 * 3_600_000),
            options=SimpleNamespace(addresses=(weather.me.address,)),
        )  # fmt: skip
        self.workspace = Workspace(path=path, agent=Agent(name="Asha Rao", email=weather.me.address), sources=(source,))
        self.tally = Tally()
        self.texts: dict[int, str] = {}
        weather.at(self.clock)

    def blow(self, sends: int) -> Tally:
        """So many replies, ``TOGETHER`` of them in the outbox whenever an engine meets a trouble."""
        for number in range(CASES):
            self.weather.customer_writes(f"Question {number}: where is it?")
        self.engine()
        self.desk = Desk(self.workspace, now=lambda: self.clock, offline=True)
        for start in range(0, sends, TOGETHER):
            for _ in range(min(TOGETHER, sends - start)):
                self._send()
            self._trouble()
        self.weather.clear()
        before: dict[int, OperationState] = {}
        for _ in range(FAIR_ROUNDS):
            self.engine()
            self._later()
            now = self._states()
            if now == before and not set(now.values()) & {*PENDING, OperationState.IN_REVIEW}:
                break
            before = now
        return self._count()

    def engine(self, *, die_at: str = "", nth: int = 1, wrong_ms: int = 0, pause_s: float | None = None) -> int:
        """An engine in a process of its own: one round. Gives the signal that ended it.

        Args:
            wrong_ms: how far its clock is ahead of the right time, or behind.
            pause_s: when it is suspended for a while.
        """
        return process.engine(
            self.workspace, self.clock + wrong_ms, lambda _name, mirror: self.weather.build(mirror), die_at=die_at, nth=nth,
            pause_s=pause_s,
        )  # fmt: skip

    def _later(self) -> None:
        self.clock += STEP_MS
        self.weather.at(self.clock)

    def _send(self) -> None:
        """One more reply, in a case that nothing else waits to leave from."""
        busy = {one.case for one in operations.outbox(self.desk.store, limit=10_000)}
        window = self.desk.window("all")
        free = [window.row(place).id for place in range(len(window)) if window.row(place).id not in busy]
        while not free:  # all of them hold one that nobody can tell about
            self.weather.customer_writes("Another question")
            self.engine()
            window = self.desk.window("all")
            free = [window.row(place).id for place in range(len(window)) if window.row(place).id not in busy]
        case = self.random.choice(free)
        if self.desk.case(case).state is CaseState.CLOSED:
            self.desk.reopen([case])
        text = self.words()
        draft = replace(self.desk.draft(case, fresh=True), text=text)
        try:
            entry = self.desk.send(draft, hold=False)
        except StopError as stop:
            entry = self.desk.send(draft, hold=False, overrides=(stop.guard,))
        self.tally.sends += 1
        self.texts[entry.id] = text

    def words(self) -> str:
        """Of the next reply, which no other has."""
        return f"Answer {self.tally.sends}: it left on day {self.random.randrange(1000)}."

    def _trouble(self) -> None:
        kind = self.random.choice(("die", *OWN, *self.weather.troubles))
        step, more = "", OWN[kind](self.random) if kind in OWN else {}
        if kind == "die":
            step = self.random.choice(process.STEPS)
        elif kind not in OWN:
            self.weather.troubles[kind](self.random)
        before = self._states()
        died = self.engine(die_at=step, nth=self.random.randint(1, TOGETHER), **more)
        self.weather.clear()
        if kind != "die":
            self.tally.troubles[kind] += 1
        elif died:
            self.tally.troubles[f"killed when {step}"] += 1
        after = self._states()
        self.tally.doubtful += sum(
            state in (OperationState.SENDING, OperationState.UNKNOWN) and before.get(number) != state
            for number, state in after.items()
        )
        self._later()

    def _states(self) -> dict[int, OperationState]:
        found = self.desk.store.desk.execute("SELECT id, state FROM operations WHERE kind = 'reply'")
        return {number: OperationState(state) for number, state in found}

    def _count(self) -> Tally:
        copies = self.weather.delivered()
        tally = self.tally
        given_back = {draft.returned for draft in self.desk.drafts()}
        for number, text in self.texts.items():
            entry = operations.get(self.desk.store, number)
            if entry is None or not isinstance(entry.operation, Reply) or entry.operation.text != text:
                tally.lost.append(number)
                continue
            count = copies[entry.operation.marker]
            tally.states[str(entry.state)] += 1
            if count > 1:
                tally.doubled.append(number)
            if entry.state is OperationState.SENT:
                if not count:
                    tally.falsely_sent.append(number)
            elif entry.state is OperationState.UNKNOWN:
                tally.unknown.append(number)
                if not entry.error:
                    tally.unexplained.append(number)
            elif not (entry.state in (OperationState.FAILED, OperationState.CONFLICT) and (entry.error or number in given_back)):
                tally.lost.append(number)
        return tally


def must_be_sound(tally: Tally, weather: Weather) -> None:
    """What may never be, whatever the weather."""
    assert tally.doubled == []
    assert tally.lost == []
    assert tally.falsely_sent == []
    assert tally.unexplained == []
    if weather.blind:
        assert len(tally.unknown) <= tally.doubtful
    else:
        assert tally.unknown == []
