"""The name guard: whom a reply greets or speaks to, and whether that is somebody of this conversation."""

# ruff: noqa: E501 - tables and expressions, each on its own line

from __future__ import annotations

import re

from agent_tui.domain.guard_frames import GREETING_WORDS
from agent_tui.domain.guard_texts import own_text, units
from agent_tui.domain.guard_words import COURTESY, NO_NAMES, OPENERS, TITLES
from agent_tui.domain.guards import Finding, GuardContext
from agent_tui.domain.language_words import WORDS
from agent_tui.domain.model import Address
from agent_tui.domain.scripts import script
from agent_tui.domain.words import SPACELESS, bare, folded, tokens

_NO_NAMES = frozenset(bare(folded(one)) for one in NO_NAMES)
_COMMON = frozenset(bare(folded(word)) for words in WORDS.values() for word in words.split()) | frozenset(
    bare(folded(word)) for word in OPENERS.split()
)
_GREETING_LENGTH = 200  # characters of the first line that are looked at
_TITLE = re.compile(r"\b(mr|mrs|ms|mx|dr|prof|sr|sra|dott|sig|m|g|gng)\.", re.IGNORECASE)
_ENDS = re.compile(r"[,!:;.।？！，。、：،\n—–(]|\s-(?=\s|$)")
_PLACEHOLDER = re.compile(r"[\[\]{}<>@%$_]")
_WORD = r"[^\W\d_][^\W\d_'’\-]*(?:['’\-][^\W\d_]+)*"

# "Wei," alone on the first line, and "Ana, could you …" at its beginning.
_ALONE = re.compile(rf"\s*({_WORD}(?: {_WORD})?) ?[,:!-]?\s*$")
_SPOKEN_TO = re.compile(
    rf"({_WORD}), (?:I|we|you|your|could|can|would|will|please|do|did|does|have|has|are|is|may|the|thank|sorry|it|that|this)\b", re.MULTILINE
)
# "您好，王小明：", "王小明，您好", "田中様"
_SPACELESS_NAME = re.compile(
    r"^\s*(?:(?:尊敬的|亲爱的|親愛的)([\u4e00-\u9fff]{2,4}?)(?:先生|女士|小姐|[，,：:！!])"
    r"|(?:您好|你好)[，,]\s*([\u4e00-\u9fff]{2,4})(?:先生|女士|小姐)?\s*[：:，,！!]"
    r"|([\u4e00-\u9fff]{2,4})(?:先生|女士|小姐)?\s*[，,：:]\s*(?:您好|你好)"
    r"|([\u3040-\u30ff\u4e00-\u9fff]{1,8})\s?様)"
)
_NO_SPACELESS_NAMES = ("各位", "大家", "客户", "顾客", "用户", "お客", "皆", "先生", "女士")


def greeted(text: str) -> tuple[str, int, int] | None:
    """``(name, start, end)`` of whom the first line greets, or None if it greets nobody by name."""
    first = next((found for found in re.finditer(r"[^\n]+", text) if found[0].strip()), None)
    if first is None:
        return None
    line = _TITLE.sub(r"\1 ", first[0][:_GREETING_LENGTH])
    found = _without_spaces(line) if SPACELESS.search(line) else None
    found = found or _greeted(line) or _alone(line)
    if found is None or _PLACEHOLDER.search(line[max(0, found[0] - 2) : found[1] + 1]):
        return None
    start, end = found
    return line[start:end], first.start() + start, first.start() + end


def _without_spaces(line: str) -> tuple[int, int] | None:
    found = _SPACELESS_NAME.match(line)
    if found is None or found[found.lastindex or 0].startswith(_NO_SPACELESS_NAMES):
        return None
    return found.span(found.lastindex or 0)


