"""Attachment files that nothing refers to are deleted after a week; everything else stays."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.engine.books import Books
from agent_tui.store import apply as applying
from agent_tui.store import attachment_sweep, attachments
from tests.unit.workspaces import HOUR, Clock, batch, mail, workspace

WEEK = 7 * 24 * HOUR


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    desk = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    applying.apply(desk.store, "mail", batch(mail("a@x")))
    return desk


def kept(desk: Desk, tmp_path: Path, words: str) -> str:
    """Put a file into the cache, and make it and its folders as old as the clock says."""
    file = tmp_path / "file.txt"
    file.write_text(words)
    digest = attachments.put(desk.store, file)
    age(desk, attachments.path_of(desk.store, digest))
    return digest


def age(desk: Desk, path: Path) -> None:
    os.utime(path, (desk.store.now() / 1000,) * 2)


def there(desk: Desk, digest: str) -> bool:
    return attachments.path_of(desk.store, digest).exists()


def case_of(desk: Desk) -> int:
    window = desk.window("all")
    return next(window.row(place).id for place in range(len(window)) if window.row(place).subject != "Other")


def test_what_nothing_refers_to_goes_after_a_week_and_not_before(desk, clock, tmp_path) -> None:
    digest = kept(desk, tmp_path, "nobody's")
    clock.tick(WEEK - 1000)
    assert attachment_sweep.sweep(desk.store) == 0
    assert there(desk, digest)
    clock.tick(2000)
    assert attachment_sweep.sweep(desk.store) == len("nobody's")
    assert not there(desk, digest)


def test_what_a_message_has_stays(desk, clock, tmp_path) -> None:
    digest = kept(desk, tmp_path, "of a message")
    message = desk.thread(case_of(desk)).messages[-1]
    attachments.note_cached(desk.store, message.id, "2", digest, 12)
    clock.tick(100 * WEEK)
    attachment_sweep.sweep(desk.store)
    assert there(desk, digest)


def test_what_a_reply_carries_stays_for_as_long_as_the_reply_is_known(desk, clock, tmp_path) -> None:
    file = tmp_path / "label.pdf"
    file.write_bytes(b"label")
    draft = replace(desk.draft(case_of(desk), fresh=True), text="Hello, the label is attached.", attachments=(str(file),))
    entry = desk.send(draft, hold=False)
    (path, *_) = entry.operation.attachments[0]
    age(desk, desk.workspace.attachments / path)
    clock.tick(100 * WEEK)
    attachment_sweep.sweep(desk.store)
    assert (desk.workspace.attachments / path).read_bytes() == b"label"


@pytest.mark.parametrize("through_link", [False, True])
def test_what_a_draft_has_stays_even_a_discarded_one(desk, clock, tmp_path, through_link) -> None:
    digest = kept(desk, tmp_path, "forwarded")
    given = attachments.named(desk.store, digest, "bill.txt")
    age(desk, given.parent)
    if through_link:
        (tmp_path / "link").symlink_to(desk.workspace.path)
        given = tmp_path / "link" / given.relative_to(desk.workspace.path)
    direct = attachments.path_of(desk.store, kept(desk, tmp_path, "under its digest"))
    draft = desk.draft(case_of(desk), fresh=True)
    draft = desk.save_draft(replace(draft, text="See here", attachments=(str(given), str(direct))))
    desk.discard_draft(draft.id)
    clock.tick(2 * WEEK)
    attachment_sweep.sweep(desk.store)
    assert given.read_text() == "forwarded"
    assert direct.read_text() == "under its digest"
    assert not there(desk, digest), "its other name has no one left to use it"


def test_a_name_that_is_given_again_is_not_swept_before_its_draft_is_saved(desk, clock, tmp_path) -> None:
    digest = kept(desk, tmp_path, "forwarded")
    given = attachments.named(desk.store, digest, "bill.txt")
    age(desk, given.parent)
    clock.tick(2 * WEEK)
    assert attachments.named(desk.store, digest, "bill.txt") == given
    age(desk, attachments.path_of(desk.store, digest))
    attachment_sweep.sweep(desk.store)
    assert given.exists()


def test_a_file_that_comes_while_the_sweep_runs_stays(desk, clock, tmp_path, monkeypatch) -> None:
    digest = kept(desk, tmp_path, "comes again")
    clock.tick(2 * WEEK)
    real = attachment_sweep._referred

    def referred(store):
        found = real(store)
        kept(desk, tmp_path, "comes again")  # an old orphan, and now somebody's new file: its row is not there yet
        return found

    monkeypatch.setattr(attachment_sweep, "_referred", referred)
    attachment_sweep.sweep(desk.store)
    assert there(desk, digest)


def test_names_and_half_written_files_go_and_strange_files_stay(desk, clock, tmp_path) -> None:
    given = attachments.named(desk.store, kept(desk, tmp_path, "old"), "old.txt")
    age(desk, given.parent)
    half = desk.workspace.attachments / "new" / "part-abc"
    half.write_text("half")
    strange = desk.workspace.attachments / "ab" / "notes.txt"
    strange.parent.mkdir(exist_ok=True)
    strange.write_text("put here by a person")
    for one in (half, strange):
        age(desk, one)
    clock.tick(2 * WEEK)
    attachment_sweep.sweep(desk.store)
    assert not given.parent.exists()
    assert not half.exists()
    assert strange.exists()


def test_the_engine_sweeps_once_a_day(desk, clock, tmp_path) -> None:
    old = kept(desk, tmp_path, "old")
    clock.tick(2 * WEEK)
    desk.close()
    books = Books(desk.workspace, now=clock)
    path = desk.workspace.attachments / old[:2] / old

    async def tidy() -> None:
        await books.index()
        await books.tidy()

    asyncio.run(tidy())
    assert not path.exists()
    path.write_text("old")
    os.utime(path, (0, 0))
    asyncio.run(tidy())
    assert path.exists(), "it has swept today"
    clock.tick(25 * HOUR)
    asyncio.run(tidy())
    assert not path.exists()
    books.close()


def test_a_workspace_without_attachments_is_left_alone(tmp_path, clock) -> None:
    desk = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    assert attachment_sweep.sweep(desk.store) == 0
    assert not desk.workspace.attachments.exists()
