"""Writing a reply by keys: nothing typed is lost, nothing crosses from note to reply, nothing leaves unseen."""

from __future__ import annotations

import stat
import sys
import time
from dataclasses import replace

import pytest
from textual import events

from agent_tui.domain.model import Address, CaseState, Channel, Direction, Role, Visibility
from agent_tui.domain.operations import SetState, Snooze
from agent_tui.screens import outside_editor
from agent_tui.screens.compose import ComposeScreen
from agent_tui.screens.compose_parts import complete_path
from agent_tui.screens.compose_saving import SAVE_AFTER
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import NOW, FakeDesk, Found, a_message


def running(app, size=(80, 24)):
    return app.run_test(size=size)


async def write(pilot, text):
    for character in text:
        await pilot.press({" ": "space", "\n": "enter"}.get(character, character))


def status(app):
    return app.screen.status.words[0]


def on_screen(app):
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def test_a_key_is_on_disk_within_a_quarter_of_a_second():
    assert SAVE_AFTER <= 0.2


async def test_typing_saves_by_itself_and_leaving_saves_at_once():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "Hi")
        end = time.monotonic() + 20
        while not app.desk.saves or app.desk.saves[-1].text != "Hi":
            assert time.monotonic() < end
            await pilot.pause(0.02)
        await pilot.press("!", "escape")
        assert app.desk.saves[-1].text == "Hi!"
        assert not isinstance(app.screen, ComposeScreen)
        assert "Draft kept" in status(app)


async def test_looking_without_writing_stores_nothing_and_an_emptied_draft_is_discarded():
    app = ComposerApp()
    async with running(app) as pilot:
        await pilot.press("escape")
        assert app.desk.saves == []
        await pilot.press("r", "x", "escape", "r", "backspace", "escape")
        assert app.desk.kept == {}
        assert len(app.desk.discarded) == 1


async def test_a_draft_is_taken_up_where_it_was_left():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "Hello Maria")
        await pilot.press("left", "left", "escape", "r")
        assert app.screen.composer.text == "Hello Maria"
        assert app.screen.composer.buffer.offset == 9


async def test_closing_the_program_saves_what_was_typed():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "half a sent")
        app.exit()
    assert app.desk.saves[-1].text == "half a sent"


async def test_a_draft_that_cannot_be_saved_is_said_and_not_left():
    desk = FakeDesk()
    desk.save_draft = lambda draft: (_ for _ in ()).throw(OSError("disk full"))
    app = ComposerApp(desk)
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("escape")
        assert isinstance(app.screen, ComposeScreen)
        assert "NOT SAVED" in status(app)
        del desk.save_draft
        await pilot.press("escape")


async def test_what_stands_against_an_answer_is_said_before_it_is_written():
    desk = FakeDesk()
    desk.messages = (*desk.messages, replace(a_message(128, "?", at=NOW), warning="encrypted: nothing can be sent into this room"))
    app = ComposerApp(desk)
    async with running(app):
        assert "nothing can be sent into this room" in status(app)


async def test_note_and_reply_each_keep_their_text_and_look_different():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "for Maria")
        reply = (app.screen.composer.border_title, app.screen.composer.styles.border.top)
        await pilot.press("ctrl+n")
        note = (app.screen.composer.border_title, app.screen.composer.styles.border.top)
        assert app.screen.composer.text == ""
        assert "NOTE" in note[0]
        assert "only colleagues" in note[0]
        assert reply[1][0] != note[1][0]
        assert reply[1][1] != note[1][1]
        await write(pilot, "she is angry")
        await pilot.press("ctrl+n")
        assert app.screen.composer.text == "for Maria"
        await pilot.press("ctrl+n")
        assert app.screen.composer.text == "she is angry"
        assert {one.kind: one.text for one in app.desk.kept.values()} == {"reply": "for Maria", "note": "she is angry"}


