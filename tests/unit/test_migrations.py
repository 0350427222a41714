"""What an agent wrote with an older version opens with this one; what a newer one wrote is read and never changed.

``data/desk_1.sql`` is a desk as version 1 wrote it. It is never written again: it stands for files that are out there.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from agent_tui.desk import Desk
from agent_tui.domain.errors import StoreError
from agent_tui.domain.model import CaseState, Priority
from agent_tui.store import apply as applying
from agent_tui.store import database, schema
from agent_tui.store.database import Store
from agent_tui.workspace import Workspace
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, opened, workspace

ROOT = Path(__file__).resolve().parents[2]
VERSION_1 = Path(__file__).parent / "data" / "desk_1.sql"
MAILS = (
    mail("a@x", at=NOW - HOUR),
    mail("b@x", at=NOW - HOUR + 5, subject="Invoice", who="li@customer.example"),
    mail("c@x", at=NOW - HOUR + 9, subject="Old", who="bo@customer.example"),
)


def desk_of_version_1(path: Path) -> Workspace:
    """A workspace whose desk was written by version 1, and whose cache is gone."""
    made = workspace(path)
    with contextlib.closing(opened(made.desk_path, "rwc")) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    return made


def set_version(path: Path, version: int) -> None:
    with contextlib.closing(opened(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def version_of(path: Path) -> int:
    with contextlib.closing(opened(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


@pytest.fixture
def second_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk of version 2, which has one more column."""
    migrations = Migrations("desk")

    @migrations()
    def m001_desk(db: Database) -> None:
        raise AssertionError("it has been applied")

    @migrations()
    def m002_colour(db: Database) -> None:
        db.conn.execute("ALTER TABLE drafts ADD COLUMN colour TEXT NOT NULL DEFAULT 'none'")

    monkeypatch.setitem(database.CURRENT, "desk", 2)
    monkeypatch.setattr(schema, "desk", migrations)


def test_a_desk_of_version_1_opens_with_everything_that_was_in_it(tmp_path: Path) -> None:
    desk = Desk(desk_of_version_1(tmp_path / "w"), now=Clock(NOW + 30_000), offline=True)
    applying.apply(desk.store, "mail", batch(*MAILS))
    parcel, invoice = (next(c for c in desk.listing("state:waiting OR state:new") if c.subject == s) for s in ("Where is my parcel?", "Invoice"))
    assert (parcel.tags, parcel.assignee, parcel.state) == (("refund",), "asha@example.com", CaseState.WAITING)
    assert (invoice.priority, invoice.notice, invoice.messages) == (Priority.HIGH, "reply not sent", 2)  # merged with another
    assert {(d.case, d.text, d.error) for d in desk.drafts()} == {
        (parcel.id, "Half a thou", ""),
        (invoice.id, "Here it is, Li.", "550 5.1.1 no such user"),
    }
    assert [m.text for m in desk.thread(parcel.id).messages] == [
        "Hello, where is my parcel?", "It left yesterday, Rina.", "তিনি দুবার ফোন করেছেন।", "One more thing, Rina.",
    ]  # fmt: skip
    assert [(e.kind, e.state) for e in desk.outbox()] == [("reply", "failed"), ("state", "queued"), ("reply", "held")]
    assert desk.undo().words.startswith("Undone")


