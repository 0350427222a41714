"""``doctor --mend``: every kind of damage to what can be made again is mended, and what exists only here is never written."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_tui.commands.context import Context
from agent_tui.commands.doctor import MENDED, OK, WRONG, Check
from agent_tui.commands.mending import mended
from agent_tui.desk import Desk
from agent_tui.domain.errors import StoreError
from agent_tui.engine.lock import EngineLock, EngineRunning
from agent_tui.store import backups, connections, health
from tests.journeys.terminal import ROOT, until
from tests.unit.test_damage import TEXTS, Place
from tests.unit.workspaces import opened

PAGE = 4096


def header(path: Path) -> None:
    _overwrite(path, 16, b"\xff" * 84)


def page(path: Path) -> None:
    """The roots of tables and indexes."""
    for number in range(2, path.stat().st_size // PAGE, 2):
        _overwrite(path, number * PAGE, b"\xa5" * 600)


def zero(path: Path) -> None:
    path.write_bytes(b"")


def missing(path: Path) -> None:
    path.unlink()


def no_database(path: Path) -> None:
    path.write_bytes(b"this is no database " * 5000)


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // PAGE // 2 * PAGE)


DAMAGE = (header, page, zero, missing, no_database, cut)


def _overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "w")
    yield made
    made.bench.close()


def mend(place: Place) -> dict[str, Check]:
    context = Context(None, offline=True)  # what is to be fetched is fetched by the bench, at its own time
    context.__dict__["workspace"] = place.bench.workspace
    return {one.name: one for one in mended(context)}


def only_here(place: Place) -> list[str]:
    with contextlib.closing(opened(place.bench.workspace.desk_path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return [f"{name} {row}" for name in tables for row in connection.execute(f"SELECT * FROM {name}")]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_fetched_again_under_what_exists_only_here(place: Place, damage: Callable[[Path], None]) -> None:
    before = only_here(place)
    damage(place.path("cache.db"))
    found = mend(place)
    assert WRONG not in {one.status for one in found.values()}, found
    assert found["desk.db"].status == OK
    place.sync()
    place.whole()
    assert place.found("parcel") == [TEXTS[0]]
    assert place.found("পার্সেল") == [TEXTS[1]]
    # A sync settles what is queued; that the desk is as it was holds before it.
    assert [line for line in before if "drafts" in line] == [line for line in only_here(place) if "drafts" in line]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_is_made_again_from_the_cache(place: Place, damage: Callable[[Path], None]) -> None:
    before = only_here(place)
    damage(place.path("search.db"))
    found = mend(place)
    assert WRONG not in {one.status for one in found.values()}, found
    assert only_here(place) == before
    place.sync()  # what a missing one needs
    place.whole()
    assert place.found("invoice") == [TEXTS[2]]
    assert place.found("পার্সেল") == [TEXTS[1]]


def garbled(log: Path, held: bytes) -> None:
    log.write_bytes(held[:32] + bytes(255 - one for one in held[32:]))


def removed(log: Path, _held: bytes) -> None:
    log.unlink(missing_ok=True)


@pytest.mark.parametrize("harm", [garbled, removed])
@pytest.mark.parametrize("name", ["cache.db", "search.db"])
def test_a_damaged_log_takes_nothing_but_what_it_held(place: Place, name: str, harm: Callable[[Path, bytes], None]) -> None:
    """Frames whose checksum is wrong, or that are gone, are not read; what they said is fetched or indexed again."""
    before = only_here(place)
    path = place.bench.workspace.path / name
    kept = opened(path)  # keeps the log there when the others close
    kept.execute("SELECT count(*) FROM sqlite_master").fetchone()
    place.bench.customer("one more question")
    place.sync()
    log = path.with_name(f"{name}-wal")
    held = log.read_bytes() if log.exists() else b""
    kept.close()
    assert len(held) > 32
    harm(log, held)
    path.with_name(f"{name}-shm").unlink(missing_ok=True)
    found = mend(place)
    assert WRONG not in {one.status for one in found.values()}, found
    assert only_here(place) == before
    place.sync()
    with contextlib.closing(place.desk()) as desk:
        assert "one more question" in {one.snippet for one in desk.listing()}
    assert place.found("more") == ["one more question"]


def test_an_index_that_is_whole_as_a_file_but_lies_is_found_out(place: Place) -> None:
    with contextlib.closing(opened(place.path("search.db"))) as index:
        index.execute("DELETE FROM message_index_data WHERE id > 10")
    found = health.fault(place.bench.workspace.search_path, connections.key_of(place.bench.workspace.path))
    assert found == "" or "fts5" in found  # SQLite from 3.44 on sees it, as SQLCipher's does
    found = mend(place)
    assert found["search.db"].status == MENDED
    assert place.found("invoice") == [TEXTS[2]]


@pytest.mark.parametrize("damage", [header, page, no_database, cut])
def test_a_damaged_desk_is_left_as_it_is_and_a_backup_named(place: Place, damage: Callable[[Path], None]) -> None:
    with contextlib.closing(place.desk()) as desk:
        made = backups.rotate(desk.store)
    path = place.path("desk.db")
    damage(path)
    kept = path.read_bytes()
    found = mend(place)
    assert found["desk.db"].status == WRONG
    assert "agent-tui restore" in found["desk.db"].words
    assert str(made) in found["desk.db"].words
    assert path.read_bytes() == kept


@pytest.mark.parametrize("damage", [zero, missing])
def test_a_desk_that_vanished_is_not_begun_anew_while_there_is_a_backup(place: Place, damage: Callable[[Path], None]) -> None:
    with contextlib.closing(place.desk()) as desk:
        made = backups.rotate(desk.store)
    damage(place.path("desk.db"))
    with pytest.raises(StoreError, match=f"agent-tui restore {made}"):
        place.desk()
    assert mend(place)["desk.db"].status == WRONG
    health.put_back(_unpacked(made), place.bench.workspace.desk_path, place.bench.workspace.path / "before", connections.key_of(place.bench.workspace.path))
    place.whole()


def _unpacked(made: Path) -> Path:
    from zipfile import ZipFile

    with ZipFile(made) as file:
        return Path(file.extract(backups.DESK, made.parent / "unpacked"))


def test_a_whole_workspace_is_left_as_it_is(place: Place) -> None:
    names = ("desk.db", "cache.db", "search.db")
    before = {name: place.path(name).stat().st_ino for name in names}
    assert {one.status for one in mend(place).values()} == {OK}
    assert {name: (place.bench.workspace.path / name).stat().st_ino for name in names} == before


def test_nothing_is_mended_under_a_running_engine_or_workstation(place: Place) -> None:
    no_database(place.path("cache.db"))
    lock = EngineLock(place.bench.workspace.lock_path)
    with pytest.raises(EngineRunning):
        mend(place)
    lock.release()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        kept = place.bench.workspace.cache_path.open("rb")
        os.read(reader, 1)
        kept.close()
        os._exit(0)
    try:
        until(lambda: mend(place).get("all"), "the other process is seen")
        assert not place.bench.workspace.path.joinpath("cache.db.damaged").exists()
    finally:
        os.write(writer, b"x")
        os.waitpid(child, 0)


def test_an_open_desk_is_not_needed_to_open_again(place: Place) -> None:
    """What is refused is a desk without content beside a cache with some; a new workspace has neither."""
    fresh = place.bench.workspace.path / "fresh"
    fresh.mkdir()
    from dataclasses import replace

    Desk(replace(place.bench.workspace, path=fresh), offline=True).close()


def test_a_user_finds_the_damage_and_mends_it(tmp_path: Path) -> None:
    folder = tmp_path / "demo"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "agent_tui", *arguments], capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": str(ROOT), "AGENT_TUI_WORKSPACE": str(folder)})  # fmt: skip

    assert run("demo", "--dir", str(folder), "--no-open").returncode == 0
    before = [json.loads(line)["id"] for line in run("list", "--json").stdout.splitlines()]
    assert before
    no_database(folder / "cache.db")
    for end in ("-wal", "-shm"):
        (folder / f"cache.db{end}").unlink(missing_ok=True)
    told = run("doctor", "--offline")
    assert told.returncode == 1
    assert "WRONG  database  cache.db" in told.stdout
    assert "doctor --mend" in told.stdout
    done = run("doctor", "--mend")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "set aside as cache.db.damaged" in done.stdout
    assert "messages fetched" in done.stdout
    after = [json.loads(line)["id"] for line in run("list", "--json").stdout.splitlines()]
    assert set(before) <= set(after)
    assert run("doctor").returncode == 0
