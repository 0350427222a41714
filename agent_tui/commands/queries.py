"""Arguments that are a query: ``-tag:x`` in one is a word of it, not an option."""

from __future__ import annotations

from agent_tui.domain.errors import UsageError
from agent_tui.domain.query import QueryError


def prepare(arguments: list[str], valued: tuple[str, ...] = ()) -> list[str]:
    """Options first, then ``--``, then the words of the query in their order.

    Args:
        valued: options that take a value.
    """
    options: list[str] = []
    words: list[str] = []
    waiting = iter(arguments)
    for one in waiting:
        if one == "--":
            words += waiting
        elif one.startswith("--") and len(one) > 2:
            options.append(one)
            if one in valued:
                options += [value for value in [next(waiting, None)] if value is not None]
        else:
            words.append(one)
    return [*options, "--", *words]


def pointed(error: QueryError, query: str) -> UsageError:
    """A wrong query in one line that points at the place."""
    before, after = query[: error.position], query[error.position :]
    return UsageError(f"query: {error.message} (here: {before}▸{after})")
