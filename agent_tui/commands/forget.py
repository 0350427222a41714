"""``agent-tui forget``: removes what the workspace holds of a person, and says what is elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from agent_tui.domain.errors import AgentTuiError, UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from agent_tui.commands.context import Context


def arguments(parser: ArgumentParser) -> None:
    """``ADDRESS``."""
    parser.add_argument("address", metavar="ADDRESS", help="an e-mail address, or the name that a chat or forum has for them")
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.add_argument("--yes", action="store_true", help="do not ask, on a terminal")


def run(context: Context, options: Namespace) -> int:
    """By the running engine, or in its place."""
    from agent_tui.store import forgetting

    address = options.address.strip()
    found = forgetting.look(context.desk.store, address)
    if options.dry_run:
        context.put("forget", f"{_counts(found.wire())} would go", address=address, done=False, **found.wire())
        return 0
    if sys.stdin.isatty() and not options.yes:
        context.say(f"{_counts(found.wire())} of {address} would go, for good; automatic backups too.")
        if input("Type the address again to go on: ").strip().casefold() != address.casefold():
            raise UsageError("nothing was removed")
    report = _forget(context, address)
    context.put("forget", f"{_counts(report)} of {address} are gone from {context.path}", address=address, done=True, **report)
    for words in report["left"]:
        context.say(f"  still there: {words}")
    return 0


def _forget(context: Context, address: str) -> dict[str, Any]:
    import asyncio

    from agent_tui.commands.context import now_ms
    from agent_tui.desk.engine_link import request
    from agent_tui.engine.books import Books
    from agent_tui.engine.lock import EngineLock, EngineRunning

    try:
        lock = EngineLock(context.workspace.lock_path)
    except EngineRunning as error:
        answer = request(context.workspace, "forget", address=address)
        if answer is None:
            raise AgentTuiError(f"{error}; it does not answer, so nothing was removed") from error
        return answer
    try:
        books = Books(context.workspace, now=now_ms)
        try:
            return asyncio.run(books.forget(address))
        finally:
            books.close()
    finally:
        lock.release()


def _counts(report: Mapping[str, Any]) -> str:
    kinds = (("case", len(report["cases"])), ("message", report["messages"]), ("draft", report["drafts"]),
             ("reply, note or action", report["replies"]), ("attachment", report["files"]))  # fmt: skip
    words = [f"{count} {_plural(name, count)}" for name, count in kinds if count]
    return ", ".join(words) or "nothing"


def _plural(name: str, count: int) -> str:
    return name if count == 1 else "replies, notes and actions" if "," in name else f"{name}s"
