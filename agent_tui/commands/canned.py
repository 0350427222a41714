"""``agent-tui canned``: the library of canned replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agent_tui.commands import tables
from agent_tui.domain.errors import UsageError
from agent_tui.domain.settings import nearest

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.knowledge.canned import Canned

WIDTHS = (24, 10, 8, 16)


def arguments(parser: ArgumentParser) -> None:
    """``list``, ``check``, ``render NAME CASE`` or ``import SOURCE``."""
    parser.add_argument("action", choices=("list", "check", "render", "import"), metavar="list|check|render|import")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of a canned reply, for render; of a source, for import")
    parser.add_argument("case", nargs="?", metavar="CASE", help="id of a case, for render")
    parser.add_argument("--set", action="append", default=[], metavar="K=V", help="answers the question K, for render")


def run(context: Context, options: Namespace) -> int:
    """``check`` ends with 1 where a template cannot be rendered."""
    if options.action == "render":
        return _render(context, options)
    if options.action == "import":
        from agent_tui.commands import canned_import

        return canned_import.run(context, options.name)
    if options.name is not None:
        raise UsageError(f"canned {options.action} takes nothing more, but there is '{options.name}'")
    return _list(context) if options.action == "list" else _check(context)


def _list(context: Context) -> int:
    replies = context.desk.canned.replies()
    for one in replies:
        channels = ", ".join(one.channels) or "all"
        values = (one.name, one.shortcut, one.language, channels, " ".join(one.body.split()))
        context.put(
            "canned", tables.row(values, WIDTHS), name=one.name, shortcut=one.shortcut, language=one.language,
            channels=list(one.channels), tags=list(one.tags), clauses=list(one.clauses), then=list(one.then),
            questions=list(one.questions), path=one.path,
        )  # fmt: skip
    if not replies and not context.json:
        context.say(f"no canned replies in {context.workspace.canned}")
    return 0


def _check(context: Context) -> int:
    clauses = {one.id for one in context.desk.policies.clauses()}
    faults = context.desk.canned.check(clauses or None)
    for one in faults:
        path = str(context.workspace.canned / one.path)
        context.put("fault", f"{path}:{one.line}: {one.words}", path=path, line=one.line, words=one.words)
    if not faults and not context.json:
        context.say(f"all {len(context.desk.canned.replies())} canned replies can be used")
    return 1 if faults else 0


def _render(context: Context, options: Namespace) -> int:
    if options.name is None or options.case is None:
        raise UsageError("canned render needs NAME and CASE")
    answers = dict(one.partition("=")[::2] for one in options.set)
    reply, text = rendered(context, options.name, context.desk.find_case(options.case), answers)
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
    languages = context.workspace.agent.languages
    channel = case.channel.value if case else ""
    reply = library.choose(name, channel=channel, language=languages[0] if languages else "", fallback=languages)
    if reply is None:
        near = nearest(name, [one.name for one in library.replies()])
        raise UsageError(f"there is no canned reply '{name}'{near or '; agent-tui canned list shows them all'}")
    try:
        found = render(reply, case, case.customer if case else context.desk.thread(case_id).case.customer,
                       context.workspace.agent, dict(answers))  # fmt: skip
    except TemplateFault as fault:
        raise UsageError(f"{library.path / reply.path}: {fault}; 'agent-tui canned check' finds every fault") from None
    return reply, found.text
