"""The composer by keys: what is typed is what is there, and one key paints one row."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from textual import events
from textual.app import App

from agent_tui.widgets.composer import Composer
from agent_tui.widgets.theme import DARK, LOOKS


class Bench(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, text="", cursor=0):
        super().__init__()
        self.composer = Composer(LOOKS[DARK], placeholder="Write to Maria")
        self.start = (text, cursor)
        self.sent = 0
        self.edits = 0

    def compose(self):
        self.composer.add_class("-reply")
        yield self.composer

    def on_mount(self):
        self.composer.load(*self.start)
        self.composer.focus()

    def on_composer_sent(self):
        self.sent += 1

    def on_composer_edited(self):
        self.edits += 1


def screen_text(app):
    return [app.composer.render_line(y).text.rstrip() for y in range(app.composer.content_size.height)]


async def comes_to(app, x, y):
    """Wait until the terminal's cursor stands in a cell of the text: it follows what is painted."""
    end = time.monotonic() + 30
    while app.cursor_position != (app.composer.content_region.x + x, app.composer.content_region.y + y):
        assert time.monotonic() < end, app.cursor_position
        await asyncio.sleep(0.01)


async def test_typing_in_many_scripts():
    app = Bench()
    async with app.run_test(size=(40, 10)) as pilot:
        for character in "ধন্যবাদ র\u200d্যাম":
            app.composer.post_message(events.Key("x" if character.isalpha() else "space", character))
        await pilot.press("enter", "h", "i")
        assert app.composer.text == "ধন্যবাদ র\u200d্যাম\nhi"
        assert screen_text(app)[:2] == ["ধন্যবাদ র\u200d্যাম", "hi"]
        assert app.edits


async def test_the_terminals_cursor_is_where_text_goes():
    app = Bench("one\ntwo", cursor=7)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        await comes_to(app, 3, 1)
        await pilot.press("x")
        await comes_to(app, 4, 1)


async def test_a_key_paints_only_its_row():
    text = "All work and no play makes Jack a dull boy.\n" * 4000
    app = Bench(text, cursor=len(text) // 2)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        painted = []
        render = app.composer.render_line
        app.composer.render_line = lambda y: painted.append(y) or render(y)
        await pilot.press("x")
        assert len(set(painted)) == 1


async def test_a_paste_of_several_lines_is_one_undo():
    app = Bench("a")
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("end")
        app.composer.post_message(events.Paste("b\r\nc\x1b[31m"))
        await pilot.pause()
        assert app.composer.text == "ab\nc[31m"
        await pilot.press("ctrl+z")
        assert app.composer.text == "a"
        await pilot.press("ctrl+y")
        assert app.composer.text == "ab\nc[31m"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["ctrl+w"], "the quick brown "),
        (["ctrl+u"], ""),
        (["ctrl+a", "ctrl+k"], ""),
        (["ctrl+left", "ctrl+left", "X"], "the quick Xbrown fox"),
        (["shift+left", "shift+left", "backspace"], "the quick brown f"),
        (["ctrl+home", "delete", "ctrl+delete"], " quick brown fox"),
        (["home", "ctrl+right", "ctrl+j"], "the\n quick brown fox"),
        (["ctrl+shift+left", "ctrl+x", "ctrl+a", "ctrl+v"], "foxthe quick brown "),
    ],
)
async def test_keys_of_an_editor(keys, expected):
    text = "the quick brown fox"
    app = Bench(text, cursor=len(text))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*keys)
        assert app.composer.text == expected


async def test_up_and_down_keep_to_their_column_over_a_short_row():
    app = Bench("abcdefgh\nab\nabcdefgh", cursor=6)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("down", "down")
        assert app.composer.buffer.cursor == (2, 6)
        await pilot.press("up", "up")
        assert app.composer.buffer.cursor == (0, 6)


async def test_enter_sends_only_where_it_is_told_to():
    app = Bench()
    async with app.run_test(size=(40, 10)) as pilot:
        app.composer.enter_sends = True
        await pilot.press("h", "i", "ctrl+j", "x", "enter")
        assert app.composer.text == "hi\nx"
        assert app.sent == 1


async def test_gaps_stand_out_and_are_filled_in_turn():
    app = Bench("Order [[number]] of [[day]].")
    async with app.run_test(size=(40, 10)) as pilot:
        app.composer.find_gaps = lambda line: [m.span() for m in re.finditer(r"\[\[.*?\]\]", line)]
        assert app.composer.gaps == 2
        app.composer.next_gap()
        await pilot.press("1", "7")
        app.composer.next_gap()
        await pilot.press("M", "o")
        assert app.composer.text == "Order 17 of Mo."
        assert not app.composer.next_gap()


async def test_the_window_follows_the_cursor_and_the_wheel_does_not_move_it():
    app = Bench("\n".join(str(n) for n in range(100)))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("ctrl+end")
        assert "99" in "".join(screen_text(app))
        app.composer._wheel(-30, events.MouseScrollUp(app.composer, 0, 0, 0, -1, 0, False, False, False))
        assert "99" not in "".join(screen_text(app))
        assert app.composer.buffer.cursor == (99, 2)
        await pilot.press("x")
        assert "99x" in "".join(screen_text(app))


async def test_a_long_line_wraps_again_when_the_width_changes():
    app = Bench("word " * 40)
    async with app.run_test(size=(40, 20)) as pilot:
        before = app.composer._layout.height
        await pilot.resize_terminal(80, 20)
        await pilot.pause()
        assert app.composer._layout.height < before
