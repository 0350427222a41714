"""Workspaces, stores and messages for tests, with a clock that moves only when told to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from agent_tui.domain.model import (
    Address,
    Author,
    Batch,
    Channel,
    Direction,
    Marks,
    Promise,
    RemoteMessage,
    Role,
    Visibility,
)
from agent_tui.store import connections
from agent_tui.workspace import Agent, SourceSettings, Workspace

NOW = 1_760_000_000_000
HOUR = 3_600_000
SUPPORT = "support@example.com"


@dataclass
class Clock:
    """Milliseconds since the epoch; calling it does not move it."""

    at: int = NOW

    def __call__(self) -> int:
        return self.at

    def tick(self, milliseconds: int) -> None:
        self.at += milliseconds


def opened(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A database of a workspace as this process opens it: by its key, where it has one."""
    return connections.connect(path, connections.key_of(path.parent), mode=mode)


def workspace(path: Path, *names: str, channel: Channel = Channel.EMAIL, **more: object) -> Workspace:
    """A workspace with sources of these names that promise an answer in six hours."""
    path.mkdir(parents=True, exist_ok=True)
    sources = tuple(
        SourceSettings(
            name=name,
            type="demo",
            channel=channel,
            promise=Promise(first_reply=6 * HOUR, next_reply=2 * HOUR),
            options=SimpleNamespace(addresses=(SUPPORT,)),
            **more,  # type: ignore[arg-type]
        )
        for name in names or ("mail",)
    )
    return Workspace(path=path, agent=Agent(name="Asha Rao", email="asha@example.com"), sources=sources)


def mail(
    key: str,
    *,
    answers: Iterable[str] = (),
    ours: bool = False,
    at: int = NOW - HOUR,
    subject: str = "Where is my parcel?",
    text: str = "Hello, where is my parcel?",
    who: str = "rina@customer.example",
    marks: Iterable[str] = (),
    container: str = "INBOX",
    ref: str = "",
    **more: object,
) -> RemoteMessage:
    """An e-mail as a source yields it; ``key`` is its Message-ID."""
    author = Author("Support", SUPPORT, Role.AGENT) if ours else Author(who.partition("@")[0].title(), who, Role.CUSTOMER)
    values: dict[str, object] = {
        "ref": ref or f"1:{abs(hash(key)) % 10**9}",
        "container": container,
        "key": key,
        "marker": key,
        "direction": Direction.OUT if ours else Direction.IN,
        "visibility": Visibility.PRIVATE,
        "author": author,
        "received_at": at,
        "sent_at": at,
        "subject": subject,
        "text": text,
        "fresh_text": text,
        "to": (Address("", who if ours else SUPPORT),),
        "thread_ids": (key, *answers),
        "marks": frozenset(marks) | ({Marks.SEEN} if ours else frozenset()),
    }
    return RemoteMessage(**{**values, **more})  # type: ignore[arg-type]


def batch(*messages: RemoteMessage, cursor: str = "{}", **more: object) -> Batch:
    """A batch of messages."""
    return Batch(cursor=cursor, messages=messages, **more)  # type: ignore[arg-type]
