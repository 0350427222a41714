"""``agent-tui search``: messages, best first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from agent_tui.commands import queries, shapes, tables
from agent_tui.domain.errors import UsageError
from agent_tui.domain.identifiers import case_code
from agent_tui.domain.query import QueryError
from agent_tui.domain.written_out import time_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context

WIDTHS = (7, 10, 20, 24)
prepare = partial(queries.prepare, valued=("--limit",))


def arguments(parser: ArgumentParser) -> None:
    """``QUERY [--limit N]``."""
    parser.add_argument("query", nargs="+", metavar="QUERY", help='words, "phrases" and fields such as from:asha')
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most this many (default 50)")


def run(context: Context, options: Namespace) -> int:
    """A wrong query is bad usage, and the place is pointed at."""
    if options.limit < 1:
        raise UsageError("--limit must be at least 1")
    text = " ".join(options.query)
    found = context.desk.search(text, limit=options.limit, best=True)
    if found.error:
        raise queries.pointed(QueryError(found.error, found.position), text)
    for hit in found.hits:
        moment = time_text(hit.message.sent_at) or ""
        values = (case_code(hit.case.id), moment[:10], hit.message.author.label, hit.case.subject, hit.snippet)
        context.put(
            "message", tables.row(values, WIDTHS), **shapes.message(hit.message), case_subject=hit.case.subject,
            snippet=hit.snippet,
        )  # fmt: skip
    if not found.hits and not context.json:
        context.say("nothing found")
    return 0
