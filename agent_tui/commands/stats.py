"""``agent-tui stats``: how quick the program has been here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui import performance
from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context

_WORDS = {
    performance.START: "start, to the list",
    performance.KEY: "a key, to the screen",
    performance.QUIET: "a round with nothing new",
    performance.NEWS: "a round with news",
    performance.RATE: "much at once",
}


def arguments(parser: ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--performance", action="store_true", help="how long start, keys and sync have taken here")


def run(context: Context, options: Namespace) -> int:
    """Figures of the last thirty days, by what they are of."""
    if not options.performance:
        raise UsageError("stats of what? 'agent-tui stats --performance' says how quick the program has been here")
    since, spreads = performance.read(context.workspace.path)
    if not spreads and not context.json:
        context.put("note", "nothing has been measured here yet; the workstation and the engine do while they run")
    order = list(_WORDS)
    for (what, source), spread in sorted(spreads.items(), key=lambda one: (one[0][1], order.index(one[0][0]))):
        rate = what == performance.RATE
        figures = {
            "count": spread.count, "median": round(spread.median, 1), "p95": round(spread.p95, 1), "p99": round(spread.p99, 1),
        }  # fmt: skip
        times = "times" if spread.count > 1 else "time "
        name = f"{source}: {_WORDS[what]}" if source else _WORDS[what]
        if rate:
            words = f"median {spread.median:,.0f} messages/s, 95 % of rounds above {spread.low:,.0f}"
            figures = {"count": spread.count, "median": round(spread.median, 1), "p5": round(spread.low, 1)}
        else:
            words = f"median {_ms(spread.median)}, 95 % within {_ms(spread.p95)}, 99 % within {_ms(spread.p99)}"
        context.put(
            "performance", f"{name:<44} {spread.count:>8,} {times}   {words}", what=what, source=source,
            unit="messages/s" if rate else "ms", since=since, **figures,
        )  # fmt: skip
    return 0


def _ms(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:,.0f} s"
    return f"{value / 1000:.1f} s" if value >= 1_000 else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
