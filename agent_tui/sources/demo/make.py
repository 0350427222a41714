"""Making a demo workspace: settings, a policy library, canned replies, and the servers with a week of cases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent_tui.sources.demo import scenario, traffic
from agent_tui.sources.demo.file import FILE_NAME, ServerFile


def make_workspace(directory: Path, now: int | Callable[[], int], *, live: bool = True) -> None:
    """Write a demo workspace into a directory, which is made where it is missing.

    Args:
        now: milliseconds, or the clock that tells them; the week of cases ends here.
        live: whether customers go on writing while it is open.

    Raises:
        FileExistsError: there is a workspace already.
        OSError: the directory cannot be written.
    """
    ends_at = now if isinstance(now, int) else now()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = directory / "workspace.toml"
    if settings.exists():
        raise FileExistsError(f"{directory} has a workspace already; choose another directory or remove it")
    for folder in ("policies", "canned"):
        target = directory / folder
        target.mkdir(exist_ok=True)
        for source in (scenario.FOLDER / folder).iterdir():
            (target / source.name).write_text(source.read_text("utf-8"), "utf-8")
    (directory / FILE_NAME).unlink(missing_ok=True)
    servers = ServerFile(directory / FILE_NAME)
    try:
        scenario.fill(servers, ends_at)
        servers.set_meta("seen_at", ends_at)
        if live:
            traffic.start(servers, ends_at)
    finally:
        servers.close()
    settings.write_text((scenario.FOLDER / "workspace.toml").read_text("utf-8"), "utf-8")  # last: now it is complete