async def test_a_newer_message_is_shown_above_without_moving_anything():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "I am writing")
        cursor, region = app.cursor_position, app.screen.composer.region
        app.desk.messages = (*app.desk.messages, a_message(128, "Forget it, solved!", at=NOW))
        app.screen.changed(frozenset({"cache"}))
        await pilot.pause()
        shown = on_screen(app)
        assert "NEW from Maria López" in shown
        assert "Forget it, solved!" in shown
        assert (app.cursor_position, app.screen.composer.region) == (cursor, region)
        await write(pilot, ".")
        assert app.screen.composer.text == "I am writing."
        await pilot.press("tab")
        assert "NEW from" not in on_screen(app)
        assert app.screen.draft.seen == 128


async def test_while_reading_no_key_reaches_the_text():
    app = ComposerApp()
    async with running(app) as pilot:
        await pilot.press("a", "tab", "j", "x", "space", "tab", "b")
        assert app.screen.composer.text == "ab"


async def test_the_gate_says_to_whom_and_y_sends():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s")
        shown = on_screen(app)
        assert "To Maria López by email (private)" in shown
        assert "held 15 s" in shown
        assert app.desk.sends == []
        await pilot.press("z", "x")
        assert app.screen.composer.text == "Hi"
        await pilot.press("y")
        (sent,) = app.desk.sends
        assert (sent.draft.text, sent.then, sent.at) == ("Hi", (), None)
        assert "Held 15 s" in status(app)
        assert "z takes it back" in status(app)
        assert app.desk.kept == {}


async def test_esc_at_the_gate_goes_back_to_the_text():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", "escape", "!")
        assert app.screen.composer.text == "Hi!"
        assert app.desk.sends == []


@pytest.mark.parametrize(
    ("keys", "then"),
    [
        (["e"], SetState(state=CaseState.CLOSED, seen=64)),
        (["w"], SetState(state=CaseState.WAITING, seen=64)),
        (["b", "2", "h", "enter"], Snooze(until=NOW + 7_200_000, seen=64)),
    ],
)
async def test_what_follows_a_send_is_staged_with_it(keys, then):
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", *keys)
        assert app.desk.sends[0].then == (then,)


async def test_later_asks_when():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", "l", "x", "enter")
        assert app.desk.sends == []
        await pilot.press("backspace", "3", "h", "enter")
        assert app.desk.sends[0].at == NOW + 10_800_000


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_time_when_we_are_closed_is_told_and_once_passed_it_leaves_then_and_not_now(size):
    app = ComposerApp(FakeDesk(findings=(Found("hours", "we are closed until Mon 09:00"),)))
    async with running(app, size) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", "l", "3", "h", "enter")
        assert app.desk.sends == []
        assert "we are closed until Mon 09:00" in on_screen(app)
        assert "leaves" in on_screen(app)
        await pilot.press("y")
        assert app.desk.sends == []
        await pilot.press("p", "y")
        assert (app.desk.sends[0].at, app.desk.sends[0].overrides) == (NOW + 10_800_000, ("hours",))


async def test_back_in_the_text_the_time_is_forgotten():
    app = ComposerApp(FakeDesk(findings=(Found("hours", "we are closed until Mon 09:00"),)))
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", "l", "3", "h", "enter", "escape", "ctrl+s")
        assert "we are closed" not in on_screen(app)
        await pilot.press("y")
        assert app.desk.sends[0].at is None


async def test_a_guard_is_passed_only_by_its_key():
    app = ComposerApp(FakeDesk(findings=(Found("wrong-name", "Dear Ravi, but this is Maria"),)))
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", "y", "enter", "e")
        assert app.desk.sends == []
        assert "wrong-name" in status(app)
        assert "p passes it" in on_screen(app)
        await pilot.press("p", "y")
        assert app.desk.sends[0].overrides == ("wrong-name",)


async def test_a_guard_that_cannot_be_passed_is_not():
    app = ComposerApp(FakeDesk(findings=(Found("gap", "order number", passable=False),)))
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", "p", "y", "e")
        assert app.desk.sends == []
        assert isinstance(app.screen, ComposeScreen)


async def test_passing_a_guard_is_forgotten_when_one_goes_back_to_edit():
    app = ComposerApp(FakeDesk(findings=(Found("leak", "a card number"),)))
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s", "p", "escape", "!", "ctrl+s", "y")
        assert app.desk.sends == []


async def test_a_guard_that_fires_between_gate_and_send_stops_it():
    app = ComposerApp()
    async with running(app) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+s")
        app.desk.findings = (Found("changed", "Maria wrote again"),)
        await pilot.press("y")
        assert app.desk.sends == []
        assert "Maria wrote again" in on_screen(app)


