"""Spelling, by hunspell or enchant where one is installed: a process beside, asked in a thread, about each word once."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import IO, TYPE_CHECKING

from agent_tui.desk.seat import Seat

if TYPE_CHECKING:
    import subprocess

ACCEPTED = "spelling accepted"
"""Under this name the words are remembered that an agent has said are right."""
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}


class Speller:
    """One speller process for each language, started with its first word and ended with the workstation.

    Args:
        program: path of ``hunspell`` or ``enchant-2``.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._judged: dict[tuple[str, str], tuple[str, ...] | None] = {}
        self._dictionaries: tuple[str, ...] | None = None
        self._one_at_a_time = threading.Lock()

    def judge(self, language: str, words: Iterable[str]) -> Mapping[str, tuple[str, ...]] | None:
        """Misspelt ones of some words, with better ones; None where there is no dictionary for the language."""
        from agent_tui.domain import spelling

        with self._one_at_a_time:
            name = spelling.dictionary(language, self._available())
            if not name:
                return None
            wanted = list(dict.fromkeys(words))
            fresh = [one for one in wanted if (name, one) not in self._judged]
            for one, better in self._ask(name, fresh).items():
                self._judged[name, one] = better
            return {one: found for one in wanted if (found := self._judged.get((name, one))) is not None}

    def _ask(self, name: str, words: list[str]) -> dict[str, tuple[str, ...] | None]:
        from agent_tui.domain import spelling

        if not words:
            return {}
        process = self._running.get(name)
        if process is None or process.poll() is not None:
            process = self._running[name] = self._start(name)
        assert process.stdin is not None
        assert process.stdout is not None
        answer: dict[str, tuple[str, ...] | None] = {}
        for word in words:
            process.stdin.write(f"^{word}\n")
            process.stdin.flush()
            answer[word] = spelling.read_answer(_until_empty(process.stdout)).get(word)
        return answer

    def _start(self, name: str) -> subprocess.Popen[str]:
        import subprocess

        encoding = ["-i", "utf-8"] if "hunspell" in self._program else []
        process = subprocess.Popen(
            [self._program, "-a", *encoding, "-d", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, encoding="utf-8", env={**os.environ, **_ENVIRONMENT}, start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # who it is
        process.stdin.write("!\n")  # only what is wrong
        return process

    def _available(self) -> tuple[str, ...]:
        import subprocess

        if self._dictionaries is None:
            if "hunspell" in self._program:
                ended = subprocess.run([self._program, "-D"], input="", capture_output=True, text=True, check=False, timeout=20)
                lines = (one.strip() for one in f"{ended.stdout}\n{ended.stderr}".splitlines())
                found = [one.rpartition("/")[2] for one in lines if one.startswith("/") and ":" not in one]
                self._dictionaries = tuple(one.removesuffix(".dic").removesuffix(".aff") for one in found)
            else:
                lister = shutil.which("enchant-lsmod-2") or "enchant-lsmod-2"
                ended = subprocess.run([lister, "-list-dicts"], capture_output=True, text=True, check=False, timeout=20)
                self._dictionaries = tuple(line.split(" ", 1)[0] for line in ended.stdout.splitlines() if line.strip())
        return self._dictionaries

    def close(self) -> None:
        """End the processes."""
        for process in self._running.values():
            for end in (process.stdin, process.stdout):
                if end is not None:
                    end.close()
            process.terminate()
            process.wait(5)
        self._running.clear()


def _until_empty(lines: IO[str]) -> Iterable[str]:
    while (line := lines.readline()) not in ("", "\n"):
        yield line.rstrip("\n")


class Spelling(Seat):
    """The spelling part of the desk."""

    @cached_property
    def speller(self) -> Speller | None:
        """The speller there is, or None: then nothing is checked, and nothing is missing either."""
        found = next((path for one in ("hunspell", "enchant-2") if (path := shutil.which(one))), None)
        return Speller(found) if found else None

    @cached_property
    def accepted_words(self) -> set[str]:
        """Words that the agent has said are right."""
        return set(self.recall(ACCEPTED).split())

    def accept_word(self, word: str) -> None:
        """From now on a word is right, in every language."""
        self.accepted_words.add(word)
        self.remember(ACCEPTED, "\n".join(sorted(self.accepted_words)))

    def spell(self, language: str, words: Iterable[str], done: Callable[[Mapping[str, tuple[str, ...]] | None], None]) -> bool:
        """Have words looked at, in a thread.

        Args:
            done: gets misspelt words with better ones; None where there is no dictionary. Called in another thread.

        Returns:
            False where no speller is installed; ``done`` is not called then.
        """
        speller, wanted = self.speller, tuple(words)
        if speller is None:
            return False

        def work() -> None:
            try:
                done(speller.judge(language, wanted))
            except (OSError, ValueError, RuntimeError):  # the speller broke off: writing goes on without it
                done(None)

        threading.Thread(target=work, name="spelling", daemon=True).start()
        return True

    def close(self) -> None:
        """End the speller with the desk."""
        speller = self.__dict__.get("speller")
        if speller is not None:
            speller.close()
        super().close()
