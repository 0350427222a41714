"""Links, mentions and tags of a text as facets: places counted in bytes of UTF-8 (docs.bsky.app, "Rich text")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agent_tui.domain import posts
from agent_tui.sources.bluesky.wire import LINK, MENTION

TAG = "app.bsky.richtext.facet#tag"


def handles(text: str) -> tuple[str, ...]:
    """Handles that a text mentions, in lower case, without the ``@``."""
    return tuple(dict.fromkeys(text[start + 1 : end].lower() for start, end in posts.mentions(text)))


def facets(text: str, dids: Mapping[str, str]) -> list[dict[str, Any]]:
    """Facets of a text, in order.

    Args:
        dids: of the handles in it; one that nobody has stays plain text.
    """
    found: list[tuple[int, int, dict[str, str]]] = []
    found += [(start, end, {"$type": LINK, "uri": text[start:end]}) for start, end in posts.links(text)]
    for start, end in posts.mentions(text):
        did = dids.get(text[start + 1 : end].lower())
        if did:
            found.append((start, end, {"$type": MENTION, "did": did}))
    found += [(start, end, {"$type": TAG, "tag": text[start + 1 : end]}) for start, end in posts.tags(text)]
    return [_facet(text, *one) for one in sorted(found, key=lambda one: one[0])]


def _facet(text: str, start: int, end: int, feature: Mapping[str, Any]) -> dict[str, Any]:
    before, inside = len(text[:start].encode("utf-8")), len(text[start:end].encode("utf-8"))
    return {"index": {"byteStart": before, "byteEnd": before + inside}, "features": [dict(feature)]}


def all_handles(texts: Iterable[str]) -> tuple[str, ...]:
    """Handles that any of these mention."""
    return tuple(dict.fromkeys(one for text in texts for one in handles(text)))
