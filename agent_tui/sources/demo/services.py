"""What the three services can do, and doing it: the part of the demo that behaves like a server."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from agent_tui.domain.capabilities import Capabilities, Finding
from agent_tui.domain.errors import Conflict, Refused, Unsupported
from agent_tui.domain.model import Address, CaseRef, CaseState, Channel, Marks, Visibility
from agent_tui.domain.operations import (
    AcceptAnswer,
    Assign,
    Delete,
    MarkRead,
    Note,
    Operation,
    Reply,
    SetPriority,
    SetState,
    Snooze,
    Star,
    Tag,
)
from agent_tui.sources.base import Receipt
from agent_tui.sources.demo.file import File, Letter, ServerFile, body_of, marks_of

INBOX, SENT, JUNK, BIN = "INBOX", "Sent", "Junk", "Trash"
FORUM_CATEGORY = "help"
DAY_MS = 86_400_000
REFUSED_LOCAL_PART = "refused"
BOUNCING_DOMAIN = ".invalid"
BOUNCE_AFTER_MS = 8_000

CAPABILITIES = {
    "mailbox": Capabilities(
        channel=Channel.EMAIL,
        operations=frozenset({"reply", "state", "tag", "assign", "priority", "read", "star", "delete"}),
        live=True,
        find=Finding.WHERE_FILED,
        visibilities=frozenset({Visibility.PRIVATE}),
        attachments=True,
        attachment_limit=25_000_000,
        subject=True,
        recipients=True,
        limits=("notes and snoozing stay on this computer", "the same message given twice is delivered twice"),
    ),
    "chat": Capabilities(
        channel=Channel.CHAT,
        operations=frozenset({"reply", "note", "state", "assign", "tag", "priority", "snooze", "read"}),
        live=True,
        find=Finding.EXACT,
        visibilities=frozenset({Visibility.PRIVATE, Visibility.NOTE}),
        idempotency_ms=DAY_MS,
        attachments=True,
        attachment_limit=10_000_000,
        typing=True,
        limits=("only a customer can begin a chat",),
    ),
    "forum": Capabilities(
        channel=Channel.COMMUNITY,
        operations=frozenset({"reply", "note", "state", "assign", "tag", "read", "solution"}),
        live=True,
        find=Finding.EXACT,
        visibilities=frozenset({Visibility.PUBLIC, Visibility.NOTE}),
        idempotency_ms=7 * DAY_MS,
        attachments=True,
        attachment_limit=4_000_000,
        limits=("posts are read by everybody", "priority and snoozing stay on this computer"),
    ),
}
NAMES = {"mailbox": "Demo mailbox", "chat": "Demo live chat", "forum": "Demo forum"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One operation to perform.

    Args:
        read: the bytes of an attachment, by its path below the workspace's attachments.
        answered: called with a conversation's id when something was said to its customer.
    """

    file: ServerFile
    service: str
    case: CaseRef
    now: int
    read: Callable[[str], bytes]
    answered: Callable[[str], None]


def perform(operation: Operation, work: Work) -> Receipt:
    """Do it at the server, inside the caller's transaction.

    Raises:
        Unsupported: the service never could.
        Refused, Conflict: not this one.
    """
    if not CAPABILITIES[work.service].carries(operation.kind):
        raise Unsupported(f"{NAMES[work.service]} has no '{operation.kind}'; it is kept on this computer")
    if isinstance(operation, Reply):
        _check_reply(operation, work)
        return _mail(operation, work) if work.service == "mailbox" else _post(operation, work)
    if work.service == "mailbox":
        return _mark(operation, work)
    return _manage(operation, work)


def _check_reply(operation: Reply, work: Work) -> None:
    allowed = CAPABILITIES[work.service].visibilities - {Visibility.NOTE}
    if operation.visibility not in allowed:
        raise Unsupported(f"{NAMES[work.service]} cannot send a {operation.visibility} message")
    if work.service == "mailbox" and not (operation.to or operation.cc or operation.bcc):
        raise Refused("554 5.5.1 no valid recipients")
    if work.service != "mailbox" and operation.mode in ("new", "move"):
        raise Refused(f"{NAMES[work.service]} cannot begin a conversation; write to the customer by e-mail")


def _files(operation: Reply, work: Work) -> tuple[File, ...]:
    limit = CAPABILITIES[work.service].attachment_limit
    files = tuple(
        File(name=name, media_type=media_type, content=work.read(path))
        for path, name, media_type in operation.attachments
    )
    if sum(len(file.content) for file in files) > limit:
        raise Refused(f"552 5.3.4 message size exceeds the limit of {limit // 1_000_000} MB")
    return files


