"""``agent-tui doctor --mend``: a damaged cache is fetched again, a damaged index built again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent_tui.commands.doctor import MENDED, NOTE, OK, WRONG, Check
from agent_tui.commands.unlocking import in_use
from agent_tui.store import connections, encryption, health, mending

if TYPE_CHECKING:
    from pathlib import Path

    from agent_tui.commands.context import Context


def mended(context: Context) -> Iterator[Check]:
    """What was found in each of the three files, and what became of it. Nobody else may have them open.

    Raises:
        EngineRunning: an engine runs for the workspace.
    """
    from agent_tui.engine.lock import EngineLock

    workspace = context.workspace
    lock = EngineLock(workspace.lock_path)
    try:
        others = in_use(workspace)
        if others:
            listed = ", ".join(map(str, others))
            yield Check("database", "all", WRONG, f"in use (process {listed}); close the workstation and mend again")
            return
        unlike = encryption.unlike(workspace)
        yield from (Check("database", path.name, WRONG, words) for path, words in unlike.items())
        if unlike:  # nothing is damaged, so nothing may be set aside
            return
        key = connections.key_of(workspace.path)
        desk = mending.desk_fault(workspace)
        yield Check("database", workspace.desk_path.name, WRONG if desk else OK, desk or _whole(workspace.desk_path))
        fetch = False
        if workspace.cache_path.exists():
            found = health.fault(workspace.cache_path, key, thorough=True)
            if found:
                aside = mending.set_aside(workspace.cache_path)
                yield Check("database", workspace.cache_path.name, MENDED,
                            f"was damaged ({found}) and is set aside as {aside.name}, which may be deleted")  # fmt: skip
                fetch = True
            else:
                yield Check("database", workspace.cache_path.name, OK, _whole(workspace.cache_path))
        else:
            fetch = True
        index = _index(workspace.search_path)
        if index is not None:
            yield index
        if not desk and not fetch and (index is None or index.status == MENDED):
            yield _built(context)
    finally:
        lock.release()
    if fetch and not desk:
        yield from _fetched(context)


def _index(path: Path) -> Check | None:
    """None where there is no index."""
    if not path.exists():
        return None
    found = mending.index_fault(path)
    if not found:
        return Check("database", path.name, OK, _whole(path))
    aside = mending.set_aside(path)
    for end in mending.BESIDE:
        aside.with_name(f"{aside.name}{end}").unlink(missing_ok=True)  # nothing in it is not in the cache
    return Check("database", path.name, MENDED, f"was damaged ({found}) and is made again from the cache")


def _built(context: Context) -> Check:
    from agent_tui.commands.context import now_ms
    from agent_tui.store.database import Store

    store = Store.open(context.workspace, role="engine", now=now_ms)
    try:
        number = mending.build_index(store)
        store.checkpoint()
    finally:
        store.close()
    return Check("database", "index", OK, f"{number:,} messages can be searched")


def _fetched(context: Context) -> Iterator[Check]:
    names = tuple(one.name for one in context.workspace.sources)
    if context.offline or not names:
        yield Check("database", "messages", NOTE, "run 'agent-tui sync' to fetch them again")
        return
    from agent_tui.commands.progress import Bars
    from agent_tui.commands.sync import rounds

    with Bars(context) as bars:
        results = rounds(context, names, bars)
    for one in results:
        if one.get("ok"):
            words = f"{one.get('messages', 0):,} messages fetched"
            yield Check("server", str(one["source"]), MENDED, words)
        else:
            yield Check("server", str(one["source"]), WRONG, f"{one.get('error', '')}; run 'agent-tui sync' later")


def _whole(path: Path) -> str:
    return f"whole, {path.stat().st_size // 1000:,} kB" if path.exists() else "not there yet; 'agent-tui sync' makes it"
