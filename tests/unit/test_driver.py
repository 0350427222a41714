"""The driver sleeps until something comes, loses nothing that does, and ends at once when told."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from collections.abc import AsyncIterator

import pytest
from textual import events
from textual.app import App
from textual.message import Message

from agent_tui.driver import TerminalDriver, driver_for

PATIENCE = 30.0


class Heard(TerminalDriver):
    """Keeps what it would pass on."""

    def __init__(self, fileno: int) -> None:
        super().__init__(App())
        self.fileno = fileno
        self.messages: list[Message] = []
        self.more = threading.Event()

    def process_message(self, message: Message) -> None:
        self.messages.append(message)
        self.more.set()

    def keys(self, number: int) -> list[str]:
        """So many keys, when they have come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = [one.key for one in self.messages if isinstance(one, events.Key)]
            if len(found) >= number:
                return found
            self.more.wait(0.1)
            self.more.clear()
        raise AssertionError(self.messages)


@pytest.fixture
async def terminal() -> AsyncIterator[tuple[int, Heard, threading.Thread]]:
    outside, inside = pty.openpty()
    tty.setraw(inside)
    driver = Heard(inside)
    thread = threading.Thread(target=driver.run_input_thread, daemon=True)
    thread.start()
    yield outside, driver, thread
    driver.exit_event.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    os.close(outside)
    os.close(inside)


async def test_keys_come_through_whole_however_they_are_cut(terminal: tuple[int, Heard, threading.Thread]) -> None:
    outside, driver, _ = terminal
    text = "aéউ".encode()
    for byte in text:
        os.write(outside, bytes([byte]))
    driver.keys(3)
    characters = [one.character for one in driver.messages if isinstance(one, events.Key)]
    assert characters == ["a", "é", "উ"]
    os.write(outside, b"\x1b[A")
    assert driver.keys(4)[3] == "up"


async def test_a_lone_escape_is_a_key(terminal: tuple[int, Heard, threading.Thread]) -> None:
    outside, driver, _ = terminal
    os.write(outside, b"\x1b")
    assert driver.keys(1) == ["escape"]


async def test_it_ends_and_begins_again_as_for_an_editor(terminal: tuple[int, Heard, threading.Thread]) -> None:
    outside, driver, thread = terminal
    driver.exit_event.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    driver.exit_event.clear()
    again = threading.Thread(target=driver.run_input_thread, daemon=True)
    again.start()
    os.write(outside, b"q")
    assert driver.keys(1) == ["q"]
    driver.exit_event.set()
    again.join(PATIENCE)
    assert not again.is_alive()


def test_another_driver_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.headless_driver:HeadlessDriver")
    assert driver_for(None) is None
    monkeypatch.delenv("TEXTUAL_DRIVER")
    assert driver_for(None) is not None
