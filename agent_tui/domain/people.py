"""Persons: sets of handles, each with the evidence that joins it. Pure."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """An address by which somebody writes on one source.

    Args:
        address: of mail, or the handle there; name: as it was shown there last.
        evidence: why it is the same person, in words.
        perhaps: it is only like theirs; nothing is joined by it.
        first_at, last_at: the oldest and newest message from it that is here, milliseconds; 0 where none is.
        messages: from it that are here.
    """

    source: str
    channel: Channel
    address: str
    name: str
    evidence: str
    perhaps: bool = False
    messages: int = 0
    first_at: int = 0
    last_at: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes to us.

    Args:
        name: the newest there is, else an address.
        handles: those that are theirs; perhaps: those that may be.
        cases: their journey, the oldest first.
    """

    name: str
    handles: tuple[Handle, ...]
    perhaps: tuple[Handle, ...]
    cases: tuple[Case, ...]


def full_name(name: str) -> str:
    """A name of two words or more, folded; empty for one that says too little to know anybody by."""
    words = name.casefold().split()
    return " ".join(words) if len(words) > 1 and "@" not in name else ""
