"""Where a link truly goes, said beside it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_tui.domain import hosts
from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Attachment
from agent_tui.screens import outside
from agent_tui.sources.html import to_text
from tests.journeys.terminal import until


@pytest.mark.parametrize(
    "link",
    ["https://example.com/a?b=c@d", "http://localhost:8080/", "https://sub.bank.example./x#y", "https://xn--/", "https://shop.example/a。b"],
)
def test_an_ordinary_link_is_left_alone(link: str) -> None:
    assert hosts.doubts(link) == ""
    assert hosts.marked(f"see {link} now") == f"see {link} now"


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://аррӏе.com/login", "LOOKS LIKE apple.com and is xn--80ak6aa92e.com"),  # Cyrillic throughout
        ("https://xn--80ak6aa92e.com/", "LOOKS LIKE apple.com and is xn--80ak6aa92e.com"),
        ("https://pаypal.com/", "LOOKS LIKE paypal.com and is xn--pypal-4ve.com"),  # one Cyrillic letter
        ("https://gοοgle.com", "LOOKS LIKE google.com and is xn--ggle-0nda.com"),  # Greek
        ("https://bankжя.example", "MIXES ALPHABETS"),
        ("https://münchen.example/", "is xn--mnchen-3ya.example"),
        ("https://xn--mnchen-3ya.example/", "münchen.example is xn--mnchen-3ya.example"),
        ("https://日本語カナ.jp/", "is xn--"),
        ("https://bank.example@evil.example/x", "goes to evil.example, not to bank.example"),
        ("https://bank.example:443@evil.example/x", "goes to evil.example, not to bank.example"),
        ("https:\\\\evil.example\\@bank.example", ""),
        ("http://2130706433/", "a bare number for a host, 127.0.0.1"),
        ("http://0x7f000001/", "a bare number for a host, 127.0.0.1"),
        ("http://192.168.0.1/admin", "a bare number for a host"),
        ("http://[::1]/", "a bare number for a host"),
        ("https://ｅｖｉｌ.example/", "goes to evil.example"),
        ("https://bank。example/", ""),
    ],
)
def test_a_host_that_is_not_what_it_seems_is_said(link: str, words: str) -> None:
    found = hosts.doubts(link)
    assert words in found if words else not found
    if words:
        assert hosts.marked(f"a {link} b") == f"a {link} ⟨{found}⟩ b"


def test_the_host_of_a_backslash_link_is_what_a_browser_takes() -> None:
    assert hosts.host("https:\\\\evil.example\\@bank.example") == "evil.example"
    assert hosts.host("https://evil.example\\@bank.example") == "evil.example"


@pytest.mark.parametrize(
    ("shown", "target", "words"),
    [
        ("https://bank.example/login", "https://evil.example/", "[1] ⟨goes to evil.example⟩"),
        ("bank.example", "https://evil.example/", "[1] ⟨goes to evil.example⟩"),
        ("www.bank.example", "https://bank.example/", "[1]"),
        ("bank.example", "https://login.bank.example/", "[1]"),
        ("bank.example", "https://bank.example.evil.example/", "[1] ⟨goes to bank.example.evil.example⟩"),
        ("Click here", "https://evil.example/", "[1]"),
    ],
)
def test_words_that_name_another_host_than_their_link(shown: str, target: str, words: str) -> None:
    text = to_text(f'<a href="{target}">{shown}</a>')
    assert text.startswith(f"{shown} {words}")
    assert ("goes to" in text) == ("goes to" in words)


@given(st.text(max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    hosts.doubts(f"https://{text}")
    hosts.marked(f"x https://{text} y")
    outside.links(f"https://{text}")


def test_many_links_cost_little() -> None:
    assert hosts.marked("https://pаypal.com/ " * 100_000).count("⟨") == hosts.MOST


def test_the_question_names_the_true_host() -> None:
    assert outside.links("Go to https://pаypal.com/login, or (https://shop.example/a).") == ("https://pаypal.com/login", "https://shop.example/a")
    assert outside.about_link("https://pаypal.com/login") == (
        "Open a page at xn--pypal-4ve.com (LOOKS LIKE paypal.com and is xn--pypal-4ve.com) in the browser?"
    )


@pytest.mark.parametrize(
    ("name", "begins", "words"),
    [
        ("invoice.pdf", b"MZ\x90", ("WHICH CAN RUN CODE", "truly a program for Windows")),
        ("invoice.pdf", b"%PDF-1.7", ("truly PDF",)),
        ("photo.jpg", b"#!/bin/sh\n", ("WHICH CAN RUN CODE", "truly a script")),
        ("run.desktop", b"[Desktop Entry]", ("WHICH CAN RUN CODE",)),
        ("../../.bashrc", b"x", ("'.bashrc'",)),
    ],
)
def test_the_question_names_what_a_file_truly_is(tmp_path: Path, name: str, begins: bytes, words: tuple[str, ...]) -> None:
    path = tmp_path / "kept"
    path.write_bytes(begins + b"\0" * 50)
    asked = outside.about_file(path, Attachment(part="1", name=name, media_type="application/pdf", size=50))
    assert all(one in asked for one in words)
    assert ("RUN CODE" in asked) == any("RUN CODE" in one for one in words)


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop that writes down what it is given."""
    program = tmp_path / "xdg-open"
    program.write_text(f"#!{sys.executable}\nimport sys\nopen({str(tmp_path / 'given')!r}, 'w').write(repr(sys.argv[1:]))\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "given"


@pytest.mark.parametrize("link", ["https://x.example/$(touch${IFS}pwned)", "https://x.example/;rm%20-rf%20~", "https://x.example/`id`|sh&"])
def test_a_link_is_one_argument_and_no_shell_reads_it(desktop: Path, link: str) -> None:
    outside.open_link(link)
    until(desktop.exists, "it was opened")
    until(lambda: desktop.read_text() == repr([link]), "whole")


@pytest.mark.parametrize("link", ["file:///etc/passwd", "javascript:alert(1)", "--help", "ssh://x", "https://x y", ""])
def test_only_web_pages_are_opened(desktop: Path, link: str) -> None:
    with pytest.raises(UsageError):
        outside.open_link(link)
    assert not desktop.exists()


@pytest.mark.parametrize("name", ["../../../etc/cron.d/x", "$(id).txt", "-rf", "a\nb", "/etc/passwd"])
def test_a_file_is_opened_as_a_copy_for_its_user_alone_and_stays_in_its_folder(desktop: Path, tmp_path: Path, name: str) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"x")
    outside.open_file(kept, name)
    until(lambda: desktop.exists() and desktop.read_text(), "it was opened")
    (given,) = eval(desktop.read_text())
    copy = Path(given)
    assert copy.name == Path(name).name
    assert copy.parent.name.startswith("agent-tui-")
    assert copy.is_absolute()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_without_a_desktop_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UsageError, match="copy the link"):
        outside.open_link("https://x.example/")
