"""``python -m distribution.build [FOLDER]``: the wheel and the source archive, the same bytes from the same source.

The files that git knows are copied, with one time and plain modes, and built there by the setuptools of this environment.
The time is ``SOURCE_DATE_EPOCH``, else that of the last commit (https://reproducible-builds.org/specs/source-date-epoch/).
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
VARIABLE = "SOURCE_DATE_EPOCH"
ADDED = ("PKG-INFO", "setup.cfg")
"""What setuptools puts into a source archive."""


def build(target: Path, project: Path = PROJECT) -> list[Path]:
    """Build both.

    Args:
        target: the folder for them, made where it is not there.
        project: a checkout, or what a source archive holds.

    Returns:
        The archive and the wheel.

    Raises:
        subprocess.CalledProcessError: the build failed; its output says why.
    """
    time = time_of(project)
    target.mkdir(parents=True, exist_ok=True)
    before = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix="agent-tui-build-") as folder:
            source, made = Path(folder, "source"), Path(folder, "made")
            copy(project, source, time)
            subprocess.run(
                [sys.executable, "-m", "build", "--no-isolation", "--outdir", made, source],
                check=True, env={**os.environ, VARIABLE: str(time)}, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            built = sorted(made.iterdir())
            for one in built:
                if one.name.endswith(".tar.gz"):
                    one.write_bytes(_plain(one.read_bytes(), time))
                shutil.copy(one, target)
    finally:
        os.umask(before)
    return [target / one.name for one in built]


def time_of(project: Path) -> int:
    """When the source was made: ``SOURCE_DATE_EPOCH``, else the last commit; seconds since 1970."""
    given = os.environ.get(VARIABLE)
    if given:
        return int(given)
    told = subprocess.run(["git", "-C", project, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True)
    return int(told.stdout)


def copy(project: Path, target: Path, time: int) -> None:
    """Copy the files that git knows, or all where there is no git, with one time and plain modes."""
    if (project / ".git").exists():
        listed = subprocess.run(["git", "-C", project, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, check=True).stdout  # fmt: skip
        names = [os.fsdecode(one) for one in listed.split(b"\0") if one]
    else:
        names = [str(one.relative_to(project)) for one in project.rglob("*") if one.is_file()]
        names = [one for one in names if one not in ADDED and ".egg-info/" not in one]
    for name in sorted(names):
        found, written = project / name, target / name
        if not found.is_file():
            continue
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(found.read_bytes())
        written.chmod(0o755 if os.access(found, os.X_OK) else 0o644)
        os.utime(written, (time, time))


def _plain(archive: bytes, time: int) -> bytes:
    """The same archive with its files in order, one time, and nobody's name."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=time) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for one in sorted(old.getmembers(), key=lambda member: member.name):
            one.mtime, one.uid, one.gid, one.uname, one.gname, one.pax_headers = time, 0, 0, "", "", {}
            new.addfile(one, old.extractfile(one) if one.isfile() else None)
    return packed.getvalue()


if __name__ == "__main__":
    for path in build(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")):
        sys.stdout.write(f"{path}\n")
