"""``agent-tui outbox``: what is to go, goes, has gone or could not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.commands import shapes, tables
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.operations import OperationState
from agent_tui.domain.written_out import time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.domain.operations import Entry

WIDTHS = (6, 7, 9, 9, 16)


def arguments(parser: ArgumentParser) -> None:
    """``--passes``."""
    parser.add_argument("--passes", action="store_true", help="list the guards that were gone past instead")


def run(context: Context, options: Namespace) -> int:
    """Every message and action, oldest first; or every guard that was gone past, newest first."""
    if options.passes:
        return _passes(context)
    entries = sorted(context.desk.outbox(everything=True), key=lambda one: one.id)
    for one in entries:
        context.put("operation", line(context, one), **shapes.operation(one))
    if not entries and not context.json:
        context.say("the outbox is empty")
    return 0


def _passes(context: Context) -> int:
    found = context.desk.passes()
    for number, guard, at in found:
        entry = context.desk.entry(number)
        code = case_code(entry.case) if entry and entry.case else ""
        words = shapes.summary(entry) if entry else ""
        context.put(
            "pass", f"{time_text(at)}  {guard:<14} {number:>5}  {code:<10} {words}",
            operation=number, guard=guard, at=time_text(at), case=code or None, summary=words,
        )  # fmt: skip
    if not found and not context.json:
        context.say("no guard was gone past")
    return 0


def line(context: Context, one: Entry) -> str:
    """Number, case, kind, state, source, what it is and what is wrong with it."""
    words = shapes.summary(one)
    if one.state in (OperationState.HELD, OperationState.QUEUED) and one.scheduled:
        words = f"(leaves at {time_text(one.not_before)}) {words}"
    elif one.state is OperationState.HELD and one.held_until is not None:
        words = f"(leaves in {max(0, one.held_until - context.desk.now()) // 1000}s) {words}"
    if one.error:
        words = f"{words}: {one.error}"
    code = case_code(one.case) if one.case else ""
    return tables.row((str(one.id), code, one.kind, one.state.value, one.source, words), WIDTHS)
