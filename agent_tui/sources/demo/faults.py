"""Troubles arranged in the servers' file, so that whichever process comes next runs into them."""

from __future__ import annotations

from dataclasses import dataclass

from agent_tui.domain.errors import AuthenticationError, Conflict, OutcomeUnknown, Refused, SourceError, TryLater, Unsupported
from agent_tui.sources.demo.file import ServerFile

ERRORS: dict[str, type[SourceError]] = {
    cls.__name__: cls for cls in (TryLater, OutcomeUnknown, AuthenticationError, Refused, Conflict, Unsupported)
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble: a wait, an error of ``domain.errors`` by name, or both."""

    error: str
    words: str
    delay_ms: int


def arrange(
    file: ServerFile, step: str, error: str, *, service: str, words: str, after: bool, delay_ms: int, times: int
) -> None:
    """Let the next ``times`` steps of this kind go wrong.

    Args:
        step: ``open``, ``pull``, ``fetch``, ``find``, an operation's kind, or ``*`` for any of them.
        service: one of the three, or empty for whichever comes first.
        after: once the server has done it, rather than before.

    Raises:
        ValueError: not an error of ``domain.errors``.
    """
    if error and error not in ERRORS:
        raise ValueError(f"no error '{error}'; known are {', '.join(ERRORS)}")
    with file.write():
        file.database.execute(
            "insert into faults (service, step, after, error, words, delay, remaining) values (?, ?, ?, ?, ?, ?, ?)",
            (service, step, int(after), error, words, delay_ms, times),
        )


def take(file: ServerFile, service: str, step: str, *, after: bool) -> Fault | None:
    """The trouble waiting for this step, used up by being taken."""
    if not after:
        refuse_when_offline(file, service, service)
    sql = (
        "select * from faults where service in ('', ?) and step in ('*', ?) and after = ? and remaining > 0"
        " order by id limit 1"
    )
    if file.row(sql, service, step, int(after)) is None:
        return None
    with file.write():
        row = file.row(sql, service, step, int(after))
        if row is None:
            return None
        file.database.execute("update faults set remaining = remaining - 1 where id = ?", (row["id"],))
    return Fault(row["error"], row["words"], row["delay"])


def refuse_when_offline(file: ServerFile, service: str, name: str) -> None:
    """Raise what a client meets while the servers are switched off.

    Raises:
        TryLater: they are.
    """
    if file.meta("offline:", 0) or file.meta(f"offline:{service}", 0):
        raise TryLater(f"{name} cannot be reached")


def error(fault: Fault, name: str) -> SourceError:
    """The error that a fault stands for."""
    return ERRORS[fault.error](fault.words or f"{name}: a fault arranged for a test")
