"""``agent-tui canned import``: the canned replies that a service keeps, as files of the library."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from agent_tui.commands.context import Context
    from agent_tui.sources.base import CannedText
    from agent_tui.workspace import SourceSettings, Workspace

PATIENCE_S = 120.0


def run(context: Context, name: str | None) -> int:
    """Write each reply to ``canned/SOURCE/NAME.md``. What was changed here since is kept.

    Raises:
        UsageError: no such source, one that keeps no canned replies, or ``--offline``.
        SourceError: the server does not give them.
    """
    if name is None:
        raise UsageError("canned import needs the name of a source; 'agent-tui source list' shows them")
    if context.offline:
        raise UsageError("canned import contacts a server, which --offline forbids")
    (chosen,) = context.source_names([name])
    found = asyncio.run(_fetch(context.workspace, context.workspace.source(chosen)))
    library = context.workspace.canned
    folder = library / chosen
    elsewhere = {one.name.casefold() for one in context.desk.canned.replies() if not (library / one.path).is_relative_to(folder)}
    for one in found:
        reply_name = f"{one.name}-{chosen}" if one.name in elsewhere else one.name
        path = folder / f"{one.name}.md"
        state = _write(path, page(one, reply_name))
        words = f"{path}: {state}" + (f"; asks for {', '.join(one.asked)}" if one.asked else "")
        told = {"name": reply_name, "shortcut": one.shortcut, "path": str(path), "state": state, "questions": list(one.asked)}
        context.put("canned", words, **told)
    if not found and not context.json:
        context.say(f"{chosen} keeps no canned replies")
    return 0


async def _fetch(workspace: Workspace, settings: SourceSettings) -> tuple[CannedText, ...]:
    from agent_tui.commands.source import built
    from agent_tui.domain.errors import TryLater
    from agent_tui.sources.base import KeepsCanned

    source = built(workspace, settings)
    if not isinstance(source, KeepsCanned):
        raise UsageError(f"{settings.name} is of type {settings.type}, which keeps no canned replies")
    try:
        async with asyncio.timeout(PATIENCE_S):
            await source.open()
            return await source.canned()
    except TimeoutError:
        raise TryLater(f"{settings.name} does not answer within {PATIENCE_S:.0f} seconds; try again") from None
    finally:
        await source.close()


def page(reply: CannedText, name: str) -> str:
    """The whole file: front matter and body."""
    shortcut = reply.shortcut.replace("\\", "\\\\").replace('"', '\\"')
    return f'---\nname: {name}\nshortcut: "{shortcut}"\n---\n{reply.body}\n'


def _write(path: Path, text: str) -> str:
    """Write a file that is not there yet: ``new``, ``unchanged``, or ``kept`` where it says something else here."""
    if path.exists():
        return "unchanged" if path.read_text("utf-8") == text else "kept as it is here"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return "new"
