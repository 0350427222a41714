"""A real engine process, killed without warning between two steps; the next one puts things right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent_tui.domain.operations import OperationState
from agent_tui.engine import run
from tests.engine_bench import Bench

ROOT = Path(__file__).resolve().parents[2]

DRIVER = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.engine_bench import Bench
from agent_tui.engine import run

left = {nth}

def probe(step):
    global left
    if step == {step!r}:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

bench = Bench(Path({path!r}), "mail", "chat")
bench.time.at = {at}
run(bench.workspace, now=bench.time.now, probe=probe)
"""


def engine_killed_at(bench: Bench, step: str, nth: int = 1) -> int:
    """Run an engine in a process that kills itself at a step; gives how the process ended."""
    script = DRIVER.format(root=str(ROOT), nth=nth, step=step, path=str(bench.workspace.path), at=bench.time.at)
    return subprocess.run([sys.executable, "-c", script], check=False, timeout=60, cwd=ROOT).returncode


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path / "w", "mail", "chat")
    yield bench
    bench.close()


@pytest.mark.parametrize("step", ["pulled", "applied", "begun", "pushed", "acknowledged"])
@pytest.mark.parametrize("source", ["mail", "chat"])
def test_a_killed_engine_leaves_a_reply_that_goes_out_once(bench, step, source):
    bench.customer(service={"mail": "mailbox"}.get(source, source))
    run(bench.workspace, now=bench.time.now)
    entry = bench.reply(bench.case(source), source=source)
    assert engine_killed_at(bench, step) == -signal.SIGKILL
    assert bench.copies(entry) <= 1
    bench.time.pass_by(60_000)
    run(bench.workspace, now=bench.time.now)
    assert bench.state(entry) is OperationState.SENT
    assert bench.copies(entry) == 1
    assert bench.texts(bench.case(source)).count("It is on its way.") == 1


def test_a_first_sync_killed_over_and_over_ends_with_everything_once(bench):
    for number in range(450):
        bench.customer(f"Question {number}")
    deaths = 0
    while engine_killed_at(bench, "applied", nth=3) == -signal.SIGKILL:
        deaths += 1
        assert deaths < 20
    assert deaths >= 1
    texts = [row[0] for row in bench.store.cache.execute("SELECT snippet FROM messages")]
    assert len(texts) == 450
    assert len(set(texts)) == 450


def test_an_engine_ends_well_when_it_is_asked_to(bench):
    bench.customer()
    script = DRIVER.format(root=str(ROOT), nth=0, step="", path=str(bench.workspace.path), at=bench.time.at)
    script = script.replace("probe=probe)", "probe=probe, watch=True)")
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) as process:
        end = time.monotonic() + 30
        while not bench.workspace.socket_path.exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0
    assert not bench.workspace.socket_path.exists()
