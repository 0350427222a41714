"""A day of reading and writing costs no more memory than its first hour: what was left is freed while nobody types."""

from __future__ import annotations

import time
import weakref
from pathlib import Path

import pytest
from textual._compositor import ChopsUpdate
from textual._styles_cache import StylesCache
from textual.strip import Strip

from agent_tui.app import LONG_REST, Workstation
from agent_tui.desk import Desk
from agent_tui.store import apply as applying
from agent_tui.widgets import painting
from tests.unit.workspaces import batch, mail, workspace


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are painted as in a terminal, in this test only."""
    for owner, name in ((Strip, "render"), (ChopsUpdate, "render_segments"), (StylesCache, "get_inner_outer")):
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
