"""Answering "what is new since": change numbers first, then what is older than the first pull began with."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from agent_tui.domain.model import (
    Address,
    Answer,
    Attachment,
    Author,
    BadItem,
    Batch,
    CaseState,
    DeliveryReport,
    Direction,
    MarkChange,
    Priority,
    RemoteCase,
    RemoteMessage,
    Removal,
    Role,
    Visibility,
)
from agent_tui.domain.quotes import fresh
from agent_tui.domain.text import clean
from agent_tui.sources.demo.file import ServerFile, body_of, marks_of
from agent_tui.sources.demo.services import BIN

BATCH = 100
OUT_OF_SIGHT = BIN


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far somebody has read.

    Args:
        life: of the file; another one means that the servers were made anew.
        change: everything up to this change number is known.
        before: ``(received_at, row)`` of the oldest message read so far, while old ones are still to come.
    """

    life: str = ""
    change: int = 0
    before: tuple[int, int] | None = None

    def dump(self) -> str:
        """As opaque text."""
        kept: dict[str, Any] = {"life": self.life, "change": self.change}
        if self.before:
            kept["before"] = self.before
        return json.dumps(kept)

    @classmethod
    def load(cls, text: str) -> Cursor:
        """What ``dump`` wrote; anything else is the beginning."""
        try:
            raw = json.loads(text)
            before = raw.get("before")
            return cls(str(raw["life"]), int(raw["change"]), (int(before[0]), int(before[1])) if before else None)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            return cls()


NEWEST = (1 << 62, 1 << 62)


def next_batch(file: ServerFile, service: str, text: str, limit: int) -> Batch:
    """The batch that follows a cursor; an empty one with the same end where nothing is new.

    Args:
        limit: at most this many messages.
    """
    cursor = Cursor.load(text)
    removals: tuple[Removal, ...] = ()
    life = str(file.meta("life"))
    if cursor.life != life:
        if cursor.life:
            rows = file.rows("select distinct container from messages where service = ?", service)
            removals = tuple(Removal(row[0], "") for row in rows)
        cursor = Cursor(life, file.newest_change(service), NEWEST)
    if cursor.change < file.newest_change(service):
        return _changes(file, service, cursor, limit)
    if cursor.before:
        return _older(file, service, cursor, limit, removals=removals)
    return Batch(cursor=cursor.dump())


def _changes(file: ServerFile, service: str, cursor: Cursor, limit: int) -> Batch:
    """Messages come under the number of their birth until that is known, then under that of their last change."""
    since = cursor.change
    rows = file.rows(
        "select *, case when born > ? then born else changed end as place from messages"
        " where service = ? and changed > ? order by place limit ?",
        since, service, since, limit + 1,
    )  # fmt: skip
    gone = file.rows(
        "select * from gone where service = ? and changed > ? order by changed limit ?", service, since, limit + 1
    )
    touched = file.rows(
        "select id, changed from conversations where service = ? and changed > ? order by changed limit ?",
        service, since, limit + 1,
    )  # fmt: skip
    places = sorted([r["place"] for r in rows] + [r["changed"] for r in (*gone, *touched)])
    more = len(places) > limit
    until = places[limit - 1] if more else max(places[-1], file.newest_change(service))
    taken = [r for r in rows if r["place"] <= until and r["container"] != OUT_OF_SIGHT]
    full = [r for r in taken if r["born"] > since]
    names = {r["id"] for r in touched if r["changed"] <= until} | {r["conversation"] for r in full}
    return Batch(
        cursor=Cursor(cursor.life, until, cursor.before).dump(),
        removals=tuple(Removal(r["container"], r["ref"]) for r in gone if r["changed"] <= until),
        marks=tuple(MarkChange(r["container"], r["ref"], _cleaned(marks_of(r))) for r in taken if r["born"] <= since),
        more=more or cursor.before is not None,
        **_contents(file, service, full, names),
    )


def _older(file: ServerFile, service: str, cursor: Cursor, limit: int, *, removals: tuple[Removal, ...]) -> Batch:
    before = cursor.before or NEWEST
    rows = file.rows(
        "select * from messages where service = ? and container != ? and (received_at, id) < (?, ?)"
        " order by received_at desc, id desc limit ?",
        service, OUT_OF_SIGHT, *before, limit + 1,
    )  # fmt: skip
    more = len(rows) > limit
    rows = rows[:limit]
    last = (rows[-1]["received_at"], rows[-1]["id"]) if more else None
    total = file.row("select count(*) from messages where service = ? and container != ?", service, OUT_OF_SIGHT)
    known = file.row(
        "select count(*) from messages where service = ? and container != ? and (received_at, id) >= (?, ?)",
        service, OUT_OF_SIGHT, *(last or (0, 0)),
    )  # fmt: skip
    return Batch(
        cursor=Cursor(cursor.life, cursor.change, last).dump(),
        removals=removals,
        done=known[0] if known else 0,
        total=total[0] if total else 0,
        more=more,
        backfill=True,
        **_contents(file, service, rows, {row["conversation"] for row in rows}),
    )


