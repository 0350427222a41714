"""An engine in a process of its own that really ends: at a named step, at any moment, or when it is done."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import time
from collections.abc import Callable

from agent_tui.engine import books, run, supervisor
from agent_tui.engine import clock as engine_clock
from agent_tui.sources.base import Mirror, Source
from agent_tui.store.database import Store
from agent_tui.store.mirror import StoreMirror
from agent_tui.workspace import Workspace

STEPS = ("pulled", "applied", "begun", "pushed", "acknowledged", "found")
PATIENCE_S = 300
HURRY = 25
PAUSE_S = 0.4  # in which the engine's clock goes on by ten seconds

Build = Callable[[str, Mirror], Source]

assert books
assert supervisor, "read here once, so that not every engine has to"


class Fast(engine_clock.Clock):
    """Time that goes by ``HURRY`` times as fast, so that nobody sits through what an engine waits for."""

    def __init__(self, start: int) -> None:
        self._began = time.monotonic()
        self._start = start
        super().__init__(lambda: self._start + self.steady())

    def steady(self) -> int:
        return int((time.monotonic() - self._began) * 1000 * HURRY)

    async def wait(self, event: asyncio.Event, milliseconds: int | None) -> bool:
        return await super().wait(event, None if milliseconds is None else max(1, milliseconds // HURRY))


def engine(
    workspace: Workspace, at: int, build: Build | None = None, *, die_at: str = "", nth: int = 1, after_s: float | None = None,
    pause_s: float | None = None,
) -> int:  # fmt: skip
    """One round of an engine in a child process.

    Args:
        workspace: whose.
        at: what time it is for the engine, in milliseconds since the epoch.
        build: makes a source by name; by default the one of its type.
        die_at: the step at which it is killed; empty: none.
        nth: at the how manieth such step.
        after_s: kill it after so many seconds, wherever it is; None: never.
        pause_s: suspend it (SIGSTOP) after so many seconds for ``PAUSE_S``; None: never.

    Returns:
        The signal that ended it, 0 where it came to its own end.
    """
    steps, told = os.pipe()
    os.set_blocking(steps, False)
    child = os.fork()
    if child == 0:
        _be_engine(workspace, at, build, die_at, nth, told)
    os.close(told)
    try:
        return wait_for(child, after_s, pause_s, steps)
    finally:
        os.close(steps)


def wait_for(child: int, after_s: float | None = None, pause_s: float | None = None, steps: int | None = None) -> int:
    """Wait for a child's end, which is brought about after ``after_s`` seconds; gives the signal that ended it.

    Args:
        steps: where the child says that it got on. It may take as long as it does get on, however slow its server is.
    """
    began = moved = time.monotonic()
    killed = False
    while time.monotonic() < moved + PATIENCE_S:
        if steps is not None and _got_on(steps):
            moved = time.monotonic()
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it broke off by itself"
            return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if after_s is not None and not killed and time.monotonic() >= began + after_s:
            os.kill(child, signal.SIGKILL)
            killed = True
        if pause_s is not None and time.monotonic() >= began + pause_s:
            os.kill(child, signal.SIGSTOP)
            time.sleep(PAUSE_S)
            os.kill(child, signal.SIGCONT)
            pause_s = None
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError(f"the engine neither ended nor got on for {PATIENCE_S} s")


def _got_on(steps: int) -> bool:
    try:
        return bool(os.read(steps, 4096))
    except BlockingIOError:
        return False


def in_child(what: Callable[[], None], after_s: float | None = None) -> int:
    """Do this in a child process; gives the signal that ended it."""
    child = os.fork()
    if child == 0:
        _alone(what)
    return wait_for(child, after_s)


def _alone(what: Callable[[], None]) -> None:
    faulthandler.dump_traceback_later(PATIENCE_S * 0.9)  # where it hangs, if it does
    try:
        what()
    except BaseException:  # the child must never go on as a second test run
        import traceback

        traceback.print_exc()
        os._exit(3)
    os._exit(0)


def _be_engine(workspace: Workspace, at: int, build: Build | None, die_at: str, nth: int, told: int) -> None:
    left = nth

    def probe(step: str) -> None:
        nonlocal left
        os.write(told, b".")
        if step == die_at:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def live() -> None:
        clock = Fast(at)
        now = clock.now
        engine_clock.Clock = lambda _now: clock  # type: ignore[assignment, misc]
        built = None
        if build is not None:
            store = Store.open(workspace, now=now)

            def built(name: str) -> Source:
                return build(name, StoreMirror(store, name))

        run(workspace, now=now, build=built, probe=probe)

    _alone(live)
