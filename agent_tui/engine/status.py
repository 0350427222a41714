"""How a source is doing, as clients are told it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class LineState(StrEnum):
    """What a source's task is doing."""

    IDLE = "idle"
    CONNECTING = "connecting"
    PULLING = "pulling"
    DELIVERING = "delivering"
    OFFLINE = "offline"
    LOGIN = "login"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One source, now.

    Args:
        done, total: messages of the round that is running; total 0 where not known.
        error: in plain words; empty if nothing is wrong.
        retry_at: milliseconds; when it tries again, or None.
        synced_at: milliseconds; when a round last ended, or None.
    """

    state: LineState = LineState.CONNECTING
    done: int = 0
    total: int = 0
    error: str = ""
    retry_at: int | None = None
    synced_at: int | None = None

    def wire(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "state": self.state.value, "done": self.done, "total": self.total, "error": self.error,
            "retry_at": self.retry_at, "synced_at": self.synced_at,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceResult:
    """What one round did for one source.

    Args:
        ok: everything new is here and nothing that could go out is left.
        messages: fetched, new or changed.
        delivered, failed: operations that the server took or refused for good.
        waiting: operations that are still to go (held, scheduled, or put off by the server).
        error: in plain words; empty where ``ok``.
    """

    source: str
    ok: bool
    messages: int = 0
    delivered: int = 0
    failed: int = 0
    waiting: int = 0
    error: str = ""

    def wire(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "source": self.source, "ok": self.ok, "messages": self.messages, "delivered": self.delivered,
            "failed": self.failed, "waiting": self.waiting, "error": self.error,
        }  # fmt: skip
