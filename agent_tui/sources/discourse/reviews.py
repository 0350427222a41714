"""What readers reported and what waits for a moderator: a case of its own for each, which only we see.

The review queue names people, topics, reasons and actions by id; they stand in tables of their own beside it
(Discourse, ``ApplicationSerializer``: ``embed :ids, include: true``).
"""

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
    "approve": ("approve_post", "approve_post_closed", "agree_and_hide", "agree_and_keep", "agree_and_keep_hidden",
                "approve_user", "approve"),
    "reject": ("reject_post", "disagree", "disagree_and_restore", "reject_user_delete", "reject"),
    "ignore": ("ignore", "ignore_and_do_nothing"),
}
WAITING = frozenset({"ReviewableQueuedPost", "ReviewableUser"})


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
        waits = text(one, "type") in WAITING
        title = line(text(one, "payload", "title")) or line(text(_beside(raw, one, "topic"), "title"))
        subject = f"{'Waits for approval' if waits else 'Reported'}{': ' + title if title else ''}"
        by, wrote = (line(text(_beside(raw, one, who, "users"), "username")) for who in ("created_by", "target_created_by"))
        wrote = wrote or line(text(one, "payload", "username") or (by if waits else ""))
        scores = _all_beside(raw, one, "reviewable_score")
        reasons = [line(text(_beside(raw, score, "score_type"), "title")) for score in scores]
        topic = number(one, "topic_id")
        lines = [
            f"Reported by {by}" if by and not waits else "",
            f"Written by {wrote}" if wrote else "",
            f"Reason: {', '.join(dict.fromkeys(filter(None, reasons)))}" if any(reasons) else "",
            f"In topic {topic}" if topic else "",
            "", clean(text(one, "payload", "raw") or text(one, "raw") or text(one, "payload", "bio")),
        ]  # fmt: skip
        words = "\n".join(part for place, part in enumerate(lines) if part or place == len(lines) - 2).strip()
        who = wrote if waits else by
        messages.append(RemoteMessage(
            ref=str(identity), container=CONTAINER, key=f"{CONTAINER}:{identity}", conversation=conversation,
            direction=Direction.IN, visibility=Visibility.NOTE, author=Author(who or "the forum", who, Role.SYSTEM),
            received_at=created, sent_at=created, subject=subject, text=words, fresh_text=words, automatic=True,
            marks=frozenset({Marks.QUEUED if waits else Marks.REPORTED}),
        ))  # fmt: skip
        cases.append(RemoteCase(conversation=conversation, subject=subject, tags=frozenset({"review"})))
    return messages, cases, bad


def _all_beside(raw: Any, one: Any, name: str) -> list[dict[str, Any]]:
    """What something names by ids (``{name}_ids``), from the table that stands beside it in the answer (``{name}s``)."""
    ids = one.get(f"{name}_ids")
    wanted = [key for key in ids if isinstance(key, int | str)] if isinstance(ids, list) else []
    table = {key: row for row in entries(raw, f"{name}s") if isinstance(key := row.get("id"), int | str)}
    return [table[key] for key in wanted if key in table]


def _beside(raw: Any, one: Any, name: str, table: str = "") -> dict[str, Any]:
    """The one that something names by ``{name}_id``, or nothing."""
    wanted = one.get(f"{name}_id")
    return next((row for row in entries(raw, table or f"{name}s") if wanted is not None and row.get("id") == wanted), {})


async def decide(account: Account, operation: Moderate) -> Receipt:
    """Perform a decision.

    Raises:
        Refused, Conflict: there is no such action, or somebody else was first.
    """
    place, identity = operation.place
    if place != CONTAINER or not identity.isdecimal():
        raise Refused("this is nothing that waits for a moderator")
    raw = await account.get(f"review/{identity}.json")
    found = entry(raw, "reviewable")
    if number(found, "status"):
        raise Conflict("a moderator has decided already")
    # What an action is called to the server; what it is called in the answer has the report's number in front.
    offered = {text(one, "server_action") or text(one, "id").rpartition("-")[2] for one in entries(raw, "actions")}
    action = next((name for name in ACTIONS.get(operation.action, ()) if name in offered), "")
    if not action:
        raise Refused(f"the forum does not offer to {line(operation.action)} this")
    await account.change("PUT", f"review/{identity}/perform/{action}.json", params={"version": number(found, "version")})
    return Receipt()
