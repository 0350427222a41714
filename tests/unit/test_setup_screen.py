"""Setting up inside the workstation: another process asks, this one shows; what is secret is never shown, leaving keeps all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent_tui.first_run import DEMO, SET_UP, FirstRun
from agent_tui.screens.setup import HIDDEN_ANSWER, SetupScreen
from agent_tui.widgets import width
from agent_tui.widgets.prompt import Prompt
from tests.unit.test_narrowed_lists import until

width.install()


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No accounts of other programs, and no keyring that could be asked."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def first_run(tmp_path: Path) -> FirstRun:
    return FirstRun(tmp_path / "w", arguments=("--offline",))


def said(app: FirstRun) -> str:
    screen = app.screen
    return "\n".join(text for text, _ in screen.transcript.said) if isinstance(screen, SetupScreen) else ""


async def answer(app: FirstRun, pilot, question: str, *keys: str) -> None:
    await until(pilot, lambda: app.screen.status.prompt is not None and said(app).rstrip().endswith(question))
    await pilot.press(*keys, "enter")


async def begin(app: FirstRun, pilot) -> None:
    await pilot.press("enter")
    await answer(app, pilot, "as customers see it", *"Asha")
    await answer(app, pilot, "Your own e-mail address", *"asha", "at", *"shop.example")
    await answer(app, pilot, "Languages that you answer in")


async def test_the_questions_are_asked_here_and_the_settings_are_whole_at_the_end(tmp_path: Path) -> None:
    app = first_run(tmp_path)
    async with app.run_test(size=(90, 30)) as pilot:
        await begin(app, pilot)
        await answer(app, pilot, "(Enter: that is all)")
        await until(pilot, lambda: app.screen.status.words[0] == "enter goes on")
        await pilot.press("enter")
        await until(pilot, lambda: app.return_value == SET_UP)
    assert 'name = "Asha"' in (tmp_path / "w" / "workspace.toml").read_text("utf-8")


async def test_leaving_keeps_what_was_finished_and_ends_the_child(tmp_path: Path) -> None:
    app = first_run(tmp_path)
    async with app.run_test(size=(90, 30)) as pilot:
        await begin(app, pilot)
        await until(pilot, lambda: said(app).rstrip().endswith("(Enter: that is all)"))
        child = app.screen._child
        await pilot.press("escape")
        await until(pilot, lambda: "Left; what was finished is in" in said(app))
        await until(pilot, lambda: app.screen.status.words[0])
        assert child.returncode == 1
        await pilot.press("enter")
        await until(pilot, lambda: app.return_value == SET_UP)  # there is a workspace to open, if without a source


async def test_leaving_before_anything_was_finished_goes_back_to_the_choice(tmp_path: Path) -> None:
    app = first_run(tmp_path)
    async with app.run_test(size=(90, 30)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: said(app).rstrip().endswith("as customers see it"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.status.words[0])
        assert "nothing was written" in said(app)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, SetupScreen))
        assert app.return_value is None
        await pilot.press("d")
        await until(pilot, lambda: app.return_value == DEMO)
    assert not (tmp_path / "w").exists()


async def test_closing_the_terminal_in_the_middle_leaves_no_child(tmp_path: Path) -> None:
    app = first_run(tmp_path)
    async with app.run_test(size=(90, 30)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.screen._child is not None and said(app).rstrip().endswith("as customers see it"))
        child = app.screen._child
    await child.wait()
    assert child.returncode is not None


async def test_a_secret_is_not_shown_while_it_is_typed_nor_afterwards(tmp_path: Path) -> None:
    app = first_run(tmp_path)
    async with app.run_test(size=(90, 30)) as pilot:
        await begin(app, pilot)
        await until(pilot, lambda: said(app).rstrip().endswith("(Enter: that is all)"))
        sent: list[str] = []
        app.screen._send = sent.append
        app.screen._hear({"type": "secret", "text": "The password of shop (not shown)"})
        await pilot.press(*"hunter2")
        await pilot.pause()
        painted = "".join(strip.text for strip in app.screen.status._strips)
        assert "hunter" not in painted
        assert "•" * 7 in painted
        await pilot.press("enter")
        assert sent == ["hunter2"]
        assert "hunter" not in said(app)
        assert HIDDEN_ANSWER in said(app)


async def test_a_fault_in_the_settings_is_told_in_full(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "workspace.toml").write_text("[agent]\nnmae = 1\n", "utf-8")
    app = first_run(tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "nmae" in said(app))
        assert "did you mean 'name'?" in said(app)


def lines(path: Path, given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent_tui", "--offline", "--workspace", str(path), "init", "--lines"]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)


def test_another_program_can_ask_in_lines_and_a_wrong_answer_is_said(tmp_path: Path) -> None:
    answers = ["Asha", "asha@shop.example", "", ""]
    done = lines(tmp_path / "w", "".join(json.dumps({"answer": one}) + "\n" for one in answers))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [one["text"] for one in told if one["type"] == "ask"][2:] == [
        "Languages that you answer in", "An e-mail address, or the address of a chat or forum (Enter: that is all)",
    ]  # fmt: skip
    assert next(one["default"] for one in told if one["type"] == "ask" and "Languages" in one["text"]) == "en"
    assert told[-1] == {"type": "done"}
    wrong = lines(tmp_path / "x", "Asha\n")
    assert wrong.returncode == 2
    assert '{"answer": "yes"}' in wrong.stderr
    left = lines(tmp_path / "y", "")
    assert left.returncode == 1
    assert "nothing was written" in left.stdout


def test_what_is_hidden_can_be_mended_like_any_answer() -> None:
    prompt = Prompt(">", lambda _text: None, hidden=True)
    for key in ("a", "x", "backspace", "b"):
        prompt.feed(key, key if len(key) == 1 else None)
    assert prompt.text == "ab"
