"""``agent-tui reply``: queues a reply or a note through the workstation's own guards; never contacts a server."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.commands import shapes
from agent_tui.domain import guards
from agent_tui.domain.begun import Begun, put_in
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.model import CaseState, Draft, Visibility
from agent_tui.domain.operations import (
    SetState,
)
from agent_tui.domain.settings import nearest
from agent_tui.domain.text import clean

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context


def arguments(parser: ArgumentParser) -> None:
    """``CASE (--text-file F | --canned NAME [--set K=V]…) …``."""
    parser.add_argument("case", metavar="CASE", help="its id, or the beginning of it")
    text = parser.add_mutually_exclusive_group(required=True)
    text.add_argument("--text-file", metavar="F", help="file with the text; - for standard input")
    text.add_argument("--canned", metavar="NAME", help="a canned reply")
    parser.add_argument("--set", action="append", default=[], metavar="K=V", help="fills the gap K of the canned reply")
    parser.add_argument("--note", action="store_true", help="a note that only colleagues see")
    parser.add_argument("--close", action="store_true", help="close the case once it is sent")
    parser.add_argument("--now", action="store_true", help="no undo window")
    parser.add_argument("--override", action="append", default=[], metavar="GUARD", help="go past this guard")
    parser.add_argument("--attach", action="append", default=[], metavar="FILE", help="a file to send along")
    seen = parser.add_mutually_exclusive_group()
    seen.add_argument("--public", action="store_true", help="where the case has both")
    seen.add_argument("--private", action="store_true", help="where the case has both")


def run(context: Context, options: Namespace) -> int:
    """Exit status 3 where a guard stops it."""
    desk = context.desk
    if options.note and (options.public or options.private):
        raise UsageError("reply: a note is neither public nor private")
    case_id = desk.find_case(options.case)
    # A draft of its own: what somebody is writing in the workstation stays as it is.
    draft = desk.draft(case_id, "note" if options.note else "reply", fresh=True)
    draft = _visibility(context, draft, options)
    draft = replace(draft, attachments=tuple(str(_file(one).resolve()) for one in options.attach))
    if options.canned:
        draft = _canned(context, draft, case_id, options)
    elif options.set:
        raise UsageError("reply: --set belongs to --canned")
    else:
        draft = replace(draft, text=_text(options.text_file))
    _check_overrides(options.override)
    then = (SetState(state=CaseState.CLOSED, seen=draft.seen),) if options.close else ()
    entry = desk.send(draft, then=then, hold=not options.now, overrides=tuple(options.override))
    words = f"{case_code(case_id)}: {entry.kind} {entry.state.value}"
    if entry.kind == "reply":
        words += ", to " + ", ".join(one["address"] or one["name"] for one in shapes.operation(entry)["to"])
    context.put("operation", words, **shapes.operation(entry))
    return 0


def _text(name: str) -> str:
    """The text of a file or of standard input; without the empty lines that editors leave at the end.

    Raises:
        UsageError: it cannot be read, or is no UTF-8 text.
    """
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"reply: {name} cannot be read: {error.strerror}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"reply: {name} is not UTF-8 text") from None
    return clean(text.replace("\r\n", "\n")).rstrip()


def _file(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        raise UsageError(f"reply: there is no file {path}")
    return path


def _visibility(context: Context, draft: Draft, options: Namespace) -> Draft:
    """As the message answered, unless something else is asked for and the source can do it."""
    wanted = Visibility.PUBLIC if options.public else Visibility.PRIVATE if options.private else None
    if wanted is None or wanted is draft.visibility:
        return draft
    used = {one.visibility for one in context.desk.thread(draft.case or 0).messages}
    if wanted not in used:
        raise UsageError(f"reply: this case has no {wanted.value} messages; leave --{wanted.value} out")
    return replace(draft, visibility=wanted)


def _check_overrides(names: list[str]) -> None:
    for name in names:
        if name not in guards.GUARDS:
            near = nearest(name, guards.GUARDS)
            raise UsageError(f"reply: there is no guard '{name}'{near or '; there are ' + ', '.join(guards.GUARDS)}")


def _canned(context: Context, draft: Draft, case_id: int, options: Namespace) -> Draft:
    """The draft with a canned reply in it. What was not answered stays a gap, which a guard stops."""
    from agent_tui.commands.canned import rendered

    answers = {}
    for one in options.set:
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"reply: --set takes K=V, K being the text in ask(); '{one}' is not that")
        answers[name.strip()] = value
    reply, text = rendered(context, options.canned, case_id, answers)
    then = reply.then
    if not reply.body:  # a macro: its actions, with the canned reply that it names
        chosen = context.desk.macro_actions(reply)
        name = next((one.argument for one in chosen if one.family == "canned"), "")
        if not name:
            raise UsageError(f"reply: '{reply.name}' has no text; 'agent-tui do CASE macro {reply.name}' runs it")
        then = tuple(one.line for one in chosen if one.family != "canned")
        reply, text = rendered(context, name, case_id, answers)
    unknown = [name for name in answers if name not in reply.questions]
    if unknown:
        asked = ", ".join(f"'{one}'" for one in reply.questions) or "nothing"
        raise UsageError(f"reply: '{reply.name}' does not ask for '{unknown[0]}'; it asks for {asked}")
    if not options.note:
        text = put_in(Begun(draft.text, draft.cursor), text, context.workspace.signer(draft.source).signature)
    return replace(draft, text=text, canned=(reply.name,), then=then)

