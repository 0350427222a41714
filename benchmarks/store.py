"""The store by itself over a cache of many mails: search, filters, verbs on one case and on five hundred."""

from __future__ import annotations

import time
from collections.abc import Callable

from agent_tui import workspace as workspaces
from agent_tui.desk import Desk
from benchmarks import generate
from benchmarks.machine import Report, busy, median

SEARCHES = {
    "a rare word": "needleone",
    "a word of every mail": "order",
    "two words": "order refund",
    "a phrase": '"new invoice"',
    "a first letter": "r",
    "a first digit, of 100,000 numbers": "7",
    "two letters": "re",
    "Bengali": "আমার",
    "Punjabi": "ਮੇਰਾ",
    "Japanese": "届きません",
    "either of two": "order OR refund",
    "without a word": "-refund order",
    "a sender": "from:customer12",
    "in closed cases": "order state:closed",
}


def spent(action: Callable[[], object], times: int) -> float:
    """Median processor milliseconds."""
    found = []
    for _ in range(times):
        before = time.process_time()
        action()
        found.append((time.process_time() - before) * 1000)
    return median(found)


def measure(count: int = 100_000) -> Report:
    """All of it.

    Args:
        count: mails in the cache.
    """
    report = Report(f"The store over {count:,} mails, processor time")
    desk = Desk(workspaces.load(generate.workspace(count)), offline=True)
    for name, query in SEARCHES.items():
        report.add(f"search: {name} (`{query}`), 50 hits", f"{spent(lambda query=query: desk.search(query), 7):.1f} ms", "30 ms")
    for query in ("needleone", "refund", "order", "r", "is:unread", "tag:refund", "from:customer12", "-refund order"):
        page = spent(lambda query=query: len(desk.window("all", query)) and desk.window("all", query).row(0), 5) / 2
        narrowed, slices = desk.window("all", query), [0.0]
        while narrowed.counting:
            slices.append(spent(narrowed.count_on, 1))
        report.add(
            f"a list narrowed by `{query}`: its first page, counting the rest while nobody types",
            f"{page:.1f} ms, {sum(slices):.0f} ms in {len(slices) - 1} slices of {max(slices):.0f} ms at most",
        )
    window = desk.window("inbox")
    ids = [window.row(place).id for place in range(500)]
    for name, some in (("one case", ids[:1]), ("500 cases", ids)):
        goal = "100 ms" if len(some) > 1 else ""
        done, undone, tagged = [], [], []
        for _ in range(5):
            done.append(spent(lambda some=some: desk.done(some), 1))
            undone.append(spent(desk.undo, 1))
            tagged.append(spent(lambda some=some: desk.tag(some, ["refund"]), 1))
            desk.undo()
        report.add(f"done, {name}", f"{median(done):.1f} ms", goal)
        report.add(f"undo of it, {name}", f"{median(undone):.1f} ms", goal)
        report.add(f"tag, {name}", f"{median(tagged):.1f} ms", goal)
    report.add("counts of all views", f"{spent(desk.counts, 7):.2f} ms")
    report.add("a page of the list", f"{spent(lambda: desk.window('inbox').row(0), 7):.2f} ms")
    report.add("open a case", f"{spent(lambda: desk.thread(ids[0]), 7):.2f} ms")
    desk.close()
    report.add("machine meanwhile", busy())
    return report