async def test_nothing_is_not_sent():
    app = ComposerApp()
    async with running(app) as pilot:
        await pilot.press("space", "ctrl+s", "y")
        assert app.desk.sends == []
        assert not app.screen.gate.is_open


async def test_in_a_chat_enter_sends_and_the_next_message_is_at_hand():
    app = ComposerApp(FakeDesk(channel=Channel.CHAT))
    async with running(app) as pilot:
        await write(pilot, "one")
        await pilot.press("ctrl+j")
        await write(pilot, "two")
        await pilot.press("enter")
        assert [one.draft.text for one in app.desk.sends] == ["one\ntwo"]
        assert app.screen.composer.text == ""
        await write(pilot, "more")
        await pilot.press("enter")
        assert [one.draft.text for one in app.desk.sends] == ["one\ntwo", "more"]


async def test_in_a_chat_a_guard_opens_the_gate():
    app = ComposerApp(FakeDesk(channel=Channel.CHAT, findings=(Found("leak", "a card number"),)))
    async with running(app) as pilot:
        await write(pilot, "4111")
        await pilot.press("enter")
        assert app.screen.gate.is_open
        assert app.desk.sends == []
        await pilot.press("p", "y")
        assert len(app.desk.sends) == 1


async def test_a_note_in_a_chat_is_not_sent_by_enter():
    app = ComposerApp(FakeDesk(channel=Channel.CHAT), kind="note")
    async with running(app) as pilot:
        await write(pilot, "a")
        await pilot.press("enter", "b")
        assert app.screen.composer.text == "a\nb"
        assert app.desk.sends == []


async def test_recipients_are_edited_on_one_line_and_checked():
    app = ComposerApp()
    async with running(app) as pilot:
        await pilot.press("ctrl+r", "end")
        await write(pilot, " cc: bob")
        await pilot.press("enter")
        assert "no e-mail address" in app.screen.status.prompt.error
        await write(pilot, "@example.com")
        await pilot.press("enter")
        assert app.screen.draft.cc == (Address("", "bob@example.com"),)
        assert "bob@example.com" in on_screen(app)
        assert app.desk.saves[-1].cc == app.screen.draft.cc


async def test_reply_to_chosen_asks_first_and_a_new_message_asks_for_its_subject():
    app = ComposerApp(kind="new", case=None, choose=True)
    async with running(app) as pilot:
        await write(pilot, "x@example.com")
        await pilot.press("enter")
        await write(pilot, "Your order")
        await pilot.press("enter")
        await write(pilot, "Hello")
        draft = app.screen.draft
        assert (draft.to, draft.subject) == ((Address("", "x@example.com"),), "Your order")
        assert app.screen.composer.text == "Hello"


async def test_a_forward_is_written_above_the_quoted_original():
    app = ComposerApp(kind="forward")
    async with running(app) as pilot:
        await write(pilot, "See below.")
        assert app.screen.composer.text.startswith("See below.\n\n---- Forwarded message ----\n> Hello")


async def test_files_are_attached_with_their_size_and_taken_off(tmp_path):
    file = tmp_path / "invoice.pdf"
    file.write_bytes(b"x" * 1234)
    app = ComposerApp()
    async with running(app) as pilot:
        await pilot.press("ctrl+f")
        await write(pilot, str(tmp_path / "inv"))
        await pilot.press("enter")
        assert "there is no file" in app.screen.status.prompt.error
        await pilot.press("tab", "enter")
        assert "invoice.pdf 1.2 kB" in on_screen(app)
        await pilot.press("ctrl+f")
        await write(pilot, "-inv")
        await pilot.press("enter")
        assert app.screen.draft.attachments == ()


def test_a_path_is_completed_with_folders_marked_and_hidden_ones_left_out(tmp_path):
    (tmp_path / "Sub").mkdir()
    (tmp_path / "suite.txt").touch()
    (tmp_path / ".secret").touch()
    base = f"{tmp_path}/"
    assert complete_path(base + "su") == (base + "Sub/", base + "suite.txt")
    assert complete_path(base + ".") == (base + ".secret",)
    assert complete_path(base + "nothing/x") == ()


