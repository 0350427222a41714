"""A headless Chromium, driven through its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pyte
from websockets.sync.client import connect

from benchmarks.terminal import PRIVATE
from tests.journeys.terminal import Screen

PATIENCE_S = 60


class Browser:
    """One page.

    Args:
        program: Chromium's path.
        profile: an empty folder for it.
    """

    def __init__(self, program: str, profile: Path) -> None:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                 "--disable-background-networking", "--disable-component-update", "--window-size=1300,760",
                 "--ignore-certificate-errors", f"--user-data-dir={profile}", "--remote-debugging-port=0"]  # fmt: skip
        # A session of its own: it has children, and all are ended together.
        self.process = subprocess.Popen([program, *flags, "about:blank"], start_new_session=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        told = profile / "DevToolsActivePort"
        end = time.monotonic() + PATIENCE_S
        while not (told.exists() and told.read_text().count("\n")):
            assert self.process.poll() is None, "Chromium did not start"
            assert time.monotonic() < end, "Chromium did not start in time"
            time.sleep(0.05)
        self._at = f"http://127.0.0.1:{told.read_text().splitlines()[0]}"
        pages = httpx.get(f"{self._at}/json", timeout=PATIENCE_S).json()
        page = next(one for one in pages if one["type"] == "page")
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(page["webSocketDebuggerUrl"], max_size=None, open_timeout=PATIENCE_S))
        self._number = 0
        self.asked: list[str] = []
        """The addresses that the page has asked for."""
        self.blocked: list[str] = []
        """Why what it asked for was not let through."""
        self._screen = Screen(300, 100)
        self._stream = pyte.Stream(self._screen)
        """What came over websockets, as a terminal larger than the page's shows it."""
        self.call("Page.enable")
        self.call("Network.enable")

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """One command; gives its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": values}))
        while True:
            got = json.loads(self._socket.recv(timeout=PATIENCE_S))
            match got.get("method"):
                case "Network.requestWillBeSent":
                    self.asked.append(got["params"]["request"]["url"])
                case "Network.loadingFailed":
                    self.blocked.append(got["params"].get("blockedReason", ""))
                case "Network.webSocketFrameReceived":
                    frame = got["params"]["response"]
                    if frame["opcode"] != 1:
                        self._stream.feed(PRIVATE.sub("", base64.b64decode(frame["payloadData"]).decode("utf-8", "replace")))
            if got.get("id") == self._number:
                assert "error" not in got, got
                return got["result"]

    def open(self, url: str) -> None:
        """Go there."""
        self.call("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """What JavaScript gives."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until JavaScript gives something true."""
        end = time.monotonic() + PATIENCE_S
        while not self.value(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.1)

    def until_shown(self, text: str) -> None:
        """Wait until what came over a websocket shows this."""
        end = time.monotonic() + PATIENCE_S
        while not any(text in line for line in self._screen.display):
            assert time.monotonic() < end, f"never shown: {text}\n" + "\n".join(one.rstrip() for one in self._screen.display)
            self.value("1")
            time.sleep(0.1)

    def press(self, *keys: str) -> None:
        """Press keys, by their names in DOM events."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
            code = {"Enter": 13, "Escape": 27}.get(key, ord(key[0].upper()))
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def picture(self) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """End it and what it has started."""
        self._open.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
