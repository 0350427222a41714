"""Settings of a Chatwoot account: pure, so that a workspace is read without importing anything that talks HTTP."""

from __future__ import annotations

from pathlib import Path

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Channel
from agent_tui.domain.settings import TableReader, Url, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatwootSettings:
    """One account on a Chatwoot server. The secret is the user's API access token.

    Args:
        url: of the server.
        account: number of the account, as in the address of Chatwoot's own screen.
        inboxes: numbers or names of those to follow; empty: every inbox that the user is a member of.
        ca_file: private CA beside the system's, or None.
    """

    url: Url = Url(scheme="https", host="localhost", port=443)
    account: int = 1
    inboxes: tuple[int | str, ...] = ()
    ca_file: Path | None = None
    addresses: tuple[str, ...] = ()


def channel(_settings: ChatwootSettings) -> Channel:
    """Customers wait at the other end, whatever channel an inbox is connected to."""
    return Channel.CHAT


def read(table: TableReader) -> ChatwootSettings:
    """The settings in a ``[[source]]`` table of type ``chatwoot``; faults go to the reader."""
    url = table.web_url("url", example="https://app.chatwoot.com")
    if not table.has("account"):
        table.fault("account", "is missing; add account = 1 (the number in the address of Chatwoot's own screen)")
    return ChatwootSettings(
        url=url or Url(scheme="https", host="localhost", port=443),
        account=table.number("account", 1, low=1, high=2_147_483_647),
        inboxes=_inboxes(table),
        ca_file=table.path("ca_file", must_exist=True),
    )


def _inboxes(table: TableReader) -> tuple[int | str, ...]:
    value = table.raw("inboxes")
    example = 'write inboxes = [1, 2] or inboxes = ["Website"]'
    if value is None:
        return ()
    if not isinstance(value, list):
        table.fault("inboxes", f"must be a list of numbers or names; {example}")
        return ()
    if not value:
        table.fault("inboxes", f"is empty; leave it out to follow every inbox, or {example}")
    good: list[int | str] = []
    for number, one in enumerate(value):
        if (isinstance(one, int) and not isinstance(one, bool) and one > 0) or (isinstance(one, str) and one.strip()):
            good.append(one)
        else:
            table.fault("inboxes", f"{shown(one)} is neither the number nor the name of an inbox; {example}", number)
    return tuple(dict.fromkeys(good))
