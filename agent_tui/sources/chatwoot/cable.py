"""Chatwoot's websocket: ActionCable's ``RoomChannel``. It replays nothing, so whatever it says is a hint only."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from agent_tui.domain.errors import TryLater
from agent_tui.domain.settings import Url
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entry, number, text

PRESENCE_S = 20.0  # as Chatwoot's own screen: without it the agent goes offline
SILENCE_S = 60.0  # the server pings every three seconds
LARGEST = 4 * 1024 * 1024  # bytes of a frame


@dataclass(frozen=True, slots=True)
class Event:
    """One thing the server told.

    Args:
        name: as in ``cable_events``; empty when the subscription begins.
        conversation: its number, or 0 where it is about none.
        message: number of the message it is about, or 0.
        who: name of the person who is typing, for ``conversation.typing_on``.
    """

    name: str
    conversation: int = 0
    message: int = 0
    who: str = ""


def address(base: Url) -> str:
    """Where the cable of a server is."""
    host = f"[{base.host}]" if ":" in base.host else base.host
    return f"{'wss' if base.scheme == 'https' else 'ws'}://{host}:{base.port}{base.path}/cable"


def event(message: Any) -> Event:
    """What a message of the channel is about. Message events carry the conversation's ``display_id``."""
    name = text(message, "event")
    data = entry(message, "data")
    if name.startswith("message."):
        return Event(name, number(data, "conversation_id"), number(data, "id"))
    if name.startswith("conversation.typing"):
        person = entry(data, "user")
        who = clean(text(person, "name"), multiline=False) if person.get("type") != "user" else ""
        return Event(name, number(data, "conversation", "id"), who=who)
    if name.startswith(("conversation.", "assignee.", "team.")):
        return Event(name, number(data, "id"))
    return Event(name)


async def listen(base: Url, tls: ssl.SSLContext | None, identity: dict[str, Any]) -> AsyncGenerator[Event]:
    """Events until the connection ends.

    Args:
        tls: for wss, else None.
        identity: ``pubsub_token``, ``account_id`` and ``user_id``.

    Raises:
        TryLater: there is no connection, or it ended.
    """
    from websockets.asyncio.client import connect
    from websockets.exceptions import WebSocketException
    from websockets.typing import Origin, Subprotocol

    identifier = json.dumps({"channel": "RoomChannel", **identity})
    place = address(base)
    try:
        async with connect(
            place, ssl=tls, subprotocols=[Subprotocol("actioncable-v1-json")], max_size=LARGEST, open_timeout=20,
            close_timeout=2, origin=Origin(_origin(base)), proxy=None if base.loopback else True, user_agent_header="agent-tui",
        ) as socket:  # fmt: skip
            await socket.send(json.dumps({"command": "subscribe", "identifier": identifier}))
            presence = asyncio.create_task(_be_present(socket, identifier))
            try:
                while True:
                    async with asyncio.timeout(SILENCE_S):
                        frame = _frame(await socket.recv())
                    match frame.get("type"):
                        case "confirm_subscription":
                            yield Event("")
                        case "reject_subscription":
                            raise TryLater(f"{base.host} does not let this user listen")
                        case "disconnect":
                            raise TryLater(f"{base.host} ended the connection for live news")
                        case None if "message" in frame:
                            yield event(frame["message"])
            finally:
                presence.cancel()
    except (WebSocketException, OSError, TimeoutError) as error:
        raise TryLater(f"{base.host} gives no live news ({type(error).__name__})") from None


def _origin(base: Url) -> str:
    usual = {"https": 443, "http": 80}[base.scheme] == base.port
    return f"{base.scheme}://{base.host}" + ("" if usual else f":{base.port}")


def _frame(raw: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


async def _be_present(socket: Any, identifier: str) -> None:
    frame = json.dumps({"command": "message", "identifier": identifier, "data": json.dumps({"action": "update_presence"})})
    while True:
        await asyncio.sleep(PRESENCE_S)
        await socket.send(frame)
