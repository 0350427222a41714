"""What is done to conversations: one request for each operation, and looking for what may have been done.

Chatwoot knows no idempotency key. Our client reference travels in ``content_attributes`` (any key is stored and
returned there); ``source_id`` would mark the message as an echo of the channel and stop its delivery.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from agent_tui.domain.errors import Conflict, OutcomeUnknown, Refused, SourceError, TryLater, Unsupported
from agent_tui.domain.model import CaseRef, CaseState, Marks, Priority, Visibility
from agent_tui.domain.operations import Assign, MarkRead, Note, Operation, Reply, SetPriority, SetState, Snooze, Tag
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Forbidden, Missing, entry, number, text
from agent_tui.sources.base import Access, FindAnswer, Found, Receipt
from agent_tui.sources.chatwoot import read
from agent_tui.sources.chatwoot.api import BETWEEN, LAST, Api
from agent_tui.sources.chatwoot.liquid import protect
from agent_tui.sources.chatwoot.read import MARKER, SPAM_LABEL, Json

LONGEST = 150_000  # characters of a message (``Message`` in Chatwoot's source)
MOST_FILES = 15
PRIORITIES = {Priority.LOW: "low", Priority.NORMAL: "medium", Priority.HIGH: "high", Priority.URGENT: "urgent"}


async def perform(api: Api, access: Access, operation: Operation, case: CaseRef) -> Receipt:
    """Do it at the server, once.

    Raises:
        Unsupported, Refused, Conflict, TryLater, OutcomeUnknown, AuthenticationError
    """
    if isinstance(operation, Reply | Note):
        return await _write(api, access, operation, case)
    where = f"conversations/{conversation(case)}"
    try:
        return await _manage(api, access, operation, case, where)
    except Missing as error:
        raise Conflict(f"Chatwoot no longer has this conversation ({error})") from None


def conversation(case: CaseRef) -> int:
    """The number of a case's conversation.

    Raises:
        Conflict: it has none.
    """
    if not case.conversation.isdecimal() or len(case.conversation) > 18:
        raise Conflict("Chatwoot has no such conversation")
    return int(case.conversation)


async def _manage(api: Api, access: Access, operation: Operation, case: CaseRef, where: str) -> Receipt:
    match operation:
        case SetState(state=CaseState.CLOSED):
            await api.post(f"{where}/toggle_status", {"status": "resolved"})
        case SetState(state=CaseState.SPAM):
            await _label(api, where, add=(SPAM_LABEL,))
            await api.post(f"{where}/toggle_status", {"status": "resolved"})
        case SetState():
            await _label(api, where, remove=(SPAM_LABEL,))
            await api.post(f"{where}/toggle_status", {"status": "open"})
        case Snooze(until=until) if until <= access.now():
            await api.post(f"{where}/toggle_status", {"status": "open"})
        case Snooze():
            await api.post(f"{where}/toggle_status", {"status": "snoozed", "snoozed_until": operation.until // 1000})
        case Assign():
            agent = await api.agent(operation.assignee) if operation.assignee else None
            await api.post(f"{where}/assignments", {"assignee_id": agent})
        case Tag():
            await _label(api, where, add=operation.add, remove=operation.remove)
        case SetPriority():
            await api.post(f"{where}/toggle_priority", {"priority": PRIORITIES[operation.priority]})
        case MarkRead():
            await api.post(f"{where}/{'update_last_seen' if operation.read else 'unread'}")
            if operation.read:
                return Receipt(marks={place: frozenset({Marks.SEEN}) for place in case.incoming})
        case _:
            raise Unsupported(f"Chatwoot has no '{operation.kind}'; it is kept on this computer")
    return Receipt()


async def _label(api: Api, where: str, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
    """Labels can only be replaced as a whole, so they are read, changed, written and read again.

    Raises:
        TryLater: somebody else wrote in between; nothing of theirs is kept from them by trying again.
    """
    before = await _labels(api, where)
    wanted = [*(one for one in before if one not in remove), *(one for one in add if one not in before)]
    if wanted == before:
        return
    await api.post(f"{where}/labels", {"labels": wanted})
    after = await _labels(api, where)
    if not set(add) <= set(after) or set(remove) & set(after):
        raise TryLater("a colleague changed the labels at the same moment")


async def _labels(api: Api, where: str) -> list[str]:
    found = entry(await api.get(f"{where}/labels")).get("payload")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


# --- messages ------------------------------------------------------------------------------------------------------


async def _write(api: Api, access: Access, operation: Reply | Note, case: CaseRef) -> Receipt:
    note = isinstance(operation, Note)
    files = _files(access.downloads, operation) if isinstance(operation, Reply) else []
    if isinstance(operation, Reply):
        _check(operation)
    content = protect(operation.text)
    if len(content) > LONGEST:
        raise Refused(f"the text has {len(content)} characters and Chatwoot takes {LONGEST}; part it")
    where = conversation(case)
    marker = {MARKER: operation.marker}
    try:
        if files:
            fields = {"content": content, "private": "true" if note else "false", "content_attributes": json.dumps(marker)}
            made = await api.post(f"conversations/{where}/messages", data=fields, files=files)
        else:
            body = {"content": content, "private": note, "message_type": "outgoing", "content_attributes": marker}
            made = await api.post(f"conversations/{where}/messages", body)
    except Missing as error:
        raise Conflict(f"Chatwoot no longer has this conversation ({error})") from None
    except Forbidden:
        raise
    except (Refused, OutcomeUnknown) as error:
        return await _after_trouble(api, operation, case, error)
    return _receipt(entry(made), content, private=note)


def _check(operation: Reply) -> None:
    if operation.visibility is not Visibility.PRIVATE:
        raise Unsupported(f"Chatwoot cannot send a {operation.visibility} message")
    if operation.mode != "reply":
        raise Refused("a conversation in Chatwoot is begun by its customer; write to them by e-mail")
    if operation.cc or operation.bcc:
        raise Refused("Chatwoot answers the customer of the conversation; take out Cc and Bcc")
    if len(operation.attachments) > MOST_FILES:
        raise Refused(f"Chatwoot takes {MOST_FILES} files with a message, not {len(operation.attachments)}")


def _files(folder: Path, operation: Reply) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Attachments as a form carries them. Only what lies in the workspace's own folder can be sent."""
    found = []
    base = folder.resolve()
    for place, name, media_type in operation.attachments:
        path = (base / place).resolve()
        if not path.is_relative_to(base):
            raise Refused(f"the attachment '{name}' is not in the workspace")
        try:
            found.append(("attachments[]", (name, path.read_bytes(), media_type)))
        except OSError as error:
            raise Refused(f"the attachment '{name}' cannot be read: {error.strerror}") from error
    return found


