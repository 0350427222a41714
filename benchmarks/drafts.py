"""What a typed letter costs in a large draft: ``python -m benchmarks.drafts``.

The demo's workspace, without an engine, in a terminal of 140 x 40. A reply is opened that holds as much text as is said, in
paragraphs or in one line, and letters are typed at its beginning and its end. Saving the draft, which follows the keys, is
in the figures.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.machine import Report, busy
from benchmarks.workstation import opened, pressed

SENTENCE = "The parcel left our house on Monday and should be with you within three working days. "


def texts(size: int) -> dict[str, str]:
    """A short text, and one of so many characters in paragraphs and in one line."""
    long = (SENTENCE * (size // len(SENTENCE) + 1))[:size]
    lines = [long[at : at + 400] for at in range(0, size, 400)]
    return {"short": SENTENCE, f"{size // 1000} kB in paragraphs": "\n\n".join(lines), f"{size // 1000} kB in one line": long}


def measure(size: int = 200_000) -> Report:
    """Milliseconds of processor time a letter, and until it is painted."""
    from agent_tui import engine, workspace
    from agent_tui.desk import Desk
    from agent_tui.sources.demo.make import make_workspace

    report = Report("A letter typed in a reply")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "demo"
        make_workspace(folder, int(time.time() * 1000), live=False)
        engine.run(workspace.load(folder))
        desk = Desk(workspace.load(folder), offline=True)
        case = desk.window("inbox").row(0).id
        for name, text in texts(size).items():
            for place, cursor in (("at its beginning", 0), ("at its end", len(text))):
                draft = desk.draft(case, "reply")
                desk.save_draft(replace(draft, text=text, cursor=cursor, origins=()))
                with opened(folder) as screen:
                    screen.key("r", quiet=1.0)
                    cpu, middle, late, size_out = pressed(screen, ["a", "b", "c", "d", "e", " "], 120)
                    screen.key("\x1b", quiet=1.0)
                report.add(
                    f"{name}, {place}",
                    f"{cpu:.1f} ms of processor time, painted after {middle:.0f} ms (p99 {late:.0f}), {size_out:,.0f} bytes",
                    "6 ms",
                )
        desk.close()
    report.add("the machine meanwhile", busy())
    return report


if __name__ == "__main__":
    measure(*(int(one) for one in sys.argv[1:2]))
