"""What beginning, learning and looking before acting look like: set-up, help, palette, drill, saved views, all of a view, previews."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.desk.previewing import Preview
from agent_tui.domain.actions import read
from agent_tui.domain.drill import TASKS, Drill
from agent_tui.domain.drill import verdict as verdict_of
from agent_tui.domain.operations import Tag
from agent_tui.domain.views import VIEWS, SavedView, View
from agent_tui.first_run import WELCOME, FirstRun
from agent_tui.screens.bulk import BulkScreen
from agent_tui.screens.drill import DrillScreen, Exercise
from agent_tui.screens.preview import PreviewScreen
from agent_tui.screens.setup import SetupScreen
from agent_tui.screens.views import ViewVerbs
from agent_tui.widgets import theme
from tests.fake_desk import NOW
from tests.snapshots.test_inbox_looks import LARGE, SMALL, after, app

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
LOOKS = pytest.mark.parametrize("look", ["evening", "paper"])
SAVED = (
    SavedView(name="Refunds over a week", query="tag:refund older:7d", key="g r", section="Money"),
    SavedView(name="ফেরত টাকা", query="tag:refund", section="Money"),
    SavedView(name="Late in public", query="is:public is:overdue", columns=("customer", "subject", "left"), section="Community"),
)
SPOKEN = (
    {"type": "say", "text": "Three questions about you, then the places where customers write."},
    {"type": "ask", "text": "Your name, as customers see it"},
    {"type": "ask", "text": "Languages that you answer in", "default": "en"},
    {"type": "ask", "text": "An e-mail address, or the address of a chat or forum (Enter: that is all)"},
    {"type": "say", "text": "  asking autoconfig.tamarind.example …"},
    {"type": "say", "text": "\n  support@tamarind.example: https://autoconfig.tamarind.example/mail/config-v1.1.xml"},
    {"type": "say", "text": "    reads  imaps://imap.tamarind.example\n    sends  smtp://smtp.tamarind.example"},
    {"type": "ask", "text": "Is that right (y/n)", "default": "y"},
    {"type": "say", "text": "  connecting to support …"},
    {"type": "say", "text": "  that did not work: imap.tamarind.example refused the password of support@tamarind.example"},
    {"type": "secret", "text": "The password of support (not shown)"},
)
ANSWERS = ("Asha Rao", "en, bn, pa, kn", "support@tamarind.example", "y")


def pressing(*keys):
    async def press(pilot):
        await after(*keys)(pilot)
        await pilot.pause()

    return press


def first_run(look: str) -> FirstRun:
    made = FirstRun(Path("/nowhere/agent-tui"))
    chosen = theme.LOOKS[look]
    made.look, made.theme = chosen, chosen.name
    return made


@SIZES
@LOOKS
def test_a_start_without_a_workspace(snap_compare, look, size):
    assert snap_compare(first_run(look), terminal_size=size)


@SIZES
@LOOKS
def test_set_up(snap_compare, monkeypatch, look, size):
    monkeypatch.setattr(SetupScreen, "_converse", lambda _self: None)  # the child's words come from here
    made = first_run(look)

    async def talk(pilot):
        screen = SetupScreen(Path("/nowhere/agent-tui"), made.look, WELCOME)
        made.push_screen(screen)
        await pilot.pause()
        answers = iter(ANSWERS)
        for told in SPOKEN:
            screen._hear(told)
            if told["type"] == "ask":
                await pilot.press(*next(answers), "enter")
        await pilot.press(*"s3cret")
        await pilot.pause()

    assert snap_compare(made, terminal_size=size, run_before=talk)


@SIZES
def test_help(snap_compare, size):
    assert snap_compare(app("paper"), terminal_size=size, run_before=pressing("?", "down", "down"))


@SIZES
def test_palette(snap_compare, size):
    assert snap_compare(app(), terminal_size=size, run_before=pressing("ctrl+p", *"re"))


def drill(done: int) -> Drill:
    """A drill in which so many tasks took ever longer."""
    made = Drill(TASKS, NOW)
    for number in range(done):
        task = replace(TASKS[number], done=lambda _case, _me: True)
        made = replace(made, tasks=(*made.tasks[:number], task, *made.tasks[number + 1 :]), keys=number + 1)
        made = made.look(workstation_case(), "asha", made.began + 1_700 * (number + 1))
    return made


def workstation_case():
    return next(iter(app().desk.cases.values()))


class Course(Exercise):
    """A drill over nothing: only what is shown of it counts."""

    def __init__(self, desk, made: Drill, result: str = "") -> None:
        self._desk, self.drill, self.result = desk, made, result
        self.pressed_at = desk.now()

    def look(self) -> bool:
        return False


@SIZES
@LOOKS
def test_a_task_of_the_drill(snap_compare, look, size):
    workstation = app(look)
    workstation.bench.exercise = Course(workstation.desk, replace(drill(3), began=NOW - 20_000))

    assert snap_compare(workstation, terminal_size=size, run_before=pressing("j"))


@SIZES
@LOOKS
def test_the_end_of_the_drill(snap_compare, look, size):
    workstation = app(look)

    async def end(pilot):
        await pilot.pause()
        made = drill(len(TASKS))
        workstation.push_screen(DrillScreen(workstation.bench, Course(workstation.desk, made, verdict_of(made, 70_000))))
        await pilot.pause()

    assert snap_compare(workstation, terminal_size=size, run_before=end)


@SIZES
@LOOKS
def test_saved_views(snap_compare, monkeypatch, look, size):
    monkeypatch.setattr(ViewVerbs, "count_saved_soon", lambda _self: None)  # counted below, not when there is time for it
    workstation = app(look)
    desk = workstation.desk
    desk.workspace = replace(desk.workspace, views=SAVED)
    desk.views = lambda: (VIEWS[0], *(View(one.id, one.name, one.key) for one in SAVED), *VIEWS[1:])

    async def count(pilot):
        await pilot.pause()
        for number, one in enumerate(SAVED):  # as counting does in its own time
            pilot.app.screen._show_count(one.id, 7 + number * 1200, more=number == 2)
        await pilot.press("j")
        await pilot.pause(0.3)
        await pilot.pause()

    assert snap_compare(workstation, terminal_size=size, run_before=count)


@SIZES
@LOOKS
def test_all_of_a_view_before_it_is_run(snap_compare, look, size):
    workstation = app(look)
    desk = workstation.desk
    desk.would_change = lambda ids, _actions: tuple(
        (desk.cases[one], () if number % 5 == 4 else (Tag(add=("refund",)),)) for number, one in enumerate(ids)
    )

    async def look_at_it(pilot):
        await pilot.pause()
        workstation.push_screen(BulkScreen(workstation.bench, list(desk.cases)[:18], [read("tag +refund")]))
        await pilot.pause()
        await pilot.press("j", "x")
        await pilot.pause()

    assert snap_compare(workstation, terminal_size=size, run_before=look_at_it)


@SIZES
@LOOKS
def test_a_preview(snap_compare, look, size):
    workstation = app(look)
    heading = (
        ("From", "Asha Rao <support@tamarind.example>"), ("To", "সুমনা সেনগুপ্ত <sumona@customer.example>"),
        ("Subject", "Re: ಹಣ ವಾಪಸ್ ಬಂದಿಲ್ಲ · ਮੇਰਾ ਪਾਰਸਲ"), ("Files", "label 48213.pdf"),
    )  # fmt: skip
    text = (
        "নমস্কার সুমনা,\n\nআপনার টাকা পাঁচ কর্মদিবসের মধ্যে ফেরত যাবে।\n\nਤੁਹਾਡਾ ਪਾਰਸਲ ਕੱਲ੍ਹ ਪਹੁੰਚੇਗਾ।\nನಿಮ್ಮ ಹಣ ಐದು ದಿನಗಳಲ್ಲಿ ವಾಪಸ್ ಬರುತ್ತದೆ.\n\n"
        "The label is attached. Put it on the box that the Tree came in, over the old one, and hand it to any post office within "
        "fourteen days.\n\nAsha Rao"
    )

    async def look_at_it(pilot):
        await pilot.pause()
        workstation.push_screen(PreviewScreen(workstation.bench, Preview(heading, text), "Preview", "as it is read by e-mail"))
        await pilot.pause()

    assert snap_compare(workstation, terminal_size=size, run_before=look_at_it)
