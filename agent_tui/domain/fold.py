"""Folding: what a case is, from what the server says and what has been decided here.

``server_case`` reads messages and the server's own word on the conversation. ``effective`` lays the pending
operations over that. Rolling back is folding again without the operation; nothing is ever patched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import (
    HIDDEN,
    Address,
    Answer,
    CaseState,
    Direction,
    Marks,
    Priority,
    RemoteCase,
    Role,
    Visibility,
)
from agent_tui.domain.operations import (
    INVITATION,
    AcceptAnswer,
    Assign,
    Delete,
    Entry,
    MarkRead,
    Moderate,
    OperationState,
    Reply,
    SetCustomer,
    SetPriority,
    SetState,
    Snooze,
    Star,
    Tag,
)

_WITHOUT_NAME = frozenset((Marks.SEEN, Marks.ANSWERED, Marks.FLAGGED, Marks.CLOSED, Marks.SPAM, Marks.FAILED))
ASKS = (OperationState.FAILED, OperationState.UNKNOWN, OperationState.CONFLICT)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What the fold needs to know of one message.

    Args:
        elsewhere: number of the source that has it, 0 where that is the case's own.
    """

    id: int
    direction: Direction
    visibility: Visibility
    role: Role
    automatic: bool
    received_at: int
    marks: frozenset[str]
    marker: str = ""
    elsewhere: int = 0

    @property
    def asks(self) -> bool:
        """A customer's own words: they open a case and start its clock. Peers, bots and systems wait for nobody."""
        return (
            self.direction is Direction.IN
            and self.role in (Role.CUSTOMER, Role.AGENT)  # an agent's own question from another address is one too
            and not self.automatic
            and self.visibility is not Visibility.NOTE
        )

    @property
    def answers(self) -> bool:
        """Our words to the customer: they stop the clock, unless they never arrived."""
        return (
            self.direction is Direction.OUT
            and not self.automatic
            and self.visibility is not Visibility.NOTE
            and Marks.FAILED not in self.marks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A case's state, before or after pending operations.

    Args:
        natural: the state that the messages alone give (new, open or waiting).
        last_asked: id of the newest message a customer wrote, or 0.
        first_reply: True while nobody of ours has ever answered (which promise counts).
        unread_ids: ids of unread incoming messages, ascending.
        local: fields whose value exists only here.
        notice: why the case needs a look.
        present: whether the server has any of it in a folder that is followed.
        deleted: it is in no list.
        answer: how far a public question has been answered.
    """

    state: CaseState
    natural: CaseState
    assignee: str | None
    tags: frozenset[str]
    priority: Priority
    snoozed_until: int | None
    flagged: bool
    unread_ids: tuple[int, ...]
    waiting_since: int | None
    last_asked: int
    first_reply: bool
    customer: Address | None = None
    local: frozenset[str] = frozenset()
    notice: str = ""
    outgoing: int = 0
    present: bool = True
    deleted: bool = False
    answer: Answer = Answer.NONE


def server_case(
    remote: RemoteCase | None,
    messages: Sequence[MessageFacts],
    backlog_before: int | None,
    returned: frozenset[str] = frozenset(),
    others: Mapping[int, RemoteCase] | None = None,
) -> Folded:
    """What the server says a case is.

    Args:
        remote: the server's own word on the conversation, where it has conversations.
        messages: in order of id.
        backlog_before: milliseconds; a case whose newest customer message is older comes in closed, unless
            flagged, so that a first sync is not a wall of overdue cases. None: no such limit.
        returned: markers of messages of ours that a mail system could not deliver: the copy in Sent, and the mark
            on the message that it answered, are no answer.
        others: what other sources say, by their number, where the case has gone on there.
    """
    asked = [m for m in messages if m.asks]
    last_asked = asked[-1] if asked else None
    last_answer = max((m.id for m in messages if m.answers and m.marker not in returned), default=0)
    newest_incoming = last_asked or next((m for m in reversed(messages) if m.direction is Direction.IN), None)
    marks = newest_incoming.marks if newest_incoming else frozenset()
    answered_elsewhere = last_asked is not None and Marks.ANSWERED in last_asked.marks and not returned
    waiting = [m for m in asked if m.id > last_answer] if not answered_elsewhere else []
    flagged = any(Marks.FLAGGED in m.marks for m in messages)
    named = [m for m in messages if not m.marks <= _WITHOUT_NAME]  # most messages have only marks that every mailbox has
    assignee = _newest(named, Marks.ASSIGNEE)
    priority = _newest(named, Marks.PRIORITY)
    tags = frozenset(m.removeprefix(Marks.TAG) for one in named for m in one.marks if m.startswith(Marks.TAG))
    words = {**(others or {}), **({0: remote} if remote is not None else {})}
    for word in words.values():
        assignee = word.assignee or assignee
        tags |= word.tags or frozenset()
        priority = word.priority or priority
    ours = last_answer > 0 or answered_elsewhere
    if not asked:
        natural = CaseState.WAITING if last_answer else CaseState.NEW
    elif waiting:
        natural = CaseState.OPEN if ours or assignee else CaseState.NEW
    else:
        natural = CaseState.WAITING
    state = natural
    stale = (
        backlog_before is not None
        and newest_incoming is not None
        and newest_incoming.received_at < backlog_before
        and not flagged
    )
    decided = words.get(newest_incoming.elsewhere) if newest_incoming else remote
    settled = _settled(decided, marks)
    if settled is None and stale and (decided is None or decided.state is None):
        settled = CaseState.CLOSED
    if settled is not None and not _waits_elsewhere(waiting, newest_incoming, words):
        state = settled
    return Folded(
        state=state,
        natural=natural,
        assignee=assignee or None,
        tags=tags,
        priority=_priority(priority),
        snoozed_until=decided.snoozed_until if decided and state is CaseState.SNOOZED else None,
        flagged=flagged,
        unread_ids=tuple(m.id for m in messages if m.direction is Direction.IN and Marks.SEEN not in m.marks),
        waiting_since=waiting[0].received_at if waiting else None,
        last_asked=last_asked.id if last_asked else 0,
        first_reply=not ours,
        answer=_answer(remote, messages, returned),
    )


def _settled(word: RemoteCase | None, marks: frozenset[str]) -> CaseState | None:
    """What somebody has decided about a conversation at its server, or None: then the messages say what it is."""
    if word is not None and word.state in (CaseState.CLOSED, CaseState.SPAM, CaseState.SNOOZED):
        return word.state
    if Marks.SPAM in marks:
        return CaseState.SPAM
    return CaseState.CLOSED if Marks.CLOSED in marks else None


def _waits_elsewhere(waiting: Sequence[MessageFacts], newest: MessageFacts | None, words: Mapping[int, RemoteCase]) -> bool:
    """Whether the customer waits on a source that the one where they wrote last knows nothing of."""
    last = {one.elsewhere: one for one in waiting if newest is None or one.elsewhere != newest.elsewhere}
    return any(_settled(words.get(number), one.marks) is None for number, one in last.items())


def _answer(remote: RemoteCase | None, messages: Sequence[MessageFacts], returned: frozenset[str]) -> Answer:
    """How far a question that everybody can read is answered: the server's word, and what is here of ours and of peers.

    What we began ourselves is no question, so that our first words there answer none.
    """
    said = remote.answer if remote else Answer.NONE
    if remote is None or not remote.public or said in (Answer.STAFF, Answer.SOLVED):
        return said
    there = [m for m in messages if m.visibility is Visibility.PUBLIC and not m.automatic]
    if not there or not there[0].asks or there[0].role is not Role.CUSTOMER:
        return said
    if any(m.role is Role.AGENT and m.marker not in returned and Marks.FAILED not in m.marks for m in there[1:]):
        return Answer.STAFF
    return Answer.UNVERIFIED if said is Answer.UNVERIFIED or any(m.role is Role.PEER for m in there) else said


def _newest(messages: Sequence[MessageFacts], prefix: str) -> str | None:
    for message in reversed(messages):
        for mark in message.marks:
            if mark.startswith(prefix):
                return mark.removeprefix(prefix)
    return None


def _priority(value: str | Priority | None) -> Priority:
    try:
        return Priority(value) if value else Priority.NORMAL
    except ValueError:
        return Priority.NORMAL


def effective(server: Folded, entries: Iterable[Entry], now: int) -> Folded:
    """Server state with the live operations of a case laid over it, in the order they were made.

    Args:
        entries: live entries of the case, ascending by id.
        now: milliseconds; a snooze that has passed no longer counts.
    """
    folded = server
    stuck: set[int] = set()
    for entry in entries:
        if entry.after in stuck:
            continue  # staged behind a message that did not go out
        if entry.state in ASKS:
            stuck.add(entry.id)
            folded = _troubled(folded, entry)
            if entry.state is not OperationState.UNKNOWN:
                continue
        elif entry.state is OperationState.CANCELLED:
            continue
        folded = _lay(folded, entry, now)
    if folded.deleted and folded.notice:
        folded = replace(folded, deleted=False)  # a message that did not go out is looked at first
    if folded.state is CaseState.SNOOZED and folded.snoozed_until is not None and folded.snoozed_until <= now:
        folded = replace(folded, state=_woken(folded), snoozed_until=None)
    return folded


def _woken(folded: Folded) -> CaseState:
    return CaseState.OPEN if folded.natural is CaseState.WAITING else folded.natural


def _troubled(folded: Folded, entry: Entry) -> Folded:
    words = {
        OperationState.FAILED: "not sent",
        OperationState.UNKNOWN: "perhaps sent",
        OperationState.CONFLICT: "held back",
    }[entry.state]
    back = folded.natural if folded.state is CaseState.WAITING else folded.state
    return replace(folded, notice=f"{entry.kind} {words}", state=back)


def _lay(folded: Folded, entry: Entry, now: int) -> Folded:
    operation = entry.operation
    result = folded
    field = ""
    match operation:
        case Reply():
            outgoing = folded.outgoing + (entry.state not in (OperationState.SENT, OperationState.DONE))
            result = replace(folded, outgoing=outgoing)
            if operation.seen >= folded.last_asked and entry.state is not OperationState.UNKNOWN:
                result = replace(
                    result,
                    natural=CaseState.WAITING,
                    waiting_since=None,
                    state=CaseState.WAITING if folded.state in _FLOWING else folded.state,
                    first_reply=False,
                )
                if operation.visibility is Visibility.PUBLIC and folded.answer in (Answer.NONE, Answer.UNVERIFIED):
                    result = replace(result, answer=Answer.STAFF)
        case SetState(state=CaseState.CLOSED | CaseState.SPAM as state):
            field = "state"
            if operation.seen >= folded.last_asked or state is CaseState.SPAM:
                result = replace(folded, state=state, snoozed_until=None)
        case SetState():
            field = "state"
            natural = folded.natural
            if operation.state is CaseState.OPEN and natural is CaseState.WAITING:
                natural = CaseState.OPEN
            result = replace(folded, state=natural, natural=natural, snoozed_until=None, notice="")
        case Snooze():
            field = "snoozed_until"
            if operation.seen >= folded.last_asked:
                if operation.until > now:
                    result = replace(folded, state=CaseState.SNOOZED, snoozed_until=operation.until)
                elif folded.state is CaseState.SNOOZED or entry.local:
                    result = replace(folded, state=_woken(folded), snoozed_until=None)
        case Assign():
            field = "assignee"
            result = replace(folded, assignee=operation.assignee)
            if operation.assignee and folded.state is CaseState.NEW:
                result = replace(result, state=CaseState.OPEN, natural=CaseState.OPEN)
        case Tag():
            field = "tags"
            result = replace(folded, tags=(folded.tags | set(operation.add)) - set(operation.remove))
        case SetPriority():
            field = "priority"
            result = replace(folded, priority=operation.priority)
        case Star():
            field = "starred"
            result = replace(folded, flagged=operation.starred)
        case AcceptAnswer(accepted=True):
            result = replace(folded, answer=Answer.SOLVED)
        case AcceptAnswer() if folded.answer is Answer.SOLVED:
            result = replace(folded, answer=Answer.UNVERIFIED)  # until the server says whose answers are left
        case Moderate(place=(_, reference)) if reference != INVITATION:
            result = replace(folded, state=CaseState.CLOSED, snoozed_until=None)  # it is decided
        case MarkRead():
            result = _read(folded, operation)
        case SetCustomer():
            field = "customer"
            result = replace(folded, customer=operation.customer)
        case Delete():
            # Once the server has done it, it is deleted for as long as it is not seen there again.
            away = entry.local or entry.state is not OperationState.DONE or not folded.present
            result = replace(folded, deleted=folded.deleted or (away and operation.seen >= folded.last_asked))
        case _:
            pass
    if entry.local and field:
        result = replace(result, local=result.local | {field})
    return result


_FLOWING = (CaseState.NEW, CaseState.OPEN, CaseState.WAITING)


def _read(folded: Folded, operation: MarkRead) -> Folded:
    if operation.read:
        return replace(folded, unread_ids=tuple(i for i in folded.unread_ids if operation.upto and i > operation.upto))
    newest = folded.last_asked or operation.upto
    return replace(folded, unread_ids=folded.unread_ids or ((newest,) if newest else ()))


BUCKETS = {
    CaseState.NEW: 0,
    CaseState.OPEN: 0,
    CaseState.WAITING: 1,
    CaseState.SNOOZED: 2,
    CaseState.CLOSED: 3,
    CaseState.SPAM: 4,
}
NEVER = 1 << 42


def sort_keys(folded: Folded, due_at: int | None, updated_at: int, source_priority: int = 0) -> tuple[int, int, int]:
    """Bucket and two numbers by which an index gives the order of every list.

    The inbox goes by the promise that breaks first, then priority, then who waits longest; nothing but
    ``urgent`` outranks a promise. Snoozed cases go by when they wake, the others by what changed last.
    """
    bucket = HIDDEN if folded.deleted else BUCKETS[folded.state]
    if bucket == 0:
        urgent = 0 if folded.priority is Priority.URGENT else 1
        first = urgent * (NEVER * 2) + (due_at if due_at is not None else NEVER)
        rank = (3 - folded.priority.rank) * 10 + max(0, min(9, 9 - source_priority))
        return bucket, first, rank * NEVER + (folded.waiting_since or updated_at)
    if bucket == BUCKETS[CaseState.SNOOZED]:
        return bucket, folded.snoozed_until or 0, 0
    return bucket, -updated_at, 0
