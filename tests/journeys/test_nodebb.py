"""A community is watched and answered in public, its chats and reports too, by keys, on a simulated NodeBB."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.nodebb_scene import NodebbScene, nodebb_scene
from tests.journeys.terminal import Terminal, until

ANSWER = "Please update to version 4.2, it is fixed there."


@pytest.fixture
def forum(tmp_path: Path) -> Iterator[Callable[..., NodebbScene]]:
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(nodebb_scene(tmp_path / "desk", **settings))


def answer(terminal: Terminal, text: str) -> None:
    """Write to the case under the cursor, and send."""
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.type(text)
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")


def test_a_question_is_answered_in_public_waits_in_the_queue_and_then_counts_as_sent(forum):
    scene = forum(moderates=False, queued=True)
    terminal = scene.open()
    terminal.sees("up to date")
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync? ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ")
    terminal.press("ctrl+r")
    terminal.sees("Robin Bell", "It does not sync")
    terminal.press("enter")
    terminal.sees("Why does it not sync?", "public")
    answer(terminal, ANSWER)
    until(lambda: scene.states() == ["in_review"], "in review", told=lambda: str(scene.states()))
    assert scene.texts(topic) == []
    (waiting,) = scene.forum.queue
    scene.forum.review(waiting, True)
    terminal.press("ctrl+r")
    until(lambda: scene.states() == ["sent"], "sent", told=lambda: str(scene.states()))
    assert scene.texts(topic) == [ANSWER]
    assert len(scene.server.asked("POST", "/api/v3/topics/")) == 1
    terminal.press("q", "g", "w")
    terminal.sees("It does not sync")
    scene.forum.add(topic, scene.robin, "That was it, thank you so much!")
    terminal.press("ctrl+r", "g", "i")
    terminal.sees("That was it")


def test_what_a_moderator_refuses_comes_back_to_be_written_again(forum):
    scene = forum(moderates=False, queued=True)
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    terminal = scene.open()
    terminal.sees("It does not sync")
    terminal.press("enter")
    answer(terminal, ANSWER)
    until(lambda: scene.states() == ["in_review"], "in review")
    (waiting,) = scene.forum.queue
    scene.forum.review(waiting, False)
    terminal.press("ctrl+r")
    until(lambda: scene.states() == ["failed"], "failed", told=lambda: str(scene.states()))
    assert scene.drafts() == [ANSWER]
    assert scene.texts(topic) == []


def test_an_engine_killed_between_post_and_acknowledgement_posts_once(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    terminal = scene.open()
    terminal.sees("It does not sync", "up to date")
    scene.forum.held = True
    answer(terminal, ANSWER)
    until(lambda: scene.texts(topic) == [ANSWER], "the post")
    assert scene.states() == ["sending"]
    scene.kill_engine()
    scene.forum.held = False
    until(lambda: scene.states() == ["sent"], "sent", seconds=40, told=lambda: str(scene.states()))
    assert scene.texts(topic) == [ANSWER]
    assert len(scene.server.asked("POST", "/api/v3/topics/")) == 1


def test_a_server_that_restarts_in_between_loses_and_doubles_nothing(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    terminal = scene.open()
    terminal.sees("It does not sync", "up to date")
    scene.server.fault(method="POST", path="/api/v3/topics/", cut=True, committed=True)
    answer(terminal, ANSWER)
    until(lambda: scene.texts(topic) == [ANSWER], "the post")
    scene.server.stop()
    scene.server.start()
    terminal.press("ctrl+r")
    until(lambda: scene.states() == ["sent"], "sent", seconds=40, told=lambda: str(scene.states()))
    assert scene.texts(topic) == [ANSWER]
    terminal.press("g", "w")
    terminal.sees("It does not sync")
    terminal.press("e")
    until(lambda: topic.locked, "locked at the forum")


def test_a_chat_is_answered_where_only_its_people_read(forum):
    scene = forum()
    room = scene.forum.room(scene.robin, scene.support)
    scene.forum.say(room, scene.robin, "My invoice is wrong. ਬਿੱਲ ਗਲਤ ਹੈ")
    terminal = scene.open()
    terminal.sees("Chat with Robin Bell")
    terminal.press("enter")
    terminal.sees("My invoice is wrong.", "private")
    answer(terminal, "I will mend it today.")
    until(lambda: scene.states() == ["sent"], "sent", told=lambda: str(scene.states()))
    assert [one.user.username for one in room.said] == ["robin", "support"]
    until(lambda: scene.support.uid in room.read_by, "read at the forum")
    assert scene.forum.topics == {}


def test_a_report_is_taken_noted_and_settled(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "Cheap watches", "Buy cheap watches from me now")
    flag = scene.forum.flag(topic.posts[0], scene.forum.user("lena", "Lena Fischer"), "This is spam")
    terminal = scene.open()
    terminal.sees("Reported")
    terminal.press("\\")
    terminal.type("tag:flag")
    terminal.press("enter")
    terminal.press("enter")
    terminal.sees("This is spam", "Buy cheap watches")
    terminal.press("A")
    until(lambda: (flag.state, flag.assignee) == ("wip", scene.support.uid), "taken", told=lambda: str(flag))
    terminal.press("n")
    terminal.sees("NOTE")
    terminal.type("Third time this week.")
    terminal.press("ctrl+s")
    until(lambda: flag.notes or (terminal.press("y") or False), "the note")
    until(lambda: scene.states("note") == ["sent"], "sent", told=lambda: str(scene.states("note")))
    assert [one["content"] for one in flag.notes] == ["Third time this week."]
    terminal.press("e")
    until(lambda: flag.state == "resolved", "settled", told=lambda: flag.state)
    assert [one.raw for one in topic.posts] == ["Buy cheap watches from me now"]
