"""Wheel, source archive and Debian package hold all they need, and are the same bytes from the same source."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from agent_tui import __version__
from distribution import build, debian
from tests.distribution.needs import needs
from tests.servers.fixtures import NOT_INSTALLED

PROJECT = build.PROJECT
TIME = "1790000000"
KNOWN = ("3.11", "3.12", "3.13", "3.14")
SHARED = sorted(str(one.relative_to(PROJECT)) for one in (PROJECT / "share").rglob("*") if one.is_file())


def run(*command: str | Path, **more: object) -> str:
    """A command that must succeed, away from the checkout; gives what it prints."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "AGENT_TUI_WORKSPACE", "VIRTUAL_ENV")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment | more)  # type: ignore[arg-type]
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source archive and the wheel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(build.VARIABLE, TIME)
        archive, wheel = sorted(build.build(tmp_path_factory.mktemp("built")), key=lambda one: one.suffix)
    return archive, wheel


def test_two_builds_are_the_same_bytes_wherever_and_whenever(
    built: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(build.VARIABLE, TIME)
    with tarfile.open(built[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for one in source.rglob("*.py"):
        os.utime(one, (1, 1))  # another machine's clock
    again = build.build(tmp_path / "again", source)  # from the archive rather than the checkout
    assert {one.name: one.read_bytes() for one in again} == {one.name: one.read_bytes() for one in built}


def test_the_wheel_holds_the_program_and_what_shells_desktops_and_systemd_look_for(built: tuple[Path, Path]) -> None:
    names = set(zipfile.ZipFile(built[1]).namelist())
    files = {str(one.relative_to(PROJECT)) for one in (PROJECT / "agent_tui").rglob("*") if one.is_file() and "__pycache__" not in one.parts}
    data = f"agent_tui-{__version__}.data/data/"
    assert files | {data + one for one in SHARED} <= names
    assert [one for one in names if not one.startswith(("agent_tui/", data, f"agent_tui-{__version__}.dist-info/"))] == []


def test_the_archive_holds_what_builds_tests_and_packages_need(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        names = {one.name.partition("/")[2] for one in archive.getmembers() if one.isfile()}
    listed = subprocess.run(["git", "-C", PROJECT, "ls-files"], capture_output=True, text=True, check=False).stdout.split("\n")
    assert {one for one in listed if (PROJECT / one).is_file()} - names == set()


def python(version: str) -> str | None:
    """Where a Python of this version is: where uv looks, or where pyenv keeps them."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob(f"{version}.*/bin/python3")
    for one in (version, *sorted(map(str, kept), reverse=True)):
        done = subprocess.run([needs("uv"), "python", "find", "--no-python-downloads", "--no-project", "--system", one],
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode == 0:
            return done.stdout.strip()
    return None


@pytest.mark.parametrize("version", KNOWN)
def test_the_wheel_works_alone_with_each_python_of_this_machine(built: tuple[Path, Path], tmp_path: Path, version: str) -> None:
    found = python(version)
    if found is None:
        pytest.skip(f"{NOT_INSTALLED}: Python {version}")
    home = tmp_path / "venv"
    run(found, "-m", "venv", home)
    pip = (home / "bin/python", "-m", "pip", "install", "-q")  # uv knows neither pip's settings nor the system's certificates
    run(*pip, "--require-hashes", "-r", PROJECT / "requirements/run.txt")
    run(*pip, "--no-deps", built[1])
    program, space = home / "bin/agent-tui", tmp_path / "demo"
    assert run(program, "--version") == f"agent-tui {__version__}\n"
    assert "without a command" in run(program, "--help").lower()
    run(program, "demo", "--dir", space, "--no-open")
    cases = run(program, "--workspace", space, "list").splitlines()
    assert len(cases) > 20
    code = cases[0].split()[0]
    for command in (("show", code), ("search", "refund"), ("policy", "suggest", code), ("canned", "check"), ("do", code, "tag", "+x")):
        assert run(program, "--workspace", space, *command)
    for one in SHARED:
        assert (home / one).is_file()
    where = run(home / "bin/python", "-c", "import agent_tui, sys; print(sys.version_info[:2], agent_tui.__file__)")
    assert where.startswith(f"({version.replace('.', ', ')})")
    assert str(home) in where


def test_the_debian_package_unpacks_to_a_program_that_runs(tmp_path: Path) -> None:
    needs("dpkg-buildpackage")
    needs("dh")
    package = debian.build(tmp_path)
    root = tmp_path / "root"
    run("dpkg-deb", "-x", package, root)
    (root / "usr/bin/python3").symlink_to("/usr/bin/python3")  # what it depends on
    # The interpreter of its virtual environment; bin/agent-tui names it by its final place.
    program = [root / "usr/lib/agent-tui/bin/python3", root / "usr/lib/agent-tui/bin/agent-tui"]
    assert run(*program, "--version") == f"agent-tui {__version__}\n"
    assert (root / "usr/lib/agent-tui/bin/agent-tui").read_text().startswith("#!/usr/lib/agent-tui/bin/python3\n")
    assert (root / "usr/bin/agent-tui").readlink() == Path("../lib/agent-tui/bin/agent-tui")
    run(*program, "demo", "--dir", tmp_path / "demo", "--no-open")
    assert len(run(*program, "--workspace", tmp_path / "demo", "list").splitlines()) > 20
    for one in ("man/man1/agent-tui.1.gz", "bash-completion/completions/agent-tui", "zsh/vendor-completions/_agent-tui",
                "fish/vendor_completions.d/agent-tui.fish", "applications/agent-tui.desktop"):  # fmt: skip
        assert (root / "usr/share" / one).is_file()
    assert (root / "usr/lib/systemd/user/agent-tui.service").is_file()
    told = run("dpkg-deb", "--field", package, "Version", "Depends")
    assert f"Version: {__version__}\n" in told
    assert "python3 (>= 3." in told


# ---- version and changelog


def test_version_changelog_manual_and_package_are_in_step() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    names = [name for name, _day in headings]
    assert names[0] == "Unreleased"
    assert all(day for name, day in headings if name != "Unreleased")
    intro = text.partition("## [Unreleased]")[2].partition("\n### ")[0]
    # Before its release a version stands in the first words under Unreleased, afterwards in the heading below it.
    assert f"What will be {__version__}," in intro or names[1] == __version__
    assert (PROJECT / "debian/changelog").read_text("utf-8").startswith(f"agent-tui ({__version__}) ")
    assert f'"agent-tui {__version__}"' in (PROJECT / "share/man/man1/agent-tui.1").read_text("utf-8")


def test_the_pythons_that_are_promised_are_those_that_were_tried() -> None:
    told = (PROJECT / "pyproject.toml").read_text("utf-8")
    assert re.findall(r'"Programming Language :: Python :: (3\.\d+)"', told) == ["3.11", "3.12", "3.13"]
    assert sys.version_info >= (3, 11)
