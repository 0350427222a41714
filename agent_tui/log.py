"""The log: one line an event, ``key=value``, no bodies, no secrets, shared by every process of a workspace.

Values are short facts (names, counts, times). What people wrote has no business here: values under the keys
that hold text are replaced by their length, and every secret that was looked up is struck out wherever it
turns up, in messages of exceptions too.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

NAME = "agent_tui"
LIMIT_BYTES = 2_000_000
KEPT = 3  # older files beside the log: .1 is the youngest
LONGEST_VALUE = 200
STRUCK = "[secret]"
BODIES = frozenset({"text", "body", "html", "snippet", "subject", "draft", "note", "fresh_text", "content", "raw"})
_SHORTEST_SECRET = 4  # anything shorter would strike out half the log

# Messages of these are written by a library about names and places, never about what people wrote.
_SPEAKING = (OSError, ImportError, AttributeError, NameError, TypeError, IndexError, RecursionError)

_secrets: set[str] = set()
_old_hook = sys.excepthook


class Log:
    """Writes events of one part of the program: ``Log("engine.pull").info("pulled", source=name, messages=7)``."""

    def __init__(self, part: str) -> None:
        self._logger = logging.getLogger(f"{NAME}.{part}")

    def debug(self, event: str, **values: Any) -> None:
        """For those who look for a fault."""
        self._write(logging.DEBUG, event, values)

    def info(self, event: str, **values: Any) -> None:
        """What happened."""
        self._write(logging.INFO, event, values)

    def warning(self, event: str, **values: Any) -> None:
        """What went wrong and mended itself."""
        self._write(logging.WARNING, event, values)

    def error(self, event: str, **values: Any) -> None:
        """What went wrong and needs somebody."""
        self._write(logging.ERROR, event, values)

    def crash(self, event: str, error: BaseException, **values: Any) -> None:
        """An exception that nobody expected: its types, places and, where that is safe, its words."""
        self._write(logging.ERROR, event, {**values, "crash": describe(error)})

    def _write(self, level: int, event: str, values: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            facts = (f"{key}={_value(key, one)}" for key, one in values.items())
            self._logger.log(level, "%s", " ".join((event, *facts)))


def start(path: Path, *, verbose: bool = False) -> None:
    """Log into a file from now on, in place of whatever was before; crashes of this process are reported there.

    Args:
        path: made with mode 0600.
        verbose: debug events too.
    """
    logger = logging.getLogger(NAME)
    stop()
    handler = SharedFileHandler(path)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    sys.excepthook = _report
    threading.excepthook = _report_thread


def stop() -> None:
    """Close the log of this process."""
    logger = logging.getLogger(NAME)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def forget(path: Path, words: str) -> int:
    """Take every line that holds these words out of the log and its older files.

    Args:
        words: in lower case.

    Returns:
        how many lines went.
    """
    gone = 0
    for one in (path, *(Path(f"{path}.{number}") for number in range(1, KEPT + 1))):
        try:
            descriptor = os.open(one, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        with os.fdopen(descriptor, "r+b") as file:
            lines = file.readlines()
            needle = words.encode("utf-8", "backslashreplace")
            kept = [line for line in lines if needle not in line.lower()]
            if len(kept) < len(lines):
                # In place: others hold the file open. A line that they write this very moment may be lost.
                file.seek(0)
                file.write(b"".join(kept))
                file.truncate()
                gone += len(lines) - len(kept)
    return gone


def register_secret(value: str) -> None:
    """Strike this out wherever it would be written."""
    if len(value) >= _SHORTEST_SECRET:
        _secrets.add(value)


def redact(text: str) -> str:
    """The text without any secret that was registered."""
    for one in sorted(_secrets, key=len, reverse=True):
        if one in text:
            text = text.replace(one, STRUCK)
    return text


def describe(error: BaseException) -> str:
    """Types, safe words and places of an exception and of those behind it; nothing of any variable."""
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append(f"{type(current).__name__}{_words(current)} at {_places(current.__traceback__)}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return redact(" <- ".join(parts))


def _words(error: BaseException) -> str:
    import sqlite3

    from agent_tui.domain.errors import AgentTuiError

    if isinstance(error, OSError) and error.strerror:
        return f" ({error.strerror})"
    if isinstance(error, (*_SPEAKING, AgentTuiError, sqlite3.Error)):
        return f" ({str(error)[:LONGEST_VALUE]})"
    return ""


def _places(traceback: TracebackType | None) -> str:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{'/'.join(Path(code.co_filename).parts[-2:])}:{traceback.tb_lineno}:{code.co_name}")
        traceback = traceback.tb_next
    return " > ".join(frames[-12:]) or "nowhere"


def _value(key: str, value: Any) -> str:
    if key in BODIES:
        return f"<{len(value) if isinstance(value, str | bytes | list | tuple) else 1} long>"
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    text = redact(str(value))  # before it is cut: half a secret is one too
    limit = LONGEST_VALUE if key != "crash" else 4000
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    text = "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
    return '"' + text.replace('"', "'") + '"' if not text or " " in text or "=" in text or '"' in text else text


def _report(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """A crash leaves a report in the log and one line for whoever sits there; no traceback shows any value."""
    if issubclass(kind, KeyboardInterrupt):
        _old_hook(kind, error, traceback)
        return
    Log("crash").crash("crashed", error.with_traceback(traceback))
    place = _places(traceback).rpartition(" > ")[2]
    sys.stderr.write(f"agent-tui: stopped by a fault of its own ({kind.__name__} at {place}); "
                     f"its report is in the log, see 'agent-tui where'\n")


def _report_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        Log("crash").crash("thread crashed", arguments.exc_value, thread=getattr(arguments.thread, "name", ""))


class SharedFileHandler(logging.Handler):
    """Appends whole lines to a file that other processes append to as well, and turns it over when it is full.

    Args:
        path: the file; older ones are named ``path.1`` (youngest) to ``path.3``.
        limit: bytes from which it is turned over.
    """

    def __init__(self, path: Path, *, limit: int = LIMIT_BYTES) -> None:
        super().__init__()
        self.path = path
        self.limit = limit
        self._descriptor = -1

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a log that cannot be written never stops the program."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        part = record.name.removeprefix(f"{NAME}.")
        words = redact(record.getMessage()).replace("\n", "\\n")
        line = f"{stamp}.{int(record.msecs):03d}Z {record.levelname} {os.getpid()} {part}: {words}\n"
        try:
            self._open()
            os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))
            if os.fstat(self._descriptor).st_size > self.limit:
                self._turn_over()
        except OSError:
            self._close()

    def close(self) -> None:
        """Let go of the file."""
        self._close()
        super().close()

    def _open(self) -> None:
        if self._descriptor >= 0:
            try:
                here = os.stat(self.path)  # noqa: PTH116 - another process may have turned the file over
                mine = os.fstat(self._descriptor)
                if (here.st_ino, here.st_dev) == (mine.st_ino, mine.st_dev):
                    return
            except FileNotFoundError:
                pass
            self._close()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self.path, flags, 0o600)

    def _turn_over(self) -> None:
        """Rename once, whichever process comes first; the others see a new file behind the name."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        here = os.stat(self.path)  # noqa: PTH116
        if here.st_ino == os.fstat(self._descriptor).st_ino:
            for number in range(KEPT - 1, 0, -1):
                older = Path(f"{self.path}.{number}")
                if older.exists():
                    older.replace(f"{self.path}.{number + 1}")
            self.path.replace(f"{self.path}.1")
        self._close()

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
