"""A reply waits for its time, and its case has moved: whether it is taken back is asked where that happened."""

from __future__ import annotations

from collections.abc import Iterable

from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.prompt import Prompt
from agent_tui.widgets.words import moment


def ask_overtaken(screen: DeskScreen, ids: Iterable[int]) -> None:
    """Ask about each reply that is to leave later, one after the other.

    ``y`` takes it back, ``n`` lets it go all the same; with any other key it stays in the outbox and is held back at its time.

    Args:
        screen: where the question is put.
        ids: cases to which something was done.
    """
    cases = tuple(ids)
    found = screen.desk.overtaken(cases)
    if not found:
        return
    entry, _ = found[0]
    at = moment(entry.not_before, screen.desk.now(), screen.bench.zone)
    who = next((one.label for one in entry.operation.to), "nobody")

    def take(answer: str) -> None:
        if answer == "n":
            screen.desk.let_go(entry)
            screen.say(f"It goes out {at}")
        else:
            screen.desk.cancel(entry.id)
            screen.say("Taken back; its text is a draft of the case")
        ask_overtaken(screen, cases)

    screen.ask(Prompt(f"A reply to {who} goes out {at} – take it back?", take, yes_no=True, or_no=True))
