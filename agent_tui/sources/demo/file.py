"""The file that is the demo's servers: tables, change numbers, transactions.

Every change of a row takes the next change number, so "what is new since n" has one answer for everybody.
``born`` is the number under which a message came to its place, ``changed`` that of its last change.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE_NAME = "demo-servers.db"
PUBLIC_SERVICE = "forum"

TABLES = """
create table if not exists meta (key text primary key, value) without rowid;
create table if not exists conversations (
    service text not null, id text not null, subject text not null, name text not null, address text not null,
    language text not null, state text not null, assignee text, tags text not null, priority text,
    snoozed_until integer, solved integer not null, answers text not null, chatty integer not null,
    changed integer not null, primary key (service, id)) without rowid;
create table if not exists messages (
    id integer primary key, service text not null, container text not null, ref text not null,
    born integer not null, changed integer not null, received_at integer not null, conversation text not null,
    marker text not null, direction text not null, marks text not null, damaged integer not null,
    body text not null, unique (service, container, ref));
create index if not exists messages_by_change on messages (service, changed);
create index if not exists messages_by_time on messages (service, received_at, id);
create index if not exists messages_by_marker on messages (marker);
create index if not exists messages_by_conversation on messages (service, conversation);
create table if not exists gone (
    service text not null, changed integer not null, container text not null, ref text not null,
    primary key (service, changed)) without rowid;
create table if not exists attachments (
    message integer not null, part text not null, name text not null, media_type text not null,
    content blob not null, primary key (message, part)) without rowid;
create table if not exists pushes (
    service text not null, reference text not null, attempts integer not null, receipt text,
    primary key (service, reference)) without rowid;
create table if not exists faults (
    id integer primary key, service text not null, step text not null, after integer not null,
    error text not null, words text not null, delay integer not null, remaining integer not null);
create table if not exists schedule (
    id integer primary key, due_at integer not null, service text not null, payload text not null);
