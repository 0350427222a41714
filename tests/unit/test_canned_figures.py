"""How the library does: used, edited, sent as it is, come back; and own words that become a canned reply."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_tui.app import Workstation
from agent_tui.desk import Desk
from agent_tui.desk.canned_figures import Figures
from agent_tui.domain.errors import UsageError
from agent_tui.domain.operations import Reply, dump, load
from agent_tui.store import apply as applying
from agent_tui.widgets import width
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

width.install()
LATE = 'Hello {{ customer.first_name }},\n\norder {{ ask("order number") }} is late, the courier looks for it today.\n'
OWN = "Please hold the button of box {} for ten seconds until the light blinks blue."


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    made = Desk(workspace(tmp_path / "w"), now=clock, offline=True)
    made.workspace.canned.mkdir()
    (made.workspace.canned / "late.md").write_text(f"---\nname: late\nlanguage: en\n---\n{LATE}")
    letters = [mail(f"{n}@x", subject=f"case {n}", who=f"rina{n}@customer.example", at=NOW - HOUR) for n in range(4)]
    applying.apply(made.store, "mail", batch(*letters))
    return made


def case_of(desk: Desk, number: int) -> int:
    window = desk.window("all")
    return next(row.id for row in map(window.row, range(len(window))) if row.subject == f"case {number}")


def send(desk: Desk, number: int, text: str, *canned: str) -> Reply:
    draft = desk.draft(case_of(desk, number), "reply")
    entry = desk.send(replace(draft, text=text, canned=canned), overrides=("repeat", "wrong-name", "language"))
    assert isinstance(entry.operation, Reply)
    return entry.operation


def as_it_is(number: int) -> str:
    return f"Hello Rina{number},\n\norder TW-{number} is late, the courier looks for it today."


def test_a_reply_keeps_what_of_it_was_the_librarys(desk: Desk) -> None:
    plain = send(desk, 0, as_it_is(0), "late")
    assert (plain.unedited, plain.own, plain.kept) == (True, 2, (("late", 11, 11),))
    edited = send(desk, 1, as_it_is(1).replace("today", "now; I am sorry that you waited at home"), "late")
    assert not edited.unedited
    assert edited.own > 8
    assert send(desk, 2, "All of it is mine.").words == 0, "nothing canned, nothing to count"
    assert load("reply", dump(edited)) == edited


def test_the_gate_says_how_much_is_own(desk: Desk) -> None:
    draft = desk.draft(case_of(desk, 0), "reply")
    assert desk.gate(replace(draft, text=as_it_is(0), canned=("late",))).own_words == 15
    assert desk.gate(replace(draft, text="All of it is mine.")).own_words is None


def test_every_entry_tells_how_often_it_was_used_edited_and_came_back(desk: Desk, clock: Clock) -> None:
    send(desk, 0, as_it_is(0), "late")
    send(desk, 1, as_it_is(1).replace("late,", "very late indeed, alas,"), "late")
    send(desk, 2, "All of it is mine.")
    clock.tick(2 * HOUR)
    again = mail("again@x", answers=["0@x"], subject="Re: case 0", who="rina0@customer.example", at=NOW + HOUR)
    applying.apply(desk.store, "mail", batch(again))
    replies = desk.canned_replies()
    assert [(one.canned, back) for one, back in replies] == [(("late",), True), (("late",), False)]
    assert desk.canned_figures(replies) == {"late": Figures(used=2, edited=1, unedited=1, reopened=1, own=30)}


def test_own_words_that_went_out_three_times_are_offered_and_become_a_canned_reply(desk: Desk) -> None:
    for number in range(2):
        send(desk, number, f"Hello Rina{number},\n\n{OWN.format(number + 40)}\n\nAsha")
    assert desk.canned_offers() == ()
    send(desk, 2, f"Hello Rina2,\n\n{OWN.format(7)}\n\nAsha")
    (offer,) = desk.canned_offers()
    assert len(offer.numbers) == 3
    path = desk.keep_canned(offer, "blue light")
    assert path == desk.workspace.canned / "blue-light.md"
    assert desk.canned.check() == ()
    assert desk.canned.variants("blue light")[0].questions == ("box number",)
    assert desk.canned_offers() == (), "it is canned now"
    with pytest.raises(UsageError, match="already"):
        desk.keep_canned(offer, "blue light")


async def test_the_third_time_is_told_and_keep_writes_it(desk: Desk) -> None:
    for number in range(2):
        send(desk, number, f"Hello Rina{number},\n\n{OWN.format(number + 40)}\n\nAsha")
    app = Workstation(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        app.screen.list.go(app.screen.list.find(case_of(desk, 3)))
        await pilot.press("r")
        await pilot.pause()
        app.screen.composer.insert(f"{OWN.format(9)}")
        await pilot.press("ctrl+s", "y")
        for _ in range(500):
            await pilot.pause(0.02)
            if "3 times" in app.screen.status.words[0]:
                break
        assert "you wrote that 3 times: :keep makes it a canned reply" in app.screen.status.words[0]
        await pilot.press("colon", *"keep light", "enter")
        assert (desk.workspace.canned / "light.md").exists()
    desk.close()
