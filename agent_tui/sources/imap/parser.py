"""A process that makes messages of fetched mail while much of it comes in.

Reading mail holds the interpreter about as long as storing it does: in a process of its own a first sync uses a second
core. What is more, a mail that brings its reader down does not bring the engine down. The process takes one request
after the other, as marshalled tuples (see ``plain``), and ends with its standard input, so it cannot outlive its engine.
The next request is on its way while an answer is taken in, so that neither end waits for the other.
Both ends are this program: nothing that a server sent is ever unmarshalled.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import marshal
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from agent_tui.domain.model import BadItem, RemoteMessage
from agent_tui.sources.imap import plain, spare
from agent_tui.sources.imap.read import Chunk, Letter, Letters, by_weight, message

UNDER_WAY = 2  # requests
LENGTH = 8  # bytes of a length before each value
GARBAGE = 50_000  # more objects than before garbage is looked for: reading mail makes many, and hardly a circle of them

Answer = list[RemoteMessage]


class ReaderDied(Exception):
    """The process ended before it had answered."""


class Parser:
    """The source's end of it. The process is started with the first letters.

    Args:
        agent_addresses: lower-case addresses that are ours.
        alone: see ``Access``.
        command: what is run; another one in tests.
    """

    def __init__(self, agent_addresses: frozenset[str], *, alone: bool = False, command: Sequence[str] = ()) -> None:
        self._command = list(command)
        self._alone = alone
        self._addresses = agent_addresses
        self._process: subprocess.Popen[bytes] | None = None
        self._threads = ThreadPoolExecutor(max_workers=UNDER_WAY, thread_name_prefix="mail-parser")
        # Who has written holds the writing end until reading is its turn, so answers are read in the order of requests.
        self._writing = threading.Lock()
        self._reading = threading.Lock()

    def prepare(self) -> None:
        """Start the process without waiting for it: it is at hand when the first letters are."""
        self._threads.submit(self._warm)

    def _warm(self) -> None:
        with self._writing:
            self._running()

    async def parse(self, fetched: Letters) -> Chunk:
        """Messages of what was fetched, in its order. A letter that ends the process becomes a ``BadItem``."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._parse, fetched)

    def _parse(self, fetched: Letters) -> Chunk:
        messages: Answer = []
        bad = list(fetched.bad)
        for group in by_weight(fetched.letters, lambda one: len(one.raw)):
            try:
                messages += self._ask(fetched.folder, group)
                continue
            except ReaderDied:
                pass  # one of them did it, or one of another request: which one shows when each goes alone
            for letter in group:
                try:
                    messages += self._ask_alone(fetched.folder, letter)
                except ReaderDied:
                    reason = "the program that reads mail ended while it read this one"
                    bad.append(BadItem(letter.ref, fetched.folder, reason))
        return Chunk(tuple(messages), tuple(bad))

    def _ask(self, folder: str, letters: Sequence[Letter]) -> Answer:
        with self._writing:
            process = self._running()
            self._put(process, folder, letters)
            self._reading.acquire()
        try:
            return self._get(process)
        finally:
            self._reading.release()

    def _ask_alone(self, folder: str, letter: Letter) -> Answer:
        """Ask for one letter while nothing else is under way: if the process ends, it was this one."""
        with self._writing, self._reading:
            process = self._running()
            self._put(process, folder, (letter,))
            return self._get(process)

    def _put(self, process: subprocess.Popen[bytes], folder: str, letters: Sequence[Letter]) -> None:
        assert process.stdin is not None
        try:
            _put(process.stdin, (folder, tuple(map(plain.of_letter, letters)), self._addresses))
        except (OSError, ValueError) as error:
            self._end(process, kill=True)
            raise ReaderDied from error

    def _get(self, process: subprocess.Popen[bytes]) -> Answer:
        assert process.stdout is not None
        try:
            answer: Answer = list(map(plain.message, _get(process.stdout)))
        except (OSError, EOFError, ValueError, TypeError) as error:
            self._end(process, kill=True)
            raise ReaderDied from error
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        """The process, started where there is none; asked by whoever may write."""
        process = self._process
        if process is None:
            process = self._process = self._start()
        return process

    def _start(self) -> subprocess.Popen[bytes]:
        if self._command:
            return spare.start(self._command)
        return spare.take() or spare.start(spare.command(alone=self._alone))

    def _end(self, process: subprocess.Popen[bytes], *, kill: bool = False) -> None:
        if self._process is process:
            self._process = None
        spare.end(process, kill=kill)

    def _leave(self) -> None:
        with self._writing, self._reading:
            if self._process is not None:
                self._end(self._process)

    async def close(self) -> None:
        """Let the process end; another one is started should there be more letters."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._leave)


def _put(stream: IO[bytes], value: Any) -> None:
    data = marshal.dumps(value)
    stream.write(len(data).to_bytes(LENGTH, "big") + data)
    stream.flush()


def _get(stream: IO[bytes]) -> Any:
    head = stream.read(LENGTH)
    if len(head) < LENGTH:
        raise EOFError
    length = int.from_bytes(head, "big")
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return marshal.loads(data)  # noqa: S302 - from our own process, over a pipe that nobody else has


def serve(source: IO[bytes], sink: IO[bytes], read: Callable[..., RemoteMessage] = message) -> None:
    """Answer until there is nothing more to read.

    Args:
        source, sink: where requests come from and answers go.
        read: makes a message of a letter; another one in tests.
    """
    while True:
        try:
            folder, letters, addresses = _get(source)
        except EOFError:
            return
        _put(sink, tuple([plain.of_message(read(plain.letter(one), folder, addresses)) for one in letters]))


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        os.nice(int(sys.argv[1]))
    gc.freeze()
    gc.set_threshold(GARBAGE)
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        serve(sys.stdin.buffer, sys.stdout.buffer)
