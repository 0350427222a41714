"""What the composer looks like: reply, note, gate, picker; narrow and wide, dark and light."""

from __future__ import annotations

import pytest

from agent_tui.desk.previewing import Preview
from agent_tui.domain.model import Channel
from agent_tui.domain.translation import MACHINE
from agent_tui.knowledge.canned import CannedLibrary
from agent_tui.widgets import theme
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import NOW, FakeDesk, Found, a_message

TEXT = (
    "Hello Maria,\n\nthank you. ধন্যবাদ আপনার বার্তার জন্য। ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ ਜੀ। ಧನ್ಯವಾದಗಳು.\n"
    "Invoice [[invoice number]] was charged twice.\n\n日本語も大丈夫です。"
)
NARROW, WIDE = (80, 24), (140, 40)


def pressing(*keys, text=TEXT):
    async def act(pilot):
        await pilot.pause()
        pilot.app.screen.composer.insert(text)
        await pilot.press(*keys)
        await pilot.pause()

    return act


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_reply(snap_compare, size, look):
    assert snap_compare(ComposerApp(look=look), terminal_size=size, run_before=pressing())


def test_note(snap_compare):
    assert snap_compare(ComposerApp(kind="note"), terminal_size=NARROW, run_before=pressing(text="Ask the bank."))


def test_gate_with_guards(snap_compare):
    found = (Found("personal-data", "an e-mail address would be public"), Found("language", "Maria wrote Bengali", False))
    app = ComposerApp(FakeDesk(channel=Channel.COMMUNITY, findings=found))
    assert snap_compare(app, terminal_size=NARROW, run_before=pressing("ctrl+s"))


def test_gate_on_one_line(snap_compare):
    assert snap_compare(ComposerApp(), terminal_size=WIDE, run_before=pressing("ctrl+s"))


def test_newer_message(snap_compare):
    app = ComposerApp()

    async def act(pilot):
        await pressing()(pilot)
        app.desk.messages = (*app.desk.messages, a_message(128, "My bank found it. ধন্যবাদ", at=NOW - 120_000))
        app.screen.changed(frozenset({"cache"}))
        await pilot.pause()

    assert snap_compare(app, terminal_size=NARROW, run_before=act)


def test_picker(snap_compare, tmp_path):
    (tmp_path / "refund.md").write_text(
        '---\nname: refund late\nshortcut: rf\ntags: [billing]\n---\nHello {{ customer.first_name }}, {{ ask("day") }}.\n'
    )
    (tmp_path / "thanks.md").write_text("---\nname: ধন্যবাদ\nlanguage: bn\n---\nধন্যবাদ।\n")
    app = ComposerApp(FakeDesk(canned=CannedLibrary(tmp_path)))
    assert snap_compare(app, terminal_size=NARROW, run_before=pressing("ctrl+t", text="Hi"))


MIXED = (
    "مرحبا مريم، طلبك رقم TW-48213 في الطريق.\nשלום מרים, ההזמנה TW-48213 בדרך.\n"
    "e\u0301a\u0308 ক্ষমা ਸ੍ਰੀ ಕ್ಷ 👩‍👩‍👧 🇮🇳 한국어 日本語 done"
)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_right_to_left_combining_and_wide_letters_with_a_selection(snap_compare, size):
    run = pressing("up", "home", *["shift+right"] * 9, text=MIXED)
    assert snap_compare(ComposerApp(), terminal_size=size, run_before=run)


def test_misspelt_words_and_what_a_machine_wrote(snap_compare):
    async def act(pilot):
        await pilot.pause()
        composer = pilot.app.screen.composer
        composer.insert("আপনার পার্সেলটি আজ পাঠানো হয়েছে।", label=MACHINE)
        composer.insert("\n\nYour parsel was sent todday.")
        composer.misspelt = frozenset({"parsel", "todday"})
        composer.refresh()
        await pilot.pause()

    assert snap_compare(ComposerApp(), terminal_size=NARROW, run_before=act)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_the_preview(snap_compare, size):
    desk = FakeDesk()
    heading = (("From", "Asha Rao <support@example.com>"), ("To", "Maria López <maria@example.com>"), ("Subject", "Re: ফেরত"),
               ("Read by", "those it goes to, by email"), ("Files", "রসিদ.pdf"))  # fmt: skip
    desk.preview = lambda _draft: Preview(heading, TEXT)
    assert snap_compare(ComposerApp(desk), terminal_size=size, run_before=pressing("f6"))
