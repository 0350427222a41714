"""The first frame says what the list will say, or is not there: never what the settings no longer say."""

from __future__ import annotations

import os
import pty
import select
import sys
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem

from agent_tui import opening, place
from agent_tui import workspace as workspaces
from agent_tui.app import Workstation
from agent_tui.desk import Desk
from agent_tui.domain.model import Batch
from agent_tui.store import CURRENT, first
from agent_tui.store.apply import apply
from agent_tui.widgets.first_frame import nearest
from tests.unit.workspaces import NOW, mail

SETTINGS = """
theme = "light"

[agent]
email = "asha@example.com"

[hours]
timezone = "Asia/Kolkata"
open = ["mon-fri 09:00-18:00", "sat 22:00-06:00"]
holidays = ["2026-12-25", "2025-10-10"]

[[source]]
name = "support"
type = "imap"
address = "support@example.com"
imap = "imaps://localhost:1"
username = "support"
backlog = "3650d"
promise = { first_reply = "6h" }

[[source]]
name = "always"
type = "imap"
address = "always@example.com"
imap = "imaps://localhost:1"
username = "always"
backlog = "3650d"
hours = { timezone = "UTC", open = ["daily 00:00-24:00"] }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace whose name would mean something in a URI."""
    made = tmp_path / "a %41 b?c#d"
    made.mkdir()
    (made / "workspace.toml").write_text(SETTINGS, encoding="utf-8")
    return made


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    desk = Desk(workspaces.load(folder), now=lambda: NOW, offline=True)
    apply(desk.store, "support", Batch(cursor="{}", messages=tuple(
        mail(f"m{number}", subject=f"Number {number}", at=NOW - number * 60_000) for number in range(5)
    )))  # fmt: skip
    apply(desk.store, "always", Batch(cursor="{}", messages=(mail("n", subject="ধন্যবাদ"),)))
    desk.remember_start()
    yield desk
    desk.close()


def test_it_says_what_the_desk_says(desk: Desk, folder: Path) -> None:
    window = desk.window("inbox")
    page = first.read(str(folder), 50)
    assert page is not None
    assert page.cases == [window.row(place) for place in range(len(window))]
    assert page.counts == desk.counts()
    assert page.theme == "light"
    for source in desk.workspace.sources:
        assert page.hours(source.name) == source.hours
        assert source.hours is not None
    assert page.hours("unknown") is None
    short = first.read(str(folder), 2)
    assert short is not None
    assert [one.id for one in short.cases] == [window.row(0).id, window.row(1).id]


@pytest.mark.parametrize("change", ["settings", "program", "schema", "gone"])
def test_it_is_not_there_when_what_is_remembered_may_no_longer_hold(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    assert first.read(str(folder), 5) is not None
    if change == "settings":
        (folder / "workspace.toml").write_text(SETTINGS.replace("light", "dark"), encoding="utf-8")
    elif change == "program":
        monkeypatch.setattr(first, "__version__", "9.9.9")
    elif change == "schema":
        monkeypatch.setitem(CURRENT, "cache", 999)
    else:
        (folder / "workspace.toml").unlink()
    assert first.read(str(folder), 5) is None
    if change in ("settings", "program"):
        desk.remember_start()
        assert first.read(str(folder), 5) is not None


def test_a_workspace_that_is_not_there_has_no_first_frame(tmp_path: Path) -> None:
    assert first.read(str(tmp_path), 5) is None
    assert list(tmp_path.iterdir()) == []


def test_an_orderly_end_leaves_nothing_to_be_folded_at_the_next_start(desk: Desk, folder: Path) -> None:
    other = Desk(workspaces.load(folder), now=lambda: NOW, offline=True)
    case = other.window("inbox").row(0)
    other.done((case.id,))
    assert desk.store.desk.execute("SELECT case_id FROM unfolded").fetchall() == [(case.id,)]
    other.close()
    again = Desk(workspaces.load(folder), now=lambda: NOW, offline=True)
    assert again.store.desk.execute("SELECT case_id FROM unfolded").fetchall() == []
    assert again.window("closed").row(0).id == case.id
    again.close()


async def test_settings_that_are_gone_do_not_end_the_workstation(desk: Desk, folder: Path) -> None:
    (folder / "workspace.toml").unlink()
    app = Workstation(desk)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.is_running


def test_remembering_the_same_writes_nothing(desk: Desk) -> None:
    before = desk.store.desk.total_changes
    desk.remember_start()
    assert desk.store.desk.total_changes == before


def test_the_frame_is_painted_from_the_page(desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(os, "get_terminal_size", lambda _number: os.terminal_size((100, 30)))
    frame = opening._frame(str(folder))
    assert "Number 0" in frame
    assert "ধন্যবাদ" in frame
    assert "opening" in frame
    assert opening._frame(str(folder / "nothing")) == ""


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_of_256_colours_it_takes_the_one_that_rich_takes(colour: tuple[int, int, int]) -> None:
    assert nearest(*colour) == Color.from_rgb(*colour).downgrade(ColorSystem.EIGHT_BIT).number


@pytest.mark.parametrize("data_home", ["", "  ", "/somewhere/else", None])
def test_the_default_place_is_the_platforms(monkeypatch: pytest.MonkeyPatch, data_home: str | None) -> None:
    monkeypatch.delenv(place.VARIABLE, raising=False)
    if data_home is None:
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_DATA_HOME", data_home)
    assert place.folder() == os.path.realpath(platformdirs.user_data_dir("agent-tui", appauthor=False))


def test_what_is_chosen_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(place.VARIABLE, str(tmp_path / "one"))
    assert place.folder() == str(tmp_path / "one")
    assert place.folder(tmp_path / "two") == str(tmp_path / "two")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place.folder("~/three") == str(tmp_path / "three")


def test_a_start_that_failed_leaves_no_answers_to_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    outside, inside = pty.openpty()
    tty.setraw(inside)
    with os.fdopen(inside, "r") as terminal:
        monkeypatch.setattr(sys, "__stdin__", terminal)
        monkeypatch.setattr(opening, "_write", lambda _text: None)
        os.write(outside, b"\x1b[2;3R\x1b[2;4R")
        assert select.select([terminal], [], [], 30)[0]
        opening.Early(termios.tcgetattr(inside), asked=True).leave()
        assert not select.select([terminal], [], [], 0)[0]
    os.close(outside)
