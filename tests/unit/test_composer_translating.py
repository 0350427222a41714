"""Translating by keys: the draft for the customer, the message at hand for oneself."""

from __future__ import annotations

from agent_tui.app import Workstation
from agent_tui.domain.translation import MACHINE
from tests.fake_desk import FakeDesk as ReadingDesk
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk
from tests.unit.test_composer_screen import on_screen, running, status, write

BENGALI = "নমস্কার মারিয়া, আপনার ফেরত আজ পাঠানো হয়েছে।"


class Translator:
    """Answers when the test says so."""

    def __init__(self, desk) -> None:
        desk.translate = self
        self.asked, self.take = [], None

    def __call__(self, text, target, done, *, names=(), origin=""):
        self.asked.append((text, target, frozenset(names)))
        self.take = done


async def test_the_draft_is_translated_marked_confirmed_and_both_texts_are_kept():
    desk = FakeDesk()
    translator = Translator(desk)
    app = ComposerApp(desk)
    async with running(app) as pilot:
        await write(pilot, "Sent today")
        await pilot.press("f4")
        assert app.screen.status.prompt.text == desk.languages_for(7)[0]
        for _ in app.screen.status.prompt.text:
            await pilot.press("backspace")
        await pilot.press("b", "n", "enter")
        assert "Bengali" in status(app)
        ((text, target, names),) = translator.asked
        assert (text, target) == ("Sent today", "bn")
        assert "Maria López" in names
        await write(pilot, "")
        translator.take(BENGALI)
        await pilot.pause()
        assert app.screen.composer.text == BENGALI
        assert BENGALI in on_screen(app)
        assert desk.saves[-1].original == "Sent today"
        assert [label for _, _, label in desk.saves[-1].origins] == [MACHINE]
        assert "f4" in status(app)
        await pilot.press("f4")
        assert desk.saves[-1].origins == ()
        assert (app.screen.composer.text, desk.saves[-1].original) == (BENGALI, "Sent today")


async def test_typing_goes_on_meanwhile_and_what_was_typed_is_not_replaced():
    desk = FakeDesk()
    translator = Translator(desk)
    app = ComposerApp(desk)
    async with running(app) as pilot:
        await write(pilot, "Sent")
        await pilot.press("f4", "enter")
        await write(pilot, " today")
        translator.take(BENGALI)
        await pilot.pause()
        assert app.screen.composer.text == "Sent today"
        assert "changed" in status(app)


async def test_one_key_takes_the_translation_back():
    desk = FakeDesk()
    translator = Translator(desk)
    app = ComposerApp(desk)
    async with running(app) as pilot:
        await write(pilot, "Sent today")
        await pilot.press("f4", "enter")
        translator.take(BENGALI)
        await pilot.pause()
        await pilot.press("ctrl+z")
        assert app.screen.composer.text == "Sent today"


async def test_why_there_is_no_translation_is_said():
    desk = FakeDesk()
    translator = Translator(desk)
    app = ComposerApp(desk)
    async with running(app) as pilot:
        await write(pilot, "Sent today")
        await pilot.press("f4", "enter")
        translator.take(ValueError("the translation lost TW-48213; it is not used"))
        await pilot.pause()
        assert app.screen.composer.text == "Sent today"
        assert "lost TW-48213" in status(app)


async def test_a_message_is_translated_below_its_own_text():
    desk = ReadingDesk()
    translator = Translator(desk)
    kept = []
    desk.keep_translation = lambda message, translation: kept.append((message.id, translation.language, translation.text))
    app = Workstation(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("enter", "T")
        await pilot.pause()
        ((text, target, _names),) = translator.asked
        assert target == "en"
        assert text
        translator.take("what they said")
        await pilot.pause()
        assert [(language, said) for _, language, said in kept] == [("en", "what they said")]
        assert "below its text" in app.screen.status.words[0]
