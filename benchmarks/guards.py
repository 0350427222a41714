"""How right the guards are: replies that should go and replies that should stop, see ``tests/guard_corpus``.

``python -m benchmarks.guards`` prints the figures of both halves; with ``--show`` also what was judged wrongly in the
half that guards are tuned on. Nothing ever prints an item of the other half.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from agent_tui.domain import guards
from benchmarks.machine import Report
from tests.guard_corpus.read import HALVES, Sample, read

HINTS = ("question", "clause", "promise", "unmentioned", "subject")


def measure(*, show: bool = False) -> Report:
    """Recall of every stop, false stops, precision of every hint; both halves apart."""
    report = Report("Guards")
    for half in HALVES:
        samples = list(read(half))
        began = time.process_time()
        found = [(one, guards.check(one.context)) for one in samples]
        spent = time.process_time() - began
        stops = [(one, frozenset(f.guard for f in findings if f.stops)) for one, findings in found]
        hints = [(one, frozenset(f.guard for f in findings if not f.stops)) for one, findings in found]
        _stops(report, half, stops)
        _hints(report, half, hints)
        report.add(f"{half}: processor time a reply", f"{spent / len(samples) * 1000:.2f} ms")
        if show and half == "tuning":
            _show(stops, "stop")
            _show([(Sample(s.id, s.language, s.context, s.hints, s.hints), h) for s, h in hints], "hint")
    return report


def _stops(report: Report, half: str, stops: list[tuple[Sample, frozenset[str]]]) -> None:
    due = Counter(guard for one, _ in stops for guard in one.expected)
    hit = Counter(guard for one, found in stops for guard in one.expected & found)
    for guard in guards.GUARDS:
        goal = "1.0" if guard in ("gap", "template") else ""
        report.add(f"{half}: {guard}, recall", f"{hit[guard] / max(1, due[guard]):.3f} ({hit[guard]} of {due[guard]})", goal)
    report.add(f"{half}: all stops, recall", f"{hit.total() / due.total():.3f} ({hit.total()} of {due.total()})", "0.95")
    right = [found for one, found in stops if not one.expected]
    false = sum(1 for found in right if found)
    report.add(f"{half}: right replies that are stopped", f"{false / len(right):.2%} ({false} of {len(right)})", "2 %")
    besides = sum(1 for one, found in stops if one.expected and found - one.expected)
    wrong = sum(1 for one, _ in stops if one.expected)
    report.add(f"{half}: wrong replies stopped for a reason that is none", f"{besides / wrong:.2%} ({besides} of {wrong})")


def _hints(report: Report, half: str, hints: list[tuple[Sample, frozenset[str]]]) -> None:
    for hint in HINTS:
        given = [one for one, found in hints if hint in found]
        due = [one for one, _ in hints if hint in one.hints]
        right = sum(1 for one in given if hint in one.hints)
        precision = f"{right / len(given):.3f}" if given else "-"
        report.add(f"{half}: hint {hint}, precision and recall", f"{precision} of {len(given)}, {right} of {len(due)} found")


def _show(judged: list[tuple[Sample, frozenset[str]]], what: str) -> None:
    for one, found in judged:
        if found != one.expected:
            missing, more = sorted(one.expected - found), sorted(found - one.expected)
            print(f"{what} {one.id} {one.language} missed {missing} false {more}: {one.context.text[:160]!r}")


if __name__ == "__main__":
    measure(show="--show" in sys.argv)
