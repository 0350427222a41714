"""``agent-tui policy import``: policies that others keep, from a folder, a forum's category or a help centre."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from agent_tui.commands.context import Context
    from agent_tui.domain.help_centre import HelpArticle
    from agent_tui.knowledge.policy_import import Imported
    from agent_tui.workspace import SourceSettings

PATIENCE_S = 1800.0  # a forum lets itself be asked forty times a minute, and every topic is asked for


def run(context: Context, where: str, place: str, name: str) -> int:
    """Take over what is there, in place of what was taken over before. Ends with 1 where something was left out.

    Args:
        where: a folder, the name of a source, or the address of a Zammad.
        place: a category of a forum, a portal, a knowledge base.
        name: of the folder in the library.

    Raises:
        UsageError: nothing is taken over like that.
        SourceError: the server does not give it.
    """
    if "://" in where:
        done, nothing = _from_zammad(context, where, place, name)
    elif any(one.name == where for one in context.workspace.sources) and not Path(where).is_dir():
        done, nothing = _from_source(context, context.workspace.source(where), place, name)
    elif place:
        raise UsageError(f"policy import: {place} names a place at a source, and there is no source '{where}'")
    else:
        from agent_tui.knowledge.policy_import import take_over

        done = take_over(Path(where).expanduser(), context.workspace.policies, name)
        nothing = f"there is no HTML, Markdown, text or Word file in {where}"
    for path in done.files:
        context.put("imported", f"imported {path}", path=path)
    for path, why in done.left:
        context.put("fault", f"left out {path}: {why}", path=path, line=0, words=why)
    if not done.files and not done.left and not context.json:
        context.say(nothing)
    return 1 if done.left or not done.files else 0


def _from_source(context: Context, settings: SourceSettings, place: str, name: str) -> tuple[Imported, str]:
    if context.offline:
        raise UsageError(f"policy import contacts the server of '{settings.name}', which --offline forbids")
    from agent_tui.knowledge.policy_import import folder_name

    folder = folder_name(context.workspace.policies, name or settings.name)  # before anything is asked

    async def fetch() -> tuple[HelpArticle, ...]:
        from agent_tui.commands.source import built
        from agent_tui.sources.base import KeepsArticles

        source = built(context.workspace, settings)
        if not isinstance(source, KeepsArticles):
            raise UsageError(f"{settings.name} is of type {settings.type}, which keeps no articles; chatwoot and discourse do")
        try:
            await source.open()
            return await source.articles(place)
        finally:
            await source.close()

    return _taken(context, _patiently(fetch(), settings.name), folder, f"{settings.name} {place}".strip())


def _from_zammad(context: Context, where: str, place: str, name: str) -> tuple[Imported, str]:
    from agent_tui.domain.settings import Url
    from agent_tui.knowledge.policy_import import folder_name

    try:
        parts = urlsplit(where)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        url = Url(scheme=parts.scheme, host=parts.hostname or "", port=port, path=parts.path.rstrip("/"))
    except ValueError as error:
        raise UsageError(f"policy import: {where} is no address: {error}") from None
    if url.scheme not in {"https", "http"} or not url.host or parts.username or parts.query:
        raise UsageError(f"policy import: write the address of a Zammad as https://desk.example.com, not {where}")
    if context.offline:
        raise UsageError(f"policy import contacts {url.host}, which --offline forbids")
    folder = folder_name(context.workspace.policies, name or url.host.replace(".", "-"))

    async def fetch() -> tuple[HelpArticle, ...]:
        from agent_tui.commands.context import now_ms
        from agent_tui.sources.zammad import articles

        return await articles.read(url, _token(folder), place, now=now_ms)

    return _taken(context, _patiently(fetch(), url.host), folder, f"{url.host} {place}".strip())


def _patiently(work: Awaitable[tuple[HelpArticle, ...]], name: str) -> tuple[HelpArticle, ...]:
    from agent_tui.domain.errors import TryLater

    async def bounded() -> tuple[HelpArticle, ...]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await work
        except TimeoutError:
            words = f"{name} has not given everything within {PATIENCE_S / 60:.0f} minutes; nothing was changed here"
            raise TryLater(words) from None

    return asyncio.run(bounded())


def _taken(context: Context, articles: tuple[HelpArticle, ...], folder: str, origin: str) -> tuple[Imported, str]:
    from agent_tui.knowledge.policy_articles import take_over
    from agent_tui.knowledge.policy_import import Imported

    if not articles:  # what was taken over before stays: an empty answer is more likely a lost permission
        return Imported((), ()), f"{origin} has no published article; what was taken over before is kept"
    return take_over(articles, context.workspace.policies, folder, origin), ""


def _token(folder: str) -> str:
    """From the environment, else asked for, else from standard input; kept nowhere."""
    from agent_tui import secrets
    from agent_tui.settings_file import environment_name

    secrets.harden()
    variable = environment_name(folder)
    value = os.environ.get(variable, "")
    if not value and sys.stdin.isatty():
        from getpass import getpass

        value = getpass("access token (permission knowledge_base.reader): ")
    elif not value:
        value = sys.stdin.readline()
    if not value.strip():
        raise UsageError(f"policy import: give the access token on standard input or as {variable}")
    return value.strip()
