"""Days of an agent with a real mailbox, by keys: what the customer gets, and what every other program then sees."""

from __future__ import annotations

import pytest

from tests.contract.mailbox import settled
from tests.journeys.terminal import until

pytestmark = pytest.mark.server("mail")

REPLY = "Hello Rina, it left us yesterday.\nনমস্কার রিনা, আপনার পার্সেল পথে আছে।"


def test_a_mail_is_answered_in_two_scripts_and_every_program_sees_it(stage):
    scene = stage(undo="1s")
    terminal = scene.open()
    asked = scene.writes("Dear support,\n\nmy parcel has not come. আমার পার্সেল কোথায়?\n\nRina")
    terminal.sees("Rina Das", "Where is my parcel?")  # by itself
    terminal.press("enter")
    terminal.sees("my parcel has not come")
    scene.flagged(asked, "\\Seen")
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type(REPLY)
    terminal.press("ctrl+s")
    terminal.sees("held 1 s")
    terminal.press("y")

    (answer,) = scene.received()
    assert answer["In-Reply-To"] == f"<{asked}>"
    assert answer["References"].split() == [f"<{asked}>"]
    assert answer["From"].addresses[0].addr_spec == scene.box.address
    assert answer["Subject"] == "Re: Where is my parcel?"
    assert REPLY.splitlines() == answer.get_body(("plain",)).get_content().splitlines()[:2]
    assert scene.rows("SELECT count(*) FROM operations WHERE kind = 'reply'") == [(1,)]
    until(lambda: scene.states() == ["sent"], "the reply sent")
    until(lambda: scene.sent() == [answer["Message-ID"].strip("<>")], "one copy in Sent", told=lambda: str(scene.sent()))
    scene.flagged(asked, "\\Seen", "\\Answered")

    terminal.press("g", "w")  # our message is last: it waits for the customer
    terminal.sees("Where is my parcel?")
    terminal.press("t")
    terminal.sees("tag:")
    terminal.type("refund")
    terminal.press("enter")
    scene.flagged(asked, "refund")
    terminal.press("e")
    scene.flagged(asked, "$Closed")
    terminal.press("g", "c")
    terminal.sees("Where is my parcel?", "refund")

    scene.writes("It has come, thank you!", subject="Re: Where is my parcel?", answers=answer["Message-ID"].strip("<>"))
    terminal.press("g", "i")
    terminal.sees("Where is my parcel?", "It has come")  # opened again by the customer's words
    settled(scene.server)
    assert len(scene.received()) == 1
    assert len(scene.sent()) == 1


def answer(terminal, text: str, *keys: str) -> None:
    """Write to the case under the cursor, and send with these keys at the gate."""
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type(text)
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press(*(keys or ("y",)))


def test_what_another_program_does_shows_in_the_list(stage):
    scene = stage()
    terminal = scene.open()
    first = scene.writes("Where is it?", subject="The first")
    second = scene.writes("And this?", subject="The second")
    terminal.sees("The first", "The second")
    scene.store(first, "+FLAGS", "$Closed")
    terminal.loses("The first")
    scene.store(first, "-FLAGS", "$Closed")
    terminal.sees("The first")
    scene.store(second, "+FLAGS", "vip \\Flagged")
    terminal.sees("vip")
    colleague = scene.box.mail(
        "I have sent it again.", sender=f"Support <{scene.box.address}>", To=scene.customer.address, Subject="Re: The first",
        answers=first,
    )  # fmt: skip
    scene.box.append(colleague, folder="Sent", flags="\\Seen")
    terminal.loses("The first")
    terminal.press("g", "w")
    terminal.sees("The first")
    assert scene.states("state") == []  # nothing of it was ours


