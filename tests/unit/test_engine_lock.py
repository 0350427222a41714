import os
import subprocess
import sys

import pytest

from agent_tui.engine.lock import EngineLock, EngineRunning


def test_a_second_engine_is_refused_and_told_who_the_first_is(tmp_path):
    first = EngineLock(tmp_path / "engine.lock")
    with pytest.raises(EngineRunning) as refusal:
        EngineLock(tmp_path / "engine.lock")
    assert refusal.value.pid == os.getpid()
    assert str(tmp_path) in str(refusal.value)
    first.release()
    EngineLock(tmp_path / "engine.lock").release()


def test_the_lock_goes_with_a_process_that_is_killed(tmp_path):
    path = tmp_path / "engine.lock"
    script = """
import sys, time
from pathlib import Path
from agent_tui.engine.lock import EngineLock
lock = EngineLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(EngineRunning) as refusal:
            EngineLock(path)
        assert refusal.value.pid == holder.pid
        holder.kill()
        holder.wait()
    EngineLock(path).release()
