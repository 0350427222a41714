"""What a workstation says when the one before it, or its engine, ended without good order: what is here all the same."""

from __future__ import annotations

import time

from agent_tui.domain.operations import PENDING, OperationState
from agent_tui.running import Ended
from agent_tui.store import drafts, operations
from agent_tui.store.database import Store

MANY = 10_000


def words(store: Store, ended: tuple[Ended, ...]) -> str:
    """One line; empty where nothing ended badly, or it was only closed and there was nothing to lose.

    Args:
        ended: see ``running.left``.
    """
    if not ended:
        return ""
    last = next((one for one in reversed(ended) if one.crash), ended[-1])
    kept = _kept(store)
    if not last.crash and not kept:
        return ""
    when = time.strftime("%H:%M", time.localtime(last.at / 1000))
    how = f"broke on a fault at {when} (its report is in the log)" if last.crash else f"broke off at {when}"
    return f"The {last.part} {how}. Still here: {kept or 'everything'}"


def _kept(store: Store) -> str:
    entries = operations.outbox(store, limit=MANY)
    unknown = sum(one.state is OperationState.UNKNOWN for one in entries)
    waiting = sum(one.state in PENDING for one in entries)
    counts = ((len(drafts.every(store)), "draft", "drafts"), (waiting, "to go out", "to go out"),
              (unknown, "not known to be sent", "not known to be sent"))  # fmt: skip
    return ", ".join(f"{number} {one if number == 1 else more}" for number, one, more in counts if number)
