"""Suggestions as lines of ``engine.sock``, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent_tui.knowledge.policies import Suggestion
from agent_tui.knowledge.policy_files import Clause
from agent_tui.knowledge.policy_ranking import Turn

_TEXTS = ("id", "policy", "title", "text", "plain", "effective", "until", "language", "url", "path")
_LISTS = ("within", "channels", "tags", "facts")


def suggestions_to_wire(found: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """Suggestions as JSON values."""
    return [
        {
            "clause": _clause(one.clause), "score": one.score, "sure": one.sure,
            "beside": _clause(one.beside) if one.beside else None,
        }
        for one in found
    ]  # fmt: skip


def suggestions_from_wire(found: Any) -> tuple[Suggestion, ...]:
    """What ``suggestions_to_wire`` made.

    Raises:
        ValueError: it is something else.
    """
    try:
        return tuple(
            Suggestion(
                _read(one["clause"]), float(one["score"]), float(one["sure"]), _read(one["beside"]) if one["beside"] else None
            )
            for one in found
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no suggestions: {error}") from error


def turns_to_wire(turns: Sequence[Turn]) -> list[list[str]]:
    """Turns as JSON values."""
    return [[one.speaker, one.text] for one in turns]


def turns_from_wire(turns: Any) -> list[Turn]:
    """What ``turns_to_wire`` made.

    Raises:
        ValueError, TypeError: it is something else.
    """
    return [Turn(str(speaker), str(text)) for speaker, text in turns]


def _clause(one: Clause) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(one, name) for name in (*_TEXTS, *_LISTS) if getattr(one, name)}
    values["line"] = one.line
    return values


def _read(values: Mapping[str, Any]) -> Clause:
    texts = {name: str(values.get(name, "")) for name in _TEXTS}
    lists = {name: tuple(str(item) for item in values.get(name, ())) for name in _LISTS}
    return Clause(**texts, **lists, line=int(values.get("line", 1)))  # type: ignore[arg-type]
