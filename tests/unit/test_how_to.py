"""Every command and every piece of settings in the how-tos is one that the program takes."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from agent_tui import workspace as workspaces
from agent_tui.cli import COMMANDS, MODULES, _parser

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "how-to.md").read_text("utf-8")
LINES = [line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL) for line in block.splitlines()]
OURS = [line for line in LINES if line.startswith("agent-tui ")]
SETTINGS = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("line", OURS)
def test_every_command_is_one_with_these_options(line: str) -> None:
    words = [word for word in shlex.split(line)[1:] if word != "--json"]
    command, rest = words[0], words[1:]
    assert command in {name for name, _, _ in COMMANDS}
    module = import_module(f"agent_tui.commands.{MODULES.get(command, command)}")
    parser = _parser(command)
    module.arguments(parser)
    prepare = getattr(module, "prepare", None)
    parser.parse_args(prepare(rest) if prepare else rest)


@pytest.mark.parametrize("text", SETTINGS)
def test_every_piece_of_settings_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    team = tmp_path / "team"
    team.mkdir()
    (team / "views.toml").touch()
    (tmp_path / "workspace.toml").write_text(text, "utf-8")
    workspaces.load(tmp_path)


def test_the_list_at_the_top_is_what_follows() -> None:
    titles = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    assert re.findall(r"^- \[(.*?)\]", TEXT, re.MULTILINE) == titles
    assert OURS
    assert SETTINGS


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    pages = {str(one.relative_to(DOCS)) for one in DOCS.rglob("*.md")} - {"README.md", "pictures/README.md"}
    assert pages - set(re.findall(r"\]\(([^)#]+)", index)) == set()
