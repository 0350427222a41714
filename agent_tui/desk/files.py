"""Files that go out: whether a source carries them, and how large they may be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent_tui.desk.seat import Seat
from agent_tui.domain.model import Draft
from agent_tui.domain.sizes import size_words
from agent_tui.store import sources


class Files(Seat):
    """The part of the desk that knows what a source takes along."""

    def file_limit(self, source: str) -> int:
        """Bytes that a source takes in one file, as it said when it was last connected; 0: it did not say."""
        return int(self._takes(source).get("attachment_limit") or 0)

    def files_fault(self, draft: Draft) -> str:
        """Why the files of a draft can't go by its source, in words; empty if they can."""
        if not draft.attachments or draft.kind == "note":
            return ""
        known = self._takes(draft.source)
        if known and not known.get("attachments"):
            return f"{draft.source} carries no files; take them off"
        limit = self.file_limit(draft.source)
        for one in draft.attachments:
            try:
                size = Path(one).stat().st_size
            except OSError:
                continue  # that it is gone is said where it is frozen
            if limit and size > limit:
                most = size_words(limit)
                return f"'{Path(one).name}' has {size_words(size)}, and {draft.source} takes {most} a file at most; send a link"
        return ""

    def _takes(self, source: str) -> dict[str, Any]:
        known = sources.state(self.store, source).capabilities
        found: dict[str, Any] = json.loads(known) if known else {}
        return found
