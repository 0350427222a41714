"""What a key costs in the picker of canned replies: ``python -m benchmarks.picker [COUNT]``.

A library of generated replies in eight languages (five thousand if nothing else is said) is searched as one types: each
text grows letter by letter, whole words and words with a slip, of names, tags and contents. A key is the search, the
chosen reply rendered for a case, and the picker's lines painted.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from agent_tui.domain.model import Address
from agent_tui.knowledge.canned import Canned, CannedLibrary, render
from agent_tui.screens.preparing import SLICE_MS
from agent_tui.widgets import theme, width
from agent_tui.widgets.canned_picker import CannedPicker
from agent_tui.workspace import Agent
from benchmarks.generate import letters
from benchmarks.machine import Report

COUNT = 5_000
LANGUAGES = ("en", "de", "es", "bn", "pa", "kn", "fil", "ja")
_SIZE = (140, 9)


def library(folder: Path, count: int, seed: int = 7) -> CannedLibrary:
    """A library of this many replies, whose texts are the generator's letters."""
    chance = random.Random(seed)
    topics = ["refund", "parcel", "invoice", "password", "outage", "firmware", "warranty", "return", "billing", "account"]
    for number, letter in enumerate(letters(count, seed)):
        topic, second = chance.sample(topics, 2)
        text = " ".join(letter.body.split()[:60]).replace("{", "(").replace("}", ")")
        (folder / f"{number:05}.md").write_text(
            f"---\nname: {topic}-{second}-{number}\nshortcut: {topic[:2]}{number}\ntags: [{topic}, {second}]\n"
            f"language: {LANGUAGES[number % len(LANGUAGES)]}\n---\nHello {{{{ customer.first_name }}}},\n\n{text}\n\n"
            '{{ ask("order number") }}\n',
            "utf-8",
        )
    return CannedLibrary(folder, at_once=False)


def queries(replies: tuple[Canned, ...], count: int = 60, seed: int = 3) -> list[str]:
    """What is typed: names, and two words of a text; of every second one word has two letters swapped."""
    chance = random.Random(seed)
    found = []
    for number, one in enumerate(chance.sample(replies, count)):
        words = [word for word in one.body.split() if len(word) >= 5 and word.isalpha()] or ["order"]
        text = one.name.replace("-", " ") if number % 3 == 0 else " ".join(chance.sample(words, min(2, len(words))))
        at = chance.randrange(1, max(2, len(text) - 2))
        found.append(text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :] if number % 2 else text)
    return found


def measure(count: int = COUNT) -> Report:
    """Milliseconds of processor time, and by the clock, from a key to painted lines."""
    width.install()
    report = Report(f"The picker over {count:,} canned replies")
    agent, customer = Agent(name="Asha Rao", email="asha@example.com"), Address("Rina Das", "rina@example.com")
    picker = CannedPicker(theme.LOOKS[theme.DARK])
    with tempfile.TemporaryDirectory() as scratch:
        replies = library(Path(scratch), count)
        slices = []
        more = True
        while more:
            before = time.process_time()
            more = replies.prepare(SLICE_MS)
            slices.append((time.process_time() - before) * 1000)
        over = sum(1 for one in slices if one > 2 * SLICE_MS)
        report.add(
            f"reading the files and making the index, in slices of {SLICE_MS:.0f} ms of processor time",
            f"{sum(slices):.0f} ms, of {len(slices)} slices {over} were over twice that, at most {max(slices):.0f} ms",
        )
        before = time.process_time()
        replies.refresh()
        report.add("looking for changed files, when the picker opens", f"{(time.process_time() - before) * 1000:.0f} ms")
        before = time.process_time()
        replies.search("a")
        report.add("the first search", f"{(time.process_time() - before) * 1000:.1f} ms", "30 ms")
        spent, clock = [], []
        for text in queries(replies.replies()):
            for end in range(1, len(text) + 1):
                began, at = time.process_time(), time.perf_counter()
                picker.query_text = text[:end]
                picker.offer(replies.search(text[:end], "en", "email"))
                if picker.chosen is not None:
                    picker.preview = render(picker.chosen, None, customer, agent).text  # type: ignore[arg-type]
                picker.paint(*_SIZE)
                spent.append((time.process_time() - began) * 1000)
                clock.append((time.perf_counter() - at) * 1000)
    for name, values in (("processor time", spent), ("by the clock", clock)):
        values.sort()
        median, p95 = values[len(values) // 2], values[int(len(values) * 0.95)]
        report.add(f"a key, {name}", f"median {median:.1f} ms, p95 {p95:.1f} ms, most {values[-1]:.1f} ms", "p95 30 ms")
    report.add("keys", f"{len(spent):,}")
    return report


if __name__ == "__main__":
    measure(*(int(one) for one in sys.argv[1:2]))
