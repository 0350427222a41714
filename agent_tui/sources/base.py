"""The Source protocol: how one account on one service is read and written.

Rules that every source keeps, and ``tests/contract`` checks:

* cursors are opaque JSON text, and pulling again from any batch's cursor gives the same end state;
* ``key`` and ``ref`` are stable; one bad item becomes a ``BadItem``, never a dead batch;
* an operation that ``info.capabilities`` does not name is refused with ``Unsupported``, without traffic;
* nothing is retried inside a source except reads; errors are those of ``domain.errors`` and nothing else;
* every string from outside has been through ``domain.text.clean``;
* secrets come from ``Access.secret`` when they are needed and are never kept in ``repr`` or errors.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from agent_tui.domain.capabilities import Capabilities
from agent_tui.domain.help_centre import HelpArticle
from agent_tui.domain.model import Batch, CaseRef, RemoteMessage
from agent_tui.domain.operations import Operation


class Found(StrEnum):
    """The answers of ``find``. ``in_review``: the server has it and keeps it back until a moderator looks."""

    FOUND = "found"
    IN_REVIEW = "in_review"
    ABSENT = "absent"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class FindAnswer:
    """What ``find`` learnt. ``why`` is for the agent, in plain words."""

    found: Found
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What a source says of itself after ``open``.

    Args:
        server: what answered, as the server calls itself.
        account: who we are there.
    """

    capabilities: Capabilities
    server: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The server has done it.

    Args:
        remote_id: of the message made, where there is one.
        moved: ``(container, ref) -> (container, ref)`` of messages that this moved.
        marks: ``(container, ref) -> marks`` that they now have, where known.
        in_review: the server keeps it back until a moderator looks.
        warning: done, but the agent should know this (one recipient of several refused).
    """

    remote_id: str = ""
    moved: Mapping[tuple[str, str], tuple[str, str]] | None = None
    marks: Mapping[tuple[str, str], frozenset[str]] | None = None
    in_review: bool = False
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something may have changed: pull. ``container`` says where, empty means anywhere."""

    container: str = ""
    typing: str = ""  # who is typing, where this is what the hint is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What ``fetch`` brought.

    Args:
        messages: complete messages, for refs asked for whole.
        parts: ``(container, ref, part) -> path`` of files written below ``Access.downloads``.
        missing: refs that the server no longer has.
    """

    messages: tuple[RemoteMessage, ...] = ()
    parts: Mapping[tuple[str, str, str], Path] | None = None
    missing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Want:
    """One thing to fetch: a whole message, or with ``part`` one attachment of it."""

    container: str
    ref: str
    part: str = ""


class Mirror(Protocol):
    """What is already here of this source, for sources that must compare (IMAP's removals and flags)."""

    def places(self, container: str) -> Iterable[tuple[str, frozenset[str]]]:
        """``(ref, marks)`` of everything stored from the container, in no order."""
        ...

    def count(self, container: str) -> int:
        """How many there are."""
        ...


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a source is given to live with.

    Args:
        name: of the source in workspace.toml.
        settings: the source's own frozen settings value.
        secret: called when a secret is needed; ``secret("smtp")`` asks for a second one. Raises
            ``AuthenticationError`` where there is none. The result is not to be kept.
        now: milliseconds since the epoch.
        mirror: what the store holds of this source.
        agent_addresses: lower-case addresses that are ours, on any source.
        workspace: directory of the workspace.
        downloads: directory for fetched parts; attachments of replies are relative to it.
        alone: a lone command fetches, and nobody works beside it: what it starts need not give way.
    """

    name: str
    settings: Any
    secret: Callable[[str], str]
    now: Callable[[], int]
    mirror: Mirror
    agent_addresses: frozenset[str]
    workspace: Path
    downloads: Path
    alone: bool = False


@runtime_checkable
class Source(Protocol):
    """One account on one service. Every method may be called only between ``open`` and ``close``."""

    async def open(self) -> SourceInfo:
        """Connect, log in, learn what the server can do.

        Raises:
            TryLater, AuthenticationError, Refused
        """
        ...

    async def close(self) -> None:
        """Let go of everything; never raises for a connection that is already dead."""
        ...

    def pull(self, cursor: str, budget: int) -> AsyncIterator[Batch]:
        """What has changed since ``cursor`` (empty: everything, newest first).

        Args:
            cursor: of the last batch applied.
            budget: about how many messages to yield at most in this round.
        """
        ...

    async def fetch(self, wants: tuple[Want, ...]) -> Fetched:
        """Whole messages and attachments, on demand."""
        ...

    async def push(self, operation: Operation, case: CaseRef, reference: str) -> Receipt:
        """Perform one operation at the server, once.

        Args:
            reference: client reference of the operation; the same on every attempt.

        Raises:
            Unsupported: not in the capabilities.
            Refused, Conflict: for good.
            TryLater: certainly not done.
            OutcomeUnknown: perhaps done.
        """
        ...

    async def find(self, operation: Operation, case: CaseRef, reference: str) -> FindAnswer:
        """Was this message (made by an earlier ``push``) taken by the server? Never changes anything."""
        ...

    def hints(self) -> AsyncIterator[Hint]:
        """Yields whenever a pull may be worth it; ends or raises when the connection is lost."""
        ...


@dataclass(frozen=True, slots=True)
class CannedText:
    """One canned reply that a service keeps, ready to be a file of the canned library.

    Args:
        name: ``[a-z0-9-]+``, unique among those read together.
        shortcut: what agents type there.
        body: a template in the library's own syntax.
        asked: what the service would have filled in and nobody knows here; these have become gaps.
    """

    name: str
    shortcut: str
    body: str
    asked: tuple[str, ...] = ()


@runtime_checkable
class KeepsCanned(Protocol):
    """What a source has besides, whose service keeps canned replies (``agent-tui canned import``)."""

    async def canned(self) -> tuple[CannedText, ...]:
        """All of them.

        Raises:
            TryLater, AuthenticationError, Refused
        """
        ...


@runtime_checkable
class KeepsArticles(Protocol):
    """What a source has besides, whose service keeps articles or rules for customers (``agent-tui policy import``)."""

    async def articles(self, place: str) -> tuple[HelpArticle, ...]:
        """All that are published in one place: a category, a help centre. Drafts and what was archived are left out.

        Args:
            place: as it is called there; empty: the only one there is.

        Raises:
            Refused: there is no such place, or several and none was named; the message names them.
            TryLater, AuthenticationError
        """
        ...


@runtime_checkable
class ShowsTyping(Protocol):
    """What a source has besides, whose capabilities say ``typing``."""

    async def typing(self, conversation: str, on: bool) -> None:
        """Show the customer of a conversation that somebody is writing, or no longer.

        Raises:
            TryLater, AuthenticationError, Refused, OutcomeUnknown: nothing is lost by forgetting it.
        """
        ...


SourceBuilder = Callable[[Access], Source]
