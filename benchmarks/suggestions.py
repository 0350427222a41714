"""Which earlier reply fits: ``python -m benchmarks.suggestions DATA [--tuning]``.

``DATA`` (or ``AGENT_TUI_SUGGESTION_DATA``) is a folder with ``threads/*.jsonl.gz`` (mail: ``id date in_reply_to references
body thread``) and ``chat/*.jsonl.gz`` (``file i text system thread replies_to``), in which ``thread`` says what belongs
together. Messages come one after the other. Each that somebody has replied to somebody about before asks which earlier reply
fits; the answer is right where one of the first three replies is of its own thread. Only texts are looked at: no subject,
sender, header or time, and no quoted lines. Beside it, in the same run, stands plain BM25 over the words of the replies.

The first half of every file is for choosing constants (``--tuning`` prints it), the second half for the figures.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_tui.domain.likeness import Field, Likeness, best
from agent_tui.domain.quotes import quoted_spans

FIRST = 3


@dataclass(frozen=True)
class Said:
    """One message.

    Args:
        answers: the text that it replies to, None where it replies to none.
    """

    text: str
    thread: str
    answers: str | None


class Plain:
    """Words as they stand, BM25 with its usual constants, over the replies alone."""

    def __init__(self) -> None:
        self._field = Field()

    def add(self, asked: str, said: str) -> None:
        """One more reply."""
        del asked
        self._field.add(_words(said))

    def scores(self, text: str) -> dict[int, float]:
        """Of every reply with a word of the text."""
        found: dict[int, float] = {}
        self._field.put_scores(_words(text), 1.0, found)
        return found


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def mail(folder: Path) -> dict[str, list[Said]]:
    """Mailing lists with bodies, by date; quoted lines are left out."""
    found: dict[str, list[Said]] = {}
    for path in sorted((folder / "threads").glob("*.jsonl.gz")):
        rows = _rows(path)
        if path.name.count(".") > 2 or path.name.startswith("dedupe") or not all("body" in row for row in rows):
            continue  # damaged headers, or none: they are the same mail again
        before: dict[str, str] = {}
        said = []
        for row in sorted(rows, key=lambda row: row["date"] or "9"):
            text = before[row["id"]] = _fresh(row["body"] or "")
            parents = [one for one in (*row["in_reply_to"], *reversed(row["references"])) if one in before and one != row["id"]]
            said.append(Said(text, row["thread"], before[parents[0]] if parents else None))
        found[path.name] = said
    return found


def _fresh(text: str) -> str:
    pieces, at = [], 0
    for start, end, _ in quoted_spans(text):
        pieces.append(text[at:start])
        at = end
    return "".join((*pieces, text[at:]))


def chat(folder: Path) -> dict[str, list[Said]]:
    """Channels, day by day; only what is labelled."""
    found: dict[str, list[Said]] = {}
    for path in sorted((folder / "chat").glob("*.jsonl.gz")):
        files: dict[str, list[dict[str, Any]]] = {}
        for row in _rows(path):
            files.setdefault(row["file"], []).append(row)
        for name, rows in files.items():
            there = {row["i"]: row["text"] for row in rows}
            said = []
            for row in rows:
                if row["system"] or not row["thread"]:
                    continue
                to = row["replies_to"] if isinstance(row["replies_to"], list) else [row["replies_to"]]
                to = [one for one in to if one in there and one != row["i"]]
                said.append(Said(row["text"], row["thread"], there[to[0]] if to else None))
            found[f"{path.name} {name}"] = said
    return found


def hits(files: dict[str, list[Said]], half: int, make: Callable[[], Any]) -> tuple[int, int, float]:
    """Right answers, questions, and processor seconds."""
    right = asked = 0
    began = time.process_time()
    for said in files.values():
        ranking, threads = make(), []
        middle = len(said) // 2
        for place, one in enumerate(said):
            if (place >= middle) is bool(half) and one.thread in threads:
                asked += 1
                right += any(threads[number] == one.thread for number, _ in best(ranking.scores(one.text), FIRST))
            if one.answers is not None:
                ranking.add(one.answers, one.text)
                threads.append(one.thread)
    return right, asked, time.process_time() - began


def main() -> None:
    """Print the figures of both kinds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("data", nargs="?", default=os.environ.get("AGENT_TUI_SUGGESTION_DATA"))
    parser.add_argument("--tuning", action="store_true", help="the first halves, for choosing constants")
    options = parser.parse_args()
    if not options.data:
        parser.error("name the folder of the data, or set AGENT_TUI_SUGGESTION_DATA")
    half = 0 if options.tuning else 1
    print(f"hit@{FIRST}, {'first' if not half else 'second'} halves")
    for name, files in (("mail", mail(Path(options.data))), ("chat", chat(Path(options.data)))):
        for what, make in (("agent-tui", Likeness), ("plain BM25", Plain)):
            right, asked, spent = hits(files, half, make)
            print(f"{name}: {what:10} {right / max(1, asked):.3f} ({right} of {asked}), {spent:.1f} s of processor time")


if __name__ == "__main__":
    main()
