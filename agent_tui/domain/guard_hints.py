"""Hints: shown at the gate, never stopping. What the customer asked, promised, relied on, forgot to name."""

# ruff: noqa: E501 - tables and expressions, each on its own line

from __future__ import annotations

import re
from functools import cache

from agent_tui.domain.guard_frames import body
from agent_tui.domain.guard_texts import attachment_words, own_text, prose
from agent_tui.domain.guard_words import PROMISES, TIMES
from agent_tui.domain.guards import Finding, GuardContext
from agent_tui.domain.model import Channel, Direction, Visibility
from agent_tui.domain.words import bare, terms, tokens

_MOST_QUESTIONS = 5
_SENTENCE = re.compile(r"[^.!?？؟।\n]*[.!?？؟।]?")
_STEM = 4  # letters that two forms of a word share at least
_TELLING = 2  # words a question must have for its answer to be recognised by them


def hints(context: GuardContext) -> list[Finding]:
    """Everything worth a look; nothing here stops."""
    if not context.text.strip():
        return []
    return [*questions(context), *clauses(context), *promises(context), *unmentioned(context), *subject(context)]


def _hint(guard: str, reason: str, span: tuple[int, int] | None = None, when: str = "") -> Finding:
    return Finding(guard, reason, stops=False, span=span, when=when)


# --- questions ------------------------------------------------------------------------------------------------


def questions(context: GuardContext) -> list[Finding]:
    """Questions of the customer's that no word of the reply comes back to.

    Only a question with words of its own can be looked for: "Where is it?" is answered in words that are not in it.
    """
    if context.kind != "reply":
        return []
    answer = {_stem(word) for word in _telling(own_text(context.text))}
    quoted = {_stem(word) for line in context.text.splitlines() if line.lstrip().startswith(">") for word in _telling(line)}
    answer |= quoted  # a quoted question with an answer below it is being answered
    asked = _asked(context)[:_MOST_QUESTIONS]
    telling = [{_stem(word) for word in _telling(one)} for one in asked]
    answered = [bool(words & answer) for words in telling]
    if answered and not any(answered[1:]):  # the first is the case's own, and often answered in other words
        answered[0] = True
    return [
        _hint("question", f"the customer also asked: {_short(one)}")
        for one, words, done in zip(asked, telling, answered, strict=True)
        if len(words) >= _TELLING and not done
    ]


def _asked(context: GuardContext) -> list[str]:
    """Questions since our last message; the first of several is the case's own and answered in other words."""
    since = 0
    for one in context.messages:
        if one.direction is Direction.OUT and one.visibility is not Visibility.NOTE and one.id <= context.seen:
            since = one.id
    found: list[str] = []
    for one in context.from_customers:
        if since < one.id and (not context.seen or one.id <= context.seen):  # what came later is told by ``changed``
            sentences = (sentence.strip() for sentence in _SENTENCE.findall(own_text(one.fresh_text or one.text)))
            found.extend(" ".join(one.split()) for one in sentences if one.endswith(("?", "？", "؟")))
    return list(dict.fromkeys(found))


def _telling(text: str) -> list[str]:
    from agent_tui.domain.guard_texts import small_words

    return [bare(word) for word in terms(text) if len(word) > (1 if not word.isascii() else 2) and word not in small_words()]


def _stem(word: str) -> str:
    return word[:_STEM] if word.isascii() else word[:3]


def _short(text: str, length: int = 90) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


# --- clauses --------------------------------------------------------------------------------------------------

_NUMBER_WORDS = {
    word: number
    for number, words in enumerate(
        (
            "one ein eine un una", "two zwei dos deux", "three drei tres trois", "four vier cuatro quatre",
            "five fünf cinco cinq", "six sechs seis", "seven sieben siete sept", "eight acht ocho huit",
            "nine neun nueve neuf", "ten zehn diez dix",
        ), 1)
    for word in words.split()
}  # fmt: skip
_NUMBERS = "|".join(_NUMBER_WORDS)
_QUANTITY = re.compile(rf"(?<![\w.])(\d+(?:[.,]\d+)?|(?:{_NUMBERS})\b) ?-?((?:working |business |calendar |full )?[^\W\d_]+|[€$£₹%])")


def clauses(context: GuardContext) -> list[Finding]:
    """A clause the reply relies on that no longer holds, or gives another number for the same thing."""
    from datetime import UTC, datetime

    today = datetime.fromtimestamp(context.now / 1000, UTC).date().isoformat() if context.now else ""
    found = []
    mine = _quantities(body(own_text(context.text), context.signature))
    given = _quantities("\n".join(one.text for one in context.clauses))
    for rule in context.clauses:
        title = rule.title or rule.id
        if today and rule.until and rule.until < today:
            found.append(_hint("clause", f"the clause '{title}' ended on {rule.until}"))
        elif today and rule.effective and rule.effective > today:
            found.append(_hint("clause", f"the clause '{title}' begins on {rule.effective} only"))
        theirs = _quantities(rule.text)
        for unit, numbers in mine.items():
            if unit in theirs and not numbers & given[unit]:  # what another clause of the reply gives is its number too
                said, right = ", ".join(sorted(numbers)), ", ".join(sorted(theirs[unit]))
                found.append(_hint("clause", f"the clause '{title}' says {right} {unit}, this says {said}"))
    return found


