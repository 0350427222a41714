"""``agent-tui canned``: the library of canned replies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.commands import tables
from agent_tui.desk.canned_figures import Figures
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.settings import nearest
from agent_tui.domain.written_out import time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.knowledge.canned import Canned

WIDTHS = (24, 10, 8, 16)


def arguments(parser: ArgumentParser) -> None:
    """``list``, ``check``, ``render NAME CASE``, ``offers [NUMBER NAME]`` or ``import SOURCE or PATH…``."""
    actions = ("list", "check", "render", "offers", "import")
    parser.add_argument("action", choices=actions, metavar="|".join(actions))
    parser.add_argument("what", nargs="*", metavar="NAME CASE, NUMBER NAME, SOURCE or PATH", help="for render, offers and import")
    parser.add_argument("--set", action="append", default=[], metavar="K=V", help="answers the question K, for render")
    parser.add_argument("--from", dest="kind", default="", metavar="DESK",
                        help="chatwoot, zammad, freescout, helpscout, zendesk or plain; else told from the file")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what import would write, and write nothing")


def run(context: Context, options: Namespace) -> int:
    """``check`` ends with 1 where a template cannot be rendered."""
    if options.action == "render":
        return _render(context, options)
    if options.action == "offers":
        return _offers(context, options.what)
    if options.action == "import":
        from agent_tui.commands import canned_import

        if not options.what:
            raise UsageError("canned import needs a source, or files: an export (JSON, CSV) or a folder of texts")
        if len(options.what) == 1 and not options.kind and not options.dry_run and not Path(options.what[0]).exists():
            return canned_import.run(context, options.what[0])
        from agent_tui.commands import canned_files

        return canned_files.run(context, options.what, options.kind, dry=options.dry_run)
    if options.what:
        raise UsageError(f"canned {options.action} takes nothing more, but there is '{options.what[0]}'")
    return _list(context) if options.action == "list" else _check(context)


def _list(context: Context) -> int:
    replies = context.desk.canned.replies()
    sent = context.desk.canned_replies() if context.json else ()
    figures = context.desk.canned_figures(sent)
    for one in replies:
        known = figures.get(one.name, Figures())
        channels = ", ".join(one.channels) or "all"
        values = (one.name, one.shortcut, one.language, channels, " ".join(one.body.split()))
        context.put(
            "canned", tables.row(values, WIDTHS), name=one.name, shortcut=one.shortcut, language=one.language, tone=one.tone,
            channels=list(one.channels), tags=list(one.tags), clauses=list(one.clauses), then=list(one.then),
            subject=one.subject, questions=list(one.questions), path=one.path, used=known.used, edited=known.edited,
            unedited=known.unedited, reopened=known.reopened, own_words=known.own,
        )  # fmt: skip
    for reply, back in sent:
        kept = [{"name": name, "kept": left, "words": whole} for name, left, whole in reply.kept]
        context.put(
            "canned_reply", "", operation=reply.number, case=case_code(reply.case), canned=list(reply.canned),
            words=reply.words or None, own_words=round(100 * reply.own / reply.words) if reply.words else None, kept=kept,
            edited=not reply.unedited if reply.words else None, reopened=back, at=time_text(reply.at),
        )  # fmt: skip
    if not replies and not context.json:
        context.say(f"no canned replies in {context.workspace.canned}")
    return 0


def _offers(context: Context, what: list[str]) -> int:
    """Own texts that repeat; with a number and a name, one of them becomes a canned reply."""
    offers = context.desk.canned_offers()
    if what:
        if len(what) != 2 or not what[0].isdecimal() or not 1 <= int(what[0]) <= len(offers):
            raise UsageError(f"canned offers takes a number from 1 to {len(offers)} and a name, or nothing to list them")
        path = context.desk.keep_canned(offers[int(what[0]) - 1], what[1])
        context.put("kept", f"written: {path}", name=what[1], path=str(path))
        return 0
    for number, one in enumerate(offers, 1):
        words = f"{number}  sent {len(one.numbers)} times: {' '.join(one.text.split())[:100]}"
        context.put("offer", words, number=number, count=len(one.numbers), text=one.text, operations=list(one.numbers))
    if not offers and not context.json:
        context.say("no own text was sent three times")
    return 0


def _check(context: Context) -> int:
    from agent_tui.knowledge.canned_advice import advice

    clauses = context.desk.policies.clauses()
    faults = context.desk.canned.check({one.id for one in clauses} or None)
    today = datetime.fromtimestamp(context.desk.now() / 1000, UTC).date().isoformat()
    ended = {one.id: one.until for one in clauses if one.until and one.until < today}
    for one in advice(context.desk.canned, context.workspace.agent.languages, ended):
        path = str(context.workspace.canned / one.path)
        context.put("advice", f"{path}:{one.line}: {one.words}", path=path, line=one.line, words=one.words)
    for one in faults:
        path = str(context.workspace.canned / one.path)
        context.put("fault", f"{path}:{one.line}: {one.words}", path=path, line=one.line, words=one.words)
    if not faults and not context.json:
        context.say(f"all {len(context.desk.canned.replies())} canned replies can be used")
    return 1 if faults else 0


def _render(context: Context, options: Namespace) -> int:
    if len(options.what) != 2:
        raise UsageError("canned render needs NAME and CASE")
    name, case = options.what
    answers = dict(one.partition("=")[::2] for one in options.set)
    reply, text = rendered(context, name, context.desk.find_case(case), answers)
    context.put("canned", text, name=reply.name, language=reply.language, text=text)
    return 0


def rendered(context: Context, name: str, case_id: int, answers: Mapping[str, str]) -> tuple[Canned, str]:
    """The variant that fits a case best, and its text for that case.

    Raises:
        UsageError: there is no such reply, or its template is wrong.
    """
    from agent_tui.domain.templates import TemplateFault
    from agent_tui.knowledge.canned import render

    case = context.desk.case(case_id)
    library = context.desk.canned
    channel = case.channel.value if case else ""
    language, fallback = context.desk.languages_for(case_id)
    reply = library.choose(name, channel=channel, language=language, fallback=fallback)
    if reply is None:
        near = nearest(name, [one.name for one in library.replies()])
        raise UsageError(f"there is no canned reply '{name}'{near or '; agent-tui canned list shows them all'}")
    try:
        about = case or context.desk.thread(case_id).case
        found = render(
            reply, case, about.customer, context.workspace.signer(about.source), dict(answers), more=context.desk.watch_facts()
        )
    except TemplateFault as fault:
        raise UsageError(f"{library.path / reply.path}: {fault}; 'agent-tui canned check' finds every fault") from None
    return reply, found.text
