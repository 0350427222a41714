"""How many planted contradictions are pointed out, and how often nothing was wrong: ``python -m benchmarks.decisions``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from agent_tui.domain.decisions import Decision, departure

FOLDER = Path(__file__).parent / "data"


def rulings(half: str) -> list[tuple[Decision, bool]]:
    """The decisions of a half in order, and whether each is a planted contradiction."""
    found = []
    for line in (FOLDER / f"decisions_{half}.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        decision = Decision(
            clause=one["clause"], outcome=one["outcome"], channel=one["channel"], amount=one["amount"], facts=one["facts"],
            reason=one["reason"], decided_at=len(found),
        )  # fmt: skip
        found.append((decision, one["contradiction"]))
    return found


def measure(half: str) -> tuple[int, int, int, int]:
    """Contradictions found, contradictions, false alarms, other rulings."""
    before: list[Decision] = []
    found = planted = alarms = others = 0
    for decision, contradiction in rulings(half):
        pointed_out = departure(decision, before) is not None
        found += pointed_out and contradiction
        planted += contradiction
        alarms += pointed_out and not contradiction
        others += not contradiction
        before.append(decision)
    return found, planted, alarms, others


if __name__ == "__main__":
    for name in sys.argv[1:] or ("open", "kept"):
        hits, planted, alarms, others = measure(name)
        print(f"{name}: {hits} of {planted} contradictions pointed out ({hits / planted:.2f}), "
              f"{alarms} false alarms among {others} other rulings ({alarms / others:.3f})")  # fmt: skip