def _mail(operation: Reply, work: Work) -> Receipt:
    people = (*operation.to, *operation.cc, *operation.bcc)
    refused = tuple(one.address for one in people if one.address.split("@")[0].casefold() == REFUSED_LOCAL_PART)
    if len(refused) == len(people):
        raise Refused(f"550 5.1.1 <{refused[0]}>: no such user here", recipients=refused)
    conversation = _mail_conversation(operation, work)
    letter = Letter(
        direction="out",
        visibility=str(operation.visibility),
        name=operation.sender.name,
        address=operation.sender.address,
        role="agent",
        text=operation.text,
        subject=operation.subject,
        to=_pairs(operation.to),
        cc=_pairs(operation.cc),
        marker=operation.marker,
        message_id=operation.marker,
        thread=(operation.marker, *_ancestors(operation)),
        sent_at=operation.created_at,
        html=operation.html,
        marks=frozenset({Marks.SEEN}),
        files=_files(operation, work),
    )
    work.file.add_letter("mailbox", SENT, conversation, letter, work.now)
    changed = {}
    if operation.answered:
        row = work.file.message_at("mailbox", *operation.answered)
        if row is not None:
            work.file.set_marks(row, marks_of(row) | {Marks.ANSWERED})
            changed[operation.answered] = marks_of(row) | {Marks.ANSWERED}
    for one in people:
        if one.address.casefold().endswith(BOUNCING_DOMAIN):
            payload = {
                "kind": "bounce", "conversation": conversation, "marker": operation.marker, "address": one.address,
                "subject": operation.subject, "to": [operation.sender.name, operation.sender.address],
            }  # fmt: skip
            plan(work.file, work.now + BOUNCE_AFTER_MS, "mailbox", payload)
    work.answered(conversation)
    warning = f"550 5.1.1 {', '.join(refused)}: no such user here; the others were accepted" if refused else ""
    return Receipt(remote_id=operation.marker, marks=changed or None, warning=warning)


def plan(file: ServerFile, due_at: int, service: str, payload: Mapping[str, object]) -> None:
    """Put something on the servers' own time-table."""
    file.database.execute(
        "insert into schedule (due_at, service, payload) values (?, ?, ?)",
        (due_at, service, json.dumps(payload, ensure_ascii=True)),
    )


def _mail_conversation(operation: Reply, work: Work) -> str:
    for known in _ancestors(operation):
        row = work.file.row("select conversation from messages where service = 'mailbox' and marker = ?", known)
        if row is not None:
            return str(row[0])
    first = operation.to[0] if operation.to else Address()
    return work.file.add_conversation("mailbox", operation.subject, first.name, first.address)


def _ancestors(operation: Reply) -> tuple[str, ...]:
    nearest_first = (operation.in_reply_to, *reversed(operation.references))
    return tuple(dict.fromkeys(one for one in nearest_first if one))


def _pairs(addresses: Iterable[Address]) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.address) for one in addresses)


def _post(operation: Reply | Note, work: Work) -> Receipt:
    conversation = _conversation(work)
    note = isinstance(operation, Note)
    author = operation.author if isinstance(operation, Note) else operation.sender
    letter = Letter(
        direction="out",
        visibility=str(Visibility.NOTE if isinstance(operation, Note) else operation.visibility),
        name=author.name,
        address=author.address,
        role="agent",
        text=operation.text,
        marker=operation.marker,
        sent_at=operation.created_at,
        marks=frozenset({Marks.SEEN}),
        files=_files(operation, work) if isinstance(operation, Reply) else (),
    )
    number = work.file.add_letter(
        work.service, container_for(work.service, conversation["id"]), conversation["id"], letter, work.now
    )
    if not note:
        work.answered(conversation["id"])
    return Receipt(remote_id=str(body_of(work.file.message(number))["key"]))


def container_for(service: str, conversation: str) -> str:
    """Where new messages of a conversation go: its own room in a chat, the category in the forum."""
    return {"chat": conversation, "forum": FORUM_CATEGORY}.get(service, INBOX)


def _conversation(work: Work) -> sqlite3.Row:
    row = work.file.conversation(work.service, work.case.conversation)
    if row is None:
        raise Conflict(f"{NAMES[work.service]} no longer has this conversation")
    return row


