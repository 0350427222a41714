"""Records docs/tutorial.cast: the steps of the tutorial, replayed by keys on the demo. ``python docs/make_cast.py``.

It is an asciicast of version 2 (https://docs.asciinema.org/manual/asciicast/v2/): ``asciinema play docs/tutorial.cast``. When a
key was pressed is made up, so that it can be followed and lasts as long on every machine; what came is what the program sent.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent
CAST = HERE / "tutorial.cast"
SIZE = (90, 26)
KEY_S, LETTER_S, LOOK_S = 0.4, 0.08, 2.3
"""Between two keys, two letters, and to look at what a step shows."""
QUIET_S = 0.35
"""So long nothing comes once a step's words are there: it has been painted."""


def record() -> str:
    """The file's text."""
    from steps import steps

    from benchmarks.terminal import Terminal
    from tests.journeys.demo_scene import demo_scene
    from tests.journeys.terminal import KEYS

    with tempfile.TemporaryDirectory(prefix="agent-tui-cast-") as folder, demo_scene(Path(folder, "demo"), undo="15s") as scene:
        columns, rows = SIZE
        command = [sys.executable, "-m", "agent_tui", "--workspace", str(scene.path)]
        terminal = Terminal(command, rows=rows, columns=columns, environment={"PYTHONPATH": str(PROJECT), "COLORTERM": ""})
        lines = [json.dumps({"version": 2, "width": columns, "height": rows, "title": "agent-tui: a first day",
                             "env": {"TERM": "xterm-256color", "SHELL": "/bin/sh"}})]  # fmt: skip
        at, taken = 0.0, 0

        def keep(last: float) -> None:
            nonlocal at, taken
            at = last
            data = b"".join(chunk for _, chunk in terminal.chunks[taken:]).decode("utf-8", "replace")
            taken = len(terminal.chunks)
            if data:
                lines.append(json.dumps([round(at, 2), "o", data], ensure_ascii=False))

        def settle(words: tuple[str, ...]) -> None:
            end = time.monotonic() + 30
            while terminal.read(QUIET_S) or not all(one in terminal.text() for one in words):
                terminal.feed()
                if time.monotonic() > end:
                    raise RuntimeError(f"{words} were never shown:\n{terminal.text()}")

        try:
            settle(("Gordon Pike", "up to date"))
            keep(0.5)
            at += LOOK_S
            for step in steps():
                for key in step.keys or step.text:
                    name = {"esc": "escape"}.get(key, key)
                    data = chr(ord(name[5:].upper()) & 31) if name.startswith("ctrl+") else KEYS.get(name, name)
                    os.write(terminal.master, data.encode())
                    if step.text:
                        settle(())
                    keep(at + (LETTER_S if step.text else KEY_S))
                settle(step.seen)
                keep(at + 0.05)
                at += LOOK_S
        finally:
            terminal.process.terminate()
            terminal.process.wait(60)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path[:0] = [str(PROJECT), str(HERE)]
    CAST.write_text(record(), "utf-8")
