"""A community is watched and answered in public, by keys, on a simulated Discourse."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.forum_scene import ForumScene, forum_scene
from tests.journeys.forum_steps import answer, begins_a_topic, changes_own_post, deletes_and_recovers
from tests.journeys.terminal import until

ANSWER = "Please update to version 4.2, it is fixed there."


@pytest.fixture
def forum(tmp_path: Path) -> Iterator[Callable[..., ForumScene]]:
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(forum_scene(tmp_path / "desk", **settings))


def test_a_question_is_watched_answered_in_public_and_reviewed_before_it_counts_as_sent(forum):
    scene = forum(staff=False, approve=True)
    terminal = scene.open()
    terminal.sees("up to date")
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync? ಸಿಂಕ್ ಆಗುತ್ತಿಲ್ಲ")
    terminal.sees("Robin Bell", "It does not sync")  # by itself
    terminal.press("enter")
    terminal.sees("Why does it not sync?", "public")
    answer(terminal, ANSWER)
    until(lambda: scene.states() == ["in_review"], "in review", told=lambda: str(scene.states()))
    terminal.press("g", "w")
    terminal.sees("It does not sync")
    terminal.press("enter")
    terminal.sees(ANSWER, "in review at the server")
    assert scene.texts(topic) == []
    (kept,) = scene.forum.reviewables.values()
    scene.forum.review(kept, True)
    until(lambda: scene.states() == ["sent"], "sent", told=lambda: str(scene.states()))
    terminal.loses("in review")  # in the open case, by itself
    terminal.sees(ANSWER)
    assert scene.texts(topic) == [ANSWER]
    assert len(scene.server.asked("POST", "/posts.json")) == 1
    terminal.press("q", "g", "w")  # our words are last: it waits for the customer
    terminal.sees("It does not sync")
    scene.forum.add(topic, scene.robin, "That was it, thank you so much!")
    terminal.press("g", "i")
    terminal.sees("That was it")


def test_what_a_moderator_refuses_comes_back_to_be_written_again(forum):
    scene = forum(staff=False, approve=True)
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    terminal = scene.open()
    terminal.sees("It does not sync")
    terminal.press("enter")
    answer(terminal, ANSWER)
    until(lambda: scene.states() == ["in_review"], "in review")
    (kept,) = scene.forum.reviewables.values()
    scene.forum.review(kept, False)
    terminal.press("ctrl+r")
    until(lambda: scene.states() == ["failed"], "failed", told=lambda: str(scene.states()))
    assert scene.drafts() == [ANSWER]
    assert scene.texts(topic) == []
    assert len(scene.server.asked("POST", "/posts.json")) == 1


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
    assert len(scene.server.asked("POST", "/posts.json")) == 1


def test_a_server_that_restarts_in_between_loses_and_doubles_nothing(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    terminal = scene.open()
    terminal.sees("It does not sync", "up to date")
    scene.server.fault(method="POST", path="/posts.json", cut=True, committed=True)
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
    until(lambda: topic.closed, "closed at the forum")


def test_a_note_is_a_whisper_that_the_forum_s_readers_never_see(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    terminal = scene.open()
    terminal.sees("It does not sync", "up to date")
    terminal.press("n")
    terminal.sees("NOTE")
    terminal.type("Known bug, promise no date.")
    terminal.press("ctrl+s")
    until(lambda: len(topic.posts) == 2 or (terminal.press("y") or False), "the whisper")
    until(lambda: scene.states("note") == ["sent"], "sent", told=lambda: str(scene.states("note")))
    assert [one.type for one in topic.posts] == [1, 4]
    assert topic.stream(scene.robin) == topic.posts[:1]


def test_a_peer_s_answer_is_marked_as_the_solution_and_unmarked(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    answer = scene.forum.add(topic, scene.forum.user("lena", "Lena Fischer"), "Restart it, that helped me.")
    topic.posts[0].created -= 60_000
    terminal = scene.open()
    terminal.sees("It does not sync", "up to date")
    terminal.press("enter", "=")
    terminal.sees("that is the question itself")
    terminal.press("J", "=")
    terminal.sees("marked as the answer")
    until(lambda: answer.accepted, "the solution")
    terminal.press("=")
    terminal.loses("marked as the answer")
    until(lambda: not answer.accepted, "no solution")


def test_what_waits_is_let_through_and_a_report_is_agreed_with(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "Hello from Robin", "Why does it not sync at all?")
    lena = scene.forum.user("lena", "Lena Fischer", approve=True)
    waiting = scene.forum.wait(lena, "I can help you with that, gladly.", topic)
    report = scene.forum.flag(topic.posts[0], lena, "It is spam")
    terminal = scene.open()
    terminal.sees("Waits for approval", "Reported")
    terminal.press("\\")
    terminal.type("subject:approval")
    terminal.press("enter", "+")
    terminal.sees("Let this post appear for everybody?")
    terminal.press("y")
    until(lambda: waiting.status == 1, "published", told=lambda: str(scene.rows("SELECT kind, state, error FROM operations")))
    assert "I can help you" in topic.posts[-1].raw
    terminal.press("\\")
    for _ in range(20):
        terminal.press("backspace")
    terminal.type("subject:reported")
    terminal.press("enter", "-")
    terminal.sees("Disagree with this report?")
    terminal.press("n")
    assert report.status == 0
    terminal.press("+", "y")
    until(lambda: report.status == 1, "agreed", told=lambda: str(scene.rows("SELECT kind, state, error FROM operations")))
    terminal.loses("Reported: Hello from Robin")


def test_an_own_post_is_changed_and_one_that_somebody_else_changed_is_not_overwritten(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    topic.posts[0].created -= 60_000
    post = scene.forum.add(topic, scene.forum.users["support"], "Restrat it, that helps.")
    changes_own_post(scene, scene.open(), lambda: post.raw, lambda text: scene.forum.edit(post, text))


def test_a_post_is_deleted_for_everybody_and_brought_back(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    spam = scene.forum.add(topic, scene.forum.user("lena", "Lena Fischer"), "Buy cheap watches.")
    topic.posts[0].created -= 60_000
    deletes_and_recovers(scene, scene.open(), lambda: spam.deleted)


def test_a_public_topic_is_begun_from_here(forum):
    scene = forum()
    begins_a_topic(scene, scene.open())
    (topic,) = scene.forum.topics.values()
    assert (topic.title, topic.archetype, scene.texts(topic)) == ("Open today", "regular", ["We are here until 18:00."])


def test_a_post_that_a_moderator_deletes_is_deleted_here_too(forum):
    scene = forum()
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    spam = scene.forum.add(topic, scene.forum.user("lena", "Lena Fischer"), "Buy cheap watches.")
    topic.posts[0].created -= 60_000
    terminal = scene.open()
    terminal.sees("It does not sync")
    terminal.press("enter")
    terminal.sees("Buy cheap watches.")
    spam.deleted = True
    scene.forum.add(topic, scene.robin, "Has anybody an idea about it?")
    terminal.press("ctrl+r")
    terminal.sees("Has anybody an idea")
    terminal.loses("Buy cheap watches.")