create index if not exists schedule_by_time on schedule (due_at);
create table if not exists typing (
    id integer primary key, service text not null, container text not null, name text not null);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attached file as the server keeps it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as the server keeps it, exactly as somebody wrote it: nothing here is cleaned."""

    direction: str
    visibility: str
    name: str
    address: str
    role: str
    text: str
    subject: str = ""
    to: tuple[tuple[str, str], ...] = ()
    cc: tuple[tuple[str, str], ...] = ()
    reply_to: tuple[tuple[str, str], ...] = ()
    marker: str = ""
    message_id: str = ""
    thread: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    automatic: bool = False
    html: bool = False
    warning: str = ""
    report: dict[str, Any] | None = None
    sent_at: int = 0
    marks: frozenset[str] = frozenset()
    damaged: bool = False
    files: tuple[File, ...] = field(default=())


class ServerFile:
    """An open connection to the servers' file. Makes file and tables where they are missing.

    ``synchronous`` is off: the file outlives any process that is killed, and a power cut may take a demo.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.database = sqlite3.connect(path, timeout=10, isolation_level=None)
        self.database.row_factory = sqlite3.Row
        self.database.execute("pragma journal_mode = delete")
        self.database.execute("pragma synchronous = off")
        self._depth = 0
        if not self.database.execute("select 1 from sqlite_master where name = 'typing'").fetchone():
            with self.write():
                for statement in TABLES.split(";\n"):
                    self.database.execute(statement)
                self.database.execute("insert or ignore into meta values ('life', ?)", (secrets.token_hex(4),))

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self.database.close()

    def write(self) -> AbstractContextManager[None]:
        """One transaction; an inner one is part of the outer."""
        return self._transaction("begin immediate")

    def read(self) -> AbstractContextManager[None]:
        """One state of the file for several questions, whatever other processes write meanwhile."""
        return self._transaction("begin")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        if not self._depth:
            self.database.execute(begin)
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if not self._depth:
                self.database.execute("rollback")
            raise
        self._depth -= 1
        if not self._depth:
            self.database.execute("commit")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Everything a query gives."""
        return self.database.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found: sqlite3.Row | None = self.database.execute(sql, values).fetchone()
        return found

    def meta(self, key: str, default: Any = None) -> Any:
        """A single value of the file."""
        row = self.row("select value from meta where key = ?", key)
        return default if row is None else row[0]

    def set_meta(self, key: str, value: Any) -> None:
        """Keep a single value."""
        self.database.execute("insert or replace into meta values (?, ?)", (key, value))

    def count(self, counter: str) -> int:
        """The next number of a counter, from 1."""
        number = int(self.meta(counter, 0)) + 1
        self.set_meta(counter, number)
        return number

    def stamp(self, service: str) -> int:
        """The next change number; notes that this service has changed."""
        number = self.count("changes")
        self.set_meta(f"changed:{service}", number)
        return number

    def newest_change(self, service: str) -> int:
        """Change number of the service's last change, 0 if nothing ever changed."""
        return int(self.meta(f"changed:{service}", 0))

    # conversations

    def conversation(self, service: str, identity: str) -> sqlite3.Row | None:
        """One conversation, or None."""
        return self.row("select * from conversations where service = ? and id = ?", service, identity)

    def add_conversation(
        self, service: str, subject: str, name: str, address: str, *, identity: str = "", language: str = "en"
    ) -> str:
        """Start a conversation; returns its id."""
        if not identity:
            number = self.count(f"conversations:{service}")
            identity = {"chat": f"C{2400 + number}", "forum": f"{700 + number}"}.get(service, f"t{number}")
        self.database.execute(
            "insert into conversations values (?, ?, ?, ?, ?, ?, 'open', null, '[]', null, null, 0, '[]', 0, ?)",
            (service, identity, subject, name, address, language, self.stamp(service)),
        )
        return identity

    def change_conversation(self, service: str, identity: str, **values: Any) -> None:
        """Change columns of a conversation, only where that makes a difference."""
        before = self.conversation(service, identity)
        if before is None or all(before[name] == value for name, value in values.items()):
            return
        names = ", ".join(f"{name} = ?" for name in (*values, "changed"))
        self.database.execute(
            f"update conversations set {names} where service = ? and id = ?",  # noqa: S608 - names are ours
            (*values.values(), self.stamp(service), service, identity),
        )

    # messages

    def add_letter(self, service: str, container: str, conversation: str, letter: Letter, at: int) -> int:
        """File a message that the server receives at ``at``; returns its row number."""
        change = self.stamp(service)
        number = self.count(f"ref:{service}:{container}")
        ref = f"1:{number}" if service == "mailbox" else f"p{self.count(f'posts:{service}')}"
        body = {
            name: getattr(letter, name)
            for name in (
                "visibility", "name", "address", "role", "text", "subject", "to", "cc", "reply_to", "message_id",
                "thread", "headers", "automatic", "html", "warning", "report",
            )
        }  # fmt: skip
        body["sent_at"] = letter.sent_at or at
        body["key"] = letter.message_id if service == "mailbox" else f"{service}:{ref}"
        cursor = self.database.execute(
            "insert into messages (service, container, ref, born, changed, received_at, conversation, marker,"
            " direction, marks, damaged, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                service, container, ref, change, change, at, conversation, letter.marker, letter.direction,
                json.dumps(sorted(letter.marks)), int(letter.damaged), json.dumps(body, ensure_ascii=True),
            ),
        )  # fmt: skip
        row = int(cursor.lastrowid or 0)
        for part, file in enumerate(letter.files, 1):
            self.database.execute(
                "insert into attachments values (?, ?, ?, ?, ?)",
                (row, str(part), file.name, file.media_type, file.content),
            )
        return row

    def message(self, number: int) -> sqlite3.Row:
        """A message by its row number.

        Raises:
            KeyError: there is none.
        """
        row = self.row("select * from messages where id = ?", number)
        if row is None:
            raise KeyError(number)
        return row

    def message_at(self, service: str, container: str, ref: str) -> sqlite3.Row | None:
        """The message at a place, or None."""
        return self.row(
            "select * from messages where service = ? and container = ? and ref = ?", service, container, ref
        )

    def set_marks(self, row: sqlite3.Row, marks: frozenset[str]) -> None:
        """Give a message its whole new set of marks."""
        text = json.dumps(sorted(marks))
        if text != row["marks"]:
            self.database.execute(
                "update messages set marks = ?, changed = ? where id = ?", (text, self.stamp(row["service"]), row["id"])
            )

    def move(self, row: sqlite3.Row, container: str, marks: frozenset[str]) -> tuple[str, str]:
        """Move a message to another container; returns its new place. The old one is announced as gone."""
        service = row["service"]
        ref = f"1:{self.count(f'ref:{service}:{container}')}"
        change = self.stamp(service)
        self.database.execute(
            "update messages set container = ?, ref = ?, born = ?, changed = ?, marks = ? where id = ?",
            (container, ref, change, change, json.dumps(sorted(marks)), row["id"]),
        )
        self._announce_gone(service, row["container"], row["ref"])
        return container, ref

    def erase(self, row: sqlite3.Row) -> None:
        """Take a message away for good."""
        self.database.execute("delete from attachments where message = ?", (row["id"],))
        self.database.execute("delete from messages where id = ?", (row["id"],))
        self._announce_gone(row["service"], row["container"], row["ref"])

    def _announce_gone(self, service: str, container: str, ref: str) -> None:
        self.database.execute(
            "insert into gone values (?, ?, ?, ?)", (service, self.stamp(service), container, ref)
        )


def marks_of(row: sqlite3.Row) -> frozenset[str]:
    """The marks of a message row."""
    return frozenset(json.loads(row["marks"]))


def body_of(row: sqlite3.Row) -> dict[str, Any]:
    """Everything of a message that is not searched for."""
    body: dict[str, Any] = json.loads(row["body"])
    return body
