"""The policy library: Markdown files, cut into clauses at their headings, searched and suggested from memory."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_tui.domain.model import Channel
from agent_tui.domain.ranking import Ranking, best
from agent_tui.knowledge.files import Fault, Front, Library, Page

MOST = 10
_NEWEST = 2.0  # how much more than the others the newest message counts
_CHANNELS = tuple(channel.value for channel in Channel)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_ANCHOR = re.compile(r"\s*\{#([\w\-.]+)\}\s*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_MARKUP = re.compile(r"[*_`]+|!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One section of a policy.

    Args:
        id: the policy's id, ``#`` and the slug of the heading (nothing after it before the first heading).
        title: the heading, or the policy's title.
        within: the headings above it, outermost first, beginning with the policy's title.
        text: Markdown below the heading, down to the next one.
        channels: empty for all.
        effective, until: ISO dates or empty; ``until`` is the last day.
        path, line: where it stands, the line from 1.
    """

    id: str
    policy: str
    title: str
    within: tuple[str, ...]
    text: str
    channels: tuple[str, ...] = ()
    effective: str = ""
    until: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    path: str = ""
    line: int = 1

    def applies(self, *, channel: str = "", day: str = "") -> bool:
        """Whether it holds on a channel and an ISO day; what is not said is not asked."""
        if channel and self.channels and channel not in self.channels:
            return False
        return not (day and ((self.effective and day < self.effective) or (self.until and day > self.until)))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A clause that may apply, and how well it fits: higher is better, comparable within one answer only."""

    clause: Clause
    score: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said: by the ``customer`` or an ``agent``."""

    speaker: str
    text: str


class PolicyLibrary(Library[Clause]):
    """Every clause of a folder. ``refresh`` looks for changed files; all else answers from memory."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _clauses)

    def _take(self, items: tuple[Clause, ...]) -> None:
        self._clauses: tuple[Clause, ...] = items
        self._by_id: dict[str, Clause] = {}
        for clause in items:
            self._by_id.setdefault(clause.id, clause)
        self._ranking = Ranking(_fields(clause) for clause in items)

    def clauses(self) -> tuple[Clause, ...]:
        """All of them, in the order of files and headings."""
        return self._clauses

    def clause(self, name: str) -> Clause | None:
        """The clause of this id; a policy's id alone means its first."""
        if name in self._by_id:
            return self._by_id[name]
        return next((one for one in self._clauses if one.policy == name), None)

    def policy(self, name: str) -> tuple[Clause, ...]:
        """A whole policy by its id."""
        return tuple(one for one in self._clauses if one.policy == name)

    def search(self, text: str, limit: int = MOST, *, channel: str = "", day: str = "") -> tuple[Suggestion, ...]:
        """Clauses that have words of ``text``, best first; the last word may be unfinished.

        Args:
            channel, day: only clauses that hold there and then; empty asks for all.
        """
        scores = self._ranking.scores(text, prefix=True)
        wanted = text.strip().casefold()
        for number, clause in enumerate(self._clauses):
            if wanted and clause.id.casefold() == wanted:
                scores[number] = scores.get(number, 0.0) + 1000.0
        return self._found(scores, limit, channel, day)

    def suggest(
        self, turns: Sequence[Turn], limit: int = MOST, *, channel: str = "", day: str = ""
    ) -> tuple[Suggestion, ...]:
        """Clauses that may apply to a conversation, best first; never a claim that none does.

        What the customer wrote counts, the newest message three times: people change the subject, and people explain
        over several messages.

        Args:
            turns: oldest first.
        """
        said = [turn.text for turn in turns if turn.speaker != "agent" and turn.text.strip()]
        if not said:
            said = [turn.text for turn in turns if turn.text.strip()]
        if not said:
            return ()
        scores = self._ranking.scores("\n".join(said))
        if len(said) > 1:
            for number, score in self._ranking.scores(said[-1]).items():
                scores[number] = scores.get(number, 0.0) + _NEWEST * score
        return self._found(scores, limit, channel, day)

    def check(self) -> tuple[Fault, ...]:
        """What is wrong with the files, and ids that stand for two clauses."""
        faults = list(self._folder.faults())
        for clause in self._clauses:
            first = self._by_id[clause.id]
            if first is not clause:
                where = f"{first.path}:{first.line}"
                words = f"the clause {clause.id} is already in {where}; rename one"
                faults.append(Fault(clause.path, clause.line, words))
            if clause.effective and clause.until and clause.until < clause.effective:
                faults.append(Fault(clause.path, 1, f"ends ({clause.until}) before it begins ({clause.effective})"))
        return tuple(dict.fromkeys(faults))

    def _found(self, scores: dict[int, float], limit: int, channel: str, day: str) -> tuple[Suggestion, ...]:
        if channel or day:
            scores = {n: score for n, score in scores.items() if self._clauses[n].applies(channel=channel, day=day)}
        return tuple(Suggestion(self._clauses[n], round(score, 4)) for n, score in best(scores, limit))


