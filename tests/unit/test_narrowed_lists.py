"""A narrowed list shows its first page at once and counts the rest when nobody is typing; search follows the store."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_tui.app import Workstation
from agent_tui.desk import Desk
from agent_tui.screens import moving
from agent_tui.screens import search as screen_module
from agent_tui.screens.search import SearchScreen
from agent_tui.store import apply as applying
from agent_tui.store import indexing, narrowing
from agent_tui.store import search as searching
from agent_tui.widgets import width
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

width.install()

CASES = 60


def take(desk: Desk, *messages: object, index: bool = True) -> None:
    applying.apply(desk.store, "mail", batch(*messages))
    while index and indexing.index(desk.store):
        pass


def letters(count: int = CASES) -> list[object]:
    return [
        mail(f"n{number}@x", subject="Refund" if number % 2 else "Parcel", text=f"number {number}", at=NOW - (number + 1) * HOUR)
        for number in range(count)
    ]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of a few cases, and no word so rare that its cases are walked."""
    for name, value in (("SLICE", 4), ("LARGEST", 8), ("LARGEST_WORDED", 8), ("FEW", 1), ("AT_ONCE", 24)):
        monkeypatch.setattr(narrowing, name, value)


@asynccontextmanager
async def seat(path: Path, size: tuple[int, int] = (100, 16)) -> AsyncIterator[tuple[Workstation, object]]:
    desk = Desk(workspace(path), now=Clock(), offline=True)
    take(desk, *letters())
    app = Workstation(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot
    desk.close()


async def until(pilot, holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await pilot.pause()
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


async def press(pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


def place(app: Workstation) -> str:
    return "".join(piece for piece, _ in app.screen.views_line.right).strip()


@pytest.mark.usefixtures("small")
async def test_the_first_page_is_there_before_the_list_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "COUNT_AFTER", 3600)
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "backslash", *"refund", "enter")
        assert re.search(r"1 of (1|2)\d\+$", place(app)), "what has been looked through so far"
        await press(pilot, "G")
        assert place(app).endswith("30 of 30"), "moving to the end looks through all of it"
        assert app.screen.list.case().subject == "Refund"


@pytest.mark.usefixtures("small")
async def test_the_list_is_counted_when_nobody_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "COUNT_AFTER", 0)
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "backslash", *"refund", "enter", "j")
        here = app.screen.list.cursor_id
        await until(pilot, lambda: place(app).endswith("2 of 30"))
        assert app.screen.list.cursor_id == here


@pytest.mark.usefixtures("small")
async def test_what_is_far_down_a_list_comes_while_one_waits(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        last = app.desk.window("inbox").row(CASES - 1)
        app.desk.tag([last.id], add=["vip"])
        await press(pilot, "backslash", *"tag:vip", "enter")
        await until(pilot, lambda: place(app).endswith("1 of 1"))
        assert app.screen.list.cursor_id == last.id


@pytest.mark.usefixtures("small")
async def test_the_cursor_stays_on_its_case_while_a_list_is_narrowed(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "G")
        here = app.screen.list.case()
        await press(pilot, "backslash", *here.subject.lower(), "enter")
        assert app.screen.list.cursor_id == here.id


@pytest.mark.usefixtures("small")
def test_a_page_far_down_is_read_again_after_a_refresh(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path), now=Clock(), offline=True)
    take(desk, *letters())
    window = desk.window("all", "refund")
    window.reach(29)
    case = window.row(25).id
    window.refresh()
    assert len(window) > 25
    assert window.row(25).id == case
    desk.close()


async def test_what_is_not_indexed_yet_is_found_in_every_column(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        take(app.desk, mail("new@x", subject="Moving house", text="From May on.", who="zoe@shop.example"), index=False)
        case = app.desk.case(app.desk.search("moving").hits[0].case.id)
        for query in ("subject:moving", "from:zoe", '"moving house" is:unread', "-refund -parcel", "house may"):
            await press(pilot, "backslash", "ctrl+u", *["space" if one == " " else one for one in query], "enter")
            assert app.screen.list.cursor_id == case.id, query
            assert [hit.message.key for hit in app.desk.search(query).hits] == ["new@x"], query


async def test_search_takes_in_what_the_engine_brings_and_the_cursor_stays_on_its_hit(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash", *"refund", "escape", "j", "j")
        screen = app.screen
        assert isinstance(screen, SearchScreen)
        here, line = screen.list.item.message.key, screen.list.cursor * 2 - screen.list.scroll_offset.y
        other = Desk(app.desk.workspace, now=Clock(), offline=True)
        take(other, mail("late@x", subject="Refund", at=NOW), index=False)
        other.close()
        await until(pilot, lambda: any(hit.message.key == "late@x" for hit in screen.list.items))
        assert screen.list.items[0].message.key == "late@x"
        assert screen.list.item.message.key == here
        assert screen.list.cursor * 2 - screen.list.scroll_offset.y in (line, line + 2)


async def test_a_search_that_takes_long_waits_for_a_pause_and_a_newer_key_drops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "STRIDE", 1)
    monkeypatch.setattr(screen_module, "STEPS", 1)
    monkeypatch.setattr(screen_module, "PAUSE", 3600)
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash", *"refund")
        screen = app.screen
        assert isinstance(screen, SearchScreen)
        assert (list(screen.list.items), screen.list.empty) == ([], "Looking …")
        waiting = screen._later
        monkeypatch.setattr(screen_module, "PAUSE", 0)
        await press(pilot, "backspace")
        assert waiting.cancelled()
        await until(pilot, lambda: len(screen.list.items) > 0)
        monkeypatch.setattr(screen_module, "PAUSE", 3600)
        await press(pilot, "d", "enter")
        assert app.screen.reading, "enter looks to the end at once"
        assert app.screen.list.case().subject == "Refund"
