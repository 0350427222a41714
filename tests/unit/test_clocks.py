from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_tui.domain import clocks
from agent_tui.domain.clocks import Hours, HoursError, due_at, is_open, left, next_open, parse_hours, worked

HOUR = 3_600_000
DAY = 24 * HOUR


def at(text: str, zone: str = "UTC") -> int:
    from zoneinfo import ZoneInfo

    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def hours(*lines: str, zone: str = "UTC", holidays: tuple[str, ...] = ()) -> Hours:
    return parse_hours({"timezone": zone, "open": list(lines), "holidays": list(holidays)})


OFFICE = hours("mon-fri 09:00-18:00")


def test_days_and_times_are_read_as_people_write_them():
    assert hours("mon-fri 09:00-18:00").open == tuple((day, 540, 1080) for day in range(5))
    assert hours("Sat, Sun 10:00 – 12:00 , 14:00-16:00").open == (
        (5, 600, 720), (5, 840, 960), (6, 600, 720), (6, 840, 960),
    )  # fmt: skip
    assert hours("daily 00:00-24:00").open == tuple((day, 0, 1440) for day in range(7))
    assert hours("monday 9:00-17:30").open == ((0, 540, 1050),)


def test_a_range_of_days_goes_round_the_end_of_the_week():
    assert [day for day, _, _ in hours("fri-mon 10:00-12:00").open] == [0, 4, 5, 6]


def test_hours_that_cross_midnight_end_the_next_day():
    night = hours("fri 22:00-06:00")
    assert night.open == ((4, 1320, 1800),)
    assert is_open(at("2026-11-21T05:59"), night)  # Saturday morning
    assert not is_open(at("2026-11-21T06:00"), night)
    assert not is_open(at("2026-11-20T05:00"), night)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"open": ["mon 09:00-10:00"]}, "timezone: needs the name"),
        ({"timezone": "Europe/Berln", "open": ["mon 09:00-10:00"]}, 'did you mean "Europe/Berlin"'),
        ({"timezone": "kolkata", "open": ["mon 09:00-10:00"]}, 'did you mean "Asia/Kolkata"'),
        ({"timezone": "../../etc/passwd", "open": ["mon 09:00-10:00"]}, "not the name of a time zone"),
        ({"timezone": "UTC"}, "open: says when"),
        ({"timezone": "UTC", "open": []}, "leave out [hours] for 24x7"),
        ({"timezone": "UTC", "open": ["mon-fry 09:00-10:00"]}, "'fry' in 'mon-fry 09:00-10:00' is not a day"),
        ({"timezone": "UTC", "open": ["09:00-10:00"]}, "says no days"),
        ({"timezone": "UTC", "open": ["mon"]}, "says no times"),
        ({"timezone": "UTC", "open": ["mon 9-18"]}, "'9' in 'mon 9-18' is not a time"),
        ({"timezone": "UTC", "open": ["mon 9am-5pm"]}, "24-hour clock"),
        ({"timezone": "UTC", "open": ["mon 09:00-25:00"]}, "there is no 25:00"),
        ({"timezone": "UTC", "open": ["mon 09:70-10:00"]}, "there is no 09:70"),
        ({"timezone": "UTC", "open": ["mon 24:00-06:00"]}, "begins at 24:00"),
        ({"timezone": "UTC", "open": ["mon 09:00-09:00"]}, "00:00-24:00"),
        ({"timezone": "UTC", "open": [7]}, "should be days and times"),
        ({"timezone": "UTC", "open": ["mon 09:00-10:00"], "holidays": ["25.12.2026"]}, "year-month-day"),
        ({"timezone": "UTC", "open": ["mon 09:00-10:00"], "holidays": "2026-12-25"}, "is a list of dates"),
        ({"timezone": "UTC", "open": ["mon 09:00-10:00"], "holiday": []}, "holiday: no such key"),
    ],
)
def test_everything_wrong_is_said_in_words(table, words):
    with pytest.raises(HoursError) as caught:
        parse_hours(table)
    assert words in str(caught.value)


def test_all_faults_are_told_at_once():
    with pytest.raises(HoursError) as caught:
        parse_hours({"timezone": "Mars", "open": ["x 1", "mon"], "holidays": ["never"]})
    assert [key for key, _ in caught.value.faults] == ["timezone", "open", "open", "holidays"]


def test_a_date_written_as_a_date_is_a_holiday_too():
    table = {"timezone": "UTC", "open": ["daily 00:00-24:00"], "holidays": [date(2026, 12, 25)]}
    assert parse_hours(table).holidays == ("2026-12-25",)


def test_a_promise_goes_over_night_and_weekend():
    friday = at("2026-11-20T17:00")
    assert due_at(friday, 6 * HOUR, OFFICE) == at("2026-11-23T14:00")
    assert due_at(friday, HOUR, OFFICE) == at("2026-11-20T18:00")  # not the next morning


def test_a_message_at_night_starts_its_clock_in_the_morning():
    assert due_at(at("2026-11-17T23:00"), 2 * HOUR, OFFICE) == at("2026-11-18T11:00")


def test_without_hours_the_clock_always_runs():
    assert due_at(1000, 500, None) == 1500
    assert left(1500, 1700, None) == -200
    assert is_open(5, None)
    assert next_open(5, None) == 5


