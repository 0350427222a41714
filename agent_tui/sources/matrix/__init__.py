"""Matrix: the rooms of one account on a homeserver, over the client-server API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_tui.sources.base import Access, Source


def build(access: Access) -> Source:
    """The source, not yet open."""
    from agent_tui.sources.matrix.source import MatrixSource

    return MatrixSource(access)
