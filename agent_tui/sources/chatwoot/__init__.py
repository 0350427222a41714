"""Chatwoot: conversations of one account of a Chatwoot server, over its application API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_tui.sources.base import Access, Source


def build(access: Access) -> Source:
    """The source, not yet open."""
    from agent_tui.sources.chatwoot.source import ChatwootSource

    return ChatwootSource(access)