def _manage(operation: Operation, work: Work) -> Receipt:
    conversation = _conversation(work)
    file, service, identity = work.file, work.service, conversation["id"]
    match operation:
        case Note():
            return _post(operation, work)
        case SetState():
            kept = {CaseState.CLOSED: "closed", CaseState.SPAM: "spam"}.get(operation.state, "open")
            file.change_conversation(service, identity, state=kept, snoozed_until=None)
        case Snooze():
            if operation.until <= work.now:
                file.change_conversation(service, identity, state="open", snoozed_until=None)
            else:
                file.change_conversation(service, identity, state="snoozed", snoozed_until=operation.until)
        case Assign():
            file.change_conversation(service, identity, assignee=operation.assignee)
        case Tag():
            tags = (set(json.loads(conversation["tags"])) | set(operation.add)) - set(operation.remove)
            file.change_conversation(service, identity, tags=json.dumps(sorted(tags)))
        case SetPriority():
            file.change_conversation(service, identity, priority=str(operation.priority))
        case MarkRead():
            return Receipt(marks=_change(work, _read_places(operation, work), _seen(operation)))
        case AcceptAnswer():
            file.change_conversation(service, identity, solved=int(operation.accepted))
            others = tuple(place for place in work.case.places if place != operation.place)
            marks = _change(work, others, _without(Marks.SOLUTION))
            change = _with(Marks.SOLUTION) if operation.accepted else _without(Marks.SOLUTION)
            return Receipt(marks=marks | _change(work, (operation.place,), change))
        case _:
            raise Unsupported(f"{NAMES[service]} has no '{operation.kind}'")
    return Receipt()


Change = Callable[[frozenset[str]], frozenset[str]]


def _change(work: Work, places: Iterable[tuple[str, str]], change: Change) -> dict[tuple[str, str], frozenset[str]]:
    result = {}
    for place in places:
        row = work.file.message_at(work.service, *place)
        if row is not None:
            after = change(marks_of(row))
            work.file.set_marks(row, after)
            result[place] = after
    return result


def _read_places(operation: MarkRead, work: Work) -> tuple[tuple[str, str], ...]:
    return operation.places or work.case.places


def _seen(operation: MarkRead) -> Change:
    return _with(Marks.SEEN) if operation.read else _without(Marks.SEEN)


def _with(*marks: str) -> Change:
    return lambda before: before | set(marks)


def _without(*prefixes: str) -> Change:
    return lambda before: frozenset(m for m in before if not m.startswith(prefixes))


def _replacing(prefix: str, mark: str) -> Change:
    return lambda before: _without(prefix)(before) | ({mark} if mark else set())


def _mark(operation: Operation, work: Work) -> Receipt:
    """A mailbox has no conversations: what a case is given is written on its messages."""
    incoming = work.case.incoming or work.case.places
    if not any(work.file.message_at("mailbox", *place) for place in work.case.places):
        raise Conflict("the mailbox no longer has these messages")
    match operation:
        case SetState(state=CaseState.SPAM):
            return _move(work, incoming, JUNK, _replacing(Marks.CLOSED, Marks.SPAM))
        case SetState(state=CaseState.CLOSED):
            return Receipt(marks=_change(work, incoming, _with(Marks.CLOSED)))
        case SetState():
            junk = tuple(place for place in work.case.places if place[0] == JUNK)
            if junk:
                return _move(work, junk, INBOX, _without(Marks.SPAM, Marks.CLOSED))
            return Receipt(marks=_change(work, work.case.places, _without(Marks.CLOSED)))
        case Tag():
            added = tuple(f"{Marks.TAG}{tag}" for tag in operation.add)
            changed = _change(work, incoming, _with(*added)) if added else {}
            removed = {f"{Marks.TAG}{tag}" for tag in operation.remove}
            if removed:
                changed |= _change(work, work.case.places, lambda before: before - removed)
            return Receipt(marks=changed)
        case Assign():
            mark = f"{Marks.ASSIGNEE}{operation.assignee}" if operation.assignee else ""
            return Receipt(marks=_on_newest(work, incoming, Marks.ASSIGNEE, mark))
        case SetPriority():
            return Receipt(marks=_on_newest(work, incoming, Marks.PRIORITY, f"{Marks.PRIORITY}{operation.priority}"))
        case MarkRead():
            return Receipt(marks=_change(work, _read_places(operation, work), _seen(operation)))
        case Star(starred=True):
            return Receipt(marks=_change(work, incoming[-1:], _with(Marks.FLAGGED)))
        case Star():
            return Receipt(marks=_change(work, work.case.places, _without(Marks.FLAGGED)))
        case Delete():
            _move(work, work.case.places, BIN, _with())
            return Receipt()
        case _:
            raise Unsupported(f"{NAMES['mailbox']} has no '{operation.kind}'")


def _on_newest(
    work: Work, incoming: tuple[tuple[str, str], ...], prefix: str, mark: str
) -> dict[tuple[str, str], frozenset[str]]:
    changed = _change(work, work.case.places, _without(prefix))
    return changed | _change(work, incoming[-1:], _replacing(prefix, mark))


def _move(work: Work, places: Iterable[tuple[str, str]], folder: str, change: Change) -> Receipt:
    moved, marks = {}, {}
    for place in places:
        row = work.file.message_at("mailbox", *place)
        if row is None or place[0] == folder:
            continue
        after = change(marks_of(row))
        moved[place] = work.file.move(row, folder, after)
        marks[moved[place]] = after
    return Receipt(moved=moved, marks=marks)
