"""What is done by keys in the same way at every forum: a post changed, deleted and brought back, a topic begun."""

from __future__ import annotations

from collections.abc import Callable

from tests.journeys.terminal import Terminal, until
from tests.journeys.workplace import Workplace


def answer(terminal: Terminal, text: str) -> None:
    """Write to the case under the cursor, and send."""
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type(text)
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")


def told(scene: Workplace) -> Callable[[], str]:
    return lambda: str(scene.rows("SELECT kind, state, error FROM operations"))


def _leaves(terminal: Terminal) -> None:
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")


def changes_own_post(scene: Workplace, terminal: Terminal, reads: Callable[[], str], edits: Callable[[str], None]) -> None:
    """Change our "Restrat it, that helps."; then somebody else is faster, and what they wrote is kept.

    Args:
        reads: the post's text at the forum.
        edits: changes it there.
    """
    terminal.press("g", "w")
    terminal.sees("It does not sync")
    terminal.press("enter", "J", "ctrl+e")
    terminal.sees("EDIT", "PUBLIC, anybody can read it")
    terminal.press("home", *["right"] * 7, *["backspace"] * 7)
    terminal.type("Restart")
    _leaves(terminal)
    until(lambda: reads() == "Restart it, that helps.", "the edit", told=told(scene))
    until(lambda: scene.states("edit") == ["done"], "done", told=told(scene))
    edits("Switch it off, that helps.")
    terminal.press("ctrl+e")
    terminal.sees("EDIT")
    terminal.type("Please: ")
    _leaves(terminal)
    until(lambda: scene.states("edit") == ["done", "failed"], "refused", told=told(scene))
    assert reads() == "Switch it off, that helps."
    terminal.press("ctrl+e")
    terminal.sees("Switch it off", "Please: Restart it")  # both texts
    drafts = [text for (text,) in scene.rows("SELECT text FROM drafts WHERE state = 'open'")]
    assert drafts == ["Please: Restart it, that helps."]


def deletes_and_recovers(scene: Workplace, terminal: Terminal, gone: Callable[[], bool]) -> None:
    """Delete Lena's "Buy cheap watches." for everybody, and bring it back."""
    terminal.sees("It does not sync")
    terminal.press("enter", "J", "ctrl+x")
    terminal.sees("Delete this message of Lena Fischer for everybody?")
    terminal.press("y")
    terminal.loses("Buy cheap watches.")
    until(gone, "deleted")
    until(lambda: scene.states("remove") == ["done"], "done", told=told(scene))
    terminal.press("z")
    until(lambda: not gone(), "recovered", told=told(scene))
    terminal.sees("Buy cheap watches.")


def begins_a_topic(scene: Workplace, terminal: Terminal) -> None:
    """Begin "Open today" in the first category."""
    terminal.sees("up to date")
    terminal.press("N")
    terminal.sees("new PUBLIC topic in category")
    terminal.press("enter")
    terminal.sees("what the topic is about")
    terminal.type("Open today")
    terminal.press("enter")
    terminal.sees("NEW MESSAGE", "PUBLIC, anybody can read it", "#support")
    terminal.type("We are here until 18:00.")
    terminal.press("ctrl+s")
    terminal.sees("everybody can read it")
    terminal.press("y")
    until(lambda: scene.states() == ["sent"], "sent", told=told(scene))


def goes_on_privately(terminal: Terminal, handle: str, name: str) -> None:
    """From a public case that is open: a private message "Your serial number, please.", and the line for everybody."""
    terminal.press("V")
    terminal.sees(f"go on privately with {handle}")
    terminal.press("enter")
    terminal.sees("GO ON IN PRIVATE")
    terminal.press(*["up"] * 10)
    terminal.type("Your serial number, please.")
    terminal.press("ctrl+s")
    terminal.sees("and done", "private")
    terminal.press("y")
    terminal.sees(f"{name}, I have written to you privately", "PUBLIC, everybody can read it")
    terminal.press("y")
