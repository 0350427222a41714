"""A picture from the desktop's clipboard as a file: through the program that the desktop has for it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from agent_tui.desk.seat import Seat
from agent_tui.domain.errors import UsageError, one_line
from agent_tui.domain.file_types import HEAD, true_type
from agent_tui.domain.pictures import TYPES
from agent_tui.store import attachments
from agent_tui.store.database import Store

PATIENCE_S = 10
MOST = 100_000_000
"""Bytes of a picture that are taken."""


def command(environment: Mapping[str, str], which: Callable[[str], str | None], platform: str = sys.platform) -> tuple[str, ...]:
    """The program that writes the clipboard's picture to its output, as PNG.

    Args:
        environment: of the process; which: finds a program.

    Raises:
        UsageError: there is no clipboard to be read from here, in words.
    """
    ways: list[tuple[str, tuple[str, ...], str]] = []
    if platform == "darwin":
        ways.append(("pngpaste", ("-",), "pngpaste"))
    else:
        if environment.get("WAYLAND_DISPLAY"):
            ways.append(("wl-paste", ("--no-newline", "--type", "image/png"), "wl-clipboard"))
        if environment.get("DISPLAY"):
            ways.append(("xclip", ("-selection", "clipboard", "-target", "image/png", "-out"), "xclip"))
    for program, arguments, _ in ways:
        if found := which(program):
            return (found, *arguments)
    if ways:
        program, _, package = ways[0]
        raise UsageError(f"that needs {program} (package {package}); ctrl+f attaches a file")
    ssh = environment.get("SSH_CONNECTION")
    why = "the clipboard is at the other end of ssh" if ssh else "without a desktop there is no clipboard"
    raise UsageError(f"{why}; ctrl+f attaches a file")


class Clipboard(Seat):
    """The part of the desk that reads the desktop's clipboard."""

    def clipboard_picture(self, done: Callable[[Path | Exception], None]) -> None:
        """Take the clipboard's picture into the workspace, in another thread.

        Args:
            done: gets its path or, in words, why there is none; in that thread.
        """
        import os
        import shutil
        import threading
        from datetime import datetime

        workspace, now = self.workspace, self.now
        name = f"picture-{datetime.fromtimestamp(now() / 1000).astimezone():%Y-%m-%d-%H%M%S}"

        def work() -> None:
            try:
                argv = command(os.environ, shutil.which)
                store = Store.open(workspace, role="desk", now=now)
                try:
                    done(_taken(store, argv, name))
                finally:
                    store.close()
            except (UsageError, OSError) as error:
                done(error)

        threading.Thread(target=work, name="clipboard", daemon=True).start()


def _taken(store: Store, argv: tuple[str, ...], name: str) -> Path:
    import subprocess

    with tempfile.TemporaryDirectory(prefix="agent-tui-") as folder:
        path = Path(folder, "picture")
        with path.open("wb") as file:
            try:
                ended = subprocess.run(
                    argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False
                )
            except subprocess.TimeoutExpired:
                raise UsageError(f"{Path(argv[0]).name} took longer than {PATIENCE_S} seconds") from None
        with path.open("rb") as file:
            kind = TYPES.get(true_type(file.read(HEAD), ""))
        if ended.returncode or kind is None:
            why = one_line(ended.stderr.decode("utf-8", "replace"))[:100]
            raise UsageError("there is no picture in the clipboard" + (f" ({Path(argv[0]).name}: {why})" if why else ""))
        if path.stat().st_size > MOST:
            raise UsageError("the clipboard's picture is too large")
        return attachments.named(store, attachments.put(store, path), f"{name}.{kind.lower()}")
