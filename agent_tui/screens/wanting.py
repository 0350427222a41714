"""What is not here yet and somebody looks at: asked of the engine, and taken up once it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from agent_tui.domain.model import Attachment, Message
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets import words

File = tuple[Message, Attachment]
TEXTS = 5
"""Messages of a case, newest first, whose missing text is fetched when the case is shown."""


class WantVerbs(DeskScreen):
    """Fetches texts and files on demand."""

    _asked: set[int]
    _waits: tuple[File, Callable[[File], None]] | None = None
    _said: str | None = None
    """What the engine said of the file that is waited for; set from its thread, read by ``look_for_wanted``."""

    def want_texts(self, messages: Iterable[Message]) -> None:
        """Ask for the text of messages of which only the beginning, or nothing, is here.

        Args:
            messages: of one case, oldest first.
        """
        asked = self.__dict__.setdefault("_asked", set())
        missing = [one.id for one in messages if not one.complete and one.id > 0]
        for number in missing[-TEXTS:]:
            if number not in asked and self.desk.engine.ask("want", message=number, part=""):
                asked.add(number)

    def with_file(self, file: File, then: Callable[[Attachment, Path], None]) -> None:
        """Go on with a file: at once where it is here, else once it has been fetched."""
        message, one = file
        path = self.desk.attachment(message.id, one.part)
        if path is None:
            self.want_file(file, lambda fetched: self.with_file(fetched, then))
            return
        then(one, path)

    def want_file(self, file: File, then: Callable[[File], None]) -> None:
        """Ask for a file, and go on with it once it is here.

        Args:
            file: what is not cached.
            then: what to do with it.
        """
        message, one = file
        what = f"'{one.name or 'unnamed'}' ({words.size(one.size)}) is not here"
        if getattr(self.desk, "offline", False):
            self.say(f"{what}, and this is offline, as started", "soon")
            return
        self._said = None
        if not self.desk.engine.ask("want", done=self._answered, message=message.id, part=one.part):
            key = (self.bench.keymap.keys_of("sync") or ("agent-tui sync",))[0]
            self.say(f"{what}, and nothing is syncing; {key} starts it", "soon")
            return
        self._waits = (file, then)
        self.say(f"{what}; it is being fetched", "soon")

    def _answered(self, result: dict[str, Any]) -> None:
        self._said = str(result.get("error") or "")

    def look_for_wanted(self) -> None:
        """Go on with the file that was waited for, or say why it does not come."""
        if self._waits is None:
            return
        (message, one), then = self._waits
        if self.desk.attachment(message.id, one.part) is None:
            if self._said:
                self._waits = None
                self.say(f"'{one.name}' can't be fetched: {self._said}", "late")
            return
        self._waits = None
        if self.status.prompt is None and message.id in self.messages_shown():
            then((message, one))
        else:
            self.say(f"'{one.name}' is here now")

    def messages_shown(self) -> frozenset[int]:
        """Messages of the case at hand: what was asked for in another one does not interrupt."""
        return frozenset()
