"""A picture in the desktop's clipboard becomes a file of the draft, or a clear word."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from agent_tui.desk import Desk
from agent_tui.desk.clipboard import command
from agent_tui.domain.errors import UsageError
from tests.distribution.needs import needs
from tests.journeys.terminal import until
from tests.journeys.xterm import Display
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk
from tests.unit.workspaces import Clock, workspace

PATIENCE = 60


def has(*programs: str):
    return lambda name: f"/bin/{name}" if name in programs else None


def test_each_desktop_has_its_program() -> None:
    both = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
    assert command(both, has("wl-paste", "xclip"), "linux") == ("/bin/wl-paste", "--no-newline", "--type", "image/png")
    assert command(both, has("xclip"), "linux")[0] == "/bin/xclip"
    assert command({"DISPLAY": ":0"}, has("wl-paste", "xclip"), "linux")[0] == "/bin/xclip"
    assert command({}, has("pngpaste"), "darwin") == ("/bin/pngpaste", "-")


@pytest.mark.parametrize(
    ("environment", "platform", "words"),
    [
        ({"WAYLAND_DISPLAY": "w"}, "linux", "that needs wl-paste (package wl-clipboard); ctrl+f attaches a file"),
        ({"DISPLAY": ":0"}, "linux", "that needs xclip (package xclip)"),
        ({}, "darwin", "that needs pngpaste"),
        ({"SSH_CONNECTION": "1 2 3 4"}, "linux", "the clipboard is at the other end of ssh; ctrl+f attaches a file"),
        ({}, "linux", "without a desktop there is no clipboard"),
    ],
)
def test_where_it_cannot_be_read_it_is_said_why_and_what_to_do(environment: dict[str, str], platform: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        command(environment, has(), platform)
    assert words in str(caught.value)
    assert len(str(caught.value)) <= 68  # all of it is to be read at 80 columns


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    needs("xclip")
    made = Display()
    monkeypatch.setenv("DISPLAY", made.name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    yield made.name
    made.close()


def taken(desk: Desk) -> Path | Exception:
    found: list[Path | Exception] = []
    arrived = threading.Event()

    def take(one: Path | Exception) -> None:
        found.append(one)
        arrived.set()

    desk.clipboard_picture(take)
    assert arrived.wait(PATIENCE)
    return found[0]


def copied(path: Path, kind: str) -> subprocess.Popen[bytes]:
    """Put a file into the clipboard; whoever holds it there."""
    return subprocess.Popen(["xclip", "-quiet", "-selection", "clipboard", "-target", kind, "-in", str(path)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def test_a_picture_is_taken_from_a_real_clipboard_and_kept(display: str, tmp_path: Path) -> None:
    del display
    Image.new("RGB", (40, 30), (200, 10, 10)).save(tmp_path / "shot.png")
    desk = Desk(workspace(tmp_path / "desk"), now=Clock(), offline=True)
    try:
        assert "no picture in the clipboard" in str(taken(desk))
        holder = copied(tmp_path / "shot.png", "image/png")
        try:
            found = until(lambda: one if isinstance(one := taken(desk), Path) else None, "a picture, as soon as xclip owns the clipboard")
        finally:
            holder.kill()
            holder.wait()
        assert found is not None
        assert found.read_bytes() == (tmp_path / "shot.png").read_bytes()
        assert found.name.startswith("picture-")
        assert found.suffix == ".png"
        assert desk.workspace.attachments in found.parents
        assert found.stat().st_mode & 0o077 == 0
    finally:
        desk.close()


async def test_it_goes_along_with_the_draft_or_the_composer_says_why_not(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.new("RGB", (40, 30)).save(picture)
    desk = FakeDesk()
    answers: list[Path | Exception] = [UsageError("there is no picture in the clipboard"), picture]
    desk.clipboard_picture = lambda done: done(answers.pop(0))
    app = ComposerApp(desk)
    async with app.run_test() as pilot:
        await pilot.press("f8")
        await pilot.pause()
        assert app.screen.status.words[0] == "there is no picture in the clipboard"
        assert app.screen.draft.attachments == ()
        await pilot.press("f8")
        await pilot.pause()
        assert "Attached picture.png" in app.screen.status.words[0]
        assert app.screen.draft.attachments == (str(picture),)
