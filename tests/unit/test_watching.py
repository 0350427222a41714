"""Who of us watches when, and what a reply may say of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_tui import workspace
from agent_tui.domain.clocks import parse_hours
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.templates import Unknown
from agent_tui.domain.watching import Watch, facts, standing


def hours(*lines: str):
    return parse_hours({"timezone": "Asia/Kolkata", "open": list(lines), "holidays": []})


def at(day: int, clock: str) -> int:
    """That time in Kolkata, in the week from Monday 2 to Sunday 8 March 2026."""
    hour, minute = clock.split(":")
    return int(datetime(2026, 3, day, int(hour), int(minute), tzinfo=UTC).timestamp() * 1000) - 330 * 60_000


EARLY = Watch("asha@example.com", hours("mon-fri 09:00-13:00"))
LATE = Watch("ravi@example.com", hours("mon-fri 12:30-18:00"))
OFFICE = hours("mon-fri 09:00-18:00")


def test_somebody_is_here_until_the_last_one_goes_whom_nobody_follows():
    found = standing((EARLY, LATE), OFFICE, at(2, "10:00"))
    assert (found.here, found.until) == (("asha@example.com",), at(2, "18:00"))
    assert standing((EARLY, LATE), OFFICE, at(2, "12:45")).here == ("asha@example.com", "ravi@example.com")
    assert standing((EARLY,), OFFICE, at(2, "10:00")).until == at(2, "13:00")


def test_where_nobody_is_here_it_is_known_who_comes_next():
    found = standing((EARLY, LATE), OFFICE, at(6, "19:00"))
    assert (found.open, found.until, found.next) == (False, None, at(9, "09:00"))


def test_without_names_everybody_watches_in_the_hours_and_without_hours_always():
    assert standing((), OFFICE, at(2, "10:00")).until == at(2, "18:00")
    always = standing((), None, at(2, "10:00"))
    assert (always.open, always.until, always.next) == (True, None, None)


def test_a_watch_that_never_ends_has_no_until():
    night = Watch("n", hours("daily 00:00-24:00"))
    assert standing((night, EARLY), OFFICE, at(2, "10:00")).until is None


def test_what_a_reply_may_say_names_the_zone_and_what_is_not_known_is_a_gap():
    said = facts((EARLY, LATE), OFFICE, "asha@example.com", at(2, "10:00"))
    assert (said["until"], said["mine"], said["who"]) == ("18:00 IST", "13:00 IST", "asha@example.com")
    assert isinstance(said["next"], Unknown)
    said = facts((EARLY, LATE), OFFICE, "asha@example.com", at(6, "19:00"))
    assert said["next"] == "Mon 09:00 IST"
    assert all(isinstance(said[name], Unknown) for name in ("until", "mine", "who"))


def test_the_settings_say_it_with_the_zone_and_holidays_of_the_hours(tmp_path):
    head = '[hours]\ntimezone = "Asia/Kolkata"\nopen = ["mon-fri 09:00-18:00"]\nholidays = ["2026-03-04"]\n'
    (tmp_path / "workspace.toml").write_text(head + '[watch]\n"asha@example.com" = ["mon-fri 09:00-13:00"]\n', "utf-8")
    (one,) = workspace.load(tmp_path).watch
    assert (one.who, one.hours.timezone, one.hours.holidays) == ("asha@example.com", "Asia/Kolkata", ("2026-03-04",))
    (tmp_path / "workspace.toml").write_text(head + '[watch]\nasha = ["noon"]\nravi = []\n', "utf-8")
    with pytest.raises(WorkspaceError) as told:
        workspace.load(tmp_path)
    assert [line.partition("workspace.toml:")[2][:13] for line in told.value.faults] == ["6: watch.asha", "7: watch.ravi"]
