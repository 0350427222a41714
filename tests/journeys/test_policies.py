"""An agent with the policies beside the case, by keys, on the demo: found, quoted, and what was ruled recorded."""

from __future__ import annotations

from tests.journeys.terminal import until
from tests.journeys.test_demo import open_case


def test_the_clause_is_beside_the_case_quoted_in_the_reply_and_the_ruling_recorded(week):
    scene = week()
    terminal = scene.open()
    open_case(terminal, "WHERE is order TW-48213")
    terminal.sees("Policy for Gordon Pike", "Lost parcels")
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.press("ctrl+l")
    terminal.type("lost parcels")
    terminal.sees("lost parcels▏", "If a trace has found")
    terminal.press("enter")
    until(lambda: any("> If a trace has found nothing" in text for _, text in scene.drafts()), "the quote in the draft")
    terminal.press("escape")
    terminal.sees("Draft kept")
    terminal.press("D")
    terminal.sees("ruled under")
    terminal.press("enter")
    terminal.sees("ruling")
    terminal.type("granted 89, because our courier")
    terminal.press("enter")
    terminal.sees("Recorded: granted under shipping#lost-parcels")
    assert scene.rows("SELECT clause, outcome, amount, reason, channel FROM decisions") == [
        ("shipping#lost-parcels", "granted", "89", "our courier", "email")
    ]


def test_a_clause_is_searched_read_as_it_was_and_pinned_and_an_edit_is_followed(week):
    scene = week()
    policies = scene.path / "policies"
    shipping = policies / "shipping.md"
    (policies / "shipping.bn.md").write_text(
        "---\nid: shipping\nlanguage: bn\n---\n## হারানো পার্সেল {#lost-parcels}\n\nগ্রাহক নতুন বাক্স বা পুরো টাকা বেছে নেন।\n", "utf-8"
    )
    terminal = scene.open()
    open_case(terminal, "WHERE is order TW-48213")
    terminal.sees("Policy for Gordon Pike", "Lost parcels")
    terminal.press("tab")  # from the case to the pane
    terminal.sees("pin")
    terminal.press("/")
    terminal.type("used disks")
    terminal.sees("search: used disks", "We erase every returned disk")
    terminal.press("enter")
    terminal.press("p")
    terminal.sees("Pinned Used disks to this case", "pinned")
    assert scene.rows("SELECT clause FROM pins") == [("returns#used-disks",)]
    terminal.press("enter")  # the whole policy, at the clause
    terminal.sees("Returns and refunds", "returns.md", "After thirty days")
    terminal.press("escape")
    terminal.sees("Policy for Gordon Pike")
    text = shipping.read_text("utf-8")
    shipping.write_text(text.replace("If a trace has found", "If a search has found"), "utf-8")
    terminal.sees("If a search has found")  # nobody asked for it
    terminal.press("escape", "g", "p")
    terminal.sees("Policies", "clauses in")
    terminal.press("/")
    terminal.type("পার্সেল")
    terminal.sees("Lost parcels")
    terminal.press("enter")
    terminal.press("enter")
    terminal.sees("If a search has found")
    terminal.press("H")
    terminal.sees("What shipping#lost-parcels said", "If a search has found", "If a trace has found")


def test_plain_words_of_a_clause_come_by_two_question_marks_on_a_narrow_terminal(week):
    scene = week()
    shipping = scene.path / "policies" / "shipping.md"
    text = shipping.read_text("utf-8").replace(
        "## Customs\n", "## Customs\n\n~~~plain\nYou pay nothing at the door.\n~~~\n"
    )
    shipping.write_text(text, "utf-8")
    terminal = scene.open(size=(80, 24), people=("Gordon Pike", "disk_dora"))
    terminal.press("j", "enter")
    terminal.sees("Gordon Pike <", "message ")
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("??")
    terminal.sees("tab")
    terminal.type("customs")
    terminal.sees("Prices for India")
    terminal.press("tab")
    until(lambda: any("You pay nothing at the door." in text for _, text in scene.drafts()), "the plain words in the draft")
    assert not any("??" in text for _, text in scene.drafts())
    terminal.press("escape")
    terminal.sees("Draft kept")
    terminal.press("escape", "P")  # below 140 columns it takes the place of everything else
    terminal.sees("Policy for Gordon Pike", "P hides")
    terminal.press("P")
    terminal.loses("Policy for Gordon Pike")