def test_left_counts_working_time_and_turns_negative():
    due = at("2026-11-23T10:00")
    assert left(due, at("2026-11-20T17:00"), OFFICE) == 2 * HOUR
    assert left(due, at("2026-11-21T12:00"), OFFICE) == HOUR
    assert left(due, at("2026-11-24T10:00"), OFFICE) == -9 * HOUR


def test_a_holiday_stops_the_clock():
    office = hours("mon-fri 09:00-18:00", holidays=("2026-12-25",))
    assert due_at(at("2026-12-24T17:00"), 2 * HOUR, office) == at("2026-12-28T10:00")
    assert next_open(at("2026-12-25T10:00"), office) == at("2026-12-28T09:00")


def test_a_night_shift_ends_where_a_holiday_begins_and_none_begins_on_it():
    night = hours("daily 22:00-06:00", holidays=("2026-12-25",))
    assert worked(at("2026-12-24T22:00"), at("2026-12-26T12:00"), night) == 2 * HOUR


def test_clock_changes_shorten_and_lengthen_only_what_they_fall_into():
    zone = "Europe/Berlin"
    always = hours("daily 00:00-24:00", zone=zone)
    spring, autumn = at("2026-03-29T00:00", zone), at("2026-10-25T00:00", zone)
    assert worked(spring, at("2026-03-30T00:00", zone), always) == 23 * HOUR
    assert worked(autumn, at("2026-10-26T00:00", zone), always) == 25 * HOUR
    office = hours("daily 09:00-18:00", zone=zone)
    assert due_at(at("2026-03-28T17:00", zone), 2 * HOUR, office) == at("2026-03-29T10:00", zone)
    night = hours("sat 22:00-06:00", zone=zone)
    assert worked(at("2026-03-28T20:00", zone), at("2026-03-29T12:00", zone), night) == 7 * HOUR
    assert worked(at("2026-10-24T20:00", zone), at("2026-10-25T12:00", zone), night) == 9 * HOUR


@pytest.mark.parametrize("zone", ["America/Havana", "Africa/Cairo", "Asia/Beirut", "America/Santiago", "Australia/Lord_Howe"])
def test_always_open_is_always_open_where_clocks_change_at_midnight(zone):
    always = hours("daily 00:00-24:00", zone=zone)
    start = at("2024-01-01T00:00")
    assert worked(start, start + 800 * DAY, always) == 800 * DAY


def test_never_open_falls_back_to_the_calendar():
    never = Hours("UTC", ())
    assert due_at(0, HOUR, never) == HOUR
    assert next_open(7, never) == 7
    assert not worked(0, DAY, never)


def test_next_close():
    assert clocks.next_close(at("2026-11-20T10:00"), OFFICE) == at("2026-11-20T18:00")
    assert clocks.next_close(at("2026-11-21T10:00"), OFFICE) == at("2026-11-23T18:00")
    assert clocks.next_close(0, None) is None


def test_hours_are_described_as_they_are_written():
    assert clocks.describe(hours("mon-fri 09:00-18:00", "sat 22:00-02:00")) == "mon-fri 09:00-18:00, sat 22:00-02:00"


WEEKS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(5, 1440))  # 40 h at 5 min a week: inside 60 years
    .map(lambda s: (s[0], s[1], s[1] + s[2])),
    min_size=1,
    max_size=6,
)
ZONES = st.sampled_from(["UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"])
INSTANTS = st.integers(at("2025-06-01T00:00"), at("2027-06-01T00:00"))
HOLIDAYS = st.lists(st.dates(date(2025, 6, 1), date(2027, 6, 1)).map(str), max_size=3)
ANY_HOURS = st.builds(lambda z, o, h: Hours(z, tuple(o), tuple(h)), ZONES, WEEKS, HOLIDAYS)


@settings(max_examples=60, deadline=None)
@given(ANY_HOURS, INSTANTS, st.integers(1, 40 * HOUR), st.integers(0, 40 * HOUR))
def test_what_is_promised_is_what_is_left(open_hours, start, promise, more):
    due = due_at(start, promise, open_hours)
    assert left(due, start, open_hours) == promise
    assert due_at(start, promise + more, open_hours) >= due
    assert due_at(start + more, promise, open_hours) >= due
    assert left(due, due + more, open_hours) <= 0
    assert is_open(due - 1, open_hours)


@settings(max_examples=60, deadline=None)
@given(ANY_HOURS, INSTANTS, st.integers(0, 30 * DAY), st.integers(0, 30 * DAY))
def test_working_time_adds_up_and_never_exceeds_real_time(open_hours, start, one, two):
    middle, end = start + one, start + one + two
    assert worked(start, middle, open_hours) + worked(middle, end, open_hours) == worked(start, end, open_hours)
    assert 0 <= worked(start, end, open_hours) <= end - start
    opening = next_open(start, open_hours)
    assert is_open(opening, open_hours)
    assert worked(start, opening, open_hours) == 0


def test_openings_are_those_of_the_wall_clock_on_every_day_of_two_years():
    office = hours("daily 09:00-17:00", zone="America/New_York")
    day = datetime(2025, 1, 1, tzinfo=UTC)
    for step in range(730):
        local = (day + timedelta(days=step)).date().isoformat()
        assert worked(at(f"{local}T00:00", "America/New_York"), at(f"{local}T12:00", "America/New_York"), office) == 3 * HOUR
