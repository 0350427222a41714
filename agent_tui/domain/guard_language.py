"""The language guard: a reply in another language or script than the customer writes."""

from __future__ import annotations

from agent_tui.domain import languages
from agent_tui.domain.guard_texts import prose
from agent_tui.domain.guards import Finding, GuardContext
from agent_tui.domain.language_words import NAMES
from agent_tui.domain.model import Direction, Visibility
from agent_tui.domain.scripts import scripts

_MIXED = 0.15  # share of the other language from which a text is in both
_SCRIPT_NAMES = {"CJK": "Chinese", "KANA": "Japanese", "HANGUL": "Korean"}


def customers_language(context: GuardContext) -> languages.Guess:
    """What the customer writes in, from their newest messages."""
    return languages.recognise([one.fresh_text or one.text for one in context.from_customers[-5:]])


def language(context: GuardContext) -> list[Finding]:
    """It is written in another language or script than the customer writes, and than we wrote before."""
    text = prose(context.text)
    theirs = customers_language(context)
    mine = languages.recognise(text)
    if mine.language and any(one.language == mine.language for one in _before(context)):
        return []
    return _other_script(context, text) or _other_language(mine, theirs)


def _before(context: GuardContext) -> list[languages.Guess]:
    """Languages of what we wrote in this case before: the customer knows them."""
    ours = [one for one in context.messages if one.direction is Direction.OUT and one.visibility is not Visibility.NOTE]
    return [guess for one in ours[-5:] if (guess := languages.recognise(one.fresh_text or one.text)).confidence >= languages.SURE]


def _other_script(context: GuardContext, text: str) -> list[Finding]:
    mine = scripts([text])
    theirs = scripts(one.fresh_text or one.text for one in context.from_customers[-5:])
    if not mine or not theirs:
        return []
    (script_mine, count_mine), (script_theirs, count_theirs) = mine.most_common(1)[0], theirs.most_common(1)[0]
    sure = count_mine >= max(12, 0.6 * mine.total()) and count_theirs >= max(8, 0.6 * theirs.total())
    mixed = theirs[script_mine] >= 0.2 * theirs.total() or mine[script_theirs] >= 0.25 * mine.total()
    if script_mine == script_theirs or not sure or mixed:
        return []
    spoken = [_SCRIPT_NAMES.get(one, one.capitalize()) for one in (script_theirs, script_mine)]
    return [Finding("language", f"the customer writes in {spoken[0]} script, this is in {spoken[1]}")]


def _other_language(mine: languages.Guess, theirs: languages.Guess) -> list[Finding]:
    same = languages.primary(mine.language) == languages.primary(theirs.language)
    if same or min(mine.confidence, theirs.confidence) < languages.SURE:
        return []
    if mine.share(theirs.language) >= _MIXED or theirs.share(mine.language) >= _MIXED:
        return []
    names = [NAMES.get(one.language, one.language) for one in (theirs, mine)]
    return [Finding("language", f"the customer writes {names[0]}, this is {names[1]}")]
