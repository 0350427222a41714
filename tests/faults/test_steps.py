"""A workstation killed at each step of triage, writing and sending: every commit of each of its files, before and after it.

What the next start shows is what was there before the verb, or what the verb makes of it, and never something between.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_tui.desk import Desk
from tests.faults.process import in_child
from tests.faults.report import report
from tests.faults.test_two_files import STEPS, made, shown
from tests.unit.workspaces import Clock, workspace

Shown = tuple[Any, ...]
MOST = 60
OF_THE_ENGINE = ("a close is refused", "a close the server forgot is settled")  # more than one step, and what is between is shown


def opened(path: Path, clock: Clock) -> Desk:
    return Desk(workspace(path), now=clock, offline=True)


def everything(path: Path, clock: Clock) -> Shown:
    """All that an agent sees after a start."""
    with contextlib.closing(opened(path, clock)) as desk:
        drafts = sorted((one.case, one.kind, one.text) for one in desk.drafts())
        outbox = Counter((one.kind, str(one.state)) for one in desk.outbox())
        cache = desk.store.cache
        kept = cache.execute("SELECT bucket, sum(cases) FROM tally WHERE cases != 0 GROUP BY 1 ORDER BY 1").fetchall()
        assert kept == cache.execute("SELECT bucket, count(*) FROM cases GROUP BY 1 ORDER BY 1").fetchall()
        assert desk.store.desk.execute("SELECT count(*) FROM unfolded").fetchone()[0] == 0
        return sorted(shown(desk).values(), key=str), drafts, sorted(outbox.items())  # a new case has another number each time


def killed_at(path: Path, clock: Clock, step: Callable[[Desk], object], nth: int) -> int:
    """Take the step in a process that is killed before its nth statement that begins or ends a transaction."""

    def live() -> None:
        desk = opened(path, clock)
        left = nth

        def trace(statement: str) -> None:
            nonlocal left
            if statement.startswith(("COMMIT", "BEGIN")):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        for connection in (desk.store.desk, desk.store.cache):
            connection.set_trace_callback(trace)
        step(desk)

    return in_child(live)


@pytest.mark.parametrize("name", [name for name in STEPS if name not in OF_THE_ENGINE])
def test_a_workstation_killed_at_any_step_of_a_verb_has_done_it_or_not(tmp_path: Path, name: str) -> None:
    earlier, step = STEPS[name]
    clock = Clock()
    base = tmp_path / "base"
    desk = made(base, clock)
    for one in earlier:
        one(desk)
    desk.close()
    before = everything(base, clock)
    outcomes: Counter[str] = Counter()
    found: list[Shown] = []
    for nth in itertools.count(1):
        assert nth < MOST
        path = tmp_path / str(nth)
        shutil.copytree(base, path)
        died = killed_at(path, clock, step, nth)
        found.append(everything(path, clock))
        if not died:
            break
    after = found.pop()
    for nth, one in enumerate(found, 1):
        assert one in (before, after), f"{name}, killed at step {nth}: {one} is neither {before} nor {after}"
        outcomes["done" if one == after else "not done"] += 1
    assert len(found) >= 2
    assert found[-1] == after, "what was committed last is what is shown"
    report(f"{name}: killed at {len(found)} steps, {dict(outcomes)}")
