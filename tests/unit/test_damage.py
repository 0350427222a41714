"""Files that are deleted, cut short or overwritten: clear words, what can be fetched is, what exists only here stays."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import StoreError
from tests.engine_bench import Bench
from tests.unit.workspaces import opened

TEXTS = ("my parcel is late", "আমার পার্সেল কোথায়", "an invoice please", "the export stops at half")


def deleted(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database " * 5000)


DAMAGE = (deleted, truncated, garbage)


class Place:
    """A workspace with four cases and everything that exists only here."""

    def __init__(self, path: Path) -> None:
        self.bench = Bench(path, "mail")
        for text in TEXTS:
            self.bench.customer(text)
        self.sync()
        desk = self.desk()
        self.ids = {c.snippet: c.id for c in desk.listing()}
        parcel, invoice = self.ids[TEXTS[0]], self.ids[TEXTS[2]]
        desk.save_draft(replace(desk.draft(parcel), text="Half a thought"))
        desk.send(desk.save_draft(replace(desk.draft(parcel, "note"), text="She called twice.")))
        desk.merge([self.ids[TEXTS[3]]], invoice)
        desk.close()
        self.close()

    def sync(self) -> None:
        assert all(one.ok for one in asyncio.run(self.bench.sync()).values())

    def desk(self) -> Desk:
        return Desk(self.bench.workspace, now=self.bench.time.now, offline=True)

    def close(self) -> None:
        """Nobody has a file open any more, and everything is in the files."""
        self.bench.store.close()

    def path(self, name: str) -> Path:
        for end in ("-wal", "-shm"):
            self.bench.workspace.path.joinpath(f"{name}{end}").unlink(missing_ok=True)
        return self.bench.workspace.path / name

    def whole(self) -> None:
        """Everything is where it was."""
        with contextlib.closing(self.desk()) as desk:
            parcel, invoice = self.ids[TEXTS[0]], self.ids[TEXTS[2]]
            assert {c.id for c in desk.listing()} == {parcel, invoice, self.ids[TEXTS[1]]}
            assert [(d.case, d.text) for d in desk.drafts()] == [(parcel, "Half a thought")]
            assert [m.text for m in desk.thread(parcel).messages] == [TEXTS[0], "She called twice."]
            assert [m.text for m in desk.thread(invoice).messages] == [TEXTS[2], TEXTS[3]]

    def found(self, words: str) -> list[str]:
        with contextlib.closing(self.desk()) as desk:
            return [hit.message.text for hit in desk.search(words).hits]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "w")
    yield made
    made.bench.close()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_cache_that_is_lost_is_fetched_again_under_everything_made_here(place: Place, damage: Callable[[Path], None]) -> None:
    path = place.path("cache.db")
    damage(path)
    if path.exists():
        with pytest.raises(StoreError, match="only a mirror: move it away"):
            place.desk()
        path.unlink()  # as the words say
    place.sync()
    place.whole()
    assert place.found("parcel") == [TEXTS[0]]
    assert place.found("পার্সেল") == [TEXTS[1]]


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_index_that_is_lost_is_made_again(place: Place, damage: Callable[[Path], None]) -> None:
    assert place.found("invoice") == [TEXTS[2]]
    path = place.path("search.db")
    damage(path)
    if path.exists():
        with pytest.raises(StoreError, match="only an index"):
            place.found("invoice")
    place.sync()
    place.whole()
    assert place.found("invoice") == [TEXTS[2]]
    assert place.found("পার্সেল") == [TEXTS[1]]


def test_an_index_that_is_well_is_left_alone(place: Place) -> None:
    def marks() -> tuple[int, int]:
        with contextlib.closing(opened(place.bench.workspace.search_path)) as index:
            number = index.execute("SELECT sum(n) FROM terms").fetchone()[0]
        return place.bench.workspace.search_path.stat().st_ino, number

    before = marks()
    place.sync()
    assert marks() == before


def test_an_index_over_another_cache_finds_nothing_that_is_not_there(place: Place) -> None:
    """Numbers of messages stand for others once the cache was made again."""
    at = place.bench.time.at
    for word in ("zebra", "walrus"):  # within a second: their numbers go by their order
        place.bench.server.customer_writes("mailbox", "", word, at=at)
    place.sync()
    with contextlib.closing(opened(place.path("cache.db"))) as cache:
        first, second = (w for (w,) in cache.execute("SELECT snippet FROM messages WHERE snippet IN ('zebra', 'walrus') ORDER BY id"))
    place.path("cache.db").unlink()
    (gone,) = (one for one in place.bench.server.messages("mailbox") if one.text == first)
    place.bench.server.erase(gone)
    place.sync()
    assert place.found(first) == []
    assert place.found(second) == [second]


def test_a_workstation_that_stays_open_searches_the_index_that_was_made_again(place: Place) -> None:
    desk = place.desk()
    assert [hit.message.text for hit in desk.search("invoice").hits] == [TEXTS[2]]
    place.path("search.db").unlink()
    place.bench.customer("a second invoice")
    place.sync()
    assert [hit.message.text for hit in desk.search("invoice").hits] == ["a second invoice", TEXTS[2]]
    desk.close()


@pytest.mark.parametrize("damage", [truncated, garbage])
def test_a_damaged_desk_is_not_touched_and_says_what_to_do(place: Place, damage: Callable[[Path], None]) -> None:
    path = place.path("desk.db")
    damage(path)
    kept = path.read_bytes()
    with pytest.raises(StoreError, match="do not delete it, and put a backup back"):
        place.desk()
    assert path.read_bytes() == kept


def test_a_desk_without_its_log_has_everything_from_before_the_last_quiet_moment(place: Place) -> None:
    with contextlib.closing(place.desk()) as desk:
        assert len(desk.drafts()) == 1
    place.path("desk.db")  # the log is gone
    place.whole()
    with contextlib.closing(opened(place.bench.workspace.desk_path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_index_that_breaks_under_a_running_engine_is_made_anew(place: Place) -> None:
    bench = place.bench

    async def engine_runs() -> None:
        bench.start()
        try:
            await bench.quiet()
            with contextlib.closing(opened(bench.workspace.search_path)) as index:
                index.execute("UPDATE message_index_data SET block = x'00000000' WHERE id > 1")
                index.commit()
            bench.customer("where is the walrus")
            bench.notices["mail"].set()
            await bench.until(lambda: bench.time.pass_by(500) or (not unindexed() and place.found("walrus")), 60)
        finally:
            await bench.stop()

    def unindexed() -> int:
        with contextlib.closing(opened(bench.workspace.cache_path)) as cache:
            return int(cache.execute("SELECT count(*) FROM unindexed").fetchone()[0])

    asyncio.run(engine_runs())
    assert place.found("walrus") == ["where is the walrus"]
    assert place.found("invoice") == [TEXTS[2]]
