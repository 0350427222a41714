"""Waiting for news of one folder. Runs in the thread of a connection that does nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass

from agent_tui.sources.imap import wire
from agent_tui.sources.imap.connection import QuietClient

REISSUE_S = 540.0  # servers may drop an idler after 30 minutes, routers after 10
POLL_S = 60.0
AT_MOST = 6  # connections; a provider may allow as few as ten for all programs of an account


@dataclass(slots=True)
class Watch:
    """One watched folder and what it last showed."""

    folder: str
    seen: tuple[int, int, int, int] | None = None


def wait(client: QuietClient, watch: Watch, seconds: float = REISSUE_S) -> bool:
    """Until something changes in the folder (True), or the time has passed and IDLE must be issued again (False)."""
    selected = wire.select(client, watch.folder)
    state = (selected.validity, selected.next, selected.exists, selected.modseq)
    before, watch.seen = watch.seen, state
    if before != state:
        return True  # before the first IDLE, or between two of them
    client.idle()
    changed = False
    end = time.monotonic() + seconds
    while not changed and (left := end - time.monotonic()) > 0:
        began = time.monotonic()
        answers = client.idle_check(timeout=left)
        changed = any(_is_news(answer) for answer in answers)
        if not answers and time.monotonic() - began < left:
            break  # readable but nothing to read: DONE shows whether the connection still lives
    _text, answers = client.idle_done()
    return changed or any(_is_news(answer) for answer in answers)


def _is_news(answer: tuple[object, ...]) -> bool:
    """Keepalives (``* OK Still here``) are not."""
    return (len(answer) > 1 and answer[1] in (b"EXISTS", b"EXPUNGE", b"FETCH", b"VANISHED")) or answer[0] == b"VANISHED"
