"""Keys that arrive together are done in their order, whoever they are for: over a slow line they come in bursts."""

from __future__ import annotations

from textual import events

from agent_tui.domain.model import Channel
from agent_tui.screens.compose import ComposeScreen
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk


def burst(app, text, *keys):
    """Everything in one go, as a terminal hands it over after a pause of the line."""
    for character in text:
        app.post_message(events.Key({" ": "space", "\n": "enter"}.get(character, character), character))
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_what_was_typed_before_the_gate_goes_through_it():
    app = ComposerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        burst(app, "On its way", "ctrl+s", "y")
        await pilot.pause()
        (draft,) = [one.draft for one in app.desk.sends]
        assert draft.text == "On its way"


async def test_what_was_typed_before_leaving_is_kept():
    app = ComposerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        burst(app, "Half a thou", "escape")
        await pilot.pause()
        assert [one.text for one in app.desk.kept.values()] == ["Half a thou"]


async def test_in_a_chat_what_is_typed_after_enter_is_the_next_message():
    app = ComposerApp(FakeDesk(channel=Channel.CHAT))
    async with app.run_test(size=(100, 30)) as pilot:
        burst(app, "One moment\nHere it is\n")
        await pilot.pause()
        assert [one.draft.text for one in app.desk.sends] == ["One moment", "Here it is"]


async def test_keys_that_come_before_the_composer_is_on_the_screen_are_not_lost():
    app = ComposerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("escape")
        assert not isinstance(app.screen, ComposeScreen)
        app.below.perform("reply")
        burst(app, "Hello")
        await pilot.pause()
        assert app.screen.composer.text == "Hello"
