"""What is done to a topic: state, tags, assignee, reminders, solutions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent_tui.domain.errors import Conflict, Refused, Unsupported
from agent_tui.domain.model import CaseRef, CaseState
from agent_tui.domain.operations import AcceptAnswer, Assign, MarkRead, SetState, Snooze, Tag
from agent_tui.sources.answers import Missing, text
from agent_tui.sources.base import Receipt
from agent_tui.sources.discourse import wire
from agent_tui.sources.discourse.account import Account

NAME = "agent-tui"
READ_MS = 1_000  # said to have been looked at each post
MOST_READ = 500  # posts in one request


def topic_in(case: CaseRef) -> int:
    """The number of a case's topic.

    Raises:
        Unsupported: it is something else: a report, or a post that waits.
    """
    if not case.conversation.isdecimal():
        raise Unsupported("only topics have that at the forum; it is kept on this computer")
    return int(case.conversation)


async def _raw(account: Account, topic: int) -> dict[str, Any]:
    try:
        raw = await account.get(f"t/{topic}.json")
    except Missing:
        raise Conflict("the topic is no longer in the forum") from None
    if not isinstance(raw, dict):
        raise Refused("the forum gives the topic in a form that cannot be read")
    return raw


async def set_state(account: Account, operation: SetState, case: CaseRef) -> Receipt:
    """Close or open a topic, or with spam take it out of every list as well; archive a private message or move it back.

    Raises:
        Unsupported: a private message as spam, or an account that may not close topics.
    """
    topic = topic_in(case)
    spam = operation.state is CaseState.SPAM
    closed = spam or operation.state is CaseState.CLOSED
    raw = await _raw(account, topic)
    if text(raw, "archetype") == "private_message":
        if spam:
            raise Unsupported("the forum does not set private messages apart as spam")
        await account.change("PUT", f"t/{topic}/{'archive-message' if closed else 'move-to-inbox'}.json")
        return Receipt()
    if not account.ours.staff:
        raise Unsupported("only the forum's staff may close topics")
    for status, before, after in (
        ("closed", raw.get("closed") is True, closed), ("visible", raw.get("visible") is not False, not spam),
    ):  # fmt: skip
        # A topic that a moderator hid stays hidden when it is closed or opened, unless it was hidden as spam.
        if before is not after and (status == "closed" or spam or raw.get("closed") is True):
            said = {"status": status, "enabled": "true" if after else "false"}
            await account.change("PUT", f"t/{topic}/status.json", said)
    return Receipt()


async def tag(account: Account, operation: Tag, case: CaseRef) -> Receipt:
    """The forum replaces the whole set, so it is read first. Whichever form it gives tags in, it gets back."""
    topic = topic_in(case)
    raw = await _raw(account, topic)
    found = raw.get("tags")
    objects = isinstance(found, list) and any(isinstance(one, dict) for one in found)
    before = wire.tags_of(raw)
    after = [one for one in before if one not in operation.remove]
    after += [one for one in operation.add if one not in after]
    if set(after) == set(before):
        return Receipt()
    known = {text(one, "name"): one for one in found if isinstance(one, dict)} if isinstance(found, list) else {}
    given: list[Any] = [{k: v for k, v in known.get(one, {"name": one}).items() if k in ("id", "name")} for one in after]
    await account.change("PUT", f"t/-/{topic}.json", {"tags": given if objects else after})
    return Receipt()


async def assign(account: Account, operation: Assign, case: CaseRef) -> Receipt:
    """Needs the forum's assign plugin and the right to use it."""
    target = {"target_id": topic_in(case), "target_type": "Topic"}
    if operation.assignee is None:
        await account.change("PUT", "assign/unassign.json", target)
        return Receipt()
    wanted = operation.assignee.lower()
    agents = account.settings.agents
    name = next((user for user, address in agents.items() if address == wanted), operation.assignee)
    if wanted in account.access.agent_addresses and wanted not in agents.values():
        name = account.settings.username
    await account.change("PUT", "assign/assign.json", {**target, "username": name})
    return Receipt()


async def snooze(account: Account, operation: Snooze, case: CaseRef, now: int) -> Receipt:
    """A bookmark of ours on the topic, with a reminder."""
    topic = topic_in(case)
    bookmark = wire.topic_of(await _raw(account, topic), account.ours).bookmark
    if operation.until <= now:
        if bookmark:
            await account.change("DELETE", f"bookmarks/{bookmark}.json")
        return Receipt()
    when = datetime.fromtimestamp(operation.until / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"reminder_at": when, "name": NAME}
    if bookmark:
        await account.change("PUT", f"bookmarks/{bookmark}.json", said)
    else:
        await account.change("POST", "bookmarks.json", {"bookmarkable_id": topic, "bookmarkable_type": "Topic", **said})
    return Receipt()


async def solution(account: Account, operation: AcceptAnswer) -> Receipt:
    """Needs the forum's solved plugin."""
    place, reference = operation.place
    if not place.startswith("t/") or not reference.isdecimal():
        raise Refused("this is no post of the forum")
    await account.change("POST", f"solution/{'accept' if operation.accepted else 'unaccept'}.json", {"id": int(reference)})
    return Receipt()


async def read(account: Account, operation: MarkRead, case: CaseRef) -> Receipt:
    """Tell the forum what has been read: the posts that are here, as its own pages do. Unread is the last of them again."""
    topic = topic_in(case)
    if not operation.read:
        await account.change("DELETE", f"t/{topic}/timings.json", params={"last": 1})
        return Receipt()
    here = {
        int(mark.removeprefix(wire.POST_NUMBER))
        for _, marks in account.access.mirror.places(wire.container(topic)) for mark in marks
        if mark.startswith(wire.POST_NUMBER) and mark.removeprefix(wire.POST_NUMBER).isdecimal()
    }  # fmt: skip
    raw = await _raw(account, topic)
    new = sorted(one for one in here if one > (wire.topic_of(raw, account.ours).read or 0))[-MOST_READ:]
    if new:
        timings = {str(one): READ_MS for one in new}
        said = {"topic_id": topic, "topic_time": READ_MS * len(new), "timings": timings}
        await account.change("POST", "topics/timings.json", said)
    return Receipt()
