"""``python -m distribution.debian [FOLDER]``: the Debian package, built by debhelper from ``debian/`` in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from distribution.build import PROJECT, VARIABLE, copy, time_of


def build(target: Path, project: Path = PROJECT) -> Path:
    """Build the package for this machine's kind of processor.

    Args:
        target: the folder for it, made where it is not there.
        project: a checkout, or what a source archive holds.

    Raises:
        subprocess.CalledProcessError: the build failed; its output says why.
    """
    time = time_of(project)
    target.mkdir(parents=True, exist_ok=True)
    before = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix="agent-tui-debian-") as folder:
            source = Path(folder, "source")
            copy(project, source, time)
            subprocess.run(["dpkg-buildpackage", "--build=binary", "--no-sign"], cwd=source, check=True, stdin=subprocess.DEVNULL,
                           env={**os.environ, VARIABLE: str(time)}, stdout=sys.stderr)  # fmt: skip
            (made,) = Path(folder).glob("*.deb")
            return Path(shutil.copy(made, target))
    finally:
        os.umask(before)


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1] if len(sys.argv) > 1 else 'dist'))}\n")
