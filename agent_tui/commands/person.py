"""``agent-tui person``: who the customer of a case is on every channel, and their journey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent_tui.commands import shapes, tables
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.written_out import time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.domain.people import Handle

WIDTHS = (7, 10, 9, 14, 8)


def arguments(parser: ArgumentParser) -> None:
    """``CASE``."""
    parser.add_argument("case", metavar="CASE", help="its id, or the beginning of it")


def run(context: Context, options: Namespace) -> int:
    """The person, then their cases, the oldest first."""
    found = context.desk.person(context.desk.find_case(options.case))
    wrote = [one for one in found.handles if one.messages]
    count = sum(one.messages for one in wrote)
    head = f"{found.name}  {_count(len(found.cases), 'case')}, {_count(count, 'message')} from them"
    lines = [_line(one) for one in (*found.handles, *found.perhaps)]
    context.put(
        "person", "\n".join((head, *lines)), name=found.name, handles=[_shape(one) for one in found.handles],
        perhaps=[_shape(one) for one in found.perhaps], cases=len(found.cases), messages=count,
        first_at=time_text(min((one.first_at for one in wrote), default=None)),
        last_at=time_text(max((one.last_at for one in wrote), default=None)),
    )  # fmt: skip
    for case in found.cases:
        moment = (time_text(case.updated_at) or "")[:10]
        values = (case_code(case.id), moment, case.channel.value, case.source, case.state.value, case.subject)
        context.put("case", tables.row(values, WIDTHS), **shapes.case(case))
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _line(one: Handle) -> str:
    name = f" ({one.name})" if one.name and one.name != one.address else ""
    written = f", {_count(one.messages, 'message')}" if one.messages else ""
    mark = "perhaps " if one.perhaps else ""
    return f"    {mark}{one.channel.value}  {one.source}  {one.address}{name}: {one.evidence}{written}"


def _shape(one: Handle) -> dict[str, Any]:
    return {
        "source": one.source, "channel": one.channel.value, "address": one.address, "name": one.name, "evidence": one.evidence,
        "messages": one.messages, "first_at": time_text(one.first_at or None),
        "last_at": time_text(one.last_at or None),
    }  # fmt: skip
