"""Settings of an archive: imported messages in a folder of the workspace."""

from __future__ import annotations

from pathlib import Path

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """One archive.

    Args:
        folder: where its files are, or None for ``archives/<name>`` in the workspace.
        channel: of everything in it; messages of another channel go into an archive of their own.
    """

    folder: Path | None = None
    channel: Channel = Channel.EMAIL


def channel(settings: ArchiveSettings) -> Channel:
    """The channel of everything in it."""
    return settings.channel


def read(table: TableReader) -> ArchiveSettings:
    """The settings in a ``[[source]]`` table of type ``archive``; faults go to the reader."""
    return ArchiveSettings(
        folder=table.path("folder"),
        channel=Channel(table.choice("channel", tuple(one.value for one in Channel), Channel.EMAIL.value)),
    )
