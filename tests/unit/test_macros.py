"""Macros: several actions as one, seen and changed before they run, never a half-written reply, one step back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_tui.app import Workstation
from agent_tui.desk import Desk
from agent_tui.domain import actions
from agent_tui.domain.actions import Action
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import CaseState, Priority
from agent_tui.domain.operations import OperationState, Reply
from agent_tui.screens.compose import ComposeScreen
from agent_tui.screens.inbox import InboxScreen
from agent_tui.screens.macro import MacroScreen
from agent_tui.store import apply as applying
from agent_tui.store import delivery, operations, sources
from agent_tui.widgets import width
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

width.install()
CARRIED = frozenset({"state", "tag", "read", "reply", "assign", "priority", "star", "snooze"})
LIBRARY = {
    "tidy.md": '---\nthen: ["tag +duplicate -new", "priority high", "assign ravi", "close"]\n---\n',
    "late.md": '---\nshortcut: lt\nthen: ["tag +trace", "snooze 2d"]\n---\n'
    'Hello {{ customer.first_name }},\n\norder {{ ask("order number") }} is late.\n',
    "follow.md": '---\nthen: ["canned late", "take", "snooze 3d"]\n---\n',
    "thanks.md": "---\nshortcut: ty\n---\nThank you, {{ customer.first_name }}.\n",
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    made.workspace.canned.mkdir()
    for name, text in LIBRARY.items():
        (made.workspace.canned / name).write_text(text)
    sources.note_state(made.store, "mail", operations=CARRIED)
    applying.apply(
        made.store, "mail",
        batch(mail("a@x", subject="first", at=NOW - 5 * HOUR), mail("b@x", subject="second", at=NOW - 4 * HOUR)),
    )  # fmt: skip
    made.tag([ids(made)[0]], add=["new"])
    return made


def ids(desk: Desk) -> list[int]:
    window = desk.window("all")
    return sorted((window.row(place).id for place in range(len(window))), key=lambda one: desk.case(one).subject)  # type: ignore[union-attr]


def macro(desk: Desk, name: str) -> tuple[Action, ...]:
    (found,) = desk.canned.variants(name)
    return desk.macro_actions(found)


def of(desk: Desk, number: int = 0):
    case = desk.case(ids(desk)[number])
    assert case is not None
    return case


def test_all_of_it_is_one_step_on_every_case_and_one_undo_takes_all_of_it_back(desk: Desk) -> None:
    before = [of(desk, 0), of(desk, 1)]
    done = desk.run_actions(ids(desk), macro(desk, "tidy"), "tidy")
    assert done.words == "tidy: tag +duplicate -new, priority high, assign ravi, close: 2 cases"
    for number in (0, 1):
        case = of(desk, number)
        assert (case.state, case.priority, case.assignee, case.tags) == (
            CaseState.CLOSED, Priority.HIGH, "ravi", ("duplicate",)
        )  # fmt: skip
    back = desk.undo()
    assert back is not None
    assert back.words == f"Undone: {done.words}"
    for number, was in enumerate(before):
        case = of(desk, number)
        assert (case.state, case.priority, case.assignee, case.tags) == (was.state, was.priority, was.assignee, was.tags)
    redone = desk.redo()
    assert redone is not None
    assert of(desk).state is CaseState.CLOSED


def test_what_has_reached_the_server_is_done_the_other_way_round_by_the_same_undo(desk: Desk) -> None:
    desk.run_actions(ids(desk)[:1], macro(desk, "tidy"), "tidy")
    for entry in operations.select(desk.store, "state = 'queued' ORDER BY id"):
        delivery.acknowledge(desk.store, delivery.begin(desk.store, entry))
    desk.undo()
    case = of(desk)
    assert (case.state, case.assignee, case.tags) == (CaseState.OPEN, None, ("new",)), "open: somebody has acted by now"


def test_a_time_that_has_passed_stops_all_of_it(desk: Desk) -> None:
    with pytest.raises(UsageError, match="has passed"):
        desk.run_actions(ids(desk), (Action("tag", "+x"), Action("snooze", "2020-01-01 9:00")), "old")
    assert of(desk).tags == ("new",)
    assert not [one for one in desk.outbox() if getattr(one.operation, "add", ()) == ("x",)]


def test_a_reply_is_never_sent_by_running_a_macro(desk: Desk) -> None:
    with pytest.raises(UsageError, match="composer"):
        desk.run_actions(ids(desk)[:1], macro(desk, "late"), "late")
    assert not [one for one in desk.outbox() if isinstance(one.operation, Reply)]


def test_a_macro_that_names_a_canned_reply_brings_its_actions_along_but_its_own_win(desk: Desk) -> None:
    assert [one.line for one in macro(desk, "follow")] == ["canned late", "take", "snooze 3d", "tag +trace"]
    assert [one.line for one in macro(desk, "late")] == ["canned late", "tag +trace", "snooze 2d"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("shout", "there is no 'shout'; there are close"),
        ("close now", "takes nothing after it"),
        ("tag", "needs something after it: tags"),
        ("tag +", "is no tag"),
        ("priority huge", "is no priority; it is one of"),
        ("snooze someday", "is not a time"),
    ],
)
def test_a_line_that_is_no_action_says_what_would_be(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        actions.read(line)


def test_check_finds_what_a_macro_cannot_do(desk: Desk) -> None:
    folder = desk.workspace.canned
    (folder / "bad.md").write_text('---\nthen: ["canned nothing", "snooze someday", "shout"]\n---\n')
    (folder / "both.md").write_text('---\nthen: ["canned thanks"]\n---\nHello\n')
    (folder / "nothing.md").write_text("---\nname: nothing-at-all\n---\n")
    desk.canned.refresh()
    found = {(one.path, one.words.partition(";")[0]) for one in desk.canned.check()}
    assert ("bad.md", "then: there is no canned reply 'nothing'") in found
    assert ("bad.md", "then: there is no 'shout'") in found
    assert any(path == "bad.md" and "someday" in words for path, words in found)
    assert ("both.md", "then: 'canned thanks' in a reply that has a text of its own") in found
    assert ("nothing.md", "there is no text") in found
    assert not [path for path, _ in found if path in LIBRARY]


def test_the_picker_of_texts_has_no_macro_without_one_and_the_macros_no_text_without_actions(desk: Desk) -> None:
    assert {one.name for one in desk.canned.search("")} == {"late", "thanks"}
    assert {one.name for one in desk.canned.search("", macros=True)} == {"tidy", "late", "follow"}


# ---- by keys


@asynccontextmanager
async def seat(desk: Desk, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Workstation, object]]:
    app = Workstation(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot
    desk.close()


async def press(pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


def shown(app: Workstation) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_m_shows_what_will_happen_before_anything_does_and_enter_runs_it(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await press(pilot, "m", *"tid")
        assert isinstance(app.screen, MacroScreen)
        await press(pilot, "enter")
        text = shown(app)
        assert "priority high" in text
        assert "normal → high" in text
        assert "new → closed" in text
        assert "nobody → ravi" in text
        assert of(desk).state is CaseState.NEW, "nothing has happened yet"
        await press(pilot, "enter")
        assert isinstance(app.screen, InboxScreen)
        assert of(desk).state is CaseState.CLOSED
        await press(pilot, "z")
        assert (of(desk).state, of(desk).tags, of(desk).assignee) == (CaseState.NEW, ("new",), None)


async def test_each_action_is_aimed_elsewhere_or_left_out_before_it_runs(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await press(pilot, "m", *"tidy", "enter")
        await press(pilot, "e", "ctrl+u", *"tag +spare", "enter")  # the tag
        await press(pilot, "j", "x")  # no priority
        await press(pilot, "e", "ctrl+u", *"me", "enter", "j")  # to me
        await press(pilot, "e", "ctrl+u", *"snooze 1d", "enter")  # not closed but put away
        await press(pilot, "a", *"star", "enter")
        assert "there is no 'star'" in shown(app)
        await press(pilot, "ctrl+u", *"read", "enter")
        await press(pilot, "enter")
        case = of(desk)
        assert (case.state, case.assignee, case.tags, case.priority, case.unread) == (
            CaseState.SNOOZED, desk.me, ("new", "spare"), Priority.NORMAL, 0
        )  # fmt: skip


async def test_a_kind_of_action_stays_what_it_is(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await press(pilot, "m", *"tidy", "enter", "G", "e", "ctrl+u", *"tag +x", "enter")
        assert "of another kind" in shown(app)
        await press(pilot, "escape", "escape")
        assert of(desk).state is CaseState.NEW


async def test_a_macro_with_a_text_opens_the_composer_and_the_rest_runs_only_once_that_is_sent(desk: Desk, clock: Clock) -> None:
    async with seat(desk) as (app, pilot):
        await press(pilot, "m", *"follow", "enter")
        assert "order [[order number]] is late" in shown(app)
        await press(pilot, "enter")
        assert isinstance(app.screen, ComposeScreen)
        assert app.screen.composer.buffer.selected == "[[order number]]"
        assert (of(desk).assignee, of(desk).state) == (None, CaseState.NEW)
        await press(pilot, "ctrl+s")
        assert [one.guard for one in app.screen.gate.stopped_by] == ["gap"], "a half-written reply does not leave"
        await press(pilot, "escape", *"17", "ctrl+s")
        assert "then take" not in shown(app)
        assert "assign" in shown(app)
        assert "tag +trace" in shown(app)
        await press(pilot, "y")
        waiting = [one for one in desk.outbox() if one.kind in {"reply", "assign", "tag", "snooze"}]
        reply = next(one for one in waiting if one.kind == "reply")
        assert reply.state is OperationState.HELD
        later = {one.kind: one.after for one in waiting if one.kind != "reply" and one.group == reply.group}
        assert later == {"assign": reply.id, "tag": reply.id, "snooze": reply.id}
        await press(pilot, "z")
        assert not [one for one in desk.outbox() if one.group == reply.group], "one step back"
        assert desk.drafts()[0].text.startswith("Hello Rina,\n\norder 17 is late.")


async def test_the_text_can_be_another_one_and_leaving_the_composer_changes_nothing(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await press(pilot, "m", *"follow", "enter", "e", "ctrl+u", *"thanks", "enter")
        assert "Thank you, Rina." in shown(app)
        await press(pilot, "enter")
        assert app.screen.composer.text.startswith("Thank you, Rina.")
        await press(pilot, "escape")
        assert isinstance(app.screen, InboxScreen)
        assert (of(desk).assignee, of(desk).state) == (None, CaseState.NEW)
        (draft,) = desk.drafts()
        assert draft.then == ("take", "snooze 3d", "tag +trace")
        assert draft.canned == ("thanks",)


async def test_a_reply_goes_to_one_customer_at_a_time_and_the_rest_to_all(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await press(pilot, "X", "m", *"late", "enter", "enter")
        assert isinstance(app.screen, MacroScreen)
        assert "one customer at a time" in shown(app)
        await press(pilot, "x", "enter")
        assert isinstance(app.screen, InboxScreen)
        assert {of(desk, number).state for number in (0, 1)} == {CaseState.SNOOZED}
        assert not desk.drafts()


async def test_m_without_macros_says_what_one_is(desk: Desk) -> None:
    for name in ("tidy.md", "late.md", "follow.md"):
        (desk.workspace.canned / name).unlink()
    async with seat(desk) as (app, pilot):
        await press(pilot, "m")
        assert "There are no macros yet" in shown(app)


# ---- what it looks like


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_the_actions_of_a_macro_in_four_scripts(snap_compare, desk: Desk, size: tuple[int, int]) -> None:
    (desk.workspace.canned / "four.md").write_text(
        '---\nthen: ["tag +দেরি", "priority urgent", "assign ravi", "wait"]\n---\n'
        'নমস্কার {{ customer.first_name }}, অর্ডার {{ ask("order number") }} দেরি হচ্ছে।\nਸਤਿ ਸ੍ਰੀ ਅਕਾਲ ਜੀ\nಧನ್ಯವಾದಗಳು\n'
    )
    desk.canned.refresh()

    async def act(pilot) -> None:
        await pilot.pause()
        await press(pilot, "m", *"four", "enter", "j", "x")

    assert snap_compare(Workstation(desk), terminal_size=size, run_before=act)
    desk.close()
