"""How wide the terminal draws is asked once, believed where it can be true, and kept for the next start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyte
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import get_character_cell_size

from agent_tui import workspace as workspaces
from agent_tui.app import Workstation
from agent_tui.domain.cell_habits import STANDARD, Habits, parse, words
from agent_tui.domain.errors import WorkspaceError
from agent_tui.driver import NameTold, WidthsTold
from agent_tui.screens.measuring import Measuring
from agent_tui.widgets import probes, signs, width
from tests.fake_desk import FakeDesk

HABITS = st.builds(
    Habits, marks=st.integers(0, 1), joined=st.booleans(), selector=st.booleans(), skin=st.integers(0, 2), most=st.integers(0, 2),
    flag=st.integers(1, 2), ambiguous=st.integers(1, 2),
)  # fmt: skip
# Where the cursor was after each text in tmux 3.3a, xterm 379 and xterm 379 with -cjk_width.
TMUX, XTERM, XTERM_WIDE = [3, 4, 3, 2, 5, 3, 2], [3, 4, 5, 2, 5, 3, 2], [3, 4, 6, 2, 5, 3, 3]
CLUSTERED = [2, 2, 3, 3, 3, 3, 2]
"""As a terminal answers that draws cluster by cluster."""
XTERM_HERE = {"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(379)"}


@pytest.fixture(autouse=True)
def _standard() -> Iterator[None]:
    width.install()
    yield
    width.use(STANDARD)
    signs.use(signs.ALL)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (TMUX, STANDARD),
        (XTERM, Habits(joined=False)),
        (XTERM_WIDE, Habits(joined=False, ambiguous=2)),
        (CLUSTERED, Habits(marks=0, most=1, selector=True, skin=0)),
    ],
)
def test_what_terminals_answer(columns: list[int], expected: Habits) -> None:
    assert probes.measured(columns) == expected
    width.use(expected)
    for text, column in zip(probes.TEXTS, columns, strict=True):
        if "\u200d" not in text or expected.joined:  # xterm for East Asia gives the joiner a cell: anchored
            assert width.cells(text) == column - 1 or column == 6


@pytest.mark.parametrize("columns", [[], TMUX[:-1], [1] * 7, [80, *TMUX[1:]], [*TMUX[:-1], 9]])
def test_what_cannot_be_true_is_not_believed(columns: list[int]) -> None:
    assert probes.measured(columns) is None


@given(HABITS)
def test_habits_survive_being_words(habits: Habits) -> None:
    assert parse(words(habits)) == habits
    assert probes.remembered(probes.to_remember("XTerm(379)", habits)) == ("XTerm(379)", habits)


@pytest.fixture(params=[STANDARD, Habits(joined=False, ambiguous=2), Habits(marks=0, most=1, selector=True, skin=0), Habits(most=2, flag=2)],
                ids=words)  # fmt: skip
def counted(request: pytest.FixtureRequest) -> Habits:
    width.use(request.param)
    return request.param


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from("aক্ষিाथ👩\u200d💻👍🏽❤\ufe0f🇮🇳α—│漢한e\u0301"), max_size=12))
def test_cells_are_counted_alike_everywhere(counted: Habits, text: str) -> None:
    text = text.rstrip("\u200d")
    assert width.cells(text) == sum(size for _, _, size in width._split_graphemes(text)[0])
    for room in (1, 3, 7):
        assert width.cells(width.fit(text, room)) == room
    for character in text:
        if character not in "\u200d\ufe0f":
            assert width.cells(character) == get_character_cell_size(character)


def test_the_question_leaves_nothing_on_the_screen() -> None:
    screen = pyte.Screen(40, 5)
    pyte.Stream(screen).feed("\x1b[1;1Hfirst" + probes.ASK)
    assert [line.rstrip() for line in screen.display] == ["first", "", "", "", ""]
    assert probes.ASK.count("\x1b[6n") == len(probes.TEXTS)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (XTERM_HERE, "xterm-256color XTERM_VERSION=XTerm(379)"),
        ({"TERM": "xterm-kitty", "TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "2024"}, "xterm-kitty WezTerm 2024"),
        ({"TERM": "tmux", "TMUX": "/x,1,0", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.3a", "VTE_VERSION": "7"}, "tmux tmux 3.3a"),
        ({"TERM": "tmux", "TMUX": "/x,1,0", "TERM_PROGRAM": "textual"}, "textual"),
        ({"TERM": "screen", "STY": "1.x", "TERM_PROGRAM": "iTerm.app", "XTERM_VERSION": "x"}, "screen"),
    ],
)
def test_a_terminal_in_a_multiplexer_is_not_the_one_around_it(environment: dict[str, str], expected: str) -> None:
    assert probes.terminal(environment) == expected


def test_an_answer_is_kept_for_the_terminal_that_gave_it() -> None:
    desk = FakeDesk()
    first = Measuring(desk, XTERM_HERE)
    assert first.asks
    assert first.named("XTerm(379)") is None
    assert first.asks
    assert first.told(Habits(joined=False))
    assert not first.asks

    again = Measuring(desk, XTERM_HERE)
    assert (again.asks, width.habits()) == (False, Habits(joined=False))
    assert again.named("XTerm(379)") is None
    assert not again.asks
    # The same name in the environment, and another terminal behind it: over ssh there is nothing else to go by.
    assert again.named("kitty(0.40)") is None
    assert again.asks
    assert again.told(Habits(marks=0))
    back = Measuring(desk, XTERM_HERE)
    assert width.habits() == Habits(marks=0)
    assert back.named("XTerm(379)") == Habits(joined=False)
    assert not back.asks


def test_the_settings_can_say_it_and_then_nothing_is_asked() -> None:
    desk = FakeDesk()
    for wanted, expected in (("standard", STANDARD), ("marks=0 most=2", Habits(marks=0, most=2))):
        desk.workspace = replace(desk.workspace, widths=wanted)
        forced = Measuring(desk, {})
        assert (forced.asks, width.habits()) == (False, expected)
        assert forced.named("kitty(0.40)") is None
        assert not forced.told(Habits(joined=False))
        assert width.habits() == expected
    assert desk.remembered == {}


def test_a_setting_that_says_something_else_is_named_with_its_remedy(tmp_path: Path) -> None:
    file = tmp_path / "workspace.toml"
    for wrong, told in (("marks=7", "marks is 0 or 1, not '7'"), ("wide", "'wide' is nothing that terminals differ in")):
        file.write_text(f'widths = "{wrong}"\n[agent]\nname = "Asha"\nemail = "asha@shop.example"\n')
        with pytest.raises(WorkspaceError) as caught:
            workspaces.load(tmp_path)
        assert told in str(caught.value)
        assert "workspace.toml:1" in str(caught.value)
    file.write_text('widths = "marks=0"\n[agent]\nname = "Asha"\nemail = "asha@shop.example"\n')
    assert workspaces.load(tmp_path).widths == words(Habits(marks=0))


def test_where_lines_are_two_cells_wide_they_are_painted_in_ascii() -> None:
    desk = FakeDesk()
    measuring = Measuring(desk, XTERM_HERE)
    measuring.told(Habits(ambiguous=2))
    assert signs.painted("│ α") == "| α"
    assert width.cells("│ α —") == 1 + 1 + 2 + 1 + 2
    assert not width.is_certain("α")
    assert width.is_certain("請求")


async def test_the_workstation_lays_out_anew_when_the_terminal_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XTERM_VERSION", "TERM_PROGRAM", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    desk = FakeDesk()
    app = Workstation(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        before = [strip.text for strip in app.screen._compositor.render_strips()]
        app.post_message(NameTold("kitty(0.40)"))
        app.post_message(WidthsTold(Habits(marks=0, skin=0)))
        await pilot.pause()
        assert width.habits() == Habits(marks=0, skin=0)
        after = app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in after} == {140}
        assert {sum(width.cells(part.text) for part in strip) for strip in after} == {140}
        assert [strip.text for strip in after] != before
    assert Measuring(desk, {"TERM": "other"}).named("kitty(0.40)") == Habits(marks=0, skin=0)
