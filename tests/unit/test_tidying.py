"""A day of reading and writing costs no more memory than its first hour: little is kept, what was left is freed at a rest."""

from __future__ import annotations

import gc
import time
import weakref
from pathlib import Path

import pytest
import rich.cells
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._styles_cache import StylesCache
from textual.strip import Strip

from agent_tui.app import LONG_REST, POLL_SECONDS, SLOW, Workstation
from agent_tui.desk import Desk
from agent_tui.store import apply as applying
from agent_tui.widgets import inbox_list, painting, width
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are painted as in a terminal, in this test only."""
    for owner, name in ((LayoutUpdate, "render_segments"), (ChopsUpdate, "render_segments"), (StylesCache, "get_inner_outer")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    painting.install()


@pytest.mark.usefixtures("painted")
@pytest.mark.parametrize("keys", [("r", "H", "i", "escape"), ("/", "x", "escape", "escape"), ("?", "escape")])
async def test_a_screen_that_was_left_is_freed_while_nobody_types(tmp_path: Path, keys: tuple[str, ...]) -> None:
    desk = Desk(workspace(tmp_path / "w"), offline=True)
    now = desk.now()
    applying.apply(desk.store, "mail", batch(mail("a@x", at=now - 60_000), mail("b@x", at=now - 120_000, subject="Other")))
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        inbox = app.screen
        left: list[weakref.ref[object]] = []
        for key in keys:
            await pilot.press(key)
            if app.screen is not inbox:
                left += [weakref.ref(app.screen), *(weakref.ref(one._styles_cache) for one in app.screen.walk_children())]
        await pilot.pause()
        assert app.screen is inbox
        assert left
        end = time.monotonic() + 30
        while held := [one() for one in left if one() is not None]:  # a timer that was stopped keeps its screen until its time
            assert time.monotonic() < end, held
            held.clear()
            app._rested = 0
            for _ in range(LONG_REST):
                app._tidy()
            await pilot.pause(0.1)
    desk.close()


def strips() -> int:
    """Painted lines that are kept somewhere."""
    gc.collect()
    return sum(type(one) is Strip for one in gc.get_objects())


@pytest.mark.usefixtures("painted")
async def test_lines_of_a_list_that_have_grown_old_are_not_kept(tmp_path: Path) -> None:
    clock = Clock()
    desk = Desk(workspace(tmp_path / "w"), offline=True, now=clock)
    applying.apply(desk.store, "mail", batch(*(mail(f"{n}@x", subject=f"Question {n}") for n in range(30))))
    app = Workstation(desk)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        shown = app.screen.list  # type: ignore[attr-defined]
        gc.unfreeze()  # what was painted first is looked at too
        kept: list[int] = []
        for hour in range(1, 4):
            while clock.at < NOW + hour * HOUR // 3:  # every minute each line says another age
                clock.tick(60_000)
                app.screen.second()  # type: ignore[attr-defined]
                await pilot.pause()
            kept.append(strips())
        assert len(shown._cache) <= inbox_list.KEPT
        assert kept[2] <= kept[1] + 60, "the lines of the last twenty minutes came on top"
    desk.close()


async def test_widths_are_remembered_of_a_few_screens(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path / "w"), offline=True)
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for number in range(3 * width.PIECES):
            text = f"Parcel {number} …"
            assert width.cells(text) == rich.cells.cached_cell_len(text) == len(text)
            assert width.is_certain(text)
        for one in (width._cells, width._is_certain):
            assert one.cache_info().currsize <= width.PIECES
        app._rested = 0
        for _ in range(LONG_REST):
            app._tidy()
        assert rich.cells.cached_cell_len.cache_info().currsize <= width.PIECES
    desk.close()


async def test_while_nobody_types_and_the_engine_tells_of_changes_it_looks_once_a_second(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path / "w"), offline=True)
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        seconds: list[int] = []
        app.screen.second = lambda: seconds.append(app._beats)
        for state, rested, pace in (("connecting", None, 1), ("up", 3, 1), ("up", None, SLOW)):
            desk.engine.state, app._rested = state, rested
            app._beat()
            assert (app._pace, app._looking._interval) == (pace, POLL_SECONDS * pace)
        seconds.clear()
        app._beat()
        assert len(seconds) == 1, "clocks go on"
        await pilot.press("j")
        assert (app._pace, app._looking._interval) == (1, POLL_SECONDS)
    desk.close()
