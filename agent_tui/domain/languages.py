"""Which language a text is in, told from its letters and its small words; offline, and honest where it can't tell.

A script that one language uses decides at once. Within a script, words that few languages share weigh more than
those of many, as in naive Bayes over stop words (Grefenstette, 1995, "Comparing two language identification
schemes": short sentences are told best by small words); letters and word ends that only some languages have add to it.
Romanised Hindi and Bengali are languages of their own here (``hi-latn``, ``bn-latn``, BCP 47).
"""

# ruff: noqa: E501 - tables and expressions, each on its own line

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

from agent_tui.domain import language_words as known
from agent_tui.domain.frozen import dataclass
from agent_tui.domain.scripts import scripts
from agent_tui.domain.words import folded

SURE = 0.9
_QUOTATION = re.compile(r"[\"“„«][^\"”“»\n]{0,200}[\"”“»]")
_NOISE = re.compile(
    r"```(?:[^`]|`(?!``))*(?:```|\Z)|`[^`\n]*`|https?://\S+|\bwww\.\S+|\S+@\S+|\[\[[^\]\n]*\]\]|\b[A-Za-z_]*\d[A-Za-z\d_]*|^[ \t]*>[^\n]*$", re.MULTILINE
)
_MOST_WORDS = 300
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Guess:
    """A language and how sure it is, 0 to 1. Empty where nothing can be told.

    Args:
        language: a tag such as ``bn``, ``pt`` or ``hi-latn``.
        shares: what each language that came into question got, together 1.
    """

    language: str = ""
    confidence: float = 0.0
    shares: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        """As it is called in English."""
        return known.NAMES.get(self.language, self.language)

    def share(self, language: str) -> float:
        """What one language got."""
        return dict(self.shares).get(language, 0.0)


def named(tag: str) -> str:
    """What a language is called in English, or its tag where it has no name here."""
    return known.NAMES.get(tag, tag)


def recognise(texts: str | Iterable[str]) -> Guess:
    """The language most of the text is in. Code, quotations, addresses and numbers say nothing."""
    return _recognise(texts if isinstance(texts, str) else "\n".join(texts))


@lru_cache(maxsize=64)
def _recognise(text: str) -> Guess:
    whole = _NOISE.sub(" ", text[:_LONGEST])
    plain = _QUOTATION.sub(" ", whole)
    letters = scripts([plain])
    if letters.total() * 3 < scripts([whole]).total():  # hardly anything but a quotation: better than nothing
        plain = whole
        letters = scripts([plain])
    total = letters.total()
    if not total:
        return Guess()
    script, count = letters.most_common(1)[0]
    part = count / total
    if script in known.ONE_LANGUAGE:
        # One word may be a name; three letters in a row of a script are rarely an accident.
        return Guess(known.ONE_LANGUAGE[script], min(part, 1 - 0.5 ** min(count, 8)), ((known.ONE_LANGUAGE[script], part),))
    if script not in known.OF_SCRIPT:
        return Guess()
    scores = _scores(plain, known.OF_SCRIPT[script])
    guess = _judged(scores, known.OF_SCRIPT[script], known.COMMONEST.get(script, ""), count)
    return Guess(guess.language, guess.confidence * part, guess.shares)


def _scores(text: str, languages: Iterable[str]) -> Mapping[str, float]:
    weights, possible = _weights(), set(languages)
    scores: dict[str, float] = dict.fromkeys(possible, 0.0)
    # Words in capitals inside a sentence are names; the folded text no longer shows them, and few are in the lists.
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W\d_]\S*", folded(text))[:_MOST_WORDS] if text.isascii() else _words(text)
    for word, times in Counter(words).items():
        for language, weight in weights.get(word.replace("’", "'"), ()):
            if language in possible:
                scores[language] += weight * min(times, 3)
        if len(word) >= 6:
            for ending, language in _endings():
                if language in possible and word.endswith(ending):
                    scores[language] += 0.35 * min(times, 2)
    found = Counter(folded(text))
    for letters, owners, weight in known.LETTERS:
        times = sum(found[letter] for letter in letters)
        for language in owners if times else ():
            if language in possible:
                scores[language] += weight * min(times, 3)
    return scores


def _words(text: str) -> list[str]:
    import regex

    return list(regex.findall(r"[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*", folded(text)))[:_MOST_WORDS]


def _judged(scores: Mapping[str, float], order: Sequence[str], commonest: str, letters: int) -> Guess:
    """The best, a tie going to the commoner language; ``order``: the commonest first."""
    ranked = [(score, language) for language, score in scores.items() if score > 0]
    ranked.sort(key=lambda one: (-one[0], order.index(one[1])))
    if not ranked:
        return Guess(commonest, 0.5 if commonest and letters >= 4 else 0.0, ((commonest, 1.0),) if commonest else ())
    total = sum(score for score, _ in ranked)
    best, language = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    # The lead counts, and how much it rests on: one small word is a hint, four are proof.
    confidence = 1 - math.exp(-(best - second) * best / total / 1.15)
    return Guess(language, confidence, tuple((one, score / total) for score, one in ranked))


@cache
def _weights() -> Mapping[str, tuple[tuple[str, float], ...]]:
    """What each word says for each language that has it: less, the more languages share it."""
    owners: dict[str, list[str]] = {}
    for language, words in known.WORDS.items():
        for word in dict.fromkeys(words.split()):
            owners.setdefault(folded(word), []).append(language)
    return {
        word: tuple((language, (0.6 if len(word) == 1 else 1.0 if len(word) == 2 else 1.6) / len(having)) for language in having)
        for word, having in owners.items()
    }


@cache
def _endings() -> tuple[tuple[str, str], ...]:
    return tuple((ending, language) for language, endings in known.ENDINGS.items() for ending in endings)


_SAME = {"tl": "fil", "iw": "he", "in": "id", "nb": "no", "nn": "no"}  # tags of one language, by ISO 639 and BCP 47


def primary(language: str) -> str:
    """The language of a tag without region: ``pt-br`` is ``pt``; what is written in Latin letters stays apart.

    Where two tags are one language, always the same: Filipino is ``fil``, however it is called.
    """
    tag = language.casefold().replace("_", "-")
    tag = tag if tag.endswith("-latn") else tag.partition("-")[0]
    return _SAME.get(tag, tag)
