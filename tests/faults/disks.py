"""Small file systems that fill up, and processes that sit on a database's lock."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SMALL = "4m"


@contextlib.contextmanager
def small_disk(path: Path, size: str = SMALL) -> Iterator[Path]:
    """A file system of its own that holds little; where none can be made the test is skipped."""
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "agent-tui-test", str(path)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


class Filler:
    """What takes up the rest of a file system."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filler"

    def fill(self) -> None:
        """Until there is no room for another page."""
        with self._path.open("ab", buffering=0) as file:
            for size in (1 << 16, 512):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def clear(self) -> None:
        """Somebody makes room."""
        self._path.unlink(missing_ok=True)


@contextlib.contextmanager
def busy(*paths: Path, seed: int = 1) -> Iterator[None]:
    """Another process takes the databases' write locks again and again, up to half a second at a time."""
    child = os.fork()
    if child == 0:
        try:
            chance = random.Random(seed)
            files = [sqlite3.connect(path, timeout=30, isolation_level=None) for path in paths]
            while os.getppid() != 1:
                one = chance.choice(files)
                with contextlib.suppress(sqlite3.OperationalError):
                    one.execute("BEGIN IMMEDIATE")
                    time.sleep(chance.uniform(0, 0.5))
                    one.execute("ROLLBACK")
                time.sleep(chance.uniform(0, 0.05))
        finally:
            os._exit(0)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
