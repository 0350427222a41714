"""Other Pythons are found where people have them, and what is none of them is not taken for one."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
script = runpy.run_path(str(PROJECT / "requirements" / "pythons.py"))
HERE = sys.version_info.minor


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_shim_that_runs_nothing_is_passed_over_for_what_pyenv_has(tmp_path: Path) -> None:
    shim = put(tmp_path / "shims" / f"python3.{HERE}", "#!/bin/sh\nexit 127\n")
    real = put(tmp_path / f".pyenv/versions/3.{HERE}.9/bin/python3.{HERE}", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    environment = {"PATH": str(shim.parent)}
    assert list(script["places"](HERE, tmp_path, environment)) == [shim, real]
    assert script["installed"](HERE, tmp_path, environment) == real


def test_another_version_is_not_taken_for_this_one(tmp_path: Path) -> None:
    put(tmp_path / "bin" / f"python3.{HERE + 1}", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    assert script["installed"](HERE + 1, tmp_path, {"PATH": str(tmp_path / "bin")}) is None


def test_what_is_not_there_is_named_and_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert script["main"]([]) == 0
    others = ", ".join(f"3.{minor}" for minor in script["MINORS"] if minor != HERE)
    assert f"NOT RUN: Python {others} (not on this machine)" in capsys.readouterr().out


def test_the_tests_that_run_with_each_are_there() -> None:
    assert all((PROJECT / one).is_file() for one in (*script["TESTS"], *script["FEW"]))
