"""Flags and the post queue: a case of its own for each, which only we see.

A flag has a state (``open``, ``wip``, ``resolved``, ``rejected``), an assignee and notes. A note is known by its time
and author: given again with the same time it takes the place of the first, so a repeated note is one.
"""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from typing import Any

from agent_tui.domain.errors import Conflict, Refused, Unsupported
from agent_tui.domain.model import (
    Author,
    BadItem,
    Batch,
    CaseRef,
    CaseState,
    Direction,
    Marks,
    RemoteCase,
    RemoteMessage,
    Removal,
    Role,
    Visibility,
)
from agent_tui.domain.operations import Assign, Moderate, Note, SetState
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.base import FindAnswer, Found, Receipt
from agent_tui.sources.nodebb import wire
from agent_tui.sources.nodebb.account import WRITE, Account
from agent_tui.sources.nodebb.cursor import Cursor
from agent_tui.sources.nodebb.rendered import text_of

FLAG, QUEUE = "flag-", "queue-"  # before a number: the conversation
QUEUED = "queue"  # the container of what waits
OVER = ("resolved", "rejected")
STATES = {"approve": "resolved", "reject": "rejected", "ignore": "rejected"}


def flag_place(identity: str) -> str:
    """The container of a flag's messages."""
    return f"flag/{identity}"


async def pull(account: Account, state: Cursor) -> AsyncIterator[Batch]:
    """What is new among flags and in the queue. An account that may not see them gets none."""
    async for batch in _flags(account, state):
        yield batch
    waiting = await _queue(account)
    if waiting is not None:
        yield waiting


# -- flags


async def _flags(account: Account, state: Cursor) -> AsyncIterator[Batch]:
    if not account.ours.moderates:
        return
    try:
        raw = await account.get("api/flags")
    except (Forbidden, Missing):
        return
    rows = {str(number(one, "flagId")): one for one in entries(raw, "flags") if number(one, "flagId") > 0}
    changed = [name for name, row in rows.items() if state.flags.get(name) != _row(row)]
    # One that was open and is no longer on the first page may have been settled by a colleague.
    changed += [name for name, was in state.flags.items() if name not in rows and not was.startswith(OVER)]
    for name in changed:
        try:
            flag = await account.get(f"{WRITE}flags/{name}")
        except (Forbidden, Missing):
            state.flags.pop(name, None)
            yield Batch(cursor="", removals=(Removal(flag_place(name), ""),))
            continue
        state.flags[name] = _row(rows.get(name, flag))
        try:
            messages = _messages(flag, name, account)
        except ValueError as error:
            yield Batch(cursor="", bad=(BadItem(name, flag_place(name), str(error)),))
            continue
        here = {ref for ref, _ in account.access.mirror.places(flag_place(name))}
        gone = sorted(here - {one.ref for one in messages})
        yield Batch(
            cursor="", messages=tuple(one for one in messages if one.ref not in here),
            removals=tuple(Removal(flag_place(name), ref) for ref in gone), cases=(_flag_case(flag, name, account),),
        )  # fmt: skip


def _row(row: dict[str, Any]) -> str:
    """What changes whenever a flag does."""
    notes = entries(row, "notes")
    assignee = row.get("assignee")
    return f"{text(row, 'state')} {assignee or ''} {number(row, 'heat') or len(entries(row, 'reports'))} {len(notes) or ''}"


def _messages(flag: Any, name: str, account: Account) -> list[RemoteMessage]:
    created = number(flag, "datetime")
    if created <= 0:
        raise ValueError("the forum gives a flag without time")
    subject = _subject(flag)
    target = entry(flag, "target")
    said = text(target, "content")
    reports = [
        f"{wire.plain(text(one, 'reporter', 'displayname') or text(one, 'reporter', 'username')) or 'somebody'}: "
        f"{clean(html.unescape(text(one, 'value')))}"
        for one in entries(flag, "reports")
    ]
    topic = number(target, "tid")
    parts = ["\n".join(reports), f"In topic {topic}" if topic else "", clean(text_of(said, account.base))]
    words = "\n\n".join(filter(None, parts))
    first = next((wire.plain(text(one, "reporter", "username")) for one in entries(flag, "reports")), "")
    report = Author(first or "the forum", first, Role.SYSTEM)
    found = [_note(name, name, report, at=created, subject=subject, words=words, marks={Marks.REPORTED})]
    for one in entries(flag, "notes"):
        at, uid = number(one, "datetime"), number(one, "uid")
        if at <= 0:
            continue
        user = entry(one, "user")
        author = Author(wire.plain(text(user, "displayname")) or wire.plain(text(user, "username")) or "somebody",
                        wire.plain(text(user, "username")), Role.AGENT)  # fmt: skip
        said = clean(html.unescape(text(one, "content")))
        mark = account.note_markers.get(f"{name}.{at}", "") if uid == account.ours.id else ""
        found.append(_note(name, f"{at}.{uid}", author, at=at, subject=subject, words=said, marks={Marks.SEEN}, marker=mark))
    return found


