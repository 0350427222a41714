"""What is not here: asked of the engine, taken up when it comes, said in words when it does not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from agent_tui.app import Workstation
from agent_tui.desk.engine_link import SourceStatus
from agent_tui.screens.standing import standing, trouble
from agent_tui.widgets import width
from tests.fake_desk import FakeDesk, make_message

width.install()


class Engine(SimpleNamespace):
    """An engine that notes what it is asked."""

    def __init__(self, up=True):
        super().__init__(state="up" if up else "off", sources={}, asked=[], done=None)

    def start(self):
        pass

    def ask(self, what, *, done=None, **fields):
        self.asked.append((what, fields))
        self.done = done
        return self.state == "up"


def made(up=True, **message):
    desk = FakeDesk()
    desk.engine = Engine(up)
    desk.files = {}
    desk.attachment = lambda number, part: desk.files.get((number, part))
    case = desk.cases[17]
    desk.extra[17] = (make_message(case, 1, id=901, text="See the file.", **message),)
    return desk


async def at_the_file(pilot):
    await pilot.press("enter", "G")
    await pilot.pause()


def said(app):
    return app.screen.status.words[0]


async def test_a_file_that_is_not_here_is_fetched_and_then_asked_about(tmp_path):
    desk = made()
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await at_the_file(pilot)
        await pilot.press("O", "O")  # the first of several
        await pilot.pause()
        (what, fields), = [asked for asked in desk.engine.asked if asked[1]["part"]]
        assert what == "want"
        assert "being fetched" in said(app)
        assert app.screen.status.prompt is None
        path = tmp_path / "file"
        path.write_bytes(b"x")
        desk.files[fields["message"], fields["part"]] = path
        app.screen.second()
        assert app.screen.status.prompt is not None
        assert app.screen.status.prompt.label.startswith("save ")


async def test_a_file_that_cannot_be_fetched_says_why():
    desk = made()
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await at_the_file(pilot)
        app.screen.want_file(app.screen._files()[0], print)
        desk.engine.done({"error": "the server no longer has it"})
        app.screen.second()
        assert "can't be fetched: the server no longer has it" in said(app)


async def test_a_file_that_comes_while_something_else_is_asked_does_not_interrupt(tmp_path):
    desk = made()
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await at_the_file(pilot)
        file = app.screen._files()[0]
        went_on = []
        app.screen.want_file(file, went_on.append)
        await pilot.press("t", "x")
        desk.files[file[0].id, file[1].part] = tmp_path
        app.screen.second()
        assert app.screen.status.prompt.text == "x"
        assert went_on == []
        await pilot.press("escape")
        assert "is here now" in said(app)


async def test_without_an_engine_or_offline_it_is_said_so():
    for up, offline, words in ((False, False, "nothing is syncing; ctrl+r"), (True, True, "offline, as started")):
        desk = made(up)
        desk.offline = offline
        app = Workstation(desk)
        async with app.run_test(size=(100, 30)) as pilot:
            await at_the_file(pilot)
            app.screen.want_file(app.screen._files()[0], print)
            assert words in said(app)


async def test_a_text_that_is_not_here_is_asked_for_once():
    desk = made()
    desk.extra[17] = tuple(replace(one, complete=False) for one in desk.extra[17])
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await at_the_file(pilot)
        app.screen.changed(frozenset({"cache"}))
        assert [fields for _, fields in desk.engine.asked] == [{"message": 901, "part": ""}]


def test_trouble_is_short_at_the_end_of_the_line_and_whole_when_it_is_new():
    desk = SimpleNamespace(engine=Engine(), workspace=SimpleNamespace(sources=(1,)))
    desk.engine.sources = {
        "mail": SourceStatus(state="login", error="mail.example refused the login of a@x: wrong password; do this"),
        "forum": SourceStatus(state="offline", error="forum.example cannot be reached"),
    }
    assert standing(desk, 2) == ("2 to send, mail: login refused (+1)", "late")
    assert trouble(desk)[0] == "mail: mail.example refused the login of a@x: wrong password; do this"


def test_what_a_source_may_not_ask_now_is_not_called_fetching():
    desk = SimpleNamespace(engine=Engine(), workspace=SimpleNamespace(sources=(1,)))
    desk.engine.sources = {"forum": SourceStatus(state="pulling", error="the forum lets this key ask 2,880 times in a day")}
    assert standing(desk, 0) == ("forum: held back", "late")
    assert trouble(desk) == ("forum: the forum lets this key ask 2,880 times in a day",)


def test_a_round_says_once_how_far_it_is():
    desk = SimpleNamespace(engine=Engine(), workspace=SimpleNamespace(sources=(1,)))
    desk.engine.sources = {"mail": SourceStatus(state="pulling", done=12, total=44)}
    assert standing(desk, 0) == ("mail: fetching 12 of 44", "accent")


async def test_new_trouble_is_said_in_full_and_only_once():
    desk = FakeDesk()
    desk.engine = Engine()
    app = Workstation(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        desk.engine.sources = {"mail": SourceStatus(state="login", error="wrong password; agent-tui secret set mail")}
        app.screen.second()
        assert said(app) == "mail: wrong password; agent-tui secret set mail"
        await pilot.press("j")
        app.screen.second()
        assert said(app) == ""
