"""Markdown shorthand where a channel renders it, and the preview of what a customer will see."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from agent_tui.desk import Desk
from agent_tui.desk.previewing import Preview
from agent_tui.domain import shorthand
from agent_tui.domain.model import Author, Channel, Role, Visibility
from agent_tui.screens.preview import PreviewScreen
from agent_tui.store import apply as applying
from agent_tui.store import sources
from tests.unit.composer_app import ComposerApp
from tests.unit.composer_desk import FakeDesk
from tests.unit.test_composer_screen import on_screen, running, write
from tests.unit.workspaces import Clock, batch, mail, workspace

TEXT = "Hello **Rina**,\n\n1. unplug it\n2. wait *ten* seconds\n\n- see [the page](https://x.example/a?b=1)\n\n> It is dead\n\n`reset --all`"


@pytest.mark.parametrize("text", ["Hello Rina, 2 * 3 is 6.", "a_b_c and 1 * 2", "নমস্কার\nআসেনি", "", "# 3 is my flat", "---"])
def test_plain_text_is_plain(text: str) -> None:
    assert not shorthand.has(text)


def test_it_is_read_without_its_marks() -> None:
    assert shorthand.has(TEXT)
    assert shorthand.as_read(TEXT) == (
        "Hello Rina,\n\n1. unplug it\n2. wait ten seconds\n\n• see the page (https://x.example/a?b=1)\n\n▏ It is dead\n\nreset --all"
    )


def test_html_says_the_same() -> None:
    html = shorthand.as_html(TEXT)
    assert "<strong>Rina</strong>" in html
    assert '<a href="https://x.example/a?b=1">the page</a>' in html
    assert "<ol>" in html
    assert "<code>reset --all</code>" in html


@given(st.text(alphabet=st.sampled_from("<>&\"'*_`[]()!\\#\n ab:/"), max_size=80))
def test_nothing_that_is_written_becomes_a_tag_or_is_fetched(text: str) -> None:
    for given_text in (text, f"<script>{text}</script><img src=x onerror=y>![a](http://x)"):
        tree = LexborHTMLParser(f"<html><body>{shorthand.as_html(given_text)}</body></html>")
        tags = {node.tag for node in tree.body.traverse()} - {"body", "-text"}
        assert tags <= {"p", "strong", "em", "s", "code", "pre", "a", "ul", "ol", "li", "blockquote", "br"}
        for link in tree.css("a"):
            assert not (link.attributes.get("href") or "").lower().startswith(("javascript:", "data:", "vbscript:"))
        shorthand.as_read(given_text)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = replace(workspace(tmp_path / "w", "talk", channel=Channel.CHAT), sources=(
        *workspace(tmp_path / "w", "talk", channel=Channel.CHAT).sources, *workspace(tmp_path / "w", "mail").sources))
    desk = Desk(made, now=Clock(), offline=True)
    who = Author("Rina", "@rina:x.example", Role.CUSTOMER)
    applying.apply(desk.store, "talk", batch(mail("1", conversation="C1", container="C1", author=who, thread_ids=())))
    applying.apply(desk.store, "mail", batch(mail("a@x", subject="Where is it?")))
    return desk


def of(desk: Desk, source: str):
    case = next(one for one in desk.listing() if one.source == source)
    return replace(desk.draft(case.id), text=TEXT)


def test_a_mail_is_shown_with_its_headings_and_as_plain_text(desk: Desk) -> None:
    seen = desk.preview(of(desk, "mail"))
    assert dict(seen.heading)["From"] == "Asha Rao <support@example.com>"
    assert dict(seen.heading)["Subject"] == "Re: Where is it?"
    assert "rina@customer.example" in dict(seen.heading)["To"]
    assert (seen.text, seen.rendered) == (TEXT, False)


def test_on_a_channel_that_renders_markdown_it_is_shown_rendered(desk: Desk) -> None:
    assert not desk.preview(of(desk, "talk")).rendered
    sources.note_state(desk.store, "talk", capabilities=json.dumps({"markdown": True}))
    seen = desk.preview(of(desk, "talk"))
    assert seen.rendered
    assert seen.text.startswith("Hello Rina,\n\n1. unplug it")
    assert not desk.preview(replace(of(desk, "talk"), text="plain words")).rendered


def test_who_can_read_it_is_said(desk: Desk) -> None:
    draft = of(desk, "talk")
    assert dict(desk.preview(replace(draft, visibility=Visibility.NOTE)).heading)["Read by"] == "colleagues only"
    assert "everybody" in dict(desk.preview(replace(draft, visibility=Visibility.PUBLIC)).heading)["Read by"]


async def test_a_key_shows_it_from_the_text_and_from_the_gate_and_goes_back():
    desk = FakeDesk()
    seen = []
    desk.preview = lambda draft: seen.append(draft.text) or Preview((("To", "Maria López"),), "ನಮಸ್ಕಾರ " * 30, rendered=True)
    app = ComposerApp(desk)
    async with running(app) as pilot:
        await write(pilot, "Sent *today*")
        await pilot.press("f6")
        await pilot.pause()
        assert isinstance(app.screen, PreviewScreen)
        assert seen == ["Sent *today*"]
        shown = on_screen(app)
        assert "As Maria López will see it" in shown
        assert shown.count("ನಮಸ್ಕಾರ") == 30
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen.composer.text == "Sent *today*"
        await pilot.press("ctrl+s", "v")
        await pilot.pause()
        assert isinstance(app.screen, PreviewScreen)
