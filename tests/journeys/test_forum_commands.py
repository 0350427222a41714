"""What is posted at a forum is changed, deleted and decided about by commands, without a terminal: one class of tests, two forums."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.forum_scene import ForumScene, forum_scene
from tests.journeys.nodebb_scene import NodebbScene, nodebb_scene

Either = ForumScene | NodebbScene


@pytest.fixture(params=[forum_scene, nodebb_scene], ids=["discourse", "nodebb"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Either]:
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(request.param(tmp_path / "desk"))


@pytest.fixture
def watched(scene: Either) -> tuple[Either, str, str, Callable[[], str]]:
    """A topic with a post of ours: the scene, the case's id, our message's id, and what the post reads at the forum."""
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does it not sync at all?")
    if isinstance(scene, ForumScene):
        topic.posts[0].created -= 60_000
        post = scene.forum.add(topic, scene.forum.users["support"], "Restrat it, that helps.")
    else:
        topic.posts[0].at -= 60_000
        post = scene.forum.add(topic, scene.support, "Restrat it, that helps.")
    scene.command("sync")
    (case,) = scene.command("list", "subject:sync")
    _, *messages = scene.command("show", case["id"])
    return scene, case["id"], messages[-1]["id"], lambda: "" if post.deleted else post.raw


def test_an_own_post_gets_other_words(watched):
    scene, case, message, reads = watched
    scene.command("do", case, "edit", message, "Restart it, that helps.")
    assert reads() == "Restrat it, that helps."  # a command never contacts a server
    scene.command("sync")
    assert reads() == "Restart it, that helps."
    assert scene.states("edit") == ["done"]
    assert [one["text"] for one in scene.command("show", case)[1:]][-1] == "Restart it, that helps."


def test_other_words_pass_the_guards_first(watched):
    scene, case, message, reads = watched
    (stop,) = scene.command("do", case, "edit", message, "Write to robin@private.example, please.", status=3)
    assert (stop["type"], stop["guard"], stop["passable"]) == ("guard", "personal-data", True)
    scene.command("sync")
    assert reads() == "Restrat it, that helps."
    assert scene.states("edit") == []


def test_what_somebody_else_wrote_is_not_edited(watched):
    scene, case, _message, _reads = watched
    question = scene.command("show", case)[1]["id"]
    scene.command("do", case, "edit", question, "Nothing to see here.", status=2)
    assert scene.states("edit") == []


def test_a_message_is_deleted_for_everybody_and_brought_back(watched):
    scene, case, message, reads = watched
    scene.command("do", case, "remove", message)
    scene.command("sync")
    assert reads() == ""
    assert len(scene.command("show", case)) == 2
    scene.command("do", case, "undo")
    scene.command("sync")
    assert reads() == "Restrat it, that helps."
    assert len(scene.command("show", case)) == 3


def test_a_report_is_left_undecided_where_the_forum_knows_that(tmp_path):
    with forum_scene(tmp_path / "desk") as scene:
        topic = scene.forum.topic(scene.robin, "Hello from Robin", "Why does it not sync at all?")
        report = scene.forum.flag(topic.posts[0], scene.forum.user("lena", "Lena Fischer"), "It is spam")
        scene.command("sync")
        (case,) = scene.command("list", "tag:review")
        scene.command("do", case["id"], "ignore")
        scene.command("sync")
        assert report.status == 3
        assert scene.command("list", "tag:review state:open") == []


def test_ignoring_a_report_rejects_it_where_the_forum_knows_no_other_way(tmp_path):
    with nodebb_scene(tmp_path / "desk") as scene:
        topic = scene.forum.topic(scene.robin, "Cheap watches", "Buy cheap watches from me now")
        flag = scene.forum.flag(topic.posts[0], scene.forum.user("lena", "Lena Fischer"), "This is spam")
        scene.command("sync")
        (case,) = scene.command("list", "tag:flag")
        scene.command("do", case["id"], "ignore")
        scene.command("sync")
        assert flag.state == "rejected"
        assert [one.deleted for one in topic.posts] == [False]


def test_what_is_no_report_cannot_be_ignored(watched):
    scene, case, _message, _reads = watched
    scene.command("do", case, "ignore", status=2)
    assert scene.states("moderate") == []


def test_a_key_that_is_not_accepted_is_told_with_what_to_do(scene):
    if isinstance(scene, ForumScene):
        scene.forum.user_keys.clear()
    else:
        scene.forum.tokens.clear()
    (line,) = [one for one in scene.command("source", "check", status=4) if not one.get("ok")]
    assert "127.0.0.1 does not accept the" in str(line)
