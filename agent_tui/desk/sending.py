"""Sending: the gate, the outbox, and what becomes of a message that did not simply arrive."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.desk.files import Files
from agent_tui.desk.guarding import Guarding
from agent_tui.desk.scheduling import Scheduling
from agent_tui.desk.triage import Triage
from agent_tui.desk.values import Gate
from agent_tui.desk.writing import own_addresses
from agent_tui.domain.actions import describe
from agent_tui.domain.actions import operations as staged_operations
from agent_tui.domain.errors import StopError, UsageError
from agent_tui.domain.identifiers import case_id as new_case_id
from agent_tui.domain.model import Address, Case, CaseState, Channel, Direction, Draft
from agent_tui.domain.operations import (
    EVERYWHERE,
    WRITTEN,
    EditMessage,
    Entry,
    Merge,
    Note,
    Operation,
    OperationState,
    Rejoin,
    Reply,
    SetState,
    Snooze,
)
from agent_tui.domain.translation import MACHINE, Translation
from agent_tui.store import attachments, case_facts, cases, delivery, drafts, fold, messages, operations, threads, translations

if TYPE_CHECKING:
    from agent_tui.domain.boilerplate import Share

REFERENCES = 30  # Message-IDs in a References header; mail systems cut longer ones


class Sending(Guarding, Scheduling, Files, Triage):
    """The sending part of the desk."""

    def gate(self, draft: Draft, *, at: int | None = None) -> Gate:
        """To whom it will go, who can read it, and what speaks against it.

        Args:
            at: when it would leave, for a message that is sent later; None: now.
        """
        case = cases.get(self.store, draft.case) if draft.case is not None else None
        settings = self.workspace.source(draft.source)
        from agent_tui.domain import guards

        found = guards.check(self.guard_context(draft, case, settings, at))
        if any(label == MACHINE for _start, _end, label in draft.origins):
            found = (*found, guards.Finding("translation", "a machine wrote this, and nobody has confirmed it", stops=False))
        return Gate(
            channel=settings.channel,
            visibility=draft.visibility,
            source=draft.source,
            sender=draft.sender,
            recipients=(*draft.to, *draft.cc),
            bcc=draft.bcc,
            attachments=tuple(Path(p).name for p in draft.attachments),
            findings=found,
            then=tuple(describe(one) for one in self.staged_by_canned(draft)),
            hold_ms=0 if draft.kind == "note" else settings.undo_ms,
            subject=draft.subject,
            share=self._share(draft),
        )

    def sending_fault(self, draft: Draft) -> str:
        """Why nothing can be sent by a draft's source, as it said when it was last connected; empty if it can."""
        if draft.kind in {"note", "edit"}:
            return ""
        held = self._held_by(draft.source)
        if held is None or Reply.kind in held:
            return ""
        return f"{draft.source} is only read, nothing can be sent by it; 'agent-tui source check {draft.source}' says more"

    def send(
        self,
        draft: Draft,
        *,
        then: Sequence[Operation] = (),
        at: int | None = None,
        hold: bool = True,
        overrides: Iterable[str] = (),
        after: int | None = None,
    ) -> Entry:
        """Freeze a draft and put it in the outbox with the actions staged behind it, in one transaction.

        Args:
            then: run once it is sent, and not before.
            at: not to leave before, in milliseconds.
            hold: whether the source's undo window applies.
            overrides: guards that the agent goes past; only those that may be passed.
            after: number of another message; this one leaves only once that one is sent.

        Raises:
            StopError: a guard stops it.
            UsageError: an attachment is gone or larger than the source takes, or the source can't send.
        """
        if fault := self.sending_fault(draft) or self.files_fault(draft):
            raise UsageError(fault)
        passed = frozenset(overrides)
        gate = self.gate(draft, at=at)
        for finding in gate.stops:
            if not finding.passable or finding.guard not in passed:
                raise StopError(finding.guard, finding.reason, passable=finding.passable)
        case = cases.get(self.store, draft.case) if draft.case is not None else None
        operation = self._freeze(draft, case)
        if isinstance(operation, Reply) and (shared := gate.share) is not None:
            operation = replace(
                operation, words=shared.words, own=shared.own, kept=shared.kept, unedited=shared.unedited
            )
        now = self.now()
        settings = self.workspace.source(draft.source)
        local = draft.kind == "note" and self._is_local(draft.source, "note")
        moves = draft.kind == "move" and case is not None
        case_id = case.id if case and not moves else new_case_id(draft.source, getattr(operation, "marker", ""))
        staged = [*(one for one in self.staged_by_canned(draft) if one.kind not in {t.kind for t in then}), *then]
        if isinstance(operation, Reply) and case is not None and case.state is CaseState.CLOSED and not staged:
            staged.append(SetState(state=CaseState.WAITING, seen=draft.seen))
        with self.store.writing_desk():
            group = operations.new_group(self.store, _words(operation))
            operations.end_redo(self.store)
            number = operations.add(
                self.store, group, case_id, draft.source, operation, local=local,
                held_until=now + settings.undo_ms if hold and not isinstance(operation, Note) else None, not_before=at or 0,
                after=after,
            )  # fmt: skip
            if moves and case is not None and isinstance(operation, Reply):
                # The mail begins a thread of its own, shown in the case that it goes on with.
                threads.anchor_as(self.store, draft.source, operation.marker, case_id)
                operations.add(
                    self.store, group, case_id, draft.source, Merge(into=case.id), inverse=(Rejoin(case=case_id),), local=True
                )
            about = case.id if case is not None else case_id
            for one in staged:
                for source in self._parts(case, one) or (draft.source,):
                    self._stage(group, about, source, one, number, local=local)
            if draft.id and not drafts.freeze(self.store, draft.id):
                raise UsageError("this draft is in the outbox already, or was discarded; it is not sent a second time")
            for guard in passed & {f.guard for f in gate.findings}:
                self.store.desk.execute(
                    "INSERT INTO passes (operation_id, guard, at) VALUES (?, ?, ?)", (number, guard, now)
                )
        if not isinstance(operation, EditMessage) and draft.original.strip() not in ("", draft.text.strip()):
            from agent_tui.domain import languages

            written = Translation(languages.recognise(draft.original).language, draft.original, machine=False)
            translations.keep(self.store, case_id, draft.source, operation.marker, written)
        if draft.returned is not None:
            delivery.dismiss(self.store, draft.returned)
        if case is not None:
            with self.store.writing_cache():
                if moves and isinstance(operation, Reply):
                    threads.begin(self.store, draft.source, operation.marker, case_id)
                    threads.merge(self.store, case_id, case.id)
                fold.refold(self.store, (case.id,), now)
        self._changed()
        entry = operations.get(self.store, number)
        assert entry is not None
        return entry

    def _share(self, draft: Draft) -> Share | None:
        """What of a text is the library's, whichever variants it came from."""
        if not draft.canned or draft.kind == "note":
            return None
        from agent_tui.domain import boilerplate

        self.canned.refresh()
        originals: dict[str, list[str]] = {}
        for name in draft.canned:
            for one in self.canned.variants(name):
                with contextlib.suppress(ValueError):  # what can't be rendered was not what was put in
                    originals.setdefault(name, []).append(self.canned_text(one, draft).text)
        return boilerplate.share(draft.text, originals, self.workspace.signer(draft.source).signature) if originals else None

    def staged_by_canned(self, draft: Draft) -> tuple[Operation, ...]:
        """What is done once a draft is sent: what its canned replies or a macro staged. A choice at the gate of the same
        kind wins.
        """
        if draft.kind == "note":
            return ()
        lines: Sequence[str] = draft.then or ()
        if draft.then is None and draft.canned:
            self.canned.refresh()
            lines = [line for name in draft.canned for one in self.canned.variants(name)[:1] for line in one.then]
        return staged_operations(lines, me=self.me, now=self.now(), timezone=self.timezone, seen=draft.seen)

    # -- the outbox -----------------------------------------------------------------------------------------------

    def outbox(self, everything: bool = False) -> tuple[Entry, ...]:
        """What has not arrived yet, oldest first; with ``everything`` also what has, newest first."""
        return operations.outbox(self.store, everything=everything)

    def held(self, case_id: int) -> dict[int, int]:
        """What of a case is held, by the entry's id, with the milliseconds until which it is."""
        return operations.held(self.store, case_id)

    def passes(self) -> tuple[tuple[int, str, int], ...]:
        """Guards that were gone past: ``(operation, guard, milliseconds)``, newest first."""
        rows = self.store.desk.execute("SELECT operation_id, guard, at FROM passes ORDER BY at DESC, operation_id DESC")
        return tuple((number, guard, at) for number, guard, at in rows.fetchall())

    def entry(self, entry_id: int) -> Entry | None:
        """One item of the outbox."""
        return operations.get(self.store, entry_id)

    def retry(self, entry_id: int) -> Entry:
        """Send again what failed, or send anyway what was held back by a conflict.

        Raises:
            UsageError: it is not in such a state.
        """
        entry = self._entry(entry_id)
        if entry.state is OperationState.UNKNOWN:
            raise UsageError("it may have arrived: say first whether it did")
        if entry.state not in (OperationState.FAILED, OperationState.CONFLICT, OperationState.QUEUED):
            raise UsageError(f"it is {entry.state.value}; only what failed or was held back can be sent again")
        operation = entry.operation
        if isinstance(operation, Reply):
            if entry.state is OperationState.FAILED and entry.acknowledged:
                raise UsageError("the mail system took it and sent it back: mend the draft and send that")
            case_id = threads.resolve(self.store, entry.case)
            seen, seen_ours = messages.newest_ids(self.store, case_id)
            row = self.store.cache.execute("SELECT server_state FROM cases WHERE id = ?", (case_id,)).fetchone()
            operation = replace(operation, seen=seen, seen_ours=seen_ours, server_state=row[0] if row else "")
            delivery.rewrite(self.store, entry.id, operation)
        if not delivery.requeue(self.store, entry):
            raise UsageError("it is on its way already, or somebody has taken it back; look at the outbox again")
        self._changed()
        return self._entry(entry_id)

    def cancel(self, entry_id: int) -> Draft | None:
        """Take back what has not left.

        Returns:
            the draft that the text is in again, where it was a message.

        Raises:
            UsageError: it has left.
        """
        entry = self._entry(entry_id)
        if not delivery.cancel(self.store, entry):
            raise UsageError("too late to take it back: it has left")
        self._changed()
        number = getattr(entry.operation, "draft", None)
        return drafts.get(self.store, number) if number and entry.kind in WRITTEN else None

    def settle(self, entry_id: int, arrived: bool) -> Draft | None:
        """Say what became of a message whose outcome was not known.

        Args:
            arrived: it is there. Otherwise its text is a draft again.
        """
        entry = self._entry(entry_id)
        if entry.state is not OperationState.UNKNOWN:
            raise UsageError(f"it is {entry.state.value}, not unknown")
        delivery.settle_unknown(self.store, entry, arrived_there=arrived)
        self._changed()
        number = getattr(entry.operation, "draft", None)
        return None if arrived or number is None else drafts.get(self.store, number)

    # -- within ---------------------------------------------------------------------------------------------------

    def _entry(self, entry_id: int) -> Entry:
        entry = operations.get(self.store, entry_id)
        if entry is None:
            raise UsageError(f"there is no item {entry_id} in the outbox")
        return entry

    def _parts(self, case: Case | None, operation: Operation) -> tuple[str, ...]:
        """Sources that are told of what is staged: each that holds a part of the case."""
        if case is None or operation.kind not in EVERYWHERE:
            return ()
        return case.source, *case_facts.elsewhere(self.store, (case.id,)).get(case.id, ())

    def _stage(self, group: int, case_id: int, source: str, operation: Operation, after: int, *, local: bool) -> None:
        inverse: tuple[Operation, ...] = ()
        if isinstance(operation, SetState | Snooze):
            inverse = (SetState(state=CaseState.WAITING, seen=operation.seen),)
        alone = self._is_local(source, operation.kind)
        operations.add(
            self.store, group, case_id, source, operation, inverse=inverse, local=alone, after=None if local else after
        )

    def _freeze(self, draft: Draft, case: Case | None) -> Reply | Note | EditMessage:
        from secrets import token_hex

        if draft.edits is not None:
            container, ref, original = draft.edits
            if draft.returned is not None:  # it came back with what the message says now: that has been seen
                number = messages.at(self.store, draft.source, container, ref)
                original = messages.body(self.store, number)[0] if number else original
            return EditMessage(place=(container, ref), text=draft.text, original=original, draft=draft.id or None)
        agent = self.workspace.agent
        token = token_hex(12)
        if draft.kind == "note":
            return Note(
                text=draft.text, marker=token, created_at=self.now(), author=Address(agent.name, agent.email),
                draft=draft.id or None,
            )  # fmt: skip
        settings = self.workspace.source(draft.source)
        sender = draft.sender or next(iter(own_addresses(settings.options)), agent.email)
        domain = sender.rpartition("@")[2] or "agent-tui.invalid"
        chain, answered, html = self._chain(draft, case)
        row = None
        if case is not None:
            row = self.store.cache.execute("SELECT server_state FROM cases WHERE id = ?", (case.id,)).fetchone()
        return Reply(
            text=draft.text,
            visibility=draft.visibility,
            marker=f"{token}@{domain}" if settings.channel is Channel.EMAIL else token,
            created_at=self.now(),
            sender=Address(agent.name, sender),
            to=draft.to,
            cc=draft.cc,
            bcc=draft.bcc,
            subject=draft.subject,
            in_reply_to=draft.in_reply_to if draft.kind == "reply" and draft.in_reply_to in chain else "",
            references=chain if draft.kind == "reply" else (),
            attachments=tuple(self._file(Path(p)) for p in draft.attachments),
            html=html,
            answered=answered if draft.kind == "reply" else None,
            draft=draft.id or None,
            seen=draft.seen,
            seen_ours=draft.seen_ours,
            server_state=row[0] if row else "",
            canned=draft.canned,
            mode=draft.kind,
        )

    def _chain(self, draft: Draft, case: Case | None) -> tuple[tuple[str, ...], tuple[str, str] | None, bool]:
        """References of the answer (root first), the place of the message answered, and whether that was HTML."""
        if case is None:
            return (), None, False
        stored = [m for m in messages.of_case(self.store, case.id, newest_texts=0) if m.source == draft.source]
        answers = draft.in_reply_to
        place = next((i for i, m in enumerate(stored) if answers and answers in (m.marker, m.key)), len(stored) - 1)
        marked = place < 0 or answers == stored[place].marker or answers != stored[place].key
        before = list(dict.fromkeys(m.marker for m in stored[: place + 1] if m.marker))
        if answers and marked and answers not in before:
            before.append(answers)
        chain = tuple(before if len(before) <= REFERENCES else [before[0], *before[-REFERENCES + 1 :]])
        message = stored[place] if 0 <= place < len(stored) else None
        where = messages.places(self.store, message.id) if message and message.direction is Direction.IN else ()
        return chain, where[0] if where else None, bool(message and message.html)

    def _file(self, path: Path) -> tuple[str, str, str]:
        import mimetypes

        try:
            digest = attachments.put(self.store, path)
        except OSError as error:
            raise UsageError(f"{path} cannot be attached ({error.strerror}); take it off the draft or put it back") from error
        return attachments.relative(digest), path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _words(operation: Reply | Note | EditMessage) -> str:
    """What was done, for whoever takes it back."""
    if isinstance(operation, EditMessage):
        return "the edit"
    if isinstance(operation, Note):
        return "the note"
    return f"the message to {', '.join(one.label for one in operation.to[:3]) or 'everybody there'}"
