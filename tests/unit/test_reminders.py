"""A promise in a reply becomes a reminder by one key, a little before its time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_tui.domain.operations import Snooze
from agent_tui.domain.reminders import reminder
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk, Found

NOW = int(datetime(2026, 9, 23, 9, 30, tzinfo=UTC).timestamp() * 1000)  # a Wednesday


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("by Friday", "2026-09-25 09:00"), ("until Wednesday", "2026-09-30 09:00"), ("tomorrow", "2026-09-24 09:00"),
        ("by tomorrow noon", "2026-09-24 09:00"), ("next week", "2026-09-28 09:00"), ("within two days", "2026-09-25 09:00"),
        ("within three working days", "2026-09-28 09:00"), ("within the next 24 hours", "2026-09-24 03:30"),
        ("within 2 weeks", "2026-10-07 09:00"), ("later today", "2026-09-23 11:30"), ("by the end of the week", "2026-09-25 09:00"),
        ("bis Freitag", "2026-09-25 09:00"), ("innerhalb von zwei Tagen", "2026-09-25 09:00"), ("para el viernes", "2026-09-25 09:00"),
        ("শুক্রবারের মধ্যে", "2026-09-25 09:00"), ("ਸ਼ੁੱਕਰਵਾਰ ਤੱਕ", "2026-09-25 09:00"), ("ಶುಕ್ರವಾರದೊಳಗೆ", "2026-09-25 09:00"),
        ("bago mag-Biyernes", "2026-09-25 09:00"), ("до пятницы", "2026-09-25 09:00"), ("周五之前", "2026-09-25 09:00"),
    ],
)  # fmt: skip
def test_it_comes_before_the_time_that_was_promised(words, expected):
    at = reminder(words, NOW, "UTC")
    assert at is not None
    assert f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("words", ["", "soon", "by the end of the month", "within some days"])
def test_what_does_not_say_when_is_asked_for(words):
    assert reminder(words, NOW, "UTC") is None


async def test_one_key_sends_and_brings_the_case_back_for_it():
    desk = FakeDesk(findings=(Found("promise", "a promise: I will write by Friday", stops=False, when="by Friday"),))
    app = ComposerApp(desk)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("H", "i", "ctrl+s")
        shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "r reminds you" in shown
        assert "and remind" in shown
        await pilot.press("r")
        (then,) = desk.sends[0].then
        assert isinstance(then, Snooze)
        assert then.until == reminder("by Friday", desk.now(), "Asia/Kolkata")


async def test_without_a_promise_there_is_nothing_to_be_reminded_of():
    desk = FakeDesk()
    app = ComposerApp(desk)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("H", "i", "ctrl+s")
        assert "and remind" not in "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        await pilot.press("r")
        assert desk.sends == []
        assert "No promise" in app.screen.status.words[0]
