"""How the servers are, in a few words for the end of the status line."""

from __future__ import annotations

from typing import Any

_SHORT = {"login": "login refused", "offline": "not reached", "stopped": "stopped", "pulling": "held back"}


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
    wrong = [(name, one) for name, one in sources.items() if one.error]
    if wrong:
        name, one = wrong[0]
        more = f" (+{len(wrong) - 1})" if len(wrong) > 1 else ""
        return f"{outbox}{name}: {_SHORT.get(one.state, 'trouble')}{more}", "late"
    if engine.state == "off":
        return f"{outbox}not syncing", "soon"
    if engine.state == "connecting":
        return f"{outbox}connecting", "muted"
    for name, one in sources.items():
        if one.busy:
            return f"{outbox}{name}: {one.words or 'fetching'}", "accent"
    if not sources and not desk.workspace.sources:
        return "no source", "soon"
    return f"{outbox}up to date", "soon" if waiting else "good"


def trouble(desk: Any) -> tuple[str, ...]:
    """What is wrong with each source, in full.

    Args:
        desk: whose engine is asked.
    """
    return tuple(f"{name}: {one.error}" for name, one in dict(desk.engine.sources).items() if one.error)
