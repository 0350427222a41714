"""What stands in which cell of a real terminal: columns beside every script, and the frame that stands before Textual."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.journeys.scripts_scene import TEXTS, workspace_of_scripts
from tests.journeys.terminal import Screen, seen, until
from tests.journeys.tmux import Tmux

SIZES = [(80, 24), (140, 40)]
HELD = """
import pathlib, sys, time
import agent_tui.app as app
go_on, run = pathlib.Path(sys.argv.pop(1)), app.run
def held(*given, **named):
    end = time.monotonic() + 120
    while not go_on.exists() and time.monotonic() < end:
        time.sleep(0.02)
    if go_on.read_text() == "fail":
        raise ValueError("on purpose")
    return run(*given, **named)
app.run = held
from agent_tui.__main__ import main
sys.exit(main())
"""
"""The workstation, which stays with its first frame until a file is there."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace_of_scripts(tmp_path_factory.mktemp("scripts"))


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def tmux(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(tmp_path, request.param)
    yield made
    made.close()


def _open(tmux: Tmux, folder: Path, *, go_on: Path | None = None, **environment: str) -> None:
    start = [sys.executable, "-c", HELD, str(go_on)] if go_on else [sys.executable, "-m", "agent_tui"]
    settings = {"TERM": "screen-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **environment}
    tmux.start([*start, "--workspace", str(folder), "--offline"], {k: v for k, v in settings.items() if v})


def _rows(lines: list[str]) -> list[str]:
    return [line for line in lines if "Order 1" in line or "Customer " in line]


def test_columns_line_up_beside_every_script(tmux, folder):
    _open(tmux, folder)
    tmux.wait("offline")
    seen: dict[str, str] = {}
    for keys in ("g", "g"), ("G",), (), (), ():
        tmux.press(*keys)
        for row in _rows(tmux.settled()[: 15 if tmux.size[0] >= 120 else None]):
            seen.setdefault(next(word for word in TEXTS.values() if word[:3] in row) + str("Order 1" in row), row)
        if len(seen) == len(TEXTS) * 2:
            break
    assert len(seen) == len(TEXTS) * 2, f"only {list(seen)}\n" + "\n".join(tmux.lines())
    # Everything right of the uncertain text is plain, so equal distances from the right edge are equal columns.
    ends = {row[-23:] for row in seen.values()}
    assert len(ends) == 1, "\n".join(seen.values())
    starts = {len(row) - row.index("Order 1") for row in seen.values() if "Order 1" in row}
    assert len(starts) == 1, "\n".join(seen.values())


LOOKS = {
    "every colour": {},
    "256 colours": {"COLORTERM": ""},
    "16 colours": {"COLORTERM": "", "TERM": "screen"},
    "no colour": {"NO_COLOR": "1"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_first_frame_is_what_textual_paints(tmux, folder, tmp_path, look):
    _open(tmux, folder, go_on=tmp_path / "go", **LOOKS[look])
    tmux.wait("opening")
    first = tmux.lines(colours=True)
    tmux.press("x")  # it must not show; the key is for the list
    (tmp_path / "go").write_text("on")
    tmux.wait("1 case selected") if tmux.size[0] < 120 else tmux.wait("offline")
    until(lambda: any("✓" in line for line in tmux.lines()), "the key arrived", 30, lambda: "\n".join(tmux.lines()))
    tmux.press("u", "g", "g")
    rows = slice(1, 22) if tmux.size[0] < 120 else slice(0, 15)
    until(lambda: _seen(tmux.lines(colours=True)[rows]) == _seen(first[rows]), "the same lines", 20,
          lambda: "\n".join(f"{a!r}\n{b!r}" for a, b in zip(first[rows], tmux.lines(colours=True)[rows], strict=True) if a != b))  # fmt: skip


def _seen(lines: list[str]) -> list[list[tuple[object, ...]]]:
    """What can be seen of lines with their colours."""
    screen = Screen(200, len(lines))
    pyte.Stream(screen).feed("\r\n".join(lines))
    return seen(screen)


def test_keys_pressed_before_textual_is_there_do_what_they_would_do_after(tmux, folder, tmp_path):
    _open(tmux, folder, go_on=tmp_path / "go")
    tmux.wait("opening")
    first = tmux.lines()
    tmux.press("j", "Enter")
    time.sleep(0.1)
    assert tmux.lines() == first
    second = 2 if tmux.size[0] < 120 else 1
    subject = first[second].split("Order ")[-1].split()[0] if "Order " in first[second] else "Customer"
    (tmp_path / "go").write_text("on")
    tmux.wait("message 1 of 1")
    tmux.wait("back")
    assert any(subject in line for line in tmux.lines()[:3])
    tmux.press("C-q")
    tmux.wait("ended here")
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


def test_a_start_that_fails_gives_the_terminal_back(tmux, folder, tmp_path):
    _open(tmux, folder, go_on=tmp_path / "go")
    tmux.wait("opening")
    (tmp_path / "go").write_text("fail")
    tmux.wait("ended here")
    assert any("stopped by a fault of its own" in line for line in tmux.lines())
    assert not any("opening" in line for line in tmux.lines())
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


def test_what_another_program_wrote_over_the_screen_goes_when_it_is_painted_again(tmux, folder):
    _open(tmux, folder)
    tmux.wait("offline")
    before = tmux.lines()[4]
    tmux.scribble("Broadcast message from root", 5)
    tmux.wait("Broadcast message")
    tmux.press("C-l")
    until(lambda: tmux.lines()[4] == before, "the line as it was", 30, lambda: f"{before!r}\n{tmux.lines()[4]!r}")
