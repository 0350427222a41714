"""``agent-tui outbox``: what is to go, goes, has gone or could not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui.commands import shapes, tables
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.operations import OperationState

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.domain.operations import Entry

WIDTHS = (6, 7, 9, 9, 16)


def arguments(_parser: ArgumentParser) -> None:
    """It has none."""


def run(context: Context, _options: Namespace) -> int:
    """Every message and action, oldest first."""
    entries = sorted(context.desk.outbox(everything=True), key=lambda one: one.id)
    for one in entries:
        context.put("operation", line(context, one), **shapes.operation(one))
    if not entries and not context.json:
        context.say("the outbox is empty")
    return 0


def line(context: Context, one: Entry) -> str:
    """Number, case, kind, state, source, what it is and what is wrong with it."""
    words = shapes.summary(one)
    if one.state is OperationState.HELD and one.held_until is not None:
        words = f"(leaves in {max(0, one.held_until - context.desk.now()) // 1000}s) {words}"
    if one.error:
        words = f"{words}: {one.error}"
    code = case_code(one.case) if one.case else ""
    return tables.row((str(one.id), code, one.kind, one.state.value, one.source, words), WIDTHS)
