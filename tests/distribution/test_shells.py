"""Real shells complete the command line, and the manual, the unit and the desktop entry are in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.terminal import Terminal
from distribution.__main__ import MADE, SHARE
from tests.distribution.needs import needs

PATIENCE_S = 60
PROMPT = "ready> "
COMPLETIONS = {
    "bash": SHARE / "bash-completion/completions/agent-tui",
    "fish": SHARE / "fish/vendor_completions.d/agent-tui.fish",
    "zsh": SHARE / "zsh/site-functions",
}
# The line, what one press of tab makes of it, and what is offered where there is more than one way to go on.
LINES = [
    ("agent-tui whe", "agent-tui where", ()),
    ("agent-tui --workspace {demo} whe", "where", ()),
    ("agent-tui show 8", "show 8", ("81kyztx", "83s3277")),
    ("agent-tui --workspace {demo} show 81", "81kyztx", ()),
    ("agent-tui show --of", "--offline", ()),
    ("agent-tui list --view sn", "snoozed", ()),
    ("agent-tui list state:sp", "list state:spam", ()),
    ("agent-tui do 81kyztx sno", "snooze", ()),
    ("agent-tui do 81", "81kyztx", ()),
    ("agent-tui sync li", "live-chat", ()),
    ("agent-tui secret set su", "support-mail", ()),
    ("agent-tui canned render era", "erasure", ()),
    ("agent-tui canned render erasure 81", "81kyztx", ()),
    ("agent-tui policy suggest 81", "81kyztx", ()),
    ("agent-tui reply 81kyztx --override wrong", "wrong-name", ()),
    ("agent-tui reply 81kyztx --text-file {demo}/workspace.t", "workspace.toml", ()),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo"
    subprocess.run([sys.executable, "-m", "agent_tui", "demo", "--dir", path, "--no-open"], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def environment(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """``agent-tui`` on the path as a user has it, and a home that says nothing."""
    home = tmp_path_factory.mktemp("home")
    program = home / "bin" / "agent-tui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agent_tui "$@"\n')
    program.chmod(0o755)
    return {
        "HOME": str(home), "ZDOTDIR": str(home), "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SHARE.parent), "AGENT_TUI_WORKSPACE": str(demo), "LC_ALL": "C.UTF-8",
    }  # fmt: skip


@pytest.fixture
def typed(environment: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Callable[[str, str], str]]:
    """Types a line and a tab into an interactive shell; gives the screen once it shows what is looked for."""
    running: list[Terminal] = []

    def write(shell: str, line: str, *shown: str) -> str:
        needs(shell)
        if shell == "bash":
            command = ["bash", "--norc", "--noprofile", "-i"]
            set_up = f"bind 'set show-all-if-ambiguous on'; bind 'set bell-style none'; source {COMPLETIONS[shell]}"
        else:
            command = ["zsh", "-f", "-i"]
            set_up = f"fpath=({COMPLETIONS[shell]} $fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep; LISTMAX=0"
        terminal = Terminal(command, columns=160, environment=environment)
        running.append(terminal)
        os.write(terminal.master, f"{set_up}; PS1='rea''dy> '; clear\n".encode())
        terminal.ready(PROMPT, PATIENCE_S)
        os.write(terminal.master, f"{line}\t".encode())
        terminal.ready("(?s)" + "".join(f"(?=.*{re.escape(one)})" for one in shown), PATIENCE_S)
        return terminal.text()

    yield write
    for one in running:
        one.process.kill()
        one.process.wait()
        os.close(one.master)


@pytest.mark.parametrize(("line", "becomes", "offered"), LINES)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_tab_completes(typed: Callable[..., str], demo: Path, shell: str, line: str, becomes: str, offered: tuple[str, ...]) -> None:
    assert becomes in typed(shell, line.format(demo=demo), becomes, *offered)


@pytest.mark.parametrize(("line", "becomes", "offered"), LINES)
def test_fish_offers(environment: dict[str, str], demo: Path, line: str, becomes: str, offered: tuple[str, ...]) -> None:
    needs("fish")
    script = f"source {COMPLETIONS['fish']}; complete -C '{line.format(demo=demo)}'"
    done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True,
                          env=os.environ | environment, timeout=PATIENCE_S)  # fmt: skip
    found = [one.split("\t")[0] for one in done.stdout.splitlines()]
    expected = list(offered) or [becomes.split(" ")[-1]]
    assert [Path(one).name if "/" in one else one for one in found] == expected


def test_completing_in_a_place_without_a_workspace_says_and_makes_nothing(
    environment: dict[str, str], tmp_path: Path,
) -> None:  # fmt: skip
    needs("fish")
    nowhere = tmp_path / "nowhere"
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {COMPLETIONS['fish']}; complete -C 'agent-tui show '"],
        capture_output=True, text=True, check=True, env=os.environ | environment | {"AGENT_TUI_WORKSPACE": str(nowhere)},
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert (done.stdout, done.stderr, nowhere.exists()) == ("", "", False)


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_from_the_table_is_up_to_date(name: str) -> None:
    assert (SHARE / name).read_text("utf-8") == MADE[name](), "run: python -m distribution"


def test_the_manual_has_every_command_and_no_fault() -> None:
    needs("mandoc")
    page = SHARE / "man/man1/agent-tui.1"
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, check=False)
    assert [one for one in done.stdout.splitlines() if "missing date" not in one] == []
    shown = subprocess.run(["mandoc", "-T", "utf8", page], capture_output=True, text=True, check=True).stdout
    from agent_tui.commands import COMMANDS

    plain = "".join(shown[at] for at in range(len(shown)) if shown[at] != "\b" and shown[at + 1 : at + 2] != "\b")
    assert [name for name, _, _ in COMMANDS if f"   agent-tui {name}" not in plain] == []


def test_the_unit_for_systemd_has_no_fault(tmp_path: Path) -> None:
    needs("systemd-analyze")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", SHARE / "systemd/user/agent-tui.service"],
        capture_output=True, text=True, check=False, env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_desktop_entry_has_no_fault_and_its_icon_is_there() -> None:
    needs("desktop-file-validate")
    entry = SHARE / "applications/agent-tui.desktop"
    done = subprocess.run(["desktop-file-validate", entry], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert (SHARE / "icons/hicolor/scalable/apps/agent-tui.svg").exists()
    assert "\nExec=agent-tui\n" in entry.read_text("utf-8")
