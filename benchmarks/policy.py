"""How often the right clause comes first, and what that costs: ``python -m benchmarks.policy DATA``.

``DATA`` (or ``AGENT_TUI_POLICY_DATA``) is a folder with pairs of files ``NAME_docs.jsonl.gz`` (``id``, ``text`` and perhaps
``title``) and ``NAME_queries.jsonl.gz`` (``turns`` of ``[customer|agent, text]``, ``gold``: ids of documents, and perhaps
``group``). Each document becomes a policy of its own, and the conversations go through ``agent-tui policy suggest
--batch``, as a user's would, by full-text alone and with the models of ``agent-tui[semantic]`` where they are installed.
Queries are halved by a hash of their group, so that a setting may be chosen on one half and reported on the other.

``--translated FOLDER`` measures whether customers who write another language find the English clause: the folder has
``sib_en_docs.jsonl.gz`` and ``sib_LANGUAGE_docs.jsonl.gz``, the same sentences (``id``, ``text``) in both.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

KEPT = 10


def rows(path: Path) -> list[dict[str, Any]]:
    """A gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def workspace(folder: Path, documents: Iterable[dict[str, Any]]) -> Path:
    """A workspace whose policies are these documents."""
    policies = folder / "policies"
    policies.mkdir(parents=True)
    (folder / "workspace.toml").write_text('[agent]\nname = "A"\nemail = "a@example.com"\n')
    for number, one in enumerate(documents):
        front = {"id": one["id"], **({"title": one["title"]} if one.get("title") else {})}
        head = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in front.items())
        (policies / f"{number:05d}.md").write_text(f"---\n{head}---\n{one['text']}\n", encoding="utf-8")
    return folder


def suggest(
    folder: Path, queries: Sequence[dict[str, Any]], *, agents: bool, options: Sequence[str] = ()
) -> tuple[list[list[str]], float]:
    """Policies found for each query, best first, and processor seconds of the whole command."""
    lines = []
    for query in queries:
        turns = [{"speaker": who if who == "agent" else "customer", "text": text} for who, text in query["turns"]]
        lines.append(json.dumps({"turns": [one for one in turns if agents or one["speaker"] == "customer"]}))
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "agent_tui", "--workspace", str(folder), "policy", "suggest", "--batch", *options],
        input="\n".join(lines) + "\n", text=True, capture_output=True, check=True,
    )  # fmt: skip
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    found = []
    for line in done.stdout.splitlines():
        clauses = [one["clause"] for one in json.loads(line)["suggestions"]]
        found.append(list(dict.fromkeys(one.rpartition("#")[0] for one in clauses)))
    return found, seconds


def figures(found: Sequence[Sequence[str]], gold: Sequence[set[str]]) -> str:
    """Hit at 1, 3, 5 and mean reciprocal rank at 10."""
    count = len(gold) or 1
    hits = [sum(bool(set(one[:k]) & right) for one, right in zip(found, gold, strict=True)) / count for k in (1, 3, 5)]
    rank = 0.0
    for one, right in zip(found, gold, strict=True):
        rank += next((1 / place for place, name in enumerate(one[:KEPT], 1) if name in right), 0.0)
    return " ".join(f"{value:.3f}" for value in (*hits, rank / count))


def half(query: dict[str, Any]) -> int:
    """Which half a query is in: 0 to choose on, 1 to report."""
    return hashlib.sha1(str(query.get("group") or query["id"]).encode()).digest()[-1] % 2


