"""Spelling in the composer: misspelt words are underlined a moment after they were written, and one key goes to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.timer import Timer

from agent_tui.domain.model import Case, Draft
from agent_tui.screens.later import Later
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from agent_tui.widgets.composer import Composer

AFTER_S = 0.7  # without a key
LONGEST = 30_000  # characters: of a longer text only the words round the cursor are looked at
INSTALL = "no speller is installed: hunspell or enchant with a dictionary, such as the package hunspell-en-us"


class SpellVerbs(Later):
    """Looking at the words of a draft. The screen calls ``spell_soon`` after each change."""

    draft: Draft
    case: Case | None
    view: MessageView
    composer: Composer
    _spelling: Timer | None = None
    _better: Mapping[str, tuple[str, ...]] | None = None

    def spell_soon(self) -> None:
        """Look at the words when nobody has typed for a moment."""
        if self._spelling is not None:
            self._spelling.reset()
        elif getattr(self.desk, "speller", None) is not None:
            self._spelling = self.set_timer(AFTER_S, self._spell)

    def _spell(self) -> None:
        from agent_tui.domain import languages, spelling

        self._spelling = None
        text = self._near()
        guess = languages.recognise(text)
        language = guess.language if guess.confidence >= languages.SURE else ""
        language = language or self.desk.languages_for(self.case.id if self.case else None)[0]
        found = {text[start:end] for start, end in spelling.words(text, self._known())}
        if found:
            self.later(lambda take: self.desk.spell(language, found, take), self._judged, "spelling")

    def _near(self) -> str:
        text, cursor = self.composer.text, self.composer.buffer.offset
        return text if len(text) <= LONGEST else text[max(0, cursor - LONGEST // 2) : cursor + LONGEST // 2]

    def _known(self) -> set[str]:
        people = {one.author.name for one in self.view.messages} | {one.name for one in (*self.draft.to, *self.draft.cc)}
        names = " ".join((*people, self.desk.workspace.agent.name, self.desk.workspace.agent.signature)).split()
        accepted: set[str] = self.desk.accepted_words
        return {one.strip(",.;:()") for one in names} | accepted

    def _judged(self, found: Mapping[str, tuple[str, ...]] | None) -> None:
        self._better = found
        wrong = frozenset(found or ())
        if wrong != self.composer.misspelt:
            self.composer.mark_misspelt(wrong)

    def do_compose_spell(self, argument: str = "") -> None:
        """To the next misspelt word, and what it could be."""
        del argument
        from agent_tui.domain import spelling

        if self.desk.speller is None:
            self.say(INSTALL, "soon")
            return
        if self._better is None:
            self._spell()
            self.say("Looking at the words; once more in a moment", "muted")
            return
        buffer, text = self.composer.buffer, self.composer.text
        wrong = [span for span in spelling.words(text, self._known()) if text[slice(*span)] in self._better]
        if not wrong:
            self.say("No word is misspelt, as far as the dictionary knows", "good")
            return
        start, end = next((one for one in wrong if one[1] > buffer.offset), wrong[0])
        buffer.anchor, buffer.cursor = buffer.position_of(start), buffer.position_of(end)
        self.composer.settle()
        word = text[start:end]
        better = self._better.get(word, ())

        def take(chosen: str) -> None:
            if chosen == word:
                self.desk.accept_word(word)
                self._judged({one: found for one, found in (self._better or {}).items() if one != word})
                self.say(f"'{word}' is right from now on")
            elif chosen.strip():
                self.composer.insert(chosen)

        label = f"'{word}': enter takes it, the word itself keeps it"
        self.ask(Prompt(label, take, text=better[0] if better else word, whole=True, choices=lambda _text: better))
