"""The demo: three services (a mailbox, a live chat, a forum) whose servers are one file of the workspace.

It is also the reference implementation of the Source protocol and what journeys are tested with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_tui.sources.base import Access, Source


def build(access: Access) -> Source:
    """The source for one of the three services, not yet open."""
    from agent_tui.sources.demo.source import DemoSource

    return DemoSource(access)
