"""``agent-tui list``: cases in inbox order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from agent_tui.commands import queries, shapes, tables
from agent_tui.domain import clocks
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.query import QueryError
from agent_tui.domain.views import SAVED, slug

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator

    from agent_tui.commands.context import Context
    from agent_tui.domain.model import Case

WIDTHS = (7, 9, 8, 8, 20)
prepare = partial(queries.prepare, valued=("--view", "--limit"))


def arguments(parser: ArgumentParser) -> None:
    """``[QUERY] [--view NAME] [--limit N]``."""
    parser.add_argument("query", nargs="*", metavar="QUERY", help="words and fields such as state:waiting tag:refund")
    parser.add_argument("--view", metavar="NAME", help="inbox (default), mine, unassigned, waiting, …, or a saved one")
    parser.add_argument("--limit", type=int, metavar="N", help="at most this many")


def run(context: Context, options: Namespace) -> int:
    """Without a query the inbox, with one every case that it finds."""
    query = " ".join(options.query)
    limit = 1_000_000 if options.limit is None else options.limit
    if limit < 0:
        raise UsageError("--limit must not be negative")
    found = 0
    for case in _view(context, options.view, query, limit) if options.view else _listing(context, query, limit):
        found += 1
        context.put("case", line(context, case), **shapes.case(case))
    if not found and not context.json:
        context.say("no case matches" if query else "no cases")
    return 0


def _listing(context: Context, query: str, limit: int) -> Iterable[Case]:
    try:
        return context.desk.listing(query, limit)
    except QueryError as error:
        raise queries.pointed(error, query) from None


def _view(context: Context, view: str, query: str, limit: int) -> Iterator[Case]:
    known = [one.id for one in context.desk.views() if one.id not in ("drafts", "outbox")]
    if f"{SAVED}{slug(view)}" in known:
        view = f"{SAVED}{slug(view)}"
    if view not in known:
        known = [one.removeprefix(SAVED) for one in known]
        raise UsageError(f"there is no view '{view}'; there are {', '.join(known)}")
    try:
        window = context.desk.window(view, query)
    except QueryError as error:
        raise queries.pointed(error, query) from None
    window.reach(limit - 1)
    return (window.row(number) for number in range(min(limit, len(window))))


def line(context: Context, case: Case) -> str:
    """Id, channel, state, time left, customer, subject."""
    left = ""
    if case.due_at is not None:
        hours = context.workspace.hours
        for one in context.workspace.sources:
            if one.name == case.source:
                hours = one.hours
        remaining = clocks.left(case.due_at, context.desk.now(), hours)
        left = tables.span(remaining) if remaining >= 0 else f"-{tables.span(-remaining)}"
    tags = "".join(f" #{tag}" for tag in case.tags)
    unread = "*" if case.unread else ""
    values = (
        case_code(case.id), case.channel.value, case.state.value, left, unread + case.customer.label,
        case.subject + tags,
    )  # fmt: skip
    return tables.row(values, WIDTHS)
