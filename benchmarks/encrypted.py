"""What encryption of the databases costs: the same cache in the clear and encrypted, each figure of the two in turn."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from agent_tui import workspace as workspaces
from agent_tui.desk import Desk
from agent_tui.domain.model import Batch
from agent_tui.secrets import Secret
from agent_tui.settings_desk import KEY_VARIABLE
from agent_tui.store import connections, indexing
from agent_tui.store.apply import apply
from agent_tui.store.database import Store
from benchmarks import generate, workstation
from benchmarks.machine import PYTHON, Report, busy, median, run
from benchmarks.workstation import opened, pressed

KEY = "d4" * 32
QUERIES = {"a rare word": "needleone", "a word of every mail": "order", "two words": "order refund", "Bengali": "আমার"}
KEYS = (
    ("j, and k", ["j", "j", "j", "j", "k"], 60),
    ("page down and up", [" ", " ", "\x1b[5~"], 24),
    ("open a case and back", ["\r", "u"], 24),
)
FRAME = "import sys; from agent_tui.opening import _page; sys.exit(_page(sys.argv[1], 40) is None)"
STORED = 5_000


def measure(count: int = 100_000) -> Report:
    """All of it.

    Args:
        count: mails in the cache.
    """
    report = Report(f"Encryption at rest: a cache of {count:,} mails in the clear, and encrypted ({busy()})")
    plain = generate.workspace(count)
    hidden = plain.with_name(f"{plain.name}-encrypted")
    shutil.rmtree(hidden, ignore_errors=True)
    shutil.copytree(plain, hidden)
    os.environ[KEY_VARIABLE] = KEY  # the workspace in the clear does not look at it
    connections.use_key(hidden, Secret(KEY))
    try:
        command = (*workstation._command(hidden)[:-1], "encryption", "on")
        size = sum((hidden / f"{name}.db").stat().st_size for name in ("desk", "cache", "search"))
        done = run(command)
        report.add("encryption on", f"{done.cpu:.1f} s of processor time for {size / 1e6:,.0f} MB")
        after = sum((hidden / f"{name}.db").stat().st_size for name in ("desk", "cache", "search"))
        report.add("size on the disk", f"{after / size:.3f} x")
        for name, figure in _figures(plain, hidden):
            clear, closed = figure
            report.add(name, f"{clear:.1f} and {closed:.1f} ms of processor time: {closed / clear:.2f} x")
    finally:
        del os.environ[KEY_VARIABLE]
        shutil.rmtree(hidden, ignore_errors=True)
    return report


def _figures(plain: Path, hidden: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    """Each figure by name: milliseconds of processor time over the one and over the other."""
    for name in ("list", "outbox"):
        commands = {one: [*workstation._command(one), name] for one in (plain, hidden)}
        spent = _in_turn(lambda one, found=commands: run(found[one]).cpu * 1000, plain, hidden, 9)
        yield f"`agent-tui {name}`, start to exit", spent
    starts = {one: workstation.starts(one, 5)[1] for one in (plain, hidden)}
    frame = _in_turn(lambda one: run([PYTHON, "-c", FRAME, str(one)]).cpu * 1000, plain, hidden, 9)
    yield "what the first frame shows, read by a process of its own", frame
    yield "start to Textual's list, in steps of 10 ms", (starts[plain][2] * 1000, starts[hidden][2] * 1000)
    with opened(plain) as clear, opened(hidden) as closed:
        screens = {plain: clear, hidden: closed}
        for name, keys, times in KEYS:
            yield name, _in_turn(lambda one, keys=keys, times=times: pressed(screens[one], keys, times)[0], plain, hidden, 2)
    desks = {one: Desk(workspaces.load(one), offline=True) for one in (plain, hidden)}
    for name, query in QUERIES.items():
        asked = {one: partial(desk.search, query) for one, desk in desks.items()}
        yield f"search: {name} (`{query}`)", _in_turn(lambda one, asked=asked: _took(asked[one]), plain, hidden, 15)
    for desk in desks.values():
        desk.close()
    yield f"storing and indexing {STORED:,} mails", _in_turn(_stored, plain, hidden, 3)


def _in_turn(figure: Callable[[Path], float], plain: Path, hidden: Path, times: int) -> tuple[float, float]:
    found = [(figure(plain), figure(hidden)) for _ in range(times + 1)][1:]
    return median([one for one, _ in found]), median([one for _, one in found])


def _took(action: Callable[[], object]) -> float:
    before = time.process_time()
    action()
    return (time.process_time() - before) * 1000


def _stored(like: Path) -> float:
    """A first sync without its server: what comes in is stored and indexed."""
    with tempfile.TemporaryDirectory(dir=like.parent) as folder, contextlib.ExitStack() as ending:
        here = Path(folder)
        shutil.copy(like / "workspace.toml", here)
        connections.use_key(here, connections.key_of(like))
        ending.callback(connections.use_key, here, None)
        letters = [generate.remote(one) for one in generate.letters(STORED, seed=3)]
        store = Store.open(workspaces.load(here), role="engine", now=lambda: generate.NEWEST)

        def fetch() -> None:
            for start in range(0, STORED, 100):
                apply(store, "support-mail", Batch(cursor="{}", messages=tuple(letters[start : start + 100]), more=True))
            while indexing.index(store):
                pass
            store.checkpoint()

        took = _took(fetch)
        store.close()
    return took


