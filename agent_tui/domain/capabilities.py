"""What a source can do, as a frozen value that every floor may read."""

from __future__ import annotations

from enum import StrEnum

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel, Visibility


class Finding(StrEnum):
    """What ``find`` can promise about a message whose sending was cut off."""

    EXACT = "exact"  # the server can always tell
    WHERE_FILED = "where_filed"  # only where the server or we file a copy
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a source can carry.

    Args:
        operations: kinds that ``push`` performs; anything else stays local and is marked so.
        live: told of changes at once (push or long poll) rather than by polling.
        find: how sure ``find`` is.
        visibilities: of messages that can be sent.
        idempotency_ms: window in which the server itself drops a repeated reference; 0: none.
        attachments: whether replies may carry files.
        attachment_limit: bytes, or 0 where not known.
        subject: messages have a subject of their own.
        recipients: a reply's recipients may be chosen.
        typing: typing notices can be sent.
        begins: a conversation can be begun from here.
        markdown: what is written in Markdown is shown formatted.
        read_only: nothing can be sent at all.
        limits: in plain words what the server refuses or loses (shown by ``source check``).
    """

    channel: Channel
    operations: frozenset[str]
    live: bool
    find: Finding
    visibilities: frozenset[Visibility]
    idempotency_ms: int = 0
    attachments: bool = False
    attachment_limit: int = 0
    subject: bool = False
    recipients: bool = False
    typing: bool = False
    begins: bool = False
    markdown: bool = False
    read_only: bool = False
    limits: tuple[str, ...] = ()

    def carries(self, kind: str) -> bool:
        """Whether the server can hold an operation of this kind."""
        return kind in self.operations
