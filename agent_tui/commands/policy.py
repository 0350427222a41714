"""``agent-tui policy``: the library of policies."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import UsageError
from agent_tui.domain.model import Direction, Visibility

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.knowledge.policies import Suggestion, Turn

MOST = 10


def arguments(parser: ArgumentParser) -> None:
    """``search TEXT``, ``suggest [CASE]`` or ``check``."""
    parser.add_argument("action", choices=("search", "suggest", "check"), metavar="search|suggest|check")
    parser.add_argument("words", nargs="*", metavar="TEXT|CASE", help="what to search for, or whose case to suggest for")
    parser.add_argument("--batch", action="store_true", help="suggest: one object a line in, one answer a line out")


def run(context: Context, options: Namespace) -> int:
    """``suggest`` without CASE reads ``{"turns": [{"speaker", "text"}]}`` from standard input."""
    library = context.desk.policies
    if options.batch and options.action != "suggest":
        raise UsageError("policy: --batch belongs to suggest")
    match options.action:
        case "search":
            if not options.words:
                raise UsageError("policy search needs TEXT")
            _tell(context, library.search(" ".join(options.words), MOST))
        case "suggest" if options.batch:
            return _batch(context)
        case "suggest" if len(options.words) > 1:
            raise UsageError("policy suggest takes one CASE, or none with turns on standard input")
        case "suggest":
            turns = _case_turns(context, options.words[0]) if options.words else _turns(sys.stdin.read(), "standard input")
            _tell(context, library.suggest(turns, MOST))
        case _:
            faults = library.check()
            for one in faults:
                path = str(library.path / one.path)
                context.put("fault", f"{path}:{one.line}: {one.words}", path=path, line=one.line, words=one.words)
            if not faults and not context.json:
                context.say(f"{len(library.clauses())} clauses, nothing wrong")
            return 1 if faults else 0
    return 0


def _shape(one: Suggestion) -> dict[str, Any]:
    return {"clause": one.clause.id, "title": one.clause.title, "score": one.score, "text": one.clause.text}


def _tell(context: Context, found: Sequence[Suggestion]) -> None:
    for one in found:
        text = " ".join(one.clause.text.split())
        context.put("suggestion", f"{one.clause.id}  {one.clause.title}\n    {text}", **_shape(one))
    if not found and not context.json:
        context.say("nothing found")


def _batch(context: Context) -> int:
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            turns = _turns(line, f"line {number} of standard input")
            found = context.desk.policies.suggest(turns, MOST)
            sys.stdout.write(json.dumps({"suggestions": [_shape(one) for one in found]}, ensure_ascii=False) + "\n")
            context.flush()
    return 0


def _turns(text: str, where: str) -> list[Turn]:
    from agent_tui.knowledge.policies import Turn

    try:
        turns = json.loads(text)["turns"]
        found = [Turn(str(one["speaker"]), str(one["text"])) for one in turns]
    except (ValueError, KeyError, TypeError):
        example = '{"turns":[{"speaker":"customer","text":"…"}]}'
        raise UsageError(f"policy suggest: {where} must be {example}") from None
    for one in found:
        if one.speaker not in ("customer", "agent"):
            raise UsageError(f"policy suggest: {where}: speaker must be customer or agent")
    return found


def _case_turns(context: Context, code: str) -> list[Turn]:
    from agent_tui.knowledge.policies import Turn

    thread = context.desk.thread(context.desk.find_case(code), texts=None)
    return [
        Turn("customer" if one.direction is Direction.IN else "agent", one.fresh_text or one.text)
        for one in thread.messages
        if one.visibility is not Visibility.NOTE
    ]
