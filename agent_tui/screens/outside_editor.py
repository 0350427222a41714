"""A draft in the agent's own editor and back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from agent_tui.domain.errors import UsageError

_USUAL = ("nano", "vim", "vi")


def editor(environment: Mapping[str, str]) -> list[str]:
    """The command of the agent's editor.

    Raises:
        UsageError: there is none.
    """
    for name in ("VISUAL", "EDITOR"):
        command = environment.get(name, "").strip()
        if command:
            try:
                words = shlex.split(command)
            except ValueError as error:
                raise UsageError(f"{name} can't be read ({error}): {command}") from error
            if shutil.which(words[0]) is None:
                raise UsageError(f"the editor {words[0]} ({name}) is not there; set {name} to one that is")
            return words
    for name in _USUAL:
        if shutil.which(name):
            return [name]
    raise UsageError("no editor found; set EDITOR")


def edit(text: str, command: list[str]) -> str:
    """Run an editor on a text and give back what was saved. The terminal must be free.

    The file is readable by its owner alone, and gone afterwards, with whatever the editor left beside it.

    Raises:
        UsageError: the editor failed or what it saved is no text; the text is as it was.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(tempfile.mkdtemp(prefix="agent-tui-", dir=runtime if runtime and Path(runtime).is_dir() else None))
    try:
        path = folder / "draft.md"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text + "\n")
        try:
            done = subprocess.run([*command, str(path)], check=False)
        except OSError as error:
            raise UsageError(f"{command[0]} could not be started ({error.strerror})") from error
        if done.returncode:
            raise UsageError(f"{command[0]} ended with status {done.returncode}; the text is as it was")
        try:
            saved = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("what the editor saved can't be read as text; the text is as it was") from error
        return saved.removesuffix("\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
