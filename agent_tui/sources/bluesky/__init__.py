"""Bluesky: mentions, replies and direct messages of one account on the AT Protocol network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_tui.sources.base import Access, Source


def build(access: Access) -> Source:
    """The source, not yet open."""
    from agent_tui.sources.bluesky.source import BlueskySource

    return BlueskySource(access)
