"""What is done to a topic or chat: locked, tagged, read, deleted."""

from __future__ import annotations

from typing import Any

from agent_tui.domain.errors import Conflict, Refused, Unsupported
from agent_tui.domain.model import CaseRef, CaseState
from agent_tui.domain.operations import MarkRead, SetState, Tag
from agent_tui.sources.answers import Missing
from agent_tui.sources.base import Receipt
from agent_tui.sources.nodebb import wire
from agent_tui.sources.nodebb.account import WRITE, Account


def topic_in(case: CaseRef) -> int:
    """The number of a case's topic.

    Raises:
        Unsupported: it is a chat or a report, which has no such thing.
        Refused: it is nothing of the forum's.
    """
    if case.conversation.startswith((wire.CHAT, "flag-", "queue-")):
        raise Unsupported("only topics have that at the forum")
    if not case.conversation.isdecimal():
        raise Refused("this case is no topic of the forum")
    return int(case.conversation)


async def _raw(account: Account, topic: int) -> dict[str, Any]:
    try:
        raw = await account.get(f"{WRITE}topics/{topic}")
    except Missing:
        raw = None
    if raw is None:
        raise Conflict("the topic is no longer in the forum")
    if not isinstance(raw, dict):
        raise Refused("the forum gives the topic in a form that cannot be read")
    return raw


async def set_state(account: Account, operation: SetState, case: CaseRef) -> Receipt:
    """Lock or unlock a topic; with spam delete it as well (which can be taken back)."""
    topic = topic_in(case)
    spam = operation.state is CaseState.SPAM
    locked = spam or operation.state is CaseState.CLOSED
    raw = await _raw(account, topic)
    if wire.truth(raw, "locked") is not locked:
        await account.change("PUT" if locked else "DELETE", f"{WRITE}topics/{topic}/lock")
    if wire.truth(raw, "deleted") is not spam and (spam or wire.truth(raw, "locked")):
        await account.change("DELETE" if spam else "PUT", f"{WRITE}topics/{topic}/state")
    return Receipt()


async def tag(account: Account, operation: Tag, case: CaseRef) -> Receipt:
    """Tags that are only added are added; to take one off, the whole set is replaced, so it is read first."""
    topic = topic_in(case)
    before = wire.tags_of(await account.get(f"api/topic/{topic}", {"page": 1}))
    after = [one for one in before if one not in operation.remove]
    new = [one for one in operation.add if one not in after]
    if set(after) == set(before) and not new:
        return Receipt()
    if len(after) == len(before):
        await account.change("PATCH", f"{WRITE}topics/{topic}/tags", {"tags": new})
    else:
        await account.change("PUT", f"{WRITE}topics/{topic}/tags", {"tags": [*after, *new]})
    return Receipt()


async def read(account: Account, operation: MarkRead, case: CaseRef) -> Receipt:
    """Read or unread for this account, a topic or a chat."""
    if case.conversation.startswith(wire.CHAT):
        await account.change("DELETE" if operation.read else "PUT", f"{WRITE}chats/{case.conversation[len(wire.CHAT):]}/state")
    else:
        await account.change("PUT" if operation.read else "DELETE", f"{WRITE}topics/{topic_in(case)}/read")
    return Receipt()


async def delete(account: Account, case: CaseRef) -> Receipt:
    """Delete a topic, in the way that a moderator can take back. Purging is never asked for."""
    topic = topic_in(case)
    if not wire.truth(await _raw(account, topic), "deleted"):
        await account.change("DELETE", f"{WRITE}topics/{topic}/state")
    return Receipt()
