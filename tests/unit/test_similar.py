"""Earlier cases with the same problem: found by what is told in them, with what solved them, one key from the reply."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager

import pytest

from agent_tui.app import Workstation
from agent_tui.desk import Desk
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import Marks
from agent_tui.knowledge import similar
from agent_tui.screens.compose import ComposeScreen
from agent_tui.screens.inbox import InboxScreen
from agent_tui.screens.similar import SimilarScreen
from agent_tui.store import apply as applying
from agent_tui.store import indexing
from agent_tui.widgets import width
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

width.install()

RESET = "The router blinks orange and drops the connection every evening"
MAILS = (
    mail("a1", subject="Router", text="My router keeps blinking orange, and each evening it dropped the connection.",
         who="li@customer.example", at=NOW - 90 * HOUR),
    mail("a2", answers=["a1"], subject="Re: Router", text="Hello Li,\nhold reset for ten seconds.\nIt then loads the new firmware.", ours=True,
         who="li@customer.example", at=NOW - 89 * HOUR),
    mail("a3", answers=["a1", "a2"], subject="Re: Router", text="Better, thanks.", who="li@customer.example", at=NOW - 88 * HOUR),
    mail("b1", subject="Invoice", text="The invoice of March has the wrong address. Every evening I wait for it.",
         who="bo@customer.example", at=NOW - 50 * HOUR),
    mail("c1", subject="Rücksendung", text="Wann kommt mein Geld für die Rücksendung?", who="uwe@customer.example", at=NOW - 40 * HOUR),
    mail("d1", subject="পার্সেল", text="আমার পার্সেল এখনও আসেনি, কুরিয়ার কিছু জানায়নি", who="sumona@customer.example", at=NOW - 30 * HOUR),
    mail("d2", subject="কুরিয়ার", text="কুরিয়ার আমার পার্সেল নিয়ে কিছু বলছে না", who="arif@customer.example", at=NOW - 3 * HOUR),
    mail("e1", subject="Internet", text=RESET, who="zoe@customer.example", at=NOW - 2 * HOUR),
)  # fmt: skip


def desk_of(path, *mails):
    desk = Desk(workspace(path / "w"), now=Clock(), offline=True)
    applying.apply(desk.store, "mail", batch(*mails))
    while indexing.index(desk.store):
        pass
    return desk


@pytest.fixture
def desk(tmp_path):
    made = desk_of(tmp_path, *MAILS)
    yield made
    made.close()


def case_of(desk, key):
    (number,) = desk.store.cache.execute("SELECT case_id FROM messages WHERE key = ?", (key,)).fetchone()
    return number


def keys(desk, found):
    return [desk.thread(one.case.id).messages[0].key for one in found]


def test_the_same_problem_in_other_forms_of_its_words_comes_first(desk):
    found = similar.find(desk.store, case_of(desk, "e1"))
    assert keys(desk, found)[0] == "a1"
    assert found[0].answer.key == "a2"
    assert found[0].said.startswith("My router keeps blinking")
    assert "b1" not in keys(desk, found)[:1]


def test_it_finds_in_any_script(desk):
    assert keys(desk, similar.find(desk.store, case_of(desk, "d2")))[0] == "d1"


def test_a_case_is_never_like_itself_and_spam_is_left_out(desk):
    own = case_of(desk, "e1")
    assert own not in [one.case.id for one in similar.find(desk.store, own)]
    desk.store.cache.execute("UPDATE cases SET bucket = 4 WHERE id = ?", (case_of(desk, "a1"),))
    assert "a1" not in keys(desk, similar.find(desk.store, own))


def test_an_accepted_answer_goes_before_what_came_after_it(tmp_path):
    mails = (
        mail("q1", subject="Disk", text="The disk is full of thumbnails", who="li@customer.example", at=NOW - 9 * HOUR),
        mail("q2", answers=["q1"], text="Delete the thumbnails folder.", who="kim@peer.example", at=NOW - 8 * HOUR, marks=[Marks.SOLUTION]),
        mail("q3", answers=["q1"], text="Glad that it works.", ours=True, who="li@customer.example", at=NOW - 7 * HOUR),
        mail("n1", subject="Full", text="thumbnails fill the disk", who="zoe@customer.example", at=NOW - HOUR),
    )
    desk = desk_of(tmp_path, *mails)
    (found,) = similar.find(desk.store, case_of(desk, "n1"))
    assert (found.answer.key, found.accepted, found.ended) == ("q2", True, "answer accepted")
    desk.close()


def test_how_a_case_ended_is_said(desk):
    assert similar.find(desk.store, case_of(desk, "e1"))[0].ended == "answered"
    assert similar.find(desk.store, case_of(desk, "d2"))[0].ended == "not answered yet"


@pytest.mark.parametrize("text", ["", "the and of", "????", "thanks", "😀", '"NEAR( OR *'])
def test_a_case_that_says_nothing_is_like_no_other(tmp_path, text):
    desk = desk_of(tmp_path, *MAILS[:3], mail("z", subject="", text=text, who="zoe@customer.example"))
    assert similar.find(desk.store, case_of(desk, "z")) == ()
    desk.close()


def test_without_an_index_there_is_none_and_no_error(tmp_path):
    desk = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    applying.apply(desk.store, "mail", batch(*MAILS))
    assert similar.find(desk.store, case_of(desk, "e1")) == ()
    assert similar.find(desk.store, 999_999) == ()
    desk.close()


def test_the_desk_answers_in_another_thread_and_says_what_is_wrong(desk):
    done = threading.Event()
    answers = []

    def take(found, wrong):
        answers.append((found, wrong, threading.current_thread().name))
        done.set()

    desk.similar(case_of(desk, "e1"), take)
    assert done.wait(60)
    assert answers[0][0][0].answer.key == "a2"
    assert answers[0][1:] == ("", "similar-cases")


@asynccontextmanager
async def seat(desk, size=(100, 30)):
    app = Workstation(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def settle(pilot, done):
    for _ in range(600):
        await pilot.pause(0.02)
        if done():
            return
    raise AssertionError("it never came")


async def on_similar(app, pilot, desk):
    app.screen.do_open(case_code(case_of(desk, "e1")))
    await pilot.pause()
    await pilot.press("&")
    await settle(pilot, lambda: isinstance(app.screen, SimilarScreen) and app.screen.list.items)


async def test_one_key_shows_them_and_one_more_quotes_the_answer_into_the_reply(desk):
    async with seat(desk) as (app, pilot):
        await on_similar(app, pilot, desk)
        await pilot.press("r")
        await settle(pilot, lambda: isinstance(app.screen, ComposeScreen))
        assert app.screen.draft.case == case_of(desk, "e1"), "the reply is to the case at hand, not to the earlier one"
        assert app.screen.draft.to[0].address == "zoe@customer.example"
        assert app.screen.composer.text.startswith("Hello Li,\nhold reset for ten seconds.\nIt then loads the new firmware.\n\n")
        assert "wrong-name" in {one.guard for one in desk.gate(app.screen.draft).findings if one.stops}, "it greets somebody else"


async def test_enter_goes_to_the_earlier_case_and_y_copies_a_line_that_names_it(desk):
    async with seat(desk) as (app, pilot):
        await on_similar(app, pilot, desk)
        await pilot.press("y")
        assert "Router" in app.clipboard
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(app.screen, InboxScreen))
        assert app.screen.reader.case.id == case_of(desk, "a1")


async def test_nothing_alike_says_so(tmp_path):
    desk = desk_of(tmp_path, MAILS[3])
    async with seat(desk) as (app, pilot):
        await pilot.press("&")
        await settle(pilot, lambda: isinstance(app.screen, SimilarScreen) and "Nothing like it" in app.screen.list.empty)
        await pilot.press("r", "y", "enter", "q")
        await settle(pilot, lambda: isinstance(app.screen, InboxScreen))
    desk.close()
