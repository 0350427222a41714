"""Discourse's message bus: that something has changed, never what. Polling is the base; this only makes it earlier."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

from agent_tui.domain.errors import OutcomeUnknown, Refused, SourceError, TryLater
from agent_tui.sources.answers import entry, number, text
from agent_tui.sources.base import Hint
from agent_tui.sources.discourse.account import Account

HOLD_S = 25.0  # how long the forum waits before it answers that there is nothing
LATEST = -1  # asks for the current place of a channel
STATUS = "/__status"


def channels_of(account: Account) -> list[str]:
    """What says that a list may have changed."""
    user = account.ours.id
    found = ["/latest", "/delete", "/destroy", "/recover", f"/notification/{user}"]
    if account.settings.messages or account.settings.groups:
        found.append(f"/private-message-topic-tracking-state/user/{user}")
    if account.ours.reviews:
        found.append(f"/reviewable_counts/{user}")
    return found


class Bus:
    """One listener.

    Args:
        account: open.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client = secrets.token_hex(16)
        self._places = dict.fromkeys(channels_of(account), LATEST)
        self._sequence = 0

    async def works(self) -> bool:
        """Whether the forum answers us there: some do not let keys in."""
        try:
            await self._poll(wait=False)
        except SourceError:
            return False
        return all(place >= 0 for place in self._places.values())

    async def hints(self) -> AsyncIterator[Hint]:
        """A hint for whatever was said since the last look.

        Raises:
            TryLater: the connection is lost.
        """
        while True:
            if await self._poll(wait=True):
                yield Hint()

    async def _poll(self, *, wait: bool) -> bool:
        self._sequence += 1
        body = {**self._places, "__seq": self._sequence}
        headers = {"dont-chunk": "true", "x-silence-logger": "true"}
        try:
            found = await self._account.listen(
                f"message-bus/{self._client}/poll", json=body, params={} if wait else {"dlp": "t"}, headers=headers,
                wait_s=HOLD_S + 35,
            )  # fmt: skip
        except (OutcomeUnknown, Refused) as error:
            raise TryLater(str(error)) from None
        told = False
        for message in found if isinstance(found, list) else []:
            channel = text(message, "channel")
            if channel == STATUS:
                for name in entry(message, "data"):
                    if name in self._places:
                        told = told or self._places[name] != LATEST  # the forum began to count anew
                        self._places[name] = number(message, "data", name)
            elif channel in self._places:
                self._places[channel] = max(self._places[channel], number(message, "message_id"))
                told = True
        return told
