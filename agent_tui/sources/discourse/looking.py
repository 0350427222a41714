"""Finding out what the forum has of a message of ours: waiting for a moderator, posted, or not there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from agent_tui.domain.model import CaseRef, Visibility
from agent_tui.domain.operations import Note, Reply
from agent_tui.sources.answers import entries, entry, number, text
from agent_tui.sources.base import FindAnswer, Found
from agent_tui.sources.discourse import marker, wire
from agent_tui.sources.discourse.account import Account
from agent_tui.sources.discourse.queues import page_of

SKEW_MS = 15 * 60_000  # by which the forum's clock and ours may differ
STEP = 20
SENT_TOPICS = 5  # newest private messages that a new one is looked for in


@dataclass(frozen=True, slots=True)
class Seen:
    """``answer`` with the post's key where it was found."""

    answer: FindAnswer
    key: str = ""


async def look(account: Account, operation: Reply | Note, case: CaseRef) -> Seen:
    """Look where the message would be. First among what waits, then among what is posted: it goes that way only.

    Raises:
        TryLater, Refused, AuthenticationError
    """
    name = quote(account.settings.username, safe="")
    waiting = entries(await account.get(f"posts/{name}/pending.json"), "pending_posts")
    if any(_bears(text(one, "raw_text") or text(one, "raw"), operation.marker) for one in waiting):
        return Seen(FindAnswer(Found.IN_REVIEW, "it waits for a moderator of the forum"))
    if isinstance(operation, Reply) and operation.mode in ("new", "move"):
        private = operation.visibility is Visibility.PRIVATE
        place = f"topics/private-messages-sent/{name}.json" if private else f"topics/created-by/{name}.json"
        rows = page_of(await account.get(place)).rows
        topics = [one.id for one in sorted(rows, key=lambda row: row.bumped, reverse=True)[:SENT_TOPICS]]
    else:
        topics = [int(case.conversation)] if case.conversation.isdecimal() else []
    if not topics and not (isinstance(operation, Reply) and operation.mode in ("new", "move")):
        return Seen(FindAnswer(Found.CANNOT_TELL, "the case is no topic of the forum"))
    for topic in topics:
        key = await _posted(account, topic, operation)
        if key:
            return Seen(FindAnswer(Found.FOUND, "it is in the topic"), key)
    return Seen(FindAnswer(Found.ABSENT, "it is neither in the topic nor waiting for a moderator"))


async def _posted(account: Account, topic: int, operation: Reply | Note) -> str:
    """The key of our post with the marker, from the end of a topic back to before it was written; or an empty text."""
    raw = await account.get(f"t/{topic}.json", {"include_raw": 1})
    stream = wire.topic_of(raw, account.ours).stream
    posts = {number(one, "id"): one for one in wire.posts_of(raw)}
    for end in range(len(stream), 0, -STEP):
        ids = stream[max(0, end - STEP) : end]
        if lacking := [one for one in ids if one not in posts]:
            answer = await account.get(f"t/{topic}/posts.json", {"post_ids[]": lacking, "include_raw": 1})
            posts |= {number(one, "id"): one for one in wire.posts_of(answer)}
        found = [posts[one] for one in ids if one in posts]
        for post in reversed(found):
            if text(post, "username").lower() != account.ours.username:
                continue
            body = post.get("raw")
            if not isinstance(body, str):  # the topic shows HTML only; one's own post alone always has its Markdown
                body = text(entry(await account.get(f"posts/{number(post, 'id')}.json")), "raw")
            if _bears(body, operation.marker):
                return str(number(post, "id"))
        times = [at for one in found if (at := wire.moment(one.get("created_at"))) is not None]
        if times and min(times) < operation.created_at - SKEW_MS:
            break
    return ""


def _bears(raw: str, mark: str) -> bool:
    return marker.split(raw)[1] == mark
