"""Settings of the demo: which of its three services a source plays."""

from __future__ import annotations

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader

CHANNELS = {"mailbox": Channel.EMAIL, "chat": Channel.CHAT, "forum": Channel.COMMUNITY}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """One service of the demo.

    Args:
        service: ``mailbox``, ``chat`` or ``forum``.
        address: who we are there.
    """

    service: str = "mailbox"
    address: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Ours, as every source names them."""
        return (self.address,) if self.address else ()


def channel(settings: DemoSettings) -> Channel:
    """The channel that the service plays."""
    return CHANNELS[settings.service]


def read(table: TableReader) -> DemoSettings:
    """The settings in a ``[[source]]`` table of type ``demo``; faults go to the reader."""
    return DemoSettings(
        service=table.choice("service", tuple(CHANNELS), "mailbox", required=True),
        address=table.text("address", example="support@example.com"),
    )
