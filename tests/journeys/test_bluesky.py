"""Posts and direct messages answered by keys, on a real Bluesky network: a second account plays the customer."""

from __future__ import annotations

import pytest

from tests.journeys.forum_steps import answer, goes_on_privately, told
from tests.journeys.terminal import until

pytestmark = pytest.mark.server("bluesky")

ANSWER = "It leaves our depot today."
LONG = "Your parcel left us today, and this is how it goes on from here. " * 6 + "ನಿಮ್ಮ ಪಾರ್ಸೆಲ್ ಇಂದು ಹೊರಡುತ್ತದೆ."


def sent(scene, count: int) -> None:
    until(lambda: scene.states() == ["sent"] * count, f"{count} sent", seconds=60, told=told(scene))


def test_a_customer_asks_in_public_and_is_answered_over_a_restart_and_an_ended_session(social):
    scene = social()
    question = scene.asks("where is my parcel? ನನ್ನ ಪಾರ್ಸೆಲ್ ಎಲ್ಲಿದೆ?")
    terminal = scene.open()
    terminal.sees("Robin Bell", "where is my parcel?")
    terminal.press("enter")
    terminal.sees("ಪಾರ್ಸೆಲ್", "public")
    answer(terminal, ANSWER)
    sent(scene, 1)
    (post,) = scene.ours()
    assert (post["text"], post["reply"]["parent"]["uri"]) == (ANSWER, question["uri"])

    scene.restart("another secret")  # nobody is logged in any more
    scene.server.settle()
    scene.robin.logs_in()
    node = scene.robin.thread(question["uri"])
    scene.robin.posts("Thank you! And the second one?", answers=node["replies"][0]["post"])
    scene.server.settle()
    scene.agent.logs_in()
    scene.agent.waits(lambda: any("second one" in one["record"].get("text", "") for one in scene.agent.notifications()))
    terminal.press("ctrl+r")
    terminal.sees("And the second one?")
    answer(terminal, "It is in the same box.")
    sent(scene, 2)
    scene.agent.logs_in()
    assert scene.texts() == [ANSWER, "It is in the same box."]


def test_a_long_reply_is_shown_as_the_thread_that_it_becomes_and_goes_out_once(social):
    scene = social()
    scene.asks("where is my parcel?")
    terminal = scene.open()
    terminal.sees("Robin Bell")
    terminal.press("enter", "r")
    terminal.sees("REPLY", "300 characters", "3,000 bytes")
    terminal.type(LONG)
    terminal.sees("in post 2 of 2", "from here.")
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")
    sent(scene, 1)
    posts = scene.ours()
    assert len(posts) == 2
    assert " ".join(one["text"] for one in posts) == LONG
    terminal.press("g", "w")
    terminal.sees("where is my parcel?")
    terminal.press("enter")
    terminal.sees("ಹೊರಡುತ್ತದೆ")  # one message, as it was written


def test_an_engine_killed_between_post_and_acknowledgement_posts_once(social):
    scene = social()
    scene.asks("where is my parcel?")
    terminal = scene.open()
    terminal.sees("Robin Bell", "up to date")
    terminal.press("enter")
    proxy = scene.cable.proxies["http"]
    proxy.sent_up.clear()
    proxy.stall_instead = True
    proxy.swallow_after = b'"writes":'  # the server has it, and its answer never comes
    answer(terminal, LONG)
    until(lambda: len(scene.ours()) == 2, "the posts", seconds=60, told=told(scene))
    assert scene.states() == ["sending"]
    proxy.swallow_after, proxy.stall_instead = b"", False
    scene.kill_engine()
    sent(scene, 1)
    assert len(scene.ours()) == 2
    assert scene.drafts() in ([], [""])