def _note(
    flag: str, ref: str, author: Author, *, at: int, subject: str, words: str, marks: set[str], marker: str = ""
) -> RemoteMessage:  # fmt: skip
    report = author.role is Role.SYSTEM
    return RemoteMessage(
        ref=ref, container=flag_place(flag), key=f"{FLAG}{flag}.{ref}", conversation=f"{FLAG}{flag}",
        direction=Direction.IN if report else Direction.OUT, visibility=Visibility.NOTE, author=author, received_at=at,
        sent_at=at, subject=subject, text=words, fresh_text=words, marks=frozenset(marks), automatic=report, marker=marker,
    )  # fmt: skip


def _subject(flag: Any) -> str:
    target = entry(flag, "target")
    named = wire.plain(text(target, "titleRaw") or text(target, "title") or text(target, "username"))
    readable = wire.plain(text(flag, "target_readable"))
    return f"Reported: {named or readable or text(flag, 'type') or 'something'}"


def _flag_case(flag: Any, name: str, account: Account) -> RemoteCase:
    stands = text(flag, "state")
    uid = wire.number_of(flag, "assignee")
    assignee = ""
    if uid:
        known = {uid_: user for user, uid_ in account.uids.items()}
        user = account.ours.username if uid == account.ours.id else known.get(uid, str(uid))
        assignee = account.settings.agents.get(user, user)
    return RemoteCase(
        conversation=f"{FLAG}{name}", subject=_subject(flag), state=CaseState.CLOSED if stands in OVER else None,
        assignee=assignee or None, tags=frozenset({"flag", stands} if stands in ("wip", "rejected") else {"flag"}),
    )  # fmt: skip


# -- the queue


async def _queue(account: Account) -> Batch | None:
    if not account.ours.moderates:
        return None
    try:
        raw = await account.get("api/post-queue")
    except (Forbidden, Missing):
        return None
    if not isinstance(entry(raw).get("posts"), list):
        return None
    here = {ref for ref, _ in account.access.mirror.places(QUEUED)}
    messages: list[RemoteMessage] = []
    cases: list[RemoteCase] = []
    bad: list[BadItem] = []
    there: set[str] = set()
    for one in entries(raw, "posts"):
        identity, at = wire.line(text(one, "id")), number(one, "data", "timestamp")
        if number(one, "user", "uid") == account.ours.id:
            continue  # our own is in its case, and cannot be let through by ourselves
        if not identity or at <= 0:
            bad.append(BadItem(identity or "0", QUEUED, "the forum gives what waits without number or time"))
            continue
        there.add(identity)
        if identity in here:
            continue
        topic_title = text(one, "topic", "titleRaw") or text(one, "topic", "title")
        title = wire.plain(text(one, "data", "title") or topic_title)
        subject = f"Waits for approval{': ' + title if title else ''}"
        name = wire.plain(text(one, "user", "username"))
        topic = number(one, "data", "tid")
        words = clean(html.unescape(text(one, "data", "rawContent")) or text_of(text(one, "data", "content"), account.base))
        words = "\n".join((f"Written by {name or 'a guest'}", *((f"In topic {topic}",) if topic else ()), "", words))
        messages.append(RemoteMessage(
            ref=identity, container=QUEUED, key=f"{QUEUE}{identity}", conversation=f"{QUEUE}{identity}", direction=Direction.IN,
            visibility=Visibility.NOTE, author=Author(name or "a guest", name, Role.SYSTEM), received_at=at, sent_at=at,
            subject=subject, text=words, fresh_text=words, automatic=True, marks=frozenset({Marks.QUEUED}),
        ))  # fmt: skip
        cases.append(RemoteCase(conversation=f"{QUEUE}{identity}", subject=subject, tags=frozenset({"review"})))
    pages = number(raw, "pagination", "pageCount", default=1)
    removals = tuple(Removal(QUEUED, ref) for ref in sorted(here - there)) if pages <= 1 else ()
    if not messages and not removals and not bad:
        return None
    return Batch(cursor="", messages=tuple(messages), cases=tuple(cases), removals=removals, bad=tuple(bad))


