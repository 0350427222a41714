"""What a source is given to live with."""

from __future__ import annotations

from collections.abc import Callable

from agent_tui import secrets
from agent_tui.engine.ledger import Ledger
from agent_tui.sources.base import Access
from agent_tui.workspace import SourceSettings, Workspace


def access_for(workspace: Workspace, source: SourceSettings, ledger: Ledger, now: Callable[[], int], *, alone: bool) -> Access:
    """The access of one source. Secrets are looked up when the source asks, and never kept here."""
    def secret(part: str = "") -> str:
        return secrets.lookup(workspace, source.name, part).reveal()

    return Access(
        name=source.name,
        settings=source.options,
        secret=secret,
        now=now,
        mirror=ledger.mirror(source.name),
        agent_addresses=workspace.agent_addresses,
        workspace=workspace.path,
        downloads=workspace.downloads,
        alone=alone,
    )
