"""The drill: tasks one after the other, done by whatever key, timed, with the key shown to those who look for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.app import Workstation
from agent_tui.commands.drill import best_of
from agent_tui.desk import Desk
from agent_tui.domain.commands.table import command
from agent_tui.domain.drill import HINT_AFTER_MS, TASKS, Drill, clock, verdict
from agent_tui.domain.model import CaseState, Priority
from agent_tui.screens.drill import DrillScreen, Exercise
from agent_tui.widgets import width
from tests.fake_desk import make_case
from tests.unit.test_narrowed_lists import until

width.install()
ME = "help@tamarind.example"


def test_every_task_is_undone_at_first_and_done_by_what_its_verb_does() -> None:
    case = make_case(0, assignee=None, tags=(), state=CaseState.OPEN, flagged=False)
    done = {
        "take": replace(case, assignee=ME), "tag": replace(case, tags=("credit",)), "snooze": replace(case, state=CaseState.SNOOZED),
        "priority": replace(case, priority=Priority.URGENT), "done": replace(case, state=CaseState.CLOSED), "undo": case,
        "assign": replace(case, assignee="marek"), "star": replace(case, flagged=True),
    }  # fmt: skip
    for task in TASKS:
        before = done["done"] if task.command == "undo" else case
        assert not task.done(before, ME), task.words
        assert task.done(done[task.command], ME), task.words
        assert command(task.command) is not None


def test_time_and_keys_count_for_the_task_at_hand_and_a_missing_case_is_passed_over() -> None:
    case = make_case(0, assignee=None, tags=())
    drill = Drill(TASKS[:3], 1000).pressing().pressing()
    assert drill.look(case, ME, 5000) is drill
    drill = drill.look(replace(case, assignee=ME), ME, 6500)
    assert (drill.laps[0].took, drill.laps[0].keys, drill.keys, drill.began) == (5500, 2, 0, 6500)
    drill = drill.look(None, ME, 7000)
    assert drill.task is TASKS[2]
    assert not drill.slow(7000 + HINT_AFTER_MS - 1)
    assert drill.slow(7000 + HINT_AFTER_MS)
    over = drill.pressing().look(replace(case, state=CaseState.SNOOZED), ME, 68_000)
    assert over.task is None
    assert verdict(over, None) == "2 tasks in 1:06 with 3 keys; that is the time to beat"
    assert "before it 2:00" in verdict(over, 120_000)
    assert verdict(over, 30_000).endswith("the best so far is 0:30")
    assert clock(3_599_000) == "59:59"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The demo's week, fetched."""
    from agent_tui import workspace as workspaces
    from agent_tui.commands.context import Context, now_ms
    from agent_tui.commands.progress import Bars
    from agent_tui.commands.sync import rounds
    from agent_tui.sources.demo.make import make_workspace

    make_workspace(tmp_path / "week", now_ms(), live=False)
    (tmp_path / "week").chmod(0o700)
    with Context(str(tmp_path / "week"), json=True) as context, Bars(context) as bars:
        rounds(context, context.source_names([]), bars)
    made = Desk(workspaces.load(tmp_path / "week"), offline=True)
    yield made
    made.close()


async def test_a_whole_drill_by_keys(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    kept: list[int] = []
    app = Workstation(desk)
    app.bench.exercise = exercise = Exercise(desk, 3_600_000, kept.append)
    assert {task.customer for task in exercise.drill.tasks} == {task.customer for task in TASKS}
    answers = {"take": ("A",), "tag": ("t", *"credit", "enter"), "snooze": ("b", *"tomorrow", "enter"), "undo": ("z",),
               "priority": ("p", *"urgent", "enter"), "done": ("e",), "assign": ("a", *"marek", "enter"), "star": ("asterisk",)}  # fmt: skip
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        app.screen.show_lesson()
        assert app.screen.status.lesson[0].startswith("drill 1/8")
        assert app.screen.status.lesson[1:] == ("", "take the case of Ruth Adeyemi")
        for number, task in enumerate(TASKS):
            assert exercise.drill.task is task, number
            if task.command != "undo":
                case = exercise._cases[task.customer]
                app.screen.list.go(app.screen.list.find(case))
            await pilot.press(*answers[task.command])
            await pilot.pause()
        await until(pilot, lambda: isinstance(app.screen, DrillScreen))
        assert len(exercise.drill.laps) == len(TASKS)
        assert exercise.drill.pressed == sum(map(len, answers.values()))
        assert kept == [exercise.drill.took]
        assert "the best so far, before it 60:00" in app.screen.status.words[0]
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, DrillScreen)
        assert app.screen.status.lesson is None or not app.screen.status.lesson[0].startswith("drill")


async def test_the_key_is_shown_to_whoever_looks_for_it_and_the_drill_can_be_left(desk: Desk) -> None:
    app = Workstation(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon", *"drill", "enter")
        await pilot.pause()
        exercise = app.bench.exercise
        exercise.drill = replace(exercise.drill, began=exercise.drill.began - HINT_AFTER_MS)
        app.screen.second()
        assert app.screen.status.lesson[1] == "A"
        await pilot.press("colon", *"drill", "enter")
        assert app.bench.exercise is None
        assert app.screen.status.words[0] == "The drill is off"


def test_a_best_time_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert best_of(tmp_path / "none") is None
    (tmp_path / "best").write_text("soon\n")
    assert best_of(tmp_path / "best") is None
    (tmp_path / "best").write_text("61000\n")
    assert best_of(tmp_path / "best") == 61_000
