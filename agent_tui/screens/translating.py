"""Translating: the message at hand into one's own language, a draft into the customer's. The screen never waits for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent_tui.domain.model import Case, Draft
from agent_tui.domain.translation import MACHINE, Translation
from agent_tui.screens.later import Later
from agent_tui.widgets import words
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from agent_tui.widgets.composer import Composer


class ReadTranslated(Later):
    """Translating what came in. The screen shows the case again when it is there."""

    reader: MessageView

    def _show_case(self) -> None:
        """Show the case again."""

    def do_translate(self, argument: str = "") -> None:
        """The message at hand, below its own text."""
        message = self.reader.message
        if message is None or message.id < 0:
            self.say("Open a case and go to a message that came in")
            return
        own = (*self.desk.workspace.agent.languages, "en")[0]
        target = argument.strip() or own
        if message.translation is not None and not argument:
            self.reader.to_translation(message.id)
            self.say(f"It is translated into {words.language(message.translation.language)} already, below its text")
            return
        people = {one.author.name for one in self.reader.messages} | {one.name for one in message.to}

        def arrived(found: str | Exception) -> None:
            if isinstance(found, Exception):
                self.say(str(found), "late")
                return
            self.desk.keep_translation(message, Translation(target, found))
            self._show_case()
            self.reader.to_translation(message.id)
            self.say(f"Translated into {words.language(target)} by a machine, below its text")

        text = message.fresh_text or message.text
        self.later(lambda take: self.desk.translate(text, target, take, names=people), arrived, "translation")
        self.say(f"Translating into {words.language(target)} …", "muted")


class WriteTranslated(Later):
    """Translating what is being written. The screen says which draft and in what it stands."""

    draft: Draft
    case: Case | None
    view: MessageView
    composer: Composer

    def set_draft(self, draft: Draft) -> None:
        """Take a change and store it."""
        raise LookupError("the composer's screen saves")

    def do_compose_translate(self, argument: str = "") -> None:
        """For the customer; once it has been read, the same key says so."""
        buffer = self.composer.buffer
        if any(one.label == MACHINE for one in buffer.spans) and not argument:
            buffer.spans = tuple(one for one in buffer.spans if one.label != MACHINE)
            self.composer.repaint()
            self.set_draft(self.draft)
            self.say("It is yours now")
            return

        def take(target: str) -> None:
            if not target.strip():
                raise ValueError("into which language? for example bn, pa, kn or es")
            self._translate(target.strip())

        if argument:
            take(argument)
        else:
            theirs = self.desk.languages_for(self.case.id if self.case else None)[0]
            self.ask(Prompt("translate into", take, text=theirs))

    def _translate(self, target: str) -> None:
        buffer = self.composer.buffer
        before, where = buffer.text, (self.draft.case, self.draft.kind)
        people = {one.author.name for one in self.view.messages} | {one.name for one in self.draft.to}

        def arrived(found: str | Exception) -> None:
            if isinstance(found, Exception):
                self.say(str(found), "late")
            elif buffer.text != before or (self.draft.case, self.draft.kind) != where:
                self.say("The text was changed while it was being translated; it is as it was", "soon")
            else:
                buffer.anchor, buffer.cursor = (0, 0), buffer.end
                self.composer.insert(found, label=MACHINE)
                self.set_draft(replace(self.draft, original=self.draft.original or before))
                key = (self.bench.keymap.keys_of("compose.translate") or (":translate the text",))[0]
                self.say(f"A machine wrote this: read it, then {key} says that it is right; ctrl+z takes it back", "soon")

        self.later(lambda done: self.desk.translate(before, target, done, names=people), arrived, "translation")
        self.say(f"Translating into {words.language(target)} …", "muted")
