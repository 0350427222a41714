"""One source and the one task that talks to it.

Everything that a source does happens here one after the other: pushes never overtake each other, and nobody else
has to lock anything. Lines know nothing of each other, so a dead server is only its own trouble.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

from agent_tui.domain.errors import AuthenticationError, Refused, SourceError, StoreError, TryLater
from agent_tui.domain.model import Batch, Channel
from agent_tui.domain.operations import Entry, Reply
from agent_tui.engine.backoff import Backoff
from agent_tui.engine.context import Context, log
from agent_tui.engine.deliver import Outcome, deliver, looks_first, settle
from agent_tui.engine.pull import pull, store
from agent_tui.engine.status import LineState, SourceResult, Status
from agent_tui.engine.waiting import Request, Round, resolve
from agent_tui.sources.base import ShowsTyping, Source, SourceInfo, Want

POLL_MS = 60_000  # where the server tells nothing by itself
POLL_LIVE_MS = 120_000  # where it does, for the places that it does not tell about
OPEN_PATIENCE_S = 90.0
TYPING_PATIENCE_S = 5.0
NEVER = 1 << 62


class Line:
    """Talks to one source until told to end.

    Args:
        name: of the source.
        build: makes the source, not yet open.
        context: the engine's.
        polls: pull by itself, again and again; False for a single round.
    """

    def __init__(self, name: str, build: Callable[[], Source], context: Context, *, polls: bool = True) -> None:
        self.name = name
        self.status = Status()
        self.wake = asyncio.Event()
        self._build = build
        self._context = context
        self._polls = polls
        self._backoff = Backoff(context.chance)
        self._hints_backoff = Backoff(context.chance)
        self._source: Source | None = None
        self._info: SourceInfo | None = None
        self._hints: asyncio.Task[None] | None = None
        self._hints_lost = False
        self._reopen = False
        self._delivering = False
        self._pull_wanted = True
        self._pulled_at = -POLL_MS
        self._not_before = 0  # steady milliseconds; earlier it does not connect
        self._gone: set[int] = set()  # due a moment ago, but somebody took them back
        self._rounds: list[Round] = []
        self._requests: deque[Request] = deque()
        self._settle_at: dict[int, int] = {}
        self._to_review: deque[Entry] = deque()  # to be asked about, once after each whole pull
        self._mute = ""  # why nothing is sent although the source can be read
        self._ending = False
        self._typing: asyncio.Task[None] | None = None

    # --- what others ask of it ----------------------------------------------------------------------------------

    def round(self) -> asyncio.Future[SourceResult]:
        """Fetch everything new and deliver what is queued, now; the result says how it went."""
        future: asyncio.Future[SourceResult] = asyncio.get_running_loop().create_future()
        self._rounds.append(Round(future))
        self._backoff.reset()
        self._not_before = 0
        self._mute = ""
        self._settle_at.clear()
        self._pull_wanted = True
        self._context.ledger.hurry(self.name)
        self.wake.set()
        return future

    def want(self, message: int, want: Want) -> asyncio.Future[str]:
        """Fetch one message or attachment before anything else; gives the attachment's digest."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._requests.append(Request(message, want, future))
        self.wake.set()
        return future

    def type(self, conversation: str, *, on: bool) -> None:
        """Let a customer see that somebody writes, where the server can; beside everything else, and at once or never."""
        source, info = self._source, self._info
        if info is None or not info.capabilities.typing or not isinstance(source, ShowsTyping):
            return
        if self._typing is not None:
            self._typing.cancel()
        self._context.precedence.talk()
        self._typing = asyncio.create_task(_typed(source, conversation, on=on))

    def refresh(self) -> None:
        """Connections may be dead and the store out of date (the machine slept)."""
        self._reopen = True
        if self._not_before < NEVER:
            self._not_before = 0
        self._settle_at.clear()  # of the clock as it was
        self.wake.set()

    def end(self) -> bool:
        """Finish what is being sent, and nothing more; False where nothing is."""
        self._ending = True
        self.wake.set()
        return self._delivering

    def quiet(self) -> None:
        """From now on only deliver: nobody reads what would be fetched."""
        self._polls = False
        if self._hints is not None:
            self._hints.cancel()
            self._hints = None
        self.wake.set()

    # --- its life -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until ``end``."""
        try:
            while not self._ending:
                self.wake.clear()
                try:
                    if self._reopen:
                        self._reopen = False
                        await self._close()
                    if await self._connected():
                        await self._work()
                except AuthenticationError as error:
                    await self._trouble(LineState.LOGIN, error, NEVER)
                except Refused as error:
                    await self._trouble(LineState.STOPPED, error, NEVER)
                except SourceError as error:
                    asked = error.retry_after_ms if isinstance(error, TryLater) else None
                    await self._trouble(LineState.OFFLINE, error, self._backoff.failed(asked))
                except StoreError as error:  # the disk, not the server
                    await self._trouble(LineState.OFFLINE, TryLater(str(error)), self._backoff.failed())
                except Exception as error:  # a mistake in one source must not stop the others
                    log.crash("the source broke off", error, source=self.name)
                    words = TryLater(f"the source broke off: {type(error).__name__}; the log says more")
                    await self._trouble(LineState.OFFLINE, words, self._backoff.failed())
                await self._rest()
        finally:
            await self._close()
            self._give_up("the engine ended")

    async def _connected(self) -> bool:
        if self._source is not None:
            return True
        if self._context.clock.steady() < self._not_before:
            return False
        self._say(replace(self.status, state=LineState.CONNECTING))
        source = self._build()
        self._source = source
        try:
            async with asyncio.timeout(OPEN_PATIENCE_S):
                self._info = await source.open()
        except TimeoutError as error:
            raise TryLater(f"the server does not answer ({OPEN_PATIENCE_S:.0f} s)") from error
        self._context.ledger.opened(self.name, self._info)
        self._hints_lost = False
        self._pull_wanted = True
        self._listen()
        return True

    async def _work(self) -> None:
        """Everything that can be done now; ends when there is nothing."""
        freshness = self._context.freshness
        while not (self._ending or self._reopen):
            self.wake.clear()
            self._context.look()
            if self._reopen:
                break
            if self._hints_lost:
                self._listen()
                self._hints_lost = False
                self._pull_wanted = True
            if await self._settle_one():
                continue
            if await self._serve_one():
                continue
            if freshness.stale(self.name):
                await self._pull(until_fresh=True)
                continue
            if await self._deliver_one():
                continue
            if self._pull_wanted or self._poll_due():
                with self._context.precedence.first(self.name, chat=True) if self._is_read_chat() else nullcontext():
                    await self._pull()
                continue
            if await self._review_one():
                continue
            break

    async def _rest(self) -> None:
        """Until somebody wants something or it is time to look again."""
        self._gone.clear()
        if self._ending or self._reopen:
            return
        if self._source is not None:
            self._say(replace(self.status, state=LineState.IDLE, done=0, total=0, error=self._mute, retry_at=None))
        wait = self._wait_ms()
        if self._source is not None and wait is not None and wait <= 0:
            return
        self._finish_rounds()
        await self._context.clock.wait(self.wake, wait)

    def _wait_ms(self) -> int | None:
        clock = self._context.clock
        waits: list[int] = []
        if self._source is None:
            if self._not_before < NEVER:
                waits.append(self._not_before - clock.steady())
        else:
            if self._polls:
                waits.append(self._pulled_at + self._poll_ms() - clock.steady())
            waits.extend(at - clock.now() for at in self._settle_at.values() if at < NEVER)
            if patience := self._context.freshness.patience():
                waits.append(patience)
        return min(waits) if waits else None

    # --- steps --------------------------------------------------------------------------------------------------

    async def _pull(self, *, until_fresh: bool = False) -> None:
        source = self._opened()
        self._pull_wanted = False
        self._say(replace(self.status, state=LineState.PULLING))

        def progress(batch: Batch) -> None:
            for one in self._rounds:
                one.messages += len(batch.messages)
            self._say(replace(self.status, done=batch.done, total=batch.total, error=batch.held_back))

        waiting = tuple(self._rounds)
        began = self._context.clock.steady()
        pulled = await pull(
            self._context, self.name, source, until_fresh=until_fresh, interrupted=self._interrupted,
            progress=progress,
        )  # fmt: skip
        self._backoff.reset()
        self._pulled_at = self._context.clock.steady()
        if (figures := self._context.figures) is not None:
            figures.round(self.name, pulled.messages, self._pulled_at - began)
        self._seen()
        if pulled.whole:
            now = self._context.clock.now()
            self._context.ledger.note(self.name, error="", synced_at=now)
            self._to_review = deque(self._context.ledger.in_review(self.name))
            self.status = replace(self.status, synced_at=now)
            for one in waiting:
                one.pulled = True
        else:
            self._pull_wanted = True

    def _is_read_chat(self) -> bool:
        """Whether what comes from there is waited for: a chat that has been read up to now."""
        can = None if self._info is None else self._info.capabilities
        return can is not None and can.live and can.channel is Channel.CHAT and self.status.synced_at is not None

    def _interrupted(self) -> bool:
        """Whether something is more urgent than older messages."""
        return self._ending or self._reopen or bool(self._requests) or bool(self._sendable())

    def _sendable(self) -> tuple[Entry, ...]:
        if self._mute:
            return ()
        replies = self._context.freshness.may_reply(self.name)
        return tuple(
            entry
            for entry in self._context.ledger.due(self.name)
            if entry.id not in self._gone and (replies or not isinstance(entry.operation, Reply))
        )

    async def _deliver_one(self) -> bool:
        sendable = self._sendable()
        if not sendable:
            return False
        with self._context.precedence.first(self.name, chat=self._is_read_chat()):
            await self._deliver(sendable[0])
        return True

    async def _deliver(self, entry: Entry) -> None:
        source, info, context = self._opened(), self._info, self._context
        assert info is not None
        self._say(replace(self.status, state=LineState.DELIVERING))
        looked = looks_first(info, entry, context.freshness.since)
        if looked and info.capabilities.carries(entry.kind):
            await self._pull(until_fresh=True)
            context.look()
            if self._reopen:
                return
            still = next((one for one in self._sendable() if one.id == entry.id), None)
            if still is None:
                return
            entry = still
        self._settle_at.pop(entry.id, None)
        self._delivering = True
        try:
            outcome = await deliver(context, self.name, source, info, entry, looked=looked)
        finally:
            self._delivering = False
        log.info("delivered", source=self.name, kind=entry.kind, entry=entry.id, outcome=outcome)
        context.tell({"event": "changed", "cases": [entry.case]})
        context.poke()
        for one in self._rounds:
            one.delivered += outcome in (Outcome.DELIVERED, Outcome.LOCAL)
            one.failed += outcome is Outcome.FAILED
        match outcome:
            case Outcome.DELIVERED:
                self._pull_wanted = True  # brings the server's copy of what we did
            case Outcome.LATER:
                await self._pull(until_fresh=True)  # is it the server, or only this message?
            case Outcome.LOGIN:
                self._mute = "login refused when sending; nothing goes out until you sync again"
            case Outcome.GONE:
                self._gone.add(entry.id)
            case _:
                pass

    async def _settle_one(self) -> bool:
        context = self._context
        unsettled = context.ledger.unsettled(self.name)
        self._settle_at = {one.id: self._settle_at[one.id] for one in unsettled if one.id in self._settle_at}
        for entry in unsettled:
            if self._settle_at.get(entry.id, 0) > context.clock.now():
                continue
            outcome, again = await settle(context, self._opened(), entry)
            self._settle_at[entry.id] = NEVER if again is None else again
            if outcome is not Outcome.UNKNOWN:
                self._settle_at.pop(entry.id, None)
            log.info("settled", source=self.name, kind=entry.kind, entry=entry.id, outcome=outcome)
            context.tell({"event": "changed", "cases": [entry.case]})
            context.poke()
            for one in self._rounds:
                one.delivered += outcome is Outcome.DELIVERED
            return True
        return False

    async def _review_one(self) -> bool:
        """Ask what has become of one message that waits for a moderator and did not come with the pull."""
        if not self._to_review:
            return False
        entry, context = self._to_review.popleft(), self._context
        outcome, _ = await settle(context, self._opened(), entry)
        if outcome is Outcome.FAILED:
            log.info("refused in review", source=self.name, kind=entry.kind, entry=entry.id)
        context.tell({"event": "changed", "cases": [entry.case]})
        context.poke()
        for one in self._rounds:
            one.failed += outcome is Outcome.FAILED
        return True

    async def _serve_one(self) -> bool:
        """Fetch one thing that somebody looks at."""
        if not self._requests:
            return False
        with self._context.precedence.first(self.name):
            await self._serve(self._requests.popleft())
        return True

    async def _serve(self, request: Request) -> None:
        source, ledger = self._opened(), self._context.ledger
        try:
            fetched = await source.fetch((request.want,))
            if fetched.messages:
                store(self._context, self.name, Batch(cursor=ledger.cursor(self.name), messages=fetched.messages))
            digest = ""
            for path in (fetched.parts or {}).values():
                digest = ledger.keep(request.message, request.want.part, path)
        except SourceError as error:
            resolve(request.done, error)
            if isinstance(error, Refused):
                return
            raise
        except OSError as error:  # the disk, not the server
            resolve(request.done, TryLater(f"the attachment cannot be written: {error}"))
            return
        gone = not fetched.messages and not fetched.parts
        resolve(request.done, Refused("the server no longer has it") if gone else digest)

    # --- the rest -----------------------------------------------------------------------------------------------

    def _opened(self) -> Source:
        assert self._source is not None
        return self._source

    def _poll_ms(self) -> int:
        live = self._info is not None and self._info.capabilities.live
        return POLL_LIVE_MS if live else POLL_MS

    def _poll_due(self) -> bool:
        return self._polls and self._context.clock.steady() >= self._pulled_at + self._poll_ms()

    def _listen(self) -> None:
        """Follow the server's own notices, where it gives any."""
        if self._hints is not None:
            self._hints.cancel()
            self._hints = None
        if self._polls and self._info is not None and self._info.capabilities.live:
            self._hints = asyncio.create_task(self._follow(self._opened()))

    async def _follow(self, source: Source) -> None:
        try:
            async for hint in source.hints():
                if hint.typing:
                    self._context.tell(
                        {"event": "typing", "source": self.name, "container": hint.container, "who": hint.typing}
                    )
                    continue
                self._hints_backoff.reset()
                self._pull_wanted = True
                self.wake.set()
        except SourceError as error:
            log.info("notices ended", source=self.name, error=error)
        except Exception as error:
            log.crash("notices broke off", error, source=self.name)
        stop = asyncio.Event()
        await self._context.clock.wait(stop, self._hints_backoff.failed())
        self._hints_lost = True
        self.wake.set()

    async def _trouble(self, state: LineState, error: SourceError, wait: int) -> None:
        """Let go, and say when it will be tried again."""
        words = str(error)
        await self._close()
        clock = self._context.clock
        self._not_before = NEVER if wait >= NEVER else clock.steady() + wait
        retry_at = None if wait >= NEVER else clock.now() + wait
        log.warning("trouble", source=self.name, state=state, error=words)
        with contextlib.suppress(StoreError):
            self._context.ledger.note(self.name, error=words, error_kind=type(error).__name__)
        self._say(replace(self.status, state=state, error=words, retry_at=retry_at, done=0, total=0))
        self._seen()
        self._give_up(words)

    async def _close(self) -> None:
        source, self._source, self._info = self._source, None, None
        if self._typing is not None:
            self._typing.cancel()
            self._typing = None
        if self._hints is not None:
            self._hints.cancel()
            self._hints = None
        if source is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(5):
                    await source.close()

    def _seen(self) -> None:
        if self._context.freshness.seen(self.name):
            self._context.tell({"event": "fresh"})

    def _finish_rounds(self) -> None:
        """Nothing is left to do, so whoever waits for a round gets its result."""
        if self._source is None or any(at < NEVER for at in self._settle_at.values()):
            return
        if self._context.freshness.patience() and self._context.ledger.due(self.name):
            return
        for one in tuple(self._rounds):
            if one.pulled:
                self._rounds.remove(one)
                resolve(one.done, SourceResult(
                    source=self.name, ok=not self._mute, messages=one.messages, delivered=one.delivered,
                    failed=one.failed, waiting=self._context.ledger.left(self.name), error=self._mute,
                ))  # fmt: skip

    def _give_up(self, words: str) -> None:
        left = self._context.ledger.left(self.name) if self._rounds else 0
        for one in self._rounds:
            resolve(one.done, SourceResult(
                source=self.name, ok=False, messages=one.messages, delivered=one.delivered, failed=one.failed,
                waiting=left, error=words,
            ))  # fmt: skip
        self._rounds.clear()
        while self._requests:
            resolve(self._requests.popleft().done, TryLater(words))

    def _say(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self._context.tell({"event": "source", "name": self.name, **status.wire()})


async def _typed(source: ShowsTyping, conversation: str, *, on: bool) -> None:
    with contextlib.suppress(SourceError, TimeoutError):
        async with asyncio.timeout(TYPING_PATIENCE_S):
            await source.typing(conversation, on)
