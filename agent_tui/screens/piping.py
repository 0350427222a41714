"""Messages and cases handed to a program of the agent's choice, as its input or as a file, and never by way of a shell."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from agent_tui.domain import written_out
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets import words
from agent_tui.widgets.prompt import Prompt

FILE = "{}"
"""Among the words of a command: the file's path, for programs that read no standard input."""


class PipeVerbs(DeskScreen):
    """The verb that hands over what is looked at."""

    def targets(self) -> tuple[int, ...]:
        """The cases that verbs mean."""
        raise LookupError("a screen with cases says which")

    def answered_message(self) -> int | None:
        """The message that is read; None: none in particular."""
        return None

    def do_pipe(self, argument: str = "") -> None:
        """Hand the message that is read, or whole cases from a list, to a program."""
        number, ids = self.answered_message(), self.targets()
        here = self.desk.message(number) if number is not None else None
        if here is None and not ids:
            return

        def take(line: str) -> None:
            argv = command(line)
            self.desk.remember("pipe", line)
            text = written_out.message_text(here) if here is not None else "\n".join(map(self._case_text, ids))
            with self.app.suspend():
                said = _in_sight(text, argv)
            self.app.refresh()
            self.say(said or f"{argv[0]} is done", "late" if said else "text")

        if argument:
            take(argument)
        else:
            what = "this message" if here is not None else words.count(len(ids), "case")
            self.ask(Prompt(f"pipe {what} to", take, text=self.desk.recall("pipe")))

    def _case_text(self, case_id: int) -> str:
        thread = self.desk.thread(case_id, texts=None)
        return "".join(written_out.case_text(thread.case, thread.messages))


def _in_sight(text: str, argv: list[str]) -> str:
    """Run a program on the terminal, and wait until what it said was read; what went wrong, in words."""
    assert sys.__stdin__ is not None
    assert sys.__stdout__ is not None
    before = signal.signal(signal.SIGINT, lambda *_: None)  # ctrl+c is the program's, and must not end this one
    try:
        status = run(text, argv)
        sys.__stdout__.write(f"\n[{argv[0]} ended with status {status}; enter goes back] ")
        sys.__stdout__.flush()
        sys.__stdin__.readline()
    except OSError as error:
        return f"{argv[0]} could not be started ({error.strerror})"
    finally:
        signal.signal(signal.SIGINT, before)
    return f"{argv[0]} ended with status {status}" if status else ""


def command(line: str) -> list[str]:
    """The words of a command line, as a shell would take them apart and without what else a shell does.

    Raises:
        ValueError: it is empty, has open quotes, or names a program that is not there.
    """
    try:
        argv = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"this can't be read ({error})") from error
    if not argv:
        raise ValueError("name a program, such as: wc -w")
    argv[0] = str(Path(argv[0]).expanduser()) if argv[0].startswith("~") else argv[0]
    if shutil.which(argv[0]) is None:
        raise ValueError(f"there is no program {argv[0]}; no shell reads this, so pipes and redirections go into a script")
    return argv


def run(text: str, argv: list[str]) -> int:
    """Give a program a text, and the terminal, which must be free.

    The text is in a file that its owner alone can read, and that is gone afterwards: the program's standard input, unless
    one of its words is ``{}``, which becomes the file's path.

    Args:
        argv: as ``command`` gives them.

    Returns:
        the program's exit status; below zero the signal that ended it.

    Raises:
        OSError: it cannot be started.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(tempfile.mkdtemp(prefix="agent-tui-", dir=runtime if runtime and Path(runtime).is_dir() else None))
    try:
        path = folder / "case.md"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        named = [str(path) if word == FILE else word for word in argv]
        with path.open("rb") as file:
            return subprocess.run(named, stdin=None if FILE in argv else file, check=False).returncode
    finally:
        shutil.rmtree(folder, ignore_errors=True)