def test_this_version_makes_the_desk_that_version_1_made_or_a_later_one(tmp_path: Path) -> None:
    old, new = desk_of_version_1(tmp_path / "old"), workspace(tmp_path / "new")
    shapes = []
    for one in (old, new):
        with contextlib.closing(Store.open(one, now=Clock())) as store:
            assert store.desk.execute("PRAGMA user_version").fetchone()[0] == database.CURRENT["desk"]
            shapes.append(set(store.desk.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")))
    assert shapes[0] == shapes[1]


def test_a_backup_is_made_before_a_migration(tmp_path: Path, second_version: None) -> None:
    made = desk_of_version_1(tmp_path / "w")
    with contextlib.closing(Store.open(made, now=Clock())) as store:
        assert store.desk.execute("SELECT DISTINCT colour FROM drafts").fetchall() == [("none",)]
    backup = made.path / "desk.db.before-2"
    assert version_of(made.desk_path) == 2
    assert version_of(backup) == 1
    assert backup.stat().st_mode & 0o777 == 0o600
    with contextlib.closing(opened(backup)) as connection:
        assert "colour" not in [row[1] for row in connection.execute("PRAGMA table_info(drafts)")]
        assert ("Half a thou",) in connection.execute("SELECT text FROM drafts").fetchall()


def test_a_migration_that_breaks_off_changes_nothing(tmp_path: Path, second_version: None, monkeypatch: pytest.MonkeyPatch) -> None:
    @schema.desk()
    def m003_broken(db: Database) -> None:
        raise ZeroDivisionError

    made = desk_of_version_1(tmp_path / "w")
    with pytest.raises(ZeroDivisionError):
        Store.open(made, now=Clock())
    assert version_of(made.desk_path) == 1
    with contextlib.closing(opened(made.desk_path)) as connection:
        assert "colour" not in [row[1] for row in connection.execute("PRAGMA table_info(drafts)")]
    monkeypatch.undo()
    desk = Desk(made, now=Clock(), offline=True)
    assert len(desk.drafts()) == 2


def test_processes_that_start_at_once_migrate_once(tmp_path: Path, kept: str) -> None:
    made = workspace(tmp_path / "w")
    (made.path / "workspace.toml").write_text('[agent]\nname = "Asha"\n' + kept, encoding="utf-8")
    command = [sys.executable, "-m", "agent_tui", "--workspace", str(made.path), "outbox"]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    ended = [(one.communicate(timeout=60), one.returncode) for one in running]
    assert [status for _, status in ended] == [0] * 4, ended
    with contextlib.closing(opened(made.desk_path)) as connection:
        assert connection.execute('SELECT count(*) FROM "_sqlite_migrations"').fetchone() == (database.CURRENT["desk"],)


@pytest.mark.parametrize("file", ["desk.db", "cache.db"])
def test_a_newer_file_is_read_and_never_written(tmp_path: Path, file: str) -> None:
    made = desk_of_version_1(tmp_path / "w")
    before = Desk(made, now=Clock(), offline=True)
    applying.apply(before.store, "mail", batch(*MAILS))
    case = before.listing()[0]
    before.close()
    set_version(made.path / file, 99)
    kept = {name: (made.path / name).read_bytes() for name in ("desk.db", "cache.db")}

    desk = Desk(made, now=Clock(), offline=True)
    for words in ("written by a newer agent-tui", "99", file, "update agent-tui"):
        assert words in desk.read_only
    assert next(c.id for c in desk.listing()) == case.id
    assert len(desk.drafts()) == 2
    draft = desk.drafts()[0]
    for act in (
        lambda: desk.done([case.id]), lambda: desk.tag([case.id], add=["x"]), lambda: desk.send(draft), desk.undo,
        lambda: desk.save_draft(replace(draft, text="More")), lambda: desk.discard_draft(draft.id),
        lambda: applying.apply(desk.store, "mail", batch(mail("d@x"))),
    ):  # fmt: skip
        with pytest.raises(StoreError, match="newer agent-tui"):
            act()
    desk.close()
    assert {name: (made.path / name).read_bytes() for name in kept} == kept


def test_an_engine_does_not_run_over_a_newer_file(tmp_path: Path) -> None:
    made = desk_of_version_1(tmp_path / "w")
    set_version(made.desk_path, 99)
    with pytest.raises(StoreError, match="newer agent-tui"):
        Store.open(made, role="engine", now=Clock())


@pytest.mark.parametrize("name", sorted(database.CURRENT))
def test_the_version_of_a_file_counts_its_migrations(name: str) -> None:
    """Else a file that is there already would never get the newest."""
    migrations = {"desk": schema.desk, "cache": schema.cache, "search": schema.search}[name]
    assert database.CURRENT[name] == len(migrations._migrations)
