"""How often the right earlier case is found: ``python -m benchmarks.similar DATA``.

``DATA`` has ``threads/*.jsonl.gz`` (mail of public lists: ``id``, ``date``, ``from_``, ``body``, ``thread``) and
``chat/*.jsonl.gz`` (``nick``, ``text``, ``thread``). Every thread of three messages or more is cut in two: its first
message becomes a case of its own, as if it had just come, the rest an earlier case, without subjects and quotes, which
would give it away. The earlier case has to be found among all others. Compared with full-text search alone: SQLite's BM25
with stems over the text of each earlier case, the words as often as they were written, at most three times. Threads
are halved by a hash, so that a setting may be chosen on the first half and reported on the second.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_tui.domain.empty_words import ENGLISH
from agent_tui.domain.quotes import fresh
from agent_tui.domain.words import terms

WHOLE = ["threads/asf-maven-dev-2017-11", "threads/notmuch-default", "chat/irc_ubuntu"]
EMPTY = frozenset(ENGLISH.split())


def threads(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The threads of a file, in its order."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            row = json.loads(line)
            if row["thread"] is None or row.get("system"):
                continue
            text = row["text"] if "text" in row else fresh(row["body"])
            if text.strip():
                one = {"who": row.get("nick") or row["from_"], "text": text, "at": number}
                found[f"{row.get('file', '')}{row['thread']}"].append(one)
    return found


def pairs(found: Mapping[str, Sequence[dict[str, Any]]]) -> tuple[dict[str, str], dict[str, list[dict[str, Any]]]]:
    """What has just come, by thread; and the earlier cases, by thread."""
    new, earlier = {}, {}
    for name, rows in found.items():
        first = rows[0]["who"]
        if len(rows) >= 3:
            new[name] = rows[0]["text"]
            earlier[name] = [{**one, "theirs": one["who"] == first} for one in rows[1:]]
        else:
            earlier[name] = [{**one, "theirs": one["who"] == first} for one in rows]
    return new, earlier


def workspace(folder: Path, new: Mapping[str, str], earlier: Mapping[str, Sequence[dict[str, Any]]]) -> Path:
    """A workspace with these cases in an archive."""
    folder.mkdir()
    (folder / "workspace.toml").write_text('[agent]\nname = "A"\nemail = "a@example.com"\n')
    lines = []

    def line(case: str, key: str, text: str, *, theirs: bool) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + 60 * len(lines)))
        address = "customer@example.org" if theirs else "a@example.com"
        lines.append(json.dumps({
            "type": "message", "id": key, "case": case, "direction": "in" if theirs else "out", "visibility": "private",
            "author": {"name": "", "address": address, "role": "customer" if theirs else "agent"}, "to": [], "cc": [],
            "subject": "", "channel": "email", "sent_at": at, "text": text,
        }))  # fmt: skip

    for name, rows in earlier.items():
        for place, one in enumerate(rows):
            line(f"old {name}", f"old {name} {place}", one["text"], theirs=one["theirs"])
    for name, text in new.items():
        line(f"new {name}", f"new {name}", text, theirs=True)
    (folder / "cases.jsonl").write_text("\n".join(lines))
    command = [sys.executable, "-m", "agent_tui", "--workspace", str(folder)]
    for arguments in (["import", "cases.jsonl"], ["sync"]):
        subprocess.run([*command, *arguments], check=True, capture_output=True, cwd=folder)
    return folder


class FullText:
    """The comparison."""

    def __init__(self, earlier: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute("CREATE VIRTUAL TABLE t USING fts5(name UNINDEXED, body, tokenize = 'porter unicode61')")
        rows = [(name, "\n".join(one["text"] for one in rows)) for name, rows in earlier.items()]
        self.database.executemany("INSERT INTO t VALUES (?, ?)", rows)

    def find(self, text: str) -> list[str]:
        """Threads, best first."""
        counted = Counter(word for word in terms(text) if word not in EMPTY)
        words = ['"' + word.replace('"', '""') + '"' for word, times in counted.items() for _ in range(min(3, times))][:400]
        if not words:
            return []
        sql = "SELECT name FROM t WHERE t MATCH ? ORDER BY bm25(t) LIMIT 10"
        return [name for (name,) in self.database.execute(sql, (" OR ".join(words),))]


def half(name: str) -> int:
    """0 to choose on, 1 to report."""
    return hashlib.sha1(name.encode()).digest()[-1] % 2


def figures(found: Mapping[str, Sequence[str]], part: int | None) -> str:
    """Hit at 1, 3, 5 and mean reciprocal rank of a half, or of all."""
    ranks = [
        next((place for place, one in enumerate(answers, 1) if one == name), 0)
        for name, answers in found.items() if part is None or half(name) == part
    ]  # fmt: skip
    count = len(ranks) or 1
    hits = [sum(0 < rank <= most for rank in ranks) / count for most in (1, 3, 5)]
    return f"{len(ranks):4} " + " ".join(f"{one:.3f}" for one in (*hits, sum(1 / rank for rank in ranks if rank) / count))


def measure(path: Path) -> None:
    """Print the figures of one file."""
    from agent_tui.knowledge import similar
    from agent_tui.store import messages
    from agent_tui.store.database import Store
    from agent_tui.workspace import load

    new, earlier = pairs(threads(path))
    plain = FullText(earlier)
    ways: dict[str, dict[str, list[str]]] = {"full-text": {name: plain.find(text) for name, text in new.items()}, "similar": {}}
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace(Path(scratch) / "w", new, earlier)
        store = Store.open(load(folder), role="command", now=lambda: int(time.time() * 1000))
        names = {}
        for (number,) in store.cache.execute("SELECT DISTINCT case_id FROM messages"):
            first = messages.of_case(store, number)[0]
            names[number] = first.text
        kinds = {text: f"new {name}" for name, text in new.items()}
        kinds |= {rows[0]["text"]: f"old {name}" for name, rows in earlier.items() if rows}
        known = {number: kinds.get(text.strip("\n"), kinds.get(text, "")) for number, text in names.items()}
        spent = []
        for number, kind in known.items():
            if kind.startswith("new "):
                start = time.process_time()
                answers = similar.find(store, number, 60)
                spent.append((time.process_time() - start) * 1000)
                there = [known[one.case.id] for one in answers]
                ways["similar"][kind[4:]] = [one[4:] for one in there if one.startswith("old ")][:10]
        store.close()
    ways["full-text"] = {name: ways["full-text"][name] for name in ways["similar"]}
    for way, found in ways.items():
        for part in (0, 1, None):
            print(f"{path.stem:45} {way:10} {'all   ' if part is None else f'half {part}'}  {figures(found, part)}", flush=True)
    spent.sort()
    print(f"{path.stem:45} {spent[len(spent) // 2]:.0f} ms of processor time a case, p95 {spent[int(len(spent) * 0.95)]:.0f}")


def main() -> None:
    """Measure the files with names, or all that are whole."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path, nargs="?", default=os.environ.get("AGENT_TUI_DATA"))
    parser.add_argument("names", nargs="*", default=WHOLE)
    options = parser.parse_args()
    print("threads hit@1 hit@3 hit@5 MRR@10")
    for name in options.names:
        measure(options.data / f"{name}.jsonl.gz")


if __name__ == "__main__":
    main()
