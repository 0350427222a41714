"""Canned replies in the composer: the picker, and what opens it at a word's start."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from textual import events

from agent_tui.domain.begun import signed_once
from agent_tui.domain.model import Case, Channel, Draft
from agent_tui.screens import preparing
from agent_tui.screens.base import DeskScreen
from agent_tui.widgets.canned_picker import CannedPicker
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.words import count

# A slash alone is no more than a slash; a letter must follow it. Two colons open the list by themselves.
_TRIGGER = re.compile(r"(?:^|(?<=\s))(?:/(?=\w)|::)([^\s/:]*)$")
_LONGEST = 40
LEARN_MS = 4.0  # at a time: no key waits longer than that
LEARN_EVERY = 0.05
WATCH_EVERY = 1.0  # seconds
FIRST_MS = 20.0  # what a picker waits for more at most


class CannedVerbs(DeskScreen):
    """Choosing a canned reply and putting it into the text."""

    draft: Draft
    case: Case | None
    composer: Composer
    picker: CannedPicker
    _dropped: tuple[int, int] | None = None
    _watching = False
    _spoken: tuple[int | None, str, tuple[str, ...]] | None = None

    @property
    def channel(self) -> Channel:
        """How the draft will go."""
        raise LookupError("the composer's screen knows")

    def save(self, *, anyway: bool = False) -> bool:
        """Store the draft; whether that went well."""
        raise LookupError("the composer's screen saves")

    def set_draft(self, draft: Draft) -> None:
        """Take a change and store it."""
        raise LookupError("the composer's screen saves")

    def offer_facts(self) -> None:
        """Show what of this case may fill the gap under the cursor."""

    def do_compose_canned(self, argument: str = "") -> None:
        """Show the canned replies."""
        self.desk.canned.refresh()
        if not self.desk.canned.replies():
            self.say(f"There are no canned replies yet; put Markdown files into {self.desk.canned.path}")
            return
        self.picker.open(inline=False)
        self.picker.query_text = argument
        self._search()
        self.watch_canned()

    # ---- keys

    def feed_picker_safely(self, event: events.Key) -> bool:
        """As ``feed_picker``; what can't be rendered becomes words."""
        try:
            return self.feed_picker(event)
        except ValueError as fault:
            self.say(f"can't be used: {fault}", "late")
            return True

    def feed_picker(self, event: events.Key) -> bool:
        """Take a key while the picker is open; whether it was used."""
        picker, key = self.picker, event.key
        match key:
            case "escape":
                self._dropped = self._trigger()
                picker.close()
            case "enter" | "tab":
                self._insert()
            case "up" | "ctrl+p":
                self._choose(-1)
            case "down" | "ctrl+n":
                self._choose(1)
            case "left" if not picker.inline:
                self._vary(-1)
            case "right" if not picker.inline:
                self._vary(1)
            case "pageup":
                self._choose(-5)
            case "pagedown":
                self._choose(5)
            case _ if picker.inline:
                return False
            case "backspace" | "ctrl+h":
                picker.query_text = picker.query_text[:-1]
                self._search()
            case "ctrl+u" | "ctrl+w":
                picker.query_text = ""
                self._search()
            case _:
                if event.character is not None and event.character.isprintable():
                    picker.query_text += event.character
                    self._search()
        return True

    def look_for_trigger(self) -> None:
        """After an edit: a slash or two colons at a word's start show what matches, if anything does."""
        if self.picker.is_open and not self.picker.inline:
            return
        found = self._trigger()
        if found is None:
            self._dropped = None
        if found is None or (self._dropped is not None and self._dropped[0] == found[0]):
            if self.picker.is_open:
                self.picker.close()
            return
        self.watch_canned()
        number, column = self.composer.buffer.cursor
        text = self.composer.buffer.lines[number][found[1] : column].lstrip("/:")
        offers = self._found(text)
        if not offers:
            self.picker.close()
            return
        if not self.picker.is_open:
            self.picker.open(inline=True)
        self.picker.offer(offers)
        self._preview()

    def _trigger(self) -> tuple[int, int] | None:
        """Line and offset where a trigger stands before the cursor."""
        number, column = self.composer.buffer.cursor
        start = max(0, column - _LONGEST)
        line = self.composer.buffer.lines[number][start:column]
        if "/" not in line and "::" not in line:
            return None
        found = _TRIGGER.search(line)
        return None if found is None or (start and not found.start()) else (number, start + found.start())

    # ---- choosing

    def _found(self, text: str) -> tuple[Any, ...]:
        language, fallback = self._languages()
        found: tuple[Any, ...] = self.desk.canned.search(text, language, self.channel.value, fallback=fallback)
        return found

    def _languages(self) -> tuple[str, tuple[str, ...]]:
        """The customer's language and what to fall back on, asked for once in a draft."""
        if self._spoken is None or self._spoken[0] != self.draft.case:
            self._spoken = (self.draft.case, *self.desk.languages_for(self.draft.case))
        return self._spoken[1:]

    def _search(self) -> None:
        text = self.picker.query_text
        if text.strip():
            self.picker.offer(self._found(text))
        else:
            self.picker.offer(*self._suggested())
        self._preview()

    def _search_again(self) -> None:
        """Something is known that was not: the list may be another one, and what enter would insert is the same."""
        chosen: Any = self.picker.chosen
        self._search()
        names = [one.name for one in self.picker.offers]
        if chosen is not None and chosen.name in names:
            place = names.index(chosen.name)
            if chosen in self.desk.canned.variants(chosen.name):  # an arrow may have taken another than comes by itself
                offers = list(self.picker.offers)
                offers[place] = chosen
                self.picker.offers = tuple(offers)
            self._choose(place)

    def _suggested(self) -> tuple[tuple[Any, ...], dict[str, str]]:
        """All of them, those that fit this case first, and why these do; those that are for other channels last."""
        channel = self.channel.value
        everything = sorted(self._found(""), key=lambda one: bool(one.channels) and channel not in one.channels)
        if self.draft.case is None:
            return tuple(everything), {}
        notes: dict[str, str] = {}
        self.desk.learn_canned(FIRST_MS)
        for one in self.desk.suggest_canned(self.draft.case, without=self.draft.canned, channel=channel):
            notes[one.name] = f"fits: used in {count(one.used, 'like case')}" if one.used else "fits"
        language, fallback = self._languages()
        library = self.desk.canned
        first = [library.choose(name, language, channel, fallback=fallback) for name in notes]
        return (*(one for one in first if one is not None), *(one for one in everything if one.name not in notes)), notes

    def learn_canned(self) -> None:
        """While nobody types: read a little more of what was used where, for suggestions."""
        if not self.is_attached:
            return
        if self.desk.learn_canned(LEARN_MS):
            self.set_timer(LEARN_EVERY, self.learn_canned)
        elif self.picker.is_open and not self.picker.inline and not self.picker.query_text and not self.picker.index:
            self._search_again()  # opened before all was known, and nothing was chosen yet

    def watch_canned(self) -> None:
        """While one is looked for: read what has changed in the library, at most once a second."""
        if not self._watching:
            self._watching = True
            version = self.desk.canned.version
            preparing.prepare_canned(self, lambda: self._watched(version))

    def _watched(self, version: int) -> None:
        if self.desk.canned.version != version:
            if self.picker.is_open and not self.picker.inline:
                self._search_again()
            else:
                self.look_for_trigger()
        self.set_timer(WATCH_EVERY, self._watch_on)

    def _watch_on(self) -> None:
        self._watching = False
        if self.picker.is_open:
            self.watch_canned()

    def _choose(self, by: int) -> None:
        self.picker.move(by)
        self._preview()

    def _vary(self, by: int) -> None:
        """Take another variant of the chosen reply: of another language, channel or tone."""
        chosen: Any = self.picker.chosen
        if chosen is None:
            return
        variants = self.desk.canned.variants(chosen.name)
        place = variants.index(chosen) if chosen in variants else 0
        offers = list(self.picker.offers)
        offers[self.picker.index] = variants[(place + by) % len(variants)]
        self.picker.offers = tuple(offers)
        self._preview()

    def _preview(self) -> None:
        chosen: Any = self.picker.chosen
        self.picker.preview, self.picker.warning, self.picker.variant = "", "", ""
        if chosen is not None:
            variants = self.desk.canned.variants(chosen.name)
            if len(variants) > 1:
                about = (chosen.language, *chosen.channels, chosen.tone)
                place = variants.index(chosen) + 1 if chosen in variants else 1
                self.picker.variant = f"{' · '.join(one for one in about if one) or 'any'}  ← {place} of {len(variants)} →"
            self.picker.warning = self.desk.canned_fallback(chosen, self._languages()[0], self.channel.value)
            try:
                subject = self.desk.canned_subject(chosen, self.draft)
                text = self.desk.canned_text(chosen, self.draft).text
                self.picker.preview = f"Subject: {subject}\n\n{text}" if subject else text
            except ValueError as fault:
                self.picker.warning = f"can't be used: {fault}"
        self.picker.repaint()

    def put_staged(self, reply: Any, then: tuple[str, ...]) -> None:
        """Put in what a macro writes, with the actions that run once it is sent."""
        then = tuple(dict.fromkeys((*(self.draft.then or ()), *then)))
        if any(label == reply.name for _, _, label in self.draft.origins):
            self.draft = replace(self.draft, then=then)
            self.say(f"'{reply.name}' is in this draft already", "soon")
            return
        try:
            self._put(reply, then=then)
        except ValueError as fault:
            self.say(f"can't be used: {fault}", "late")

    def _insert(self) -> None:
        chosen = self.picker.chosen
        if chosen is not None:
            self._put(chosen, inline=self.picker.inline)

    def _put(self, chosen: Any, *, inline: bool = False, then: tuple[str, ...] | None = None) -> None:
        """Put a canned reply in at the cursor.

        Args:
            inline: in place of the trigger before the cursor.
            then: the actions staged with it; None: its own, besides those of the draft.
        """
        rendered = self.desk.canned_text(chosen, self.draft)
        subject = self.desk.canned_subject(chosen, self.draft)
        buffer = self.composer.buffer
        if inline and (found := self._trigger()) is not None:
            buffer.delete(found, buffer.cursor)
        self.picker.close()
        start = buffer.cursor
        staged = then
        if then is None and not (self.draft.then is None and self.draft.canned):  # else they are known by their names
            staged = tuple(dict.fromkeys((*(self.draft.then or ()), *chosen.then)))
        self.draft = replace(self.draft, canned=tuple(dict.fromkeys((*self.draft.canned, chosen.name))), then=staged)
        number, column = buffer.cursor
        apart = not inline and "\n" in rendered.text and buffer.lines[number][:column].strip()
        text = self._signed_once(rendered.text)
        self.composer.insert(("\n\n" if apart else "") + text, label=chosen.name)
        if subject:
            self.set_draft(replace(self.draft, subject=subject))
        if rendered.gaps:
            buffer.move_to(start)
            self.composer.next_gap()
            self.offer_facts()
            gaps = len(rendered.gaps)
            self.say(f"{gaps} {'gap' if gaps == 1 else 'gaps'} to fill: type over it, ctrl+g is the next", "soon")
        elif staged:
            self.say(f"Once it is sent: {', '.join(staged)}")

    def _signed_once(self, text: str) -> str:
        """A text as it goes in at the cursor: where the draft is signed already, there is one signature."""
        buffer = self.composer.buffer
        signature = self.desk.workspace.signer(self.draft.source).signature
        text, gone = signed_once(text, buffer.text[buffer.offset :], signature)
        if gone:
            buffer.delete(buffer.cursor, buffer.position_of(buffer.offset + gone))
        return text
