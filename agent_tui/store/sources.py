"""What is known of each source between runs: its cursor, when it was last in step, what is wrong with it."""

from __future__ import annotations

from agent_tui.domain.errors import one_line
from agent_tui.domain.frozen import dataclass
from agent_tui.store.database import Store, in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source as last seen.

    Args:
        synced_at: when a round last ended well, or None.
        error: what is wrong, in plain words; error_kind: name of the error's class.
        operations: kinds that the server can hold, or None while it has never been opened.
        capabilities: JSON text of the source's capabilities, empty while never opened.
    """

    name: str
    cursor: str
    synced_at: int | None
    error: str
    error_kind: str
    server: str
    account: str
    operations: frozenset[str] | None
    capabilities: str
    messages: int = 0


def cursor(store: Store, source: str) -> str:
    """Where the next pull goes on; empty at first."""
    return str(
        store.cache.execute("SELECT cursor FROM sources WHERE id = ?", (store.source_id(source),)).fetchone()[0]
    )


def note_state(
    store: Store,
    source: str,
    *,
    error: str | None = None,
    error_kind: str = "",
    synced_at: int | None = None,
    server: str | None = None,
    account: str | None = None,
    operations: frozenset[str] | None = None,
    capabilities: str | None = None,
) -> None:
    """Remember what has become of a source; what is None stays as it was."""
    values: dict[str, object] = {}
    if error is not None:
        values.update(error=one_line(error), error_kind=error_kind)
    given = {"synced_at": synced_at, "server": server, "account": account, "capabilities": capabilities}
    values.update({name: value for name, value in given.items() if value is not None})
    if operations is not None:
        values["operations"] = " ".join(sorted(operations))
    if values:
        number = store.source_id(source)
        with in_words(store.workspace.cache_path):
            store.cache.execute(
                f"UPDATE sources SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?", (*values.values(), number)
            )


def state(store: Store, source: str) -> SourceState:
    """One source as last seen."""
    row = store.cache.execute(
        "SELECT name, cursor, synced_at, error, error_kind, server, account, operations, capabilities FROM sources "
        "WHERE id = ?",
        (store.source_id(source),),
    ).fetchone()
    return SourceState(
        name=row[0], cursor=row[1], synced_at=row[2], error=row[3], error_kind=row[4], server=row[5], account=row[6],
        operations=frozenset(row[7].split()) if row[7] is not None else None, capabilities=row[8],
    )  # fmt: skip


def states(store: Store) -> tuple[SourceState, ...]:
    """Every source that is configured, in that order."""
    return tuple(state(store, one.name) for one in store.workspace.sources)
