"""The engine: the only thing that talks to servers. It pulls changes in and delivers the outbox.

One engine runs per workspace, in a process of its own; ``run`` is that process's main function, and what
``agent-tui sync`` calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from agent_tui import running
from agent_tui.engine.clock import wall
from agent_tui.engine.lock import EngineLock, EngineRunning
from agent_tui.engine.status import SourceResult

if TYPE_CHECKING:
    from agent_tui.sources.base import Source
    from agent_tui.workspace import Workspace

__all__ = ["EngineRunning", "SourceResult", "run"]


def run(
    workspace: Workspace,
    *,
    watch: bool = False,
    sources: tuple[str, ...] | None = None,
    parent: int | None = None,
    now: Callable[[], int] = wall,
    on_progress: Callable[[Mapping[str, Any]], None] = lambda _event: None,
    build: Callable[[str], Source] | None = None,
    probe: Callable[[str], None] | None = None,
) -> tuple[SourceResult, ...]:
    """Be this workspace's engine: one round of fetching and delivering, or with ``watch`` until told to end.

    Args:
        workspace: its settings.
        watch: stay; otherwise end when everything new is here and what is queued has gone.
        sources: names; None for all.
        parent: process id of the workstation that this engine belongs to: when it goes, what is due or held is
            still delivered (at most the undo window and a minute), then the engine ends.
        now: milliseconds since the epoch.
        on_progress: gets ``{"source", "state", "done", "total", "error", "retry_at", "synced_at"}`` whenever a
            source's status changes.
        build: makes a source by name; by default the one of its type.
        probe: called between steps with a step's name.

    Returns:
        What the (first) round did, for each source.

    Raises:
        EngineRunning: another process is the engine; ask it through ``desk.engine_link.request``.
        UsageError: a source that is not configured.
        StoreError: the databases can't be used.
    """
    from agent_tui.sources import registry

    new = build is None and not workspace.cache_path.exists()
    kinds = {one.type for one in workspace.sources if sources is None or one.name in sources} if new else ()
    with registry.foreseeing(kinds, alone=not watch):
        return _run(
            workspace, watch=watch, sources=sources, parent=parent, now=now, on_progress=on_progress, build=build, probe=probe
        )


def _run(
    workspace: Workspace,
    *,
    watch: bool,
    sources: tuple[str, ...] | None,
    parent: int | None,
    now: Callable[[], int],
    on_progress: Callable[[Mapping[str, Any]], None],
    build: Callable[[str], Source] | None,
    probe: Callable[[str], None] | None,
) -> tuple[SourceResult, ...]:
    import asyncio
    import gc
    import random
    import sys

    from agent_tui.engine.access import access_for
    from agent_tui.engine.books import Books
    from agent_tui.engine.clock import Clock
    from agent_tui.engine.supervisor import Supervisor
    from agent_tui.sources import registry

    gc.set_threshold(20_000, 20, 20)  # a first sync makes objects by the million, and hardly a circle of them
    sys.setswitchinterval(0.001)  # the loop never waits long for a thread that reads mail
    lock = EngineLock(workspace.lock_path)
    mark = running.begin(workspace.path, running.ENGINE)
    try:
        books = Books(workspace, now=now, alone=not watch)
        try:

            def built(name: str) -> Source:
                settings = workspace.source(name)
                return registry.build(settings.type, access_for(workspace, settings, books, now, alone=not watch))

            def tell(event: Mapping[str, Any]) -> None:
                if event.get("event") == "source":
                    rest = {key: value for key, value in event.items() if key not in ("event", "name")}
                    on_progress({"source": event["name"], **rest})

            async def live() -> tuple[SourceResult, ...]:
                supervisor = Supervisor(
                    workspace, books, build or built, clock=Clock(now), chance=random.random, names=sources,
                    watch=watch, parent=parent, tell=tell, probe=probe,
                )  # fmt: skip
                return await supervisor.run()

            return asyncio.run(live())
        finally:
            books.close()
    except BaseException as error:
        mark.crashed(error)
        raise
    finally:
        mark.end()
        lock.release()
