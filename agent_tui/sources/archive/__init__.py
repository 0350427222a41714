"""Imported messages: a read-only source whose server is a folder of the workspace.

``agent-tui import`` copies what it reads into ``archives/<name>/``, so the archive outlives the files it came from
and a deleted cache is filled again from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_tui.sources.base import Access, Source


def build(access: Access) -> Source:
    """The source for one archive, not yet open."""
    from agent_tui.sources.archive.source import ArchiveSource

    return ArchiveSource(access)
