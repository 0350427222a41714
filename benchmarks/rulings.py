"""How often what a reply rules is read from its words: ``python -m benchmarks.rulings``.

Made-up replies in six languages, some of which grant, some refuse and some do neither; dealt into two halves before anything
was written to read them, ``open`` to write it by and ``kept`` to judge it with. All are by one hand.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from agent_tui.domain.ruling_words import read_ruling

FOLDER = Path(__file__).parent / "data"


def measure(half: str) -> dict[str, Counter[str]]:
    """By language: how many rule (``rules``), are read right (``right``) or as the other (``wrong``); how many rule nothing
    (``open``), and are read as if they did (``alarms``)."""
    found: dict[str, Counter[str]] = {}
    for line in (FOLDER / f"rulings_{half}.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        read = read_ruling(one["text"])
        said = read.outcome if read is not None else ""
        counted = found.setdefault(one["language"], Counter())
        if one["outcome"]:
            counted.update(rules=1, right=said == one["outcome"], wrong=said not in ("", one["outcome"]))
        else:
            counted.update(open=1, alarms=bool(said))
    return found


if __name__ == "__main__":
    for name in sys.argv[1:] or ("open", "kept"):
        measured = measure(name)
        for language, one in {**measured, "all": sum(measured.values(), Counter())}.items():
            print(f"{name} {language:3} read {one['right']} of {one['rules']}, the wrong way {one['wrong']}; "
                  f"{one['alarms']} of {one['open']} that rule nothing read as ruling")  # fmt: skip
