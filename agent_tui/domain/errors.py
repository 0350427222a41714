"""The errors of agent-tui, one small tree that says whether and when to try again.

::

    AgentTuiError
    ├── UsageError            the command or setting is wrong; exit 2
    │   └── WorkspaceError    workspace.toml or the directory is wrong (holds every fault found)
    ├── StopError             a guard stops it; exit 3
    ├── StoreError            a database can't be used
    └── SourceError
        ├── TryLater          network, server down, rate limit: again after ``retry_after_ms``
        ├── OutcomeUnknown    the bytes left, the answer did not come: ``find`` before anything else
        ├── AuthenticationError   the secret is wrong or missing: again when it changes
        └── Refused           the server said no for good: the text goes back to its author
            ├── Unsupported   the source never could
            └── Conflict      the server's state is not what the operation was made for
"""

from __future__ import annotations

LONGEST = 500  # characters of an error; a server may say a page


def one_line(words: str) -> str:
    """Words of a server as one line that no terminal takes for a command: a status line or prompt shows them as they are."""
    plain = "".join(one if one.isprintable() else " " for one in words)
    return " ".join(plain.split())[:LONGEST]


class AgentTuiError(Exception):
    """Base. ``str()`` is one line: what happened, where, what to do."""


class UsageError(AgentTuiError):
    """Wrong command, argument or query."""


class WorkspaceError(UsageError):
    """The workspace can't be used as it is.

    Args:
        faults: one line each, naming file, line, key and what would be right.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StopError(AgentTuiError):
    """A guard stops a reply.

    Args:
        guard: its id; reason: one line; passable: whether an agent may go past it.
    """

    def __init__(self, guard: str, reason: str, *, passable: bool) -> None:
        super().__init__(f"stopped by the guard '{guard}': {reason}")
        self.guard = guard
        self.reason = reason
        self.passable = passable


class StoreError(AgentTuiError):
    """A database can't be opened, read or written."""


class SourceError(AgentTuiError):
    """A server could not do what it was asked. Its own words are made one harmless line."""

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class TryLater(SourceError):
    """May work later; nothing has been done.

    Args:
        retry_after_ms: as the server asked, or None to back off.
    """

    def __init__(self, message: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class OutcomeUnknown(SourceError):
    """The request left and no answer came; it may have been carried out."""


class AuthenticationError(SourceError):
    """The server does not accept the secret, or there is none."""


class Refused(SourceError):
    """The server will not do it, now or later.

    Args:
        recipients: the addresses refused, where only some were (the others were accepted).
        partly: True when the message went to the recipients that are not named.
    """

    def __init__(self, message: str, *, recipients: tuple[str, ...] = (), partly: bool = False) -> None:
        super().__init__(message)
        self.recipients = recipients
        self.partly = partly


class Unsupported(Refused):
    """The source has no such operation; nothing was sent to the server."""


class Conflict(Refused):
    """Somebody else changed what the operation was made for."""
