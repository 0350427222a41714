"""What readers reported and what waits for a moderator: a case of its own for each, which only we see."""

from __future__ import annotations

from typing import Any

from agent_tui.domain.errors import Conflict, Refused
from agent_tui.domain.model import Author, BadItem, Direction, Marks, RemoteCase, RemoteMessage, Role, Visibility
from agent_tui.domain.operations import Moderate
from agent_tui.domain.text import clean
from agent_tui.sources.answers import entries, entry, number, text
from agent_tui.sources.base import Receipt
from agent_tui.sources.discourse.account import Account
from agent_tui.sources.discourse.wire import line, moment

CONTAINER = "review"
# Names of actions differ with the kind of report; the first that is offered is meant.
ACTIONS = {
    "approve": ("approve_post", "agree_and_hide", "agree_and_keep", "approve_user", "approve"),
    "reject": ("reject_post", "disagree", "disagree_and_restore", "reject_user_delete", "reject"),
    "ignore": ("ignore", "ignore_and_do_nothing"),
}
QUEUED = "ReviewableQueuedPost"


def read(raw: Any) -> tuple[list[RemoteMessage], list[RemoteCase], list[BadItem]]:
    """``/review.json``: each report as a note of the forum's, and its case."""
    messages: list[RemoteMessage] = []
    cases: list[RemoteCase] = []
    bad: list[BadItem] = []
    for one in entries(raw, "reviewables"):
        identity, created = number(one, "id"), moment(one.get("created_at"))
        if identity <= 0 or created is None:
            bad.append(BadItem(str(identity), CONTAINER, "the forum gives a report without number or time"))
            continue
        conversation = f"{CONTAINER}-{identity}"
        queued = text(one, "type") == QUEUED
        title = line(text(one, "payload", "title")) or line(text(one, "topic", "title"))
        subject = f"{'Waits for approval' if queued else 'Reported'}{': ' + title if title else ''}"
        by = line(text(one, "created_by", "username"))
        reasons = [line(text(score, "score_type", "title")) for score in entries(one, "reviewable_scores")]
        topic = number(one, "topic_id")
        lines = [
            f"{'Written' if queued else 'Reported'} by {by}" if by else "",
            f"Reason: {', '.join(dict.fromkeys(filter(None, reasons)))}" if any(reasons) else "",
            f"In topic {topic}" if topic else "",
            "", clean(text(one, "payload", "raw") or text(one, "raw")),
        ]  # fmt: skip
        words = "\n".join(part for number_, part in enumerate(lines) if part or number_ == 3).strip()
        messages.append(RemoteMessage(
            ref=str(identity), container=CONTAINER, key=f"{CONTAINER}:{identity}", conversation=conversation,
            direction=Direction.IN, visibility=Visibility.NOTE, author=Author(by or "the forum", by, Role.SYSTEM),
            received_at=created, sent_at=created, subject=subject, text=words, fresh_text=words, automatic=True,
            marks=frozenset({Marks.QUEUED if queued else Marks.REPORTED}),
        ))  # fmt: skip
        cases.append(RemoteCase(conversation=conversation, subject=subject, tags=frozenset({"review"})))
    return messages, cases, bad


async def decide(account: Account, operation: Moderate) -> Receipt:
    """Perform a decision.

    Raises:
        Refused, Conflict: there is no such action, or somebody else was first.
    """
    place, identity = operation.place
    if place != CONTAINER or not identity.isdecimal():
        raise Refused("this is nothing that waits for a moderator")
    found = entry(await account.get(f"review/{identity}.json"), "reviewable")
    if number(found, "status"):
        raise Conflict("a moderator has decided already")
    bundles = entries(found, "bundled_actions")
    offered = [name for one in bundles for name in _names(one)]
    wanted = ACTIONS.get(operation.action, ())
    action = next((name for want in wanted for name in offered if name.rpartition("-")[2] == want), "")
    if not action:
        raise Refused(f"the forum does not offer to {line(operation.action)} this")
    short = action.rpartition("-")[2]
    await account.change("PUT", f"review/{identity}/perform/{short}.json", params={"version": number(found, "version")})
    return Receipt()


def _names(bundle: dict[str, Any]) -> list[str]:
    ids = bundle.get("action_ids")
    names = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
    return names + [text(one, "id") for one in entries(bundle, "actions")]
