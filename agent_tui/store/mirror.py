"""What is already here of one source, for sources that compare."""

from __future__ import annotations

from collections.abc import Iterable

from agent_tui.store import rows
from agent_tui.store.database import Store


class StoreMirror:
    """``sources.base.Mirror`` over ``cache.db``."""

    def __init__(self, store: Store, source: str) -> None:
        self._store = store
        self._source_id = store.source_id(source)

    def places(self, container: str) -> Iterable[tuple[str, frozenset[str]]]:
        """``(ref, marks)`` of everything stored from the container."""
        found = self._store.cache.execute(
            "SELECT ref, marks FROM places WHERE source_id = ? AND container = ?", (self._source_id, container)
        ).fetchall()
        return ((ref, rows.split(marks)) for ref, marks in found)

    def count(self, container: str) -> int:
        """How many there are."""
        row = self._store.cache.execute(
            "SELECT count(*) FROM places WHERE source_id = ? AND container = ?", (self._source_id, container)
        ).fetchone()
        return int(row[0])
