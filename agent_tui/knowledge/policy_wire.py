"""The question which clauses fit, and its answer: as the engine gets and gives them, and as a thread of the desk does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent_tui.domain.frozen import dataclass
from agent_tui.knowledge.policies import MOST, PolicyLibrary, Suggestion
from agent_tui.knowledge.policy_files import Clause
from agent_tui.knowledge.policy_ranking import Turn

LONGEST = 20_000  # characters of one message that are looked at
TURNS = 40
_MOST_ALSO = 50
_TEXTS = ("id", "policy", "title", "text", "plain", "effective", "until", "language", "url", "path")
_LISTS = ("within", "channels", "tags", "facts")


@dataclass(frozen=True, slots=True)
class Found:
    """An answer.

    Args:
        also: the clauses that were asked for by name, as far as there are such.
        clauses: how many there are in all, so that nothing found and nothing there can be told apart.
        version: changes when the library does.
        error: why there is none, in words.
    """

    suggestions: tuple[Suggestion, ...] = ()
    also: tuple[Clause, ...] = ()
    clauses: int = 0
    version: int = 0
    error: str = ""


def answer(library: PolicyLibrary, question: Mapping[str, Any]) -> Found:
    """Look up what is asked.

    Args:
        question: ``turns`` (pairs of speaker and text, oldest first) or ``search`` (a text), ``channel``, ``day``,
            ``limit``, and in ``also`` ids of clauses that are wanted besides; or ``version`` alone.

    Raises:
        ValueError, TypeError: the question is of an odd shape.
    """
    if "version" in question:
        return Found(version=library.revision)
    limit = max(1, min(50, int(question.get("limit", MOST))))
    channel, day = str(question.get("channel", "")), str(question.get("day", ""))
    if "search" in question:
        suggestions = library.search(str(question["search"])[:LONGEST], limit, channel=channel, day=day)
    else:
        turns = [Turn(one.speaker, one.text[:LONGEST]) for one in turns_from_wire(question.get("turns", ()))[-TURNS:]]
        suggestions = library.suggest(turns, limit, channel=channel, day=day)
    names = [str(one) for one in question.get("also", ())][:_MOST_ALSO]
    also = tuple(clause for name in names if (clause := library.clause(name)) is not None)
    return Found(suggestions, also, len(library.clauses()), library.revision)


def to_wire(found: Found) -> dict[str, Any]:
    """An answer as JSON values."""
    return {
        "suggestions": [
            {
                "clause": _clause(one.clause), "score": one.score, "sure": one.sure,
                "beside": _clause(one.beside) if one.beside else None,
            }
            for one in found.suggestions
        ],
        "also": [_clause(one) for one in found.also],
        "clauses": found.clauses, "version": found.version,
    }  # fmt: skip


def from_wire(values: Mapping[str, Any]) -> Found:
    """What ``to_wire`` made.

    Raises:
        ValueError: it is something else.
    """
    try:
        suggestions = tuple(
            Suggestion(
                _read(one["clause"]), float(one["score"]), float(one["sure"]), _read(one["beside"]) if one["beside"] else None
            )
            for one in values["suggestions"]
        )
        return Found(suggestions, tuple(_read(one) for one in values["also"]), int(values["clauses"]), int(values["version"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no answer: {error}") from error


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
