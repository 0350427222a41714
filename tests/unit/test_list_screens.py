"""Search, outbox, help and palette by keys, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from textual import events

from agent_tui.app import Workstation
from agent_tui.desk import Desk
from agent_tui.domain.operations import OperationState
from agent_tui.screens.help import HelpScreen, PaletteScreen
from agent_tui.screens.inbox import InboxScreen
from agent_tui.screens.outbox import OutboxScreen
from agent_tui.screens.search import SearchScreen
from agent_tui.store import apply as applying
from agent_tui.store import delivery, indexing, sources
from agent_tui.widgets import width
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

width.install()


@asynccontextmanager
async def seat(path: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Workstation, object]]:
    desk = Desk(workspace(path), now=Clock(), offline=True)
    applying.apply(
        desk.store,
        "mail",
        batch(
            mail("a@x", subject="Parcel", text="My parcel is late, and the refund too.", at=NOW - 3 * HOUR),
            mail("b@x", subject="পার্সেল", text="আমার পার্সেল এখনও আসেনি", who="sumona@customer.example", at=NOW - 2 * HOUR),
            mail("c@x", answers=["a@x"], subject="Re: Parcel", text="Where is my REFUND?", at=NOW - HOUR),
        ),
    )
    while indexing.index(desk.store):
        pass
    app = Workstation(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot
    desk.close()


async def press(pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_search_finds_as_one_types_and_opens_the_case_at_the_message(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash", *"refu")
        assert isinstance(app.screen, SearchScreen)
        assert [h.message.key for h in app.screen.list.items] == ["c@x", "a@x"], "newest first"
        assert app.screen.list.items[0].spans, "what was found is marked"
        await press(pilot, "down", "enter")
        assert isinstance(app.screen, InboxScreen)
        assert app.screen.reading
        assert app.screen.reader.message.key == "a@x"


async def test_verbs_act_on_the_cases_of_what_was_found(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash", *"refu", "escape")
        found = app.screen
        assert [h.message.key for h in found.list.items] == ["c@x", "a@x"]
        case = found.list.item.case.id
        await press(pilot, "t", *"money", "enter")
        assert app.desk.case(case).tags == ("money",)
        assert {h.case.tags for h in found.list.items} == {("money",)}, "every message of the case shows it"
        await press(pilot, "e")
        assert app.desk.case(case).state == "closed"
        assert [str(h.case.state) for h in found.list.items] == ["closed", "closed"], "what was found stays"
        await press(pilot, "z")
        assert app.desk.case(case).state != "closed"
        await press(pilot, "A", "exclamation_mark")
        assert app.desk.case(case).state == "spam"
        assert isinstance(app.screen, SearchScreen)


async def test_a_selection_of_what_was_found_is_of_cases(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash")
        app.screen.post_message(events.Paste("refund OR পার্সেল"))
        await press(pilot, "escape")
        found = app.screen
        cases = {h.case.id for h in found.list.items}
        assert len(cases) == 2
        await press(pilot, "X")
        assert set(found.targets()) == cases
        await press(pilot, "escape")
        assert isinstance(app.screen, SearchScreen), "leaving drops the selection first"
        assert len(found.targets()) == 1
        await press(pilot, "x", "x", "x", "e")
        assert not found.selected
        await press(pilot, "escape")
        assert isinstance(app.screen, InboxScreen)


async def test_done_goes_on_to_the_next_case_of_what_was_found(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash")
        app.screen.post_message(events.Paste("refund OR পার্সেল"))
        await press(pilot, "escape")
        found = app.screen
        order = [h.case.id for h in found.list.items]
        await press(pilot, "e")
        assert found.list.item.case.id == next(one for one in order if one != order[0])


async def test_arrows_while_a_verb_asks_do_not_move_what_was_found(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash", *"refu", "escape", "t", "down")
        assert app.screen.list.cursor == 0


async def test_search_works_in_bengali(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash")
        app.screen.post_message(events.Paste("পার্সেল"))
        await pilot.pause()
        assert [h.message.key for h in app.screen.list.items] == ["b@x"]


async def test_a_wrong_query_says_what_and_where_and_keeps_what_was_typed(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "slash", *"state", "colon", *"opn")
        prompt = app.screen.status.prompt
        assert "open" in prompt.error
        assert prompt.text == "state:opn"


async def test_help_shows_the_keys_of_the_place_and_does_what_is_chosen(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        commands = [one for one in app.screen.list.items if not isinstance(one, str)]
        assert {"done", "search", "undo"} <= {one.id for one in commands}
        while app.screen.list.item.id != "search":
            app.screen.list.move(1)
        await press(pilot, "enter")
        assert isinstance(app.screen, SearchScreen)


async def test_help_and_palette_leave_out_what_the_case_s_service_cannot_do(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "?")
        offered = {one.id for one in app.screen.list.items if not isinstance(one, str)}
        assert {"reply", "done", "forward"} <= offered
        assert not {"accept", "move", "right"} & offered, "nothing waits for a decision, and this is no public question"
        await press(pilot, "escape")
        sources.note_state(app.desk.store, "mail", operations=frozenset({"state", "read"}))
        await press(pilot, "?")
        shown = {one.id: one for one in app.screen.list.items if not isinstance(one, str)}
        assert "reply" not in shown
        assert "done" in shown
        assert "computer" not in shown["done"].help
        assert shown["tag"].help.endswith("Stays on this computer: mail has nothing like it.")
        await press(pilot, "escape", "ctrl+p", *"reply")
        assert not {"reply", "reply.choose"} & {one.id for one in app.screen.list.items}


async def test_help_puts_the_number_of_a_view_with_the_view(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "?")
        lines = ["".join(text for text, _ in app.screen._paint(item, 90)[0][0]) for item in app.screen.list.items if item]
        assert any("g m  2" in line and "Mine" in line for line in lines)
        assert any(line.split()[:2] == ["9", "Spam"] for line in lines), "a view without a sequence has its number alone"
        assert not any("View " in line for line in lines)


async def test_help_says_in_full_what_its_line_has_no_room_for(tmp_path: Path) -> None:
    async with seat(tmp_path, (60, 24)) as (app, pilot):
        await press(pilot, "?", "down", "down", "down", "up", "up", "up")
        assert app.screen.status.words[0] == "The next case, or a line further down while reading."


async def test_ctrl_q_quits_from_a_question_and_from_the_composer_and_keeps_the_text(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "t", *"refu", "ctrl+q")
        assert app.return_code == 0
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "r", *"Hello", "ctrl+q")
        assert app.return_code == 0
        assert [draft.text for draft in app.desk.drafts()] == ["Hello"]
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "r", *"!", "ctrl+s")
        assert app.screen.gate.is_open
        await press(pilot, "ctrl+q")
        assert app.return_code == 0
        assert [draft.text for draft in app.desk.drafts()] == ["Hello!"]
        assert not app.desk.outbox(), "nothing left by quitting"


async def test_ctrl_q_stays_where_the_text_cannot_be_stored(tmp_path: Path, monkeypatch) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "r", *"Hello")

        def full(_draft):
            raise OSError("no space left")

        monkeypatch.setattr(app.desk, "save_draft", full)
        await press(pilot, "!", "ctrl+q")  # a letter that is not stored yet, however long the others took
        assert app.return_code is None
        assert "NOT SAVED" in app.screen.status.words[0]
        monkeypatch.undo()


async def test_help_opens_over_the_composer_by_a_key_that_prints_nothing(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "r", "?", "f1")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, "escape")
        assert app.screen.composer.text == "?"


async def test_the_palette_finds_a_command_by_letters_and_does_it(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "ctrl+p", *"done")
        assert isinstance(app.screen, PaletteScreen)
        assert app.screen.list.item.id == "done"
        before = app.screen_stack[-2].list.cursor_id
        await press(pilot, "enter")
        assert app.desk.case(before).state == "closed"


async def test_esc_leaves_the_palette_and_nothing_happened(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "ctrl+p", "escape")
        assert isinstance(app.screen, InboxScreen)
        assert app.desk.outbox() == ()


async def test_the_outbox_says_what_is_wrong_and_settles_a_doubt(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        desk = app.desk
        case = desk.find_case(_code(desk, "Parcel"))
        entry = desk.send(desk.save_draft(replace(desk.draft(case), text="It is on its way, Rina.")), hold=False)
        delivery.unknown(desk.store, delivery.begin(desk.store, entry), "the connection broke after the last line")
        await press(pilot, "g", "o")
        assert isinstance(app.screen, OutboxScreen)
        shown = "\n".join("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())
        assert "the connection broke after the last line" in shown
        await press(pilot, "r")
        assert "say first whether it did" in app.screen.status.words[0]
        await press(pilot, "n")
        assert desk.entry(entry.id).state is OperationState.CANCELLED
        assert [d.text for d in desk.drafts()] == ["It is on its way, Rina."]


async def test_the_outbox_offers_what_can_be_done_and_keeps_its_place_when_one_leaves(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        desk = app.desk
        await press(pilot, "g", "o")
        assert [key for key, _ in app.screen.status.hints] == ["u", "?"], "nothing there to act on"
        await press(pilot, "u")
        for one in desk.listing():
            desk.tag([one.id], add=("late",))
        await press(pilot, "g", "o", "j")
        first, second = desk.outbox()
        offered = dict(app.screen.status.hints)
        assert {"r", "x"} <= offered.keys()
        assert offered.keys().isdisjoint({"y", "n"}), "nobody doubts what has not left"
        delivery.acknowledge(desk.store, delivery.begin(desk.store, first))
        app.screen.changed(frozenset())
        assert [one.id for one in app.screen.list.items] == [second.id]
        delivery.unknown(desk.store, delivery.begin(desk.store, second), "no answer")
        app.screen.changed(frozenset())
        assert {"y", "n"} <= dict(app.screen.status.hints).keys()


async def test_what_was_refused_and_is_no_text_is_not_called_a_draft(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        desk = app.desk
        desk.tag([desk.find_case(_code(desk, "Parcel"))], add=("late",))
        (entry,) = desk.outbox()
        delivery.fail(desk.store, delivery.begin(desk.store, entry), "no such tag")
        await press(pilot, "g", "o")
        shown = "\n".join("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())
        assert "no such tag; what it would have changed is as it was" in shown
        assert "draft of the case" not in shown


async def test_the_outbox_takes_back_what_has_not_left(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        await press(pilot, "e", "g", "o", "x")
        assert app.desk.outbox() == ()
        assert len(app.desk.window("inbox")) == 2


async def test_drafts_are_a_view(tmp_path: Path) -> None:
    async with seat(tmp_path) as (app, pilot):
        desk = app.desk
        desk.save_draft(replace(desk.draft(desk.find_case(_code(desk, "Parcel"))), text="Dear Rina"))
        await press(pilot, "g", "d")
        assert [app.screen.list.case().subject] == ["Parcel"]
        assert desk.counts()["drafts"] == 1


def _code(desk: Desk, subject: str) -> str:
    from agent_tui.domain.identifiers import case_code

    return next(case_code(c.id) for c in desk.listing() if c.subject == subject)
