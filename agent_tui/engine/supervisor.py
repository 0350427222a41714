"""The engine's heart: one line per source, one schedule for all, the doorbell, and an orderly end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from agent_tui.domain import wire
from agent_tui.domain.errors import AgentTuiError, UsageError
from agent_tui.engine.clock import Clock, SuspendWatch
from agent_tui.engine.context import Context, Freshness, log
from agent_tui.engine.doorbell import Doorbell, Progress
from agent_tui.engine.ledger import Ledger
from agent_tui.engine.line import Line
from agent_tui.engine.precedence import Precedence
from agent_tui.engine.rank import Ranker
from agent_tui.engine.reconcile import reconcile
from agent_tui.engine.schedule import Schedule
from agent_tui.engine.status import SourceResult
from agent_tui.performance import Figures
from agent_tui.sources.base import Source
from agent_tui.workspace import Workspace

Build = Callable[[str], Source]
Tell = Callable[[Mapping[str, Any]], None]

INDEX_AFTER_MS = 300  # after the last batch; a first sync indexes while it runs
MANY = 1_000  # messages for the index at once while much is coming in: with more, too many would wait at the end
FAREWELL_S = 15.0  # for what is under way when the engine is told to end
DRAIN_MS = 60_000  # beyond the longest undo window, when the parent has gone
BULK = 500  # messages; the index takes in much at once during a round of more


class Supervisor:
    """Runs the lines of one workspace.

    Args:
        workspace: its settings.
        ledger: its store.
        build: makes the source of a name, not yet open.
        clock: time.
        chance: numbers from 0 to 1.
        names: the sources to run; by default all.
        watch: stay, rather than end after one round.
        parent: process to live with, or None.
        tell: also told every event.
        probe: see ``Context``.
    """

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        build: Build,
        *,
        clock: Clock,
        chance: Callable[[], float],
        names: tuple[str, ...] | None = None,
        watch: bool = False,
        parent: int | None = None,
        tell: Tell = lambda _event: None,
        probe: Callable[[str], None] | None = None,
    ) -> None:
        known = tuple(one.name for one in workspace.sources)
        self._names = known if names is None else names
        for name in self._names:
            if name not in known:
                raise UsageError(f"no source '{name}' in {workspace.path}; there are {', '.join(known) or 'none'}")
        self._workspace = workspace
        self._ledger = ledger
        self._clock = clock
        self._watch = watch
        self._parent = parent
        self._tell_also = tell
        self._doorbell = Doorbell(workspace.socket_path, workspace.path / wire.NAME, self._answer)
        self._ranker = Ranker(workspace)
        self._stop = asyncio.Event()
        self._indexing = asyncio.Event()
        self._bulk = False
        freshness = Freshness(clock)
        context = Context(
            ledger=ledger, clock=clock, freshness=freshness, chance=chance, tell=self._tell, poke=self._poke,
            look=self._look, precedence=Precedence(lambda: self._doorbell.clients > 0),
        )  # fmt: skip
        if watch:  # a single round is made of starting and logging in
            context = replace(context, figures=Figures(workspace.path, saves=True))
        if probe is not None:
            context = replace(context, probe=probe)
        self._context = context
        self._lines = {name: Line(name, partial(build, name), context, polls=watch) for name in self._names}
        self._schedule = Schedule(context, tuple(self._lines.values()), SuspendWatch(clock))

    async def run(self) -> tuple[SourceResult, ...]:
        """One round, or with ``watch`` until told to end; gives what the first round did for each source."""
        self._context.freshness.spoil(self._names)
        self._catch_signals()
        await self._doorbell.open()
        results: tuple[SourceResult, ...] = ()
        try:
            await reconcile(self._context)
            async with asyncio.TaskGroup() as group:
                rounds = [line.round() for line in self._lines.values()]
                helpers = [group.create_task(self._index_always()), group.create_task(self._schedule.run())]
                if self._parent is not None:
                    helpers.append(group.create_task(self._outlive(self._parent)))
                lines = [group.create_task(line.run()) for line in self._lines.values()]
                first = asyncio.gather(*rounds)
                stopped = group.create_task(self._stop.wait())
                await asyncio.wait((first, stopped), return_when=asyncio.FIRST_COMPLETED)
                if first.done():
                    results = tuple(first.result())
                if self._watch:
                    await stopped
                await self._end(lines)
                if not first.done():
                    results = tuple(await first)
                for task in (*helpers, stopped):
                    task.cancel()
            if not self._stop.is_set():
                await self._ledger.index(everything=True)
        finally:
            await self._doorbell.close()
            if self._context.figures is not None:
                self._context.figures.save()
        return results

    def stop(self) -> None:
        """End in good order."""
        self._stop.set()

    async def _end(self, lines: list[asyncio.Task[None]]) -> None:
        for line, task in zip(self._lines.values(), lines, strict=True):
            if not line.end():
                task.cancel()  # it only reads: what was not stored is read again
        if not lines:
            return
        _, late = await asyncio.wait(lines, timeout=FAREWELL_S)
        for task in late:  # what it was sending is on disk as ``sending``, and is asked about at the next start
            task.cancel()
        if late:
            await asyncio.wait(late)

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            try:
                loop.add_signal_handler(number, self.stop)
            except (ValueError, RuntimeError):  # not the main thread: its owner sees to it
                return

    # --- the parent ---------------------------------------------------------------------------------------------

    async def _outlive(self, parent: int) -> None:
        """When the parent goes, finish what is due or held, then end."""
        child = os.getppid() == parent
        while parent_lives(parent, child=child):
            await self._clock.wait(self._stop, 1_000)
            if self._stop.is_set():
                return
        longest = max((one.undo_ms for one in self._workspace.sources), default=0)
        until = self._clock.now() + longest + DRAIN_MS
        log.info("the workstation has gone", parent=parent)
        for line in self._lines.values():
            line.quiet()
        while self._clock.now() < until and not self._stop.is_set():
            if not self._ledger.waiting(until):
                break
            await self._clock.wait(self._stop, 250)
        self.stop()

    # --- clients ------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._schedule.look_for_sleep()

    def _tell(self, event: Mapping[str, Any]) -> None:
        if event.get("event") == "fresh":
            self._schedule.ring()
            return
        if event.get("event") == "source":
            self._note_bulk(event)
        self._doorbell.broadcast(event)
        self._tell_also(event)

    def _note_bulk(self, event: Mapping[str, Any]) -> None:
        bulk = any(line.status.total > BULK for line in self._lines.values()) or event.get("total", 0) > BULK
        if self._bulk and not bulk:
            self._indexing.set()  # what was put off while much came in
        self._bulk = bulk

    async def _answer(self, message: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        match message.get("ask"):
            case "sync":
                return await self._sync(message, progress)
            case "status":
                sources = {name: line.status.wire() for name, line in self._lines.items()}
                return {"pid": os.getpid(), "watch": self._watch, "sources": sources}
            case "want":
                return await self._want(message)
            case "forget":
                report = await self._ledger.forget(str(message["address"]))
                self._tell({"event": "changed", "cases": []})
                return report
            case "kick":
                self._schedule.ring()
                return {}
            case "rank":
                return await self._ranker.answer(message)
            case "ping":
                return {"pid": os.getpid()}
            case "typing":
                source, conversation = self._ledger.conversation(int(message["case"]))
                if source in self._lines and conversation:
                    self._lines[source].type(conversation, on=bool(message.get("on", True)))
                return {}
            case "stop":
                asyncio.get_running_loop().call_soon(self.stop)
                return {}
            case other:
                raise UsageError(f"the engine does not know the question {str(other)[:40]!r}")

    async def _sync(self, message: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        names = tuple(str(name) for name in message.get("sources") or self._names)
        for name in names:
            if name not in self._lines:
                there = ", ".join(self._lines) or "none"
                raise UsageError(f"the running engine has no source '{name}'; it has {there}")
        self._schedule.look_for_sleep()
        rounds = asyncio.gather(*(self._lines[name].round() for name in names))
        shown: dict[str, dict[str, Any]] = {}
        while not rounds.done():
            for name in names:
                status = self._lines[name].status.wire()
                if shown.get(name) != status:
                    shown[name] = status
                    progress({"source": name, **status})
            await asyncio.wait((rounds,), timeout=0.1)
        return {"sources": [result.wire() for result in rounds.result()]}

    async def _want(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        number, part = int(message["message"]), str(message.get("part") or "")
        found = self._ledger.wants(number, part)
        if found is None:
            raise AgentTuiError("there is no such message on a server")
        source, want = found
        line = self._lines.get(source)
        if line is None:
            raise AgentTuiError(f"the running engine has no source '{source}'")
        digest = await line.want(number, want)
        case = self._ledger.case_of(number)
        if case is not None:
            self._tell({"event": "changed", "cases": [case], "message": number})
        return {"message": number, "part": part, "digest": digest}

    # --- the index ----------------------------------------------------------------------------------------------

    def _poke(self) -> None:
        self._indexing.set()
        self._schedule.ring(gently=True)

    async def _index_always(self) -> None:
        while True:
            await self._indexing.wait()
            self._indexing.clear()
            await self._clock.wait(self._stop, INDEX_AFTER_MS)
            while await self._ledger.index(least=MANY if self._bulk else 1):
                if self._stop.is_set():
                    break
            if not self._indexing.is_set() and not self._bulk:
                await self._ledger.tidy()


def parent_lives(parent: int, *, child: bool) -> bool:
    """Whether the workstation still runs.

    Args:
        parent: its process id.
        child: it started us itself, so that it is our parent as long as it lives.
    """
    if child:
        return os.getppid() == parent
    try:
        os.kill(parent, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:  # one that has ended may still be listed, if nobody has asked how
        return Path(f"/proc/{parent}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True
