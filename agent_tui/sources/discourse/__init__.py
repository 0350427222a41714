"""A Discourse forum: topics, private messages and group inboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_tui.sources.base import Access, Source


def build(access: Access) -> Source:
    """The source, not yet open. The libraries are imported here and not before."""
    from agent_tui.sources.discourse.source import DiscourseSource

    return DiscourseSource(access)
