"""What the inbox looks like: a few states at the sizes people have. Columns in tmux are proved elsewhere."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from agent_tui.app import Workstation
from agent_tui.domain.model import MessageState, Visibility
from agent_tui.widgets import theme, width
from tests.fake_desk import NOW, FakeDesk, make_message

width.install()
SMALL, LARGE = (80, 24), (140, 40)


def app(look="", **desk):
    made = FakeDesk(**desk)
    made.workspace = replace(made.workspace, theme=look)
    workstation = Workstation(made)
    # Colours are those asked for, whatever the terminal that runs the tests can do.
    chosen = theme.LOOKS[look or theme.DARK]
    workstation.theme, workstation.bench.look = chosen.name, chosen
    workstation.bench.zone = ZoneInfo("UTC")
    return workstation


def after(*keys):
    async def press(pilot):
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause(0.3)  # the reading pane follows after the last key

    return press


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
@pytest.mark.parametrize("look", ["evening", "paper", "plain", "contrast", "contrast-light"])
def test_inbox(snap_compare, look, size):
    assert snap_compare(app(look), terminal_size=size, run_before=after("j", "j", "x"))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
def test_case(snap_compare, size):
    assert snap_compare(app(), terminal_size=size, run_before=after("j", "j", "enter"))


def test_case_with_a_note_and_a_held_reply(snap_compare):
    workstation = app()
    case = workstation.desk.cases[17]
    note = make_message(case, 1, id=901, visibility=Visibility.NOTE, text="Asked the bank, they look into it.")
    held = make_message(case, 1, id=-5, state=MessageState.HELD, operation=5, received_at=NOW, sent_at=NOW,
                        text="Hello Priya, the money is on its way.")
    workstation.desk.extra[17] = (note, held)
    assert snap_compare(workstation, terminal_size=SMALL, run_before=after("enter", "G"))


def test_a_question_on_the_last_line(snap_compare):
    assert snap_compare(app(), terminal_size=SMALL, run_before=after("t", "r"))


def test_one_column_in_words(snap_compare):
    workstation = app("plain")
    workstation.desk.workspace = replace(workstation.desk.workspace, layout="linear")
    assert snap_compare(workstation, terminal_size=LARGE, run_before=after("j", "x"))


def test_an_empty_view(snap_compare):
    assert snap_compare(app(), terminal_size=SMALL, run_before=after("g", "w"))
