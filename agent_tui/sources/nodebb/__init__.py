"""A NodeBB forum: topics, chats, flags and the post queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_tui.sources.base import Access, Source


def build(access: Access) -> Source:
    """The source, not yet open. The libraries are imported here and not before."""
    from agent_tui.sources.nodebb.source import NodebbSource

    return NodebbSource(access)