def _fields(clause: Clause) -> tuple[tuple[str, float], ...]:
    return (
        (_MARKUP.sub(r"\1", clause.text), 1.0),
        (clause.title, 2.0),
        (" ".join((*clause.within, *clause.tags)), 0.5),
    )


def slug(heading: str) -> str:
    """A heading as part of an id: small letters and digits of any script, words joined by ``-``."""
    kept = (
        c if c.isalnum() or c in "_-" or unicodedata.category(c)[0] == "M" else " " if c.isspace() else ""
        for c in unicodedata.normalize("NFKC", heading).lower()
    )
    return re.sub(r"[-\s]+", "-", "".join(kept)).strip("-_")


def _clauses(page: Page, faults: list[Fault]) -> tuple[Clause, ...]:
    front = Front(page, faults)
    sections = _sections(page.body)
    policy = front.text("id") or page.path.removesuffix(".md")
    if "#" in policy:
        faults.append(Fault(page.path, 1, f"id: '{policy}' has a #, which begins the clause; leave it out"))
        policy = policy.replace("#", "-")
    top = next((heading for level, heading, _, _, _ in sections if level == 1), "")
    title = front.text("title") or top or Path(page.path).stem.replace("-", " ")
    channels, tags = front.choices("channels", _CHANNELS), front.words("tags")
    effective, until, language = front.day("effective"), front.day("until"), front.text("language")
    front.rest()
    found: list[Clause] = []
    taken: dict[str, int] = {}
    above: list[tuple[int, str]] = []
    for level, heading, anchor, line, text in sections:
        above = [one for one in above if one[0] < level]
        name = anchor or slug(heading)
        if level and not name:
            name = "section"
        taken[name] = taken.get(name, -1) + 1
        if taken[name]:
            name = f"{name}-{taken[name]}"
        if level or text:
            found.append(Clause(
                id=f"{policy}#{name}", policy=policy, title=heading or title,
                within=tuple(dict.fromkeys((title, *(one for _, one in above)))), text=text, channels=channels,
                effective=effective, until=until, tags=tags, language=language, path=page.path,
                line=page.first_line + line,
            ))  # fmt: skip
        if level:
            above.append((level, heading))
    return tuple(found)


def _sections(body: str) -> list[tuple[int, str, str, int, str]]:
    """``(level, heading, anchor, line from 0, text)``; level 0 is what stands before the first heading."""
    found: list[tuple[int, str, str, int, list[str]]] = [(0, "", "", 0, [])]
    fence = ""
    for number, line in enumerate(body.split("\n")):
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[1].startswith(fence) and not line.strip(" `~"))):
            fence = "" if fence else mark[1]
        heading = None if fence or mark else _HEADING.match(line)
        if heading:
            text = heading[2] or ""
            anchor = _ANCHOR.search(text)
            plain = _MARKUP.sub(r"\1", _ANCHOR.sub("", text)).strip()
            found.append((len(heading[1]), plain, anchor[1] if anchor else "", number, []))
            continue
        lines = found[-1][4]
        underline = None if fence or mark else _UNDERLINE.match(line)
        before = lines[-1] if lines else ""
        paragraph = before.strip() and (len(lines) == 1 or not lines[-2].strip())
        if underline and paragraph and not before.lstrip().startswith((">", "-", "*", "|", "+")):
            lines.pop()
            found.append((1 if underline[1][0] == "=" else 2, _MARKUP.sub(r"\1", before).strip(), "", number - 1, []))
            continue
        lines.append(line)
    return [
        (level, heading, anchor, line, "\n".join(text).strip("\n").rstrip())
        for level, heading, anchor, line, text in found
    ]
