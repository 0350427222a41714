"""What stands in which cell of xterm: columns beside every script, as xterm itself tells of its cells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.journeys.columns import assert_aligned
from tests.journeys.scripts_scene import TEXTS, kept, workspace_of_scripts
from tests.journeys.terminal import until
from tests.journeys.xterm import Display, XTerm

pytestmark = pytest.mark.timeout(600)  # each cell is asked for by itself
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


COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0)}


def test_a_picture_stands_in_the_window_pixel_by_pixel_and_goes_again(tmp_path: Path) -> None:
    image = Image.new("RGB", (200, 120), COLOURS["red"])
    image.paste(COLOURS["green"], (0, 60, 200, 120))
    image.save(tmp_path / "lamp.png")
    (tmp_path / "desk").mkdir(mode=0o700)
    folder = workspace_of_scripts(tmp_path / "desk", picture=tmp_path / "lamp.png")
    display = Display()
    window = XTerm(display.name, (100, 30), "-xrm", "*decGraphicsID: vt340")
    try:
        window.start([sys.executable, "-m", "agent_tui", "--workspace", str(folder), "--offline"], {"COLORTERM": "truecolor"})
        window.wait("offline")
        window.press("F")
        halves = dict.fromkeys(COLOURS.values(), 200 * 60)  # of the display, which nothing else is so coloured on
        until(lambda: halves.items() <= display.colours().items(), "the picture", 120, lambda: str(display.colours().most_common(9)))
        window.wait("PNG, 200 × 120")
        window.press("\x1b")
        until(lambda: not display.colours()[COLOURS["red"]], "the picture gone", 60)
    finally:
        window.close()
        display.close()
