"""Guards that look at the text: nothing written, gaps, placeholders, notes that leak, repeats, attachments."""

# ruff: noqa: E501 - tables and expressions, each on its own line

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from agent_tui.domain.begun import QUOTE_HEAD
from agent_tui.domain.guard_frames import body
from agent_tui.domain.guard_words import ATTACHED, FACT, WHOM
from agent_tui.domain.guards import Finding, GuardContext
from agent_tui.domain.model import Direction, MessageState, Visibility
from agent_tui.domain.templates import GAP
from agent_tui.domain.words import SPACELESS, folded

_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_FORWARDED = re.compile(r"^-{5,} ?(?:Forwarded message|Original Message)\b.*", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"^```.*?(?:^```[^\n]*$|\Z)|`[^`\n]+`", re.MULTILINE | re.DOTALL)

_OURS = re.compile(r"\{\{-?\s*(?:(?:customer|case|agent)\.\w+|ask\s*\()[^\n]{0,200}?\}\}|\{\{-?\s*(?:customer|case|agent)\.\w+")
_SYNTAX = re.compile(r"\{\{[^\n]{0,200}?\}\}|\{%[^\n]{0,200}?%\}|<%=?[^\n]{0,200}?%>|\{\{")
_FOREIGN = re.compile(
    rf"(?<![\w/=:\"'$.\]\\])\{{(?:{FACT}|[^\W\d_][\w.]*(?:\|[^{{}}\n]{{0,60}})?)\}}(?![/\w])"
    r"|%(?:customer|first|last|agent|order|ticket|user)[_ ](?:name|id|number|email)%|(?<!\w)%(?:name|firstname)%"
    r"|[#$]\{[^\W\d_][\w.]*\}|\{[%$][^\W\d_][\w.]*%?\}|@@\w{2,30}@@|(?<![\w$])\$(?:" + FACT + r")(?!\w)"
    rf"|<<{FACT}>>|(?<!<)<(?:customer|your|first|order|agent|insert|enter)[ _](?:\w+ ){{0,2}}\w+>"
    rf"|(?<![\w\]\[])\[(?:{FACT}|{WHOM}|(?:\w+ ){{1,2}}(?:name|number)|(?:insert|enter|fill in|add)\s[^\]\n]{{2,40}})\](?![(\[:\]])",
    re.IGNORECASE,
)
# What stands for something still to be written: a rule of dots, letters for a date, a note to oneself, a printer's sample.
_BLANKS = re.compile(
    r"(?P<date>\b(?:DD[./\-]MM[./\-]YYYY|MM[./\-]DD[./\-]YYYY|TT\.MM\.JJJJ|JJ/MM/AAAA|DD/MM/AAAA)\b)"
    r"|^[^\w\n]{0,20}(?:TODO|FIXME|TBD)\b:?|\bLorem ipsum dolor\b|(?:\b(?:number|no\.|is|Nummer|número) )X{3,}(?![\w\-])",
    re.MULTILINE,
)
_BLANK_GREETED = re.compile(r"\A\W{0,50}\w+(?: \w+)? (?:X{3,}|x{4,}|_{3,}|\.{4,}|…{2,})(?!\w)")
_ABOUT_FORMATS = re.compile(r"\b(?:format|form|written as|write|pattern|Schreibweise|formato)\b|\b(?:as|like|in) $", re.IGNORECASE)

_MOST = 20  # placeholders told of at once
_RUN = 5  # words in a row that are a note's own
_RUN_ELSEWHERE = 7  # the same, of another case: standing phrases are in many
_MOST_PIECES = 40  # of a text that are looked for in other cases
_RUN_TELLING = 3  # of them, that are more than a sentence's small change
_RUN_SPACELESS = 14  # characters, in scripts without spaces
_SAME = 0.75  # share of a text's word runs that make it the same text again
_SAME_LEAST = 14  # words between greeting and closing; shorter texts may well be said twice


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """``text`` with what matches replaced by spaces, so that places stay what they are."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


@lru_cache(maxsize=8)
def own_text(text: str) -> str:
    """What the author wrote: quoted and forwarded lines are blank."""
    return _blank(_FORWARDED, _blank(_QUOTED, _blank(QUOTE_HEAD, text)))


@lru_cache(maxsize=8)
def prose(text: str) -> str:
    """``own_text`` with code between backticks blank as well."""
    return _blank(_CODE, own_text(text))


def empty(context: GuardContext) -> list[Finding]:
    """Nothing is written, or nothing between greeting and closing."""
    if body(own_text(context.text), context.signature).strip() or (context.kind == "forward" and context.text.strip()):
        return []
    return [Finding("empty", "nothing is written" + (" beside the attachments" if context.attachments else ""))]


def gap(context: GuardContext) -> list[Finding]:
    """A fact is still to be filled in."""
    asked = {" ".join(question.split()).casefold() for question in context.questions}
    text, plain = own_text(context.text), prose(context.text)
    found = [
        Finding("gap", f"fill in: {one[1]}", passable=False, span=one.span())
        for one in GAP.finditer(text)
        if plain[one.start()] != " " or " ".join(one[1].split()).casefold() in asked
    ]
    found.extend(
        Finding("gap", f"fill in the subject: {one[1]}", passable=False) for one in GAP.finditer(context.subject)
    )
    return found


def template(context: GuardContext) -> list[Finding]:
    """Template syntax is left, ours or another program's."""
    text, plain = own_text(context.text), prose(context.text)
    spans: list[tuple[int, int]] = []
    for pattern, where in ((_OURS, text), (_SYNTAX, plain), (_FOREIGN, plain), (_BLANKS, plain), (_BLANK_GREETED, plain)):
        for one in pattern.finditer(where):
            if len(spans) >= _MOST:
                break
            if (pattern is _SYNTAX and _in_quotes(where, one)) or (pattern is _BLANKS and one["date"] and _told(where, one)):
                continue
            if not any(start < one.end() and one.start() < end for start, end in spans):
                spans.append(one.span())
    found = []
    for start, end in sorted(spans):
        hint = "" if _OURS.match(text, start) else " (to send it as code, put it between backticks)"
        reason = f"a placeholder is left: {text[start:end][:40]}{hint}"
        found.append(Finding("template", reason, passable=False, span=(start, end)))
    if _OURS.search(context.subject) or _SYNTAX.search(context.subject):
        found.append(Finding("template", "a placeholder is left in the subject", passable=False))
    return found


