"""What strangers could write into any field to steer a terminal, and what must never reach one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.journeys.terminal import Terminal

ATTACKS = (
    "\x1b]52;c;UFdORUQ=\x07", "\x9d52;c;UFdORUQ=\x9c", "\x1b]8;;http://pwned.example\x1b\\click\x1b]8;;\x1b\\", "\x1b]0;PWNED\x07", "\x1b]777;notify;PWNED;x\x07",
    "\x1b[7777;7777H", "\x9b7777;7777H", "\x1b[?7777h", "\x1bP7777q\x1b\\", "\x1b_7777\x1b\\", "\x1bc", "\x0e", "\x07", "\x08\x08", "\r7777",
    "\u202e7777\u202c", "\u2066x\u2069", "\u200b", "\u200e", "\u2060", "\ufeff", "\U000e0041", "\u0085", "\x00", "\x7f", "$(touch pwned)", "`touch pwned`", "; touch pwned",
)  # fmt: skip
HOSTILE = "".join(f"a{one}b" for one in ATTACKS)
SUBJECT = f"Zebra {HOSTILE}"
# What the program itself has no reason to send, whatever it shows. A terminal is also told by C1 controls in UTF-8.
NEVER = {
    "the clipboard": re.compile(r"(?:\x1b\]|\x9d)52;[^\x07\x1b]*UFdORUQ"), "a link": re.compile(r"(?:\x1b\]|\x9d)8;[^;]*;http://pwned"), "the title": re.compile(r"(?:\x1b\]|\x9d)[012];[^\x07]*PWNED"),
    "a notification": re.compile(r"(?:\x1b\]|\x9d)(?:9|99|777);[^\x07]*PWNED"), "the cursor": re.compile(r"(?:\x1b\[|\x9b)\??7777"), "a device control": re.compile(r"\x1b[P_^X]7777"),
    "a reset": re.compile(r"\x1bc"), "a C1 control": re.compile(r"[\x80-\x9f]"), "direction": re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]"),
    "the invisible": re.compile(r"[\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]"), "the bell or another font": re.compile(r"(?<!\x1b)[\x00\x0e\x0f\x7f]"),
}  # fmt: skip


def looked_at(raw: bytes) -> None:
    """None of it is in what reached a terminal."""
    text = raw.decode("utf-8", "replace")
    for what, pattern in NEVER.items():
        found = pattern.search(text)
        assert found is None, f"{what}: {text[max(0, found.start() - 40) : found.end() + 40]!r}"


def quoted(text: str) -> str:
    """As the Q encoding of a mail's header."""
    return "".join(f"={byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


def on_a_terminal(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> bytes:
    """Run a command on a terminal, look at every byte that arrives there, and give them."""
    program = Terminal([sys.executable, "-m", "agent_tui", "--workspace", str(folder), *command], env=env, size=(120, 200))
    try:
        program.ended(60)
        program._reader.join(10)
        raw = bytes(program.raw)
    finally:
        program.close()
    looked_at(raw)
    return raw
