"""Opening what is large: a case of 1,000 messages, and a newsletter of 200 kB of HTML; beside a case of one short mail.

The workstation in a terminal of 140 x 40, the reading pane open. Each is opened and left again, so what is measured is what an
agent waits for each time; the first time is given by itself. A newsletter becomes text when it comes in, in the engine's
reader: that is the last line.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from agent_tui import workspace as workspaces
from agent_tui.domain.model import Batch, RemoteMessage
from agent_tui.store.apply import apply
from agent_tui.store.database import Store
from benchmarks import generate
from benchmarks.machine import Report, busy, median
from benchmarks.workstation import opened

MESSAGES = 1_000
HTML_BYTES = 200_000


def newsletter() -> str:
    """Tables in tables with styles, links and pictures, as senders of newsletters make them."""
    rows: list[str] = []
    size = 0
    for number in range(10_000):
        row = (
            '<tr><td style="padding:12px 24px;font-family:Arial,sans-serif;font-size:16px;line-height:24px;color:#333333">'
            '<table width="100%" cellpadding="0" cellspacing="0"><tr><td width="40%">'
            f'<a href="https://shop.example/offer/{number}?c=1"><img src="https://shop.example/picture/{number}.jpg" '
            f'width="240" alt="Picture {number}" style="display:block"></a></td><td width="60%">'
            f'<h2 style="margin:0">Offer {number}</h2><p>The parcel left our house on Monday &amp; should be with '
            f'you <b>within three</b> working days.</p><ul><li>From &euro;{number}.95</li><li><a href="https://shop.example/'
            f'terms/{number}">Terms</a></li></ul></td></tr></table></td></tr>\n'
        )
        rows.append(row)
        size += len(row)
        if size >= HTML_BYTES:
            break
    return f'<html><head><style>td{{padding:4px}}</style></head><body><table width="600">{"".join(rows)}</table></body></html>'


def _mails() -> tuple[list[RemoteMessage], float]:
    """The mails, and processor seconds in which the newsletter became text."""
    from agent_tui.sources.html import to_text

    letters = [generate.remote(one) for one in generate.letters(MESSAGES + 2)]
    began = time.process_time()
    text = to_text(newsletter())
    spent = time.process_time() - began
    first = letters[0].marker
    found = []
    for number, one in enumerate(letters):
        at = generate.NEWEST + number * 60_000
        ids = (one.marker, first) if number < MESSAGES else (one.marker,)
        found.append(replace(one, received_at=at, sent_at=at, thread_ids=ids, container="INBOX", direction=letters[0].direction))
    found[MESSAGES] = replace(found[MESSAGES], subject="The newsletter", text=text, fresh_text=text, html=True)
    found[MESSAGES + 1] = replace(found[MESSAGES + 1], subject="A short mail", text="Where is my parcel?", fresh_text="")
    return found, spent


def measure(times: int = 9) -> Report:
    """Milliseconds of processor time, and until it is painted.

    Args:
        times: how often each is opened.
    """
    report = Report("Opening what is large")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "workspace.toml").write_text(generate.SETTINGS, encoding="utf-8")
        mails, parsing = _mails()
        store = Store.open(workspaces.load(folder), role="engine", now=lambda: generate.NEWEST)
        for start in range(0, len(mails), 100):
            apply(store, "support-mail", Batch(cursor="{}", messages=tuple(mails[start : start + 100]), more=True))
        cases = store.cache.execute(
            "SELECT subject, messages FROM cases WHERE bucket < 9 ORDER BY bucket, sort1, sort2, id"
        ).fetchall()
        store.close()
        with opened(folder) as screen:
            for place, (subject, messages) in enumerate(cases):
                if place:
                    screen.key("j")
                    screen.settle(0.5)
                walls, spent = [], []
                for _ in range(times):
                    before = screen.cpu()
                    wall, _ = screen.key("\r", quiet=0.15)
                    walls.append(wall * 1000)
                    spent.append((screen.cpu() - before) * 1000)
                    screen.key("u", quiet=0.15)
                report.add(
                    f"open a case of {messages:,} messages ({subject})",
                    f"{median(spent):.1f} ms of processor time (the first time {spent[0]:.1f}), "
                    f"painted after {median(walls):.0f} ms",
                    "40 ms" if messages > 1 else "100 ms" if subject == "The newsletter" else "",
                )
    report.add(f"{HTML_BYTES // 1000} kB of HTML to text, when it comes in", f"{parsing * 1000:.0f} ms of processor time")
    report.add("machine meanwhile", busy())
    return report
