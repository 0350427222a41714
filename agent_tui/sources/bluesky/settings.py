"""Settings of a Bluesky account: pure, so that a workspace is read without importing anything that talks HTTP."""

from __future__ import annotations

import re
from pathlib import Path

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader, Url, shown

_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
HANDLE = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)+(?=[a-zA-Z]){_LABEL}")
DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
SERVICE = Url(scheme="https", host="bsky.social", port=443)
CHAT = "did:web:api.bsky.chat"
DEFAULT_HISTORY = "90d"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueskySettings:
    """One account.

    Args:
        handle: who we are, without the @.
        url: of the personal data server (PDS), or of the entryway in front of it.
        messages: whether direct messages are read and answered.
        chat: DID of the service that keeps direct messages.
        agents: handles of colleagues; what they post in a conversation is ours.
        labelers: DIDs of moderation services whose labels are shown beside the network's own.
        history_ms: what is older is not fetched; None: everything is.
        ca_file: private CA beside the system's, or None.
    """

    handle: str = ""
    url: Url = SERVICE
    messages: bool = True
    chat: str = CHAT
    agents: tuple[str, ...] = ()
    labelers: tuple[str, ...] = ()
    history_ms: int | None = None
    ca_file: Path | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Ours, as every source names them."""
        return (self.handle,) if self.handle else ()


def channel(_settings: BlueskySettings) -> Channel:
    """Posts and direct messages are social."""
    return Channel.SOCIAL


def read(table: TableReader) -> BlueskySettings:
    """The settings in a ``[[source]]`` table of type ``bluesky``; faults go to the reader."""
    url = table.web_url("url", example="https://bsky.social", required=False)
    handle = table.text("handle", required=True, example="support.example.com")
    if handle and not HANDLE.fullmatch(handle.strip().removeprefix("@")):
        table.fault("handle", f'{shown(handle)} is no handle; write it without the @, as in "support.example.com"')
    return BlueskySettings(
        handle=handle.strip().removeprefix("@").lower(),
        url=url or SERVICE,
        messages=table.flag("messages", True),
        chat=table.text("chat", CHAT, example=CHAT, pattern=DID.pattern, rule="a service is named by its DID"),
        agents=tuple(one.removeprefix("@").lower() for one in _list(table, "agents", "asha.example.com", handles=True)),
        labelers=_list(table, "labelers", "did:plc:ar7c4by46qjdydhdevvrndac"),
        history_ms=table.history_ms(DEFAULT_HISTORY, example="30d"),
        ca_file=table.path("ca_file", must_exist=True),
    )


def _list(table: TableReader, key: str, example: str, *, handles: bool = False) -> tuple[str, ...]:
    good = []
    pattern, what = (HANDLE, "a handle") if handles else (DID, "a DID")
    for number, one in enumerate(table.text_list(key, example=f'["{example}"]')):
        if pattern.fullmatch(one.removeprefix("@")):
            good.append(one)
        else:
            table.fault(key, f'{shown(one)} is not {what}; write for example "{example}"', number)
    return tuple(dict.fromkeys(good))
