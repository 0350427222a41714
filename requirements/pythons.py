"""The tests on every other Python that the program is for and this machine has; those that it has not are named as not run.

``python requirements/pythons.py [TESTS]``. Each Python has an environment of its own in ``.venv``, made once, by the same rules
as the project's. Without TESTS the newest runs those that depend most on the version, which is start and commands, settings,
processes and sockets, SQLite, parsers, dates, text and a few screens; those between run a few, because what the oldest and the
newest can do they can. All of them with each would take longer than everything else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
MINORS = range(11, 15)
TESTS = tuple(f"tests/unit/test_{name}.py" for name in (
    "canned", "cli", "clocks", "commands", "dates", "desk_sending", "driver", "engine_deliver", "engine_doorbell", "engine_life",
    "engine_lock", "engine_pull", "frozen", "hosts", "html", "http", "imap_parser", "imap_wire", "inbox_width", "list_screens",
    "log", "migrations", "mime_compose", "mime_parse", "policy_pane", "private", "query", "secrets", "settings", "setup", "start",
    "store_apply", "templates", "text", "text_buffer", "workspace", "wrapping",
))  # fmt: skip
FEW = tuple(
    f"tests/unit/test_{name}.py" for name in ("cli", "engine_doorbell", "engine_life", "inbox_width", "settings", "start")
)

EXAMPLES = "10"
"""Of a property: that it holds is tested with the other Python, here only that it can be."""


def places(minor: int, home: Path, environment: dict[str, str]) -> Iterator[Path]:
    """Where a Python of this version may be: on the path, then where pyenv and uv put theirs."""
    found = shutil.which(f"python3.{minor}", path=environment.get("PATH"))
    if found:
        yield Path(found)
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    kept = (pyenv.glob(f"versions/3.{minor}.*"), uv.glob(f"cpython-3.{minor}.*"))
    for folder in (one for found in kept for one in sorted(found, reverse=True)):
        yield folder / "bin" / f"python3.{minor}"


def works(python: Path, minor: int) -> bool:
    """Whether it is that version and can make environments; a shim of pyenv may be neither."""
    line = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, {minor}))"
    try:
        return subprocess.run([python, "-c", line], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def installed(minor: int, home: Path, environment: dict[str, str]) -> Path | None:
    """The first Python of this version that works, or None."""
    return next((one for one in places(minor, home, environment) if works(one, minor)), None)


def main(tests: Sequence[str]) -> int:
    """Run the tests with each; fails where one does."""
    others = [minor for minor in MINORS if minor != sys.version_info.minor]
    found = {minor: installed(minor, Path.home(), dict(os.environ)) for minor in others}
    here = {minor: python for minor, python in found.items() if python is not None}
    failed = []
    for minor, python in here.items():
        print(f"Python 3.{minor} ({python})", flush=True)
        venv = f".venv/python-3.{minor}"
        make = ["make", "--no-print-directory", f"VENV={venv}", f"PYTHON={python}", f"{venv}/.test"]
        chosen = tests or (TESTS if minor == max(here) else FEW)
        run = [f"{venv}/bin/python", "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", *chosen]
        environment = {**os.environ, "AGENT_TUI_EXAMPLES": EXAMPLES}
        if any(subprocess.run(line, cwd=PROJECT, check=False, env=environment).returncode for line in (make, run)):
            failed.append(f"3.{minor}")
    print(f"pythons: {named(here)} besides 3.{sys.version_info.minor}")
    if len(here) < len(others):
        print(f"NOT RUN: Python {named(set(others) - set(here))} (not on this machine)")
    if failed:
        print(f"FAILED with Python {', '.join(failed)}")
    return 1 if failed else 0


def named(minors: Iterable[int]) -> str:
    """Versions in words."""
    return ", ".join(f"3.{minor}" for minor in sorted(minors)) or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
