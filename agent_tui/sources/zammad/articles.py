"""The answers of a Zammad knowledge base, by its API.

``POST /api/v1/knowledge_bases/init`` gives everything but the texts. Those come one by one: ``GET
/api/v1/knowledge_bases/{id}/answers/{id}?full=1&include_contents=ID,ID``, where the numbers are those of the *contents*
of its translations (the controller looks contents up by them), not a switch. Who may read is asked by the server, so
that a token with ``knowledge_base.reader`` sees what is published and what is internal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from agent_tui.domain.errors import AuthenticationError, Refused
from agent_tui.domain.help_centre import HelpArticle
from agent_tui.domain.settings import Url
from agent_tui.domain.text import clean
from agent_tui.sources.answers import Forbidden, Missing, Unauthorized, entries, entry, number, shown, text
from agent_tui.sources.http import Credential, HttpClient

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
Json = dict[str, Any]


async def read(
    url: Url, token: str, place: str = "", *, now: Callable[[], int], ca_file: Path | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[HelpArticle, ...]:  # fmt: skip
    """What is published or internal in a knowledge base, in every language; drafts and archived answers are left out.

    Args:
        token: an access token whose user has ``knowledge_base.reader``.
        place: title or number of a knowledge base; empty where there is only one.
        now: milliseconds since the epoch.

    Raises:
        Refused: it is no Zammad, or has no such knowledge base.
        AuthenticationError: it does not accept the token.
        TryLater
    """
    secret = Credential(token)

    def authorize() -> Mapping[str, str]:
        return {"authorization": f"Token token={secret.reveal()}"}

    http = HttpClient(url, now=now, authorize=authorize, ca_file=ca_file, transport=transport)
    try:
        try:
            assets = entry((await http.change("POST", "api/v1/knowledge_bases/init", json={})).json())
        except (Unauthorized, Forbidden) as error:
            raise AuthenticationError(
                f"{url.host} does not accept the token, or its user may not read the knowledge base "
                f"(permission knowledge_base.reader): {error}"
            ) from None
        except Missing:
            words = f"{url.host} does not answer like a Zammad; name its address, such as https://desk.example.com"
            raise Refused(words) from None
        base = _chosen(_table(assets, "KnowledgeBase"), _table(assets, "KnowledgeBaseTranslation"), place, url.host)
        codes = {number(one, "id"): text(one, "locale") for one in entries((await http.get("api/v1/locales")).json())}
        return await _answers(http, assets, base, codes, now())
    finally:
        await http.close()


def _table(assets: Json, name: str) -> dict[int, Json]:
    return {number(one, "id"): one for one in entry(assets, name).values() if isinstance(one, dict) and number(one, "id")}


def _chosen(bases: dict[int, Json], titles: dict[int, Json], place: str, host: str) -> Json:
    names: dict[int, list[str]] = {one: [] for one in bases}
    for title in titles.values():
        names.setdefault(number(title, "knowledge_base_id"), []).append(text(title, "title"))
    chosen = [
        one for one in bases
        if not place or place == str(one) or any(place.casefold() == name.casefold() for name in names[one])
    ]  # fmt: skip
    if len(chosen) == 1:
        return bases[chosen[0]]
    there = ", ".join(f"{shown(names[one][0] if names[one] else '')} ({one})" for one in sorted(bases)) or "none"
    raise Refused(f"{host}: name one knowledge base; there are: {there}")


async def _answers(http: HttpClient, assets: Json, base: Json, codes: dict[int, str], now: int) -> tuple[HelpArticle, ...]:
    locales = _table(assets, "KnowledgeBaseLocale")
    categories = {key: one for key, one in _table(assets, "KnowledgeBaseCategory").items()
                  if number(one, "knowledge_base_id") == number(base, "id")}  # fmt: skip
    titles: dict[int, dict[int, str]] = {}
    for one in _table(assets, "KnowledgeBaseCategoryTranslation").values():
        titles.setdefault(number(one, "category_id"), {})[number(one, "kb_locale_id")] = text(one, "title")
    translations: dict[int, list[Json]] = {}
    for one in _table(assets, "KnowledgeBaseAnswerTranslation").values():
        translations.setdefault(number(one, "answer_id"), []).append(one)
    found: list[HelpArticle] = []
    for key, answer in sorted(_table(assets, "KnowledgeBaseAnswer").items()):
        category = categories.get(number(answer, "category_id"))
        state = _state(answer, now)
        if category is None or not state:
            continue
        wanted = sorted({number(one, "content_id") for one in translations.get(key, ())} - {0})
        asked: dict[str, str | int | list[str] | list[int]] = {"full": 1, "include_contents": ",".join(map(str, wanted))}
        try:
            full = (await http.get(f"api/v1/knowledge_bases/{number(base, 'id')}/answers/{key}", params=asked)).json()
        except (Missing, Forbidden):  # gone since, or not for this user
            continue
        rows = _table(entry(full, "assets"), "KnowledgeBaseAnswerTranslationContent")
        tags = tuple(clean(tag, multiline=False) for tag in answer.get("tags") or () if isinstance(tag, str))
        for one in sorted(translations.get(key, ()), key=lambda one: number(one, "id")):
            body = text(rows.get(number(one, "content_id"), {}), "body")
            if not body.strip():
                continue
            locale = number(one, "kb_locale_id")
            code = codes.get(number(locales.get(locale, {}), "system_locale_id"), "")
            named = titles.get(number(category, "id"), {})
            about = clean(named.get(locale) or next(iter(named.values()), ""), multiline=False)
            title = clean(text(one, "title"), multiline=False)
            page = f"help/{code or 'en-us'}/{number(category, 'id')}-{_slug(about)}/{key}-{_slug(title)}"
            public = state == "published" and not text(base, "custom_address")
            found.append(HelpArticle(
                name=str(key), title=title, body=clean(body), language=code.lower(), url=f"{http.base}/{page}" if public else "",
                tags=tuple(part for part in (about, *tags) if part),
            ))  # fmt: skip
    return tuple(found)


def _state(answer: Json, now: int) -> str:
    """``published``, ``internal``, or empty: each of its times may also lie ahead."""
    if _past(answer, "archived_at", now):
        return ""
    return "published" if _past(answer, "published_at", now) else "internal" if _past(answer, "internal_at", now) else ""


def _past(answer: Json, key: str, now: int) -> bool:
    try:
        at = datetime.fromisoformat(text(answer, key))
    except ValueError:
        return False
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000 <= now


def _slug(title: str) -> str:
    return _NOT_SLUG.sub("-", title.casefold()).strip("-") or "-"
