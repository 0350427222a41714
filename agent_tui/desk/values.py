"""What the desk hands to screens and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Address, Case, Channel, Message, Visibility
from agent_tui.domain.views import VIEWS, View
from agent_tui.store.hits import Hit

if TYPE_CHECKING:
    from agent_tui.domain.boilerplate import Share
    from agent_tui.domain.guards import Finding

__all__ = ["VIEWS", "Done", "Gate", "Hit", "SearchResult", "Thread", "View"]


@dataclass(frozen=True, slots=True)
class Done:
    """What a key press did: the group to undo, and words for the status line."""

    group: int
    words: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A case with its messages, oldest first, those still on their way out and notes among them."""

    case: Case
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, newest first.

    Args:
        more: there are more than these.
        error: why the query can't be understood, empty if it can; position: the offset it is about.
        unfinished: it was given up, as it takes longer than it was allowed; nothing is known.
    """

    hits: tuple[Hit, ...] = ()
    more: bool = False
    error: str = ""
    position: int = 0
    unfinished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the send gate shows: to whom, where, who will be able to read it, and what the guards say.

    Args:
        hold_ms: how long it can be taken back.
        recipients: To and Cc, in that order.
        then: what the canned replies in it do once it is sent, in words.
        share: what of its text is the library's and what its author's; None where nothing is canned.
    """

    channel: Channel
    visibility: Visibility
    source: str
    sender: str
    recipients: tuple[Address, ...]
    bcc: tuple[Address, ...]
    attachments: tuple[str, ...]
    findings: tuple[Finding, ...]
    hold_ms: int
    subject: str = ""
    then: tuple[str, ...] = ()
    share: Share | None = None

    @property
    def stops(self) -> tuple[Finding, ...]:
        """The findings that stop it until they are mended or passed."""
        return tuple(f for f in self.findings if f.stops)

    @property
    def own_words(self) -> int | None:
        """Percent of the words that are the author's; None where nothing is canned."""
        return round(100 * self.share.own / self.share.words) if self.share is not None and self.share.words else None

    @property
    def headline(self) -> str:
        """Who will get it and who can read it, in words."""
        if self.visibility is Visibility.NOTE:
            return "Note: only colleagues can read it"
        names = ", ".join(a.label for a in self.recipients[:3]) or "nobody"
        more = len(self.recipients) - 3
        if more > 0:
            names += f" and {more} more"
        if self.bcc:
            names += f", unseen by the others {', '.join(a.label for a in self.bcc)},"
        where = "PUBLIC, everybody can read it" if self.visibility is Visibility.PUBLIC else "private"
        after = f", then {', '.join(self.then)}" if self.then else ""
        return f"To {names} by {self.channel.value} ({where}){after}"
