"""What stands in which cell of a terminal in a browser: columns beside every script, as xterm.js itself has them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distribution.needs import needs
from tests.journeys.browser import Browser
from tests.journeys.columns import Row, assert_aligned
from tests.journeys.scripts_scene import TEXTS, kept, workspace_of_scripts
from tests.journeys.terminal import until
from tests.servers.process import free_ports

FIND_TERMINAL = """
Object.defineProperty(Object.prototype, '_core', {configurable: true, set(core) {
  Object.defineProperty(this, '_core', {value: core, writable: true, configurable: true});
  window.theTerminal ??= this;
}});
"""
"""The page keeps its terminal to itself; before anything of it runs, whoever gets a core of xterm.js is remembered."""
CELLS = """(() => {
  const buffer = window.theTerminal.buffer.active, rows = [];
  for (let y = 0; y < window.theTerminal.rows; y++) {
    const line = buffer.getLine(buffer.viewportY + y), row = [];
    for (let x = 0; x < window.theTerminal.cols; x++) {
      const cell = line.getCell(x);
      row.push(cell.getWidth() ? cell.getChars() || ' ' : '');
    }
    rows.push(row);
  }
  return rows;
})()"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[Browser, Path]]:
    """The workstation with every script, in a page that keeps nothing of it to itself."""
    program = needs("chromium")
    folder = workspace_of_scripts(_made(tmp_path / "desk"))
    (port,) = free_ports(1)
    server = subprocess.Popen(
        [sys.executable, "-m", "agent_tui", "--workspace", folder, "serve", "--offline", "--port", str(port)],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        address = re.match(r"open (\S+)", server.stdout.readline())
        assert address
        browser = Browser(program, _made(tmp_path / "profile"))
        try:
            browser.call("Page.addScriptToEvaluateOnNewDocument", source=FIND_TERMINAL)
            browser.open(address[1])
            yield browser, folder
        finally:
            browser.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def cells(browser: Browser) -> list[Row]:
    """Every line, once they have stayed as they are."""
    before: list[Row] = []
    while (now := browser.value(CELLS)) != before:
        before = now
        time.sleep(0.1)
    return [[cell[:1] for cell in row] for row in now]


def test_columns_line_up_beside_every_script(page: tuple[Browser, Path]) -> None:
    browser, folder = page
    browser.until("document.body.className.includes('-first-byte')")
    browser.until_shown("Order 1")
    until(lambda: "marks=1" in kept(folder), "the answer of xterm.js", 60, lambda: kept(folder))
    browser.value("document.querySelector('.xterm-helper-textarea').focus()")
    seen = set()
    for _ in range(len(TEXTS) * 2):
        seen |= assert_aligned(cells(browser))
        if len(seen) == len(TEXTS) * 2:
            break
        browser.press("j", "j", "j")
    assert len(seen) == len(TEXTS) * 2, seen
