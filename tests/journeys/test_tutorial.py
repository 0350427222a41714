"""docs/tutorial.md is true: a newcomer who presses what it says sees what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyte
import pytest

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))
try:
    from steps import steps
finally:
    sys.path.remove(str(DOCS))


@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
def test_every_step_of_the_tutorial_shows_what_it_says(week, size):
    terminal = week(undo="15s").open(size=size)
    played = steps()
    assert len(played) > 30
    for step in played:
        told = f"{step.chapter}: {' '.join(step.keys) or step.text}"
        if step.text:
            terminal.type(step.text)
        terminal.press(*("escape" if key == "esc" else key for key in step.keys))
        try:
            terminal.sees(*step.seen)
        except AssertionError as error:
            pytest.fail(f"{told}\n{error}")


def test_the_recording_can_be_played_and_lasts_about_two_minutes():
    head, *events = [json.loads(line) for line in (DOCS / "tutorial.cast").read_text("utf-8").splitlines()]
    assert (head["version"], head["width"] >= 80, head["height"] >= 24) == (2, True, True)
    times = [at for at, kind, data in events if kind == "o" and data]
    assert times == sorted(times)
    assert len(times) == len(events)
    assert 60 < times[-1] < 150
    assert (DOCS / "tutorial.cast").stat().st_size < 700_000
    screen = pyte.Screen(head["width"], head["height"])
    stream = pyte.Stream(screen)
    played = ""
    for _, _, data in events:
        stream.feed(data)
        played += "\n".join(screen.display)
    missing = [one for step in steps() for one in step.seen if one not in played]
    assert missing == [], "run: python docs/make_cast.py"
