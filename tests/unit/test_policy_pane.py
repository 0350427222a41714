"""The policy pane by keys, over a desk in memory with the demo's own policies."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

import agent_tui
from agent_tui.domain.decisions import Decision, beside
from agent_tui.knowledge.policies import PolicyLibrary, Suggestion
from agent_tui.screens import policy_asking
from agent_tui.screens.policies import ClauseScreen, PoliciesScreen
from agent_tui.screens.policy_asking import Pinned
from tests.fake_desk import NOW
from tests.unit.test_inbox_screen import seat

POLICIES = Path(agent_tui.__file__).parent / "sources/demo/content/policies"


@pytest.fixture
def library(tmp_path):
    (tmp_path / "returns.md").write_text("---\nid: returns\ntitle: Returns\n---\n## Refunds\n\nA refund takes five working days after the parcel is here.\n\n"
                                         "## Gift cards\n\nNever paid out.\n")  # fmt: skip
    (tmp_path / "billing.md").write_text("---\nid: billing\nuntil: 2027-01-01\nchannels: [email, chat]\n---\n## Charged twice\n\nA second payment on the card goes back.\n")
    return PolicyLibrary(tmp_path)


async def ready(at, condition):
    """Wait for what comes by itself, with a generous limit."""
    for _ in range(500):
        await at.pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(at.text())


async def test_at_140_columns_the_pane_shows_the_clauses_of_the_case_without_being_asked(library):
    async with seat(size=(140, 40)) as at:
        at.desk.library = library
        at.screen._arrange()
        at.screen._show_case()
        await ready(at, lambda: "Refunds" in at.text())
        assert at.screen.policy.about == f"for {at.here.customer.label}"
        (first, *_) = at.screen.policy.candidates
        assert first.clause.id == "returns#refunds"
        assert "five working days" in at.text()


async def test_without_policies_no_columns_are_taken_and_below_140_only_when_asked(library):
    async with seat(size=(140, 40)) as at:
        assert not at.screen.policy.display
        await at.press("P")
        assert "There are no policies yet" in at.text()
    async with seat() as at:
        at.desk.library = library
        at.screen._arrange()
        assert not at.screen.policy.display
        await at.press("P")
        assert "Refunds" in at.text()
        assert at.screen.scope == "policy"
        assert not at.screen.work.display
        await at.press("escape")
        assert at.screen.work.display
        assert at.screen.scope == "inbox"


async def test_moving_fast_asks_once_after_the_keys_rest(library, monkeypatch):
    async with seat(size=(140, 40)) as at:
        at.desk.library = library
        at.screen._arrange()
        at.screen._show_case()
        await ready(at, lambda: at.desk.asked >= 1)
        monkeypatch.setattr(policy_asking, "FOLLOW_AFTER", 3600)  # the keys rest when the test says so
        before = at.desk.asked
        await at.press(*"jjjjjjjj")
        at.screen._show_case()
        assert at.desk.asked == before
        at.screen._policies_due()
        here = at.here.customer.label
        await ready(at, lambda: at.screen.policy.about == f"for {here}")
        assert at.desk.asked == before + 1
        at.screen._policies_due()  # nothing is new: nothing is asked
        assert at.desk.asked == before + 1


async def test_tab_goes_from_list_to_case_to_policies_and_keys_are_the_panes_own(library):
    async with seat(size=(140, 40)) as at:
        at.desk.library = library
        await at.press("P")
        await at.press("tab")
        assert at.screen.scope == "case"
        await at.press("tab")
        assert at.screen.scope == "policy"
        case = at.here.id
        await at.press("j")
        assert (at.screen.policy.cursor, at.here.id) == (min(1, len(at.screen.policy.candidates) - 1), case)
        await at.press("k", "tab")
        assert at.screen.scope == "inbox"


async def test_a_pinned_clause_comes_first_and_stays_with_its_case(library):
    async with seat() as at:
        at.desk.library = library
        await at.press("P", "/")
        await at.type("paid out")
        assert at.screen.policy.candidates[0].clause.id == "returns#gift-cards"
        await at.press("enter", "p")
        assert "Pinned Gift cards" in at.words
        assert at.screen.policy.candidates[0].clause.id == "returns#gift-cards"
        assert "pinned" in at.text()
        await at.press("p")
        assert "pinned no more" in at.words
        assert not at.screen.policy.pinned


async def test_enter_opens_the_whole_policy_at_the_clause_and_g_p_the_library(library):
    async with seat() as at:
        at.desk.library = library
        await at.press("P", "enter")
        assert isinstance(at.app.screen, ClauseScreen)
        assert "Never paid out." in at.text()
        await at.press("u", "P", "g", "p")
        assert isinstance(at.app.screen, PoliciesScreen)
        assert "3 clauses in 2 policies" in at.text()
        assert "until 2027-01-01" in at.text()
        await at.press("/")
        await at.type("payment")
        assert "1 clause, best first" in at.text()
        await at.press("enter", "enter")
        assert isinstance(at.app.screen, ClauseScreen)
        assert "Charged twice" in at.text()
        await at.press("u", "u")
        assert at.screen.scope == "inbox"


async def test_what_was_found_in_another_language_shows_its_words_and_stands_first_beside_the_agents(tmp_path):
    shop = "---\nid: shop\nlanguage: {}\n---\n## {} {{#late}}\n{}\n"
    texts = {"en": ("Late parcels", "We ask the courier."), "bn": ("দেরি", "কুরিয়ারকে জিজ্ঞেস করি।"), "pa": ("ਦੇਰ", "ਪਰਤ ਤਿੰਨ ਦਿਨਾਂ ਵਿੱਚ ਆਉਂਦਾ ਹੈ।")}
    for language, (title, text) in texts.items():
        (tmp_path / f"shop.{language}.md").write_text(shop.format(language, title, text), "utf-8")
    async with seat(size=(100, 30)) as at:
        at.desk.library = PolicyLibrary(tmp_path, ("en",))
        await at.press("g", "p", "/")
        await at.type("ਪਰਤ")
        assert "Late parcels" in at.text()
        assert "ਪਰਤ ਤਿੰਨ" in at.text()
        await at.press("enter", "enter")
        shown = at.text()
        assert shown.index("We ask the courier.") < shown.index("ਪਰਤ ਤਿੰਨ") < shown.index("কুরিয়ারকে")
        await at.press("u", "u", "P", "/")
        await at.type("ਪਰਤ")
        await at.press("enter")
        assert "pa: ਦੇਰ" in at.text()
        assert "ਪਰਤ ਤਿੰਨ" in at.text()


async def test_an_edited_file_shows_while_the_program_runs(library):
    async with seat() as at:
        at.desk.library = library
        await at.press("P")
        for _ in range(6):
            at.screen.second()
        await at.pilot.pause()
        path = library.path / "returns.md"
        path.write_text(path.read_text().replace("five working days", "seven working days"))
        os.utime(path, ns=(1, 1))
        for _ in range(6):
            at.screen.second()
        await ready(at, lambda: "seven working days" in at.text())


async def test_a_fault_in_ranking_is_words_in_the_pane(library):
    async with seat() as at:
        at.desk.library = library

        def broken(turns, take, **_more):
            from agent_tui.knowledge.policy_wire import Found

            take(Found(error="the policies cannot be ranked: disk"))

        at.desk.rank = broken
        await at.press("P")
        assert "cannot be ranked: disk" in at.text()


async def test_d_records_what_was_ruled_and_a_departure_asks_for_a_reason(library):
    async with seat(size=(120, 30)) as at:
        at.desk.library = library
        at.desk.policies = library
        at.desk.decided = [
            Decision(clause="returns#refunds", outcome="granted", channel="chat", facts={"days": str(days)}, decided_at=at.desk.now())
            for days in (3, 5, 8, 13)
        ]
        await at.press("P")
        assert "●●●● granted 4; last granted today, chat" in at.text()
        assert "● granted, 3 days, chat" in at.text()  # the likest, below the clause with the cursor
        await at.press("D")
        assert at.screen.status.prompt.text == "returns#refunds"
        await at.press("enter")
        await at.type("refused")
        await at.press("enter")
        assert at.screen.status.prompt.label.startswith("4 like cases were granted")
        assert len(at.desk.decided) == 4
        await at.type("used")
        await at.press("enter")
        assert (at.desk.decided[-1].outcome, at.desk.decided[-1].reason) == ("refused", "used")
        assert "Recorded: refused under returns#refunds" in at.words
        assert "●●●●○ granted 4, refused 1" in at.text()
        await at.press("D", "enter", "enter")
        assert "begin with granted" in at.screen.status.prompt.error
        await at.press("escape")
        await at.press("enter")
        assert "How it was ruled" in at.text()
        assert "today: used" in at.text()


async def test_a_reply_that_applied_a_clause_offers_to_record_the_ruling(library):
    async with seat(size=(120, 30)) as at:
        at.desk.library = library
        at.desk.policies = library
        at.screen.offer_ruling(at.here.id, "returns#gift-cards", 17, "Held 15 s")
        assert at.words == "Held 15 s; D records the ruling under returns#gift-cards"
        await at.press("D")
        assert at.screen.status.prompt.text == "returns#gift-cards"
        await at.press("enter")
        await at.type("explained")
        await at.press("enter")
        assert (at.desk.decided[-1].outcome, at.desk.decided[-1].operation) == ("explained", 17)


async def test_a_reply_that_departs_from_the_usual_says_so_and_asks_why(library):
    async with seat(size=(120, 30)) as at:
        at.desk.library = library
        at.desk.policies = library
        at.desk.decided = [
            Decision(clause="returns#gift-cards", outcome="granted", channel="chat", amount=str(amount), decided_at=at.desk.now())
            for amount in (3, 5, 8, 13)
        ]
        ruled = at.desk.draft_ruling(at.here, "returns#gift-cards", "We cannot refund the card of $9.")
        at.screen.offer_ruling(at.here.id, "returns#gift-cards", 17, "Held 15 s", ruled)
        assert at.words == "Held 15 s; 4 like cases were granted: D says why this one is refused"
        await at.press("D", "enter")
        assert at.screen.status.prompt.text == "refused 9"
        await at.press("enter")
        assert "4 like cases were granted" in at.screen.status.prompt.label
        await at.type("paid by a voucher")
        await at.press("enter")
        last = at.desk.decided[-1]
        assert (last.outcome, last.amount, last.reason, last.operation) == ("refused", "9", "paid by a voucher", 17)


async def test_the_cursor_follows_its_clause_while_the_question_is_the_same_and_else_is_on_the_best(library):
    async with seat(size=(140, 40)) as at:
        at.desk.library = library
        await at.press("P", "tab", "tab")
        pane = at.screen.policy
        some = [Pinned(clause) for clause in library.clauses()[:3]]
        pane.show(some, frozenset(), about="search: u")
        pane.move(2)
        pane.show(some[::-1], frozenset(), about="search: u")
        assert pane.chosen is some[2]
        pane.show(some, frozenset(), about="search: us")
        assert pane.chosen is some[0]


async def test_only_lines_that_differ_are_sent(library, monkeypatch):
    """While one types, an answer comes after every pause, and mostly says what the one before said."""
    async with seat(size=(140, 40)) as at:
        at.desk.library = library
        at.screen._arrange()
        at.screen._show_case()
        await ready(at, lambda: "Refunds" in at.text())
        pane = at.screen.policy
        sent = []
        monkeypatch.setattr(pane, "refresh", lambda *regions, **_: sent.append(regions))
        shown = {"about": pane.about, "pinned": pane.pinned, "words": pane.words}
        pane.show(pane.candidates, pane.wanted, **shown)
        assert sent == []
        first = pane.candidates[0].clause.id
        pane.show(pane.candidates, pane.wanted, **{**shown, "pinned": (first,)})
        ((heading,),) = sent
        assert heading.height == 1


async def test_how_a_clause_was_ruled_is_told_whole_under_the_cursor_and_what_is_cut_elsewhere_says_so(library):
    reason = "the courier had lost it twice and the workshop was closed over the holidays"
    ruled = [Decision(clause="returns#refunds", outcome=outcome, amount="55", facts={"days since purchase": str(days)}, channel="community",
                      reason=reason, case=number, decided_at=number) for number, (outcome, days) in
             enumerate([("granted", 2), ("granted", 6), ("granted", 9), ("refused", 75), ("refused", 90)], 1)]  # fmt: skip
    beside_it = {"returns#refunds": beside(Decision(clause="returns#refunds", outcome="other"), ruled, NOW)}
    async with seat(size=(140, 40)) as at:
        pane = at.screen.policy
        pane.show([Suggestion(one, 1.0, 0.5) for one in library.policy("returns")], frozenset(), about="for somebody")
        pane.rulings = beside_it
        chosen, pane.cursor = pane.paint(44, 60), 1
        other = pane.paint(44, 60)
    told = " ".join(" ".join(strip.text.split()) for strip in chosen)
    assert "usually granted up to 9 days since purchase, then refused (5 of 5)" in told
    assert told.count(f"d ago: {reason}") == 3
    rows = [strip.text.rstrip() for strip in other]
    assert rows[5].endswith("…")
    assert rows[6].startswith(" A refund takes")
