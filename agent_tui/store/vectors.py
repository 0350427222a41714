"""Vectors of clauses, kept beside the full-text index: they can be made again, but take seconds to minutes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager

from agent_tui.store.database import open_search
from agent_tui.workspace import Workspace


class Vectors:
    """Opens the file for each call, so that whoever makes the index anew is not in the way.

    Args:
        workspace: whose ``search.db`` holds them.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._path = workspace.search_path

    def all(self, model: str) -> Mapping[bytes, bytes]:
        """Every vector that a model made, by the digest of its text.

        Raises:
            StoreError: the file cannot be used.
        """
        with self._opened() as found:
            return dict(found.execute("SELECT digest, vector FROM clause_vectors WHERE model = ?", (model,)))

    def change(self, model: str, made: Iterable[tuple[bytes, bytes]], gone: Iterable[bytes] = ()) -> None:
        """Keep vectors, and let go of others.

        Args:
            made: the digest of each text, and what the model made of it.
            gone: digests of what no clause says any more.

        Raises:
            StoreError: the file cannot be used.
            sqlite3.OperationalError: the disk or another process is in the way; what is not kept is made again.
        """
        with self._opened() as found:
            found.execute("BEGIN IMMEDIATE")
            found.executemany("INSERT OR REPLACE INTO clause_vectors VALUES (?, ?, ?)", [(model, *one) for one in made])
            found.executemany("DELETE FROM clause_vectors WHERE model = ? AND digest = ?", [(model, one) for one in gone])
            found.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(open_search(self._path)) as found:
            yield found
