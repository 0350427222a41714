"""``agent-tui policy``: the library of policies."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.knowledge.policies import PolicyLibrary, Suggestion, Turn
    from agent_tui.knowledge.policy_history import Wording

MOST = 10


MOST_WORDS = 20
ACTIONS = ("search", "suggest", "check", "decisions", "words", "history", "import")


def arguments(parser: ArgumentParser) -> None:
    """One of ``ACTIONS``, and what it is about."""
    parser.add_argument("action", choices=ACTIONS, metavar="|".join(ACTIONS))
    parser.add_argument(
        "words", nargs="*", metavar="TEXT|CASE|CLAUSE|FOLDER|SOURCE",
        help="what to search for, whose case to suggest for, whose history, what to take over",
    )  # fmt: skip
    parser.add_argument("--batch", action="store_true", help="suggest: one object a line in, one answer a line out")
    parser.add_argument("--full-text", action="store_true", help="suggest: without the models of agent-tui[semantic]")
    parser.add_argument("--on", metavar="DAY", help="history: what the clause said on this day, such as 2026-05-03")
    parser.add_argument(
        "--once", type=int, metavar="NUMBER", help="decisions: mark this one as not to be repeated; -NUMBER takes the mark off"
    )
    parser.add_argument("--into", metavar="NAME", help="import: the folder in the library; by default the folder's own name")


def run(context: Context, options: Namespace) -> int:
    """``suggest`` without CASE reads ``{"turns": [{"speaker", "text"}]}`` from standard input."""
    belongs = {"batch": "suggest", "full_text": "suggest", "on": "history", "into": "import", "once": "decisions"}
    for option, action in belongs.items():
        if getattr(options, option) and options.action != action:
            raise UsageError(f"policy: --{option.replace('_', '-')} belongs to {action}")
    match options.action:
        case "search":
            if not options.words:
                raise UsageError("policy search needs TEXT")
            _tell(context, context.desk.policies.search(" ".join(options.words), MOST))
        case "suggest" if options.batch:
            return _batch(context, _library(context, options))
        case "suggest" if len(options.words) > 1:
            raise UsageError("policy suggest takes one CASE, or none with turns on standard input")
        case "suggest":
            _suggest(context, _library(context, options), options.words[0] if options.words else "")
        case "check":
            return _check(context)
        case "decisions" if len(options.words) > 1:
            raise UsageError("policy decisions takes one CLAUSE, or none for all")
        case "decisions":
            _decisions(context, options.words[0] if options.words else "", options.once)
        case "words" if len(options.words) > 1:
            raise UsageError("policy words takes one CLAUSE, or none for all")
        case "words":
            _words(context, options.words[0] if options.words else "")
        case "history" if len(options.words) != 1:
            raise UsageError("policy history needs one CLAUSE")
        case "history":
            _history(context, options.words[0], options.on or "")
        case _ if len(options.words) not in (1, 2):
            raise UsageError("policy import needs one FOLDER, SOURCE with its PLACE, or https://ZAMMAD")
        case _:
            from agent_tui.commands import policy_import

            return policy_import.run(context, options.words[0], (*options.words, "")[1], options.into or "")
    return 0


def _suggest(context: Context, library: PolicyLibrary, code: str) -> None:
    if not code:
        _tell(context, library.suggest(_turns(sys.stdin.read(), "standard input"), MOST, day=context.desk.today()))
        return
    thread = context.desk.thread(context.desk.find_case(code), texts=None)
    turns = context.desk.turns(thread.messages)
    channel, day = thread.case.channel.value, context.desk.today()
    _tell(context, library.suggest(turns, MOST, channel=channel, day=day))


def _check(context: Context) -> int:
    faults = context.desk.policy_faults()
    for one in faults:
        place = f"{one.path}:{one.line}: " if one.line else f"{one.path}: " if one.path else ""
        context.put("fault", f"{place}{one.words}", path=one.path, line=one.line, words=one.words)
    if not faults and not context.json:
        context.say(f"{len(context.desk.policies.clauses())} clauses, nothing wrong")
    return 1 if faults else 0


def _decisions(context: Context, clause: str, once: int | None) -> None:
    from agent_tui.domain.identifiers import case_code
    from agent_tui.domain.written_out import time_text

    if once:
        context.desk.not_again(abs(once), once=once > 0)
    found = context.desk.decisions(clause)
    for one in found:
        case, at = case_code(one.case), time_text(one.decided_at)
        facts = "".join(f", {name} {value}" for name, value in one.facts.items())
        reason = f" because {one.reason}" if one.reason else ""
        mark = (", not to be repeated" if one.once else "") + f"  {one.channel} {case}"
        words = f"{one.id}  {(at or '')[:10]}  {one.clause}  {one.outcome} {one.amount}{facts}{reason}{mark}"
        context.put(
            "decision", words, id=one.id, clause=one.clause, version=one.version, outcome=one.outcome, amount=one.amount or None,
            scope=one.scope or None, reason=one.reason or None, facts=dict(one.facts), channel=one.channel, source=one.source,
            case=case, agent=one.agent, once=one.once, decided_at=at,
        )  # fmt: skip
    if not found and not context.json:
        context.say("nothing was decided yet")


def _words(context: Context, clause: str) -> None:
    """The words in which customers ask about clauses; those that the clause itself does not have are marked."""
    found = context.desk.words_about(clause)
    for name, (cases, words) in found.items():
        shown = words[:MOST_WORDS]
        line = ", ".join(f"{one.word}{'' if one.there else '*'} {one.cases}" for one in shown) or "no word in two cases yet"
        listed = [{"word": one.word, "cases": one.cases, "in_clause": one.there} for one in shown]
        context.put("words", f"{name}  {cases} case{'' if cases == 1 else 's'}: {line}", clause=name, cases=cases, words=listed)
    if not found and not context.json:
        context.say("no case was answered, ruled or pinned under a clause yet")


def _history(context: Context, name: str, day: str) -> None:
    if day:
        one = context.desk.wording_on(name, day)
        if one is None:
            raise UsageError(f"policy history: it is not known that the clause '{name}' was there on {day}")
        found: tuple[Wording, ...] = (one,)
    else:
        context.desk.note_clauses()
        found = context.desk.wordings(name)
    for one in found:
        text = "(the clause was not there)" if one.text is None else one.text
        words = f"since {one.since}  {one.title}  ({one.change})\n{text}\n"
        context.put("wording", words, since=one.since, title=one.title, text=one.text, change=one.change)


def _shape(one: Suggestion) -> dict[str, Any]:
    return {"clause": one.clause.id, "title": one.clause.title, "score": one.score, "text": one.clause.text}


def _tell(context: Context, found: Sequence[Suggestion]) -> None:
    day = context.desk.today()
    for one in found:
        text = " ".join(one.clause.text.split())
        begins, ended = one.clause.effective > day, "" < one.clause.until < day
        note = f" (from {one.clause.effective} on)" if begins else f" (ended on {one.clause.until})" if ended else ""
        context.put("suggestion", f"{one.clause.id}  {one.clause.title}{note}\n    {text}", **_shape(one))
    if not found and not context.json:
        context.say("nothing found")


def _library(context: Context, options: Namespace) -> PolicyLibrary:
    """The policies with the models that are installed: a command is no workstation that a model would slow."""
    if options.full_text:
        return context.desk.policies
    from agent_tui.engine.rank import Ranker

    return Ranker(context.workspace, wait=True).library()


def _batch(context: Context, library: PolicyLibrary) -> int:
    day = context.desk.today()
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            turns = _turns(line, f"line {number} of standard input")
            found = library.suggest(turns, MOST, day=day)
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