def test_work_without_a_network_is_delivered_once_there_is_one(stage):
    scene = stage(undo="1s")
    terminal = scene.open()
    scene.writes("Where is it?", subject="To be answered")
    done = scene.writes("Thanks!", subject="To be closed")
    terminal.sees("To be answered", "To be closed", "up to date")
    scene.cable.cut()
    terminal.press("ctrl+r")
    terminal.sees("not reached")
    terminal.press("\\")
    terminal.type("subject:closed")
    terminal.press("enter")
    terminal.loses("To be answered")
    terminal.press("t")
    terminal.type("solved")
    terminal.press("enter", "e")
    terminal.loses("To be closed")
    terminal.press("g", "i")
    terminal.sees("To be answered")
    answer(terminal, "Soon, Rina.")
    terminal.sees("Waiting       1")
    terminal.press("g", "o")
    terminal.sees("to send", "goes out when its server can be reached")  # its window is over, and there is no way out
    terminal.press("q")
    assert scene.customer.held() == []
    scene.cable.mend()
    terminal.press("ctrl+r")
    (got,) = scene.received()
    assert got.get_body(("plain",)).get_content().startswith("Soon, Rina.")
    scene.flagged(done, "solved", "$Closed")
    until(lambda: scene.states() == ["sent"], "sent")
    until(lambda: len(scene.sent()) == 1, "a copy in Sent")
    settled(scene.server)
    assert len(scene.received()) == 1
    assert len(scene.sent()) == 1


def test_killed_programs_lose_no_draft_and_send_nothing_twice(stage):
    scene = stage(undo="2s")
    terminal = scene.open()
    scene.writes("Where is it?")
    terminal.sees("Where is my parcel?", "up to date")
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type("It left yesterd")
    until(lambda: scene.drafts() == ["It left yesterd"], "the draft on disk", told=lambda: str(scene.drafts()))
    terminal.kill()
    until(lambda: not scene.engine(), "the engine ends without its workstation", seconds=30)

    terminal = scene.open()
    terminal.sees("Where is my parcel?")
    terminal.press("r")
    terminal.sees("It left yesterd")
    terminal.type("ay, Rina.")
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")
    until(lambda: scene.states() == ["held"], "held")
    killed = scene.kill_engine()
    (got,) = scene.received()
    assert "It left yesterday, Rina." in got.get_body(("plain",)).get_content()
    assert scene.engine() not in (0, killed)
    until(lambda: scene.states() == ["sent"], "sent")
    until(lambda: len(scene.sent()) == 1, "a copy in Sent")
    scene.kill_engine()
    scene.writes("And the other one?", subject="Another")
    terminal.sees("Another")
    settled(scene.server)
    assert len(scene.received()) == 1
    assert len(scene.sent()) == 1
    assert scene.drafts() == []


def test_a_refusal_gives_the_text_back_with_the_servers_words(stage):
    scene = stage()
    terminal = scene.open()
    scene.writes("Where is it?", sender="Nobody <nobody-there@agents.test>")
    terminal.sees("Where is my parcel?")
    answer(terminal, "Soon.", "e")
    terminal.sees("! look")
    assert scene.states() == ["failed"]
    assert scene.drafts() == ["Soon."]
    terminal.press("r")
    terminal.sees("550", "Soon.")
    terminal.press("escape", "g", "o")
    terminal.sees("failed", "550")
    assert scene.states("state") == ["queued"]  # done waits behind a message that did not go
    assert scene.sent() == []


def test_a_message_that_bounces_later_is_no_longer_called_sent(stage):
    scene = stage()
    terminal = scene.open()
    scene.writes("Where is it?", sender="Gone <gone@agents.test>")
    terminal.sees("Where is my parcel?")
    answer(terminal, "Soon.")
    terminal.sees("! look")  # Postfix took it, Dovecot did not
    assert scene.states() == ["failed"]
    assert scene.drafts() == ["Soon."]
    (error,) = scene.rows("SELECT error FROM operations WHERE kind = 'reply'")[0]
    assert "gone@agents.test" in error
    terminal.press("enter")
    terminal.sees("not sent", "User doesn't exist")
    assert scene.rows("SELECT count(*) FROM cases WHERE bucket < 9", file="cache.db") == [(1,)]  # the report is no case


