"""An engine on a workbench: the real store, the demo's servers, and a clock that moves only when told to."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from agent_tui.domain.model import Address, Channel, Promise, Visibility
from agent_tui.domain.operations import Entry, Operation, OperationState, Reply
from agent_tui.engine.access import access_for
from agent_tui.engine.books import Books
from agent_tui.engine.clock import Clock
from agent_tui.engine.supervisor import Supervisor
from agent_tui.sources.base import Hint
from agent_tui.sources.demo import build
from agent_tui.sources.demo.file import FILE_NAME
from agent_tui.sources.demo.server import DemoServer
from agent_tui.sources.demo.settings import DemoSettings
from agent_tui.store import case_facts, messages, operations, threads
from agent_tui.store.database import Store
from agent_tui.workspace import Agent, SourceSettings, Workspace

START = 1_790_000_000_000
MINUTE = 60_000
SERVICES = {"mail": "mailbox", "chat": "chat", "forum": "forum"}
CHANNELS = {"mail": Channel.EMAIL, "chat": Channel.CHAT, "forum": Channel.COMMUNITY}


class Killed(BaseException):
    """The process ends here, without a last word."""


class Time(Clock):
    """Wall-clock and steady time, moved by hand."""

    def __init__(self, at: int = START) -> None:
        self.at, self.ticks = at, 1_000_000
        self._moved: set[asyncio.Event] = set()
        super().__init__(lambda: self.at)

    def steady(self) -> int:
        return self.ticks

    def pass_by(self, milliseconds: int) -> None:
        """Time goes by while the machine is awake."""
        self.at += milliseconds
        self.ticks += milliseconds
        self._stir()

    def sleep(self, milliseconds: int) -> None:
        """The machine is suspended this long."""
        self.at += milliseconds
        self._stir()

    def _stir(self) -> None:
        for event in tuple(self._moved):
            event.set()

    async def wait(self, event: asyncio.Event, milliseconds: int | None) -> bool:
        end = None if milliseconds is None else self.ticks + milliseconds
        moved = asyncio.Event()
        self._moved.add(moved)
        try:
            while not event.is_set():
                if end is not None and self.ticks >= end:
                    await asyncio.sleep(0)
                    return event.is_set()
                moved.clear()
                waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(moved.wait())]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for one in waits:
                        one.cancel()
            return True
        finally:
            self._moved.discard(moved)


class Handed:
    """A source whose notices come when the test says so."""

    def __init__(self, source, notices: asyncio.Event) -> None:
        self._source = source
        self._notices = notices

    def __getattr__(self, name):
        return getattr(self._source, name)

    async def hints(self):
        while True:
            await self._notices.wait()
            self._notices.clear()
            yield Hint()


class Bench:
    """One workspace with a mailbox, a chat and a forum."""

    def __init__(self, path: Path, *names: str, undo_ms: int = 0) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.time = Time()
        self.workspace = Workspace(
            path=path,
            agent=Agent(name="Asha Rao", email="asha@tamarind.example"),
            sources=tuple(
                SourceSettings(
                    name=name, type="demo", channel=CHANNELS[name], promise=Promise(6 * 60 * MINUTE, 6 * 60 * MINUTE),
                    undo_ms=undo_ms, options=DemoSettings(service=SERVICES[name], address="help@tamarind.example"),
                )
                for name in names or ("mail",)
            ),
        )
        self.server = DemoServer(path / FILE_NAME, now=lambda: self.time.at)
        self.store = Store.open(self.workspace, role="desk", now=lambda: self.time.at)
        self.notices = {one.name: asyncio.Event() for one in self.workspace.sources}
        self.events: list[dict] = []
        self.pushed: list[str] = []
        self.engine: Supervisor | None = None
        self.task: asyncio.Task | None = None
        self.books: Books | None = None
        self._numbers = 0

    # the engine

    def supervisor(self, *, watch: bool, probe: Callable[[str], None] | None = None, wrap=None, **more) -> Supervisor:
        self.books = books = Books(self.workspace, now=self.time.now)

        def made(name: str):
            source = build(access_for(self.workspace, self.workspace.source(name), books, self.time.now, alone=False))
            source = Handed(source, self.notices[name])
            return wrap(name, source) if wrap else source

        return Supervisor(
            self.workspace, books, made, clock=self.time, chance=lambda: 1.0, watch=watch,
            tell=lambda event: self.events.append(dict(event)), probe=probe, **more,
        )

    async def sync(self, *, killed_at: str = "", nth: int = 1, **more):
        """One round; with ``killed_at`` the engine dies at the nth such step (None is returned)."""
        left = nth

        def probe(step: str) -> None:
            nonlocal left
            if step == killed_at:
                left -= 1
                if left == 0:
                    raise Killed(step)

        engine = self.supervisor(watch=False, probe=probe if killed_at else None, **more)
        running = asyncio.ensure_future(engine.run())
        try:
            while not running.done():
                await asyncio.wait((running,), timeout=0.02)
                if any(line.status.state == "idle" and line._settle_at for line in engine._lines.values()):
                    self.time.pass_by(6_000)  # it waits until a server that was cut off can be believed
            results = running.result()
        except BaseExceptionGroup as group:
            if group.subgroup(Killed) is None:
                raise
            return None
        finally:
            self.books.close()
        return {one.source: one for one in results}

    def start(self, **more) -> None:
        """An engine that stays."""
        self.engine = self.supervisor(watch=True, **more)
        self.task = asyncio.ensure_future(self.engine.run())

    async def stop(self) -> None:
        if self.engine is None:
            return
        self.engine.stop()
        try:
            await asyncio.wait_for(self.task, 20)
        finally:
            self.books.close()
            self.engine = None

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.task is None or not self.task.done() or self.task.exception() is None, self.task.exception()
            assert time.monotonic() < end, "it never happened"
            await asyncio.sleep(0.001)

    async def quiet(self) -> None:
        """Until every line of the running engine rests."""
        lines = self.engine._lines.values()
        await self.until(lambda: all(one.status.state in ("idle", "offline", "login", "stopped") for one in lines))
        for _ in range(20):
            await asyncio.sleep(0)

    async def quiet_one(self, name: str) -> None:
        """Until this line rests."""
        await self.until(lambda: self.engine._lines[name].status.state == "idle")
        for _ in range(20):
            await asyncio.sleep(0)

    # the people

    def customer(self, text: str = "Where is my parcel?", service: str = "mailbox", conversation: str = "") -> str:
        """A customer writes; gives the conversation."""
        self.time.at += 1_000
        self.time.ticks += 1_000
        return self.server.customer_writes(service, conversation, text).conversation

    def case(self, source: str = "mail", conversation: str = "") -> int:
        """The case that was pulled for a conversation (the only one, where none is named)."""
        number = self.store.source_id(source)
        rows = self.store.cache.execute(
            "SELECT DISTINCT c.id FROM cases c JOIN messages m ON m.case_id = c.id WHERE c.source_id = ? ORDER BY c.id",
            (number,),
        ).fetchall()
        if conversation:
            rows = [row for row in rows if case_facts.case_ref(self.store, row[0], source).conversation == conversation]
        assert len(rows) == 1, rows
        return rows[0][0]

    def queue(self, case: int, operation: Operation, *, source: str = "mail", **more) -> Entry:
        """Put an operation in the outbox, as the desk does."""
        with self.store.writing_desk():
            group = operations.new_group(self.store, "test")
            number = operations.add(self.store, group, case, source, operation, **more)
        return operations.get(self.store, number)

    def reply(self, case: int, text: str = "It is on its way.", *, source: str = "mail", hold: int = 0, **more) -> Entry:
        """Queue a reply to everything seen so far."""
        self._numbers += 1
        seen, seen_ours = messages.newest_ids(self.store, case)
        here = messages.of_case(self.store, case)
        newest = next((one for one in reversed(here) if one.direction == "in"), None)
        row = self.store.cache.execute("SELECT server_state FROM cases WHERE id = ?", (case,)).fetchone()
        operation = Reply(
            text=text, visibility=Visibility.PUBLIC if source == "forum" else Visibility.PRIVATE,
            marker=f"reply-{self._numbers}@tamarind.example", created_at=self.time.at,
            sender=Address("Support", "help@tamarind.example"),
            to=(Address("", newest.author.address),) if newest else (), subject="Re: A question",
            in_reply_to=newest.marker or newest.key if newest else "", seen=seen, seen_ours=seen_ours,
            server_state=row[0] if row else "",
        )
        held = {"held_until": self.time.at + hold} if hold else {}
        return self.queue(case, operation, source=source, **held, **more)

    def state(self, entry: Entry) -> OperationState:
        return operations.get(self.store, entry.id).state

    def entry(self, entry: Entry) -> Entry:
        return operations.get(self.store, entry.id)

    def copies(self, entry: Entry) -> int:
        return self.server.copies(entry.operation.marker)

    def drafts(self) -> list[str]:
        return [row[0] for row in self.store.desk.execute("SELECT text FROM drafts WHERE state = 'open'")]

    def texts(self, case: int) -> list[str]:
        return [one.text for one in messages.of_case(self.store, threads.resolve(self.store, case))]

    def close(self) -> None:
        with contextlib.suppress(Exception):
            if self.books is not None:
                self.books.close()
        self.store.close()
        self.server.close()
