"""``agent-tui source``: what is configured, and whether each server lets us in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from agent_tui.domain import durations
from agent_tui.domain.errors import AgentTuiError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agent_tui.commands.context import Context
    from agent_tui.sources.base import Source
    from agent_tui.workspace import SourceSettings, Workspace

PATIENCE_S = 60.0


def arguments(parser: ArgumentParser) -> None:
    """``list|check [NAME…]``."""
    parser.add_argument("action", choices=("list", "check"), metavar="list|check")
    parser.add_argument("names", nargs="*", metavar="NAME")


def run(context: Context, options: Namespace) -> int:
    """``check`` ends with 4 where a server does not let us in."""
    names = context.source_names(options.names)
    if options.action == "list":
        for name in names:
            _list(context, context.workspace.source(name))
        if not names and not context.json:
            context.say("no source is configured; add a [[source]] to workspace.toml")
        return 0
    if context.offline:
        from agent_tui.domain.errors import UsageError

        raise UsageError("source check contacts servers, which --offline forbids")
    found = asyncio.run(check_all(context.workspace, names))
    for one in found:
        context.put("check", check_words(one), **one)
    return 0 if all(one["ok"] for one in found) else 4


def _list(context: Context, one: SourceSettings) -> None:
    promise = {
        name: durations.words(value) if value is not None else None
        for name, value in (("first_reply", one.promise.first_reply), ("next_reply", one.promise.next_reply))
    }
    where = ", ".join(one.addresses) or getattr(one.options, "service", "")
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in promise.items() if value)
    line = f"{one.name:<20} {one.type:<9} {one.channel.value:<10} {where:<32} {told}".rstrip()
    context.put(
        "source", line, name=one.name, kind=one.type, channel=one.channel.value, addresses=list(one.addresses),
        promise=promise, undo=durations.words(one.undo_ms), priority=one.priority,
        backlog=durations.words(one.backlog_ms) if one.backlog_ms is not None else None,
    )  # fmt: skip


async def check_all(workspace: Workspace, names: Iterable[str]) -> list[dict[str, Any]]:
    """Log in everywhere at once; what each server said."""
    return list(await asyncio.gather(*(_check(workspace, name) for name in names)))


async def _check(workspace: Workspace, name: str) -> dict[str, Any]:
    settings = workspace.source(name)
    found: dict[str, Any] = {
        "source": name, "ok": False, "server": None, "account": None, "channel": settings.channel.value, "live": None,
        "operations": [], "find": None, "attachments": None, "limits": [], "error": None,
    }  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            found.update(await _open(workspace, settings))
    except TimeoutError:
        found["error"] = f"no answer within {PATIENCE_S:.0f} seconds; check the address and the network"
    except AgentTuiError as error:
        found["error"] = str(error)
    return found


def built(workspace: Workspace, settings: SourceSettings) -> Source:
    """A source that is asked without an engine, not yet open."""
    from agent_tui import secrets
    from agent_tui.commands.context import now_ms
    from agent_tui.sources import registry
    from agent_tui.sources.base import Access

    def secret(part: str = "") -> str:
        return secrets.lookup(workspace, settings.name, part).reveal()

    access = Access(
        name=settings.name, settings=settings.options, now=now_ms, mirror=_Nothing(),
        secret=secret,
        agent_addresses=workspace.agent_addresses, workspace=workspace.path, downloads=workspace.downloads,
    )  # fmt: skip
    return registry.build(settings.type, access)


async def _open(workspace: Workspace, settings: SourceSettings) -> dict[str, Any]:
    source = built(workspace, settings)
    try:
        info = await source.open()
    finally:
        await source.close()
    can = info.capabilities
    return {
        "ok": True, "server": info.server, "account": info.account, "channel": can.channel.value, "live": can.live,
        "operations": sorted(can.operations), "find": can.find.value, "attachments": can.attachments,
        "limits": list(can.limits),
    }  # fmt: skip


class _Nothing:
    """A mirror of a store in which nothing is: a check reads no messages."""

    def places(self, container: str) -> Iterable[tuple[str, frozenset[str]]]:
        """None."""
        return ()

    def count(self, container: str) -> int:
        """None."""
        return 0


def check_words(one: dict[str, Any]) -> str:
    """A check in one line, and one more for each limit."""
    if not one["ok"]:
        return f"{one['source']}: {one['error']}"
    told = "told of changes at once" if one["live"] else "looked at once a minute"
    kinds = ", ".join(one["operations"]) or "nothing, it is read-only"
    lines = [f"{one['source']}: ok, {one['account']} at {one['server']}; {told}; holds {kinds}"]
    return "\n".join((*lines, *(f"  {limit}" for limit in one["limits"])))
