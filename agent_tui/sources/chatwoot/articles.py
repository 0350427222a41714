"""The articles of Chatwoot's help centre ("portals"), by the application API.

``GET portals`` lists them; ``GET portals/{slug}/articles`` gives 25 articles a page. The slug stands where the
specification says ``id`` (the controller looks a portal up by it). Which language an article is in is not told by
every version, so each of the portal's languages is asked for by itself.
"""

from __future__ import annotations

from typing import Any

from agent_tui.domain.errors import Refused
from agent_tui.domain.help_centre import HelpArticle
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entries, entry, number, shown, text
from agent_tui.sources.chatwoot.api import Api

MOST_PAGES = 200


async def read(api: Api, place: str) -> tuple[HelpArticle, ...]:
    """Every published article of a portal, in every language.

    Args:
        place: slug or name of the portal; empty where there is only one.

    Raises:
        Refused: no such portal, or several.
        TryLater, AuthenticationError
    """
    portal = _chosen(entries(await api.get("portals"), "payload"), place)
    slug = text(portal, "slug")
    codes = [code for one in entries(portal, "config", "allowed_locales") if (code := text(one, "code"))]
    found: dict[int, tuple[dict[str, Any], str]] = {}
    for code in codes or [""]:
        for one in await _listed(api, slug, code):
            said = text(one, "locale") or text(one, "category", "locale") or (code if len(codes) > 1 else "")
            found.setdefault(number(one, "id"), (one, said))
    roots = {number(other, "id"): number(one, "id") for one, _ in found.values() for other in entries(one, "associated_articles")}
    base = text(portal, "custom_domain")
    address = f"https://{base}" if base else api.http.base
    articles = []
    for identity, (one, language) in sorted(found.items()):
        root = number(one, "associated_article_id") or roots.get(identity, identity)
        if not _published(one) or not text(one, "content").strip():
            continue
        own = text(one, "slug")
        category = clean(text(one, "category", "name"), multiline=False)
        articles.append(HelpArticle(
            name=str(root), title=clean(text(one, "title"), multiline=False), body=clean(text(one, "content")), markdown=True,
            language=clean(language, multiline=False).replace("_", "-").lower(), tags=(category,) if category else (),
            url=f"{address}/hc/{slug}/articles/{own}" if own else "",
        ))  # fmt: skip
    return tuple(articles)


def _chosen(portals: list[dict[str, Any]], place: str) -> dict[str, Any]:
    there = [one for one in portals if text(one, "slug")]
    if not there:
        raise Refused("this account has no help centre (Chatwoot calls it a portal)")
    wanted = place.casefold()
    chosen = [one for one in there if wanted in (text(one, "slug").casefold(), text(one, "name").casefold())] if place else there
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(shown(text(one, "slug")) for one in there)
    raise Refused(f"there is no help centre '{place}'; there are: {names}" if place else f"name the help centre, one of: {names}")


async def _listed(api: Api, slug: str, code: str) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for page in range(1, MOST_PAGES + 1):
        asked: dict[str, str | int] = {"page": page, **({"locale": code} if code else {})}
        answer = await api.get(f"portals/{slug}/articles", asked)
        fresh = {number(one, "id"): one for one in entries(answer, "payload")}
        if not any(one not in rows for one in fresh):
            break
        rows |= fresh
        total = number(entry(answer, "meta"), "articles_count")
        if len(rows) >= total > len(fresh):  # some versions count the page instead of everything
            break
    return list(rows.values())


def _published(one: dict[str, Any]) -> bool:
    """``status`` is the name of the state; the specification says that it is its number."""
    return one.get("status") in ("published", 1)
