"""What is typed at triage prompts."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent_tui.domain.commands.triage import parse_priority, parse_state, parse_tags, parse_until, suggestions
from agent_tui.domain.model import CaseState, Priority

ZONE = ZoneInfo("Asia/Kolkata")
NOW = int(datetime(2026, 7, 15, 14, 30, tzinfo=ZONE).timestamp() * 1000)  # a Wednesday


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2h", "2026-07-15 16:30"),
        ("90s", "2026-07-15 14:31"),
        ("90 min", "2026-07-15 16:00"),
        ("1d 4h", "2026-07-16 18:30"),
        ("2 hours", "2026-07-15 16:30"),
        ("tomorrow", "2026-07-16 09:00"),
        ("Tomorrow 14:30", "2026-07-16 14:30"),
        ("this evening", "2026-07-15 18:00"),
        ("mon 9:00", "2026-07-20 09:00"),
        ("monday", "2026-07-20 09:00"),
        ("wed", "2026-07-22 09:00"),
        ("next week", "2026-07-20 09:00"),
        ("next fri 5pm", "2026-07-17 17:00"),
        ("17:30", "2026-07-15 17:30"),
        ("9:00", "2026-07-16 09:00"),
        ("2026-08-01", "2026-08-01 09:00"),
        ("2026-08-01 10.15", "2026-08-01 10:15"),
    ],
)
def test_times_people_type(typed, expected):
    moment = datetime.fromtimestamp(parse_until(typed, NOW, ZONE) / 1000, ZONE)
    assert f"{moment:%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "2026-02-30", "2026-07-14", "0h", "mon noonish", "today 9:00"])
def test_what_is_not_a_future_time_is_refused_with_words(typed):
    with pytest.raises(ValueError, match=r"\w"):
        parse_until(typed, NOW, ZONE)


def test_tags_are_put_on_and_taken_off():
    assert parse_tags("Refund, +vip -old  #vip") == (("refund", "vip"), ("old",))


@pytest.mark.parametrize("typed", ["", " , ", "+", "vip -vip"])
def test_tags_that_make_no_sense_are_refused(typed):
    with pytest.raises(ValueError, match=r"\w"):
        parse_tags(typed)


def test_a_few_letters_are_enough_if_they_are_clear():
    assert parse_priority("u") is Priority.URGENT
    assert parse_state("cl") is CaseState.CLOSED
    with pytest.raises(ValueError, match="one of"):
        parse_state("s")


def test_suggestions_complete_the_last_word():
    assert suggestions("vip ref", ("late", "prefers-phone", "refund")) == ("refund", "prefers-phone")