def test_the_editors_file_is_private_and_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    script = tmp_path / "ed.py"
    script.write_text(
        "import os, sys, pathlib\np = pathlib.Path(sys.argv[1])\n"
        f"pathlib.Path({str(tmp_path / 'mode')!r}).write_text(oct(p.stat().st_mode))\n"
        "p.write_text(p.read_text() + 'added ধন্যবাদ\\n')\n"
    )
    assert outside_editor.edit("one\n\ntwo", [sys.executable, str(script)]) == "one\n\ntwo\nadded ধন্যবাদ"
    assert stat.S_IMODE(int((tmp_path / "mode").read_text(), 8)) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["ed.py", "mode"]


def test_an_editor_that_fails_changes_nothing(tmp_path):
    with pytest.raises(outside_editor.UsageError, match="status 1"):
        outside_editor.edit("text", ["false"])
    with pytest.raises(outside_editor.UsageError, match="not there"):
        outside_editor.editor({"EDITOR": "/no/such/editor -x"})


async def test_a_text_that_came_back_says_why():
    desk = FakeDesk()
    draft = replace(desk.draft(7), text="Hi", error="550 no such user", id=5)
    desk.kept[5] = draft
    app = ComposerApp(desk)
    async with running(app):
        assert "550 no such user" in status(app)
        assert app.screen.composer.text == "Hi"


async def test_a_public_reply_says_so_in_the_frame_and_at_the_gate():
    app = ComposerApp(FakeDesk(channel=Channel.COMMUNITY))
    async with running(app) as pilot:
        assert app.screen.draft.visibility is Visibility.PUBLIC
        assert "PUBLIC" in app.screen.composer.border_title
        await pilot.press("x", "ctrl+s")
        assert "everybody can read it" in on_screen(app)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_customers_words_stay_in_view(size):
    app = ComposerApp()
    async with running(app, size) as pilot:
        app.screen.composer.post_message(events.Paste("Hello\n" * 20))
        await write(pilot, "x")
        assert "you charged me twice" in on_screen(app)
        assert "Hello" in on_screen(app)


async def test_a_colleagues_answer_is_told_as_one():
    app = ComposerApp()
    async with running(app) as pilot:
        app.desk.messages = (*app.desk.messages, a_message(128, "Done.", name="Ravi", role=Role.AGENT))
        app.screen.changed(frozenset({"cache"}))
        await pilot.pause()
        assert "Ravi (colleague)" in on_screen(app)


@pytest.mark.parametrize("channel", [Channel.CHAT, Channel.COMMUNITY])
async def test_where_recipients_cannot_be_chosen_it_is_said_and_writing_goes_on(channel):
    app = ComposerApp(FakeDesk(channel=channel), choose=True)
    async with running(app) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, ComposeScreen)
        assert "can't be chosen" in status(app)
        await write(pilot, "Hi")
        assert app.screen.composer.text.startswith("Hi")


async def test_only_mail_is_forwarded():
    app = ComposerApp(FakeDesk(channel=Channel.CHAT))
    async with running(app) as pilot:
        await pilot.press("escape", "f")
        assert not isinstance(app.screen, ComposeScreen)
        assert "only e-mail can be forwarded" in status(app)


async def test_what_is_answered_is_in_view_when_writing_begins():
    app = ComposerApp()
    async with running(app) as pilot:
        await pilot.pause()
        view = app.screen.view
        theirs = [place for place, one in enumerate(view.messages) if one.direction is Direction.IN]
        assert view.current == theirs[-1]


async def test_a_new_message_to_a_user_of_a_chat_goes_by_the_chat():
    desk = FakeDesk()
    email = desk.workspace.sources[0]
    desk.workspace = replace(desk.workspace, sources=(email, replace(email, name="chat", channel=Channel.CHAT)))
    app = ComposerApp(desk, kind="new", case=None, choose=True)
    async with running(app) as pilot:
        await write(pilot, "@rina:x.example")
        await pilot.press("enter")
        assert app.screen.draft.source == "chat"
        assert app.screen.draft.to == (Address("", "@rina:x.example"),)
        assert "in chat" in app.screen.composer.border_title
