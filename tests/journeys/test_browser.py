"""``agent-tui serve``: the workstation in a real browser, and a door that lets nobody else in."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from agent_tui import cli
from tests.distribution.needs import needs
from tests.journeys.browser import Browser
from tests.journeys.terminal import until
from tests.servers.process import certificate, free_ports

TOKEN = "a-token-of-our-own-0123456789"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo"
    subprocess.run([sys.executable, "-m", "agent_tui", "demo", "--dir", path, "--no-open"], check=True, capture_output=True)
    return path


@pytest.fixture
def served(demo: Path) -> Iterator[Callable[..., str]]:
    """Starts a server with options; gives the address that it tells."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> str:
        (port,) = free_ports(1)
        process = subprocess.Popen(
            [sys.executable, "-m", "agent_tui", "--workspace", demo, "serve", "--offline", "--port", str(port), *options],
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        found = re.match(r"open (\S+)", process.stdout.readline())
        assert found
        return found[1]

    yield start
    for one in running:
        one.send_signal(signal.SIGINT)
        assert one.wait(60) == 0
        until(lambda group=one.pid: _gone(group), "the end of the last workstation")  # none is left behind


def _gone(group: int) -> bool:
    """Whether no process of the group is there any more."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_person_works_in_a_browser(served: Callable[..., str], tmp_path: Path) -> None:
    program = needs("chromium")
    browser = Browser(program, tmp_path)
    try:
        browser.open(served())
        browser.until("document.body.className.includes('-first-byte')")
        assert "token" not in browser.value("location.href")  # nor in history that others see
        browser.until_shown("Start here: ten keys")
        browser.value("document.querySelector('.xterm-helper-textarea').focus()")
        browser.press("?")
        browser.until_shown("Keys: inbox")
        host = browser.value("location.host")
        elsewhere = [one for one in browser.asked if host not in one]
        assert browser.blocked.count("csp") == len(elsewhere)  # what the page would fetch from others is stopped
        assert len(browser.picture()) > 10_000
    finally:
        browser.close()


def test_the_door_lets_in_the_token_alone(served: Callable[..., str]) -> None:
    address = httpx.URL(served())
    root = address.copy_with(query=None)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    with httpx.Client() as stranger, httpx.Client() as user:
        assert stranger.get(root).status_code == 403
        assert stranger.get(root.copy_with(query=b"token=guessed")).status_code == 403
        assert stranger.get(root.join("/static/js/textual.js")).status_code == 403
        entered = user.get(address)
        assert (entered.status_code, entered.headers["Location"]) == (302, "/")
        cookie = entered.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        shown = user.get(root)
        assert shown.status_code == 200
        assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
        # A name that somebody else's server gives for this address, and a page of somebody else's site.
        assert user.get(root, headers={"Host": "desk.example"}).status_code == 421
        assert user.get(root.join("/ws"), headers={**upgrade, "Origin": "https://other.example"}).status_code == 403
        assert user.get(root.join("/ws"), headers=upgrade).status_code == 403


def test_with_a_token_and_tls_others_are_served(served: Callable[..., str], tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    authority, chain, key = certificate(tmp_path / "authority", ["localhost"], ["127.0.0.1"])
    address = served("--host", "127.0.0.1", "--token-file", str(token), "--certificate", str(chain), "--key", str(key))
    assert address.startswith("https://127.0.0.1:")
    assert TOKEN not in address
    with httpx.Client(verify=ssl.create_default_context(cafile=authority)) as user:
        entered = user.get(address.removesuffix("/?token=…"), params={"token": TOKEN})
        assert "Secure" in entered.headers["Set-Cookie"]


def said(capsys: pytest.CaptureFixture[str], demo: Path, *options: str) -> str:
    assert cli.run(["--workspace", str(demo), "serve", *options]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "desk.example"])
def test_others_are_not_served_without_token_and_tls(capsys: pytest.CaptureFixture[str], demo: Path, host: str) -> None:
    text = said(capsys, demo, "--host", host)
    assert "can be reached by others" in text
    assert "--token-file and --certificate and --key" in text
    assert text.count("\n") == 1


def test_half_of_what_is_needed_is_refused(capsys: pytest.CaptureFixture[str], demo: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("short")
    assert "so --certificate and --key must" in said(capsys, demo, "--host", "192.0.2.7", "--token-file", str(token))
    assert "go together" in said(capsys, demo, "--certificate", str(token))
    token.chmod(0o644)
    assert f"chmod 600 {token}" in said(capsys, demo, "--token-file", str(token))
    token.chmod(0o600)
    assert "must be 16 or more" in said(capsys, demo, "--token-file", str(token))
    assert "cannot be read" in said(capsys, demo, "--token-file", str(tmp_path / "none"))
    assert "there is no file" in said(capsys, demo, "--certificate", str(tmp_path / "none"), "--key", str(token))
    assert "--url must be http://NAME" in said(capsys, demo, "--url", "ftp://desk.example")
    assert "between 1 and 65535" in said(capsys, demo, "--port", "0")
