"""What a start, a key and a search cost over caches of 1,000 to 1,000,000 mails: a table, and a picture of it as SVG.

``python -m benchmarks sizes`` makes docs/pictures/cost-by-size.svg. Processor time, which is the program's own; the empty Textual
app beside each start was measured in the same minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent_tui import workspace as workspaces
from agent_tui.desk import Desk
from benchmarks import generate, store, terminal, workstation
from benchmarks.curves import Panel, picture
from benchmarks.machine import Report, busy

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "cost-by-size.svg"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
KEYS = {
    "j and k": ("j", "j", "j", "k"), "page": (" ", " ", "\x1b[5~"), "last, first": ("G", "gg"), "open, back": ("\r", "u"),
    "done, undo": ("e", "z"), "another view": ("gw", "gi"),
}  # fmt: skip
SEARCHES = {
    "rare word": "needleone", "word of all": "order", "two words": "order refund", "phrase": '"new invoice"', "r": "r",
    "re": "re", "Bengali": "আমার", "Japanese": "届きません",
}  # fmt: skip
Found = dict[str, dict[str, float]]
"""Figures by panel and name."""
PANELS = ("Start, ms", "A key, ms", "Search in the store, ms", "Memory, MB")


def at(count: int, *, starts: int = 5, times: int = 18) -> Found:
    """Everything at one size.

    Args:
        count: mails in the cache.
        starts: of each program; the least counts.
        times: presses of each key; the mean counts.
    """
    folder = generate.workspace(count)
    found: Found = {name: {} for name in PANELS}
    _walls, spent = workstation.starts(folder, starts)
    for name, seconds in zip(("empty Textual app", "first frame", "list painted"), spent, strict=True):
        found["Start, ms"][name] = seconds * 1000
    with workstation.opened(folder) as screen:
        for name, keys in KEYS.items():
            found["A key, ms"][name] = workstation.pressed(screen, keys, times)[0] / sum(map(len, keys)) * len(keys)
        screen.settle(0.5)
        found["Memory, MB"]["workstation"] = terminal.memory_of(screen.process.pid)[0]
    desk = Desk(workspaces.load(folder), offline=True)
    for name, query in SEARCHES.items():
        found["Search in the store, ms"][name] = store.spent(lambda query=query: desk.search(query), 7)
    desk.close()
    return found


def measure(sizes: tuple[int, ...] = SIZES, place: Path | None = None) -> Report:
    """All sizes.

    Args:
        place: where the picture goes; None: nowhere.
    """
    report = Report("Cost against size, processor time")
    found = {size: at(size) for size in sizes}
    panels = drawn(found)
    for panel in panels:
        for name, line in panel.lines.items():
            values = ("–" if value is None else f"{value:.1f}" for value in line)
            report.add(f"{panel.title.lower()}: {name}", " | ".join(values))
    if place is not None:
        drawable = [one for one in panels if len(one.lines) > 1]  # memory is one line, and in the table
        place.write_text(picture(sizes, drawable), encoding="utf-8")
    report.add("machine meanwhile", busy())
    return report


def drawn(found: Mapping[int, Found]) -> list[Panel]:
    """The figures of all sizes as panels of a picture."""
    some = next(iter(found.values()))
    return [
        Panel(panel, {name: [one[panel].get(name) for one in found.values()] for name in some[panel]}) for panel in PANELS
    ]
