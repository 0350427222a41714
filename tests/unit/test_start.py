"""What the start must not load: every module here costs a user milliseconds before the list, each time."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

import agent_tui

FRAME = """
import sys
from agent_tui import opening
frame = opening._frame({folder!r})
with open({folder!r} + "/modules", "w") as file:
    print(len(frame) > 100, *sorted(sys.modules), sep="\\n", file=file)
"""
REMEMBER = """
from agent_tui.commands.context import Context
from agent_tui.desk import Desk
with Context({folder!r}, offline=True) as context:
    desk = Desk(context.workspace, offline=True)
    desk.remember_start()
    desk.close()
with open({folder!r} + "/modules", "w") as file:
    print(True, file=file)
"""
LIST = """
import sys
from agent_tui import cli
from agent_tui.spare import spared
with spared():
    from agent_tui import app
painted = []

async def settled(self):
    painted.extend(sys.modules)
    self.exit(0)

app.Workstation._settled = settled
status = cli.run(["--workspace", {folder!r}, "--offline"])
with open({folder!r} + "/modules", "w") as file:
    print(status == 0, *sorted(painted), sep="\\n", file=file)
"""
NEVER = ("httpx", "keyring", "imapclient", "aiosmtplib", "sqlite_utils", "jinja2", "selectolax", "markdown_it",
         "agent_tui.engine", "agent_tui.knowledge", "agent_tui.sources.base", "agent_tui.sources.http",
         "agent_tui.store.schema", "agent_tui.store.apply", "agent_tui.store.indexing", "agent_tui.store.search",
         "agent_tui.domain.query", "agent_tui.domain.templates", "agent_tui.domain.text", "agent_tui.domain.threading",
         "agent_tui.domain.guards", "agent_tui.domain.marking", "agent_tui.domain.ranking", "agent_tui.domain.languages", "agent_tui.screens.compose", "agent_tui.screens.help",
         "agent_tui.screens.outbox", "agent_tui.screens.policies", "agent_tui.screens.search", "agent_tui.widgets.composer",
         "secrets", "_hashlib", "ssl", "textual.command", "textual.widgets._directory_tree", "textual.widgets._input")  # fmt: skip
"""Not before the list; what stands in the frame is not before the frame either."""
NOT_IN_THE_FRAME = ("textual", "asyncio", "rich", "difflib", "tempfile", "dataclasses", "inspect", "json", "logging", "pathlib",
                    "re", "regex", "tomllib", "typing", "zoneinfo", "agent_tui.app", "agent_tui.desk", "agent_tui.log",
                    "agent_tui.screens", "agent_tui.workspace", "agent_tui.settings_file", "agent_tui.store.database",
                    "agent_tui.domain.commands")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """The demo's cases, so that there are rows to show."""
    made = tmp_path / "demo"
    subprocess.run([sys.executable, "-m", "agent_tui", "demo", "--dir", str(made), "--no-open"], check=True, capture_output=True)
    return str(made)


def loaded(names: set[str], unwanted: tuple[str, ...]) -> list[str]:
    return sorted(one for one in names if any(one == name or one.startswith(f"{name}.") for name in unwanted))


def modules(code: str, folder: str) -> set[str]:
    """What a program in a terminal of its own has loaded, by what it wrote down."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", code.format(folder=folder)], stdin=inside, stdout=inside, stderr=inside,
        start_new_session=True, cwd=Path(agent_tui.__file__).parents[1],
        env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    os.close(inside)
    said = b""
    with suppress(OSError):  # what Linux says when the other side has gone
        while piece := os.read(terminal, 1 << 16):
            said += piece
    os.close(terminal)
    assert process.wait(60) == 0, said.decode(errors="replace")
    good, *names = Path(folder, "modules").read_text(encoding="utf-8").splitlines()
    assert good == "True"
    return set(names)


def test_the_first_frame_loads_nothing_of_textual(folder: str) -> None:
    modules(REMEMBER, folder)
    names = modules(FRAME, folder)
    assert "agent_tui.widgets.first_frame" in names
    assert loaded(names, (*NEVER, *NOT_IN_THE_FRAME)) == []


def test_the_list_is_painted_before_anything_else_is_loaded(folder: str) -> None:
    names = modules(LIST, folder)
    assert "agent_tui.screens.inbox" in names
    assert loaded(names, NEVER) == []


def test_what_was_spared_is_there_for_whoever_wants_it() -> None:
    code = """
import sys
from agent_tui.spare import spared
with spared():
    import textual.app
assert not {"ssl", "textual.command"} & set(sys.modules)
import ssl
from textual.command import CommandPalette, Provider
from textual.screen import Screen
assert issubclass(CommandPalette, Screen) and ssl.create_default_context
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_textual_that_wants_more_of_its_palette_gets_the_real_one() -> None:
    code = """
import sys
from agent_tui.spare import spared
with spared():
    from textual.command import CommandInput
    import textual.app
from textual.command import CommandPalette, CommandInput as again
assert again is CommandInput and CommandPalette.__module__ == "textual.command"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_the_models_need_is_not_loaded_with_the_tables(tmp_path: Path) -> None:
    """sqlite-utils would load numpy and pandas wherever they are; the workstation never does."""
    for name in ("numpy", "pandas"):
        (tmp_path / "there" / name).mkdir(parents=True)
        (tmp_path / "there" / name / "__init__.py").write_text("")
    space = tmp_path / "space"
    space.mkdir()
    (space / "workspace.toml").write_text('[agent]\nname = "A"\nemail = "a@example.com"\n')
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path / "there")!r})
from agent_tui.desk import Desk
from agent_tui.workspace import load
from pathlib import Path
Desk(load(Path({str(space)!r})), offline=True).close()
assert "sqlite_utils" in sys.modules and not {{"numpy", "pandas"}} & set(sys.modules)
import numpy, pandas
assert str(numpy.__file__).startswith({str(tmp_path)!r})
"""
    subprocess.run([sys.executable, "-c", code], check=True)
