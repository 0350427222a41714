"""Saved views: read from settings and from a team's file, shown with counts and keys, and acted on as a whole after a look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui import workspace as workspaces
from agent_tui.app import Workstation, keymap_of
from agent_tui.desk import Desk
from agent_tui.domain.actions import read
from agent_tui.domain.errors import WorkspaceError
from agent_tui.domain.model import CaseState, Priority
from agent_tui.domain.query import QueryError
from agent_tui.domain.views import COLUMNS, SavedView, slug
from agent_tui.screens.bulk import BulkScreen
from agent_tui.widgets.case_row import Flags, row
from agent_tui.widgets.width import cells
from tests.fake_desk import NOW as FAKE_NOW
from tests.fake_desk import make_case
from tests.unit.test_narrowed_lists import letters, take, until
from tests.unit.workspaces import Clock, workspace

REFUNDS = SavedView(name="Refunds", query="subject:refund", key="g r", section="Money")
OLDEST = SavedView(name="Oldest parcels", query="subject:parcel OR subject:nothing", order="oldest", columns=("customer", "age"))


def load(folder: Path, text: str) -> workspaces.Workspace:
    (folder / "workspace.toml").write_text(text, "utf-8")
    return workspaces.load(folder)


# -- settings


def test_views_are_read_from_the_settings_and_from_a_file_that_a_team_shares(tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    (team / "views.toml").write_text('[[view]]\nname = "ফেরত টাকা"\nquery = "tag:refund"\norder = "newest"\n', "utf-8")
    found = load(
        tmp_path, f'views_file = "{team}/views.toml"\n[[view]]\nname = "Late"\nquery = "is:overdue"\nkey = "g l"\ncolumns = ["left"]\n'
    ).views
    assert [(one.name, one.id, one.order) for one in found] == [
        ("Late", "saved:late", "inbox"), ("ফেরত টাকা", "saved:ফেরত-টাকা", "newest"),
    ]  # fmt: skip


def test_every_fault_is_named_in_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "views.toml").write_text('[[view]]\nname = "Late"\nquery = "x"\n[[view]]\nnam = "y"\n', "utf-8")
    with pytest.raises(WorkspaceError) as caught:
        load(
            tmp_path,
            'views_file = "views.toml"\n[[view]]\nname = "Late"\nquery = "staet:open"\nkey = "ctrl+q"\norder = "size"\n'
            'columns = ["custmer"]\n[[view]]\nname = "Inbox"\nquery = "a"\n',
        )
    faults = caught.value.faults
    assert "workspace.toml:4: view 'Late', query" in faults[0]
    assert "state" in faults[0]
    assert "takes the only key of quit" in next(one for one in faults if "workspace.toml:5" in one)
    assert any("workspace.toml:6: view 'Late', order" in one for one in faults)
    assert any("did you mean 'customer'?" in one for one in faults)
    assert any("view 'Inbox', name" in one and "already the name" in one for one in faults)
    shared = [one for one in faults if "views.toml" in one and "workspace.toml" not in one]
    assert any(":2: view 'Late', name" in one for one in shared)
    assert any(":5: view 2, nam: there is no such setting" in one for one in shared)
    assert faults.index(shared[0]) > 3


@pytest.mark.parametrize(("name", "short"), [("Late & angry!", "late-angry"), ("ಹಣ ವಾಪಸ್", "ಹಣ-ವಾಪಸ್"), ("ਪੈਸੇ", "ਪੈਸੇ"), ("--", "")])
def test_short_names_keep_every_script(name: str, short: str) -> None:
    assert slug(name) == short


# -- over a real store


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(replace(workspace(tmp_path), views=(REFUNDS, OLDEST)), now=Clock(), offline=True)
    take(made, *letters())
    yield made
    made.close()


def shown(desk: Desk, view: str, query: str = "") -> list[str]:
    window = desk.window(view, query)
    window.reach(1000)
    return [window.row(place).customer.address or window.row(place).subject for place in range(len(window))]


def test_a_view_is_its_query_in_its_order_and_can_be_narrowed_further(desk: Desk) -> None:
    window = desk.window("saved:oldest-parcels")
    window.reach(1000)
    times = [window.row(place).updated_at for place in range(len(window))]
    assert len(times) == 30
    assert times == sorted(times)
    assert len(shown(desk, "saved:refunds")) == 30
    narrowed = desk.window("saved:oldest-parcels", '"number 2"')
    narrowed.reach(1000)
    assert [narrowed.row(place).subject for place in range(len(narrowed))] == ["Parcel"]  # the OR of the view stays inside it
    with pytest.raises(QueryError) as caught:
        desk.window("saved:refunds", "staet:open")
    assert caught.value.position < 10


def test_newest_and_oldest_are_each_others_reverse_whatever_is_walked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent_tui.store import narrowing

    orders = {}
    for few in (1, 1000):
        monkeypatch.setattr(narrowing, "FEW", few)
        monkeypatch.setattr(narrowing, "FEW_OPEN", few)
        monkeypatch.setattr(narrowing, "SLICE", 4)
        for order in ("newest", "oldest"):
            desk.workspace = replace(desk.workspace, views=(replace(OLDEST, name=order, order=order),))
            window = desk.window(f"saved:{order}")
            window.reach(1000)
            orders[few, order] = [window.row(place).id for place in range(len(window))]
    assert orders[1, "newest"] == orders[1000, "newest"] == orders[1, "oldest"][::-1] == orders[1000, "oldest"][::-1]


def test_what_a_step_would_change_is_what_it_changes(desk: Desk) -> None:
    ids = [desk.window("saved:refunds").row(place).id for place in range(10)]
    desk.tag(ids[:3], add=("money",))
    chosen = (read("tag +money"), read("priority high"))
    before = {case.id: changes for case, changes in desk.would_change(ids, chosen)}
    assert [len(before[one]) for one in ids] == [1] * 3 + [2] * 7
    assert all(case.priority is Priority.NORMAL for case in map(desk.case, ids))  # looking has done nothing
    desk.run_actions(ids, chosen, "All")
    assert all(case.priority is Priority.HIGH and "money" in case.tags for case in map(desk.case, ids))
    assert all(not changes for _, changes in desk.would_change(ids, chosen))


@asynccontextmanager
async def seat(desk: Desk, size: tuple[int, int] = (140, 40)) -> AsyncIterator[tuple[Workstation, object]]:
    app = Workstation(desk, keymap_of(desk.workspace))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def column(app: Workstation) -> list[str]:
    return [line.text.strip() for line in app.screen.views_column._strips]


async def test_views_stand_behind_the_inbox_with_sections_numbers_and_counts_and_go_by_key(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await until(pilot, lambda: any(one.startswith("2 Refunds") and one.endswith("30") for one in column(app)))
        lines = column(app)
        assert lines.index("Money") == next(i for i, one in enumerate(lines) if one.startswith("2 Refunds")) - 1
        await pilot.press("g", "r")
        assert app.screen.view == "saved:refunds"
        assert app.screen.list.case().subject == "Refund"
        await pilot.press("3")
        assert app.screen.view == "saved:oldest-parcels"
        await pilot.press("colon", *"view.saved", "space", *"refunds", "enter")
        assert app.screen.view == "saved:refunds"
        await pilot.press("colon", *"view.saved", "space", *"nope", "enter")
        assert "there are Refunds, Oldest parcels" in app.screen.status.words[0]


async def test_all_of_a_view_is_changed_after_a_look_and_taken_back_by_one_key(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await pilot.press("g", "r")
        await pilot.press("comma", *"close", "enter")
        screen = app.screen
        assert isinstance(screen, BulkScreen)
        assert "close: 30 cases" in "".join(text for text, _ in screen.title_line.left)
        first = screen.list.item.case.id
        await pilot.press("x")
        assert "close: 29 cases" in "".join(text for text, _ in screen.title_line.left)
        await pilot.press("y")
        await until(pilot, lambda: app.screen is not screen)
        states = {case.id: case.state for case in map(desk.case, _all(desk))}
        assert states.pop(first) is not CaseState.CLOSED
        assert set(states.values()) == {CaseState.CLOSED}
        await pilot.press("z")
        assert CaseState.CLOSED not in {case.state for case in map(desk.case, _all(desk))}


async def test_leaving_the_look_does_nothing_and_wrong_lines_say_what_would_be_right(desk: Desk) -> None:
    async with seat(desk) as (app, pilot):
        await pilot.press("g", "r", "comma", *"clsoe", "enter")
        assert "there is no 'clsoe'; there are close" in app.screen.status.prompt.error
        await pilot.press("ctrl+u", *"close", "enter")
        assert isinstance(app.screen, BulkScreen)
        await pilot.press("escape")
        assert CaseState.CLOSED not in {case.state for case in map(desk.case, _all(desk))}


def _all(desk: Desk) -> list[int]:
    window = desk.window("saved:refunds")
    window.reach(1000)
    return [window.row(place).id for place in range(len(window))]


# -- columns


@pytest.mark.parametrize("width", [60, 80, 104, 140, 200])
@pytest.mark.parametrize("chosen", [(), COLUMNS, ("subject",), ("age", "left"), ("assignee", "subject", "source")])
def test_a_line_takes_its_whole_width_whatever_its_columns(width: int, chosen: tuple[str, ...]) -> None:
    for number in range(10):
        pieces, _ = row(make_case(number), width, Flags(), named=width >= 120, left=1000, now=FAKE_NOW, chosen=chosen)
        assert sum(cells(text) for text, _ in pieces) == width


def test_columns_stand_in_the_order_that_was_asked_for_and_the_last_give_way() -> None:
    def text(width: int) -> str:
        pieces, _ = row(make_case(0), width, Flags(), named=True, left=None, now=FAKE_NOW, chosen=("assignee", "subject", "source", "tags"))
        return "".join(one for one, _ in pieces)

    wide = text(140)
    assert wide.index("asha@example.com") < wide.index("Refund for") < wide.index("support-mail") < wide.index("refund, vip")
    assert "refund, vip" not in text(52).replace("Refund", "")
    assert "support-mail" in text(56)
