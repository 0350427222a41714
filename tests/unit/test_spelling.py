"""Spelling: which words are looked at, what a real speller says of them, and that typing never waits for it."""

from __future__ import annotations

import queue
import shutil
from pathlib import Path

import pytest

from agent_tui.desk import Desk
from agent_tui.desk.spelling import Speller
from agent_tui.domain import spelling
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk
from tests.unit.test_composer_screen import running, status, write
from tests.unit.workspaces import Clock, workspace

TEXT = "Helo Anika, your parsel TW-48213 (see https://x.example/parsl, mail halp@x.example) `rm -rfx` [[dat]] USB isn't lost.\n> qoted"


def looked_at(text: str, *known: str) -> list[str]:
    return [text[start:end] for start, end in spelling.words(text, known)]


def test_only_words_are_looked_at() -> None:
    assert looked_at(TEXT, "Anika") == ["Helo", "your", "parsel", "see", "mail", "isn't", "lost"]


def test_words_of_indic_scripts_are_whole() -> None:
    assert looked_at("নমস্কার, পার্সেলটি আসেনি। ਸਤ ਸ੍ਰੀ ਅਕਾਲ ನಮಸ್ಕಾರ") == ["নমস্কার", "পার্সেলটি", "আসেনি", "ਸਤ", "ਸ੍ਰੀ", "ਅਕਾਲ", "ನಮಸ್ಕಾರ"]


@pytest.mark.parametrize(
    ("language", "found"),
    [("en", "en_US"), ("de", "de_DE"), ("bn", "bn_BD"), ("pt-BR", "pt_BR"), ("hi-latn", ""), ("kn", ""), ("", "")],
)
def test_the_dictionary_of_a_language(language: str, found: str) -> None:
    there = ("de_AT", "en_GB", "de_DE", "en_US", "bn_BD", "pt_PT", "pt_BR")
    assert spelling.dictionary(language, there) == found


def test_what_a_speller_answers_is_read() -> None:
    answer = ["& parsel 2 1: parse, parcel", "# qwrtz 1", "*", "+ be", "nonsense", "& odd"]
    assert spelling.read_answer(answer) == {"parsel": ("parse", "parcel"), "qwrtz": ()}


PROGRAMS = [one for one in ("hunspell", "enchant-2") if shutil.which(one)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_real_speller_is_asked_once_about_a_word_and_ends_with_the_desk(program: str) -> None:
    speller = Speller(shutil.which(program) or program)
    found = speller.judge("en", ["parsel", "hello", "recieved", "isn't"])
    if found is None:
        pytest.skip(f"{program} has no English dictionary")
    assert set(found) == {"parsel", "recieved"}
    assert "parcel" in found["parsel"]
    (process,) = speller._running.values()
    assert speller.judge("en", ["parsel", "hello"]) == {"parsel": found["parsel"]}
    assert speller.judge("tlh", ["qapla"]) is None
    speller.close()
    assert process.poll() is not None


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_speller_that_was_killed_is_started_again(program: str) -> None:
    speller = Speller(shutil.which(program) or program)
    if speller.judge("en", ["parsel"]) is None:
        pytest.skip(f"{program} has no English dictionary")
    for process in speller._running.values():
        process.kill()
        process.wait()
    assert set(speller.judge("en", ["wrnog"])) == {"wrnog"}
    speller.close()


def test_without_a_speller_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    desk = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    assert desk.speller is None
    answers: queue.Queue = queue.Queue()
    assert not desk.spell("en", ["parsel"], answers.put)
    assert answers.empty()
    desk.close()


def test_accepted_words_are_remembered(tmp_path: Path) -> None:
    desk = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    desk.accept_word("Tamarind")
    desk.close()
    again = Desk(workspace(tmp_path / "w"), now=Clock(), offline=True)
    assert again.accepted_words == {"Tamarind"}
    again.close()


class SpellingDesk(FakeDesk):
    """Answers when the test says so."""

    speller = "there"
    take = None

    def __post_init__(self):
        super().__post_init__()
        self.accepted_words, self.asked = set(), []

    def spell(self, language, words, done):
        self.asked.append((language, frozenset(words)))
        self.take = done
        return True

    def accept_word(self, word):
        self.accepted_words.add(word)


def underlined(app) -> set[str]:
    strips = [app.screen.composer.render_line(y) for y in range(app.screen.composer.size.height)]
    return {one.text for strip in strips for one in strip if one.style and one.style.underline and one.text.strip()}


async def test_a_misspelt_word_is_underlined_a_moment_later_and_one_key_mends_it():
    app = ComposerApp(SpellingDesk())
    async with running(app) as pilot:
        await write(pilot, "Your parsel is late")
        app.screen._spell()
        assert "parsel" in app.desk.asked[-1][1]
        app.desk.take({"parsel": ("parcel", "parse")})
        await pilot.pause()
        assert underlined(app) == {"parsel"}
        await pilot.press("f7")
        assert app.screen.composer.buffer.selected == "parsel"
        assert app.screen.status.prompt.offers == ("parcel", "parse")
        await pilot.press("enter")
        assert app.screen.composer.text == "Your parcel is late"
        assert underlined(app) == set()


async def test_a_word_of_ones_own_is_kept_and_accepted():
    app = ComposerApp(SpellingDesk())
    async with running(app) as pilot:
        await write(pilot, "Tamarind ships")
        app.screen._spell()
        app.desk.take({"Tamarind": ("Tamarinds",)})
        await pilot.pause()
        await pilot.press("f7", "backspace", "enter")
        assert app.desk.accepted_words == {"Tamarind"}
        assert app.screen.composer.text == "Tamarind ships"
        assert underlined(app) == set()
        await pilot.press("f7")
        assert "No word is misspelt" in status(app)


async def test_names_of_the_people_in_the_case_are_right():
    app = ComposerApp(SpellingDesk())
    async with running(app) as pilot:
        await write(pilot, "Hello López, helo")
        app.screen._spell()
        assert app.desk.asked[-1][1] == {"Hello", "helo"}


async def test_only_rows_with_a_word_that_became_right_or_wrong_are_painted(monkeypatch):
    app = ComposerApp(SpellingDesk())
    async with running(app) as pilot:
        composer = app.screen.composer
        composer.load("The parsel is here.\n\nIt came todday.\n\nBest wishes")
        await pilot.pause()
        painted = []
        monkeypatch.setattr(composer, "refresh", lambda *regions, **_: painted.append({one.y for one in regions}))
        composer.mark_misspelt(frozenset({"parsel", "todday"}))
        composer.mark_misspelt(frozenset({"todday"}))
        composer.mark_misspelt(frozenset({"todday", "elsewhere"}))
        assert painted == [{0, 2}, {0}]
