"""The topics of a category as articles: the rules that a forum keeps, one topic each, its first post."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from agent_tui.domain.errors import Refused, TryLater
from agent_tui.domain.help_centre import HelpArticle
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Forbidden, Missing, entries, entry, number, text
from agent_tui.sources.discourse.account import Account
from agent_tui.sources.discourse.wire import line

MOST = 1000  # topics of one category
_ATTEMPTS = 5  # to be let in again after the forum asked to be left alone
_TOPIC = re.compile(r"/t/(?:[^/]+/)?(\d+)")


async def read(account: Account, place: str) -> tuple[HelpArticle, ...]:
    """The first post of every listed topic of a category, except the one that says what the category is for.

    Args:
        place: slug of the category, or ``parent/child``.

    Raises:
        Refused: no such category, or none was named.
        TryLater, AuthenticationError
    """
    if not place:
        raise Refused("name the category whose topics are policies, by its slug, such as 'forum/policies'")
    category = await account.category(place.strip("/"))
    shown = entry(await _get(account, f"c/{category}/show.json"), "category")
    about = _TOPIC.search(text(shown, "topic_url"))
    rows: dict[int, dict[str, Any]] = {}
    page = 0
    while len(rows) < MOST:
        answer = await _get(account, f"c/{text(shown, 'slug') or place}/{category}.json", page)
        found = entry(answer, "topic_list")
        fresh = {number(one, "id"): one for one in entries(found, "topics")}
        new = [one for one in fresh if one not in rows]
        rows |= fresh
        if not new or not text(found, "more_topics_url"):
            break
        page += 1
    kept = [one for key, one in sorted(rows.items()) if key > 0 and one.get("visible") is not False]
    articles = []
    for row in kept:
        if about is not None and number(row, "id") == int(about[1]):
            continue
        article = await _article(account, number(row, "id"), line(text(shown, "name")))
        if article is not None:
            articles.append(article)
    return tuple(articles)


async def _article(account: Account, topic: int, category: str) -> HelpArticle | None:
    try:
        answer = await _get(account, f"t/{topic}.json")
    except (Missing, Forbidden):  # deleted or moved since the list was read
        return None
    first = next((one for one in entries(answer, "post_stream", "posts") if number(one, "post_number") == 1), None)
    if first is None or not text(first, "cooked").strip():
        return None
    tags = [one if isinstance(one, str) else text(one, "name") for one in answer.get("tags") or () if one]
    return HelpArticle(
        name=f"{topic}", title=line(text(answer, "title")), body=clean(text(first, "cooked")),
        tags=tuple(line(one) for one in (category, *tags) if one), url=f"{account.base}t/{text(answer, 'slug') or '-'}/{topic}",
    )  # fmt: skip


async def _get(account: Account, path: str, page: int = 0) -> Any:
    """Read without haste: at the pace of reading in bulk, and again where the forum says when."""
    for attempt in range(_ATTEMPTS):
        while (wait := account.pace.wait_ms(account.access.now(), urgent=False)) > 0:  # noqa: ASYNC110 - time, not an event
            await asyncio.sleep(min(1.0, wait / 1000))
        try:
            return await account.get(path, {"page": page} if page else None, urgent=False)
        except TryLater as error:
            if error.retry_after_ms is None or attempt == _ATTEMPTS - 1:
                raise
    raise TryLater("the forum does not let us in")
