"""Canned replies that fit: what was used in like cases comes first, and the reason stands beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.desk import Desk
from agent_tui.desk.suggesting import Suggested
from agent_tui.domain.likeness import Likeness, best
from agent_tui.knowledge.canned import CannedLibrary
from agent_tui.store import apply as applying
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk
from tests.unit.workspaces import HOUR, NOW, Clock, batch, mail, workspace

LIBRARY = {"one": "We look into this.", "two": "Here is what to do.", "parcel": "The parcel is late.", "wait": "Please wait."}
PAST = (
    ("a@x", "My invoice is wrong", "The invoice has the wrong VAT number, please correct it.", "one"),
    ("b@x", "Invoice", "You sent me an invoice with a wrong VAT nummber.", "one"),
    ("c@x", "Password", "I cannot log in, my password is not accepted.", "two"),
    ("d@x", "পার্সেল", "আমার পার্সেল এখনও আসেনি, কোথায় আছে?", "wait"),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    made.workspace.canned.mkdir()
    for name, text in LIBRARY.items():
        (made.workspace.canned / f"{name}.md").write_text(f"---\nname: {name}\n---\n{text}\n")
    letters = [mail(key, subject=subject, text=text, who=f"{key[0]}@customer.example", at=NOW - 9 * HOUR)
               for key, subject, text, _ in PAST]  # fmt: skip
    letters += [
        mail("new@x", subject="Bill", text="The VAT number on my invoices is not correct.", who="n@customer.example", at=NOW - HOUR),
        mail("bn@x", subject="পার্সেল কোথায়", text="পার্সেল আসেনি", who="o@customer.example", at=NOW - HOUR),
        mail("late@x", subject="?", text="Why is my parcel so late?", who="p@customer.example", at=NOW - HOUR),
    ]
    applying.apply(made.store, "mail", batch(*letters))
    for _, subject, _, name in PAST:
        answer(made, subject, name)
    return made


def case_of(desk: Desk, subject: str) -> int:
    window = desk.window("all")
    return next(row.id for row in map(window.row, range(len(window))) if row.subject == subject)


def answer(desk: Desk, subject: str, name: str) -> None:
    draft = desk.draft(case_of(desk, subject), "reply")
    desk.send(replace(draft, text=f"Dear customer, {LIBRARY[name]} Best, Asha", canned=(name,)),
              overrides=("language", "repeat", "wrong-name"))  # fmt: skip


def learn(desk: Desk) -> None:
    while desk.learn_canned(1000):
        pass


def test_what_was_used_in_like_cases_comes_first_with_how_often(desk: Desk) -> None:
    learn(desk)
    assert desk.suggest_canned(case_of(desk, "Bill"))[0] == Suggested("one", 2)


def test_it_works_in_every_script(desk: Desk) -> None:
    learn(desk)
    assert desk.suggest_canned(case_of(desk, "পার্সেল কোথায়"))[0] == Suggested("wait", 1)


def test_without_a_use_the_text_of_the_library_speaks(desk: Desk) -> None:
    learn(desk)
    assert Suggested("parcel", 0) in desk.suggest_canned(case_of(desk, "?"))


def test_what_is_for_other_channels_alone_fits_only_where_it_was_used(desk: Desk) -> None:
    (desk.workspace.canned / "letter.md").write_text("---\nname: letter\nchannels: [chat]\n---\nWhy is my parcel so late?\n")
    desk.canned.refresh()
    learn(desk)
    case = case_of(desk, "?")
    assert "letter" in {one.name for one in desk.suggest_canned(case)}
    assert "letter" not in {one.name for one in desk.suggest_canned(case, channel="email")}
    assert Suggested("parcel", 0) in desk.suggest_canned(case, channel="email")
    assert desk.suggest_canned(case_of(desk, "Bill"), channel="chat")[0] == Suggested("one", 2)


def test_what_is_not_read_yet_is_not_waited_for_and_what_comes_later_is_added(desk: Desk) -> None:
    assert desk.suggest_canned(case_of(desk, "Bill")) == ()
    learn(desk)
    answer(desk, "Bill", "two")
    window = desk.window("all")
    assert len(window) == 7
    learn(desk)
    applying.apply(
        desk.store, "mail",
        batch(mail("z@x", subject="Again", text="The VAT number on my invoices is not correct.", who="z@customer.example")),
    )  # fmt: skip
    assert {one.name for one in desk.suggest_canned(case_of(desk, "Again"))[:2]} == {"one", "two"}


def test_three_at_most_and_neither_what_is_in_the_draft_nor_what_is_no_longer_there(desk: Desk) -> None:
    learn(desk)
    case = case_of(desk, "Bill")
    assert len(desk.suggest_canned(case)) <= 3
    assert "one" not in {one.name for one in desk.suggest_canned(case, without=("one",))}
    (desk.workspace.canned / "one.md").unlink()
    desk.canned.refresh()
    learn(desk)
    assert "one" not in {one.name for one in desk.suggest_canned(case)}


async def test_the_picker_begins_with_them_and_says_why(tmp_path: Path) -> None:
    for name in ("alpha", "beta", "gamma"):
        (tmp_path / f"{name}.md").write_text(f"---\nname: {name}\n---\nText of {name}.\n")
    desk = FakeDesk(canned=CannedLibrary(tmp_path), suggested=(Suggested("gamma", 4), Suggested("beta", 0)))
    app = ComposerApp(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+t")
        picker = app.screen.picker
        assert [one.name for one in picker.offers] == ["gamma", "beta", "alpha"]
        shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "used in 4 like cases" in shown
        await pilot.press("a", "l")
        assert [one.name for one in picker.offers] == ["alpha"]


WORDS = st.lists(st.sampled_from(["refund", "parcel", "invoice", "পার্সেল", "login", "wait", "4711"]), min_size=1, max_size=6).map(" ".join)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8), WORDS)
def test_only_what_shares_something_is_scored_and_the_same_words_score_best(exchanges: list[tuple[str, str]], text: str) -> None:
    likeness = Likeness()
    for asked, said in exchanges:
        likeness.add(asked, said)
    scores = likeness.scores(text)
    assert all(score > 0 for score in scores.values())
    for number, (asked, said) in enumerate(exchanges):
        if set(f"{asked} {said}".split()) & set(text.split()):
            assert number in scores
    assert [score for _, score in best(scores, 3)] == sorted(scores.values(), reverse=True)[:3]