# -- deciding


def flag_in(case: CaseRef) -> str:
    """The number of the flag that a case is, or an empty text."""
    name = case.conversation.removeprefix(FLAG)
    return name if case.conversation.startswith(FLAG) and name.isdecimal() else ""


async def decide(account: Account, operation: Moderate) -> Receipt:
    """Settle a flag, or let a queued post through or not.

    Raises:
        Refused, Conflict: it is neither, or somebody else was first.
    """
    place, identity = operation.place
    if operation.action not in STATES:
        raise Refused(f"the forum does not know how to {wire.line(operation.action)} this")
    if place == QUEUED:
        if operation.action == "ignore":
            raise Refused("what waits in the queue is approved or rejected; it stays there until then")
        waiting = entries(await account.get("api/post-queue"), "posts")
        if not any(text(one, "id") == identity for one in waiting):
            raise Conflict("it no longer waits: a moderator has decided already")
        await account.change("POST" if operation.action == "approve" else "DELETE", f"{WRITE}posts/queue/{identity}")
        return Receipt()
    name = place.removeprefix("flag/")
    if not place.startswith("flag/") or not name.isdecimal():
        raise Refused("this is nothing that waits for a moderator")
    stands = text(await account.get(f"{WRITE}flags/{name}"), "state")
    if stands in OVER and stands != STATES[operation.action]:
        raise Conflict(f"a moderator has decided already: it is {wire.line(stands)}")
    await account.change("PUT", f"{WRITE}flags/{name}", {"state": STATES[operation.action]})
    return Receipt()


async def set_state(account: Account, operation: SetState, flag: str) -> Receipt:
    """Done is resolved; open again is open."""
    if operation.state is CaseState.SPAM:
        raise Unsupported("a report cannot be filed as spam; reject it")
    wanted = "resolved" if operation.state is CaseState.CLOSED else "open"
    stands = text(await account.get(f"{WRITE}flags/{flag}"), "state")
    if not (wanted == "resolved" and stands in OVER) and stands != wanted:
        await account.change("PUT", f"{WRITE}flags/{flag}", {"state": wanted})
    return Receipt()


async def assign(account: Account, operation: Assign, flag: str) -> Receipt:
    """Give a flag to somebody; one that was open is then being worked on."""
    if operation.assignee is None:
        await account.change("PUT", f"{WRITE}flags/{flag}", {"assignee": ""})
        return Receipt()
    wanted = operation.assignee.lower()
    name = next((user for user, address in account.settings.agents.items() if address == wanted), operation.assignee)
    if wanted in account.access.agent_addresses and wanted not in account.settings.agents.values():
        name = account.settings.username
    body: dict[str, Any] = {"assignee": await account.uid(name)}
    if text(await account.get(f"{WRITE}flags/{flag}"), "state") == "open":
        body["state"] = "wip"
    await account.change("PUT", f"{WRITE}flags/{flag}", body)
    return Receipt()


async def note(account: Account, operation: Note, flag: str) -> Receipt:
    """Add a note to a flag, at a time of ours: the same note given again stays one."""
    account.note_markers[f"{flag}.{operation.created_at}"] = operation.marker
    await account.change("POST", f"{WRITE}flags/{flag}/notes", {"note": operation.text, "datetime": operation.created_at})
    return Receipt(remote_id=f"{FLAG}{flag}.{operation.created_at}.{account.ours.id}")


async def find_note(account: Account, operation: Note, flag: str) -> FindAnswer:
    """Whether a flag bears a note of ours with this time and text."""
    account.note_markers[f"{flag}.{operation.created_at}"] = operation.marker
    notes = entries(await account.get(f"{WRITE}flags/{flag}"), "notes")
    for one in notes:
        if number(one, "uid") == account.ours.id and number(one, "datetime") == operation.created_at:
            return FindAnswer(Found.FOUND, "the report bears the note")
    return FindAnswer(Found.ABSENT, "the report does not bear the note")
