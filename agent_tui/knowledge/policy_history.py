"""What a clause said on a day: from git where the policies are a checkout, else from what was seen here."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from agent_tui.domain.errors import UsageError
from agent_tui.domain.frozen import dataclass
from agent_tui.knowledge.files import Fault, split
from agent_tui.knowledge.policy_files import Clause, read_clauses
from agent_tui.store import clauses
from agent_tui.store.database import Store

_PATIENCE_S = 20
_MOST = 1000  # commits of one file that are looked at


@dataclass(frozen=True, slots=True)
class Wording:
    """What a clause said from a day on.

    Args:
        since: ISO date.
        text: None where the clause was not there from then on.
        change: the commit and its first line, or where else this is known from.
    """

    since: str
    title: str
    text: str | None
    change: str


def history(folder: Path, clause: Clause, store: Store | None = None) -> tuple[Wording, ...]:
    """Every wording of a clause, newest first.

    Args:
        folder: of the library.
        store: where the wordings that were seen here are kept; asked where git knows nothing.
    """
    return wordings(folder, clause, clauses.history(store, clause.id) if store is not None else ())


def wordings(folder: Path, clause: Clause, seen: Sequence[clauses.ClauseText]) -> tuple[Wording, ...]:
    """As ``history``, given what was seen here, oldest first."""
    found = _from_git(folder, clause)
    if found:
        return found
    return tuple(
        Wording(_day(one.seen_at), one.title, one.text, f"seen here as {one.version}")
        for one in reversed(seen)
        if one.language == clause.language
    )


def on(folder: Path, clause: Clause, day: str, store: Store | None = None) -> Wording | None:
    """What a clause said at the end of a day; None where it is not known to have been there.

    Args:
        day: ISO date.
    """
    found = next((one for one in history(folder, clause, store) if one.since <= day), None)
    return None if found is None or found.text is None else found


def _from_git(folder: Path, clause: Clause) -> tuple[Wording, ...]:
    form = ("--follow", "--name-only", "--date=short", "--format=%x01%H%x02%cd%x02%s")
    log = _git(folder, "log", f"-n{_MOST}", *form, "--", clause.path)
    if not log:
        return ()
    top = _git(folder, "rev-parse", "--show-prefix") or ""
    changed = _written_at(folder / clause.path, time.time_ns() // 1_000_000)
    found = [Wording(_day(changed), clause.title, clause.text, "not committed yet")]
    for block in log.split("\x01")[1:]:
        head, _, names = block.partition("\n")
        commit, day, subject = head.split("\x02", 2)
        path = next((one for one in names.splitlines() if one.strip()), top.strip() + clause.path)
        text = _git(folder, "show", f"{commit}:{path}")
        then = _clause_in(text, clause) if text is not None else None
        wording = Wording(day, then.title if then else clause.title, then.text if then else None, f"{commit[:10]} {subject}")
        if found and (found[-1].text, found[-1].title) == (wording.text, wording.title):
            found[-1] = wording  # the same words, said earlier already
        else:
            found.append(wording)
    return tuple(found)


def _clause_in(text: str, clause: Clause) -> Clause | None:
    faults: list[Fault] = []
    page = split(clause.path, text, faults)
    return next((one for one in read_clauses(page, faults) if one.id == clause.id), None) if page else None


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says, or None where there is no git, no checkout, or no answer."""
    # The library may be somebody else's checkout: none of its hooks or programs is run for us.
    line = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-C", str(folder), *arguments)
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
    try:
        done = subprocess.run(
            line, capture_output=True, timeout=_PATIENCE_S, check=False, env=environment, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def parse_day(text: str) -> str:
    """An ISO date.

    Raises:
        UsageError: it is none.
    """
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        raise UsageError(f"'{text}' is not a date; write year-month-day, such as 2026-05-03") from None


def unseen(library_clauses: Sequence[Clause], store: Store, folder: Path, now: int) -> tuple[clauses.ClauseText, ...]:
    """What clauses say that was not seen before, since when their files were last written."""
    known = clauses.newest(store)
    fresh: dict[tuple[str, str], clauses.ClauseText] = {}
    for one in library_clauses:
        key = (one.id, one.language)
        if key not in fresh and known.get(key) != one.version:
            written = _written_at(folder / one.path, now)
            fresh[key] = clauses.ClauseText(one.id, one.language, one.version, one.title, one.text, written)
    return tuple(fresh.values())


def _written_at(path: Path, now: int) -> int:
    try:
        return min(now, path.stat().st_mtime_ns // 1_000_000)
    except OSError:
        return now
