"""Whoever is forgotten is in no file of the workspace any more, and everybody else is as before."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Address, Removal
from agent_tui.engine.books import Books
from agent_tui.store import apply as applying
from agent_tui.store import attachments, delivery
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

THEIRS = "rina@customer.example"
OTHER = "li@customer.example"
SECRET = "zanzibarword"  # stands in what they wrote, and nowhere else


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    desk = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    applying.apply(
        desk.store,
        "mail",
        batch(
            mail("a@x", text=f"My {SECRET} is broken", who=THEIRS, at=NOW - 9 * HOUR),
            mail("b@x", answers=["a@x"], ours=True, who=THEIRS, at=NOW - 8 * HOUR, text=f"Your {SECRET}, I see"),
            mail("c@x", who=OTHER, at=NOW - 7 * HOUR, subject="Other", text="The colour is wrong"),
            mail("d@x", answers=["c@x"], who=THEIRS, at=NOW - 6 * HOUR, subject="Other", text=f"Mine too, {SECRET}"),
            mail("e@x", who="bo@x.example", at=NOW - 5 * HOUR, subject="Quote", text=f"As {THEIRS} told me"),
        ),
    )
    return desk


def case_of(desk: Desk, address: str) -> int:
    window = desk.window("all")
    return next(r.id for r in (window.row(place) for place in range(len(window))) if r.customer.address == address)


def forget(desk: Desk, clock: Clock, address: str = THEIRS) -> dict[str, object]:
    books = Books(desk.workspace, now=clock)

    async def run() -> dict[str, object]:
        await books.index(everything=True)
        return await books.forget(address)

    try:
        return asyncio.run(run())
    finally:
        books.close()


def found_in_files(path: Path, *needles: str) -> list[str]:
    """Files of the workspace in which any of these stand, whatever their case."""
    return [
        str(one.relative_to(path))
        for one in path.rglob("*")
        if one.is_file() and any(needle.encode() in one.read_bytes().lower() for needle in needles)
    ]


def keys(desk: Desk) -> set[str]:
    return {row[0] for row in desk.store.cache.execute("SELECT key FROM messages")}


def test_a_person_is_in_no_file_any_more(desk, clock, tmp_path) -> None:
    case, other = case_of(desk, THEIRS), case_of(desk, "bo@x.example")
    draft = desk.draft(case, fresh=True)
    desk.save_draft(replace(draft, text=f"About your {SECRET}"))
    desk.send(replace(desk.draft(case, fresh=True), text=f"Hello, the {SECRET} is mended."), hold=False)
    (ready,) = delivery.due(desk.store, clock())
    delivery.acknowledge(desk.store, delivery.begin(desk.store, ready))
    desk.done([case])
    file = tmp_path / "photo.txt"
    file.write_text(SECRET)
    message = desk.thread(case).messages[0]
    digest = attachments.put(desk.store, file)
    attachments.note_cached(desk.store, message.id, "2", digest, 12)
    attachments.named(desk.store, digest, "photo.txt")
    log = desk.workspace.log_path
    log.write_text(f"one line of {THEIRS}\nanother line\n")
    desk.close()
    report = forget(desk, clock)
    assert log.read_text() == "another line\n"
    assert len(report["cases"]) == 1
    assert (report["messages"], report["drafts"], report["files"]) == (3, 1, 1)
    assert found_in_files(desk.workspace.path, SECRET) == []
    assert keys(Desk(desk.workspace, now=clock, offline=True)) == {"c@x", "e@x"}
    # Another customer's mail names them: it stays, and is told of.
    assert report["mentions"] == [case_code(other)]
    assert any(case_code(other) in words for words in report["left"])


def test_other_people_keep_everything(desk, clock) -> None:
    other = case_of(desk, OTHER)
    desk.tag([other], add=("colour",))
    to_both = (Address("", OTHER), Address("", THEIRS))
    desk.save_draft(replace(desk.draft(other, fresh=True), text="Which colour is it?", to=to_both))
    forget(desk, clock)
    again = Desk(desk.workspace, now=clock, offline=True)
    case = again.case(other)
    assert (case.tags, case.messages, case.customer.address) == (("colour",), 1, OTHER)
    assert [one.text for one in again.drafts()] == ["Which colour is it?"]


def test_the_index_finds_others_and_not_the_forgotten(desk, clock) -> None:
    forget(desk, clock)
    store = Desk(desk.workspace, now=clock, offline=True).store
    assert store.attach_search()

    def hits(word: str) -> int:
        return len(store.cache.execute("SELECT rowid FROM search.message_index WHERE message_index MATCH ?", (word,)).fetchall())

    assert (hits(SECRET), hits("colour"), hits("told")) == (0, 1, 1)
    assert store.cache.execute("SELECT 1 FROM search.terms WHERE term = ?", (SECRET,)).fetchone() is None
    store.index.execute("INSERT INTO message_index (message_index) VALUES ('integrity-check')")


def test_what_was_forgotten_does_not_come_in_again_and_new_mail_does(desk, clock) -> None:
    forget(desk, clock)
    desk.close()
    desk.workspace.cache_path.unlink()  # as if somebody had made the cache anew
    again = Desk(desk.workspace, now=clock, offline=True)
    applying.apply(again.store, "mail", batch(mail("a@x", who=THEIRS), mail("n@x", who=THEIRS, text="I am back")))
    assert keys(again) == {"n@x"}
    mirror = again.store.cache.execute("SELECT count(*) FROM places WHERE message_id = 0").fetchone()
    assert mirror == (1,), "the source knows that there is nothing to fetch"


def test_removing_a_forgotten_message_at_the_server_is_no_fault(desk, clock) -> None:
    place = desk.store.cache.execute(
        "SELECT p.container, p.ref FROM places p JOIN messages m ON m.id = p.message_id WHERE m.key = 'a@x'"
    ).fetchone()
    forget(desk, clock)
    again = Desk(desk.workspace, now=clock, offline=True)
    applying.apply(again.store, "mail", batch(removals=(Removal(*place),)))
    assert keys(again) == {"c@x", "e@x"}


def test_a_message_on_its_way_is_not_lost(desk, clock) -> None:
    desk.send(replace(desk.draft(case_of(desk, THEIRS), fresh=True), text="Hello, it is mended now."))
    with pytest.raises(UsageError, match="still on their way"):
        forget(desk, clock)
    assert "a@x" in keys(desk)


@pytest.mark.parametrize("address", ["support@example.com", "ASHA@example.com", "", "  "])
def test_ourselves_and_nobody_are_refused(desk, clock, address) -> None:
    with pytest.raises(UsageError):
        forget(desk, clock, address)


def test_somebody_unknown_changes_nothing(desk, clock) -> None:
    before = keys(desk)
    report = forget(desk, clock, "never@seen.example")
    assert (report["cases"], report["messages"]) == ([], 0)
    assert keys(desk) == before


@pytest.mark.parametrize("cut", ["desk", "cache", "index"])
def test_asking_again_ends_what_was_cut_off(desk, clock, cut, monkeypatch) -> None:
    from agent_tui.store import attachment_sweep, fold, forgetting

    class Cut(Exception):
        pass

    def stop(*_args, **_more):
        raise Cut

    where = {"desk": (forgetting, "_from_cache_and_index"), "cache": (fold, "refold"), "index": (attachment_sweep, "drop")}
    with monkeypatch.context() as patch:
        patch.setattr(*where[cut], stop)
        with pytest.raises(Cut):
            forget(desk, clock)
    forget(desk, clock)
    assert found_in_files(desk.workspace.path, SECRET) == []
    assert keys(Desk(desk.workspace, now=clock, offline=True)) == {"c@x", "e@x"}


def test_a_cut_between_cache_and_index_leaves_an_index_that_is_made_anew(desk, clock, monkeypatch) -> None:
    from agent_tui.store import forgetting

    books = Books(desk.workspace, now=clock)
    asyncio.run(books.index(everything=True))
    store = books._opened_index()
    scope = forgetting._scope(store, THEIRS)
    whole = store.index
    monkeypatch.setattr(type(store), "index", property(lambda self: _Cut(whole)))
    with pytest.raises(RuntimeError, match="cut"):
        forgetting._from_cache_and_index(store, scope)
    monkeypatch.undo()
    books.close()
    forget(desk, clock)
    assert found_in_files(desk.workspace.path, SECRET) == []


class _Cut:
    """A connection whose process dies at its first change."""

    def __init__(self, connection) -> None:
        self._connection = connection

    def execute(self, sql, *more):
        if sql.startswith("BEGIN"):
            raise RuntimeError("cut")
        return self._connection.execute(sql, *more)


def test_automatic_backups_and_old_desks_go_and_a_new_backup_comes(desk, clock) -> None:
    from agent_tui.store import backups

    desk.save_draft(replace(desk.draft(case_of(desk, THEIRS), fresh=True), text=f"About your {SECRET}"))
    clock.tick(-24 * HOUR)
    old = backups.rotate(desk.store)
    clock.tick(24 * HOUR)
    (desk.workspace.path / "desk.db.before-restore").write_bytes(SECRET.encode())
    forget(desk, clock)
    assert not old.exists()
    (new,) = backups.every(desk.workspace)
    assert found_in_files(desk.workspace.path, SECRET) == []
    assert SECRET.encode() not in _unzipped(new)


def _unzipped(path: Path) -> bytes:
    from zipfile import ZipFile

    with ZipFile(path) as file:
        return b"".join(file.read(name) for name in file.namelist())


def test_the_command_counts_first_and_then_removes(desk, clock, capsys) -> None:
    from agent_tui import cli

    (desk.workspace.path / "workspace.toml").write_text(
        '[agent]\nname = "Asha"\nemail = "asha@example.com"\n[[source]]\nname = "mail"\ntype = "demo"\nservice = "mailbox"\n'
    )
    desk.close()
    for more, messages in (("--dry-run", 3), ("--yes", 3), ("--yes", 0)):
        assert cli.run(["--workspace", str(desk.workspace.path), "--json", "forget", THEIRS, more]) == 0
        line = json.loads(capsys.readouterr().out.splitlines()[0])
        assert (line["type"], line["messages"], line["done"]) == ("forget", messages, more == "--yes")