def _greeted(line: str) -> tuple[int, int] | None:
    words = units(line)[:14]
    plain = [bare(word) for word, _, _ in words]
    for greeting in GREETING_WORDS:
        if tuple(plain[: len(greeting)]) != greeting:
            continue
        rest = words[len(greeting) :]
        after = words[len(greeting) - 1][2]
        ends = _ENDS.search(line, after)
        before = [word for word, start, stop in rest if ends and start >= after and stop <= ends.start()]
        apart = ends is not None and ends[0] in ",，،" and all(bare(word) in _NO_NAMES for word in before)
        if apart and ends is not None:
            after = ends.end()  # "Hello, Ana!", "Magandang umaga po, Ana,"
            ends = _ENDS.search(line, after)
        comma = ends.start() if ends else len(line)
        names = [one for one in rest if after <= one[1] and one[2] <= comma]
        every = len(names)
        while names and bare(names[0][0]) in _NO_NAMES | {word for known in GREETING_WORDS for word in known}:
            names.pop(0)
        kept = []
        for one in names:
            if bare(one[0]) in _NO_NAMES or _small(line[one[1]]):
                break  # a small letter where there are capitals: the sentence goes on
            kept.append(one)
        cut_short = ends is None and len(names) > 3  # a sentence, not a greeting
        sentence = apart and (every > 3 or len(kept) < len(names) or (ends is not None and ends[0] in ".।。") or _usual(kept))
        if not kept or len(kept) > 4 or cut_short or sentence:
            return None
        return kept[0][1], kept[-1][2]
    return None


def _small(letter: str) -> bool:
    return letter.lower() != letter.upper() == letter.swapcase()


def _usual(words: list[tuple[str, int, int]]) -> bool:
    """Whether these are words of a language rather than names."""
    return any(bare(word) in _COMMON for word, _, _ in words)


def _alone(line: str) -> tuple[int, int] | None:
    """A name that is the whole line, or that a sentence is spoken to: in scripts that have capitals."""
    found = _ALONE.fullmatch(line)
    if found is not None and not line.rstrip().endswith(","):
        found = None
    found = found or _SPOKEN_TO.match(line.lstrip())
    if found is None:
        return None
    words = tokens(found[1])
    usual = any(bare(word) in _COMMON | _NO_NAMES or word.endswith(("ly", "mente", "erweise")) for word in words)
    if usual or not found[1][0].isupper() or any(_small(part[0]) for part in found[1].split()):
        return None
    start = line.index(found[1])
    return start, start + len(found[1])


# --- names inside the text -----------------------------------------------------------------------------------

_TITLED = re.compile(rf"(?:^|, |[.!?।] )(?:{TITLES})\.? (?P<name>{_WORD}(?: {_WORD})?)(?=\s*[,.!?])", re.MULTILINE)
_ENDING = re.compile(
    rf"(?P<before>[^.!?।\n]*), (?P<name>{_WORD}(?: {_WORD})?)(?: (?:ji|po|जी|ਜੀ|অবশ্যই))?\s*(?=[.!?।]|$)", re.MULTILINE
)
_THANKED = re.compile(rf"\b(?i:thanks|thank you|sorry|danke|gracias|merci|obrigad[oa])(?i: again| so much| a lot)? (?P<name>{_WORD})(?=\s*(?:[,.!]|$))", re.MULTILINE)
_OPENING = re.compile(
    rf"(?:^|[.!?] )(?P<name>{_WORD}), (?:could|can|would|please|do you|did you|have you|are you|may I|thank|sorry|könnten|podría|pourriez)\b",
    re.MULTILINE,
)
_COURTESY = re.compile(COURTESY, re.IGNORECASE)


