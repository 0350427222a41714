"""What the guards look at, gathered: the case, what went to this person before, clauses, other cases' data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.desk.reading import Reading
from agent_tui.desk.writing import Writing, own_addresses
from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import Address, Case, CaseState, Draft, Visibility
from agent_tui.domain.operations import Reply
from agent_tui.store import cases, operations, threads
from agent_tui.store.hits import Hit
from agent_tui.workspace import SourceSettings

if TYPE_CHECKING:
    from agent_tui.domain import guards

_ELSEWHERE = 12  # messages that one number is looked for in
_STEPS = 400_000  # of the store's machine for each of them, about 20 ms


class Guarding(Reading, Writing):
    """The guarding part of the desk."""

    def guard_context(self, draft: Draft, case: Case | None, settings: SourceSettings, at: int | None) -> guards.GuardContext:
        """Everything guards look at.

        Args:
            at: when it would leave, for a message that is sent later.
        """
        thread = self.thread(case.id, texts=None).messages if case is not None else ()
        earlier, canned = self._earlier(case) if draft.kind != "edit" else ((), ())  # it is what they have already
        agent = self.workspace.agent
        from agent_tui.domain import guards

        return guards.GuardContext(
            text=draft.text,
            kind="new" if draft.kind == "move" else draft.kind,
            channel=settings.channel,
            visibility=draft.visibility,
            subject=draft.subject,
            customer=case.customer if case else Address(),
            to=draft.to,
            cc=draft.cc,
            bcc=draft.bcc,
            attachments=tuple(Path(p).name for p in draft.attachments),
            messages=thread,
            seen=draft.seen,
            seen_ours=draft.seen_ours,
            own=tuple(dict.fromkeys((*own_addresses(settings.options), agent.email))),
            signature=self.workspace.signature_of(draft.source) or agent.signature,
            questions=self._questions(draft),
            canned=draft.canned,
            sent_canned=canned,
            earlier=earlier,
            state_seen=CaseState(draft.state) if draft.state else None,
            state=case.state if case else None,
            hours=settings.hours or self.workspace.hours if at is not None else None,
            now=at or self.now(),
            case_subject=case.subject if case else "",
            clauses=self._rules(draft),
            elsewhere=self._elsewhere(draft, case),
            open_texts=self._open_texts(draft),
            patterns=self.workspace.personal,
        )

    def _rules(self, draft: Draft) -> tuple[guards.Rule, ...]:
        """The policy clauses that the canned replies in a draft rely on."""
        if not draft.canned:
            return ()
        from agent_tui.domain import guards

        cited = {one for name in draft.canned for variant in self.canned.variants(name) for one in variant.clauses}
        if not cited:
            return ()
        self.policies.refresh()
        there = (one for one in self.policies.clauses() if one.id in cited)
        return tuple(guards.Rule(one.id, one.title, one.text, one.effective, one.until) for one in there)

    def _open_texts(self, draft: Draft) -> tuple[str, ...]:
        """What the canned replies in a draft say to everybody, and their clauses."""
        if not draft.canned:
            return ()
        self.canned.refresh()
        bodies = (one.body for name in draft.canned for one in self.canned.variants(name))
        return (*bodies, *(one.text for one in self._rules(draft)))

    def _elsewhere(self, draft: Draft, case: Case | None) -> tuple[guards.Elsewhere, ...]:
        """Texts of other cases in which numbers and addresses of this draft stand, a few for each of them.

        Where everybody will read it, also private ones, notes among them, that have words of it in a row.
        """
        if draft.kind == "note" or not draft.text.strip():
            return ()
        from agent_tui.domain import guards
        from agent_tui.domain.guard_private import identifiers
        from agent_tui.domain.guard_texts import looked_up

        public = draft.visibility is Visibility.PUBLIC
        found: dict[int, guards.Elsewhere] = {}
        for value, whole in (*((one, True) for one in identifiers(draft.text)),
                             *((one, False) for one in (looked_up(draft.text) if public else ()))):  # fmt: skip
            for hit in self._said_elsewhere(value, case):
                message = hit.message
                if message.visibility is Visibility.NOTE if not public else message.visibility is Visibility.PUBLIC and not whole:
                    continue
                text = f"{message.subject}\n{message.text}"
                found[message.id] = guards.Elsewhere(hit.case.customer, text, message.visibility)
        return tuple(found.values())

    def _said_elsewhere(self, value: str, case: Case | None) -> tuple[Hit, ...]:
        """The newest messages of other cases that have these words in a row."""
        from agent_tui.domain.query import Query, Words
        from agent_tui.store import search

        try:
            hits = search.hits(self.store, Query(Words(value, phrase=True)), self.me, _ELSEWHERE, _STEPS)
        except (StoreError, search.Unfinished):  # an index that can't be read must not keep a reply from leaving
            return ()
        return tuple(one for one in hits if case is None or one.case.id != case.id)

    def _questions(self, draft: Draft) -> tuple[str, ...]:
        """What the canned replies in a draft ask for: such a gap stops even where it stands in code."""
        if not draft.canned:
            return ()
        library = self.canned
        library.refresh()
        return tuple(q for name in draft.canned for variant in library.variants(name) for q in variant.questions)

    def _earlier(self, case: Case | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Texts and canned replies that already went to this person, in whatever case."""
        if case is None:
            return (), ()
        related = [case.id, *(c.id for c in cases.of_customer(self.store, case.customer.address, 20))]
        texts: list[str] = []
        canned: list[str] = []
        for one in dict.fromkeys(related):
            ids = threads.names(self.store, one)
            marks = ",".join("?" * len(ids))
            gone = f"case_id IN ({marks}) AND kind IN ('reply', 'note') AND state NOT IN ('cancelled', 'failed')"
            for entry in operations.select(self.store, gone, ids):
                if isinstance(entry.operation, Reply):
                    texts.append(entry.operation.text)
                    canned.extend(entry.operation.canned)
        return tuple(texts), tuple(canned)
