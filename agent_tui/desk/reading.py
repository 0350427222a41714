"""Reading: lists, cases, messages, search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.desk.seat import Seat
from agent_tui.desk.values import VIEWS, SearchResult, Thread, View
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Author, Case, CaseState, Channel, Direction, Message, MessageState, Role, Visibility
from agent_tui.domain.operations import AcceptAnswer, EditMessage, Entry, Note, OperationState, RemoveMessage, Reply
from agent_tui.domain.translation import Translation
from agent_tui.domain.views import SavedView
from agent_tui.store import cases, messages, operations, threads, translations
from agent_tui.store.cases import CaseWindow

if TYPE_CHECKING:
    from agent_tui.domain.people import Person
    from agent_tui.domain.query import Query

CANDIDATES = 350  # newest hits among which the best are looked for: ranking all of a common word's hits takes a second
TEXTS = 50  # messages of an opened case that come with their text at once
PEOPLE_FROM, PEOPLE, OTHERS = 20, 8, 20
"""Of a case: the messages whose people are asked about, so many of them, so many other cases of each."""

_STATES = {
    OperationState.HELD: MessageState.HELD,
    OperationState.QUEUED: MessageState.QUEUED,
    OperationState.SENDING: MessageState.SENDING,
    OperationState.UNKNOWN: MessageState.UNKNOWN,
    OperationState.CONFLICT: MessageState.HELD,
    OperationState.SENT: MessageState.SENT,
    OperationState.DONE: MessageState.SENT,
    OperationState.IN_REVIEW: MessageState.IN_REVIEW,
    OperationState.FAILED: MessageState.FAILED,
}


class Reading(Seat):
    """The reading part of the desk."""

    def views(self) -> tuple[View, ...]:
        """Every list there is: the inbox, saved ones, then the others."""
        saved = tuple(View(one.id, one.name, one.key) for one in self.workspace.views)
        return (*VIEWS[:1], *saved, *VIEWS[1:])

    def saved_view(self, view: str) -> SavedView | None:
        """What was saved under the id of a view; None where the program has it by itself."""
        return next((one for one in self.workspace.views if one.id == view), None)

    def counts(self) -> Mapping[str, int]:
        """Cases per view; drafts and outbox count their items."""
        found = cases.counts(self.store, self.me)
        found["outbox"] = operations.undelivered(self.store)
        return found

    def unread(self) -> int:
        """Unread cases of the inbox."""
        return cases.unread(self.store)

    def window(self, view: str = "inbox", query: str = "") -> CaseWindow:
        """A list of cases that reads only what it is asked for.

        Raises:
            QueryError: the query can't be understood.
        """
        saved = self.saved_view(view)
        if saved is None:
            return CaseWindow(self.store, view, self.me, self._parse(query) if query.strip() else None)
        if query.strip():
            self._parse(query)  # so that what is wrong with it is pointed at in itself
        narrowed = self._parse(f"({saved.query}) {query}" if query.strip() else saved.query)
        picked = None if saved.order == "inbox" else cases.by_last_message(descending=saved.order == "newest")
        return CaseWindow(self.store, "all", self.me, narrowed, picked)

    def listing(self, query: str = "", limit: int = 100_000) -> tuple[Case, ...]:
        """Cases in inbox order: without a query those that are new or open, else all that it finds.

        Raises:
            QueryError: the query can't be understood.
        """
        if not query.strip():
            window = CaseWindow(self.store, "inbox", self.me)
            return tuple(window.row(place) for place in range(min(len(window), limit)))
        return tuple(cases.matching(self.store, self._parse(query), self.me, limit))

    def case(self, case_id: int) -> Case | None:
        """A case by any of its ids."""
        return cases.get(self.store, case_id)

    def find_case(self, code: str) -> int:
        """The case that a printed id or an unambiguous beginning of one names.

        Raises:
            UsageError: no such case, or several.
        """
        return cases.find(self.store, code)

    def thread(self, case_id: int, *, texts: int | None = TEXTS) -> Thread:
        """A case with its messages, oldest first.

        Args:
            texts: how many of the newest come with their text; ``message`` completes the others. None: all.

        Raises:
            UsageError: no such case.
        """
        case = cases.get(self.store, case_id)
        if case is None:
            raise UsageError("there is no such case any more")
        stored = messages.of_case(self.store, case.id, newest_texts=texts)
        pulled = {m.marker for m in stored if m.marker}
        entries = operations.messages(self.store, case.id)
        own = [self._outgoing(e, case) for e in entries if getattr(e.operation, "marker", "") not in pulled]
        stored = self._with_decisions(case.id, tuple(self._with_operation(m) for m in stored))
        shown = self._with_translations(case.id, (*stored, *own))
        return Thread(case, tuple(sorted(shown, key=lambda m: (m.received_at, m.id if m.id > 0 else 1 << 62))))

    def message(self, message_id: int) -> Message | None:
        """One message, whole. Numbers below zero are messages of the outbox."""
        if message_id < 0:
            entry = operations.get(self.store, -message_id)
            case = cases.get(self.store, entry.case) if entry else None
            return self._outgoing(entry, case) if entry and case else None
        found = messages.get(self.store, message_id)
        return self._with_translations(found.case, (found,))[0] if found else None

    def attachment(self, message_id: int, part: str) -> Path | None:
        """The cached file of an attachment; None while it is not here (the caller asks the engine for it)."""
        from agent_tui.store import attachments

        message = self.message(message_id)
        digest = next((one.digest for one in message.attachments if one.part == part), "") if message else ""
        path = attachments.path_of(self.store, digest) if digest else None
        return path if path is not None and path.exists() else None

    def journey(self, case_id: int) -> tuple[Case, ...]:
        """The customer's other cases, newest first."""
        case = cases.get(self.store, case_id)
        if case is None:
            return ()
        return tuple(c for c in cases.of_customer(self.store, case.customer.address) if c.id != case.id)

    def person(self, case_id: int) -> Person:
        """Who the customer of a case is on every channel, with the evidence, and all of their cases.

        Raises:
            UsageError: there is no such case.
        """
        from agent_tui.knowledge import people

        case = cases.get(self.store, case_id)
        if case is None:
            raise UsageError("there is no such case any more")
        return people.person(self.store, case)

    def perhaps_same(self, thread: Thread) -> tuple[Case, ...]:
        """Other mail cases that by subject and people may be the same conversation, newest first. Never more than an offer.

        Args:
            thread: the case they are compared with.
        """
        from agent_tui.domain.threading import Sighting, suggests

        case = thread.case
        if case.channel is not Channel.EMAIL or not case.subject:
            return ()
        ours = self.workspace.agent_addresses
        seen = (thread.messages[0], *thread.messages[-PEOPLE_FROM:]) if thread.messages else ()
        everybody = [case.customer.address]
        for message in seen:
            everybody += [message.author.address, *(one.address for one in (*message.to, *message.cc))]
        people = tuple(one for one in dict.fromkeys(map(str.lower, everybody)) if one and one not in ours)
        sighting = Sighting(case.subject, people, case.updated_at)
        found = {
            one.id: one
            for address in people[:PEOPLE]
            for one in cases.of_customer(self.store, address, limit=OTHERS)
            if one.id != case.id and one.channel is Channel.EMAIL and one.state is not CaseState.SPAM
            and suggests(sighting, Sighting(one.subject, (one.customer.address,), one.updated_at), ours=ours)
        }  # fmt: skip
        return tuple(sorted(found.values(), key=lambda one: -one.updated_at))

    def search(self, text: str, limit: int = 50, *, best: bool = False, steps: int | None = None) -> SearchResult:
        """Messages that a query finds, newest first. A wrong query comes back with what is wrong and where.

        Args:
            best: the best of the newest few hundred first, instead.
            steps: of the store's machine, after which it comes back unfinished with nothing found; None: never.
        """
        from agent_tui.domain.query import QueryError
        from agent_tui.store import search

        try:
            query = self._parse(text)
        except QueryError as error:
            return SearchResult(error=error.message, position=error.position)
        if not best:
            try:
                found = search.hits(self.store, query, self.me, limit + 1, steps)
            except search.Unfinished:
                return SearchResult(unfinished=True)
            return SearchResult(found[:limit], len(found) > limit)
        found = search.best(self.store, query, self.me, limit + 1, CANDIDATES)
        return SearchResult(found[:limit], len(found) > limit)

    def poll(self) -> frozenset[str]:
        """Which of ``cache`` and ``desk`` another process has written since the last call. Cheap."""
        return self.store.changed()

    def _parse(self, text: str) -> Query:
        from agent_tui.domain.query import parse

        return parse(text)

    def _resolve(self, case_id: int) -> int:
        return threads.resolve(self.store, case_id)

    def _with_operation(self, message: Message) -> Message:
        """A message that left from this workspace knows its operation, and that a report called it back."""
        if not message.marker or message.direction is Direction.IN:
            return message
        row = self.store.desk.execute(
            "SELECT id, state, error FROM operations WHERE marker = ? AND marker != '' ORDER BY id DESC LIMIT 1",
            (message.marker,),
        ).fetchone()
        if row is None:
            return message
        failed = row[1] == OperationState.FAILED.value
        told = row[2] if row[1] == OperationState.SENT.value else ""
        return replace(
            message, operation=row[0], error=row[2] if failed else "", state=MessageState.FAILED if failed else message.state,
            warning="; ".join(filter(None, (message.warning, told))),
        )  # fmt: skip

    def _with_decisions(self, case_id: int, stored: tuple[Message, ...]) -> tuple[Message, ...]:
        """Messages with what has been decided of each here, and is on its way to the server: the answer, other words."""
        gone: dict[int, bool] = {}
        for entry in operations.of_messages(self.store, case_id):
            operation = entry.operation
            assert isinstance(operation, AcceptAnswer | EditMessage | RemoveMessage)
            number = messages.at(self.store, entry.source, *operation.place)
            if isinstance(operation, RemoveMessage):
                gone[number] = operation.removed
                continue
            if isinstance(operation, EditMessage):
                stored = tuple(self._changed_by(entry, operation, one) if one.id == number else one for one in stored)
                continue
            marked = [one.id == number if operation.accepted else one.solution and one.id != number for one in stored]
            stored = tuple(
                one if one.solution is mark else replace(one, solution=mark) for mark, one in zip(marked, stored, strict=True)
            )
        return tuple(one for one in stored if not gone.get(one.id)) if gone else stored

    @staticmethod
    def _changed_by(entry: Entry, edit: EditMessage, message: Message) -> Message:
        return replace(
            message, text=edit.text, fresh_text=edit.text, error=entry.error, operation=entry.id,
            state=_STATES.get(entry.state, MessageState.QUEUED),
        )  # fmt: skip

    def _with_translations(self, case_id: int, messages: Iterable[Message]) -> tuple[Message, ...]:
        """The messages of a case with their other texts."""
        stored = tuple(messages)
        found = translations.of_case(self.store, case_id)
        if not found:
            return stored

        def other(one: Message) -> Translation | None:
            return found.get((one.source, one.key)) or (found.get((one.source, one.marker)) if one.marker else None)

        return tuple(replace(one, translation=other(one)) for one in stored)

    def _outgoing(self, entry: Entry, case: Case) -> Message:
        """A reply or note of the outbox as a message; its id is the entry's number below zero."""
        operation = entry.operation
        assert isinstance(operation, Reply | Note)
        reply = operation if isinstance(operation, Reply) else None
        author = reply.sender if reply else operation.author  # type: ignore[union-attr]
        return Message(
            id=-entry.id,
            case=case.id,
            source=entry.source,
            remote_id="",
            key="",
            marker=operation.marker,
            direction=Direction.OUT,
            visibility=reply.visibility if reply else Visibility.NOTE,
            author=Author(author.name, author.address, Role.AGENT),
            to=reply.to if reply else (),
            cc=reply.cc if reply else (),
            reply_to=(),
            subject=reply.subject if reply else "",
            channel=case.channel,
            received_at=entry.created_at,
            sent_at=entry.created_at,
            text=operation.text,
            fresh_text=operation.text,
            attachments=(),
            state=_STATES.get(entry.state, MessageState.QUEUED),
            operation=entry.id,
            error=entry.error,
            warning=entry.error if entry.state is OperationState.SENT else "",
        )
