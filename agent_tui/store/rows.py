"""Between rows and domain values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from agent_tui.domain.model import (
    Address,
    Answer,
    Attachment,
    Author,
    CaseState,
    Channel,
    Direction,
    Marks,
    Message,
    MessageState,
    Priority,
    RemoteCase,
    Role,
    Visibility,
)
from agent_tui.store.case_rows import split as split  # noqa: PLC0414 - given on

MESSAGE_COLUMNS = (
    "id, case_id, source_id, key, marker, direction, visibility, role, author_name, author_address, received_at, "
    "sent_at, subject, recipients, attachments, marks, automatic, complete, html, warning, size"
)

_DIRECTIONS = {d.value: d for d in Direction}
_VISIBILITIES = {v.value: v for v in Visibility}
_ROLES = {r.value: r for r in Role}


dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Any value as JSON, as it is stored."""


def join(values: Iterable[str]) -> str:
    """A set of marks or tags as one text; none of them holds a line break."""
    return "\n".join(sorted(values))


def recipients(to: tuple[Address, ...], cc: tuple[Address, ...], reply_to: tuple[Address, ...]) -> str:
    """To, Cc and Reply-To as stored; empty where there are none."""
    if not (to or cc or reply_to):
        return ""
    return f"[{','.join([_people(one) if one else '[]' for one in (to, cc, reply_to)])}]"


@lru_cache(maxsize=512)  # nearly everybody writes to the same few addresses
def _people(people: tuple[Address, ...]) -> str:
    return dump([[one.name, one.address] for one in people])


@lru_cache(maxsize=512)  # those of a long case write to the same few
def addresses(stored: str) -> tuple[tuple[Address, ...], ...]:
    """The three lists that ``recipients`` stored."""
    if not stored:
        return (), (), ()
    return tuple(tuple(Address(n, a) for n, a in one) for one in json.loads(stored))


def attachments(values: Iterable[Attachment]) -> str:
    """Attachments as stored, without their cached digests."""
    listed = [[a.name, a.media_type, a.size, a.part, int(a.inline)] for a in values]
    return dump(listed) if listed else ""


def read_attachments(stored: str, digests: dict[str, str]) -> tuple[Attachment, ...]:
    """Attachments with the digests of those that are cached, by part."""
    if not stored:
        return ()
    return tuple(
        Attachment(name=n, media_type=t, size=s, part=p, digest=digests.get(p, ""), inline=bool(i))
        for n, t, s, p, i in json.loads(stored)
    )


def message(
    row: sqlite3.Row | tuple[Any, ...],
    source: str,
    channel: Channel,
    *,
    text: str = "",
    fresh: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    digests: dict[str, str] | None = None,
    remote_id: str = "",
) -> Message:
    """A message from a row of ``MESSAGE_COLUMNS`` and its body."""
    to, cc, reply_to = addresses(row[13])
    direction = _DIRECTIONS[row[5]]
    marks = split(row[15])
    sent = MessageState.FAILED if Marks.FAILED in marks else MessageState.SENT
    return Message(
        id=row[0],
        case=row[1],
        source=source,
        remote_id=remote_id,
        key=row[3],
        marker=row[4],
        direction=direction,
        visibility=_VISIBILITIES[row[6]],
        author=Author(row[8], row[9], _ROLES[row[7]]),
        received_at=row[10],
        sent_at=row[11],
        subject=row[12],
        to=to,
        cc=cc,
        reply_to=reply_to,
        channel=channel,
        text=text,
        fresh_text=fresh,
        attachments=read_attachments(row[14], digests or {}),
        state=MessageState.RECEIVED if direction is Direction.IN else sent,
        unread=direction is Direction.IN and Marks.SEEN not in marks,
        solution=Marks.SOLUTION in marks,
        automatic=bool(row[16]),
        complete=bool(row[17]),
        html=bool(row[18]),
        warning=row[19],
        size=row[20],
        headers=headers,
    )


def remote_case(stored: str) -> RemoteCase | None:
    """The server's word on a conversation, as stored."""
    if not stored:
        return None
    raw = json.loads(stored)
    return RemoteCase(
        conversation=raw["conversation"],
        subject=raw["subject"],
        state=CaseState(raw["state"]) if raw["state"] else None,
        assignee=raw["assignee"],
        tags=frozenset(raw["tags"]) if raw["tags"] is not None else None,
        priority=Priority(raw["priority"]) if raw["priority"] else None,
        snoozed_until=raw["snoozed_until"],
        public=raw["public"],
        answer=Answer(raw["answer"]),
    )


def store_remote_case(value: RemoteCase) -> str:
    """``RemoteCase`` as stored."""
    return json.dumps(
        {
            "conversation": value.conversation,
            "subject": value.subject,
            "state": value.state,
            "assignee": value.assignee,
            "tags": sorted(value.tags) if value.tags is not None else None,
            "priority": value.priority,
            "snoozed_until": value.snoozed_until,
            "public": value.public,
            "answer": value.answer,
        },
        ensure_ascii=False,
    )
