"""What the policy pane, the library and a policy look like at the sizes people have."""

from pathlib import Path

import pytest

import agent_tui
from agent_tui.domain.decisions import Decision
from agent_tui.knowledge.policies import PolicyLibrary
from agent_tui.knowledge.similar import Similar
from agent_tui.screens.inbox import InboxScreen
from tests.fake_desk import DAY, NOW, make_message
from tests.snapshots.test_inbox_looks import LARGE, SMALL, app

POLICIES = Path(agent_tui.__file__).parent / "sources/demo/content/policies"
BENGALI = """---
id: returns
language: bn
---
## কখন টাকা আসে {#when-the-money-comes}

কার্ডে বা যে হিসাব থেকে টাকা দেওয়া হয়েছিল সেখানে পাঁচ কর্মদিবসের মধ্যে টাকা ফেরত যায়।
"""


def after(*keys):
    async def press(pilot):
        await pilot.pause()
        for key in keys:  # one at a time: what a key asks for is answered before the next
            await pilot.press(key)
            await pilot.pause()
            await pilot.pause()
        for screen in pilot.app.screen_stack:
            if isinstance(screen, InboxScreen):  # what follows by itself once the keys rest, without waiting for it
                screen._show_case()
                screen.ask_policies()
        await pilot.pause()

    return press


@pytest.fixture
def folder(tmp_path):
    for one in POLICIES.glob("*.md"):
        (tmp_path / one.name).write_text(one.read_text())
    (tmp_path / "returns.bn.md").write_text(BENGALI)
    return tmp_path


def with_policies(folder, look=""):
    workstation = app(look)
    workstation.desk.library = PolicyLibrary(folder, ("en",))
    return workstation


@pytest.mark.parametrize("look", ["evening", "paper", "plain"])
def test_pane_beside_the_inbox(snap_compare, folder, look):
    assert snap_compare(with_policies(folder, look), terminal_size=LARGE, run_before=after("j", "enter", "tab"))


def test_pane_alone(snap_compare, folder):
    assert snap_compare(with_policies(folder), terminal_size=SMALL, run_before=after("j", "P"))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
def test_library(snap_compare, folder, size):
    assert snap_compare(with_policies(folder), terminal_size=size, run_before=after("g", "p", "j"))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
def test_library_searched(snap_compare, folder, size):
    assert snap_compare(with_policies(folder), terminal_size=size, run_before=after("g", "p", "/", "m", "o", "n", "e", "y"))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
def test_policy(snap_compare, folder, size):
    assert snap_compare(with_policies(folder), terminal_size=size, run_before=after("g", "p", "/", "m", "o", "n", "e", "y", "enter", "enter"))


def ruled(outcome, amount, days, ago, channel, **more):
    return Decision(clause="returns#when-the-money-comes", outcome=outcome, amount=amount, channel=channel, case=ago, agent="Asha",
                    facts={"days since purchase": str(days)}, decided_at=NOW - ago * DAY, **more)  # fmt: skip


RULED = [ruled("granted", "40", 6, 30, "email"), ruled("granted", "12.50", 9, 21, "chat"), ruled("granted", "79", 2, 14, "social"),
         ruled("refused", "60", 75, 9, "community"), ruled("refused", "33", 64, 5, "chat"),
         ruled("exception", "48", 40, 3, "email", reason="our courier's mistake", once=True), ruled("granted", "55", 11, 1, "email")]  # fmt: skip


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
@pytest.mark.parametrize("look", ["evening", "paper"])
def test_how_a_clause_was_ruled(snap_compare, folder, look, size):
    workstation = with_policies(folder, look)
    workstation.desk.decided = RULED
    settle = after("j", "P") if size is SMALL else after("j", "enter", "tab")

    async def second_clause(pilot):
        await settle(pilot)  # the clauses are there before the cursor moves among them
        await pilot.press("j")
        await pilot.pause()

    assert snap_compare(workstation, terminal_size=size, run_before=second_clause)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
def test_a_clause_with_its_decisions(snap_compare, folder, size):
    workstation = with_policies(folder)
    workstation.desk.decided = RULED
    keys = ("g", "p", "/", "m", "o", "n", "e", "y", "enter", "enter")
    assert snap_compare(workstation, terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x40"])
def test_similar_cases(snap_compare, size):
    workstation = app()
    cases = sorted(workstation.desk.cases.values(), key=lambda one: one.id)[1:5]
    told = [("আমার টাকা এখনও আসেনি", "টাকা সোমবার পাঠানো হয়েছে।"), ("ਮੇਰੇ ਪੈਸੇ ਨਹੀਂ ਆਏ", "ਪੈਸੇ ਸੋਮਵਾਰ ਨੂੰ ਭੇਜੇ ਗਏ।"), ("ನನ್ನ ಹಣ ಬಂದಿಲ್ಲ", ""),
            ("My refund has not arrived after nine days.", "The bank had returned it; we have sent it again on Monday.")]  # fmt: skip
    found = tuple(
        Similar(case, 4.0 - place, said, make_message(case, 1, text=answer, fresh_text=answer) if answer else None, place == 0)
        for place, (case, (said, answer)) in enumerate(zip(cases, told, strict=True))
    )
    workstation.desk.similar = lambda case_id, take: take(found, "")
    assert snap_compare(workstation, terminal_size=size, run_before=after("ampersand"))
