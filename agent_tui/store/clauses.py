"""What is kept of the policy library beside its files: what each clause said when, and which are pinned to a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent_tui.domain.frozen import dataclass
from agent_tui.store import threads
from agent_tui.store.database import Store


@dataclass(frozen=True, slots=True)
class ClauseText:
    """What a clause said from a time on.

    Args:
        version: changes with its words.
        seen_at: milliseconds; when this was first seen here.
    """

    clause: str
    language: str
    version: str
    title: str
    text: str
    seen_at: int


def newest(store: Store) -> Mapping[tuple[str, str], str]:
    """The version of each clause and language that was seen last."""
    found = store.desk.execute(
        "SELECT clause, language, version FROM clause_texts "
        "WHERE id IN (SELECT max(id) FROM clause_texts GROUP BY clause, language)"
    )
    return {(clause, language): version for clause, language, version in found}


def record(store: Store, texts: Iterable[ClauseText]) -> None:
    """Keep what clauses say now.

    Raises:
        StoreError: the desk cannot be written.
    """
    with store.writing_desk() as desk:
        desk.executemany(
            "INSERT INTO clause_texts (clause, language, version, title, text, seen_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(one.clause, one.language, one.version, one.title, one.text, one.seen_at) for one in texts],
        )


def edited(store: Store) -> Mapping[str, int]:
    """Clauses that said something else before: when the words they have now were first seen, in milliseconds."""
    found = store.desk.execute(
        "SELECT clause, max(seen_at) FROM clause_texts AS t WHERE EXISTS (SELECT 1 FROM clause_texts AS before "
        "WHERE before.clause = t.clause AND before.language = t.language AND before.id < t.id) GROUP BY clause"
    )
    return dict(found.fetchall())


def history(store: Store, clause: str) -> tuple[ClauseText, ...]:
    """Everything a clause was ever seen to say here, oldest first."""
    found = store.desk.execute(
        "SELECT clause, language, version, title, text, seen_at FROM clause_texts WHERE clause = ? ORDER BY id", (clause,)
    )
    return tuple(ClauseText(*row) for row in found)


def pin(store: Store, case_id: int, clause: str, *, on: bool) -> None:
    """Pin a clause to a case, or take it off.

    Raises:
        StoreError: the desk cannot be written.
    """
    case_id = threads.resolve(store, case_id)
    with store.writing_desk() as desk:
        if on:
            threads.anchor(store, (case_id,))
            desk.execute("INSERT OR IGNORE INTO pins VALUES (?, ?, ?)", (case_id, clause, store.now()))
        else:
            known = [one for (one,) in desk.execute("SELECT case_id FROM pins WHERE clause = ?", (clause,))]
            gone = [(one, clause) for one in known if threads.resolve(store, one) == case_id]
            desk.executemany("DELETE FROM pins WHERE case_id = ? AND clause = ?", gone)


def pinned(store: Store, case_id: int) -> tuple[str, ...]:
    """Clauses pinned to a case, or to one that was merged into it, the first one pinned first."""
    case_id = threads.resolve(store, case_id)
    aliases = [case_id, *(one for (one,) in store.cache.execute("SELECT alias FROM aliases WHERE case_id = ?", (case_id,)))]
    marks = ", ".join("?" * len(aliases))
    found = store.desk.execute(f"SELECT clause FROM pins WHERE case_id IN ({marks}) ORDER BY at", aliases)
    return tuple(dict.fromkeys(clause for (clause,) in found))


def cases_under(store: Store) -> Mapping[str, frozenset[int]]:
    """Clauses, each with the cases that it was pinned to or ruled under, as they stand now."""
    found: dict[str, set[int]] = {}
    for clause, case_id in store.desk.execute("SELECT clause, case_id FROM pins UNION SELECT clause, case_id FROM decisions"):
        found.setdefault(clause, set()).add(threads.resolve(store, case_id))
    return {clause: frozenset(ids) for clause, ids in found.items()}
