"""Full-text search and nearness of meaning, added up: they err differently.

One knows names, numbers and the words of the rule; the other knows that "my parcel never came" is about late delivery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TOGETHER = 0.5  # full-text of all messages in one question, beside that of each message by itself
DOUBT = 1.0  # words whose score is this much count half beside what meaning says
APART = 0.6  # how sure a whole point of lead makes
ALONE = 0.5  # the lead of a clause that has none behind it


def fused(near: Mapping[int, float], apart: Mapping[int, float], together: Mapping[int, float]) -> dict[int, float]:
    """Scores by place, of those for which anything speaks.

    Args:
        near: what meaning says, by place; below 0 where it speaks against.
        apart: what full-text found for each message by itself, with ``DOUBT``.
        together: what it found for all messages as one question.
    """
    total = dict(near)
    for place, score in apart.items():
        total[place] = total.get(place, 0.0) + score
    best = max(together.values(), default=0.0)
    for place, score in together.items():
        total[place] = total.get(place, 0.0) + TOGETHER * score / (best + DOUBT)
    return {place: score for place, score in total.items() if score > 0}


def sure(ranked: Sequence[float]) -> list[float]:
    """How sure the best of added scores are, from 0 to 1: by how far the first stands above those behind it.

    Args:
        ranked: scores, best first.
    """
    if not ranked or ranked[0] <= 0:
        return [0.0] * len(ranked)
    behind = ranked[1:4]
    apart = ranked[0] - sum(behind) / len(behind) if behind else ALONE
    first = max(0.0, min(1.0, APART * apart))
    return [first * score / ranked[0] for score in ranked]