def _addressed(text: str) -> list[tuple[str, int, int]]:
    """Names that the text speaks to, after its first line's greeting."""
    import regex

    found: list[tuple[str, int, int]] = []
    for pattern in (_TITLED, _ENDING, _THANKED, _OPENING):
        # Vowel signs are letters to this program, not to ``re``.
        wide = regex.compile(pattern.pattern.replace(r"[^\W\d_]", r"[\p{L}\p{M}]").replace(r"[^\W\d_'’\-]", r"[\p{L}\p{M}]"), regex.MULTILINE)
        for one in wide.finditer(text):
            if pattern is _ENDING:
                before = one["before"]
                if "," in before[-40:].strip() or not _COURTESY.search(before):
                    continue
            name = one["name"]
            words = [bare(word) for word in tokens(name)]
            if len(words) > 1 and words[-1] in _NO_NAMES:
                name, words = name.rpartition(" ")[0], words[:-1]
            if any(word in _COMMON or word in _NO_NAMES for word in words) or any(_small(part[0]) for part in name.split()):
                continue
            if script(name[0]) != "LATIN" and len(words) > 1 and pattern is _ENDING:
                continue
            if not _PLACEHOLDER.search(name):
                found.append((name, one.start("name"), one.start("name") + len(name)))
    return found


def wrong_name(context: GuardContext) -> list[Finding]:
    """The greeting, or a sentence, speaks to somebody who is not in this conversation."""
    if context.kind != "reply":
        return []
    text = own_text(context.text)
    people = _people(context)
    known = {bare(word) for one in people for word in tokens(f"{one.name} {one.address.partition('@')[0]}")}
    known = {word for word in known if len(word) > 1}
    if not known:
        return []
    joined = [re.sub(r"[\W\d_]", "", bare(folded(one.address.partition("@")[0]))) for one in people]
    signed = _signatures(context) | _ours(context)
    customer = context.customer.label or people[0].label
    first = greeted(text)
    spoken = [(one, "greets") for one in [first] if one] + [(one, "speaks to") for one in _addressed(text[:20_000])]
    for (name, start, end), does in spoken:
        parts = [bare(word) for word in tokens(name)]
        if len(parts) == 1 and len(parts[0]) == 1 and not SPACELESS.search(parts[0]):
            continue
        if not any(script(part[0]) == script(one[0]) for part in parts for one in known):
            continue  # a name in another script can't be compared
        if not any(_same(part, known, signed, joined) for part in parts):
            return [Finding("wrong-name", f"it {does} '{name}'; the customer is {customer}", span=(start, end))]
    return []


def _same(part: str, known: set[str], signed: set[str], joined: list[str]) -> bool:
    spelled = _spelled_out(part)
    near = any(part == one or spelled == _spelled_out(one) or (min(len(part), len(one)) >= 3 and (part.startswith(one) or one.startswith(part)))
               for one in known)  # fmt: skip
    return near or part in signed or (len(part) >= 3 and any(part in one or spelled in one for one in joined))


def _spelled_out(word: str) -> str:
    """How names with umlauts are typed without them: Jörg and Joerg are one."""
    return re.sub("(?<=[aou])e", "", word)


def _people(context: GuardContext) -> list[Address]:
    """Everybody outside who takes part, the customer first."""
    own = {one.casefold() for one in context.own}
    found = [context.customer, *context.to, *context.cc]
    for message in context.from_customers:
        found += [Address(message.author.name, message.author.address), *message.cc, *message.to]
    return [one for one in found if (one.name or one.address) and one.address.casefold() not in own]


def _ours(context: GuardContext) -> set[str]:
    """Our own names: "Thanks, Asha" is how a letter ends."""
    words = {bare(word) for one in context.own for word in tokens(one.partition("@")[0])}
    return words | {bare(word) for word in tokens(context.signature)}


def _signatures(context: GuardContext) -> set[str]:
    """Words with which customers end their messages: they may sign with another name than their mailbox has."""
    found: set[str] = set()
    for one in context.from_customers:
        lines = [line for line in own_text(one.text).splitlines() if line.strip()]
        lines = lines[1:] if lines and greeted(lines[0]) else lines
        found.update(bare(word) for line in lines[-6:] if len(line) < 60 for word in tokens(line))
    return found
