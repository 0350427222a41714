from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain.dates import age_words, left_words, parse_when

ZONE = "Asia/Kolkata"


def at(text: str, zone: str = ZONE) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


SATURDAY = at("2026-11-21T15:30")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2h", "2026-11-21T17:30"), ("30m", "2026-11-21T16:00"), ("in 1h 30m", "2026-11-21T17:00"),
        ("1h30m", "2026-11-21T17:00"), ("3 days", "2026-11-24T15:30"), ("2w", "2026-12-05T15:30"),
        ("tomorrow", "2026-11-22T09:00"), ("Tomorrow 9:00", "2026-11-22T09:00"), ("tomorrow at 5pm", "2026-11-22T17:00"),
        ("tomorrow evening", "2026-11-22T18:00"), ("today 17:00", "2026-11-21T17:00"), ("17:00", "2026-11-21T17:00"),
        ("9:00", "2026-11-22T09:00"), ("9am", "2026-11-22T09:00"), ("12am", "2026-11-22T00:00"),
        ("mon", "2026-11-23T09:00"), ("mon 9:00", "2026-11-23T09:00"), ("monday 14:15", "2026-11-23T14:15"),
        ("sat", "2026-11-28T09:00"), ("sat 16:00", "2026-11-21T16:00"), ("sat 10:00", "2026-11-28T10:00"),
        ("next sat", "2026-11-28T09:00"), ("next week", "2026-11-23T09:00"), ("next week 10:30", "2026-11-23T10:30"),
        ("next month", "2026-12-01T09:00"), ("tonight", "2026-11-21T20:00"), ("this evening", "2026-11-21T18:00"),
        ("2026-12-01", "2026-12-01T09:00"), ("2026-12-01 14:30", "2026-12-01T14:30"), ("2026-12-01T14:30", "2026-12-01T14:30"),
        ("on 2026-12-01 at 14:30", "2026-12-01T14:30"), ("thu", "2026-11-26T09:00"), ("morning", "2026-11-22T09:00"),
        ("weekend 10:00", "2026-11-28T10:00"),
    ],
)  # fmt: skip
def test_times_are_understood_as_they_are_typed(text, meant):
    assert parse_when(text, SATURDAY, ZONE) == at(meant)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "when?"), ("soon", "'soon' is not a time"), ("tomorrow soon", "'soon' is not a time"), ("0m", "is now"),
        ("2026-11-20", "has passed"), ("today 10:00", "has passed"), ("2026-02-30", "no such day"), ("25:00", "24-hour clock"),
        ("13pm", "no 13pm"), ("99999w", "ten years"), ("2099-01-01", "ten years"), ("at", "not a time"), ("7", "not a time"),
        ("-2h", "not a time"),
    ],
)  # fmt: skip
def test_what_is_not_understood_or_past_is_said_in_words(text, words):
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        parse_when(text, SATURDAY, ZONE)


def test_tonight_after_eight_has_passed():
    with pytest.raises(ValueError, match="has passed"):
        parse_when("tonight", at("2026-11-21T21:00"), ZONE)


def test_days_keep_the_time_on_the_wall_where_clocks_change_and_hours_pass():
    before = at("2026-03-28T12:00", "Europe/Berlin")
    assert parse_when("1d", before, "Europe/Berlin") == at("2026-03-29T12:00", "Europe/Berlin")
    assert parse_when("24h", before, "Europe/Berlin") == before + 24 * 3_600_000


@given(st.text(max_size=30), st.integers(at("2020-01-01T00:00"), at("2040-01-01T00:00")))
def test_anything_is_a_future_time_or_a_value_error(text, now):
    try:
        when = parse_when(text, now, ZONE)
    except ValueError:
        return
    assert when > now


def test_ages_and_time_left_are_short():
    assert [age_words(ms) for ms in (-5, 59_000, 240_000, 7_200_000, 3 * 86_400_000, 35 * 86_400_000, 800 * 86_400_000)] == [
        "now", "now", "4m", "2h", "3d", "5w", "2y",
    ]  # fmt: skip
    assert [left_words(ms) for ms in (45_000, 240_000, 3_600_000, -900_000, 5 * 86_400_000, 0, -500)] == [
        "45s", "4m", "1h", "-15m", "5d", "0s", "0s",
    ]  # fmt: skip


@given(st.integers(-(10**13), 10**13))
def test_spans_fit_their_column(ms):
    assert len(age_words(ms)) <= 4
    assert len(left_words(ms)) <= 5