def apart(queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The queries with those of one conversation as far from each other as can be: no answer is helped by the one before."""
    seen: Counter[str] = Counter()
    turns = []
    for query in queries:
        begins = query["turns"][0][1]
        seen[begins] += 1
        turns.append(seen[begins])
    return [query for _, query in sorted(zip(turns, queries, strict=True), key=lambda pair: pair[0])]


def cost(folder: Path, queries: Sequence[dict[str, Any]], *, semantic: bool) -> str:
    """Processor milliseconds of a query in a library that is loaded: the median and the 95th percentile."""
    from agent_tui.engine.rank import Ranker
    from agent_tui.knowledge.policies import PolicyLibrary, Turn
    from agent_tui.workspace import load

    library = Ranker(load(folder), wait=True).library() if semantic else PolicyLibrary(folder / "policies")
    library.suggest([Turn("customer", "the first question makes what is missing")])
    spent = []
    for query in apart(queries):
        turns = [Turn(who, text) for who, text in query["turns"]]
        start = time.process_time()
        library.suggest(turns)
        spent.append((time.process_time() - start) * 1000)
    spent.sort()
    return f"{spent[len(spent) // 2]:.1f} / {spent[int(len(spent) * 0.95)]:.1f} ms"


def ways() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Rankings to measure: a name, and the options of the command."""
    from agent_tui.knowledge.embedding import installed

    words = ("full-text", ("--full-text",))
    return (words, ("semantic", ())) if installed() else (words,)


def measure(data: Path, name: str) -> None:
    """Print every figure of one set."""
    documents = rows(data / f"{name}_docs.jsonl.gz")
    queries = [one for one in rows(data / f"{name}_queries.jsonl.gz") if one["gold"]]
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace(Path(scratch) / "w", documents)
        for way, options in ways():
            for agents in (False, True):
                found, seconds = suggest(folder, queries, agents=agents, options=options)
                for part, kept in (("all", (0, 1)), ("half 0", (0,)), ("half 1", (1,))):
                    places = [place for place, one in enumerate(queries) if half(one) in kept]
                    line = figures([found[place] for place in places], [set(queries[place]["gold"]) for place in places])
                    turns = "with" if agents else "without"
                    print(f"{name:16} {way:9} {turns} agent's turns, {part:7} {len(places):4} queries  {line}", flush=True)
                print(f"{name:16} {way:9} the command: {seconds / len(queries) * 1000:.1f} ms a query, start included")
            print(f"{name:16} {way:9} a query, median / p95: {cost(folder, queries, semantic=not options)}", flush=True)


def translated(data: Path, most: int = 100) -> None:
    """Print how often a sentence in another language finds the same sentence in English."""
    english = {one["id"]: one["text"] for one in rows(data / "sib_en_docs.jsonl.gz")}
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace(Path(scratch) / "w", [{"id": str(name), "text": text} for name, text in english.items()])
        for path in sorted(data.glob("sib_??_docs.jsonl.gz")):
            language = path.name.split("_")[1]
            same = [one for one in rows(path) if one["id"] in english][:most]
            queries = [{"turns": [["customer", one["text"]]], "gold": [str(one["id"])]} for one in same]
            for way, options in ways() if language != "en" else ():
                found, seconds = suggest(folder, queries, agents=False, options=options)
                line = f"{figures(found, [set(one['gold']) for one in queries])}  {seconds / len(same) * 1000:.0f} ms"
                print(f"{language} {way:9} {len(same):4} sentences among {len(english)}  {line}", flush=True)


def main() -> None:
    """Measure every set of the folder, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("data", nargs="?", default=os.environ.get("AGENT_TUI_POLICY_DATA"), help="folder of the sets")
    parser.add_argument("names", nargs="*", help="sets to measure; all by default")
    parser.add_argument("--translated", type=Path, help="measure this folder of translated sentences instead")
    options = parser.parse_args()
    if options.translated:
        print("hit@1 hit@3 hit@5 MRR@10, processor time a query with the start")
        translated(options.translated)
        return
    if not options.data:
        parser.error("name the folder of the sets, or set AGENT_TUI_POLICY_DATA")
    data = Path(options.data)
    names = options.names or sorted(one.name.removesuffix("_docs.jsonl.gz") for one in data.glob("*_docs.jsonl.gz"))
    print("hit@1 hit@3 hit@5 MRR@10; times are of the processor")
    for name in names:
        measure(data, name)


if __name__ == "__main__":
    main()
