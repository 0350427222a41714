"""How the servers are, in a few words for the end of the status line."""

from __future__ import annotations

from typing import Any


def standing(desk: Any, waiting: int) -> tuple[str, str]:
    """Words and their role.

    Args:
        desk: whose engine is asked (a value it keeps; nothing is waited for).
        waiting: entries of the outbox that are not delivered yet.
    """
    outbox = f"{waiting} to send, " if waiting else ""
    if getattr(desk, "offline", False):
        return f"{outbox}offline", "soon"
    engine = desk.engine
    sources = dict(engine.sources)
    for name, one in sources.items():
        if one.error:
            return f"{outbox}{name}: {one.error}"[:70], "late"
    if engine.state == "off":
        return f"{outbox}not syncing", "soon"
    if engine.state == "connecting":
        return f"{outbox}connecting", "muted"
    for name, one in sources.items():
        if one.busy:
            amount = f" {one.done:,} of {one.total:,}" if one.total else f" {one.done:,}" if one.done else ""
            return f"{outbox}{name}: {one.words or 'fetching'}{amount}", "accent"
    return f"{outbox}up to date", "soon" if waiting else "good"
