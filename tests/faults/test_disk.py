"""Disks that are full or may not be written, and databases that others hold: clear words, nothing half done, and it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import CaseState
from agent_tui.domain.operations import OperationState
from agent_tui.store import database
from tests.engine_bench import MINUTE, Bench
from tests.faults.disks import Filler, busy, small_disk
from tests.faults.process import in_child

NOBODY = 65534


def desk_of(bench: Bench) -> Desk:
    return Desk(bench.workspace, now=bench.time.now, offline=True)


def sync(bench: Bench, **more: object) -> dict[str, object]:
    return asyncio.run(bench.sync(**more))


@pytest.fixture
def small(tmp_path: Path):
    """A bench whose workspace is on a small disk; its servers' file is elsewhere."""
    with small_disk(tmp_path / "disk") as disk:
        server = tmp_path / "servers"
        server.mkdir()
        (disk / "w").mkdir()
        (disk / "w" / "demo-servers.db").symlink_to(server / "demo-servers.db")
        bench = Bench(disk / "w", "mail", "chat")
        bench.customer("The first question")
        sync(bench)
        try:
            yield bench, Filler(disk)
        finally:
            bench.close()


def test_a_full_disk_is_named_and_what_was_typed_is_kept(small) -> None:
    bench, filler = small
    with contextlib.closing(desk_of(bench)) as desk:
        case = desk.listing()[0].id
        draft = desk.save_draft(replace(desk.draft(case), text="Half a thought"))
        filler.fill()
        with pytest.raises(StoreError, match="disk is full"):  # noqa: PT012
            for number in range(400):  # the log may still have room
                draft = desk.save_draft(replace(draft, text=f"Half a thought{' and more' * 2000} {number}"))
        with pytest.raises(StoreError, match="disk is full"):
            desk.send(replace(draft, text="A whole thought" + " and more" * 9000))
        assert [one.text[:14] for one in desk.drafts()] == ["Half a thought"]
        assert [one for one in desk.outbox() if one.kind == "reply"] == []
        filler.clear()
        entry = desk.send(replace(draft, text="Good day, it leaves today. Kind regards, Asha"), hold=False)
        sync(bench)
        assert bench.state(entry) is OperationState.SENT
        assert bench.copies(entry) == 1


def test_an_engine_on_a_full_disk_says_so_and_goes_on_when_there_is_room(small) -> None:
    bench, filler = small
    for number in range(300):
        bench.customer(f"Question {number} " + "with many words " * 50)
    filler.fill()
    results = sync(bench)
    assert not results["mail"].ok
    assert "disk is full" in results["mail"].error
    filler.clear()
    bench.time.pass_by(10 * MINUTE)
    assert sync(bench)["mail"].ok
    assert bench.store.cache.execute("SELECT count(*) FROM messages").fetchone()[0] == 301


@pytest.mark.parametrize("step", ["begun", "pushed"])
def test_a_disk_that_fills_while_a_reply_leaves_sends_it_once(small, step: str) -> None:
    bench, filler = small
    entry = bench.reply(bench.case())

    def probe(at: str) -> None:
        if at == step:
            filler.fill()

    engine = bench.supervisor(watch=False, probe=probe)

    async def live() -> None:
        running = asyncio.ensure_future(engine.run())
        while not running.done():
            await asyncio.wait((running,), timeout=0.02)
            bench.time.pass_by(1_000)

    try:
        asyncio.run(live())
    finally:
        filler.clear()
        bench.books.close()
    for _ in range(3):
        bench.time.pass_by(10 * MINUTE)
        sync(bench)
    assert bench.state(entry) is OperationState.SENT
    assert bench.copies(entry) == 1


def test_everything_is_done_while_another_process_holds_the_databases_again_and_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "w", "mail", "chat")
    try:
        talk = bench.customer()
        sync(bench)
        with busy(bench.workspace.desk_path, bench.workspace.cache_path), contextlib.closing(desk_of(bench)) as desk:
            case = desk.listing()[0].id
            draft = desk.draft(case)
            for number in range(10):
                draft = desk.save_draft(replace(draft, text=f"Good day, it leaves on day {number}. Kind regards, Asha"))
            entry = desk.send(draft, hold=False)
            desk.tag([case], add=["vip"])
            for number in range(60):
                bench.customer(f"Question {number}")
            bench.customer("And?", conversation=talk)
            results = sync(bench)
        assert results["mail"].ok, results
        bench.time.pass_by(MINUTE)
        sync(bench)
        assert bench.state(entry) in (OperationState.SENT, OperationState.CONFLICT)
        assert bench.copies(entry) == (bench.state(entry) is OperationState.SENT)
        assert bench.store.cache.execute("SELECT count(*) FROM messages WHERE direction = 'in'").fetchone()[0] == 62
    finally:
        bench.close()


def test_a_database_that_is_held_for_too_long_is_named_and_nothing_is_half_done(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 100)
    bench = Bench(tmp_path / "w", "mail")
    try:
        bench.customer()
        sync(bench)
        with contextlib.closing(desk_of(bench)) as desk:
            case = desk.listing()[0].id
            for path in (bench.workspace.desk_path, bench.workspace.cache_path):
                other = sqlite3.connect(path, isolation_level=None)
                other.execute("BEGIN IMMEDIATE")
                bench.customer()
                if path == bench.workspace.desk_path:
                    with pytest.raises(StoreError, match=r"desk\.db cannot be written .*do it again"):
                        desk.done([case])
                    assert desk.case(case).state is CaseState.NEW
                else:
                    result = sync(bench)["mail"]
                    assert not result.ok
                    assert "another process is writing to it for too long" in result.error
                other.execute("ROLLBACK")
                other.close()
                desk.done([case])
                assert desk.case(case).state is CaseState.CLOSED
                desk.undo()
        bench.time.pass_by(10 * MINUTE)
        assert sync(bench)["mail"].ok
    finally:
        bench.close()


def test_a_workspace_that_may_not_be_written_is_refused_with_words(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "w", "mail")
    bench.customer()
    sync(bench)
    bench.close()
    place = bench.workspace.path

    def open_it() -> None:
        if os.getuid() == 0:  # who may write everywhere cannot see it
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        with pytest.raises(StoreError, match=r"(desk|cache)\.db"):
            Desk(bench.workspace, now=bench.time.now, offline=True).done([1])

    for folder in (place, *place.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            with contextlib.suppress(PermissionError):
                folder.chmod(folder.stat().st_mode | 0o055)
        if folder == tmp_path.parent.parent:
            break
    for file in place.iterdir():
        file.chmod(0o444)
    place.chmod(0o555)
    try:
        assert in_child(open_it) == 0
    finally:
        place.chmod(0o755)
