"""A crash leaves a report without anybody's words, and the next start says what is still here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_tui import running
from agent_tui import workspace as workspaces
from agent_tui.desk import Desk
from tests.journeys.terminal import ROOT, Terminal, until, workstation

WORDS = "xylophone repair in Zanzibar"
SECRET = "correct-horse-battery"
BREAKS = f"""
import sys
from agent_tui.screens.inbox import InboxScreen
def broken(self):
    body = {WORDS!r}
    secret = {SECRET!r}
    raise {{error}}
InboxScreen.second = broken
from agent_tui.__main__ import main
sys.exit(main())
"""
ENGINE_BREAKS = f"""
import sys
from agent_tui.engine.supervisor import Supervisor
async def broken(self):
    body = {WORDS!r}
    raise ValueError(body)
Supervisor.run = broken
from agent_tui.__main__ import main
sys.exit(main())
"""
ERRORS = ("ValueError(body)", "KeyError(body)", "RuntimeError(secret)", "AssertionError(body, secret)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "w"
    done = subprocess.run([sys.executable, "-m", "agent_tui", "demo", "--dir", str(path), "--no-open"], capture_output=True, text=True,
                          check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert not done.returncode, done.stderr
    desk = Desk(workspaces.load(path), offline=True)
    case = desk.listing()[0].id
    from dataclasses import replace

    desk.save_draft(replace(desk.draft(case, fresh=True), text="Half a thought"))
    desk.close()
    return path


def everything(folder: Path) -> bytes:
    """What the program wrote beside the databases, which hold what people wrote."""
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file() and (one.suffix == ".log" or "running" in one.parts))


@pytest.mark.parametrize("error", ERRORS)
def test_a_workstation_that_breaks_tells_nobody_what_it_held(folder: Path, error: str) -> None:
    program = Terminal([sys.executable, "-c", BREAKS.format(error=error), "--workspace", str(folder), "--offline"])
    try:
        assert program.ended() == 1
        until(lambda: b"stopped by a fault of its own" in program.raw, "it says so", told=lambda: program.text)
        until(lambda: b"\x1b[?1049l" in program.raw, "the terminal is given back", told=lambda: program.text)
        seen = bytes(program.raw)
    finally:
        program.close()
    kept = everything(folder)
    assert error.partition("(")[0].encode() in kept
    assert b"in broken" in kept or b":broken" in kept, "where it broke"
    for words in (WORDS, SECRET):
        assert words.encode() not in seen + kept

    again = workstation(folder, "--offline")
    try:
        again.sees("The workstation broke on a fault at", "Still here: 1 draft")
        again.press("ctrl+q")
        assert again.ended() == 0
    finally:
        again.close()
    assert running.left(folder) == ()
    third = workstation(folder, "--offline")
    try:
        third.sees("offline")
        assert "Still here" not in third.text
    finally:
        third.close()


def test_a_workstation_that_was_killed_is_spoken_of_where_something_was_kept(folder: Path) -> None:
    program = workstation(folder, "--offline")
    program.sees("offline")
    program.kill()
    program.close()
    again = workstation(folder, "--offline")
    try:
        again.sees("The workstation broke off at", "Still here: 1 draft")
    finally:
        again.close()


def test_an_engine_that_breaks_leaves_its_report_and_the_next_workstation_says_so(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", ENGINE_BREAKS, "--workspace", str(folder), "sync"], capture_output=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 1
    assert b"stopped by a fault of its own (ValueError)" in done.stderr
    kept = everything(folder)
    assert b"ValueError" in kept
    assert WORDS.encode() not in kept + done.stderr + done.stdout
    again = workstation(folder, "--offline")
    try:
        again.sees("The engine broke on a fault at", "Still here: 1 draft")
    finally:
        again.close()


def test_marks_of_those_who_run_are_no_news(tmp_path: Path) -> None:
    mine = running.begin(tmp_path, running.WORKSTATION)
    assert running.left(tmp_path) == ()
    other = running.begin(tmp_path, running.ENGINE)
    other.crashed(ValueError(WORDS))
    (ended,) = running.left(tmp_path)
    assert (ended.part, WORDS in ended.crash, ended.crash.startswith("ValueError")) == ("engine", False, True)
    assert running.left(tmp_path) == ()
    mine.end()
    assert list((tmp_path / "running").iterdir()) == []


def test_an_error_that_was_told_is_no_crash(tmp_path: Path) -> None:
    from agent_tui.domain.errors import StoreError

    mark = running.begin(tmp_path, running.ENGINE)
    mark.crashed(StoreError("the disk is full"))
    mark.end()
    assert running.left(tmp_path) == ()


def test_a_folder_that_cannot_be_written_has_no_marks(tmp_path: Path) -> None:
    (tmp_path / "running").write_text("in the way")
    mark = running.begin(tmp_path, running.ENGINE)
    mark.crashed(ValueError("x"))
    mark.end()
    assert running.left(tmp_path) == ()
