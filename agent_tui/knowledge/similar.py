"""Earlier cases with the same problem, on any channel: found by the words of the customer, rarest first, then ranked.

The index of messages gives the cases that share the rarest words in any of their forms; these few are ranked against each
other by BM25 (Robertson and Zaragoza, 2009), every message of the case by itself as in ``policy_ranking``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from agent_tui.domain.empty_words import ENGLISH, OTHERS
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.model import Case, CaseState, Direction, Message, Visibility
from agent_tui.domain.words import folded, terms
from agent_tui.knowledge.policy_ranking import ClauseRanking, Document, Turn
from agent_tui.store import cases, messages
from agent_tui.store.alike import Alike
from agent_tui.store.database import Store

MOST = 10
WORDS = 24  # of the case, the rarest
CASES = 100  # that share them, ranked in the end
_LONGEST = 4000  # characters of one message that are looked at
SHARED = 0.5  # what the rare words count that both have, beside the ranking
_MESSAGES = 12  # of one case, the first
_SHOWN = 400
_EMPTY = frozenset(folded(f"{ENGLISH} {OTHERS}").split())


@dataclass(frozen=True, slots=True)
class Similar:
    """An earlier case.

    Args:
        score: how like it is: higher is better, comparable within one answer only.
        said: how it began, in the customer's words.
        answer: what solved it, as far as can be told: the accepted answer, else what we wrote last; None where nobody did.
        accepted: the customer or a moderator marked that answer.
    """

    case: Case
    score: float
    said: str = ""
    answer: Message | None = None
    accepted: bool = False

    @property
    def ended(self) -> str:
        """How it ended, in words."""
        if self.accepted:
            return "answer accepted"
        if self.case.state is CaseState.CLOSED:
            return "closed" if self.answer is not None else "closed without an answer"
        return "answered" if self.answer is not None else "not answered yet"


def find(store: Store, case_id: int, limit: int = MOST) -> tuple[Similar, ...]:
    """Cases like this one, likest first; none where it says nothing yet or nothing is indexed.

    Raises:
        StoreError: the index is damaged.
    """
    own = cases.get(store, case_id)
    if own is None:
        return ()
    said = _said(messages.of_case(store, own.id, newest_texts=_MESSAGES)[-_MESSAGES:])
    wanted = Counter(word for text in (own.subject, *said) for word in terms(text) if word not in _EMPTY and len(word) > 1)
    if not wanted:
        return ()
    alike = Alike(store)
    total = alike.messages()
    weights = {
        forms: min(3, wanted[word]) ** 0.5 * math.log(1 + max(0, total - number + 0.5) / (number + 0.5))
        for word, (forms, number) in alike.forms(wanted).items()
        if number <= max(20, total // 2)
    }
    rarest = dict(sorted(weights.items(), key=lambda pair: -pair[1])[:WORDS])
    near = alike.cases(rarest, CASES, besides=own.id)
    read = [(one, messages.of_case(store, one.id)[:_MESSAGES]) for one in cases.by_ids(store, list(near))]
    ranking = ClauseRanking()
    ranking.take([_document(case, there) for case, there in read])
    scores = ranking.suggest([Turn("customer", text) for text in ((own.subject, *said) if own.subject else said)])
    best = max(near.values(), default=1.0)
    total_scores = [scores.get(place, 0.0) + SHARED * near[case.id] / best for place, (case, _) in enumerate(read)]
    ranked = sorted(range(len(read)), key=lambda place: (-total_scores[place], -read[place][0].updated_at))
    return tuple(_similar(*read[place], total_scores[place]) for place in ranked[:limit])


def _document(case: Case, read: Sequence[Message]) -> Document:
    """What a case is ranked by: its subject, what the customer wrote, and that once more with what was answered."""
    said = "\n".join(_said(read))
    return Document(case.subject, said, f"{said}\n{chr(10).join(_answers(read))}")


def _similar(case: Case, read: Sequence[Message], score: float) -> Similar:
    accepted = next((one for one in reversed(read) if one.solution), None)
    ours = [one for one in read if one.direction is Direction.OUT and not _private(one) and one.fresh_text.strip()]
    answer = accepted or (ours[-1] if ours else None)
    said = " ".join(" ".join(_said(read)[:1]).split())
    return Similar(case, round(score, 4), said[:_SHOWN], answer, accepted is not None)


def _private(one: Message) -> bool:
    return one.visibility is Visibility.NOTE


def _said(read: Sequence[Message]) -> list[str]:
    """What was written to us, oldest first; all of it where nobody wrote to us."""
    there = [one for one in read if not _private(one) and not one.automatic]
    theirs = [one for one in there if one.direction is Direction.IN] or there
    return [text for one in theirs if (text := (one.fresh_text or one.text)[:_LONGEST]).strip()]


def _answers(read: Sequence[Message]) -> list[str]:
    return [(one.fresh_text or one.text)[:_LONGEST] for one in read if one.direction is Direction.OUT and not _private(one)]
