"""Own words that go out again and again: said once they are sent, and made a canned reply where the agent wants that."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from textual.screen import Screen

from agent_tui.domain.operations import Entry
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.prompt import Prompt

_SHOWN = 48


class KeepVerbs(DeskScreen):
    """The verb that keeps such words, and the line that tells of it."""

    _repeated: int | None = None
    """The reply whose words came again, for as long as nothing was kept."""

    def do_keep(self, argument: str = "") -> None:
        """Make a canned reply of own words that were sent several times."""
        offers = self.desk.canned_offers()
        if not offers:
            self.say("No words of your own went out three times")
            return
        chosen = next((one for one in offers if self._repeated in one.numbers), offers[0])

        def take(name: str) -> None:
            path = self.desk.keep_canned(chosen, name)
            self._repeated = None
            self.say(f"Written: {path}", "good")

        if argument:
            take(argument)
        else:
            words = " ".join(chosen.text.split())
            shown = words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
            self.ask(Prompt(f"keep '{shown}' as", take))

    def tell_repeated(self, number: int, times: int, said: str) -> None:
        """Say that the words of a reply went out before, unless something else was said since."""
        self._repeated = number
        if self.status.words[0] in {"", said}:
            self.say(f"{said}; you wrote that {times} times: :keep makes it a canned reply")


def look_for_repeats(stack: Sequence[Screen[Any]], entry: Entry, said: str) -> None:
    """After a reply has left: see in a thread whether its words went out before, and tell the screen with cases.

    Args:
        said: what was said of the sending.
    """
    below = next((one for one in reversed(stack) if isinstance(one, KeepVerbs)), None)
    if below is None:
        return
    ask = below.desk.own_texts()
    app = below.app

    def look() -> None:
        times = max((len(one.numbers) for one in ask() if entry.id in one.numbers), default=0)
        if times and app.is_running:
            app.call_from_thread(below.tell_repeated, entry.id, times, said)

    threading.Thread(target=look, name="repeats", daemon=True).start()