def _quantities(text: str) -> dict[str, set[str]]:
    """Numbers by what they count, singular and plural as one."""
    found: dict[str, set[str]] = {}
    for number, unit in _QUANTITY.findall(text.casefold()):
        value = number.replace(",", ".") if number[0].isdigit() else str(_NUMBER_WORDS.get(number, ""))
        word = unit.split()[-1]
        if value and (len(word) > 3 or not word.isalpha() or word in ("day", "tag", "mes", "año")):
            found.setdefault(_UNITS.get(word, word.rstrip("sn") if len(word) > 4 else word), set()).add(value)
    return found


_UNITS = {
    "€": "euro", "euros": "euro", "eur": "euro", "%": "percent", "tag": "tage", "tagen": "tage", "days": "day",
    "monate": "monat", "monaten": "monat", "cents": "cent",
}  # fmt: skip


# --- promises -------------------------------------------------------------------------------------------------


@cache
def _promised() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    pairs = zip(PROMISES, TIMES, strict=True)
    return tuple((re.compile(says, re.IGNORECASE), re.compile(when, re.IGNORECASE)) for says, when in pairs)


def promises(context: GuardContext) -> list[Finding]:
    """That we shall do something by a time: it can be made a reminder."""
    text = prose(context.text)
    found: list[Finding] = []
    for one in _SENTENCE.finditer(text):
        sentence = one[0]
        if not sentence.strip() or sentence.rstrip().endswith(("?", "？")):
            continue
        for says, when in _promised():
            said = says.search(sentence)
            at = when.search(sentence) if said else None
            if said and at:
                start = one.start() + min(said.start(), at.start())
                end = one.start() + max(said.end(), at.end())
                words = _short(" ".join(text[start:end].split()))
                found.append(_hint("promise", f"a promise: {words}", (start, end), at[0].strip()))
                break
    return found[:3]


# --- files and subjects ---------------------------------------------------------------------------------------

_FILE_WORDS = re.compile(
    r"\b(?:attach|enclos|pdf|file|document|invoice|photo|picture|image|screenshot|scan|form|label|contract|terms|log|copy|guide|manual|sheet|receipt"
    r"|anhang|anbei|datei|rechnung|formular|vertrag|bild|beilieg|adjunt|archivo|factura|foto|documento|joint|fichier|facture|anexo|fatura|arquivo"
    r"|allegat|bijlage|kalakip|naka-?attach|resibo)\w*|संलग्न|अटैच|फ़ाइल|फाइल|बिल|फ़ॉर्म|সংযুক্ত|অ্যাটাচ|ফাইল|চালান|ফর্ম|মেইলের সঙ্গে|ਨੱਥੀ|ਅਟੈਚ|ਫਾਈਲ|ಲಗತ್ತ|ಅಟ್ಯಾಚ್|ಫೈಲ್|вложен|прикреп|файл|附|文件",
    re.IGNORECASE,
)


def unmentioned(context: GuardContext) -> list[Finding]:
    """Something is attached that the text does not speak of."""
    if not context.attachments or context.kind == "forward":
        return []
    text = own_text(context.text)
    words = {word for word in tokens(text) if len(word) > 3 and not word.isdecimal()}
    if _FILE_WORDS.search(text) or any(said.search(text) for said, _ in attachment_words()):
        return []
    for name in context.attachments:
        stem = name.rpartition(".")[0] or name
        if name.casefold() in text.casefold() or words.intersection(tokens(stem.replace("_", " "))):
            return []
    files = ", ".join(context.attachments[:2]) + (" …" if len(context.attachments) > 2 else "")
    return [_hint("unmentioned", f"the text does not mention what is attached: {files}")]


_NUMBER_TAG = re.compile(r"\[#?[\w\-]*\d[\w\-]*\]|#\d{2,}")


def subject(context: GuardContext) -> list[Finding]:
    """The subject of the case is gone, by which mail programs and people keep it together."""
    if context.channel is not Channel.EMAIL or context.kind != "reply" or not context.case_subject.strip():
        return []
    from agent_tui.domain.threading import base_subject

    before, now = base_subject(context.case_subject), base_subject(context.subject)
    tags = [one for one in _NUMBER_TAG.findall(context.case_subject) if one not in context.subject]
    kept = set(tokens(before)) & set(tokens(now))
    if now and not tags and (before in now or len(kept) * 2 >= len(set(tokens(before)))):
        return []
    lost = tags[0] if tags else context.case_subject
    return [_hint("subject", f"the case's subject is lost: {_short(lost)}")]
