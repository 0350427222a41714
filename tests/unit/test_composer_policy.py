"""A clause in the text: quoted, linked or said plainly; what is typed stays when nothing matches."""

from __future__ import annotations

import asyncio

import pytest

from agent_tui.domain.model import Channel
from agent_tui.knowledge.policies import PolicyLibrary
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk

POLICY = """---
id: billing
title: Invoices
url: https://shop.example/invoices
---
## Charged twice

A **second** charge goes back.
It takes three days.

```plain
You get the second payment back within three days.
```

## Missing invoice

Every invoice is under Account.
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "billing.md").write_text(POLICY)
    (tmp_path / "inner.md").write_text("---\ntitle: House rules\n---\n## Goodwill\n\nUp to ten.\n")
    desk = FakeDesk()
    desk.library = PolicyLibrary(tmp_path)
    return ComposerApp(desk)


async def write(pilot, text):
    for character in text:
        await pilot.press({" ": "space", "\n": "enter", "?": "question_mark"}.get(character, character))
    await pilot.pause()
    await pilot.pause()


def on_screen(app):
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def pressed(pilot, *keys):
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
        await pilot.pause()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("enter", "> A second charge goes back.\n> It takes three days.\n\n"),
        ("tab", "You get the second payment back within three days."),
        ("ctrl+l", "Charged twice: https://shop.example/invoices#charged-twice"),
    ],
)
async def test_ctrl_l_offers_the_clauses_of_the_case_and_inserts_one_in_three_ways(app, key, text):
    async with app.run_test(size=(80, 24)) as pilot:
        await pressed(pilot, "ctrl+l", *"charged")
        assert "A second charge goes back." in on_screen(app)
        assert app.screen.composer.text == ""
        await pressed(pilot, key)
        assert app.screen.composer.text == text


async def test_the_clause_that_is_pinned_to_the_case_is_offered_first(app):
    async with app.run_test(size=(80, 24)) as pilot:
        app.desk.pin(app.screen.case.id, "inner#goodwill", on=True)
        await write(pilot, "charged twice ")
        await pressed(pilot, "ctrl+l")
        assert [one.clause.id for one in app.screen.clauses.offers][:2] == ["inner#goodwill", "billing#charged-twice"]


async def test_two_question_marks_find_a_clause_where_one_writes(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await write(pilot, "See ??goodw")
        assert app.screen.clauses.is_open
        await pressed(pilot, "ctrl+l")
        assert app.screen.composer.text == "See “Goodwill” (House rules)"
        assert not app.screen.clauses.is_open


async def test_two_question_marks_stay_as_typed_where_nothing_matches_or_esc_says_so(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await write(pilot, "What ??xyzzy")
        assert not app.screen.clauses.is_open
        assert app.screen.composer.text == "What ??xyzzy"
        await write(pilot, " ??invoi")
        assert app.screen.clauses.is_open
        await pressed(pilot, "escape")
        await write(pilot, "ce")
        assert not app.screen.clauses.is_open
        assert app.screen.composer.text == "What ??xyzzy ??invoice"
        await write(pilot, "Really??")
        assert not app.screen.clauses.is_open


async def test_at_140_columns_the_clauses_stand_below_the_messages_and_follow_what_is_written(app):
    async with app.run_test(size=(140, 40)) as pilot:
        for _ in range(500):
            await pilot.pause()
            if app.screen.policy.candidates:
                break
            await asyncio.sleep(0.02)
        assert app.screen.policy.display
        before = app.desk.asked
        await write(pilot, "goodwill")
        for _ in range(500):
            if any(one.clause.id == "inner#goodwill" for one in app.screen.policy.candidates):
                break
            await asyncio.sleep(0.02)
        assert app.desk.asked > before
        assert "Goodwill" in on_screen(app)


async def test_without_policies_nothing_is_taken_away(tmp_path):
    app = ComposerApp(FakeDesk())
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        assert not app.screen.policy.display
        await pressed(pilot, "ctrl+l")
        assert "nothing matches" in on_screen(app)
        await pressed(pilot, "escape")
        assert app.screen.composer.text == ""


async def test_sending_a_reply_that_applies_a_clause_offers_to_record_the_ruling(app):
    async with app.run_test(size=(80, 24)) as pilot:
        offered = []
        app.below.offer_ruling = lambda *what: offered.append(what)
        await pressed(pilot, "ctrl+l", *"charged", "tab", "ctrl+s", "y")
        ((case, clause, operation, _said, _ruled),) = offered
        assert (case, clause) == (7, "billing#charged-twice")
        assert operation
    plain = ComposerApp(FakeDesk())
    async with plain.run_test(size=(80, 24)) as pilot:
        plain.below.offer_ruling = lambda *what: offered.append(what)
        await pressed(pilot, "h", "i", "ctrl+s", "y")
        assert len(offered) == 1


async def test_a_draft_that_departs_from_what_is_usual_is_pointed_out_with_the_likest_precedents(app):
    from agent_tui.domain.decisions import Decision

    async with app.run_test(size=(140, 40)) as pilot:
        app.screen.desk.decided = [
            Decision(clause="billing#charged-twice", outcome="granted", channel="chat", amount=str(amount), decided_at=app.screen.desk.now())
            for amount in (10, 20, 30, 90)
        ]
        app.screen.desk.pin(7, "billing#charged-twice", on=True)
        app.screen.composer.insert("We cannot refund the 30 EUR.")
        app.screen.ask_policies(again=True)
        await pilot.pause(0.5)
        shown = " ".join(on_screen(app).split())
        assert "This text reads as refused. 4 like cases were granted" in shown
        assert "● 30 chat today" in shown
        app.screen.composer.insert(" Sorry, we have refunded it now.")
        app.screen.ask_policies(again=True)
        await pilot.pause(0.5)
        assert "This text reads as" not in on_screen(app), "it says both now, so nothing is claimed"


async def test_in_a_live_chat_the_ruling_is_offered_too_and_once(app):
    desk = FakeDesk(channel=Channel.CHAT)
    desk.library = app.desk.library
    app = ComposerApp(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        offered = []
        app.below.offer_ruling = lambda *what: offered.append(what)
        await pressed(pilot, "ctrl+l", *"charged", "tab", "enter")
        assert [one[:2] for one in offered] == [(7, "billing#charged-twice")]
        await pressed(pilot, *"bye", "enter")
        assert len(offered) == 1, "the next message has nothing to do with the clause"
