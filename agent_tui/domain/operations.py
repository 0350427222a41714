"""Operations: everything an agent can do to a case, as data.

An operation is committed to the desk first, folded over the server's state at once, and performed at the
server later by the engine. A new verb is a new class here and one ``match`` arm where it is folded and
performed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Address, CaseState, Priority, Visibility


class OperationState(StrEnum):
    """Where an operation stands. ``done`` is the end for actions, ``sent`` for messages."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    IN_REVIEW = "in_review"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    CANCELLED = "cancelled"


PENDING = (OperationState.HELD, OperationState.QUEUED, OperationState.SENDING)
UNDELIVERED = (*PENDING, OperationState.UNKNOWN, OperationState.CONFLICT)
OVER = (OperationState.SENT, OperationState.DONE, OperationState.CANCELLED, OperationState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Base of all operations. ``kind`` is what INTERFACES calls the operation."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Operation):
    """A message to people outside. It is frozen: the bytes that leave are made from this and nothing else.

    Args:
        marker: e-mail: the Message-ID without brackets; elsewhere the transaction id or client reference.
        created_at: goes into the message's Date, so that a second attempt has the same bytes.
        in_reply_to: ``key``-independent id of the message answered (e-mail: its Message-ID), or empty.
        references: its ancestors, root first.
        attachments: ``(path relative to the workspace's attachments folder, name, media type)``.
        html: whether the case was HTML.
        answered: ``(container, ref)`` of the message answered, to mark it answered.
        draft: local number of the draft it was frozen from.
        seen: id of the newest customer message its author had seen; ``seen_ours``: of the newest of our own.
            Two numbers, because the copy of an answer may be pulled before a customer message that came earlier.
        server_state: the state the server gave the case when it was frozen.
        mode: ``reply``, ``forward``, ``new``, or ``move``: a new conversation that goes on with a case.
        words, own: how many words it has, and how many of them are its author's rather than the library's.
        kept: of each canned reply in it: its name, how many of its words are left, how many it has.
        unedited: it is one canned reply with nothing but its gaps filled.
        despite: number of the newest operation that its author knew of when saying that it goes out all the same; 0: none.
    """

    kind: ClassVar[str] = "reply"
    text: str
    visibility: Visibility
    marker: str
    created_at: int
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[tuple[str, str, str], ...] = ()
    html: bool = False
    answered: tuple[str, str] | None = None
    draft: int | None = None
    seen: int = 0
    seen_ours: int = 0
    server_state: str = ""
    canned: tuple[str, ...] = ()
    mode: str = "reply"
    words: int = 0
    own: int = 0
    kept: tuple[tuple[str, int, int], ...] = ()
    unedited: bool = False
    despite: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Operation):
    """Text that only colleagues may ever see."""

    kind: ClassVar[str] = "note"
    text: str
    marker: str
    created_at: int
    author: Address
    draft: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetState(Operation):
    """Close, reopen or file as spam. ``seen``: newest message id when it was decided; later ones reopen."""

    kind: ClassVar[str] = "state"
    state: CaseState
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze(Operation):
    """Out of the way until a time, or until the customer writes."""

    kind: ClassVar[str] = "snooze"
    until: int
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Operation):
    """To an agent's handle, or to nobody."""

    kind: ClassVar[str] = "assign"
    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Operation):
    """Tags put on and taken off."""

    kind: ClassVar[str] = "tag"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority(Operation):
    """How much the case matters."""

    kind: ClassVar[str] = "priority"
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead(Operation):
    """Read, or unread again. ``places`` are ``(container, ref)``; empty means every message of the case.

    ``upto``: newest message id that was on the screen; what came later stays unread.
    """

    kind: ClassVar[str] = "read"
    read: bool
    upto: int = 0
    places: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Star(Operation):
    """Flag for oneself."""

    kind: ClassVar[str] = "star"
    starred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(Operation):
    """Move the case's messages to the server's bin. ``seen``: newest message id when it was decided; what comes later
    is not deleted with it. 0: all there is.
    """

    kind: ClassVar[str] = "delete"
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Operation):
    """This case's messages are shown in ``into`` from now on. ``Unmerge`` gives back what was."""

    kind: ClassVar[str] = "merge"
    into: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Operation):
    """Messages with these keys become a case of their own, ``case``; an empty ``keys`` takes a split back."""

    kind: ClassVar[str] = "split"
    case: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejoin(Operation):
    """Takes a merge or a split back: ``case`` stands by itself again, or ends."""

    kind: ClassVar[str] = "rejoin"
    case: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCustomer(Operation):
    """Who the customer is, where a colleague forwarded the mail; None goes back to what the mail says."""

    kind: ClassVar[str] = "customer"
    customer: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptAnswer(Operation):
    """Mark a message as the one that answers a public question, or take that back.

    Args:
        place: ``(container, ref)`` of the message.
    """

    kind: ClassVar[str] = "solution"
    place: tuple[str, str]
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMessage(Operation):
    """Say something else in a message that has been sent.

    Args:
        place: ``(container, ref)`` of the message.
        text: what it says from now on.
        original: what it said when the edit was begun; a server that has something else by then refuses.
        reason: shown to readers, or empty.
        draft: local number of the draft it was frozen from.
    """

    kind: ClassVar[str] = "edit"
    place: tuple[str, str]
    text: str
    original: str
    reason: str = ""
    draft: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMessage(Operation):
    """Take a message away where it was posted, in the way that can be taken back, or bring it back.

    Args:
        place: ``(container, ref)`` of the message.
        removed: False: it is there again.
    """

    kind: ClassVar[str] = "remove"
    place: tuple[str, str]
    removed: bool


