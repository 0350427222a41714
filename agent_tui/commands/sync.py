"""``agent-tui sync``: one round of fetching and delivering, or with ``--watch`` the engine itself."""

from __future__ import annotations

import time
from argparse import SUPPRESS
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import AgentTuiError, UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.commands.progress import Bars

ATTEMPTS = 20
PAUSE_S = 0.25


def arguments(parser: ArgumentParser) -> None:
    """``[SOURCE…] [--watch]``."""
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="names in workspace.toml; all where none is given")
    parser.add_argument("--watch", action="store_true", help="stay, and go on fetching and delivering")
    parser.add_argument("--parent", type=int, metavar="PID", help=SUPPRESS)


def run(context: Context, options: Namespace) -> int:
    """Exit status 4 where a source failed."""
    if context.offline:
        raise UsageError("sync contacts servers, which --offline forbids")
    names = context.source_names(options.sources)
    if options.parent is not None:
        return _serve(context, names, options)
    from agent_tui.commands.progress import Bars

    with Bars(context) as bars:
        results = rounds(context, names, bars, watch=options.watch)
    return report(context, results)


def rounds(context: Context, names: tuple[str, ...], bars: Bars, *, watch: bool = False) -> list[dict[str, Any]]:
    """One round for these sources, by an engine of our own or by the one that runs."""
    from agent_tui import secrets
    from agent_tui.engine import EngineRunning
    from agent_tui.engine import run as run_engine

    def tell(event: Mapping[str, Any]) -> None:
        name, state = str(event.get("source", "")), str(event.get("state", ""))
        words = str(event.get("error") or "") or state
        bars.show(name, int(event.get("done") or 0), int(event.get("total") or 0), words, state=state,
                  error=event.get("error") or None)

    from agent_tui.desk.engine_link import request

    secrets.harden()
    for _attempt in range(ATTEMPTS):
        try:
            found = run_engine(context.workspace, watch=watch, sources=names, on_progress=tell)
            return [dict(one.wire()) for one in found]
        except EngineRunning:
            if watch:
                raise
        answer = request(context.workspace, "sync", progress=tell, sources=list(names))
        if answer is not None:
            return [dict(one) for one in answer["sources"]]
        time.sleep(PAUSE_S)  # it is just starting, or has just ended
    raise AgentTuiError(f"the engine of {context.workspace.path} runs but does not answer; see its log, or end it")


def report(context: Context, results: list[dict[str, Any]]) -> int:
    """One line for each source; the exit status that they amount to."""
    for one in results:
        context.put("result", _words(one), **one)
    if not results and not context.json:
        context.say("there is no source to fetch from; add a [[source]] to workspace.toml")
    return 0 if all(one.get("ok") for one in results) else 4


def _words(one: Mapping[str, Any]) -> str:
    parts = [f"{one.get('messages', 0)} fetched"]
    parts += [f"{one[key]} {key}" for key in ("delivered", "failed", "waiting") if one.get(key)]
    trouble = f"; {one['error']}" if one.get("error") else ""
    return f"{one['source']}: {', '.join(parts)}{trouble}"


def _serve(context: Context, names: tuple[str, ...], options: Namespace) -> int:
    """The workstation's own engine: silent, and content when there is one already."""
    from agent_tui import secrets
    from agent_tui.engine import EngineRunning
    from agent_tui.engine import run as run_engine

    secrets.harden()
    try:
        results = run_engine(
            context.workspace, watch=options.watch, sources=names, parent=options.parent
        )
    except EngineRunning:
        return 0
    return 0 if all(one.ok for one in results) else 4
