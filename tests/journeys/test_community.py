"""Work in public by keys: on the demo's forum, and on a simulated Discourse."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.demo_scene import DemoScene, demo_scene
from tests.journeys.forum_scene import ForumScene, forum_scene
from tests.journeys.forum_steps import answer, goes_on_privately
from tests.journeys.terminal import Terminal, until

QUESTION = "Bigger disk"
TOPIC = "639"


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Callable[..., DemoScene]]:
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(demo_scene(tmp_path / "demo", **settings))


@pytest.fixture
def forum(tmp_path: Path) -> Iterator[Callable[..., ForumScene]]:
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(forum_scene(tmp_path / "desk", **settings))


def narrow(terminal: Terminal, query: str) -> None:
    terminal.press("\\")
    terminal.sees("filter")
    terminal.type(query)
    terminal.press("enter")


def posts(scene: DemoScene, topic: str = TOPIC) -> list[str]:
    return scene.texts("forum", topic)


def test_what_is_public_and_how_far_it_is_answered_is_seen_in_both_sizes(week):
    scene = week()
    for size, word in (((140, 40), "unverified"), ((80, 24), "peer?")):
        terminal = scene.open(size=size)
        narrow(terminal, "is:unverified")
        terminal.sees("public Bigger disk", word)
        terminal.press("enter")
        terminal.sees("public, peer answered, not verified", "peer, public")
        terminal.press("r")
        terminal.sees("PUBLIC, anybody can read it")
        terminal.type("We look into it.")
        terminal.press("ctrl+s")
        terminal.sees("PUBLIC, everybody can read it")
        terminal.close()


def test_a_peer_who_is_right_is_thanked_and_marked_with_one_key_and_one_to_send(week):
    scene = week()
    terminal = scene.open()
    narrow(terminal, QUESTION)
    terminal.press("enter")
    terminal.sees("kabelsalat")
    terminal.press(")")
    terminal.sees("kabelsalat is right, thank you!", "and done", "PUBLIC, everybody can read it")
    terminal.press("y")
    until(lambda: posts(scene), "the thanks at the forum")
    assert posts(scene)[0].startswith("kabelsalat is right, thank you!")
    until(lambda: scene.server.talk("forum", TOPIC).solved, "solved at the forum")
    until(lambda: set(scene.states()) | set(scene.states("solution")) == {"sent", "done"}, "all done")
    terminal.press("escape", "escape")
    narrow(terminal, "is:solved subject:disk")
    terminal.sees("solved")


def test_a_peer_who_is_wrong_is_corrected_kindly_with_the_clause(week):
    scene = week()
    terminal = scene.open()
    narrow(terminal, QUESTION)
    terminal.press("enter")
    terminal.sees("kabelsalat")
    terminal.press("(")
    terminal.sees("cite the clause")
    terminal.press("ctrl+u")
    terminal.type("warranty#own-disk-or-memory")
    terminal.press("enter")
    terminal.sees("Thank you for helping, kabelsalat", "[[what is right]]", "“Own disk or memory”")
    for words in ("many makers see it so", "put your disk in, the bay is yours to open", "the disk bay is not sealed."):
        terminal.press("ctrl+g")
        terminal.type(words)
    terminal.press("ctrl+s")
    terminal.sees("and done")
    terminal.press("y")
    (said,) = until(lambda: posts(scene), "the correction at the forum")
    assert "You are right that many makers see it so." in said
    assert "our rule “Own disk or memory”: the disk bay is not sealed." in said
    assert "[[" not in said


def test_a_public_question_goes_on_by_mail_with_a_neutral_line_as_one_case(week):
    scene = week()
    terminal = scene.open()
    narrow(terminal, QUESTION)
    terminal.press("enter")
    terminal.sees("kabelsalat")
    terminal.press("V")
    terminal.sees("go on privately with")
    terminal.type("dora@disks.example")
    terminal.press("enter")
    terminal.sees("GO ON IN PRIVATE", "Until now, in the community")
    terminal.press("up", "up", "up", "up", "up", "up", "up", "up")
    terminal.type("Your serial number, please.")
    terminal.press("ctrl+s")
    terminal.sees("and done", "private")
    terminal.press("y")
    terminal.sees("disk_dora, I have written to you privately", "PUBLIC, everybody can read it", "and done")
    terminal.press("y")

    def arrived():
        return [one for one in scene.server.messages("mailbox") if "Your serial number, please." in one.text]

    (mail,) = until(arrived, "the mail at the server")
    (line,) = until(lambda: posts(scene), "the line in the forum")
    assert "serial" not in line
    until(lambda: scene.states() == ["sent", "sent"], "sent", told=lambda: str(scene.states()))
    scene.server.customer_writes("mailbox", mail.conversation, "It is 4711, thank you.")
    terminal.press("escape", "escape", "g", "i")
    narrow(terminal, QUESTION)
    terminal.press("enter")
    terminal.sees("It is 4711, thank you.")
    terminal.press("r")
    terminal.sees("by email, private")


def test_we_are_here_until_is_said_from_a_canned_reply(week):
    scene = week()
    settings = scene.path / "workspace.toml"
    settings.write_text(settings.read_text("utf-8").replace("daily 08:00-20:00", "daily 00:00-12:00 12:00-23:59"), "utf-8")
    terminal = scene.open()
    narrow(terminal, QUESTION)
    terminal.press("enter")
    terminal.sees("kabelsalat")
    terminal.press("r")
    terminal.sees("REPLY")
    terminal.press("ctrl+t")
    terminal.type("here")
    terminal.sees("We are here until")
    terminal.press("enter")
    terminal.sees("We are here until 23:59 UTC today")


def test_an_article_is_drafted_from_a_solved_case(week):
    scene = week()
    terminal = scene.open()
    narrow(terminal, QUESTION)
    terminal.press("enter")
    terminal.sees("kabelsalat")
    terminal.press(")")
    terminal.sees("and done")
    terminal.press("y")
    terminal.loses("and done")
    terminal.press("escape", "escape", "g", "w")
    narrow(terminal, QUESTION)
    terminal.press("enter")
    terminal.sees("marked as the answer")
    terminal.press("B")
    terminal.sees("is a draft of")
    (article,) = (scene.path / "articles").iterdir()
    text = article.read_text("utf-8")
    assert "## Question\n\nI would like to put a 4 TB disk" in text
    assert "## Answer\n\nOf course you do." in text
    assert "kabelsalat" not in text
    assert "disk_dora" not in text
    terminal.press("B")
    terminal.sees("there already is articles/bigger-disk")


def test_on_a_discourse_a_peer_is_marked_and_a_question_goes_on_as_a_private_message(forum):
    scene = forum()
    lena = scene.forum.user("lena", "Lena Fox")
    clock, begun = scene.forum.now, scene.forum.now()
    times = iter((begun - 30_000, begun - 30_000, begun - 20_000, begun - 10_000))
    scene.forum.now = lambda: next(times)  # a topic, its question and two answers, seconds apart
    topic = scene.forum.topic(scene.robin, "It does not sync", "Why does my box not sync at all?")
    peer = scene.forum.add(topic, lena, "Hold the button for ten seconds, then it does.")
    scene.forum.add(topic, lena, "And tell us whether it helped.")
    scene.forum.now = clock
    terminal = scene.open()
    terminal.sees("It does not sync", "unverified")
    terminal.press("enter")
    terminal.sees("Hold the button", "peer answered, not verified")
    terminal.press("J")
    terminal.press(")")
    terminal.sees("Lena Fox is right", "and done")
    terminal.press("y")
    until(lambda: len(scene.ours(topic)) == 1, "the thanks")
    assert scene.ours(topic)[0].reply_to == peer.number  # to the post that is meant, not to the newest
    until(lambda: peer.accepted, "marked at the forum")
    terminal.press("escape", "escape", "g", "w")
    terminal.sees("It does not sync", "solved")
    terminal.press("enter")
    terminal.sees("Hold the button", "marked as the answer")
    goes_on_privately(terminal, "robin", "Robin Bell")
    until(lambda: len(scene.ours(topic)) == 2, "the neutral line")
    until(lambda: scene.states() == ["sent", "sent", "sent"], "all sent", told=lambda: str(scene.states()))
    (private,) = [one for one in scene.forum.topics.values() if one.archetype == "private_message"]
    assert "Your serial number, please." in scene.texts(private)[0]
    scene.forum.now = lambda: clock() + 5_000
    scene.forum.add(private, scene.robin, "It is 4711, thank you so much.")
    terminal.press("escape", "escape", "g", "i")
    terminal.sees("It is 4711")
    terminal.press("enter")
    terminal.sees("Hold the button", "It is 4711, thank you so much.")  # one case
    answer(terminal, "It is on its way to you.")
    until(lambda: len(scene.ours(private)) == 2, "the answer in private", told=lambda: str(scene.texts(topic)))
    assert len(scene.ours(topic)) == 2
