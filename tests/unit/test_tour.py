"""A newcomer is shown the next of ten keys, in any order, never again once they are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_tui.app import Workstation
from agent_tui.domain.commands import CASE, COMPOSER, INBOX
from agent_tui.domain.commands.table import COMMANDS, command
from agent_tui.domain.tour import LESSONS, Tour
from agent_tui.screens.lessons import OVER, REMEMBERED
from agent_tui.workspace import SourceSettings
from tests.fake_desk import FakeDesk
from tests.unit.test_inbox_screen import Seat

ALL = {one.id for one in COMMANDS}


def test_there_are_ten_lessons_and_each_teaches_commands_that_exist_and_have_keys() -> None:
    assert len(LESSONS) == 10
    for lesson in LESSONS:
        for name in lesson.commands:
            found = command(name)
            assert found is not None
            assert found.keys, name
            assert lesson.scopes <= set(found.scopes), name


def test_lessons_come_in_order_where_one_is_and_count_once_in_any_order() -> None:
    tour = Tour()
    assert tour.next(INBOX, ALL) is LESSONS[0]
    assert tour.next(CASE, ALL) is LESSONS[2]
    assert tour.next(COMPOSER, ALL) is LESSONS[3]
    tour = tour.after("done").after("done").after("move.up")
    assert len(tour.learnt) == 2
    assert tour.next(INBOX, ALL) is LESSONS[1]
    assert tour.after("no such command") is tour


def test_a_command_that_is_not_offered_is_not_taught() -> None:
    assert Tour().next(INBOX, ALL - {"move.down", "move.up"}) is LESSONS[1]
    assert Tour().next(INBOX, ()) is None


@pytest.mark.parametrize("text", ["", "off", "start", "x 3 99 -1 3.5", "3 3"])
def test_what_was_remembered_comes_back_and_anything_else_does_no_harm(text: str) -> None:
    tour = Tour.read(text)
    assert tour.learnt <= {3}
    assert Tour.read(tour.written) == tour


def test_the_tour_ends() -> None:
    tour = Tour()
    for lesson in LESSONS:
        assert not tour.over
        tour = tour.after(lesson.commands[-1])
    assert tour.over
    assert tour.next(INBOX, ALL) is None


def demo_desk(**remembered: str) -> FakeDesk:
    desk = FakeDesk()
    source = SourceSettings(name="support-mail", type="demo", channel="email", promise=None, options=None)  # type: ignore[arg-type]
    desk.workspace = replace(desk.workspace, sources=(source,))
    desk.remembered.update(remembered)
    return desk


async def test_the_next_key_stands_before_the_hints_and_moves_on_when_it_was_pressed() -> None:
    app = Workstation(desk := demo_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        seat = Seat(app, pilot)
        assert "try 1/10 j k next and previous case" in seat.text()
        await seat.press("j")
        assert "try 2/10 enter read the case" in seat.text()
        await seat.press("e")
        await seat.press("z")
        assert desk.remembered[REMEMBERED] == "0 5 6"
        await seat.press("enter")
        assert seat.screen.status.lesson == ("try 5/10", "r", "answer it")


async def test_the_last_one_says_so_and_then_there_is_nothing_left_to_say() -> None:
    app = Workstation(desk := demo_desk(tour="0 1 2 3 4 5 7 8 9"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        seat = Seat(app, pilot)
        await seat.press("e")
        assert seat.words == OVER
        assert seat.screen.status.lesson is None
        assert Tour.read(desk.remembered[REMEMBERED]).over


async def test_a_workspace_of_ones_own_has_no_tour_until_it_is_asked_for() -> None:
    app = Workstation(desk := FakeDesk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        seat = Seat(app, pilot)
        assert seat.screen.status.lesson is None
        await seat.press("j")
        assert desk.remembered == {}
        seat.screen.perform("tour")
        assert seat.screen.status.lesson == ("try 1/10", "j k", "next and previous case")
        seat.screen.perform("tour")
        assert seat.screen.status.lesson is None
        assert desk.remembered == {REMEMBERED: "off"}


async def test_a_tour_that_was_stopped_stays_stopped_in_the_demo_too() -> None:
    app = Workstation(demo_desk(tour="off"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert Seat(app, pilot).screen.status.lesson is None
