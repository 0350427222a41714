"""What stands in which cell of xterm: columns beside every script, as xterm itself tells of its cells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.columns import assert_aligned
from tests.journeys.scripts_scene import TEXTS, kept, workspace_of_scripts
from tests.journeys.terminal import until
from tests.journeys.xterm import Display, XTerm

ANSWERS = {(): "joined=0 selector=0 skin=2 most=0 flag=1 ambiguous=1", ("-cjk_width",): "ambiguous=2"}


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    made = Display()
    yield made.name
    made.close()


@pytest.mark.parametrize(
    ("options", "size"), [((), (80, 24)), ((), (140, 40)), (("-cjk_width",), (80, 24))], ids=["80x24", "140x40", "wide lines, 80x24"]
)
def test_columns_line_up_beside_every_script(display: str, tmp_path: Path, options: tuple[str, ...], size: tuple[int, int]) -> None:
    folder = workspace_of_scripts(tmp_path)
    window = XTerm(display, size, *options)
    try:
        window.start([sys.executable, "-m", "agent_tui", "--workspace", str(folder), "--offline"], {"COLORTERM": "truecolor"})
        window.wait("offline")
        until(lambda: ANSWERS[options] in kept(folder), "xterm's answer", 60, lambda: kept(folder))
        seen = set()
        for _ in range(len(TEXTS) * 2):
            seen |= assert_aligned(window.settled())
            if len(seen) == len(TEXTS) * 2:
                break
            window.press("jjj")
        assert len(seen) == len(TEXTS) * 2, seen
    finally:
        window.close()
