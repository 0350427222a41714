"""A live chat on Synapse while a first sync over IMAP runs: from the customer's words to the screen, from enter to the server.

The customer is a second client. Both ways go through everything that lies between: the homeserver, the engine, the
store and the terminal.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path

from benchmarks import first_sync
from benchmarks.machine import PYTHON, Report, busy, median, percentile
from benchmarks.terminal import Terminal
from tests.servers import mail, matrix

ROUNDS = 40
PATIENCE_S = 60.0
CHAT = """
[[source]]
name = "live-chat"
type = "matrix"
url = "{url}"
username = "{user}"
promise = {{ first_reply = "1m", next_reply = "2m" }}
"""


def _reply_states(folder: Path) -> list[str]:
    desk = sqlite3.connect(f"file:{folder / 'desk.db'}?mode=ro", uri=True, timeout=10)
    try:
        return [state for (state,) in desk.execute("SELECT state FROM operations WHERE kind = 'reply' ORDER BY id")]
    finally:
        desk.close()


def _messages(folder: Path) -> int:
    cache = sqlite3.connect(f"file:{folder / 'cache.db'}?mode=ro", uri=True, timeout=10)
    try:
        return int(cache.execute("SELECT count(*) FROM messages").fetchone()[0])
    finally:
        cache.close()


def _painted(screen: Terminal, words: str) -> float:
    """When these words came to the terminal."""
    wanted = words.encode()
    end = time.perf_counter() + PATIENCE_S
    seen = b""
    while time.perf_counter() < end:
        data = screen.read(0.02)
        if data:
            seen = seen[-200:] + data
            if wanted in seen:
                return screen.chunks[-1][0]
    raise RuntimeError(f"{words!r} was never painted")


def _round(screen: Terminal, robin: matrix.Person, room: str, folder: Path, number: int) -> tuple[float, float]:
    """Seconds from the customer's sending to the painted words, and from enter to the server's acknowledgement."""
    began = time.perf_counter()
    robin.says(room, f"Customer-{number:04}")
    painted = _painted(screen, f"Customer-{number:04}") - began
    for key in f"Answer-{number:04}":
        screen.key(key)
    before = _reply_states(folder).count("sent")
    began = time.perf_counter()
    os.write(screen.master, b"\r")
    while _reply_states(folder).count("sent") == before:
        assert time.perf_counter() - began < PATIENCE_S, _reply_states(folder)
        screen.read(0.001)
    return painted, time.perf_counter() - began


def measure(mails: int = 30_000, rounds: int = ROUNDS) -> Report:
    """A chat while a mailbox is fetched for the first time.

    Args:
        mails: in the mailbox; enough that the chat does not outlast the sync.
        rounds: exchanges in the chat.
    """
    report = Report(f"A live chat on Synapse while a first sync of {mails:,} mails over IMAP runs")
    box = mail.start()
    home = matrix.start()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "workspace"
            user = box.fresh()
            first_sync.fill(box, user, mails)
            agent = home.person("support", shown="Asha Rao")
            robin = home.person("robin", shown="Robin Bell")
            room = robin.creates(agent.user_id, name="Broken kettle")
            agent.joins(room)
            robin.says(room, "My kettle leaks.")
            first_sync.settings(box, user, folder)
            with (folder / "workspace.toml").open("a", encoding="utf-8") as settings:
                settings.write(CHAT.format(url=home.url, user=agent.user_id))
            secrets = {"AGENT_TUI_SECRET_SUPPORT_MAIL": box.password, "AGENT_TUI_SECRET_LIVE_CHAT": matrix.PASSWORD}
            screen = Terminal([PYTHON, "-m", "agent_tui", "--workspace", str(folder)], environment=secrets)
            try:
                screen.ready("My kettle leaks", patience=PATIENCE_S)
                for key in ("\\", "source:live-chat", "\r", "\r", "r"):
                    screen.key(key)
                screen.ready("REPLY", patience=PATIENCE_S)
                before = _messages(folder)
                times = [_round(screen, robin, room, folder, number) for number in range(rounds)]
                after = _messages(folder)
                went_on = "went on to the end" if after < mails else "ended before"
                report.add("mails that came in meanwhile", f"{after - before:,}; the sync {went_on}")
                for name, values, goal in (
                    ("from the customer's sending to the painted words", [one for one, _ in times], "p95 300 ms"),
                    ("from enter to the server's acknowledgement", [one for _, one in times], "p95 150 ms"),
                ):
                    report.add(name, f"median {median(values) * 1000:.0f} ms, p95 {percentile(values, 95) * 1000:.0f} ms", goal)
            finally:
                screen.close()
    finally:
        home.close()
        box.close()
    report.add("machine meanwhile", busy())
    return report
