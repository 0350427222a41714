"""What the engine needs of the store, as one value: the seam at which tests put something smaller.

Every method is quick (a few milliseconds) and is called on the engine's loop; the search index alone is written
elsewhere (see ``index``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from agent_tui.domain.model import Batch, CaseRef, DeliveryReport
from agent_tui.domain.operations import Entry
from agent_tui.sources.base import Mirror, Receipt, SourceInfo, Want


class Ledger(Protocol):
    """The books the engine keeps. Each change is committed when the method returns."""

    def cursor(self, source: str) -> str:
        """Where the last batch applied ended; empty at first."""
        ...

    def apply(
        self, source: str, batch: Batch, began: int | None
    ) -> tuple[frozenset[int], tuple[DeliveryReport, ...]]:
        """Store a batch and its cursor in one transaction; gives the cases it touched, and delivery reports.

        Args:
            began: when the pull that brought it began, in milliseconds; None where it is not from a pull.
        """
        ...

    def note(self, source: str, *, error: str, error_kind: str = "", synced_at: int | None = None) -> None:
        """Remember how a source is, for those who look while no engine runs."""
        ...

    def mirror(self, source: str) -> Mirror:
        """What is stored of a source."""
        ...

    def due(self, source: str) -> tuple[Entry, ...]:
        """The head of each case's queue that may run now."""
        ...

    def unsettled(self, source: str) -> tuple[Entry, ...]:
        """Entries that were being sent when the line or the engine broke off: ``sending`` and ``unknown``."""
        ...

    def in_review(self, source: str) -> tuple[Entry, ...]:
        """Messages that the server has and keeps back until a moderator looks."""
        ...

    def next_due(self) -> int | None:
        """When the next entry may run or the next snoozed case wakes, in milliseconds; past where something is due."""
        ...

    def waiting(self, until: int) -> bool:
        """Whether something of the outbox has to go out before ``until`` (milliseconds)."""
        ...

    def opened(self, source: str, info: SourceInfo) -> None:
        """Remember what a source can do, for those who look while it is not connected."""
        ...

    def case_ref(self, entry: Entry) -> CaseRef:
        """An entry's case as sources take it."""
        ...

    def parts(self, entry: Entry) -> tuple[CaseRef, ...]:
        """An entry's case, a part for each of the server's conversations that it has to be told of; at least one."""
        ...

    def conversation(self, case: int) -> tuple[str, str]:
        """A case's source and its name on the server; empty texts where there is none."""
        ...

    def newer_than_seen(self, entry: Entry) -> str:
        """What happened in the case since the reply was written, in words; empty if nothing."""
        ...

    def begin(self, entry: Entry) -> Entry | None:
        """Commit, safe against power loss, that its bytes are about to leave; None where it may not go any more."""
        ...

    def acknowledge(self, entry: Entry, receipt: Receipt) -> None:
        """The server has it."""
        ...

    def fail(self, entry: Entry, words: str, *, recipients: tuple[str, ...] = ()) -> None:
        """The server refuses for good; a message's text goes back to its author as a draft."""
        ...

    def unknown(self, entry: Entry, words: str) -> None:
        """Perhaps done."""
        ...

    def conflict(self, entry: Entry, words: str) -> None:
        """Its author has to look at it again."""
        ...

    def later(self, entry: Entry, words: str, not_before: int) -> None:
        """Certainly not done; again at ``not_before``."""
        ...

    def requeue(self, entry: Entry, words: str = "", not_before: int = 0) -> None:
        """Certainly not done, or harmless to do twice; may go again from ``not_before`` on, 0: at once."""
        ...

    def local(self, entry: Entry) -> None:
        """The source cannot hold it: it is done by being here."""
        ...

    def wake(self) -> frozenset[int]:
        """Bring back snoozed cases whose time has come."""
        ...

    def refold(self) -> None:
        """Work every case out again from what the server said and what is pending."""
        ...

    def restamp(self) -> None:
        """The clock may have been set back: what waits a while waits it from now on."""
        ...

    def wants(self, message: int, part: str) -> tuple[str, Want] | None:
        """The source and place of a message or one of its attachments."""
        ...

    def keep(self, message: int, part: str, path: Path) -> str:
        """Take a fetched attachment into the cache; gives its digest."""
        ...

    def case_of(self, message: int) -> int | None:
        """The case that a message is in."""
        ...

    def changed(self) -> bool:
        """Whether another process has written to the desk since the last look."""
        ...

    def left(self, source: str) -> int:
        """How many entries of a source are still to go."""
        ...

    def hurry(self, source: str) -> None:
        """What a server put off may be tried again now."""
        ...

    async def forget(self, address: str) -> dict[str, Any]:
        """Remove a person, away from the loop.

        Raises:
            UsageError: as ``forgetting.forget``.
        """
        ...

    async def tidy(self) -> None:
        """What is best done when nothing else is going on, away from the loop."""
        ...

    async def index(self, *, least: int = 1, everything: bool = False) -> int:
        """Put messages into the search index, away from the loop; gives how many.

        Args:
            least: nothing is done while fewer are waiting.
            everything: go on until none is left.
        """
        ...

    def close(self) -> None:
        """Let go of the databases."""
        ...
