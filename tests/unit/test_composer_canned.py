"""Canned replies are a start: rendered for this case, gaps at hand, and what is typed stays when nothing matches."""

from __future__ import annotations

import pytest

from agent_tui.knowledge.canned import CannedLibrary
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk


@pytest.fixture
def app(tmp_path):
    (tmp_path / "refund.md").write_text(
        "---\nname: refund late\nshortcut: rf\ntags: [billing]\n---\n"
        'Hello {{ customer.first_name }},\n\nyour refund for {{ ask("order number") }} left on {{ ask("day") }}.\n'
    )
    (tmp_path / "thanks.md").write_text("---\nname: thanks\nshortcut: ty\n---\nThank you, {{ customer.first_name }}.\n")
    (tmp_path / "broken.md").write_text("---\nname: broken\n---\n{{ customer.shoe }}\n")
    return ComposerApp(FakeDesk(canned=CannedLibrary(tmp_path)))


async def write(pilot, text):
    for character in text:
        await pilot.press({" ": "space", "\n": "enter"}.get(character, character))


def on_screen(app):
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_the_picker_previews_for_this_case_and_inserts_with_gaps(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", "r", "e", "f")
        assert "Hello Maria," in on_screen(app)
        assert app.screen.composer.text == ""
        await pilot.press("enter")
        assert app.screen.composer.text.startswith("Hello Maria,\n\nyour refund for [[order number]]")
        assert app.screen.composer.buffer.selected == "[[order number]]"
        await write(pilot, "17")
        await pilot.press("ctrl+g")
        await write(pilot, "Monday")
        assert app.screen.composer.text == "Hello Maria,\n\nyour refund for 17 left on Monday."
        await pilot.press("escape")
        assert app.desk.saves[-1].canned == ("refund late",)


async def test_what_is_canned_is_still_known_when_the_draft_is_opened_again(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("O", "k", "space", "ctrl+t", "t", "h", "a", "enter")
        composer = app.screen.composer
        await pilot.press("escape")
        saved = app.desk.saves[-1]
        assert [label for _, _, label in saved.origins] == ["thanks"]
        start, end, _ = saved.origins[0]
        assert saved.text[start:end].startswith("Thank you, Maria")
        composer.load(saved.text, 0, saved.origins)
        assert composer.buffer.origins == saved.origins


async def test_a_whole_letter_is_not_glued_to_what_stands_before_it(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await write(pilot, "Hi")
        await pilot.press("ctrl+t", "r", "e", "f", "enter")
        assert app.screen.composer.text.startswith("Hi\n\nHello Maria,")


async def test_esc_closes_the_picker_and_not_the_composer(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a", "ctrl+t", "x", "escape", "b")
        assert app.screen.composer.text == "ab"


@pytest.mark.parametrize("trigger", ["/rf", "::rf", "::"])
async def test_a_trigger_at_a_words_start_is_replaced_by_what_is_chosen(app, trigger):
    async with app.run_test(size=(80, 24)) as pilot:
        await write(pilot, f"Hi {trigger}")
        assert app.screen.picker.is_open
        if trigger == "::":
            await write(pilot, "than")
        await pilot.press("enter")
        text = app.screen.composer.text
        assert text.startswith("Hi Thank you, Maria." if trigger == "::" else "Hi Hello Maria,")
        assert "::" not in text


@pytest.mark.parametrize("text", ["and/or rf", "see /etc/hosts", "a / b", "std::rf", "1/2", "/zzz", "http://rf"])
async def test_what_is_no_trigger_stays_as_typed(app, text):
    async with app.run_test(size=(80, 24)) as pilot:
        await write(pilot, text)
        assert not app.screen.picker.is_open
        await pilot.press("enter")
        assert app.screen.composer.text == text + "\n"


async def test_esc_keeps_what_was_typed_and_does_not_ask_again(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await write(pilot, "/r")
        await pilot.press("escape", "f")
        assert not app.screen.picker.is_open
        assert app.screen.composer.text == "/rf"


async def test_a_reply_that_cannot_be_rendered_is_said_and_not_inserted(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", *"broken")
        assert "can't be used" in on_screen(app)
        await pilot.press("enter")
        assert app.screen.composer.text == ""


async def test_no_library_is_said(tmp_path):
    app = ComposerApp(FakeDesk(canned=CannedLibrary(tmp_path)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t")
        assert "no canned replies yet" in app.screen.status.words[0]


async def test_the_variant_in_the_customers_language_is_offered_and_the_others_are_an_arrow_away(tmp_path):
    (tmp_path / "en.md").write_text("---\nname: hi\nlanguage: en\n---\nHello there\n")
    (tmp_path / "de.md").write_text("---\nname: hi\nlanguage: de\n---\nGuten Tag\n")
    app = ComposerApp(FakeDesk(canned=CannedLibrary(tmp_path), language="de"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t")
        assert "Guten Tag" in on_screen(app)
        await pilot.press("right")
        assert "Hello there" in on_screen(app)
        assert "there is none in 'de'" not in on_screen(app) or "this is 'en'" in on_screen(app)
        await pilot.press("enter")
        assert app.screen.composer.text == "Hello there"


async def test_a_missing_language_is_said(tmp_path):
    (tmp_path / "en.md").write_text("---\nname: hi\nlanguage: en\n---\nHello there\n")
    app = ComposerApp(FakeDesk(canned=CannedLibrary(tmp_path), language="bn"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t")
        assert "there is none in 'bn', this is 'en'" in on_screen(app)


async def test_facts_of_the_case_are_offered_at_a_gap_with_where_they_were_found(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", "r", "e", "f", "enter")
        assert app.screen.facts.is_open
        assert app.screen.facts.chosen.name == "1047"
        assert "you charged me twice for invoice 1047" in on_screen(app), "where it stands"
        await pilot.press("enter")
        assert app.screen.composer.text.startswith("Hello Maria,\n\nyour refund for 1047 left on [[day]]")
        assert app.screen.composer.buffer.selected == "[[day]]", "and on to the next gap"


async def test_what_is_typed_goes_over_the_gap_and_the_facts_are_gone(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", "r", "e", "f", "enter")
        await pilot.press("escape")
        assert not app.screen.facts.is_open
        assert app.screen.composer.buffer.selected == "[[order number]]", "esc closes the list and not the composer"
        await pilot.press("ctrl+g", "ctrl+g")
        assert app.screen.facts.is_open
        await write(pilot, "77")
        assert not app.screen.facts.is_open
        assert "your refund for 77 left" in app.screen.composer.text


def signing(app, *, quoted=""):
    """An app whose agent signs, with a draft as it begins by e-mail."""
    from dataclasses import replace

    desk = app.desk
    desk.workspace = replace(desk.workspace, agent=replace(desk.workspace.agent, signature="Asha, Example Support"))
    (desk.canned.path / "signed.md").write_text("---\nname: signed\n---\nHello.\n\nKind regards\n{{ agent.signature }}\n")
    desk.save_draft(replace(desk.draft(7), text=f"\n\nAsha, Example Support{quoted}"))
    return app


@pytest.mark.parametrize("quoted", ["", "\n\nMaria wrote:\n> Hello"])
async def test_a_reply_that_signs_itself_takes_the_place_of_the_signature_that_waits(app, quoted):
    async with signing(app, quoted=quoted).run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", *"signed", "enter")
        assert app.screen.composer.text == f"Hello.\n\nKind regards\nAsha, Example Support{quoted}"
        await pilot.press("ctrl+home", "ctrl+t", *"signed", "enter")
        text = app.screen.composer.text
        assert text.count("Asha, Example Support") == 1
        assert text.count("Kind regards") == 2


async def test_the_subject_of_a_canned_reply_is_that_of_a_new_message_that_has_none(app):
    (app.desk.canned.path / "sorry.md").write_text(
        '---\nname: sorry\nsubject: "Your delivery on {{ ask(\'day\') }}, {{ customer.first_name }}"\n---\nHello, it is late.\n'
    )
    app.kind, app.case = "new", None
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", *"sorry")
        assert "Subject: Your delivery on [[day]]" in on_screen(app)
        await pilot.press("enter")
        assert app.screen.draft.subject == "Your delivery on [[day]], [[customer's first name]]"
        assert "Your delivery on" in on_screen(app)
        app.screen.perform("compose.subject", "Mine")
        await pilot.press("ctrl+t", *"sorry", "enter")
        assert app.screen.draft.subject == "Mine"


async def test_a_reply_keeps_the_subject_of_its_case(app):
    (app.desk.canned.path / "sorry.md").write_text("---\nname: sorry\nsubject: Other\n---\nHello, it is late.\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", *"sorry", "enter")
        assert app.screen.draft.subject == "Re: Two charges on one invoice"


async def until(pilot, true, seconds=30.0):
    import time

    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, on_screen(pilot.app)
        await pilot.pause(0.01)


async def test_a_file_that_is_written_while_the_picker_is_open_is_found_and_the_choice_stays(app, monkeypatch):
    monkeypatch.setattr("agent_tui.screens.compose_canned.WATCH_EVERY", 0.01)
    folder = app.desk.canned.path
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", "down")
        assert app.screen.picker.chosen.name == "refund late"
        (folder / "aaa.md").write_text("---\nname: aaa\n---\nNew here.\n")
        await until(pilot, lambda: len(app.screen.picker.offers) == 4)
        assert app.screen.picker.chosen.name == "refund late"
        (folder / "refund.md").write_text("---\nname: refund late\n---\nWritten anew.\n")
        await until(pilot, lambda: "Written anew" in on_screen(app))
        (folder / "refund.md").unlink()
        await until(pilot, lambda: len(app.screen.picker.offers) == 3)
        assert "Written anew" not in on_screen(app)


async def test_a_slash_finds_what_was_written_a_moment_ago(app, monkeypatch):
    monkeypatch.setattr("agent_tui.screens.compose_canned.WATCH_EVERY", 0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await write(pilot, "/goodwill")
        assert not app.screen.picker.is_open
        (app.desk.canned.path / "new.md").write_text("---\nname: goodwill\n---\nWith our compliments.\n")
        await pilot.press("backspace")
        await until(pilot, lambda: app.screen.picker.is_open)
        await pilot.press("enter")
        assert app.screen.composer.text == "With our compliments."


async def test_what_is_for_other_channels_stands_last_before_anything_is_typed(app):
    folder = app.desk.canned.path
    (folder / "aa.md").write_text("---\nname: aa\nchannels: [chat]\n---\nHi there.\n")
    (folder / "zz.md").write_text("---\nname: zz\nchannels: [email]\n---\nDear customer.\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t")
        names = [one.name for one in app.screen.picker.offers]
        assert names[-1] == "aa"
        assert "zz" in names[:-1]


async def test_i_on_a_case_begins_a_reply_with_the_picker_open(app):
    app.more = {"canned": True}
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t", "h", "a")
        assert app.screen.picker.is_open
        await pilot.press("enter")
        assert app.screen.composer.text == "Thank you, Maria."
        await pilot.press("escape")
        app.below.perform("reply.canned")
        await pilot.pause()
        assert app.screen.picker.is_open
