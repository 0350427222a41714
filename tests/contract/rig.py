"""What the contract suite needs of a server: write such a class for a source and subclass the suite.

A *token* names one conversation: its id where the server has conversations, else (e-mail) the Message-ID of its
first message without brackets. ``tests.contract.ledger`` finds a conversation's messages by either.

Calls return when the server has it. What a server cannot do is said by ``can`` and never called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_tui.domain.model import Address
from agent_tui.sources.base import Mirror, Source

NewFile = tuple[str, str, bytes]
"""Name, media type, content."""


@dataclass(frozen=True, kw_only=True)
class View:
    """How a second client of the server sees a conversation; None: this server has no such thing."""

    texts: tuple[str, ...] = ()
    closed: bool | None = None
    spam: bool | None = None
    tags: frozenset[str] | None = None
    assignee: str | None = None
    priority: str | None = None
    seen: bool | None = None
    starred: bool | None = None
    snoozed: bool | None = None
    notes: tuple[str, ...] | None = None


class Rig(Protocol):
    """One server with one account of ours, empty of this test's conversations.

    Attributes:
        me: who writes our replies.
        secret: text that must never be seen; empty where the account has none.
        not_here: kinds of operations that the source carries for other conversations than those of this rig (reports
            have an assignee, topics do not); may be left out.
        can: which of the optional switches exist: ``offline``, ``cut``, ``damage``, ``blind``, ``files``, ``colleague``.
    """

    me: Address
    secret: str
    can: frozenset[str]

    def build(self, mirror: Mirror) -> Source:
        """A new source for the account, not yet open. May be called several times."""
        ...

    def customer_writes(
        self, text: str, *, token: str = "", name: str = "Robin Bell", subject: str = "A question",
        files: Sequence[NewFile] = (),
    ) -> str:  # fmt: skip
        """A customer begins a conversation, or goes on with ``token``. Returns the token."""
        ...

    def customer(self, token: str) -> Address:
        """Whom to answer."""
        ...

    def view(self, token: str) -> View:
        """The conversation through another client than the source under test."""
        ...

    def copies(self, marker: str) -> int:
        """How many messages of ours with this marker customers got."""
        ...

    def erase(self, token: str) -> None:
        """Another client takes all of the conversation away for good."""
        ...

    def close_elsewhere(self, token: str) -> None:
        """A colleague closes it with another program (``can`` has ``colleague``)."""
        ...

    def answer_elsewhere(self, token: str, text: str) -> None:
        """A colleague answers with another program (``can`` has ``colleague``)."""
        ...

    def damage(self) -> None:
        """Put something on the server that the source cannot read (``damage``)."""
        ...

    def offline(self, off: bool) -> None:
        """Make the server unreachable, or reachable again (``offline``)."""
        ...

    def cut(self, *, committed: bool) -> None:
        """Lose the connection in the next reply, after or before the server has taken it (``cut``)."""
        ...

    def blind(self) -> None:
        """From now on the server cannot tell whether it has a message (``blind``)."""
        ...
