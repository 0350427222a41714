"""The real thing: a workstation's link starts a real engine process, loses it, and leaves it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent_tui import workspace as workspaces
from agent_tui.desk.engine_link import EngineLink, request
from agent_tui.engine.lock import EngineLock, EngineRunning
from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.server import DemoServer
from agent_tui.store import operations
from agent_tui.store.database import Store

ROOT = Path(__file__).resolve().parents[2]

SETTINGS = """
[agent]
name = "Asha Rao"
email = "asha@tamarind.example"

[[source]]
name = "mail"
type = "demo"
service = "mailbox"
address = "help@tamarind.example"
undo = "1s"
"""


def until(condition, seconds=40):
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def now():
    return time.time_ns() // 1_000_000


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "workspace.toml").write_text(SETTINGS)
    return workspaces.load(tmp_path)


@pytest.fixture
def server(workspace):
    with DemoServer(workspace.path / FILE_NAME) as server:
        server.customer_writes("mailbox", text="Where is my parcel?")
        yield server


@pytest.fixture
def link(workspace, server):
    link = EngineLink(workspace)
    yield link
    link.close()
    answer = request(workspace, "stop", timeout=5)
    if answer is not None:
        until(lambda: free(workspace))


def free(workspace):
    try:
        EngineLock(workspace.lock_path).release()
    except EngineRunning:
        return False
    return True


def engine_pid(workspace):
    try:
        answer = request(workspace, "ping", timeout=10)
    except Exception:
        return 0
    return answer["pid"] if answer else 0


def stored(workspace):
    store = Store.open(workspace, now=now)
    try:
        return store.cache.execute("SELECT count(*) FROM messages").fetchone()[0]
    finally:
        store.close()


def test_the_link_starts_an_engine_that_fetches_and_hears_of_new_mail(workspace, server, link):
    changed = []
    link.events = lambda event: changed.append(event) if event["event"] == "changed" else None
    link.start()
    until(lambda: link.sources.get("mail") and link.sources["mail"].synced_at)
    assert stored(workspace) == 1
    changed.clear()
    server.customer_writes("mailbox", text="Another question")
    until(lambda: changed)
    until(lambda: stored(workspace) == 2)


def test_an_engine_that_is_killed_has_a_successor(workspace, server, link):
    link.start()
    first = until(lambda: engine_pid(workspace))
    os.kill(first, signal.SIGKILL)
    second = until(lambda: (pid := engine_pid(workspace)) != first and pid)
    assert second != first
    until(lambda: link.state == "up")


def test_a_second_workstation_shares_the_engine_of_the_first(workspace, server, link):
    link.start()
    pid = until(lambda: engine_pid(workspace))
    other = EngineLink(workspace)
    other.start()
    until(lambda: other.state == "up")
    assert engine_pid(workspace) == pid
    other.close()


def test_sync_asks_the_engine_that_runs(workspace, server, link):
    link.start()
    until(lambda: link.sources.get("mail") and link.sources["mail"].synced_at)
    command = (sys.executable, "-m", "agent_tui", "--workspace", str(workspace.path), "sync", "--json")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert '"type":"result"' in done.stdout.replace(" ", "")


def test_an_engine_outlives_its_workstation_only_to_deliver_what_is_held(workspace, server, tmp_path):
    script = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from agent_tui import workspace as workspaces
from agent_tui.desk import Desk
workspace = workspaces.load(Path({str(workspace.path)!r}))
desk = Desk(workspace)
desk.engine.start()
while len(desk.window("inbox")) < 1 or desk.engine.state != "up":
    time.sleep(0.01)
    desk.poll()
from dataclasses import replace
case = desk.window("inbox").row(0)
draft = desk.save_draft(replace(desk.draft(case.id), text="Good morning, your parcel is on its way. Kind regards, Asha"))
entry = desk.send(draft, overrides=tuple(one.guard for one in desk.gate(draft).findings))
print(entry.id, entry.operation.marker, flush=True)
import os
os._exit(0)
"""
    done = subprocess.run((sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    number, marker = done.stdout.split()
    until(lambda: server.copies(marker) == 1)
    until(lambda: free(workspace))
    store = Store.open(workspace, now=now)
    assert operations.get(store, int(number)).state == "sent"
    store.close()
