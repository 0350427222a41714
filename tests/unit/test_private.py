"""A workspace is closed to others before it is opened, or it is not opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agent_tui import private
from agent_tui.domain.errors import WorkspaceError
from tests.unit.test_cli import program, quiet, space  # noqa: F401 - fixtures


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_others_could_read_is_closed_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    folder.chmod(0o755)
    for name in ("desk.db", "cache.db-wal", "agent-tui.log.1", "workspace.toml", "mine.txt"):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    first, second = private.keep(folder)
    assert "others could look into" in first
    assert "desk.db" in second
    assert mode(folder) == 0o700
    assert {mode(folder / name) for name in ("desk.db", "cache.db-wal", "agent-tui.log.1")} == {0o600}
    assert {mode(folder / name) for name in ("workspace.toml", "mine.txt")} == {0o644}, "their user's own"
    assert private.keep(folder) == ()


def test_a_folder_that_others_could_write_says_to_look_at_what_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    folder.chmod(0o777)
    assert "look through workspace.toml, which can name programs to run" in private.keep(folder)[0]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir(0o700)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    (folder / "agent-tui.log").symlink_to(elsewhere)
    assert private.keep(folder) == ()
    assert mode(elsewhere) == 0o644


@pytest.mark.parametrize("name", ["w", "w/workspace.toml"])
def test_what_belongs_to_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = tmp_path / "w"
    folder.mkdir(0o700)
    (folder / "workspace.toml").touch()
    mine = os.getuid()
    stats = Path.stat

    def stranger(path: Path, **named: bool) -> os.stat_result:
        found = list(stats(path, **named))
        found[4] = 4711 if str(path).endswith(name) else 1000
        return os.stat_result(found)

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(Path, "stat", stranger)
    with pytest.raises(WorkspaceError, match="belongs to another user"):
        private.keep(folder)
    assert os.getuid() == mine


def test_a_file_system_without_owners_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    folder.chmod(0o755)

    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(WorkspaceError, match="cannot be changed"):
        private.keep(folder)


def test_a_command_says_what_it_closed(space: Path) -> None:  # noqa: F811
    space.chmod(0o755)
    done = program("--workspace", str(space), "list")
    assert done.returncode == 0
    assert "it is closed to them now" in done.stderr
    assert mode(space) == 0o700
    assert program("--workspace", str(space), "list").stderr == ""