def _contents(file: ServerFile, service: str, rows: list[sqlite3.Row], names: set[str]) -> dict[str, Any]:
    messages = tuple(message(file, row) for row in rows if not row["damaged"])
    bad = tuple(
        BadItem(row["ref"], row["container"], "the server keeps it damaged: its text cannot be read")
        for row in rows
        if row["damaged"]
    )
    found = [] if service == "mailbox" else [file.conversation(service, name) for name in sorted(names)]
    return {"messages": messages, "bad": bad, "cases": tuple(case(file, row) for row in found if row is not None)}


def message(file: ServerFile, row: sqlite3.Row) -> RemoteMessage:
    """A stored message as the world outside sees it, every string cleaned."""
    body = body_of(row)
    service = row["service"]
    mail = service == "mailbox"
    text = clean(body["text"])
    files = file.rows(
        "select part, name, media_type, length(content) as size from attachments where message = ? order by part",
        row["id"],
    )
    own = row["direction"] == "out"
    return RemoteMessage(
        ref=row["ref"],
        container=row["container"],
        key=_line(body["key"]),
        conversation="" if mail else row["conversation"],
        thread_ids=tuple(_line(one) for one in body["thread"]) if mail else (),
        marker=_line(row["marker"]) if mail or own else "",
        direction=Direction(row["direction"]),
        visibility=Visibility(body["visibility"]),
        author=Author(_line(body["name"]), _line(body["address"]), Role(body["role"])),
        received_at=row["received_at"],
        sent_at=body["sent_at"],
        subject=_line(body["subject"]),
        text=text,
        fresh_text=fresh(text) if mail else text,
        to=_addresses(body["to"]),
        cc=_addresses(body["cc"]),
        reply_to=_addresses(body["reply_to"]),
        marks=_cleaned(marks_of(row)),
        attachments=tuple(
            Attachment(name=_file_name(f["name"]), media_type=_line(f["media_type"]), size=f["size"], part=f["part"])
            for f in files
        ),
        headers=tuple((_line(name), _line(value)) for name, value in body["headers"]),
        automatic=bool(body["automatic"]),
        html=bool(body["html"]),
        warning=_line(body["warning"]),
        size=len(body["text"].encode("utf-8", "surrogatepass")) + sum(f["size"] for f in files),
        report=_report(body["report"]),
    )


def case(file: ServerFile, row: sqlite3.Row) -> RemoteCase:
    """A stored conversation as the world outside sees it."""
    service = row["service"]
    return RemoteCase(
        conversation=row["id"],
        subject=_line(row["subject"]),
        state=CaseState(row["state"]),
        assignee=_line(row["assignee"] or ""),
        tags=frozenset(_line(tag) for tag in json.loads(row["tags"])),
        priority=Priority(row["priority"]) if row["priority"] else None,
        snoozed_until=row["snoozed_until"],
        public=service == "forum",
        answer=_answer(file, row) if service == "forum" else Answer.NONE,
    )


def _answer(file: ServerFile, row: sqlite3.Row) -> Answer:
    if row["solved"]:
        return Answer.SOLVED
    posts = file.rows("select body from messages where service = ? and conversation = ?", row["service"], row["id"])
    bodies = [json.loads(post[0]) for post in posts]
    roles = {body["role"] for body in bodies if body["visibility"] == "public"}
    if "agent" in roles:
        return Answer.STAFF
    return Answer.UNVERIFIED if "peer" in roles else Answer.NONE


def _report(raw: dict[str, Any] | None) -> DeliveryReport | None:
    if not raw:
        return None
    recipients = tuple(_line(one) for one in raw["recipients"])
    return DeliveryReport(_line(raw["marker"]), recipients, bool(raw["failed"]), clean(raw["words"]))


def _line(text: str) -> str:
    return clean(text, multiline=False).strip()


def _file_name(text: str) -> str:
    return _line(text.replace("\\", "/").rsplit("/", 1)[-1]) or "unnamed"


def _cleaned(marks: frozenset[str]) -> frozenset[str]:
    return frozenset(_line(mark) for mark in marks)


def _addresses(pairs: list[list[str]]) -> tuple[Address, ...]:
    return tuple(Address(_line(name), _line(address)) for name, address in pairs)
