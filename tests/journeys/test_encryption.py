"""An encrypted workspace in use, workstation and engine at once: nobody's words and no key on the disk, nor on a command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_tui.settings_desk import KEY_VARIABLE
from tests.journeys.terminal import ROOT, until, workstation
from tests.journeys.test_secret_places import _lines

KEY = "3c" * 32
DRAFT = "A zebra of our own"
FIRST = "Start here: ten keys"
SAID = (FIRST, "WHERE is order TW-48213", "teeguy77", "No refund yet", "lose the warranty")
TEXTUAL = b"\x1b[?1000h"  # it asks for the mouse
SERVERS = "demo-servers.db"  # what stands for the servers: not the workspace's


@pytest.fixture
def environment() -> dict[str, str]:
    return {KEY_VARIABLE: KEY, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def folder(tmp_path: Path, environment: dict[str, str]) -> Path:
    """The demo, encrypted."""
    path = tmp_path / "w"
    command(environment, "demo", "--dir", str(path), "--no-open")
    held = b"".join(one.read_bytes() for one in path.glob("cache.db*"))
    assert all(one.encode() in held for one in SAID), "it could be read before"
    command(environment, "--workspace", str(path), "encryption", "on")
    return path


def command(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "agent_tui", *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert not done.returncode, done.stderr
    assert KEY not in done.stdout + done.stderr
    return done.stdout


def readable(folder: Path) -> list[str]:
    """Files that somebody's words, or the key, can be read in."""
    wanted = (*(one.encode() for one in (*SAID, DRAFT, KEY)), bytes.fromhex(KEY))
    found = []
    for one in folder.rglob("*"):
        if one.is_file() and one.name != SERVERS and not {"canned", "policies"} & set(one.parts):
            try:
                held = one.read_bytes()
            except FileNotFoundError:
                continue
            found += [f"{one.name}: {words!r}" for words in wanted if words in held]
    return found


def test_nothing_can_be_read_on_the_disk_while_one_works_and_afterwards(folder: Path, environment: dict[str, str]) -> None:
    program = workstation(folder, env=environment)
    try:
        program.sees(FIRST)
        until(lambda: b"--watch" in _lines(program.process.pid), "the engine is there", 60)
        program.press("r")
        program.sees("REPLY")
        program.type(DRAFT)
        program.sees(DRAFT)
        assert readable(folder) == []
        program.press("escape", "/")
        program.type("refund")
        program.press("enter")
        program.sees("No refund yet")
        assert readable(folder) == []
        assert KEY.encode() not in _lines(program.process.pid)
        assert "No refund yet" in command(environment, "--workspace", str(folder), "search", "refund"), "a third process beside them"
        program.press("escape", "ctrl+q")
        program.ended(60)
        assert KEY.encode() not in bytes(program.raw)
    finally:
        program.close()
    assert (folder / "desk.db").exists()
    assert readable(folder) == []


def test_a_killed_workstation_has_left_its_keys_and_nobody_can_read_them(folder: Path, environment: dict[str, str]) -> None:
    program = workstation(folder, "--offline", env=environment)
    try:
        program.sees(FIRST)
        program.press("r")
        program.sees("REPLY")
        program.type(DRAFT)
        program.sees(DRAFT)
        program.kill()
    finally:
        program.close()
    assert readable(folder) == []
    again = workstation(folder, "--offline", env=environment)
    try:
        again.sees(FIRST)
        raw = bytes(again.raw)
        assert TEXTUAL not in raw[: raw.index(FIRST.encode())], "from the environment the key is had before Textual is loaded"
        again.press("r")
        again.sees(DRAFT)
    finally:
        again.close()


def test_without_its_key_nothing_of_it_is_shown(folder: Path) -> None:
    program = workstation(folder, env={"PYTHONPATH": str(ROOT)})
    try:
        assert program.ended(60) == 2
        assert FIRST.encode() not in bytes(program.raw)
        assert b"its key is not there" in bytes(program.raw)
    finally:
        program.close()
