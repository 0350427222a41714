"""Our own messages in the mailbox: the copy in Sent, the mark on what was answered, and looking for one that may
have been sent. Runs in the connection's thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_tui.domain.model import Marks
from agent_tui.sources.imap import wire
from agent_tui.sources.imap.connection import QuietClient
from agent_tui.sources.imap.cursor import numbers
from agent_tui.sources.imap.folders import Folders
from agent_tui.sources.imap.marks import SEEN, flag_of
from agent_tui.sources.imap.read import Reading
from agent_tui.sources.imap.settings import ImapSettings

# Submission servers that put every message they take into Sent, at once.
_FILING_HOSTS = frozenset({"smtp.gmail.com", "smtp.googlemail.com", "smtp.office365.com", "smtp-mail.outlook.com"})


def by_server(capabilities: frozenset[str], settings: ImapSettings) -> bool:
    """Whether the server is known to keep a copy of all it sends."""
    if settings.smtp is None:
        return False
    return settings.smtp.host.lower() in _FILING_HOSTS or "X-GM-EXT-1" in capabilities


def file_copy(client: QuietClient, folders: Folders, raw: bytes, marker: str, filed_by_server: bool) -> None:
    """Put the message that was sent into Sent, unless it is there; may be called again after a broken connection."""
    if filed_by_server:
        return
    folder = folders.sent
    if not folder:
        folder = folders.missing("sent")
        if not wire.exists(client, folder):
            wire.make_folder(client, folder)
    wire.select(client, folder)
    if not wire.with_message_id(client, marker):
        wire.append(client, folder, raw, (SEEN,))


def mark_answered(
    client: QuietClient, place: tuple[str, str], reading: Reading
) -> dict[tuple[str, str], frozenset[str]]:
    """Mark the message that was answered; returns its marks, nothing if it is gone."""
    folder, ref = place
    validity, uid = numbers(ref)
    if wire.select(client, folder, write=True).validity != validity:
        return {}
    wire.store(client, [uid], "+", (flag_of(Marks.ANSWERED),))
    item = wire.fetch(client, str(uid), ("FLAGS",)).get(uid)
    return {place: reading.marks(folder, item.get(b"FLAGS"))} if item is not None else {}


def look_for(client: QuietClient, folders: Sequence[str], marker: str) -> str:
    """The first of these folders that holds a message with this Message-ID, or empty."""
    for folder in folders:
        try:
            wire.select(client, folder)
        except wire.FolderGone:
            continue
        if wire.with_message_id(client, marker):
            return folder
    return ""
