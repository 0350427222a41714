"""The backups that make themselves: one a day where something changed, and only so many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui import cli
from agent_tui.desk import Desk
from agent_tui.engine.books import Books
from agent_tui.store import apply as applying
from agent_tui.store import backups
from tests.unit.workspaces import HOUR, Clock, batch, mail, workspace


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    desk = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    applying.apply(desk.store, "mail", batch(mail("a@x")))
    return desk


def write(desk: Desk, text: str) -> None:
    case = desk.window("all").row(0).id
    desk.save_draft(replace(desk.draft(case, fresh=True), text=text))


def engine_comes_and_goes(desk: Desk, clock: Clock) -> list[str]:
    Books(desk.workspace, now=clock).close()
    return [one.stem for one in backups.every(desk.workspace)]


def test_a_day_with_work_leaves_one_backup_and_a_day_without_none(desk, clock) -> None:
    assert engine_comes_and_goes(desk, clock) == [], "nobody has written anything"
    write(desk, "Hello")
    (first,) = engine_comes_and_goes(desk, clock)
    write(desk, "Hello again")
    assert engine_comes_and_goes(desk, clock) == [first], "one a day"
    clock.tick(24 * HOUR)
    # The desk's file bears the time of this machine, long after the clock of this test: it has changed since.
    assert len(engine_comes_and_goes(desk, clock)) == 2


def test_a_backup_can_be_restored(desk, clock, tmp_path, capsys) -> None:
    (desk.workspace.path / "workspace.toml").write_text('[agent]\nname = "Asha"\nemail = "asha@example.com"\n')
    write(desk, "Do not lose this")
    made = backups.rotate(desk.store)
    assert (made.stat().st_mode & 0o777, made.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    write(desk, "A wrong step")
    desk.close()
    assert cli.run(["--workspace", str(desk.workspace.path), "restore", str(made)]) == 0
    assert [one.text for one in Desk(desk.workspace, now=clock, offline=True).drafts()] == ["Do not lose this"]


def test_a_backup_that_cannot_be_written_stops_nothing(desk, clock, monkeypatch) -> None:
    write(desk, "Hello")

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "write", full)
    assert engine_comes_and_goes(desk, clock) == []


def test_a_strange_file_in_the_folder_stays(desk, clock) -> None:
    write(desk, "Hello")
    backups.rotate(desk.store)
    strange = desk.workspace.backups / "mine.zip"
    strange.write_bytes(b"mine")
    for _ in range(60):
        clock.tick(24 * HOUR)
        backups.rotate(desk.store)
    assert strange.exists()
    assert len(backups.every(desk.workspace)) <= backups.DAYS + backups.WEEKS + 1
    with ZipFile(backups.every(desk.workspace)[0]) as file:
        assert backups.DESK in file.namelist()


@given(st.sets(st.integers(0, 90), min_size=1))
def test_the_newest_seven_and_something_of_each_week_are_kept(ages: set[int]) -> None:
    today = date(2026, 3, 31)
    days = {Path(f"{age}.zip"): today - timedelta(days=age) for age in ages}
    kept = {today - days[one] for one in backups.kept(days, today)}
    newest = sorted(ages)[: backups.DAYS]
    assert {timedelta(days=age) for age in newest} <= kept
    for week in range(backups.WEEKS):
        first = today - timedelta(days=today.weekday(), weeks=week)
        of_week = {age for age in ages if first <= today - timedelta(days=age) < first + timedelta(weeks=1) and age <= 28}
        assert not of_week or any(timedelta(days=age) in kept for age in of_week)
