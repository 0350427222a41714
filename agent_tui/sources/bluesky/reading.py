"""Telling Bluesky what has been read. It keeps one moment for the whole account: what came before it has been seen."""

from __future__ import annotations

from agent_tui.domain.errors import Unsupported
from agent_tui.domain.identifiers import COUNTER_BITS, EPOCH_SECONDS
from agent_tui.domain.model import CaseRef, Marks
from agent_tui.domain.operations import MarkRead
from agent_tui.sources.base import Receipt
from agent_tui.sources.bluesky.pulling import Puller
from agent_tui.sources.bluesky.session import Session
from agent_tui.sources.bluesky.wire import stamp


async def mark(session: Session, puller: Puller, operation: MarkRead, case: CaseRef) -> Receipt:
    """Move the moment as far as nothing that is still unread here would be called seen.

    Raises:
        Unsupported: Bluesky cannot be told that something is to be read again.
    """
    if not operation.read:
        raise Unsupported("Bluesky keeps no post as unread; it is unread on this computer")
    last = (operation.upto >> COUNTER_BITS) + EPOCH_SECONDS if operation.upto else 1 << 62
    rows = puller.rows
    wanted = operation.places or case.incoming
    taken = [(where, ref) for where, ref in wanted if ref not in rows or rows[ref][0] // 1000 <= last]
    read = {ref for _, ref in taken}
    here: dict[str, dict[str, frozenset[str]]] = {}
    unseen, newest = [], 0
    for uri, (time, anchor) in rows.items():
        if anchor not in here:
            here[anchor] = dict(session.access.mirror.places(anchor)) if anchor else {}
        newest = max(newest, time)
        if uri not in read and not puller.seen.get(uri) and Marks.SEEN not in here[anchor].get(uri, ()):
            unseen.append(time)
    upto = min(unseen) - 1 if unseen else newest + 1
    if upto > puller.seen_at and any(not puller.seen.get(uri) for uri in rows if rows[uri][0] <= upto):
        await session.post("app.bsky.notification.updateSeen", {"seenAt": stamp(upto)})
        puller.seen_at = upto
    return Receipt(marks={(where, ref): _marks(here, where, ref) for where, ref in taken})


def _marks(here: dict[str, dict[str, frozenset[str]]], where: str, ref: str) -> frozenset[str]:
    return here.get(where, {}).get(ref, frozenset()) | {Marks.SEEN}
