"""Translating by a program of the agent's own choice, beside everything else: nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent_tui.desk.seat import Seat
from agent_tui.domain.errors import UsageError, one_line
from agent_tui.domain.model import Message
from agent_tui.domain.translation import Translation
from agent_tui.store import translations

PATIENCE_S = 90
LONGEST = 100_000  # characters of one text
UNSET = 'nothing translates here yet; name a program in workspace.toml: translate_command = ["trans", "-b", "{from}:{to}"]'


class Translating(Seat):
    """The translating part of the desk."""

    def translate(
        self, text: str, target: str, done: Callable[[str | Exception], None], *, names: Iterable[str] = (), origin: str = "",
    ) -> None:  # fmt: skip
        """Have a text translated; what must stay as it is does.

        Args:
            target: language as a tag, such as ``bn``.
            done: gets the translation or why there is none, in another thread.
            names: of people in it.
            origin: its language; empty: the program finds out (``auto``).

        Raises:
            UsageError: no program is named, or there is nothing to translate.
        """
        import threading

        from agent_tui.domain.translating import lock, translates, unlock

        command = self.workspace.translate_command
        if not command:
            raise UsageError(UNSET)
        if not translates(text):
            raise UsageError("there is nothing to translate")
        if len(text) > LONGEST:
            raise UsageError(f"the text is too long to be translated ({len(text):,} characters; {LONGEST:,} at most)")
        signatures = (self.workspace.agent.signature.strip(), *(one.signature or "" for one in self.workspace.sources))
        locked = lock(text, (*names, self.workspace.agent.name), signatures)
        argv = [one.replace("{from}", origin or "auto").replace("{to}", target) for one in command]

        def work() -> None:
            try:
                done(unlock(self._run(argv, locked.text), locked))
            except (UsageError, ValueError) as error:
                done(error)

        threading.Thread(target=work, name="translating", daemon=True).start()

    def _run(self, argv: list[str], text: str) -> str:
        import subprocess

        from agent_tui.domain.text import clean

        try:
            ended = subprocess.run(
                argv, input=text.encode(), capture_output=True, timeout=PATIENCE_S, cwd=self.workspace.path, check=False
            )
        except subprocess.TimeoutExpired:
            raise UsageError(f"translate_command ({argv[0]}) took longer than {PATIENCE_S} seconds") from None
        except OSError as error:
            raise UsageError(f"translate_command ({argv[0]}) cannot be started: {error.strerror}; check workspace.toml") from None
        said = clean(ended.stdout.decode("utf-8", "replace"))
        if ended.returncode or not said.strip():
            why = one_line(ended.stderr.decode("utf-8", "replace"))[:200] or "it printed nothing"
            raise UsageError(f"translate_command ({argv[0]}) failed: {why}")
        return said.strip("\n")

    def keep_translation(self, message: Message, translation: Translation) -> None:
        """Keep the translation of a message beside it."""
        translations.keep(self.store, message.case, message.source, message.key or message.marker, translation)
