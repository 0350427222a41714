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
