"""Policies in the composer: the pane below the messages, and a clause quoted, linked or said plainly in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from textual import events

from agent_tui.domain import marking
from agent_tui.domain.decisions import Decision
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, Direction, Draft, Message
from agent_tui.domain.operations import Entry
from agent_tui.screens.policy_asking import PolicyAsking
from agent_tui.widgets.arrangement import POLICY_FROM
from agent_tui.widgets.canned_picker import CannedPicker
from agent_tui.widgets.composer import Composer
from agent_tui.widgets.message_view import MessageView
from agent_tui.widgets.policy_pane import LIKELY

_TRIGGER = re.compile(r"(?:^|(?<=\s))\?\?([^\s?]*)$")
_LONGEST = 40
HINT = "enter quotes, tab says it plainly, ^l links, esc back"


@dataclass(frozen=True, slots=True)
class ClauseOffer:
    """A clause, as the picker lists it."""

    name: str
    language: str
    tags: tuple[str, ...]
    clause: Any
    shortcut: str = ""


class ClauseVerbs(PolicyAsking):
    """Choosing a clause and putting it into the text."""

    draft: Draft
    case: Case | None
    view: MessageView
    composer: Composer
    clauses: CannedPicker
    _clause_dropped: tuple[int, int] | None = None
    _clause_text: str | None = None
    _put_in = ""  # the clause put into the text last

    def policy_subject(self) -> tuple[Case | None, Sequence[Message], str]:
        """The case that is answered, and the text so far."""
        return self.case, self.view.messages, self.composer.text

    def arrange_policies(self, width: int) -> None:
        """Show the pane where there is room and there are policies."""
        shown = width >= POLICY_FROM and self.case is not None and bool(self.desk.has_policies())
        if self.policy.display != shown:
            self.policy.display = shown
        self.follow_policies()

    def do_compose_policy(self, argument: str = "") -> None:
        """Show the clauses that fit, or those that are looked for."""
        self.clauses.open(inline=False)
        self.clauses.query_text = argument
        self._clause_text = None
        self._look_up(argument)

    def feed_clauses(self, event: events.Key) -> bool:
        """Take a key while the picker is open; whether it was used."""
        picker = self.clauses
        match event.key:
            case "escape":
                self._clause_dropped = self._clause_trigger()
                picker.close()
            case "enter":
                self._insert_clause("quote")
            case "tab":
                self._insert_clause("plain")
            case "ctrl+l":
                self._insert_clause("link")
            case "up" | "ctrl+p":
                self._choose_clause(-1)
            case "down" | "ctrl+n":
                self._choose_clause(1)
            case _ if picker.inline:
                return False
            case "backspace" | "ctrl+h":
                picker.query_text = picker.query_text[:-1]
                self._look_up(picker.query_text)
            case "ctrl+u" | "ctrl+w":
                picker.query_text = ""
                self._look_up("")
            case _:
                if event.character is not None and event.character.isprintable():
                    picker.query_text += event.character
                    self._look_up(picker.query_text)
        return True

    def look_for_clauses(self) -> None:
        """After an edit: two question marks at a word's start show the clauses that match, if any does."""
        self.follow_policies()
        if self.clauses.is_open and not self.clauses.inline:
            return
        found = self._clause_trigger()
        if found is None:
            self._clause_dropped = None
        if found is None or (self._clause_dropped is not None and self._clause_dropped[0] == found[0]):
            if self.clauses.is_open:
                self.clauses.close()
            return
        number, column = self.composer.buffer.cursor
        text = self.composer.buffer.lines[number][found[1] : column].lstrip("?")
        if not self.clauses.is_open:
            self.clauses.open(inline=True)
            self._clause_text = None
        self._look_up(text)

    def _clause_trigger(self) -> tuple[int, int] | None:
        number, column = self.composer.buffer.cursor
        start = max(0, column - _LONGEST)
        line = self.composer.buffer.lines[number][start:column]
        if "??" not in line:
            return None
        found = _TRIGGER.search(line)
        return None if found is None or (start and not found.start()) else (number, start + found.start())

    def _look_up(self, text: str) -> None:
        if text == self._clause_text:
            return
        self._clause_text = text

        def show(found: Any) -> None:
            if not self.clauses.is_open or text != self._clause_text:
                return
            pinned = {one.id for one in found.also}
            clauses = [*found.also, *(one.clause for one in found.suggestions if one.clause.id not in pinned)]
            offers = [ClauseOffer(one.title, one.language, one.tags, one) for one in clauses]
            if not offers and self.clauses.inline:  # what was typed stays as it is
                self.clauses.close()
                return
            self.clauses.offer(offers)
            self._preview_clause()

        if text.strip():
            self.later(lambda take: self.desk.search_clauses(text, take, limit=20), show, "picker")
        else:
            turns = self.desk.turns(self.view.messages, self.composer.text.replace("??", ""))
            channel = self.case.channel.value if self.case is not None else ""
            also = self.desk.pinned(self.case.id) if self.case is not None else ()
            self.later(lambda take: self.desk.rank(turns, take, channel=channel, also=also), show, "picker")
        self.clauses.repaint()

    def _choose_clause(self, by: int) -> None:
        self.clauses.move(by)
        self._preview_clause()

    def _preview_clause(self) -> None:
        chosen: Any = self.clauses.chosen
        self.clauses.warning = ""
        self.clauses.preview = "" if chosen is None else marking.unmarked(chosen.clause.text)
        if chosen is not None and chosen.clause.until and chosen.clause.until < self.desk.today():
            self.clauses.warning = f"ended {chosen.clause.until}"
        self.clauses.repaint()

    def _insert_clause(self, how: str) -> None:
        chosen: Any = self.clauses.chosen
        if chosen is None:
            return
        clause, buffer = chosen.clause, self.composer.buffer
        if self.clauses.inline and (found := self._clause_trigger()) is not None:
            buffer.delete(found, buffer.cursor)
        self.clauses.close()
        number, column = buffer.cursor
        text = {"quote": quoted(clause.text), "plain": clause.sentence, "link": linked(clause)}[how]
        if how == "quote":
            text = ("\n" if buffer.lines[number][:column].strip() else "") + text + "\n\n"
        self.composer.insert(text, label=clause.title)
        self._put_in = clause.id

    def departures(self, candidates: Sequence[Any]) -> dict[str, str]:
        """How the draft departs from what is usual under the clause it applies, or the likely one at the top."""
        clause = self._applied_clause()
        if not clause and candidates and candidates[0].sure >= LIKELY:
            clause = candidates[0].clause.id
        ruled = self._ruled(clause, candidates)
        departs = self.desk.departs(ruled) if ruled is not None else None
        if ruled is None or departs is None:
            return {}
        return {clause: f"This text reads as {ruled.outcome}. {departs.words}: {departs.likest(self.desk.now())}"}

    def _applied_clause(self) -> str:
        """The clause that the text puts in, that is pinned, or that its canned reply relies on."""
        if self.case is None or self.draft.kind != "reply":
            return ""
        clause = self._put_in or next(iter(self.desk.pinned(self.case.id)), "")
        if not clause and self.draft.canned:
            names = set(self.draft.canned)
            clause = next((one for reply in self.desk.canned.replies() if reply.name in names for one in reply.clauses), "")
        return clause

    def _ruled(self, clause: str, candidates: Sequence[Any]) -> Decision | None:
        if not clause or self.case is None or self.draft.kind != "reply":
            return None
        told = [one.fresh_text or one.text for one in reversed(self.view.messages[-20:]) if one.direction is Direction.IN]
        facts = next((one.clause.facts for one in candidates if one.clause.id == clause), ())
        text = self.composer.text or self.draft.text
        ruled: Decision | None = self.desk.draft_ruling(self.case, clause, text, facts=facts, told=told)
        return ruled

    def after_sent(self, entry: Entry, said: str) -> None:
        """Where the reply applies a clause, offer on the screen below to record the ruling."""
        clause = self._applied_clause()
        below = next((one for one in reversed(self.app.screen_stack) if hasattr(one, "offer_ruling")), None)
        if clause and below is not None and self.case is not None:
            ruled = self._ruled(clause, self.policy.candidates)
            below.offer_ruling(self.case.id, clause, entry.id, said, ruled)
        self._put_in = ""  # in a chat the next message may have nothing to do with it


def quoted(text: str) -> str:
    """A clause's text as a quote, as it reads."""
    return "\n".join(f"> {line}".rstrip() for line in marking.unmarked(text).strip().split("\n"))


def linked(clause: Any) -> str:
    """A clause's title and where a customer can read it; the title alone where that is nowhere."""
    return f"{clause.title}: {clause.address}" if clause.url else f"“{clause.title}” ({clause.within[0]})"
