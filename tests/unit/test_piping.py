"""A program gets a text as its input or in a file of its user alone; no shell reads the line that names it."""

from __future__ import annotations

import io
import signal
import stat
import sys
from pathlib import Path

import pytest

from agent_tui.screens import piping


def program(tmp_path: Path, body: str) -> list[str]:
    """A program that writes what it finds out into ``said``."""
    path = tmp_path / "program.py"
    path.write_text(f"import os, stat, sys\nout = open({str(tmp_path / 'said')!r}, 'w')\n{body}\nout.close()\n", encoding="utf-8")
    return [sys.executable, str(path)]


def test_a_text_is_its_input(tmp_path: Path) -> None:
    argv = program(tmp_path, "out.write(sys.stdin.buffer.read().decode())")
    assert piping.run("ನಮಸ್ಕಾರ\nসালাম ਜੀ\n", argv) == 0
    assert (tmp_path / "said").read_text(encoding="utf-8") == "ನಮಸ್ಕಾರ\nসালাম ਜੀ\n"


def test_a_file_is_its_users_alone_and_gone_afterwards(tmp_path: Path) -> None:
    body = "p = sys.argv[1]; out.write('\\n'.join((p, open(p).read(), oct(os.stat(p).st_mode), oct(os.stat(os.path.dirname(p)).st_mode))))"
    assert piping.run("Hello", [*program(tmp_path, body), "{}"]) == 0
    path, text, mode, folder = (tmp_path / "said").read_text().split("\n")
    assert text == "Hello"
    assert stat.S_IMODE(int(mode, 8)) == 0o600
    assert stat.S_IMODE(int(folder, 8)) == 0o700
    assert not Path(path).parent.exists()


def test_it_is_gone_where_the_program_fails_or_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert piping.run("Hello", [sys.executable, "-c", "import sys; sys.exit(3)"]) == 3
    with pytest.raises(OSError, match="No such file"):
        piping.run("Hello", [str(tmp_path / "nothing")])
    assert not list(tmp_path.glob("agent-tui-*"))


def test_words_are_taken_apart_and_nothing_else(tmp_path: Path) -> None:
    said = "import json; json.dump(sys.argv[1:], out)"
    line = f"{sys.executable} {program(tmp_path, said)[1]} 'a b' $HOME `id` $(id) ; | > x * ~"
    assert piping.run("Hello", piping.command(line)) == 0
    assert (tmp_path / "said").read_text() == '["a b", "$HOME", "`id`", "$(id)", ";", "|", ">", "x", "*", "~"]'


@pytest.mark.parametrize(("line", "words"), [
    ("", "name a program"), ("  ", "name a program"), ("'wc", "can't be read"), ("no-such-program -x", "there is no program no-such-program"),
])  # fmt: skip
def test_what_cannot_be_run_is_said_before_anything_is_written(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        piping.command(line)


def test_ctrl_c_is_the_programs_and_does_not_end_the_workstation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "__stdin__", io.StringIO("\n"))
    monkeypatch.setattr(sys, "__stdout__", told)
    before = signal.getsignal(signal.SIGINT)
    body = "import signal; out.write(str(signal.getsignal(signal.SIGINT) is signal.default_int_handler)); out.close()\n"
    body += "os.kill(os.getppid(), signal.SIGINT); signal.signal(signal.SIGINT, signal.SIG_DFL); os.kill(os.getpid(), signal.SIGINT)"
    argv = program(tmp_path, body)
    assert piping._in_sight("Hello", argv) == f"{sys.executable} ended with status -2"
    assert "ended with status -2; enter goes back" in told.getvalue()
    assert (tmp_path / "said").read_text() == "True"
    assert signal.getsignal(signal.SIGINT) is before
