"""Reading while writing: the messages beside the text, and the keys that are given to them."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from agent_tui.domain.commands.keys import key_name
from agent_tui.domain.model import Case, Direction, Draft
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.newer_line import NewerLine


class ReadVerbs(DeskScreen):
    """The messages that are answered."""

    draft: Draft
    stored: Draft | None
    """As it was saved last."""
    case: Case | None
    message: int | None
    reading: bool
    view: MessageView
    newer: NewerLine

    def save(self, *, anyway: bool = False) -> bool:
        """Store the draft; whether that went well."""
        raise LookupError("the composer's screen saves")

    def show_hints(self) -> None:
        """The keys that work now."""
        raise LookupError("the composer's screen knows them")

    def show_messages(self) -> None:
        """What the case holds now, and what came since the draft began."""
        if self.case is None:
            return
        thread = self.desk.thread(self.case.id)
        self.view.show(thread.case, thread.messages)
        self.newer.show(self.desk.newer_than(self.draft))

    def to_the_answered(self) -> None:
        """Bring what is answered into view: the message named, else the newest that is not ours."""
        found = self.view.messages
        named = [place for place, one in enumerate(found) if one.id == self.message]
        theirs = [place for place, one in enumerate(found) if one.direction is Direction.IN]
        if named or theirs:
            self.view.go((named or theirs)[-1])

    def warn(self) -> None:
        """Say beforehand what stands against an answer: the room is encrypted, the invitation is not accepted yet."""
        theirs = [one for one in self.view.messages if one.direction is Direction.IN]
        if self.draft.kind == "reply" and theirs and theirs[-1].warning:
            self.say(theirs[-1].warning, "late")

    def feed_reading(self, event: events.Key) -> bool:
        """A key for the messages; whether it was one."""
        steps: dict[str, Callable[[], object]] = {
            "down": lambda: self.view.scroll_by(1),
            "j": lambda: self.view.scroll_by(1),
            "up": lambda: self.view.scroll_by(-1),
            "k": lambda: self.view.scroll_by(-1),
            "pagedown": lambda: self.view.page(1),
            "space": lambda: self.view.page(1),
            "pageup": lambda: self.view.page(-1),
            "end": self.view.to_end,
            "G": self.view.to_end,
            "home": lambda: self.view.scroll_by(-1_000_000),
            "Q": lambda: self.view.toggle(folded=not self.view.folded),
            "H": lambda: self.view.toggle(headers=not self.view.headers),
            "tab": lambda: self.read(on=False),
            "escape": lambda: self.read(on=False),
            "enter": lambda: self.read(on=False),
        }
        action = steps.get(key_name(event.key, event.character))
        if action is None:
            return False
        action()
        return True

    def read(self, *, on: bool) -> None:
        """Give the keys to the messages, or back to the text."""
        self.reading = on
        self.view.active = on
        self.view.refresh()
        self.show_hints()

    def do_compose_read(self, argument: str = "") -> None:
        """Give the keys to the messages."""
        del argument
        if self.case is None:
            return
        self.read(on=True)
        if self.newer.messages:
            self.view.to_end()
            if self.save(anyway=True):
                self.draft = self.stored = self.desk.seen_now(self.draft)
                self.newer.show(self.desk.newer_than(self.draft))
