"""How well ideas are told from problems and questions: first posts in ten languages, labelled before anything was tuned on them.

``python -m benchmarks.ideas`` prints precision and recall of both halves of ``data/ideas.tsv`` (every second line is held
out); with ``--show`` also what was judged wrongly in the half that phrases are tuned on. Nothing prints an item of the other.
"""

from __future__ import annotations

import sys
from pathlib import Path

from agent_tui.domain.wishes import is_wish
from benchmarks.machine import Report

FILE = Path(__file__).with_name("data") / "ideas.tsv"
HALVES = ("tuning", "held out")


def read(half: str) -> list[tuple[bool, str, str]]:
    """Whether it is an idea, its language, and the text."""
    lines = FILE.read_text("utf-8").splitlines()[HALVES.index(half) :: 2]
    return [(label == "idea", language, text) for label, language, text in (one.split("\t") for one in lines)]


def measure(*, show: bool = False) -> Report:
    """Precision and recall of both halves."""
    report = Report("Ideas")
    for half in HALVES:
        judged = [(due, is_wish("", text), language, text) for due, language, text in read(half)]
        hit = sum(due and found for due, found, *_ in judged)
        given, wanted = sum(found for _, found, *_ in judged), sum(due for due, *_ in judged)
        report.add(f"{half}: precision", f"{hit / given:.2f} ({hit} of {given})")
        report.add(f"{half}: recall", f"{hit / wanted:.2f} ({hit} of {wanted})")
        if show and half == "tuning":
            for due, found, language, text in judged:
                if due != found:
                    sys.stdout.write(f"{'missed' if due else 'wrong '} {language} {text}\n")
    return report


if __name__ == "__main__":
    measure(show="--show" in sys.argv)