def test_a_direct_message_is_private_and_is_answered_in_private(social):
    scene = social()
    convo = scene.chat.says(scene.robin, scene.agent, "My address is 4 Mill Lane. ਮੇਰਾ ਪਤਾ")
    terminal = scene.open()
    terminal.sees("Robin Bell", "4 Mill Lane")
    terminal.press("enter")
    terminal.sees("ਮੇਰਾ", "private", "accepts this request")
    answer(terminal, "Thank you, it is noted.")
    sent(scene, 1)
    assert scene.chat.texts(convo) == ["My address is 4 Mill Lane. ਮੇਰਾ ਪਤਾ", "Thank you, it is noted."]
    assert scene.agent.records() == []
    until(lambda: not scene.chat.unread(convo, scene.agent.did), "what was read is told")


def answers_what_is_deleted(scene, meanwhile):
    """A terminal in which a reply is written, and about to be sent after what ``meanwhile`` does to the post."""
    question = scene.asks("never mind")
    terminal = scene.open()
    terminal.sees("Robin Bell", "up to date")
    terminal.press("enter", "r")
    terminal.sees("REPLY")
    terminal.type(ANSWER)
    meanwhile(terminal, question["uri"])
    terminal.press("ctrl+s")
    return terminal


def deletes(scene, uri: str) -> None:
    scene.robin.deletes(uri)
    scene.server.settle()


def test_an_answer_to_a_post_that_was_deleted_meanwhile_is_not_posted_and_its_text_is_kept(social):
    scene = social()

    def unseen(terminal, uri: str) -> None:
        scene.cable.cut()
        scene.command("sync", status=4)
        terminal.sees("not reached")
        deletes(scene, uri)

    terminal = answers_what_is_deleted(scene, unseen)
    terminal.sees("and done")
    terminal.press("y")
    until(lambda: scene.states() == ["queued"], "queued", told=told(scene))
    scene.cable.mend()
    terminal.press("ctrl+r")
    # A question where the next pull sees it first, else a refusal with the reason.
    until(lambda: scene.states() in (["conflict"], ["failed"]), "an end", seconds=60, told=told(scene))
    assert scene.texts() == []
    ((kept,),) = scene.rows("SELECT body FROM operations WHERE kind = 'reply'")
    assert ANSWER in kept
    terminal.press("g", "o")
    terminal.sees("reply to Robin Bell", "need")


def test_an_answer_to_a_post_that_is_known_to_be_deleted_is_stopped_before_it_leaves(social):
    scene = social()

    def seen(terminal, uri: str) -> None:
        del terminal
        deletes(scene, uri)
        scene.command("sync")
        assert scene.rows("SELECT count(*) FROM messages WHERE gone", file="cache.db") == [(1,)]

    terminal = answers_what_is_deleted(scene, seen)
    terminal.sees("changed: the case was set to closed since you began")
    terminal.press("y")
    terminal.press("escape")
    terminal.loses("set to closed since you began")
    assert scene.states() == []
    assert ANSWER in terminal.text


def test_a_public_question_goes_on_in_a_direct_message_with_a_neutral_line_as_one_case(social):
    scene = social()
    scene.chat.knows(scene.robin, scene.agent)
    question = scene.asks("my invoice is wrong. ਮੇਰਾ ਬਿੱਲ ਗਲਤ ਹੈ")
    terminal = scene.open()
    terminal.sees("Robin Bell", "my invoice is wrong")
    terminal.press("enter")
    terminal.sees("ਬਿੱਲ", "public")
    goes_on_privately(terminal, scene.robin.handle, "Robin Bell")
    sent(scene, 2)
    (line,) = scene.ours()
    assert line["reply"]["parent"]["uri"] == question["uri"]
    assert "serial" not in line["text"]
    convo = scene.chat.says(scene.robin, scene.agent, "It is 4711, thank you.")
    assert scene.chat.texts(convo)[0].startswith("Your serial number, please.")
    terminal.press("escape", "escape", "g", "i", "ctrl+r")
    terminal.sees("It is 4711")
    terminal.press("enter")
    terminal.sees("my invoice is wrong", "It is 4711, thank you.")  # one case
    answer(terminal, "It is mended now.")
    sent(scene, 3)
    assert scene.chat.texts(convo)[-1] == "It is mended now."
    assert len(scene.ours()) == 1