INVITATION = "invitation"
"""``ref`` of the message that is an invitation into a room, on every source that has such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderate(Operation):
    """Decide about something that readers reported or that waits for a moderator.

    Args:
        place: ``(container, ref)`` of the report, of what waits, or of the invitation (``ref`` is ``INVITATION``).
        action: ``approve``, ``reject`` or ``ignore``.
    """

    kind: ClassVar[str] = "moderate"
    place: tuple[str, str]
    action: str


KINDS: dict[str, type[Operation]] = {
    cls.kind: cls
    for cls in (
        Reply, Note, SetState, Snooze, Assign, Tag, SetPriority, MarkRead, Star, Delete, Merge, Split, Rejoin,
        SetCustomer, AcceptAnswer, EditMessage, RemoveMessage, Moderate,
    )
}  # fmt: skip

MESSAGES = (Reply.kind, Note.kind)
WRITTEN = (*MESSAGES, EditMessage.kind)
"""Kinds whose text comes back as a draft where it did not arrive."""
LATER_MS = 60_000
"""What waits so long by its author's wish was to be sent later."""
EVERYWHERE = frozenset(
    one.kind for one in (SetState, Snooze, Assign, Tag, SetPriority, MarkRead, Star, Delete)
)
"""What is true of a whole case, wherever its messages are."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dump(operation: Operation) -> str:
    """JSON text of an operation, without its kind."""
    if isinstance(operation, Reply | Note | SetCustomer):
        return _encode(asdict(operation))
    return _encode({name: getattr(operation, name) for name in _names(operation.kind)})


@lru_cache(maxsize=2_048)  # what many cases are told at once is read several times over
def load(kind: str, text: str) -> Operation:
    """The operation that ``dump`` wrote.

    Raises:
        KeyError: an operation of a kind that this version does not know.
        ValueError: damaged JSON.
    """
    cls = KINDS[kind]
    raw: dict[str, Any] = json.loads(text)
    known = _names(kind)
    return cls(**{name: _restore(name, value) for name, value in raw.items() if name in known})


@lru_cache(maxsize=len(KINDS))
def _names(kind: str) -> tuple[str, ...]:
    """The fields of a kind, in their order."""
    return tuple(one.name for one in fields(KINDS[kind]))


def _restore(name: str, value: Any) -> Any:
    match name:
        case "to" | "cc" | "bcc":
            return tuple(Address(**one) for one in value)
        case "sender" | "author" | "customer":
            return Address(**value) if value is not None else None
        case "visibility":
            return Visibility(value)
        case "state":
            return CaseState(value)
        case "priority":
            return Priority(value)
        case "attachments" | "places" | "kept":
            return tuple(tuple(one) for one in value)
        case "answered":
            return tuple(value) if value is not None else None
        case "references" | "canned" | "add" | "remove" | "keys" | "place":
            return tuple(value)
        case _:
            return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An operation in the outbox, with what has become of it.

    Args:
        id: grows with time; delivery within a case follows it.
        group: operations of one key press share it; undo takes back a group.
        after: operation that must be ``sent`` before this one may run (staged actions), or None.
        reference: client reference, unique for ever; what servers that take one are given.
        error: in plain words, with the server's own.
        acknowledged: what the server answered, as JSON text; empty until it did.
        live: whether the fold still has to apply it.
        local: the source cannot hold it: it is done by being here.
        not_before: milliseconds; earlier it may not be tried (undo window, back-off, send later).
        undoes: group that this one takes back, or None.
    """

    id: int
    group: int
    case: int
    source: str
    operation: Operation
    state: OperationState
    created_at: int
    updated_at: int
    reference: str
    attempts: int = 0
    error: str = ""
    held_until: int | None = None
    not_before: int = 0
    after: int | None = None
    acknowledged: str = ""
    live: bool = True
    local: bool = False
    undoes: int | None = None

    @property
    def scheduled(self) -> bool:
        """Whether its author wished it to leave later, and it has not been tried yet."""
        return not self.attempts and self.not_before - self.created_at >= LATER_MS

    @property
    def kind(self) -> str:
        """The operation's kind."""
        return self.operation.kind
