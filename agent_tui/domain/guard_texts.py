"""Guards that look at the text: nothing written, gaps, placeholders, notes that leak, repeats, attachments."""

# ruff: noqa: E501 - tables and expressions, each on its own line

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

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
    return _blank(_FORWARDED, _blank(_QUOTED, text))


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
    """Words of a note that only colleagues may read."""
    notes = [one for one in context.messages if one.visibility is Visibility.NOTE and one.text.strip()]
    if not notes:
        return []
    draft = units(own_text(context.text))
    words = [word for word, _, _ in draft]
    known: str | None = None
    found = []
    for note in notes:
        inside = [word for word, _, _ in units(note.text)]
        spaceless = sum(1 for word in inside if SPACELESS.search(word)) > len(inside) / 2
        length = _RUN_SPACELESS if spaceless else _RUN
        if len(inside) < length:
            if len(inside) < (8 if spaceless else 4) or sum(map(len, inside)) < (8 if spaceless else 18):
                continue
            length = len(inside)
        runs = _runs(inside, length)
        for start in range(len(words) - length + 1):
            run = tuple(words[start : start + length])
            if run not in runs:
                continue
            end = start + length
            while end < len(words) and tuple(words[end - length + 1 : end + 1]) in runs:
                end += 1
            if not spaceless and sum(map(_telling, words[start:end])) < min(_RUN_TELLING, length):
                continue
            if known is None:
                known = _known_outside(context)
            if f" {' '.join(run)} " in known:
                continue
            who = note.author.label or "a colleague"
            span = (draft[start][1], draft[end - 1][2])
            found.append(Finding("leak", f"words of a note by {who}, which customers must not read", span=span))
            break
    return found


def _known_outside(context: GuardContext) -> str:
    """Every word that people outside know already, in one line."""
    outside = [one for one in context.messages if one.visibility is not Visibility.NOTE]
    outside = [one for one in outside if one.state not in (MessageState.DRAFT, MessageState.FAILED)]
    texts = [one.text for one in outside] + [one.subject for one in outside] + [context.signature, *context.earlier]
    return " " + " ".join(word for text in texts for word, _, _ in units(text)) + " "


def repeat(context: GuardContext) -> list[Finding]:
    """This canned text, or nearly this very text, already went to this person."""
    again = [name for name in context.canned if name in context.sent_canned]
    if again:
        return [Finding("repeat", f"the canned reply '{again[0]}' already went to this person")]
    words = [word for word, _, _ in units(body(own_text(context.text), context.signature))]
    if len(words) < _SAME_LEAST:
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
