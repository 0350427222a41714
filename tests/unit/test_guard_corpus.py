"""What guards are measured on: enough of it, in every language, and the same whenever it is made anew."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from agent_tui.domain import guards
from tests.guard_corpus import make
from tests.guard_corpus.read import FOLDER, HALVES, read

HALF_OF = {half: [json.loads(line) for line in (FOLDER / f"{half}.jsonl").read_text("utf-8").splitlines()] for half in HALVES}
EVERY = [item for half in HALVES for item in HALF_OF[half]]


def test_there_are_five_hundred_right_and_five_hundred_wrong_replies():
    wrong = sum(1 for item in EVERY if item["expected"])
    assert wrong >= 500
    assert len(EVERY) - wrong >= 500


def test_every_language_and_channel_is_there():
    assert {item["language"] for item in EVERY} >= {"en", "bn", "pa", "kn", "tl", "hi", "hi-latn", "bn-latn", "de", "es"}
    assert {item["channel"] for item in EVERY} >= {"email", "chat", "community", "social"}


def test_making_it_anew_changes_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(make, "FOLDER", tmp_path)
    make.main()
    for half in HALVES:
        assert (tmp_path / f"{half}.jsonl").read_bytes() == (FOLDER / f"{half}.jsonl").read_bytes()


def test_every_reply_can_be_read_as_a_guards_context():
    assert sum(1 for half in HALVES for _ in read(half)) == len(EVERY)


def judged(half):
    return [(one, guards.check(one.context)) for one in read(half)]


@pytest.mark.parametrize("half", HALVES)
def test_guards_stop_what_they_should_and_let_go_what_is_right(half):
    """Only figures are compared, so that a failure shows nothing of the half that guards are not tuned on."""
    due, hit, right, stopped = Counter(), Counter(), 0, 0
    shown, well = Counter(), Counter()
    for one, findings in judged(half):
        stops = {finding.guard for finding in findings if finding.stops}
        due.update(one.expected)
        hit.update(one.expected & stops)
        right += not one.expected
        stopped += bool(stops and not one.expected)
        hints = {finding.guard for finding in findings if not finding.stops}
        shown.update(hints)
        well.update(hints & one.hints)
    assert hit.total() / due.total() >= 0.95
    assert (hit["gap"], hit["template"]) == (due["gap"], due["template"])
    assert stopped / right <= 0.02
    assert set(shown) == set(guards.HINTS)
    assert all(well[hint] / count >= 0.9 for hint, count in shown.items())
