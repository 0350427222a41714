"""A community is watched and answered in public, its chats and reports too, by keys, on a simulated NodeBB."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.forum_steps import answer, begins_a_topic, changes_own_post, deletes_and_recovers, goes_on_privately
from tests.journeys.nodebb_scene import NodebbScene, nodebb_scene
from tests.journeys.terminal import until

ANSWER = "Please update to version 4.2, it is fixed there."


@pytest.fixture
def forum(tmp_path: Path) -> Iterator[Callable[..., NodebbScene]]:
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(nodebb_scene(tmp_path / "desk", **settings))


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


def test_an_own_post_is_changed_and_one_that_somebody_else_changed_is_not_overwritten(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    topic.posts[0].at -= 60_000
    post = scene.forum.add(topic, scene.support, "Restrat it, that helps.")
    changes_own_post(scene, scene.open(), lambda: post.raw, lambda text: scene.forum.edit(post, text))


def test_a_post_is_deleted_for_everybody_and_brought_back(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    spam = scene.forum.add(topic, scene.forum.user("lena", "Lena Fischer"), "Buy cheap watches.")
    topic.posts[0].at -= 60_000
    deletes_and_recovers(scene, scene.open(), lambda: spam.deleted)


def test_a_public_topic_is_begun_from_here(forum):
    scene = forum()
    begins_a_topic(scene, scene.open())
    (topic,) = scene.forum.topics.values()
    assert (topic.title, topic.cid, scene.texts(topic)) == ("Open today", 2, ["We are here until 18:00."])


def test_a_public_question_goes_on_in_a_private_chat_with_a_neutral_line_as_one_case(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does my box not sync at all?")
    terminal = scene.open()
    terminal.sees("It does not sync")
    terminal.press("enter")
    terminal.sees("Why does my box", "public")
    goes_on_privately(terminal, "robin", "Robin Bell")
    until(lambda: len(scene.texts(topic)) == 1, "the neutral line", told=lambda: str(scene.states()))
    assert "serial" not in scene.texts(topic)[0]
    until(lambda: scene.states() == ["sent", "sent"], "all sent", told=lambda: str(scene.states()))
    (room,) = scene.forum.rooms.values()
    assert "Your serial number, please." in room.said[0].raw
    clock = scene.forum.now
    scene.forum.now = lambda: clock() + 5_000
    scene.forum.say(room, scene.robin, "It is 4711, thank you so much.")
    terminal.press("escape", "escape", "g", "i", "ctrl+r")
    terminal.sees("It is 4711")
    terminal.press("enter")
    terminal.sees("Why does my box not sync at all?", "It is 4711, thank you so much.")  # one case
    answer(terminal, "It is on its way to you.")
    until(lambda: len(room.said) == 3, "the answer in private", told=lambda: str(scene.texts(topic)))
    assert len(scene.texts(topic)) == 1


def test_an_idea_is_told_apart_from_the_problems(forum):
    scene = forum()
    scene.forum.topic(scene.robin, "Dark colours", "It would be great if the app had a dark theme. ಕಪ್ಪು ಬಣ್ಣ")
    scene.forum.topic(scene.robin, "It does not sync", "It does not work since the update.")
    terminal = scene.open()
    terminal.sees("Dark colours", "It does not sync")
    terminal.press("\\")
    terminal.type("subject:dark")
    terminal.press("enter", "enter")
    terminal.sees("reads like an idea")
    terminal.press("%")
    terminal.loses("reads like an idea")
    terminal.press("q", "\\")
    for _ in range(20):
        terminal.press("backspace")
    terminal.type("-tag:idea")
    terminal.press("enter")
    terminal.sees("It does not sync")
    terminal.loses("Dark colours")
    until(lambda: [one.tags for one in scene.forum.topics.values()] == [["idea"], []], "tagged at the forum")