def _in_quotes(text: str, found: re.Match[str]) -> bool:
    """``'{{.Names}}'`` as an argument of a command: quoted, and no fact of any help desk."""
    before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
    return before in {"'", '"'} and before == after and re.match(r"\{\{-?\s*(?:\.|range|json|end|if )", found[0]) is not None


def _told(text: str, found: re.Match[str]) -> bool:
    """Whether the line speaks about how dates are written."""
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    return _ABOUT_FORMATS.search(line) is not None


# --- runs of words ------------------------------------------------------------------------------------------


@cache
def _word() -> Any:
    import regex

    return regex.compile(r"[\p{L}\p{N}\p{M}\p{Co}\p{Cf}]+")


def units(text: str) -> list[tuple[str, int, int]]:
    """``(folded word, start, end)``; in scripts without spaces every character is one."""
    found: list[tuple[str, int, int]] = []
    for one in _word().finditer(text):
        if SPACELESS.search(one[0]):
            found.extend((folded(c), one.start() + i, one.start() + i + 1) for i, c in enumerate(one[0]))
        else:
            found.append((folded(one[0]), one.start(), one.end()))
    return [one for one in found if one[0]]


def _runs(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


@cache
def small_words() -> frozenset[str]:
    """Words that say little by themselves, of every language known here."""
    from agent_tui.domain.language_words import WORDS

    return frozenset(folded(word) for words in WORDS.values() for word in words.split())


def _telling(word: str) -> bool:
    return len(word) > 2 and word not in small_words()


def leak(context: GuardContext) -> list[Finding]:
    """Words that only some may read: of a note, and where everybody will read it, of anything private, here or elsewhere."""
    hidden = _hidden(context)
    if not hidden:
        return []
    draft = units(own_text(context.text))
    words = [word for word, _, _ in draft]
    known = _Known(context)
    found: list[Finding] = []
    for whose, text, owner in hidden:
        inside = [word for word, _, _ in units(text)]
        spaceless = sum(1 for word in inside if SPACELESS.search(word)) > len(inside) / 2
        length = _RUN_SPACELESS if spaceless else _RUN if owner is None else _RUN_ELSEWHERE
        if len(inside) < length:
            if owner is not None or len(inside) < (8 if spaceless else 4) or sum(map(len, inside)) < (8 if spaceless else 18):
                continue
            length = len(inside)
        least = 0 if spaceless else min(_RUN_TELLING, length)
        span = _same_words(words, _runs(inside, length) - known.runs(length, owner), length, least)
        if span is not None:
            found.append(Finding("leak", f"words of {whose}", span=(draft[span[0]][1], draft[span[1] - 1][2])))
    return list(dict.fromkeys(found))


def _same_words(words: list[str], runs: set[tuple[str, ...]], length: int, least: int) -> tuple[int, int] | None:
    """The first stretch of ``words`` that is made of these runs and has so many telling words; None if there is none."""
    start, last = 0, len(words) - length
    while start <= last:
        if tuple(words[start : start + length]) not in runs:
            start += 1
            continue
        end = start + length
        while end < len(words) and tuple(words[end - length + 1 : end + 1]) in runs:
            end += 1
        if sum(map(_telling, words[start:end])) >= least:
            return start, end
        start = end - length + 1  # what begins further on in this stretch has no more to tell
    return None


def looked_up(text: str) -> tuple[str, ...]:
    """Pieces of what the author wrote to look for in other cases: any stretch that ``leak`` would find holds one of them."""
    draft = units(own_text(text))
    found: dict[str, None] = {}
    start = 0
    while start < len(draft) and len(found) < _MOST_PIECES:
        length = _RUN_SPACELESS // 2 if SPACELESS.search(draft[start][0]) else (_RUN_ELSEWHERE + 1) // 2
        piece = draft[start : start + length]
        if len(piece) == length and (length > 4 or sum(_telling(word) for word, _, _ in piece) > 1):
            found[text[piece[0][1] : piece[-1][2]]] = None
        start += length
    return tuple(found)


def _hidden(context: GuardContext) -> list[tuple[str, str, str | None]]:
    """What readers of the reply must not read: whose words, the words, and of another case its customer's address."""
    notes = [one for one in context.messages if one.visibility is Visibility.NOTE and one.text.strip()]
    found: list[tuple[str, str, str | None]] = [
        (f"a note by {one.author.label or 'a colleague'}, which customers must not read", one.text, None) for one in notes
    ]
    if not context.public:
        return found
    found += [
        (f"a private message by {one.author.label or 'the customer'}, which everybody could read then", one.text, None)
        for one in context.messages
        if one.visibility is Visibility.PRIVATE and one.text.strip()
    ]
    for other in context.elsewhere:
        if other.visibility is not Visibility.PUBLIC:
            what = "a note in the case" if other.visibility is Visibility.NOTE else "the private case"
            whose = f"{what} of {other.customer.label or 'another customer'}, which everybody could read then"
            found.append((whose, other.text, other.customer.address.casefold()))
    return found


class _Known:
    """What the readers of a reply know already, or what is no secret of one customer's."""

    def __init__(self, context: GuardContext) -> None:
        self.context = context
        self._words: list[list[str]] | None = None
        self._runs: dict[int, set[tuple[str, ...]]] = {}

    def runs(self, length: int, owner: str | None) -> set[tuple[str, ...]]:
        """Every run of so many words.

        Args:
            owner: whose case is looked at; what stands in the cases of others too is a standing phrase.
        """
        if length not in self._runs:
            if self._words is None:
                self._words = [[word for word, _, _ in units(text)] for text in self._outside()]
            self._runs[length] = {run for words in self._words for run in _runs(words, length)}
        if owner is None:
            return self._runs[length]
        others = (one.text for one in self.context.elsewhere if one.customer.address.casefold() != owner)
        return self._runs[length].union(*(_runs([word for word, _, _ in units(text)], length) for text in others))

    def _outside(self) -> list[str]:
        context = self.context
        outside = [one for one in context.messages if one.visibility is not Visibility.NOTE]
        if context.public:
            outside = [one for one in outside if one.visibility is Visibility.PUBLIC]
        outside = [one for one in outside if one.state not in (MessageState.DRAFT, MessageState.FAILED)]
        texts = [one.text for one in outside] + [one.subject for one in outside] + [context.signature, *context.open_texts]
        return texts + ([context.case_subject] if context.public else list(context.earlier))


def repeat(context: GuardContext) -> list[Finding]:
    """This canned text, or nearly this very text, already went to this person."""
    again = [name for name in context.canned if name in context.sent_canned]
    if again:
        return [Finding("repeat", f"the canned reply '{again[0]}' already went to this person")]
    words = [word for word, _, _ in units(body(own_text(context.text), context.signature))]
    if len(words) < _SAME_LEAST or context.kind == "edit":  # which is what they have already
        return []
    mine = _runs(words, 4)
    sent = (MessageState.DRAFT, MessageState.FAILED)
    before = [one.fresh_text or one.text for one in context.messages if one.direction is Direction.OUT
              and one.visibility is not Visibility.NOTE and one.state not in sent]  # fmt: skip
    for other in (*reversed(before), *context.earlier):
        theirs = _runs([word for word, _, _ in units(own_text(other))], 4)
        if len(mine & theirs) >= _SAME * len(mine):
            return [Finding("repeat", "nearly the same text already went to this person")]
    return []


def attachment(context: GuardContext) -> list[Finding]:
    """The text speaks of something attached, and nothing is."""
    if context.attachments or context.kind == "forward":
        return []
    text = prose(context.text)
    for said, excused in attachment_words():
        for one in said.finditer(text):
            start = max((text.rfind(mark, 0, one.start()) for mark in ".!?\n।。"), default=-1) + 1
            ends = [end for end in (text.find(mark, one.end()) for mark in ".!?\n।。") if end >= 0]
            sentence = text[start : min(ends, default=len(text))]
            if not excused.search(sentence):
                reason = f"'{one[0].strip()}' is written and nothing is attached"
                return [Finding("attachment", reason, span=one.span())]
    return []


@cache
def attachment_words() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """What says that something is attached, and what says that it is not ours; one pair a language."""
    return tuple((re.compile(said, re.IGNORECASE), re.compile(not_ours, re.IGNORECASE)) for said, not_ours in ATTACHED)
