"""Making messages of what was imported; where there is much of it, in a process of its own.

Reading a mail takes longer than storing it does, so on a second core an import takes about half the time. The process answers
one request after the other and ends with its standard input, so it cannot outlive its engine. Both ends are this program:
nothing that a file held is ever unpickled.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from agent_tui.domain.errors import TryLater
from agent_tui.domain.model import BadItem, RemoteCase, RemoteMessage
from agent_tui.domain.packing import packed
from agent_tui.sources import mime
from agent_tui.sources.archive import lines
from agent_tui.sources.archive.folder import CASE, FORGOTTEN, MAIL, Item, Reader

NICE = 10  # where somebody may be working beside it
GARBAGE = 50_000  # more objects than before garbage is looked for: reading mail makes many, and hardly a circle of them
LEAVE_S = 5.0
LENGTH = 8  # bytes of a length before each value
SECRETS = "AGENT_TUI_SECRET_"

Answer = tuple[list[RemoteMessage], list[RemoteCase], list[BadItem]]


def message(number: int, item: Item, addresses: frozenset[str]) -> RemoteMessage:
    """The message that an item is.

    Args:
        addresses: lower-case ones that are ours.

    Raises:
        lines.BadLine: it is none.
    """
    if item.kind == MAIL:
        return mime.parse(
            item.raw, container=lines.CONTAINER, ref=str(number), received_at=item.received_ms, marks=lines.MARKS,
            agent_addresses=addresses,
        )  # fmt: skip
    return lines.message(lines.decode(item.raw), str(number), item.key, item.received_ms)


def read(folder: Path, numbers: Iterable[int], addresses: frozenset[str]) -> Answer:
    """Messages and cases of items, with what of them cannot be read.

    Raises:
        OSError: the files cannot be read.
    """
    messages: list[RemoteMessage] = []
    cases: dict[str, RemoteCase] = {}
    bad: list[BadItem] = []
    for number, item in Reader(folder).items(list(numbers)):
        if item.kind == FORGOTTEN:
            continue
        try:
            if item.kind == CASE:
                case = lines.case(lines.decode(item.raw))
                cases[case.conversation] = case
            else:
                one = message(number, item, addresses)
                messages.append(replace(one, packed=packed(one.text, one.fresh_text, one.headers)))
        except lines.BadLine as error:
            bad.append(BadItem(str(number), lines.CONTAINER, str(error)))
    return messages, list(cases.values()), bad


class Readers:
    """Reads items of one archive. Its methods block, and may be called from several threads.

    Args:
        folder: the archive's.
        addresses: lower-case ones that are ours.
        alone: see ``Access``.
    """

    def __init__(self, folder: Path, addresses: frozenset[str], *, alone: bool = False) -> None:
        self._folder = folder
        self._addresses = addresses
        self._alone = alone
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def read(self, numbers: range, *, apart: bool) -> Answer:
        """See ``read``.

        Args:
            apart: in the process, which is started where there is none; should it end, what it had to read is read here.

        Raises:
            TryLater: the files cannot be read.
        """
        try:
            answer = self._asked(numbers) if apart else None
            return read(self._folder, numbers, self._addresses) if answer is None else answer
        except OSError as error:
            raise TryLater(f"{self._folder} cannot be read: {error.strerror}") from error

    def _asked(self, numbers: range) -> Answer | None:
        with self._turn:
            try:
                process = self._process = self._process or self._start()
                assert process.stdin is not None
                assert process.stdout is not None
                _put(process.stdin, (str(self._folder), tuple(numbers), self._addresses))
                data = _get(process.stdout)
            except (OSError, EOFError):
                self._end(kill=True)
                return None
        answer: Answer | None = pickle.loads(data)  # noqa: S301 - from our own process, over a pipe that nobody else has
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        safe = ["-P"] if sys.flags.safe_path else []
        command = [sys.executable, *safe, "-m", "agent_tui.sources.archive.reading", str(0 if self._alone else NICE)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=kept)

    def _end(self, *, kill: bool = False) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """Let the process end; another one is started should there be more to read."""
        with self._turn:
            self._end()


def _put(stream: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(LENGTH, "big") + data)
    stream.flush()


def _get(stream: IO[bytes]) -> bytes:
    head = stream.read(LENGTH)
    data = stream.read(int.from_bytes(head, "big"))
    if len(head) < LENGTH or len(data) < int.from_bytes(head, "big"):
        raise EOFError
    return data


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer until there is nothing more to read."""
    while True:
        try:
            folder, numbers, addresses = pickle.loads(_get(source))  # noqa: S301 - as above
        except EOFError:
            return
        try:
            answer: Answer | None = read(Path(folder), numbers, addresses)
        except OSError:  # who asked tries it too, and says what is wrong
            answer = None
        _put(sink, answer)


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        os.nice(int(sys.argv[1]))
    gc.freeze()
    gc.set_threshold(GARBAGE)
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        serve(sys.stdin.buffer, sys.stdout.buffer)
