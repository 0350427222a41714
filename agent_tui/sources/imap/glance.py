"""Which folders need not be opened to know that nothing has happened in them.

Opening a folder makes the server read its index, which takes the longer the more the folder holds; STATUS (with
HIGHESTMODSEQ, RFC 7162 section 3.1.7) answers from a summary, for all folders in one exchange. A summary may lag behind on
some servers, so a folder is opened all the same where IDLE has told of it, and every ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent_tui.sources.imap.cursor import FolderCursor
from agent_tui.sources.imap.wire import Selected

OPEN_EVERY_MS = 600_000


class Glances:
    """What is remembered of each folder while the source is open."""

    def __init__(self) -> None:
        self._opened: dict[str, int] = {}
        self._told: set[str] = set()

    def tell(self, folder: str) -> None:
        """The server has said by itself that something happened there."""
        self._told.add(folder)

    def begin(self, folder: str) -> None:
        """It is about to be opened; what is told from now on counts again."""
        self._opened.pop(folder, None)
        self._told.discard(folder)

    def opened(self, folder: str, now: int) -> None:
        """What was found there is in its cursor.

        Args:
            now: milliseconds.
        """
        self._opened[folder] = now

    def enough(self, folders: Iterable[str], now: int) -> tuple[str, ...]:
        """The folders for which a summary is enough this time."""
        return tuple(
            one for one in folders
            if one not in self._told and one in self._opened and 0 <= now - self._opened[one] < OPEN_EVERY_MS
        )  # fmt: skip


def quiet(cursors: Mapping[str, FolderCursor], summaries: Mapping[str, Selected]) -> frozenset[str]:
    """The folders whose summary says what their cursor says: nothing came, went or changed, and nothing new is still to be
    fetched.
    """
    return frozenset(
        name for name, summary in summaries.items()
        if (here := cursors.get(name)) is not None and summary.modseq and all(span.old for span in here.todo)
        and (here.validity, here.next, here.count, here.modseq)
        == (summary.validity, summary.next, summary.exists, summary.modseq)
    )  # fmt: skip