def test_quitting_does_not_keep_a_held_reply_from_leaving(stage):
    scene = stage(undo="3s")
    terminal = scene.open()
    scene.writes("Where is it?")
    terminal.sees("Where is my parcel?")
    answer(terminal, "Soon, Rina.")
    until(lambda: scene.states() == ["held"], "held")
    terminal.press("ctrl+q")
    assert terminal.ended() == 0
    assert scene.customer.held() == []
    scene.received()
    until(lambda: not scene.engine(), "the engine ends when all is done", seconds=30)
    assert scene.states() == ["sent"]
    assert len(scene.received()) == 1
    assert len(scene.sent()) == 1


def test_a_reply_taken_back_within_the_window_never_leaves(stage):
    scene = stage(undo="30s")
    terminal = scene.open()
    scene.writes("Where is it?")
    terminal.sees("Where is my parcel?")
    answer(terminal, "Soon, Rina.")
    terminal.sees("Held")
    terminal.press("z")
    until(lambda: scene.drafts() == ["Soon, Rina."], "the text back")
    assert scene.states() == ["cancelled"]
    terminal.press("r")
    terminal.sees("Soon, Rina.")
    terminal.press("escape")
    settled(scene.server)
    assert scene.customer.held() == []


def test_a_customer_who_writes_again_stops_a_held_reply(stage):
    scene = stage(undo="4s")
    terminal = scene.open()
    asked = scene.writes("Where is it?")
    terminal.sees("Where is my parcel?")
    answer(terminal, "It left today.")
    until(lambda: scene.states() == ["held"], "held")
    scene.writes("Do not send it, I am moving!", subject="Re: Where is my parcel?", answers=asked)
    terminal.sees("! look")
    assert scene.states() == ["conflict"]
    terminal.press("g", "o")
    terminal.sees("wrote again")
    terminal.press("r")  # knowing that, it goes out all the same
    (got,) = scene.received()
    assert got["In-Reply-To"] == f"<{asked}>"
    until(lambda: scene.states() == ["sent"], "sent")


def test_a_send_whose_answer_was_lost_is_asked_about_and_never_repeated(stage):
    scene = stage()
    terminal = scene.open()
    scene.writes("Where is it?")
    terminal.sees("Where is my parcel?", "up to date")
    scene.cable.proxies["smtp"].swallow_after = b"\r\n.\r\n"
    answer(terminal, "Soon, Rina.")
    terminal.sees("! look")
    assert scene.states() == ["unknown"]
    scene.cable.proxies["smtp"].swallow_after = b""
    scene.kill_engine()
    until(scene.engine, "another engine")
    terminal.press("g", "o")
    terminal.sees("unknown")
    terminal.press("y")
    until(lambda: scene.states() == ["sent"], "settled")
    terminal.sees("Everything has arrived")
    settled(scene.server)
    assert len(scene.received()) == 1


def test_an_answer_that_was_lost_is_found_where_a_copy_comes_back(stage):
    scene = stage(more='confirm = "bcc-self"')
    terminal = scene.open()
    scene.writes("Where is it?")
    terminal.sees("Where is my parcel?", "up to date")
    scene.cable.proxies["smtp"].swallow_after = b"\r\n.\r\n"
    answer(terminal, "Soon, Rina.")
    until(lambda: scene.states() == ["sent"], "found", told=lambda: str(scene.states()))
    settled(scene.server)
    assert len(scene.received()) == 1


def test_search_finds_what_came_a_moment_ago_and_a_snoozed_case_wakes_when_its_customer_writes(stage):
    scene = stage()
    terminal = scene.open()
    asked = scene.writes("আমার পার্সেল কোথায়?\n\nIts number is 48213.", subject="Parcel")
    scene.writes("An invoice, please.", subject="Invoice")
    terminal.sees("Parcel", "Invoice")
    terminal.press("/")
    terminal.type("পার্সেল")
    terminal.sees("Rina Das")
    terminal.loses("Invoice")
    terminal.press("enter")
    terminal.sees("Its number is 48213")
    terminal.press("b")
    terminal.type("2h")
    terminal.press("enter")
    terminal.sees("Snoozed       1")
    terminal.press("g", "i")
    terminal.loses("Parcel")
    scene.writes("Please?", subject="Re: Parcel", answers=asked)
    terminal.sees("Parcel")
