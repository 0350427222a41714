"""The policy library: the clauses of a folder, searched and suggested from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent_tui.domain.frozen import dataclass
from agent_tui.domain.marking import unmarked
from agent_tui.domain.ranking import best
from agent_tui.knowledge.files import Fault, Library
from agent_tui.knowledge.policy_files import Clause, read_clauses, slug
from agent_tui.knowledge.policy_fusion import DOUBT, fused, sure
from agent_tui.knowledge.policy_ranking import ClauseRanking, Document, Turn

if TYPE_CHECKING:
    from agent_tui.knowledge.policy_meaning import Meaning

__all__ = ["MOST", "Clause", "PolicyLibrary", "Suggestion", "Turn", "slug"]

MOST = 10
_SAMPLE = 4000  # characters of a file that its language is told from


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A clause that may apply.

    Args:
        score: how well it fits: higher is better, comparable within one answer only.
        sure: from 0 to 1; 0 also where nobody asked how sure it is.
        beside: the same clause in the language that was found, where another one is shown.
    """

    clause: Clause
    score: float
    sure: float = 0.0
    beside: Clause | None = None


class PolicyLibrary(Library[Clause]):
    """Every clause of a folder. ``refresh`` looks for changed files; all else answers from memory.

    Args:
        path: the folder.
        languages: of a clause in several languages, the one to show, most wanted first.
        meaning: finds clauses by what is meant too; the workstation has none.
    """

    def __init__(self, path: Path, languages: Sequence[str] = (), meaning: Meaning | None = None) -> None:
        self._meaning = meaning
        self._languages = tuple(_primary(one) for one in languages)
        self._ranking = ClauseRanking()
        self._ranked = -1  # the version that the ranking knows
        super().__init__(path, read_clauses)

    def _take(self, items: tuple[Clause, ...]) -> None:
        self._clauses: tuple[Clause, ...] = items
        self._tongues: dict[str, str] = {}
        self._by_id: dict[str, list[Clause]] = {}
        for clause in items:
            self._by_id.setdefault(clause.id, []).append(clause)

    @property
    def revision(self) -> int:
        """Grows whenever the same question may have another answer than before."""
        return self.version + (self._meaning.progress if self._meaning is not None else 0)

    def clauses(self) -> tuple[Clause, ...]:
        """All of them, in the order of files and headings."""
        return self._clauses

    def clause(self, name: str) -> Clause | None:
        """The clause of this id, in the language to show; a policy's id alone means its first."""
        found = self._by_id.get(name) or [one for one in self._clauses if one.policy == name][:1]
        return self._shown(found) if found else None

    def variants(self, name: str) -> tuple[Clause, ...]:
        """A clause in every language there is."""
        return tuple(self._by_id.get(name, ()))

    def policy(self, name: str, language: str | None = None) -> tuple[Clause, ...]:
        """A whole policy by its id, in one of its languages; by default in that of the clause that would be shown."""
        found = [one for one in self._clauses if one.policy == name]
        if language is None and found:
            language = self._shown(found).language
        return tuple(one for one in found if one.language == language)

    def search(self, text: str, limit: int = MOST, *, channel: str = "", day: str = "") -> tuple[Suggestion, ...]:
        """Clauses that have words of ``text``, best first; the last word may be unfinished.

        Args:
            channel, day: only clauses that hold there and then; empty asks for all.
        """
        scores = self._indexed().search(text)
        wanted = text.strip().casefold()
        for number, clause in enumerate(self._clauses):
            if wanted and clause.id.casefold() == wanted:
                scores[number] = scores.get(number, 0.0) + 1000.0
        return self._found(self._fitting(scores, limit, channel, day))

    def suggest(
        self, turns: Sequence[Turn], limit: int = MOST, *, channel: str = "", day: str = ""
    ) -> tuple[Suggestion, ...]:
        """Clauses that may apply to a conversation, best first; never a claim that none does.

        Args:
            turns: oldest first.
            channel, day: only clauses that hold there and then; empty asks for all.
        """
        ranking = self._indexed()
        said = ranking.said(turns) if self._meaning else []
        near = self._meaning.near(said, ranking.parts(said)) if self._meaning and said else {}
        scores = fused(near, ranking.suggest(turns, DOUBT), ranking.together(said)) if near else ranking.suggest(turns)
        ranked = self._fitting(scores, limit, channel, day)
        return self._found(ranked, sure([score for _, score in ranked]) if near else ranking.sure(turns, ranked))

    def check(self) -> tuple[Fault, ...]:
        """What is wrong with the files and between the clauses; see ``policy_check``."""
        from agent_tui.knowledge.policy_check import faults

        return faults(self, self._folder.faults())

    def _indexed(self) -> ClauseRanking:
        """The ranking, made when it is first asked: a library that is only looked up needs none."""
        if self._ranked != self.version:
            self._ranking.take([_document(clause) for clause in self._clauses])
            self._ranked = self.version
            if self._meaning:
                self._meaning.take([(clause.title, clause.text) for clause in self._clauses])
        return self._ranking

    def _fitting(self, scores: Mapping[int, float], limit: int, channel: str, day: str) -> list[tuple[int, float]]:
        """The best place of each clause that holds, best first."""
        found: dict[str, tuple[int, float]] = {}
        for place, score in best(scores, len(scores)):
            clause = self._clauses[place]
            if clause.id not in found and clause.applies(channel=channel, day=day):
                found[clause.id] = (place, score)
                if len(found) == limit:
                    break
        return list(found.values())

    def _found(self, ranked: Sequence[tuple[int, float]], sure: Sequence[float] = ()) -> tuple[Suggestion, ...]:
        answers = []
        for number, (place, score) in enumerate(ranked):
            hit = self._clauses[place]
            shown = self._shown(self._by_id[hit.id])
            certain = round(sure[number], 3) if sure else 0.0
            answers.append(Suggestion(shown, round(score, 4), certain, None if shown is hit else hit))
        return tuple(answers)

    def _shown(self, variants: Sequence[Clause]) -> Clause:
        """Of a clause's languages the agent's; without one of those the one that names no language, else the first."""
        if len(variants) == 1:
            return variants[0]
        for wanted in (*self._languages, ""):
            for one in variants:
                if _primary(one.language) == wanted or (wanted and not one.language and _primary(self._told(one.path)) == wanted):
                    return one
        return variants[0]

    def _told(self, path: str) -> str:
        """The language of a file that names none, told from all of its words; empty where that is not sure."""
        found = self._tongues.get(path)
        if found is None:
            from agent_tui.domain.languages import recognise

            guess = recognise("\n".join(unmarked(one.text) for one in self._clauses if one.path == path)[:_SAMPLE])
            found = self._tongues[path] = guess.language if guess.confidence >= 0.5 else ""
        return found


def _primary(language: str) -> str:
    from agent_tui.domain.languages import primary

    return primary(language).partition("-")[0]


def _document(clause: Clause) -> Document:
    return Document(clause.title, " ".join((*clause.within, *clause.tags)), unmarked(clause.text))