async def _after_trouble(api: Api, operation: Reply | Note, case: CaseRef, error: SourceError) -> Receipt:
    """Chatwoot answers 422 and 500 also for what it has stored: callbacks run after the commit. So look.

    Raises:
        Refused: it is not there, and the server said no.
        OutcomeUnknown: it is not there, and the server may still be at it.
    """
    if isinstance(error, Refused):
        try:
            answer = await find(api, operation, case)
        except SourceError:
            raise OutcomeUnknown(str(error)) from None
        if answer.found is Found.FOUND:
            return Receipt(warning=f"stored, although Chatwoot said: {error}")
        if answer.found is Found.CANNOT_TELL:
            raise OutcomeUnknown(f"{error}; {answer.why}")
    raise error


def _receipt(made: Json, content: str, *, private: bool) -> Receipt:
    identity = number(made, "id")
    if not identity:
        raise OutcomeUnknown("Chatwoot answered without saying which message it made")
    warning = ""
    if private and made.get("private") is not True:
        warning = "Chatwoot did not keep this note private: the customer may have got it"
    elif text(made, "content").strip() != content.strip():
        warning = "Chatwoot changed the text; read what the customer got"
    return Receipt(remote_id=str(identity), warning=warning)


async def find(api: Api, operation: Operation, case: CaseRef) -> FindAnswer:
    """Whether a message with the operation's marker is in the conversation.

    A message that a colleague deleted has lost its marker, and the same words of ours may be there without one (said
    again in Chatwoot's own screen, or a server that keeps no such key): where there is either, nobody can tell.
    """
    marker = operation.marker if isinstance(operation, Reply | Note) else ""
    if not marker:
        return FindAnswer(Found.CANNOT_TELL, "only messages can be looked for")
    answered = operation.answered if isinstance(operation, Reply) else None
    place = read.place(answered[1]) if answered and answered[0] == case.conversation else None
    words = clean(operation.text).strip() if isinstance(operation, Reply | Note) else ""
    erased = same = 0
    try:
        async for one in _downwards(api, conversation(case), place.id if place else 0):
            if entry(one, "content_attributes").get(MARKER) == marker:
                return FindAnswer(Found.FOUND, "Chatwoot has it")
            ours = number(one, "sender", "id") in (0, number(api.me, "id"))
            if one.get("message_type") == read.OUTGOING and ours:
                erased += read.deleted(one)
                same += MARKER not in entry(one, "content_attributes") and clean(text(one, "content")).strip() == words
    except Missing:
        return FindAnswer(Found.CANNOT_TELL, "the conversation is no longer in Chatwoot")
    if same:
        return FindAnswer(Found.CANNOT_TELL, "the same words of ours are there, without our reference")
    if erased:
        return FindAnswer(Found.CANNOT_TELL, "a message of ours was deleted in Chatwoot; it may have been this one")
    return FindAnswer(Found.ABSENT, "Chatwoot never got it")


async def _downwards(api: Api, where: int, low: int) -> AsyncIterator[Json]:
    """Every message from number ``low`` on, in ranges that are certain to be whole; newer ranges first."""
    ranges = [(low, LAST)]
    while ranges:
        start, end = ranges.pop()
        found: list[Any] = await api.between(where, start, end)
        if len(found) < BETWEEN:
            for one in found:
                yield one
            continue
        middle = sorted(number(one, "id") for one in found)[len(found) // 2]
        ranges += [(start, middle), (middle, end)]
