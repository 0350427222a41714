"""Words of clauses that stand in texts although the clause says something else by now. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from agent_tui.domain.marking import unmarked

_SENTENCE = re.compile(r"[^.!?।。！？\n]+[.!?।。！？]?")
_QUOTED = re.compile(r"^[>\s]+", re.MULTILINE)
_SHORTEST = 24  # letters of a sentence that is told apart from what anybody might write


def outlived(text: str, wordings: Mapping[str, Sequence[str]]) -> Iterable[tuple[str, str]]:
    """What a text still quotes of clauses that say it no more.

    Args:
        text: a draft, or the body of a canned reply.
        wordings: what each clause has said, in each language, oldest first; the last is what it says now. Keys may stand for a
            language of a clause.

    Returns:
        Keys, each with the first sentence that is no longer there.
    """
    there = _plain(text)
    for name, said in wordings.items():
        now = _plain(said[-1]) if said else ""
        old = (one for earlier in said[:-1] for one in sentences(earlier))
        gone = next((one for one in old if one in there and one not in now), "")
        if gone:
            yield name, gone


def sentences(text: str) -> list[str]:
    """The sentences of a clause that are long enough to be its own, as they read."""
    found = (_plain(one[0]) for one in _SENTENCE.finditer(unmarked(text)))
    return [one for one in found if len(one) >= _SHORTEST]


def _plain(text: str) -> str:
    return " ".join(_QUOTED.sub("", unmarked(text)).split())
