"""Letting out what was decided: one entry of the outbox to its server, exactly once or known to be unknown.

The order is what makes it safe. That the bytes are about to leave is on disk before they do, so whatever happens
afterwards, an entry that may have left is never taken for one that has not; and it is sent again only when the
server has been asked and does not have it.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum

from agent_tui.domain.errors import (
    AuthenticationError,
    Conflict,
    OutcomeUnknown,
    Refused,
    TryLater,
    Unsupported,
)
from agent_tui.domain.model import CaseRef, Channel
from agent_tui.domain.operations import MESSAGES, EditMessage, Entry, OperationState, Reply
from agent_tui.engine import backoff
from agent_tui.engine.context import Context, log
from agent_tui.sources.base import FindAnswer, Found, Receipt, Source, SourceInfo

PATIENCE_S = 600.0  # for one push, whatever it carries
SETTLE_MS = 5_000  # a server that was cut off may still be working; before that "absent" is not believed


class Outcome(StrEnum):
    """What became of an entry, for the line that delivers."""

    DELIVERED = "delivered"
    FAILED = "failed"
    LATER = "later"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    LOCAL = "local"
    GONE = "gone"
    LOGIN = "login"


def looks_first(info: SourceInfo, entry: Entry, since: int) -> bool:
    """Whether the source has to be pulled before this entry goes out.

    A live chat is exempt: both sides see each other write. Not so for what was written before ``since``, when the
    engine started or the machine woke up, nor for what was to be sent later.
    """
    operation = entry.operation
    if not isinstance(operation, Reply) or operation.mode != "reply":
        return False
    live_chat = info.capabilities.live and info.capabilities.channel is Channel.CHAT
    return not live_chat or entry.scheduled or entry.created_at < since


async def deliver(
    context: Context, name: str, source: Source, info: SourceInfo, entry: Entry, *, looked: bool
) -> Outcome:
    """Perform one entry.

    Args:
        context: the engine's.
        name: of the source.
        source: open.
        info: what it said of itself.
        entry: due, and the head of its case's queue.
        looked: the source was pulled for it, so that the store can tell what is new in the case.
    """
    ledger = context.ledger
    if not info.capabilities.carries(entry.kind):
        return _not_carried(context, name, entry)
    if looked and (words := ledger.newer_than_seen(entry)):
        ledger.conflict(entry, words)
        return Outcome.CONFLICT
    begun = ledger.begin(entry)
    if begun is None:  # taken back in the meantime
        return Outcome.GONE
    context.probe("begun")
    try:
        async with asyncio.timeout(PATIENCE_S):
            receipt = await _push(source, begun, ledger.parts(begun))
    except Unsupported:
        return _not_carried(context, name, begun)
    except Refused as error:
        return _refused(context, begun, error)
    except TryLater as error:
        wait = backoff.delay(begun.attempts + 1, context.chance(), asked=error.retry_after_ms)
        ledger.later(begun, str(error), context.clock.now() + wait)
        return Outcome.LATER
    except AuthenticationError as error:
        ledger.later(begun, str(error), context.clock.now())
        return Outcome.LOGIN
    except (OutcomeUnknown, TimeoutError) as error:
        ledger.unknown(begun, str(error) or "the server did not answer in time")
        return Outcome.UNKNOWN
    except Exception as error:  # a mistake in a source: its bytes may have left
        log.crash("the source broke off", error, source=name, kind=entry.kind, entry=entry.id)
        ledger.unknown(begun, f"the source broke off: {type(error).__name__}")
        return Outcome.UNKNOWN
    context.probe("pushed")
    ledger.acknowledge(begun, receipt)
    context.probe("acknowledged")
    return Outcome.DELIVERED


async def _push(source: Source, entry: Entry, parts: tuple[CaseRef, ...]) -> Receipt:
    """Tell each conversation that a merge has joined; cut off half-way, all of them are told again, which changes nothing.

    Raises:
        SourceError: as ``Source.push``; a conversation that refuses alone is a warning, and one that has no such thing is
            left out.
    """
    if len(parts) == 1:
        return await source.push(entry.operation, parts[0], entry.reference)
    receipts: list[Receipt] = []
    refused: list[Refused] = []
    without: list[Unsupported] = []
    for number, part in enumerate(parts):
        reference = f"{entry.reference}.{number}" if number else entry.reference  # a server may do one reference only once
        try:
            receipts.append(await source.push(entry.operation, part, reference))
        except Unsupported as error:
            without.append(error)
        except Refused as error:
            refused.append(error)
    if not receipts:
        raise (refused or without)[0]
    return Receipt(
        moved={place: new for one in receipts for place, new in (one.moved or {}).items()},
        marks={place: new for one in receipts for place, new in (one.marks or {}).items()},
        warning="; ".join(dict.fromkeys([*(one.warning for one in receipts if one.warning), *map(str, refused)])),
    )


def _not_carried(context: Context, name: str, entry: Entry) -> Outcome:
    """Triage is kept here; a message that nobody can carry goes back to its author."""
    if isinstance(entry.operation, Reply | EditMessage):
        what = "send messages" if isinstance(entry.operation, Reply) else "change what was sent"
        context.ledger.fail(entry, f"{name} cannot {what}")
        return Outcome.FAILED
    context.ledger.local(entry)
    return Outcome.LOCAL


def _refused(context: Context, entry: Entry, error: Refused) -> Outcome:
    if error.partly:
        missed = ", ".join(error.recipients) or "some recipients"
        context.ledger.acknowledge(entry, Receipt(warning=f"did not go to {missed}: {error}"))
        return Outcome.DELIVERED
    if isinstance(error, Conflict) and isinstance(entry.operation, Reply):
        context.ledger.conflict(entry, str(error))
        return Outcome.CONFLICT
    context.ledger.fail(entry, str(error), recipients=error.recipients)
    return Outcome.FAILED


async def settle(context: Context, source: Source, entry: Entry) -> tuple[Outcome, int | None]:
    """Find out what became of an entry that may have left.

    Returns:
        What is known now, and when to ask again (milliseconds), or None.

    Raises:
        SourceError: the server cannot be asked now; nothing has changed.
    """
    ledger = context.ledger
    reviewed = entry.state is OperationState.IN_REVIEW
    if entry.kind not in MESSAGES:  # saying it twice changes nothing at the server
        _again(context, entry, "not certain that the server has done it")
        return Outcome.LATER, None
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer = await source.find(entry.operation, ledger.case_ref(entry), entry.reference)
    except TimeoutError as error:
        raise TryLater("the server does not answer") from error
    except Refused as error:
        answer = FindAnswer(Found.CANNOT_TELL, str(error))
    context.probe("found")
    match answer.found:
        case Found.FOUND:
            ledger.acknowledge(entry, Receipt())
            return Outcome.DELIVERED, None
        case Found.IN_REVIEW:
            if not reviewed:
                ledger.acknowledge(entry, Receipt(in_review=True))
            return Outcome.DELIVERED, None
        case Found.ABSENT if reviewed:
            ledger.fail(entry, answer.why or "a moderator of the server did not let it through")
            return Outcome.FAILED, None
        case Found.CANNOT_TELL if reviewed:
            return Outcome.DELIVERED, None
        case Found.ABSENT:
            believed = entry.updated_at + SETTLE_MS
            if context.clock.now() < believed:
                return Outcome.UNKNOWN, believed
            _again(context, entry, "the server does not have it")
            return Outcome.LATER, None
        case Found.CANNOT_TELL:
            ledger.unknown(entry, answer.why or "the server cannot tell whether it has this message")
            return Outcome.UNKNOWN, None


def _again(context: Context, entry: Entry, finding: str) -> None:
    """Send once more: at once after one lost attempt, then ever later, since a server may answer so for hours.

    Args:
        finding: what asking the server has shown.
    """
    if entry.attempts <= 1:
        context.ledger.requeue(entry)
        return
    reason = entry.error.partition(f" ({finding} after ")[0] or "no answer"
    words = f"{reason} ({finding} after {entry.attempts} attempts)"
    wait = backoff.delay(entry.attempts, context.chance())
    context.ledger.requeue(entry, words, context.clock.now() + wait)
